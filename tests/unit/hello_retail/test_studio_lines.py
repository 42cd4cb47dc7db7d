"""Who is asked for which picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hello_retail.studio.items import Photographer
from hello_retail.studio.lines import (
    FreePhotographer,
    WaitingProduct,
    choose_pair,
    format_free_place,
    format_waiting_place,
    may_be_asked,
)

ANN, BOB = (FreePhotographer(format_free_place(0, "2026", user)) for user in ("ann", "bob"))
LAMP, CHAIR = (WaitingProduct(format_waiting_place("2026", product)) for product in ("lamp", "chair"))


def test_the_first_product_gets_the_first_photographer() -> None:
    assert choose_pair([LAMP, CHAIR], [ANN, BOB]) == (LAMP, ANN)


def test_whoever_was_not_asked_for_it_goes_first() -> None:
    tried = replace(LAMP, tried=frozenset({"ann"}))
    assert choose_pair([tried], [ANN, BOB]) == (tried, BOB)


def test_if_all_were_asked_the_first_is_asked_again() -> None:
    tried = replace(LAMP, tried=frozenset({"ann", "bob"}))
    assert choose_pair([tried], [ANN, BOB]) == (tried, ANN)


@pytest.mark.parametrize(("waiting", "free"), [([], [ANN]), ([LAMP], []), ([], [])])
def test_an_empty_line_gives_no_pair(waiting: list[WaitingProduct], free: list[FreePhotographer]) -> None:
    assert choose_pair(waiting, free) is None


def test_who_has_the_least_load_stands_first_and_then_who_is_free_the_longest() -> None:
    places = [
        format_free_place(0, "2026-11-28T10:00:00.000Z", "zoe"),
        format_free_place(2, "2026-11-28T09:00:00.000Z", "ann"),
        format_free_place(2, "2026-11-28T09:00:01.000Z", "abe"),
        format_free_place(10, "2026-11-28T08:00:00.000Z", "bob"),
    ]
    assert sorted(places) == places


def test_names_come_back_from_places_whatever_they_contain() -> None:
    assert FreePhotographer(format_free_place(3, "2026", "a#b#c")).user_id == "a#b#c"
    assert WaitingProduct(format_waiting_place("2026", "lamp-1.x")).product_id == "lamp-1.x"


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, True),
        ({"gone": True}, False),
        ({"assignment": "lamp"}, False),
        ({"allowance": 0}, False),
        ({"in_a_row": 2}, True),
        ({"in_a_row": 3}, False),
        ({"completed": 30}, True),
    ],
)
def test_who_may_be_asked(change: dict[str, object], asked: bool) -> None:
    assert may_be_asked(replace(Photographer("ann", allowance=1), **change)) is asked  # type: ignore[arg-type]
