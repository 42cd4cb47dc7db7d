"""Walk a PNG by its chunks (W3C PNG, third edition) and keep those that draw the image."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

from hello_retail.pictures.picture import (
    LONGEST_SIDE,
    MAXIMUM_PARTS,
    PNG,
    Picture,
    PictureProblem,
    PictureRefused,
    check_sides,
)

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_FRAME: Final = 12
"""Bytes of a chunk beside its data: length, type, checksum."""
_MAXIMUM_PIXEL_BYTES: Final = LONGEST_SIDE * (1 + 4 * LONGEST_SIDE)
"""Of the largest picture with 8 bits a channel: what is decompressed at the most."""
_IN, _OUT = 1 << 14, 1 << 16
"""Bytes that are decompressed at once, and that may come of them: an inflater copies what it leaves over."""
_INDEXED: Final = 3
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel by colour type."""
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_TRANSPARENCY: Final = {0: 2, 2: 6}
"""Bytes of tRNS by colour type, where it is no list."""
_WHOLE: Final = ((0, 0, 1, 1),)
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Each pass of an interlaced image: first column and row, and the steps to the next."""


class _Pixels:
    """Decompresses an image's data to nothing, and counts."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._inflater = zlib.decompressobj()

    def add_data(self, data: bytes) -> None:
        for start in range(0, len(data), _IN):
            self._inflate(data[start : start + _IN])

    def _inflate(self, data: bytes) -> None:
        if self._inflater.eof:
            raise PictureRefused(PictureProblem.EXTRA_BYTES)
        while True:
            try:
                pixels = self._inflater.decompress(data, _OUT)
            except zlib.error:
                raise PictureRefused(PictureProblem.NOT_AN_IMAGE) from None
            self._missing -= len(pixels)
            if self._missing < 0 or self._inflater.unused_data:
                raise PictureRefused(PictureProblem.EXTRA_BYTES)
            data = self._inflater.unconsumed_tail
            if not data and len(pixels) < _OUT:
                return

    def check_end(self) -> None:
        if self._missing or not self._inflater.eof:
            raise PictureRefused(PictureProblem.CUT_SHORT)


@dataclass(slots=True)
class _Image:
    """What has been read of a file: its header, and the chunks that stay."""

    header: bytes
    pixels: _Pixels
    palette: bytes = b""
    transparency: bytes = b""
    data: list[bytes] = field(default_factory=list)
    is_data_over: bool = False

    @property
    def colour_type(self) -> int:
        return self.header[9]

    def add_chunk(self, kind: bytes, data: bytes) -> None:
        """Check a chunk after the header, and keep it if it draws."""
        if kind == b"IDAT":
            if self.is_data_over or (self.colour_type == _INDEXED and not self.palette):
                raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
            self.pixels.add_data(data)
            self.data.append(data)
            return
        self.is_data_over = bool(self.data)
        if kind == b"PLTE":
            self._add_palette(data)
        elif kind == b"tRNS":
            self._add_transparency(data)
        elif kind[:1].isupper():
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)

    def _add_palette(self, data: bytes) -> None:
        """Keep an indexed image's palette; elsewhere it is a mere suggestion."""
        most = 3 << self.header[8] if self.colour_type == _INDEXED else 3 << 8
        if self.data or self.palette or len(data) % 3 or not 0 < len(data) <= most:
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
        self.palette = data

    def _add_transparency(self, data: bytes) -> None:
        if self.colour_type == _INDEXED:
            fits = 0 < len(data) <= len(self.palette) // 3
        else:
            fits = len(data) == _TRANSPARENCY.get(self.colour_type)
        if self.data or self.transparency or not fits:
            raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
        self.transparency = data

    def build_picture(self) -> Picture:
        self.pixels.check_end()
        chunks = [SIGNATURE, _build_chunk(b"IHDR", self.header)]
        if self.colour_type == _INDEXED:
            chunks.append(_build_chunk(b"PLTE", self.palette))
        if self.transparency:
            chunks.append(_build_chunk(b"tRNS", self.transparency))
        chunks += [_build_chunk(b"IDAT", b"".join(self.data)), _build_chunk(b"IEND", b"")]
        width, height = _read_sides(self.header)
        return Picture(PNG, width, height, b"".join(chunks))


def clean_png(content: bytes) -> Picture:
    """Return the picture in a file that begins with ``SIGNATURE``.

    Raises:
        PictureRefused: where the file is not one image from its first byte to its last.

    """
    kind, data = _read_chunk(content, len(SIGNATURE))
    position = len(SIGNATURE) + _FRAME + len(data)
    image = _read_header(kind, data)
    for _ in range(MAXIMUM_PARTS):
        kind, data = _read_chunk(content, position)
        position += _FRAME + len(data)
        if kind == b"IEND":
            if data or position != len(content):
                raise PictureRefused(PictureProblem.EXTRA_BYTES)
            return image.build_picture()
        image.add_chunk(kind, data)
    raise PictureRefused(PictureProblem.NOT_AN_IMAGE)


def _read_chunk(content: bytes, position: int) -> tuple[bytes, bytes]:
    """Return a chunk's type and data; its checksum holds."""
    length = int.from_bytes(content[position : position + 4])
    kind = content[position + 4 : position + 8]
    end = position + _FRAME + length
    if end > len(content):
        raise PictureRefused(PictureProblem.CUT_SHORT)
    data = content[position + 8 : end - 4]
    if not kind.isalpha() or zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(content[end - 4 : end]):
        raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
    return kind, data


def _build_chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(data, zlib.crc32(kind)).to_bytes(4)


def _read_sides(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[:4]), int.from_bytes(header[4:8])


def _read_header(kind: bytes, header: bytes) -> _Image:
    """Return the image that a file's first chunk announces."""
    if kind != b"IHDR" or len(header) != 13:  # noqa: PLR2004 - 11.2.1
        raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
    depth, colour_type, compression, filters, interlaced = header[8:]
    if depth not in _DEPTHS.get(colour_type, ()) or compression or filters or interlaced > 1:
        raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
    width, height = _read_sides(header)
    check_sides(width, height)
    size = 0
    for column, row, right, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -((column - width) // right), -((row - height) // down)
        size += rows * (1 + (columns * depth * _SAMPLES[colour_type] + 7) // 8)
    if size > _MAXIMUM_PIXEL_BYTES:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    return _Image(header, _Pixels(size))
