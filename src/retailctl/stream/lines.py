"""Line numbers of a file as ranges, however long the ranges are."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DIGITS = 18
"""Digits of a line number; no file has more lines."""


@dataclass(frozen=True, slots=True)
class LineRanges:
    """A set of line numbers: ascending pairs with a gap between them."""

    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[int, int]]) -> LineRanges:
        """Return the lines of pairs, which may overlap in any order."""
        merged: list[tuple[int, int]] = []
        for first, last in sorted(pairs):
            if merged and first <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], last))
            else:
                merged.append((first, last))
        return cls(tuple(merged))

    @classmethod
    def from_lines(cls, lines: Iterable[int]) -> LineRanges:
        """Return the ranges of single lines."""
        return cls.from_pairs((line, line) for line in lines)

    def __contains__(self, line: int) -> bool:
        """Whether the line is one of them."""
        index = bisect_right(self.pairs, line, key=lambda pair: pair[0]) - 1
        return index >= 0 and line <= self.pairs[index][1]

    def __or__(self, other: LineRanges) -> LineRanges:
        """Return the lines of both."""
        return self.from_pairs((*self.pairs, *other.pairs))

    def cut_before(self, line: int) -> LineRanges:
        """Return the lines from ``line`` on."""
        return LineRanges(tuple((max(first, line), last) for first, last in self.pairs if last >= line))

    def __str__(self) -> str:
        """Return them in short: 3, 4, 5, 9 as ``3-5,9``."""
        return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in self.pairs)


def parse_ranges(text: str) -> LineRanges:
    """Return the lines that a text such as ``3-5,9`` names.

    Raises:
        ValueError: where the text is something else.

    """
    return LineRanges.from_pairs(_parse_pair(part) for part in text.split(",") if part)


def _parse_pair(part: str) -> tuple[int, int]:
    first, dash, last = part.partition("-")
    last = last if dash else first
    if not all(number.isascii() and number.isdecimal() for number in (first, last)):
        raise ValueError(f"{part!r} is no line number and no range such as 12-40")
    if max(len(first), len(last)) > MAX_DIGITS:
        raise ValueError(f"{part[:MAX_DIGITS]}… has more than {MAX_DIGITS} digits")
    if int(first) > int(last):
        raise ValueError(f"{part!r} is no line number and no range such as 12-40: it ends before it begins")
    return int(first), int(last)


@dataclass(frozen=True, slots=True)
class LineSelection:
    """The lines of a file from ``from_line`` on that are not skipped."""

    from_line: int = 1
    skipped: LineRanges = field(default_factory=LineRanges)

    def __contains__(self, line: int) -> bool:
        """Whether the line is selected."""
        return line >= self.from_line and line not in self.skipped

    def select_rest(self, next_line: int, done: Iterable[int]) -> LineSelection:
        """Return the selected lines from ``next_line`` on without those that are ``done``."""
        skipped = self.skipped | LineRanges.from_lines(done)
        return LineSelection(next_line, skipped.cut_before(next_line))

    def format_options(self) -> list[str]:
        """Return the options of ``retailctl publish`` that select these lines."""
        skip = ["--skip-lines", str(self.skipped)] if self.skipped.pairs else []
        return ["--from-line", str(self.from_line), *skip]
