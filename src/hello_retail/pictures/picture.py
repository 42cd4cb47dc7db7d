"""What a cleaned picture is, and why a file is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
CONTENT_TYPES: Final = (JPEG, PNG)
"""The content types that a picture may have."""

SHORTEST_SIDE: Final = 200
LONGEST_SIDE: Final = 8000
"""Pixels."""
MAXIMUM_PARTS: Final = 10_000
"""Segments or chunks of one file: ten times what an encoder makes of 10 MiB."""


class PictureProblem(StrEnum):
    """Why a file is refused, as the photographer's inbox says it."""

    NOT_AN_IMAGE = "not-an-image"
    """Neither JPEG nor PNG, or damaged."""
    WRONG_TYPE = "wrong-type"
    """Another type than was announced, or one that not every browser draws."""
    TOO_SMALL = "too-small"
    """A side is below ``SHORTEST_SIDE``."""
    TOO_LARGE = "too-large"
    """A side is above ``LONGEST_SIDE``, or the file has too many bytes."""
    CUT_SHORT = "cut-short"
    """The file ends before the image does."""
    EXTRA_BYTES = "extra-bytes"
    """The file goes on after the image."""


class PictureRefused(Exception):
    """A file that is not a picture the shop takes; ``problem`` says why."""

    def __init__(self, problem: PictureProblem) -> None:
        super().__init__(f"The picture is refused: {problem}.")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with nothing in it but the image."""

    content_type: str
    width: int
    height: int
    content: bytes

    @property
    def suffix(self) -> str:
        """The end of a file's name, without the dot."""
        return "jpg" if self.content_type == JPEG else "png"


def check_sides(width: int, height: int) -> None:
    """Raise ``PictureRefused`` unless both sides are within the bounds."""
    if max(width, height) > LONGEST_SIDE:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    if min(width, height) < SHORTEST_SIDE:
        raise PictureRefused(PictureProblem.TOO_SMALL)
