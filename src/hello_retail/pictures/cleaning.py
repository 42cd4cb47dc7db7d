"""Tell a file's type by its first bytes and have it cleaned."""

from __future__ import annotations

from hello_retail.pictures.jpeg import START_OF_IMAGE, clean_jpeg
from hello_retail.pictures.picture import JPEG, PNG, Picture, PictureProblem, PictureRefused
from hello_retail.pictures.png import SIGNATURE, clean_png

_JPEG_START = START_OF_IMAGE + b"\xff"
_OTHER_IMAGES = (b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_OTHER_BRANDS = (b"avif", b"heic", b"heix", b"mif1", b"msf1")
"""Of AVIF and of the HEIC files that phones make."""


def clean_picture(content: bytes, content_type: str, max_bytes: int) -> Picture:
    """Return the picture in a file, cleaned; cleaning it again changes nothing.

    ``content_type`` is what the file was announced as, ``max_bytes`` the most that it may have.

    Raises:
        PictureRefused: and nothing else, whatever the bytes are.

    """
    if len(content) > max_bytes:
        raise PictureRefused(PictureProblem.TOO_LARGE)
    actual_type = _recognize_type(content)
    if actual_type is None:
        raise PictureRefused(PictureProblem.NOT_AN_IMAGE)
    if actual_type != content_type:
        raise PictureRefused(PictureProblem.WRONG_TYPE)
    return clean_jpeg(content) if actual_type == JPEG else clean_png(content)


def _recognize_type(content: bytes) -> str | None:
    """Return the content type that the first bytes show, "" for an image of another type."""
    if content.startswith(_JPEG_START):
        return JPEG
    if content.startswith(SIGNATURE):
        return PNG
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    is_heif = content[4:8] == b"ftyp" and content[8:12] in _OTHER_BRANDS
    return "" if content.startswith(_OTHER_IMAGES) or is_webp or is_heif else None
