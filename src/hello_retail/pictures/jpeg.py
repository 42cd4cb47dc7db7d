"""Walk a JPEG by its segments (ITU-T T.81, annex B) and keep those that draw the image."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from hello_retail.pictures.picture import (
    JPEG,
    MAXIMUM_PARTS,
    Picture,
    PictureProblem,
    PictureRefused,
    check_sides,
)

START_OF_IMAGE: Final = b"\xff\xd8"
_END_OF_IMAGE: Final = b"\xff\xd9"
_EOI, _SOS, _DQT, _DHT, _DRI, _COM = 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xFE
_APP0, _APP1, _APP14 = 0xE0, 0xE1, 0xEE
_APPLICATION = range(0xE0, 0xF0)
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended and progressive with Huffman codes: what browsers draw."""
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
"""Lossless, hierarchical, with arithmetic codes."""
_KNOWN = {*_APPLICATION, *_FRAMES, _SOS, _DQT, _DHT, _DRI, _COM}
_COMPONENTS = {1, 3}
"""Grey and colour; four are for print."""
MAXIMUM_SCANS: Final = 64
"""Encoders make a dozen; each one more is work for every viewer."""
_TABLES: Final = 4
"""Of each kind, in T.81; two kinds of Huffman tables."""

_JFIF = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
"""Version 1.1, square pixels, no thumbnail."""
_ADOBE = b"Adobe\x00\x64\x00\x00\x00\x00"
_EXIF = b"Exif\x00\x00"
_ORIENTATION, _SHORT, _UPRIGHT, _LAST_ORIENTATION = 0x0112, 3, 1, 8
_IFD_ENTRY = 12

_MARKER = re.compile(rb"\xff+([^\xff])")
"""A marker and the fill bytes before it."""
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""The first marker in coded data that is no restart: linear, whatever the bytes."""


@dataclass(slots=True)
class _Image:
    """What has been read of a file: facts, and the segments that stay."""

    width: int = 0
    height: int = 0
    components: int = 0
    scans: int = 0
    has_jfif: bool = False
    colour_transform: int | None = None
    orientation: int | None = None
    kept: list[bytes] = field(default_factory=list)

    def add_segment(self, marker: int, segment: bytes) -> None:
        """Check a segment, and keep it or what counts of it."""
        if marker in _APPLICATION:
            self._add_application_segment(marker, segment)
            return
        if marker == _COM:
            return
        if marker in _FRAMES:
            self._add_frame(segment)
        elif marker == _SOS:
            self._add_scan(segment)
        elif not _is_table(marker, segment):
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
        self.kept.append(_build_segment(marker, segment))

    def _add_application_segment(self, marker: int, segment: bytes) -> None:
        """Note what the image depends on: its colours and which way is up.

        Decoders take the three components for YCbCr in a JFIF file, for what Adobe's segment says elsewhere.
        """
        if marker == _APP0 and segment.startswith(b"JFIF\x00") and len(segment) >= len(_JFIF):
            self.has_jfif = True
        elif marker == _APP14 and segment.startswith(b"Adobe") and len(segment) > len(_ADOBE):
            self.colour_transform = segment[len(_ADOBE)]
        elif marker == _APP1 and segment.startswith(_EXIF) and self.orientation is None:
            self.orientation = read_orientation(segment.removeprefix(_EXIF))

    def _add_frame(self, segment: bytes) -> None:
        if self.components or len(segment) < 6 or len(segment) != 6 + 3 * segment[5]:  # noqa: PLR2004 - T.81, B.2.2
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
        precision, self.components = segment[0], segment[5]
        if precision != 8 or self.components not in _COMPONENTS:  # noqa: PLR2004 - bits a sample
            raise PictureRefused(PictureProblem.WRONG_TYPE)
        self.height, self.width = int.from_bytes(segment[1:3]), int.from_bytes(segment[3:5])
        check_sides(self.width, self.height)

    def _add_scan(self, segment: bytes) -> None:
        self.scans += 1
        components = segment[0] if segment else 0
        if (
            self.scans > MAXIMUM_SCANS
            or not 1 <= components <= self.components
            or len(segment) != 4 + 2 * components
        ):
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)

    def build_picture(self) -> Picture:
        """Return the picture, once the end of the image is reached."""
        if not self.scans:
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
        head = [START_OF_IMAGE]
        if self.has_jfif:
            head.append(_build_segment(_APP0, _JFIF))
        if self.orientation is not None and self.orientation != _UPRIGHT:
            head.append(_build_segment(_APP1, _EXIF + _build_orientation(self.orientation)))
        if self.colour_transform is not None:
            head.append(_build_segment(_APP14, _ADOBE + bytes([self.colour_transform])))
        return Picture(JPEG, self.width, self.height, b"".join([*head, *self.kept, _END_OF_IMAGE]))


def clean_jpeg(content: bytes) -> Picture:
    """Return the picture in a file that begins with ``START_OF_IMAGE``.

    Raises:
        PictureRefused: where the file is not one image from its first byte to its last.

    """
    image, position = _Image(), len(START_OF_IMAGE)
    for _ in range(MAXIMUM_PARTS):
        found = _MARKER.match(content, position)
        if found is None:
            is_end = content[position : position + 1] in {b"", b"\xff"}
            raise PictureRefused(PictureProblem.CUT_SHORT if is_end else PictureProblem.NOT_AN_IMAGE)
        marker, position = found[1][0], found.end()
        if marker == _EOI:
            if position != len(content):
                raise PictureRefused(PictureProblem.EXTRA_BYTES)
            return image.build_picture()
        if marker not in _KNOWN:
            is_other = marker in _OTHER_FRAMES
            raise PictureRefused(PictureProblem.WRONG_TYPE if is_other else PictureProblem.NOT_AN_IMAGE)
        segment = _read_segment(content, position)
        image.add_segment(marker, segment)
        position += 2 + len(segment)
        if marker == _SOS:
            end = _SCAN_END.search(content, position)
            if end is None:
                raise PictureRefused(PictureProblem.CUT_SHORT)
            image.kept.append(content[position : end.start()].rstrip(b"\xff"))
            position = end.start()
    raise PictureRefused(PictureProblem.NOT_AN_IMAGE)


def read_orientation(tiff: bytes) -> int:
    """Return the orientation in an EXIF block, 1 (upright) where it says none or makes no sense."""
    if tiff[:4] not in {b"II*\x00", b"MM\x00*"}:
        return _UPRIGHT

    def read(start: int, size: int) -> int:
        return int.from_bytes(tiff[start : start + size], "little" if tiff[:1] == b"I" else "big")

    first = read(4, 4) + 2
    end = min(first + read(first - 2, 2) * _IFD_ENTRY, len(tiff) - _IFD_ENTRY + 1)
    for entry in range(first, end, _IFD_ENTRY):
        if (read(entry, 2), read(entry + 2, 2), read(entry + 4, 4)) == (_ORIENTATION, _SHORT, 1):
            orientation = read(entry + 8, 2)
            return orientation if _UPRIGHT <= orientation <= _LAST_ORIENTATION else _UPRIGHT
    return _UPRIGHT


def _build_orientation(orientation: int) -> bytes:
    """Return an EXIF block with the orientation and nothing else."""
    entry = b"".join(
        number.to_bytes(size, "big")
        for number, size in ((_ORIENTATION, 2), (_SHORT, 2), (1, 4), (orientation, 2), (0, 2))
    )
    return b"MM\x00*\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"


def _read_segment(content: bytes, position: int) -> bytes:
    """Return a segment without its length, which stands at ``position``."""
    length = int.from_bytes(content[position : position + 2])
    if position + max(length, 2) > len(content):
        raise PictureRefused(PictureProblem.CUT_SHORT)
    if length < 2:  # noqa: PLR2004 - the length counts its own two bytes
        raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
    return content[position + 2 : position + length]


def _build_segment(marker: int, segment: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(segment) + 2).to_bytes(2) + segment


def _is_table(marker: int, segment: bytes) -> bool:
    """Return whether a segment is a table of the decoder's, and nothing besides."""
    if marker == _DRI:
        return len(segment) == 2  # noqa: PLR2004 - T.81, B.2.4.4
    position, tables = 0, 0
    while position < len(segment):
        if marker == _DQT:
            position += 1 + (128 if segment[position] >> 4 else 64)
        else:
            position += 17 + sum(segment[position + 1 : position + 17])
        tables += 1
    most = 2 * _TABLES if marker == _DHT else _TABLES
    return position == len(segment) and 1 <= tables <= most
