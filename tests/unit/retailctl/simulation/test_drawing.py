"""The simulator's pictures: small, each its own, and taken by the desk; its rubbish: not."""

from __future__ import annotations

import pytest

from hello_retail.pictures import PictureRefused, clean_picture
from retailctl.simulation.drawing import CONTENT_TYPE, HEIGHT, WIDTH, draw_picture, list_rubbish

MOST_BYTES = 10 * 2**20


def test_each_picture_is_small_and_one_that_the_desk_takes_as_it_is() -> None:
    for number in range(30):
        drawn = draw_picture(f"p{number}")
        taken = clean_picture(drawn, CONTENT_TYPE, MOST_BYTES)

        assert (taken.width, taken.height, taken.content) == (WIDTH, HEIGHT, drawn)
        assert len(drawn) < 6_000


def test_no_two_products_and_no_two_takes_have_the_same_picture() -> None:
    pictures = [draw_picture(f"p{number}", take) for number in range(100) for take in range(2)]

    assert len(set(pictures)) == 200
    assert draw_picture("p7") == pictures[14]


@pytest.mark.parametrize(
    ("number", "problem"), list(enumerate(["not-an-image", "cut-short", "extra-bytes", "too-large"]))
)
def test_rubbish_is_refused_each_for_its_own_reason(number: int, problem: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        clean_picture(list_rubbish(draw_picture("p"))[number], CONTENT_TYPE, MOST_BYTES)

    assert refused.value.problem == problem
