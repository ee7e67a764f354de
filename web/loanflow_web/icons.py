# ruff: noqa: E501 - an outline is one line
"""The page's own icons: 24 × 24 outlines, inserted as inline SVG, so that they take the colour of the text."""

from __future__ import annotations

from markupsafe import Markup

_SHAPES: dict[str, str] = {
    "logo": '<path d="M4.5 7.5h5a3 3 0 0 1 3 3v3a3 3 0 0 0 3 3h4"/>',
    "inbox": '<path d="M3 13h5l1.5 3h5L16 13h5"/><path d="M6 5h12l3 8v5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18v-5z"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.5-4 3-6 6.5-6s6 2 6.5 6"/><path d="M15.5 4.8a3.5 3.5 0 0 1 0 6.4"/><path d="M18 14.5c2.2.8 3.3 2.6 3.5 5.5"/>',
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5c.6-4.3 3.2-6.5 7.5-6.5s6.9 2.2 7.5 6.5"/>',
    "hand": '<circle cx="10" cy="8" r="3.5"/><path d="M3.5 20c.5-4 2.9-6 6.5-6 1.2 0 2.2.2 3.1.6"/><path d="M15 17.5l2.2 2.2L21.5 15"/>',
    "folder": '<path d="M3 7a2 2 0 0 1 2-2h4l2 2.5h7a2 2 0 0 1 2 2V11"/><path d="M3 7v10.5a1.5 1.5 0 0 0 1.5 1.5H18l3-8H7.5L4.5 19"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "frame": '<path d="M4 8.5V5.5A1.5 1.5 0 0 1 5.5 4h3M15.5 4h3A1.5 1.5 0 0 1 20 5.5v3M20 15.5v3a1.5 1.5 0 0 1-1.5 1.5h-3M8.5 20h-3A1.5 1.5 0 0 1 4 18.5v-3"/>',
    "minus": '<path d="M5 12h14"/>',
    "file-plus": '<path d="M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.5z"/><path d="M13.5 3v5.5H19"/><path d="M12 12v6M9 15h6"/>',
    "shield": '<path d="M12 3l7.5 2.5V11c0 5-3 8.2-7.5 10-4.5-1.8-7.5-5-7.5-10V5.5z"/><path d="M9 12l2.2 2.2L15.2 10"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="M16 16l4.5 4.5"/>',
    "moon": '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>',
    "sun": '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3 2"/>',
    "scales": '<path d="M12 4v16M8 20h8M5 7h14"/><path d="M5 7l-2.5 6.5a3 3 0 0 0 5 0zM19 7l-2.5 6.5a3 3 0 0 0 5 0z"/>',
    "arrow-right": '<path d="M4.5 12h15M13 5.5l6.5 6.5-6.5 6.5"/>',
    "arrow-up-right": '<path d="M7 17L17 7M9 7h8v8"/>',
    "chevron-left": '<path d="M15 5l-7 7 7 7"/>',
    "chevron-right": '<path d="M9 5l7 7-7 7"/>',
    "check": '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
    "check-circle": '<circle cx="12" cy="12" r="8.5"/><path d="M8.5 12.2l2.5 2.5 4.7-5"/>',
    "cross": '<path d="M6 6l12 12M18 6L6 18"/>',
    "alert": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5v5.5M12 16.3v.2"/>',
    "warning": '<path d="M12 4L2.8 19.5h18.4z"/><path d="M12 10v4.5M12 17v.2"/>',
    "filter": '<path d="M4 6.5h16M7 12h10M10 17.5h4"/>',
    "robot": '<rect x="4.5" y="8" width="15" height="11" rx="2.5"/><path d="M12 8V4.5M9 13v1.5M15 13v1.5"/>',
    "fingerprint": '<path d="M5.5 10a6.5 6.5 0 0 1 13 0v3c0 2-.3 4-1 6"/><path d="M9 20c1-2 1.5-4.5 1.5-7v-2.5a1.5 1.5 0 0 1 3 0V13c0 3-.5 5.5-1.5 8"/><path d="M5 17c.4-1.3.6-2.6.6-4"/>',
    "branch": '<circle cx="6" cy="5.5" r="2"/><circle cx="6" cy="18.5" r="2"/><circle cx="18" cy="8" r="2"/><path d="M6 7.5v9M18 10c0 4-4 4-8 4.5"/>',
    "refresh": '<path d="M19.5 12A7.5 7.5 0 1 1 17 6.4"/><path d="M17.5 2.5V7H13"/>',
    "globe": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.5 2.6 3.5 5.4 3.5 8.5s-1 5.9-3.5 8.5c-2.5-2.6-3.5-5.4-3.5-8.5s1-5.9 3.5-8.5z"/>',
    "log-out": '<path d="M10 4.5H6a1.5 1.5 0 0 0-1.5 1.5v12A1.5 1.5 0 0 0 6 19.5h4M14.5 8l4 4-4 4M18.5 12H10"/>',
    "keyboard": '<rect x="2.5" y="6" width="19" height="12" rx="2"/><path d="M6.5 10h.1M10 10h.1M13.5 10h.1M17 10h.1M8 14h8"/>',
    "mail": '<rect x="3" y="5.5" width="18" height="13" rx="1.5"/><path d="M3.5 7l8.5 6 8.5-6"/>',
    "flag": '<path d="M5.5 21V4M5.5 4.5h12l-2.5 4 2.5 4h-12"/>',
    "pen": '<path d="M4.5 19.5l1-4L16 5l3 3L8.5 18.5z"/>',
    "undo": '<path d="M8.5 5L4 9.5 8.5 14"/><path d="M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3"/>',
    "route": '<rect x="3" y="4" width="7" height="6" rx="1.5"/><rect x="14" y="14" width="7" height="6" rx="1.5"/><path d="M10 7h4a3 3 0 0 1 3 3v4"/>',
}


def icon(name: str, label: str = "") -> Markup:
    """Return an icon as inline SVG; decoration unless it has a label.

    Raises:
        KeyError: there is no such icon.
    """
    role = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" viewBox="0 0 24 24" focusable="false" {}>{}</svg>').format(role, Markup(_SHAPES[name]))  # noqa: S704 - our own outlines
