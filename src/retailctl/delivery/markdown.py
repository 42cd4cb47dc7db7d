"""Names from outside in GitHub's Markdown."""

from __future__ import annotations

import re

from retailctl.console import escape_text


def format_code(text: str, *, in_table: bool = False) -> str:
    """Return ``text`` as a code span, in which nothing is markup, a mention or a link.

    See https://spec.commonmark.org/0.31.2/#code-spans, and for a table's cells
    https://github.github.com/gfm/#tables-extension-.
    """
    text = escape_text(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    padding = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    span = f"{fence}{padding}{text}{padding}{fence}"
    return span.replace("|", "\\|") if in_table else span
