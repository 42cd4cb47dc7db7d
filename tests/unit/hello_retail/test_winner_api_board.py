from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hello_retail.http_api.cursor import BadCursor
from hello_retail.http_api.keys import is_product_key
from hello_retail.http_api.mask import mask_user_id
from hello_retail.winner_api.board import (
    Contribution,
    Score,
    build_contribution_json,
    choose_display_name,
    decode_cursor,
    encode_cursor,
    rank_scores,
)

GRACE = "amzn1.account.7B3811E20B8F"
PRODUCT_IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def names(*scores: Score) -> list[str]:
    return [line.name for line in rank_scores(scores)]


def test_the_highest_score_comes_first() -> None:
    assert names(Score("a", "low", 1), Score("b", "high", 12), Score("c", "middle", 9)) == [
        "high",
        "middle",
        "low",
    ]


def test_among_equals_the_lower_user_id_comes_first_however_they_were_read() -> None:
    tied = [Score("user-b", "B", 5), Score("user-a", "A", 5), Score("user-c", "C", 5)]
    assert names(*tied) == names(*reversed(tied)) == ["A", "B", "C"]


def test_ranks_run_from_one_without_gaps_also_over_ties() -> None:
    assert [
        line.rank for line in rank_scores([Score("a", "A", 5), Score("b", "B", 5), Score("c", "C", 1)])
    ] == [
        1,
        2,
        3,
    ]


def test_unknown_is_nobody_and_not_on_the_board() -> None:
    assert names(Score("UNKNOWN", "UNKNOWN", 526), Score(GRACE, "Grace 5", 200)) == ["Grace 5"]


def test_a_board_keeps_the_hundred_best() -> None:
    board = rank_scores(Score(f"user-{number:04}", "name", number) for number in range(1, 251))
    assert [line.score for line in board] == list(range(250, 150, -1))


def test_a_mask_is_stable_and_lets_a_player_know_his_own() -> None:
    assert mask_user_id(GRACE) == mask_user_id(GRACE) == "***0B8F-54w4crz6"


def test_a_mask_never_holds_the_id() -> None:
    assert GRACE not in mask_user_id(GRACE)
    assert "7B3811E2" not in mask_user_id(GRACE)


@pytest.mark.parametrize("user_id", ["", "bob", "elevenchars"])
def test_a_short_id_shows_none_of_its_characters(user_id: str) -> None:
    assert re.fullmatch(r"\*\*\*-[a-z2-7]{8}", mask_user_id(user_id))


def test_ids_that_end_alike_get_different_masks() -> None:
    masks = {mask_user_id(f"amzn1.account.{number:08X}BD38") for number in range(20_000)}
    assert len(masks) == 20_000


def test_a_display_name_is_shown_as_it_is() -> None:
    assert choose_display_name(GRACE, "Grace Hopper <script>") == "Grace Hopper <script>"


@pytest.mark.parametrize(
    "name", ["", " ", "\u200b", "\x1b\x07", "\u3164\u2800", "\ufe0f\u202e", GRACE, f"me, {GRACE}"]
)
def test_a_name_that_is_missing_invisible_or_gives_the_id_away_becomes_the_mask(name: str) -> None:
    assert choose_display_name(GRACE, name) == mask_user_id(GRACE)


def test_a_contribution_shows_masks_and_null_for_nobody() -> None:
    assert build_contribution_json(Contribution("6706306", "UNKNOWN", None)) == {
        "productId": "6706306",
        "creator": None,
        "photographer": None,
    }
    assert build_contribution_json(Contribution("6706306", GRACE, GRACE)) == {
        "productId": "6706306",
        "creator": mask_user_id(GRACE),
        "photographer": mask_user_id(GRACE),
    }


@given(PRODUCT_IDS)
def test_a_cursor_leads_back_to_its_product_and_is_safe_in_a_url(product_id: str) -> None:
    cursor = encode_cursor(product_id)
    assert decode_cursor(cursor) == product_id
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)


@given(st.text())
def test_any_other_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(text)


@given(PRODUCT_IDS, st.data())
def test_a_changed_cursor_is_a_bad_cursor(product_id: str, data: st.DataObject) -> None:
    cursor = encode_cursor(product_id)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != cursor[place]))
    for changed in (cursor[:place] + other + cursor[place + 1 :], cursor[:place], cursor + "A", cursor + "="):
        with pytest.raises(BadCursor):
            decode_cursor(changed)


def test_the_longest_product_id_fits_a_cursor_and_a_longer_one_is_no_key() -> None:
    longest = "p" * 2048
    assert decode_cursor(encode_cursor(longest)) == longest
    assert is_product_key(longest)
    assert not is_product_key(longest + "p")


@pytest.mark.parametrize("text", ["", "é" * 1025, "\ud800"])
def test_what_dynamodb_takes_for_no_key_is_never_asked_for(text: str) -> None:
    assert not is_product_key(text)
