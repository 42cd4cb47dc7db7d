"""Check pictures that strangers sent, and take out all but the image. Pure: no AWS, no clock.

The pixels of a JPEG are not decoded: its segments are walked to the end, its scans to their next marker. The
pixels of a PNG are decompressed, piece by piece, and counted. Both happen in one pass over at most ``max_bytes``.

What is kept is what a browser needs to draw the same image, and nothing that could hold a place, a name or a
script. Colour profiles (ICC) go, too: they hold free text and private data of any size, every viewer would parse
them, and the page has already turned its pictures into sRGB when it scaled them. A wide-gamut picture that came
another way is drawn in sRGB, a little paler.
"""

from hello_retail.pictures.cleaning import clean_picture
from hello_retail.pictures.picture import CONTENT_TYPES, Picture, PictureProblem, PictureRefused

__all__ = ["CONTENT_TYPES", "Picture", "PictureProblem", "PictureRefused", "clean_picture"]
