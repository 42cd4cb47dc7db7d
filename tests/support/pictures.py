"""Pictures that tests draw, JPEG and PNG to the letter of their standards, with anything in them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from math import ceil

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
APP0, APP1, APP2, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE
SOF, PROGRESSIVE, DHT, DQT, DRI, SOS = 0xC0, 0xC2, 0xC4, 0xDB, 0xDD, 0xDA
JFIF = b"JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x00\x00"
ORIENTATION, GPS, MODEL = 0x0112, 0x8825, 0x0110
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def segment(marker: int, data: bytes) -> bytes:
    """Return a JPEG's segment."""
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2) + data


def adobe(transform: int, more: bytes = b"") -> bytes:
    """Return Adobe's segment, which says how a file's colours are coded."""
    return segment(APP14, b"Adobe\x00\x64\x80\x00\x00\x00" + bytes([transform]) + more)


def exif(orientation: int | None = None, secret: bytes = b"", *, little: bool = False) -> bytes:
    """Return an EXIF segment as a camera writes it: orientation, model, GPS, and a thumbnail.

    ``secret`` is what its model, its GPS block and its thumbnail say.
    """
    order = "little" if little else "big"

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return b"".join(
            (tag.to_bytes(2, order), kind.to_bytes(2, order), count.to_bytes(4, order), value.ljust(4, b"\0"))
        )

    oriented = orientation is not None
    count = 2 + oriented
    after = 8 + 2 + 12 * count + 4
    entries = [entry(MODEL, 2, len(secret), after.to_bytes(4, order))]
    if orientation is not None:
        entries.append(entry(ORIENTATION, 3, 1, orientation.to_bytes(2, order)))
    entries.append(entry(GPS, 4, 1, (after + len(secret)).to_bytes(4, order)))
    start = b"II*\0" if little else b"MM\0*"
    ifd = count.to_bytes(2, order) + b"".join(entries) + after.to_bytes(4, order)
    thumbnail = SOI + segment(COM, secret) + EOI
    return segment(
        APP1, b"Exif\0\0" + start + (8).to_bytes(4, order) + ifd + secret + b"GPS" + secret + thumbnail
    )


def frame(width: int, height: int, components: int = 1, marker: int = SOF, precision: int = 8) -> bytes:
    """Return a JPEG's frame header."""
    listed = b"".join(bytes([number, 0x11, 0]) for number in range(1, components + 1))
    sides = height.to_bytes(2) + width.to_bytes(2)
    return segment(marker, bytes([precision]) + sides + bytes([components]) + listed)


def tables() -> bytes:
    """Return a JPEG's tables: all steps 1, and Huffman codes of one bit each."""
    huffman = b"".join(bytes([kind, 1, *[0] * 15, 0]) for kind in (0x00, 0x10))
    return segment(DQT, b"\0" + b"\1" * 64) + segment(DHT, huffman)


def scan(width: int, height: int, components: int = 1) -> bytes:
    """Return a scan in which every block is one even grey: two bits a block, of which the last byte may be part."""
    bits = 2 * components * ceil(width / 8) * ceil(height / 8)
    coded = bytearray(ceil(bits / 8))
    coded[-1] = 0xFF >> (bits % 8 or 8)  # what is left over are ones, T.81, F.1.2.3
    chosen = b"".join(bytes([number, 0]) for number in range(1, components + 1))
    return segment(SOS, bytes([components]) + chosen + b"\0\x3f\0") + bytes(coded)


def jpeg(
    width: int = 200,
    height: int = 200,
    *,
    components: int = 1,
    head: bytes = b"",
    jfif: bool = True,
    after: bytes = b"",
) -> bytes:
    """Return a grey JPEG; ``head`` are segments after the first, ``after`` is put before its scan."""
    first = segment(APP0, JFIF) if jfif else b""
    image = tables() + frame(width, height, components) + after + scan(width, height, components)
    return SOI + first + head + image + EOI


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """Return a PNG's chunk."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png_header(
    width: int, height: int, colour_type: int = 2, depth: int = 8, *, interlaced: bool = False
) -> bytes:
    return width.to_bytes(4) + height.to_bytes(4) + bytes([depth, colour_type, 0, 0, interlaced])


def png_pixels(
    width: int, height: int, colour_type: int = 2, depth: int = 8, *, interlaced: bool = False
) -> bytes:
    """Return a black image's rows as they stand before compression, as a list of its pixels gives them."""
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [
            (0, 0, 8, 8),
            (4, 0, 8, 8),
            (0, 4, 4, 8),
            (2, 0, 4, 4),
            (0, 2, 2, 4),
            (1, 0, 2, 2),
            (0, 1, 1, 2),
        ]
    size = 0
    for column, row, right, down in passes:
        columns, rows = len(range(column, width, right)), len(range(row, height, down))
        if columns:  # a pass without columns has no rows either
            size += rows * (1 + ceil(columns * depth * SAMPLES[colour_type] / 8))
    return bytes(size)


def png(
    width: int = 200,
    height: int = 200,
    *,
    colour_type: int = 2,
    depth: int = 8,
    interlaced: bool = False,
    head: Iterable[bytes] = (),
    tail: Iterable[bytes] = (),
    pieces: int = 1,
) -> bytes:
    """Return a black PNG; ``head`` and ``tail`` are chunks before and after its data, which has ``pieces``."""
    data = zlib.compress(png_pixels(width, height, colour_type, depth, interlaced=interlaced))
    step = ceil(len(data) / pieces)
    palette = [chunk(b"PLTE", bytes(3 << depth))] if colour_type == 3 else []
    return b"".join(
        (
            PNG_SIGNATURE,
            chunk(b"IHDR", png_header(width, height, colour_type, depth, interlaced=interlaced)),
            *palette,
            *head,
            *(chunk(b"IDAT", data[start : start + step]) for start in range(0, len(data), step)),
            *tail,
            chunk(b"IEND"),
        )
    )
