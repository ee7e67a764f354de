"""The colours of drawings as one style sheet over custom properties; a page sets the properties, a lone SVG gets defaults."""

from __future__ import annotations

_SHEET = """
.lf-drawing { --d-ink: var(--ink, #171d2b); --d-ink-2: var(--ink-2, #495366); --d-line: var(--field, #8790a1);
  --d-fill: var(--surface, #ffffff); --d-soft: var(--surface-2, #fafbfc);
  --d-accent: var(--accent, #3150cc); --d-accent-soft: var(--accent-soft, #eef2fe);
  --d-ok: var(--ok, #0b7048); --d-ok-soft: var(--ok-soft, #e6f5ed);
  --d-warn: var(--warn, #8a5100); --d-warn-soft: var(--warn-soft, #fdf2dd);
  --d-bad: var(--bad, #b3211f); --d-bad-soft: var(--bad-soft, #fdeceb);
  font-family: Inter, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif; }
.lf-drawing text { fill: var(--d-ink); font-size: 12px; }
.lf-shape { fill: var(--d-fill); stroke: var(--d-line); stroke-width: 1.5; }
.lf-thick { stroke-width: 3.5; }
.lf-dashed { stroke-dasharray: 5 3; }
.lf-glyph { fill: none; stroke: var(--d-ink-2); stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round; }
.lf-glyph-solid { fill: var(--d-ink-2); stroke: none; }
.lf-flow { fill: none; stroke: var(--d-line); stroke-width: 1.4; stroke-linejoin: round; }
.lf-arrow { fill: var(--d-line); stroke: none; }
.lf-association { fill: none; stroke: var(--d-line); stroke-width: 1.2; stroke-dasharray: 2 3; }
.lf-pool { fill: none; stroke: var(--d-line); stroke-width: 1.2; }
.lf-label { fill: var(--d-ink-2); }
.lf-halo { stroke: var(--d-soft); stroke-width: 4; paint-order: stroke; stroke-linejoin: round; }
.lf-node:focus { outline: none; }
.lf-node:focus-visible > .lf-shape { stroke: var(--d-accent); stroke-width: 3; }
.lf-done > .lf-shape { stroke: var(--d-ok); fill: var(--d-ok-soft); }
.lf-current > .lf-shape { stroke: var(--d-accent); stroke-width: 2.5; fill: var(--d-accent-soft); }
.lf-armed > .lf-shape { stroke: var(--d-warn); fill: var(--d-warn-soft); }
.lf-incident > .lf-shape { stroke: var(--d-bad); stroke-width: 2.5; fill: var(--d-bad-soft); }
.lf-cancelled > .lf-shape { stroke-dasharray: 4 3; }
.lf-taken > .lf-flow { stroke: var(--d-ok); stroke-width: 2; }
.lf-taken > .lf-arrow { fill: var(--d-ok); }
.lf-pill { stroke: none; fill: var(--d-accent); }
.lf-incident .lf-pill { fill: var(--d-bad); }
.lf-armed .lf-pill { fill: var(--d-warn); }
.lf-done .lf-pill { fill: var(--d-ok); }
.lf-drawing .lf-pill-text { fill: var(--d-fill); font-size: 11px; font-weight: 600; }
"""


def stylesheet() -> str:
    """Return the CSS that every drawing needs."""
    return _SHEET.strip() + "\n"
