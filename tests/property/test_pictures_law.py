"""Laws of cleaning: any bytes give a picture or a refusal, cleaning twice is cleaning once, no secret stays."""

from __future__ import annotations

import zlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello_retail.pictures import CONTENT_TYPES, Picture, PictureRefused, clean_picture
from hello_retail.pictures.places import UploadPlace, format_upload_key, parse_upload_key
from support.laws import histories
from support.pictures import (
    APP1,
    COM,
    EOI,
    PNG_SIGNATURE,
    SOI,
    adobe,
    chunk,
    exif,
    frame,
    jpeg,
    png,
    scan,
    segment,
    tables,
)

pytestmark = pytest.mark.slow

MAX_BYTES = 2**20
SECRET = b"GPS N52.2297 E21.0122 by Ada"
sides = st.integers(200, 260)
secrets = st.binary(max_size=40).map(lambda more: SECRET + more)
orientations = st.none() | st.integers(0, 12)
kept_orientations = st.sampled_from((None, *range(1, 9)))

comments = st.one_of(
    secrets.map(lambda text: segment(COM, text)),
    st.builds(segment, st.integers(0xE0, 0xEF), secrets),
    secrets.map(lambda text: segment(APP1, b"http://ns.adobe.com/xap/1.0/\0" + text)),
    st.builds(lambda way, text, little: exif(way, text, little=little), orientations, secrets, st.booleans()),
)
remarks = st.builds(
    chunk, st.sampled_from([b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP", b"prVt", b"caBX"]), secrets
)


@st.composite
def jpegs(draw: st.DrawFn) -> bytes:
    """A JPEG with metadata of every kind at every place."""
    head = b"".join(draw(st.lists(comments, max_size=4)))
    if draw(st.booleans()):
        head += adobe(draw(st.integers(0, 2)), SECRET)
    after = b"".join(draw(st.lists(comments, max_size=2)))
    return jpeg(
        draw(sides),
        draw(sides),
        components=draw(st.sampled_from([1, 3])),
        head=head,
        after=after,
        jfif=draw(st.booleans()),
    )


@st.composite
def pngs(draw: st.DrawFn) -> bytes:
    """A PNG with remarks of every kind at every place."""
    colour_type, depth = draw(st.sampled_from([(0, 1), (0, 16), (2, 8), (3, 4), (4, 8), (6, 16)]))
    return png(
        draw(sides),
        draw(sides),
        colour_type=colour_type,
        depth=depth,
        interlaced=draw(st.booleans()),
        head=draw(st.lists(remarks, max_size=3)),
        tail=draw(st.lists(remarks, max_size=3)),
        pieces=draw(st.integers(1, 5)),
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A picture in which some bytes have been changed, taken out or put in; a PNG's checksums hold."""
    content = bytearray(draw(jpegs() | pngs()))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.sampled_from([0, 0, 1, 1, 2, 4, 30, 10_000]))
        content[start:end] = draw(
            st.sampled_from([b"\xff\xd9", b"\xff\xda", b"\xff\xfe"]) | st.binary(max_size=6)
        )
    return with_checksums(bytes(content)) if draw(st.booleans()) else bytes(content)


def with_checksums(content: bytes) -> bytes:
    """Return a PNG with the checksum of every chunk set right, so that changes reach further than there."""
    position, fixed = 8, bytearray(content)
    while content.startswith(PNG_SIGNATURE) and position + 12 <= len(content):
        end = position + 8 + int.from_bytes(content[position : position + 4])
        fixed[end : end + 4] = (
            zlib.crc32(content[position + 4 : end]).to_bytes(4) if end < len(content) else b""
        )
        position = end + 4
    return bytes(fixed)


@st.composite
def assembled(draw: st.DrawFn) -> bytes:
    """Parts of JPEGs in any order, most of them no picture."""
    parts = st.sampled_from(
        [SOI, EOI, tables(), frame(200, 200), frame(300, 200, 3), scan(200, 200), scan(300, 200, 3), b"\xff"]
    )
    return SOI + b"".join(draw(st.lists(parts | comments | st.binary(max_size=5), max_size=10)))


def try_to_clean(content: bytes, content_type: str) -> Picture | None:
    """Return the picture, or None where the file is refused; anything else that is raised fails the law."""
    try:
        return clean_picture(content, content_type, MAX_BYTES)
    except PictureRefused:
        return None


@given(
    product_id=st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}", fullmatch=True),
    attempt=st.integers(1, 999_999_999),
    upload_id=st.uuids(version=4),
)
def test_an_upload_s_key_says_what_it_is_for(product_id: str, attempt: int, upload_id: UUID) -> None:
    place = UploadPlace(product_id, attempt)

    assert parse_upload_key(format_upload_key(place, str(upload_id))) == place


types = st.sampled_from(CONTENT_TYPES)


@histories(4000)
@given(content=st.binary(max_size=200) | damaged() | assembled(), content_type=types)
def test_any_bytes_give_a_picture_or_a_refusal_and_a_picture_stays_as_it_is(
    content: bytes, content_type: str
) -> None:
    picture = try_to_clean(content, content_type)

    if picture is not None:
        assert clean_picture(picture.content, content_type, MAX_BYTES) == picture
        assert len(picture.content) <= len(content) + 4, "rebuilt EXIF may be four bytes longer than it was"


@histories(1000)
@given(content=jpegs())
def test_no_jpeg_keeps_a_place_a_comment_or_a_thumbnail(content: bytes) -> None:
    picture = clean_picture(content, "image/jpeg", MAX_BYTES)

    assert SECRET not in picture.content
    assert b"GPS" not in picture.content
    assert clean_picture(picture.content, "image/jpeg", MAX_BYTES) == picture


@histories(1000)
@given(content=pngs())
def test_no_png_keeps_a_place_or_a_comment(content: bytes) -> None:
    picture = clean_picture(content, "image/png", MAX_BYTES)

    assert SECRET not in picture.content
    assert clean_picture(picture.content, "image/png", MAX_BYTES) == picture


@histories(1000)
@given(way=kept_orientations, text=secrets, little=st.booleans())
def test_pictures_that_differ_in_metadata_only_become_the_same(
    way: int | None, text: bytes, little: bool
) -> None:
    def clean(content: bytes) -> bytes:
        return clean_picture(content, "image/jpeg", MAX_BYTES).content

    plain = jpeg(head=exif(way)) if way else jpeg()

    assert clean(jpeg(head=exif(way, text, little=little) + segment(COM, text))) == clean(plain)


@histories(500)
@given(
    content=jpegs() | pngs(), at=st.floats(0, 1, exclude_max=True), more=st.binary(min_size=1, max_size=20)
)
def test_a_picture_that_ends_too_early_or_goes_on_is_refused(content: bytes, at: float, more: bytes) -> None:
    for content_type in CONTENT_TYPES:
        assert try_to_clean(content[: int(at * len(content))], content_type) is None
        assert try_to_clean(content + more, content_type) is None
