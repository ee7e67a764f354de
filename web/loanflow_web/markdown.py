"""Texts of forms are Markdown written by analysts, with values of the case inside; nothing in them is trusted."""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _renderer() -> MarkdownIt:
    # HTML in the text is shown, not obeyed. Links and pictures are left out: a value of the case that stands in the
    # text (an applicant's name) must not become a link that a member of staff trusts.
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .disable(["image", "link", "autolink", "reference", "html_block", "html_inline"])
    )


def to_html(text: str) -> Markup:
    r"""Return a Markdown text as safe HTML; headings begin at the third level, below the page's own.

    >>> str(to_html("**Limit** <script>"))
    '<p><strong>Limit</strong> &lt;script&gt;</p>\\n'
    """
    tokens = _renderer().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3"
    renderer = _renderer()
    return Markup(renderer.renderer.render(tokens, renderer.options, {}))  # noqa: S704 - markdown-it escapes all text and HTML
