"""Names as a stranger may choose them, and how they stand in a terminal."""

from __future__ import annotations

NAMES = {
    "[/you]": "[/you]",
    "[link=http://evil.example]free[/link]": "[link=http://evil.example]free[/link]",
    "[bold red]Eve": "[bold red]Eve",
    ":smile:": ":smile:",
    "\x1b[2J\x1b]0;t\x07": r"\x1b[2J\x1b]0;t\x07",
    "a\rb\x9b31mc": r"a\rb\x9b31mc",
    "one\n9 Eve": r"one\n9 Eve",
    "\u202eeve": r"\u202eeve",
}
"""A name, and what is printed for it."""
