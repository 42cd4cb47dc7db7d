"""Small pictures of products, drawn row by row: PNG with a palette, each product's its own."""

from __future__ import annotations

import math
import random
import zlib
from colorsys import hls_to_rgb
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH, HEIGHT = 480, 360
CONTENT_TYPE = "image/png"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TABLE = 236
"""The row at which the table begins."""
_TOP, _FOOT = 60, 284
"""The rows of an object's top and foot."""
_BANDS = 16
"""Colours of the wall, from the top down, and then as many of the table."""
_SHADES = 8
"""Colours of an object, from the light to the shadow, and then as many of its stripes."""
_OBJECT, _STRIPE = 2 * _BANDS, 2 * _BANDS + _SHADES
_INK, _PAPER = 2 * _BANDS + 2 * _SHADES, 2 * _BANDS + 2 * _SHADES + 1
_TAG_BITS = 64
_TAG_ROWS = range(HEIGHT - 14, HEIGHT - 4)

_SHAPES: tuple[Callable[[float], float], ...] = (
    lambda t: 0.5 * math.sqrt(1 - (2 * t - 1) ** 2),  # a ball
    lambda t: 0.42 if t > 0.16 else 0.34,  # a tin  # noqa: PLR2004 - a drawing
    lambda t: 0.1 if t < 0.3 else min(0.1 + (t - 0.3) * 1.4, 0.3),  # a bottle  # noqa: PLR2004
    lambda t: 0 if t < 0.45 else 0.52 * math.sqrt(1 - ((t - 0.45) / 0.56) ** 2),  # a bowl  # noqa: PLR2004
    lambda t: 0.14 + 0.66 * t if t < 0.5 else (0.03 if t < 0.92 else 0.24),  # a lamp  # noqa: PLR2004
    lambda t: 0.24 + 0.14 * math.sin(4.4 * t + 0.4),  # a vase
)
"""Half an object's width by its height: 0 at the top, 1 at the foot."""


def draw_picture(product_id: str, take: int = 0) -> bytes:
    """Return a picture of a product as a PNG; each take of it is another one."""
    tag = sha256(f"{product_id} {take}".encode()).digest()
    dice = random.Random(product_id)  # noqa: S311 - a drawing, and no secret
    hue, shape, stripes = dice.random(), dice.choice(_SHAPES), dice.randrange(4)
    palette = b"".join(_list_colours(hue, dice.random()))
    header = WIDTH.to_bytes(4) + HEIGHT.to_bytes(4) + bytes((8, 3, 0, 0, 0))
    rows = b"".join(b"\0" + _draw_row(row, shape, stripes, tag) for row in range(HEIGHT))
    return (
        _SIGNATURE
        + _build_chunk(b"IHDR", header)
        + _build_chunk(b"PLTE", palette)
        + _build_chunk(b"IDAT", zlib.compress(rows))
        + _build_chunk(b"IEND", b"")
    )


def list_rubbish(picture: bytes) -> list[bytes]:
    """Return what somebody might send as a PNG that the shop must not take."""
    huge = (30_000).to_bytes(4) * 2 + bytes((8, 3, 0, 0, 0))
    first = len(_SIGNATURE) + len(_build_chunk(b"IHDR", huge))
    return [
        b"This is a picture, believe me.\n",
        picture[: len(picture) // 2],
        picture + b"<script>alert(1)</script>",
        _SIGNATURE + _build_chunk(b"IHDR", huge) + picture[first:],
    ]


def _build_chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(data, zlib.crc32(kind)).to_bytes(4)


def _list_colours(hue: float, tone: float) -> Iterator[bytes]:
    """Yield the palette: wall, table, object, stripes, ink and paper."""
    for band in range(_BANDS):
        yield _colour(0.1 + tone * 0.1, 0.93 - 0.012 * band, 0.25)
    for band in range(_BANDS):
        yield _colour(0.07 + tone * 0.04, 0.42 + 0.014 * band, 0.35)
    for of in (hue, (hue + 0.45) % 1):
        for shade in range(_SHADES):
            yield _colour(of, 0.68 - 0.06 * shade, 0.55)
    yield _colour(hue, 0.2, 0.3)
    yield _colour(hue, 0.96, 0.3)


def _colour(hue: float, light: float, strength: float) -> bytes:
    return bytes(round(255 * part) for part in hls_to_rgb(hue, light, strength))


def _draw_row(row: int, shape: Callable[[float], float], stripes: int, tag: bytes) -> bytes:
    is_table = row >= _TABLE
    top, end = (_TABLE, HEIGHT) if is_table else (0, _TABLE)
    band = (row - top) * _BANDS // (end - top)
    pixels = bytearray(bytes((band + (_BANDS if is_table else 0),)) * WIDTH)
    if _TOP <= row < _FOOT:
        height = (row - _TOP) / (_FOOT - _TOP)
        half = round(shape(height) * (_FOOT - _TOP))
        is_stripe = stripes and int(height * (2 * stripes + 1)) % 2
        _draw_span(pixels, WIDTH // 2 - half, 2 * half, _STRIPE if is_stripe else _OBJECT)
    if row in _TAG_ROWS:
        _draw_tag(pixels, int.from_bytes(tag[: _TAG_BITS // 8]))
    return bytes(pixels)


def _draw_span(pixels: bytearray, left: int, width: int, colour: int) -> None:
    """Draw a row of an object, lit from the left."""
    for shade in range(_SHADES):
        start, end = left + width * shade // _SHADES, left + width * (shade + 1) // _SHADES
        pixels[start:end] = bytes((colour + shade,)) * (end - start)


def _draw_tag(pixels: bytearray, bits: int) -> None:
    """Draw a row of the tag, by which no two pictures are the same."""
    step, left = 3, WIDTH - 4 - 3 * _TAG_BITS
    for place in range(_TAG_BITS):
        ink = _INK if bits >> place & 1 else _PAPER
        pixels[left + step * place : left + step * (place + 1)] = bytes((ink,)) * step
