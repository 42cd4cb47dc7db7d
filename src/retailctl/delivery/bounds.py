"""The longest texts that GitHub takes, and how a longer one is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_BODY = 60_000
"""Maximum characters of an issue or a comment: GitHub's limit of 65,536, and room for a link.

GitHub's API refuses a longer one: "body is too long (maximum is 65536 characters)".
"""
LONGEST_TITLE = 256
LONGEST_SUMMARY = 1_000_000
"""Maximum bytes of a step's summary; GitHub's limit is 1 MiB, and a longer one is not shown at all.

Step isolation and limits:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""


def cut_text(text: str, longest: int, ending: str = "…") -> str:
    """Return ``text`` with at most ``longest`` characters; a cut one ends with ``ending``."""
    return text if len(text) <= longest else text[: longest - len(ending)] + ending


def cut_markdown(text: str, longest: int, notice: str, *, encoding: str = "utf-32-le") -> str:
    """Return Markdown with at most ``longest`` units.

    A cut one ends after a whole line, with ``notice`` in bold.

    The unit is a character; with ``encoding="utf-8"`` it is a byte.
    """
    size = 4 if encoding == "utf-32-le" else 1
    content = text.encode(encoding)
    if len(content) <= longest * size:
        return text
    closing = "\n\n</details>"
    ending = f"\n\n**{notice}**\n"
    room = longest * size - len((closing + ending).encode(encoding))
    cut = content[: max(room, 0)].decode(encoding, errors="ignore").rsplit("\n", 1)[0]
    is_open = cut.count("<details>") > cut.count("</details>")
    return f"{cut}{closing if is_open else ''}{ending}"


def share_room(lengths: Mapping[str, int], room: int) -> dict[str, int]:
    """Return how much of ``room`` each text gets.

    That is what it needs, or an equal share of what the short ones leave.
    """
    shares: dict[str, int] = {}
    for left, name in zip(
        range(len(lengths), 0, -1), sorted(lengths, key=lambda each: lengths[each]), strict=True
    ):
        shares[name] = min(lengths[name], max(0, room) // left)
        room -= shares[name]
    return shares
