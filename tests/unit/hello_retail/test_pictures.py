"""Which files are pictures, why others are refused, and what stays of a picture."""

from __future__ import annotations

import struct
import time
import zlib

import pytest

from hello_retail.pictures import Picture, PictureProblem, PictureRefused, clean_picture
from hello_retail.pictures.jpeg import MAXIMUM_SCANS
from hello_retail.pictures.picture import LONGEST_SIDE, MAXIMUM_PARTS, SHORTEST_SIDE
from support import pictures
from support.pictures import (
    APP1,
    APP2,
    APP13,
    COM,
    EOI,
    PNG_SIGNATURE,
    PROGRESSIVE,
    SOI,
    adobe,
    chunk,
    exif,
    frame,
    jpeg,
    png,
    png_header,
    scan,
    segment,
    tables,
)

JPEG, PNG = "image/jpeg", "image/png"
MAX_BYTES = 10 * 2**20
SECRET = b"N 52 13 47.1 E 21 0 42.0"
SCRIPT = b"<script>alert(1)</script>"


def clean(content: bytes, content_type: str = JPEG, max_bytes: int = MAX_BYTES) -> Picture:
    return clean_picture(content, content_type, max_bytes)


def problem_of(content: bytes, content_type: str = JPEG, max_bytes: int = MAX_BYTES) -> PictureProblem:
    with pytest.raises(PictureRefused) as refused:
        clean(content, content_type, max_bytes)
    assert str(refused.value.problem) in str(refused.value)
    return refused.value.problem


def test_a_clean_jpeg_stays_what_it_is_but_for_its_density() -> None:
    picture = clean(jpeg(640, 480, components=3))

    assert (picture.content_type, picture.suffix, picture.width, picture.height) == (JPEG, "jpg", 640, 480)
    plain = segment(pictures.APP0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    assert picture.content == SOI + plain + tables() + frame(640, 480, 3) + scan(640, 480, 3) + EOI


def test_a_clean_png_stays_what_it_is() -> None:
    picture = clean(png(640, 480), PNG)

    assert (picture.content_type, picture.suffix, picture.width, picture.height) == (PNG, "png", 640, 480)
    assert picture.content == png(640, 480)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("little", [True, False])
def test_of_exif_the_orientation_stays_and_nothing_else(orientation: int, *, little: bool) -> None:
    content = clean(jpeg(head=exif(orientation, SECRET, little=little))).content

    assert SECRET not in content
    assert b"GPS" not in content
    oriented = b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1" + struct.pack(">HHI", orientation, 0, 0)
    if orientation == 1:
        assert b"Exif" not in content, "upright is what a file without EXIF is"
    else:
        assert content.count(b"Exif") == 1
        assert segment(APP1, oriented) in content


@pytest.mark.parametrize(
    "head",
    [
        exif(None, SECRET),
        exif(0, SECRET),
        exif(9, SECRET),
        segment(APP1, b"Exif\0\0"),
        segment(APP1, b"Exif\0\0MM\0*\xff\xff\xff\xff"),
        segment(APP1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"),
        segment(APP1, b"Exif\0\0XX\0*\0\0\0\x08\0\1" + SECRET),
        segment(APP1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET),
    ],
)
def test_an_orientation_that_makes_no_sense_is_none(head: bytes) -> None:
    assert clean(jpeg(head=head)).content == clean(jpeg()).content


def test_the_first_exif_block_counts() -> None:
    assert clean(jpeg(head=exif(6) + exif(3))).content == clean(jpeg(head=exif(6))).content


@pytest.mark.parametrize(
    "head",
    [
        segment(COM, SECRET),
        segment(APP2, b"ICC_PROFILE\0\1\1" + SECRET),
        segment(APP2, b"MPF\0" + SECRET),
        segment(APP13, b"Photoshop 3.0\0" + SECRET),
        segment(pictures.APP0, b"JFXX\0\x10" + SECRET),
        segment(pictures.APP0, SECRET),
        segment(0xEF, SECRET),
        b"\xff\xff\xff" + segment(COM, b""),
    ],
)
def test_comments_profiles_and_application_data_go(head: bytes) -> None:
    assert clean(jpeg(head=head)).content == clean(jpeg()).content
    assert clean(jpeg(after=head)).content == clean(jpeg()).content


def test_a_thumbnail_in_the_jfif_segment_goes() -> None:
    thumbnail = segment(pictures.APP0, b"JFIF\0\1\2\0\0\1\0\1\4\2" + SECRET)

    assert clean(jpeg(head=thumbnail, jfif=False)).content == clean(jpeg()).content


@pytest.mark.parametrize("transform", [0, 1])
def test_how_colours_are_coded_stays(transform: int) -> None:
    content = clean(jpeg(components=3, head=adobe(transform, SECRET), jfif=False)).content

    assert segment(pictures.APP14, b"Adobe\0\x64\0\0\0\0" + bytes([transform])) in content
    assert SECRET not in content
    assert b"JFIF" not in content


def test_a_progressive_picture_keeps_its_scans_and_the_tables_between_them() -> None:
    one, more = scan(200, 200), tables() + segment(COM, SECRET) + scan(200, 200)
    body = frame(200, 200, marker=PROGRESSIVE) + one
    content = SOI + tables() + body + more + EOI

    assert clean(content).content == SOI + tables() + body + tables() + scan(200, 200) + EOI


def test_restarts_stuffed_bytes_and_fill_bytes_are_part_of_a_scan() -> None:
    coded = b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd7\x78"
    head = SOI + tables() + segment(pictures.DRI, b"\0\1") + frame(200, 200) + scan(200, 200) + coded

    assert clean(head + b"\xff\xff" + EOI).content == head + EOI


@pytest.mark.parametrize(
    ("chunks", "colour_type"),
    [
        ([chunk(b"tEXt", b"Comment\0" + SECRET), chunk(b"zTXt", SECRET), chunk(b"iTXt", SECRET)], 2),
        ([chunk(b"eXIf", SECRET), chunk(b"tIME", SECRET[:7]), chunk(b"iCCP", SECRET)], 6),
        ([chunk(b"gAMA", SECRET[:4]), chunk(b"PLTE", SECRET), chunk(b"prVt", SECRET)], 2),
        ([chunk(b"acTL", bytes(8)), chunk(b"fcTL", bytes(26))], 3),
    ],
)
def test_of_a_png_the_image_stays(chunks: list[bytes], colour_type: int) -> None:
    plain = png(colour_type=colour_type)

    assert clean(png(colour_type=colour_type, head=chunks), PNG).content == plain
    rest = [each for each in chunks if each[4:8] != b"PLTE"]
    assert clean(png(colour_type=colour_type, tail=rest), PNG).content == plain


@pytest.mark.parametrize(("colour_type", "data"), [(0, bytes(2)), (2, bytes(6)), (3, b"\0\x80\xff")])
def test_what_is_transparent_stays(colour_type: int, data: bytes) -> None:
    content = png(colour_type=colour_type, head=[chunk(b"tRNS", data)])

    assert clean(content, PNG).content == content


def test_data_in_pieces_is_put_together() -> None:
    assert clean(png(pieces=7), PNG).content == png()


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("colour_type", "depth"),
    [
        (0, 1),
        (0, 2),
        (0, 4),
        (0, 8),
        (0, 16),
        (2, 16),
        (3, 1),
        (3, 2),
        (3, 4),
        (4, 8),
        (4, 16),
        (6, 8),
        (6, 16),
    ],
)
def test_a_png_s_pixels_are_counted_to_the_last(colour_type: int, depth: int, *, interlaced: bool) -> None:
    size = {"colour_type": colour_type, "depth": depth, "interlaced": interlaced}
    content = png(203, 201, **size)  # type: ignore[arg-type]
    assert clean(content, PNG).content == content

    pixels = pictures.png_pixels(203, 201, **size)  # type: ignore[arg-type]
    head = content[: content.index(b"IDAT") - 4]
    for wrong, problem in ((pixels[:-1], "cut-short"), (pixels + b"\0", "extra-bytes")):
        assert problem_of(head + chunk(b"IDAT", zlib.compress(wrong)) + chunk(b"IEND"), PNG) == problem


SIDES = [
    (SHORTEST_SIDE, LONGEST_SIDE, None),
    (SHORTEST_SIDE - 1, 400, "too-small"),
    (400, SHORTEST_SIDE - 1, "too-small"),
    (0, 0, "too-small"),
    (LONGEST_SIDE + 1, 400, "too-large"),
    (400, LONGEST_SIDE + 1, "too-large"),
    (30_000, 30_000, "too-large"),
]


@pytest.mark.parametrize(("width", "height", "problem"), SIDES)
def test_sides_are_bounded_by_what_the_header_says(width: int, height: int, problem: str | None) -> None:
    lying = SOI + tables() + frame(width, height) + scan(200, 200) + EOI
    header = PNG_SIGNATURE + chunk(b"IHDR", png_header(width, height))
    if problem:
        assert problem_of(lying) == problem
        assert problem_of(header, PNG) == problem
    else:
        assert (clean(lying).width, clean(lying).height) == (width, height)
        assert clean(png(width, height), PNG).content == png(width, height)


@pytest.mark.parametrize("content_type", [JPEG, PNG])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not-an-image"),
        (b"\xff\xd8", "not-an-image"),
        (b"just text, called a picture", "not-an-image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT, "not-an-image"),
        (b"GIF89a" + SCRIPT, "wrong-type"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "wrong-type"),
        (b"\0\0\0\x18ftypheic", "wrong-type"),
        (b"\0\0\0\x18ftypisom", "not-an-image"),
    ],
)
def test_what_is_no_jpeg_and_no_png_is_refused(content: bytes, problem: str, content_type: str) -> None:
    assert problem_of(content, content_type) == problem


def test_a_picture_of_another_type_than_announced_is_refused() -> None:
    assert problem_of(jpeg(), PNG) == "wrong-type"
    assert problem_of(png(), JPEG) == "wrong-type"
    assert problem_of(jpeg(), "image/gif") == "wrong-type"


def test_a_file_of_too_many_bytes_is_refused() -> None:
    assert clean(jpeg(), max_bytes=len(jpeg())).content
    assert problem_of(jpeg(), max_bytes=len(jpeg()) - 1) == "too-large"


@pytest.mark.parametrize("content", [jpeg(head=exif(6, SECRET)), jpeg(components=3, head=adobe(1))])
def test_a_jpeg_that_is_cut_short_anywhere_is_refused(content: bytes) -> None:
    assert {problem_of(content[:size]) for size in range(3, len(content))} == {"cut-short"}


@pytest.mark.parametrize("content", [png(), png(colour_type=3, pieces=5)])
def test_a_png_that_is_cut_short_anywhere_is_refused(content: bytes) -> None:
    assert {problem_of(content[:size], PNG) for size in range(8, len(content))} == {"cut-short"}


@pytest.mark.parametrize("more", [SCRIPT, b"\0", b"\xff", jpeg(), b"PK\3\4" + SCRIPT])
def test_what_stands_behind_the_image_is_refused(more: bytes) -> None:
    assert problem_of(jpeg() + more) == "extra-bytes"
    assert problem_of(png() + more, PNG) == "extra-bytes"


def test_a_script_between_the_parts_is_refused() -> None:
    assert problem_of(SOI + b"\xff" + SCRIPT + jpeg()[2:]) == "not-an-image"
    assert problem_of(jpeg(head=SCRIPT)) == "not-an-image"
    assert problem_of(png(head=[SCRIPT]), PNG) in {"not-an-image", "cut-short"}


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        *((marker, "wrong-type") for marker in (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)),
        *((marker, "not-an-image") for marker in (0x00, 0x01, 0xC8, 0xCC, 0xD0, 0xD8, 0xDC, 0xDE, 0xF0)),
    ],
)
def test_other_kinds_of_jpeg_are_refused(marker: int, problem: str) -> None:
    content = SOI + tables() + frame(200, 200, marker=marker) + scan(200, 200) + EOI

    assert problem_of(content) == problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (SOI + EOI, "not-an-image"),
        (SOI + frame(200, 200) + EOI, "not-an-image"),
        (SOI + tables() + scan(200, 200) + EOI, "not-an-image"),
        (SOI + frame(200, 200) + frame(200, 200) + scan(200, 200) + EOI, "not-an-image"),
        (SOI + frame(200, 200, 4) + scan(200, 200) + EOI, "wrong-type"),
        (SOI + frame(200, 200, 2) + scan(200, 200) + EOI, "wrong-type"),
        (SOI + frame(200, 200, precision=12) + scan(200, 200) + EOI, "wrong-type"),
        (SOI + frame(200, 200, 1) + scan(200, 200, 3) + EOI, "not-an-image"),
        (SOI + segment(0xC0, b"\x08\0\xc8") + EOI, "not-an-image"),
        (SOI + segment(0xC0, frame(200, 200)[4:] + SECRET) + EOI, "not-an-image"),
        (SOI + frame(200, 200) + segment(0xDA, b"") + EOI, "not-an-image"),
        (jpeg(head=b"\xff\xfe\0\1"), "not-an-image"),
        (jpeg(head=segment(0xDB, b"")), "not-an-image"),
        (jpeg(head=segment(0xDB, bytes(64))), "not-an-image"),
        (jpeg(head=segment(0xDB, bytes(65) * 5)), "not-an-image"),
        (jpeg(head=segment(0xC4, bytes(17) + SECRET)), "not-an-image"),
        (jpeg(head=segment(0xDD, SECRET)), "not-an-image"),
        (SOI + frame(200, 200) + scan(200, 200) * (MAXIMUM_SCANS + 1) + EOI, "not-an-image"),
        (jpeg(head=segment(COM, b"") * MAXIMUM_PARTS), "not-an-image"),
    ],
)
def test_a_damaged_jpeg_is_refused(content: bytes, problem: str) -> None:
    assert problem_of(content) == problem


def test_a_jpeg_table_of_two_bytes_a_step_is_one() -> None:
    table = segment(0xDB, b"\x10" + bytes(128))

    assert table in clean(jpeg(after=table)).content


HEADER = chunk(b"IHDR", png_header(200, 200))


@pytest.mark.parametrize(
    ("chunks", "problem"),
    [
        ([chunk(b"IDAT", zlib.compress(bytes(10)))], "not-an-image"),
        ([chunk(b"IHDR", png_header(200, 200)[:-1])], "not-an-image"),
        *(
            ([chunk(b"IHDR", png_header(200, 200)[:8] + bytes(rest))], "not-an-image")
            for rest in ([3, 0, 0, 0, 0], [4, 2, 0, 0, 0], [8, 1, 0, 0, 0], [8, 2, 1, 0, 0], [8, 2, 0, 1, 0])
        ),
        ([chunk(b"IHDR", png_header(200, 200)[:12] + b"\2")], "not-an-image"),
        ([chunk(b"IHDR", png_header(LONGEST_SIDE, LONGEST_SIDE, 6, 16))], "too-large"),
        ([HEADER, chunk(b"IEND")], "cut-short"),
        ([HEADER, HEADER], "not-an-image"),
        ([HEADER, chunk(b"CgBI")], "not-an-image"),
        ([HEADER, chunk(b"t\xc3xt")], "not-an-image"),
        ([HEADER, chunk(b"tEXt", SECRET)[:-1] + b"?"], "not-an-image"),
        ([HEADER, chunk(b"IDAT", SECRET), chunk(b"IEND")], "not-an-image"),
        ([HEADER, chunk(b"PLTE", SECRET[:4])], "not-an-image"),
        ([HEADER, chunk(b"PLTE", bytes(3 * 257))], "not-an-image"),
        ([HEADER, chunk(b"PLTE", bytes(3)), chunk(b"PLTE", bytes(3))], "not-an-image"),
        ([HEADER, chunk(b"tRNS", SECRET)], "not-an-image"),
        ([HEADER, chunk(b"tRNS", bytes(6)), chunk(b"tRNS", bytes(6))], "not-an-image"),
        ([chunk(b"IHDR", png_header(200, 200, 4)), chunk(b"tRNS", bytes(2))], "not-an-image"),
        ([chunk(b"IHDR", png_header(200, 200, 3)), chunk(b"tRNS", bytes(2))], "not-an-image"),
        ([chunk(b"IHDR", png_header(200, 200, 3, 1)), chunk(b"PLTE", bytes(9))], "not-an-image"),
        ([chunk(b"IHDR", png_header(200, 200, 3)), chunk(b"IDAT", zlib.compress(bytes(10)))], "not-an-image"),
        ([HEADER, *[chunk(b"tEXt")] * MAXIMUM_PARTS, chunk(b"IEND")], "not-an-image"),
    ],
)
def test_a_damaged_png_is_refused(chunks: list[bytes], problem: str) -> None:
    assert problem_of(PNG_SIGNATURE + b"".join(chunks), PNG) == problem


def test_pieces_of_a_png_stand_together_and_end_with_the_pixels() -> None:
    data = zlib.compress(pictures.png_pixels(200, 200))
    one, two = chunk(b"IDAT", data[:20]), chunk(b"IDAT", data[20:])
    head, end = PNG_SIGNATURE + HEADER, chunk(b"IEND")

    assert clean(head + one + chunk(b"IDAT") + two + chunk(b"IDAT") + end, PNG).content == png()
    assert problem_of(head + one + chunk(b"tEXt") + two + end, PNG) == "not-an-image"
    assert problem_of(head + one + two + chunk(b"tRNS", bytes(6)) + end, PNG) == "not-an-image"
    assert problem_of(head + one + two + chunk(b"IDAT", SCRIPT) + end, PNG) == "extra-bytes"
    assert problem_of(head + chunk(b"IDAT", data + SCRIPT) + end, PNG) == "extra-bytes"
    assert problem_of(head + one + two + chunk(b"IEND", SCRIPT), PNG) == "extra-bytes"
    assert problem_of(head + chunk(b"IDAT", data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]) + end, PNG) in {
        "not-an-image",
        "cut-short",
    }


def test_what_follows_the_pixels_is_refused_wherever_they_are_cut_for_reading() -> None:
    """The stream of stored blocks ends with a byte that ends a piece of 16 KiB, too."""

    def stored(data: bytes, *, last: bool = False) -> bytes:
        size = len(data).to_bytes(2, "little")
        return bytes([last]) + size + bytes(0xFF ^ byte for byte in size) + data

    pixels = pictures.png_pixels(200, 206, 0)
    blocks = stored(b"") * ((3 * 2**14 - len(pixels) - 11) // 5) + stored(pixels, last=True)
    data = b"\x78\x01" + blocks + zlib.adler32(pixels).to_bytes(4)
    assert len(data) == 3 * 2**14
    head = PNG_SIGNATURE + chunk(b"IHDR", png_header(200, 206, 0))

    assert clean(head + chunk(b"IDAT", data) + chunk(b"IEND"), PNG).height == 206
    assert problem_of(head + chunk(b"IDAT", data + SCRIPT) + chunk(b"IEND"), PNG) == "extra-bytes"


BOMB = zlib.compress(bytes(300 * 2**20), 9)
BOMBS = {
    "of fill bytes": (SOI + b"\xff" * MAX_BYTES, JPEG),
    "of stuffed bytes": (jpeg()[:-2] + b"\xff\x00" * (MAX_BYTES // 2 - 500), JPEG),
    "of fill bytes in a scan": (jpeg()[:-2] + b"\xff" * (MAX_BYTES - 1000), JPEG),
    "of restarts": (jpeg()[:-2] + b"\xff\xd0" * (MAX_BYTES // 2 - 500), JPEG),
    "of empty segments": (SOI + segment(COM, b"") * (MAX_BYTES // 5), JPEG),
    "of tables": (SOI + segment(0xC4, bytes(17) * 3854) * 150, JPEG),
    "of an IFD": (SOI + segment(APP1, b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(65_000)) * 150, JPEG),
    "of empty chunks": (PNG_SIGNATURE + HEADER + chunk(b"tEXt") * (MAX_BYTES // 13), PNG),
    "of pixels": (PNG_SIGNATURE + HEADER + chunk(b"IDAT", BOMB), PNG),
    "of as many pixels as are taken": (
        PNG_SIGNATURE + chunk(b"IHDR", png_header(8000, 8000, 6)) + chunk(b"IDAT", BOMB),
        PNG,
    ),
}


@pytest.mark.parametrize(("content", "content_type"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_little_time(content: bytes, content_type: str) -> None:
    started = time.process_time()

    problem_of(content, content_type)

    assert time.process_time() - started < 3, "seconds of a processor; some take 0.4"
