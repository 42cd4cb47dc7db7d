"""The independent count: the rule of credit, on the log of a workshop and case by case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retailctl.scores.recount import compare_scores, recount_scores
from retailctl.stream import log_file

FIXTURES = Path(__file__).parents[3] / "fixtures"


def event(kind: str, user: str, product: str = "p", **envelope: object) -> bytes:
    return json.dumps(
        {
            "schema": "com.nordstrom/retail-stream-ingress/1-0-0",
            "origin": f"hello-retail/app/{user}/Name",
            "timeOrigin": "2026-01-01T09:00:00.000Z",
            "data": {"schema": f"com.nordstrom/product/{kind}/1-0-0", "id": product},
        }
        | envelope
    ).encode()


def test_the_workshop_day_leads_to_its_scores() -> None:
    payloads = [entry.data for entry in log_file.read_event_log(FIXTURES / "workshop-day.jsonl")]
    expected = json.loads((FIXTURES / "workshop-day.scores.json").read_text())
    assert recount_scores(payloads) == expected
    assert compare_scores(expected, recount_scores(payloads)) == []


def test_a_sale_counts_for_who_offered_and_who_had_photographed_by_then() -> None:
    log = [event("create", "m"), event("purchase", "c"), event("image", "f"), event("purchase", "c")]
    assert recount_scores(log) == {"creator": {"m": 2}, "photographer": {"f": 1}}


def test_later_registrations_change_nothing() -> None:
    log = [event("create", "m"), event("image", "f"), event("create", "x"), event("image", "y")]
    assert recount_scores([*log, event("purchase", "c")]) == {"creator": {"m": 1}, "photographer": {"f": 1}}


@pytest.mark.parametrize("first", ["purchase", "image"])
def test_a_product_that_the_log_never_saw_offered_is_unknowns_in_both_roles(first: str) -> None:
    log = [event(first, "a"), event("create", "m"), event("image", "f"), event("purchase", "c")]
    sales = 1 + (first == "purchase")
    assert recount_scores(log) == {"creator": {"UNKNOWN": sales}, "photographer": {"UNKNOWN": sales}}


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\x00",
        b"null",
        b"[" * 100_000,
        event("purchase", "c", schema="com.example/unknown/1-0-0"),
        event("purchase", "c", schema=["unhashable"]),
        event("purchase", "c", origin="no-user"),
        event("purchase", "c", origin=7),
        event("purchase", ""),
        event("purchase", "UNKNOWN"),
        event("purchase", "c", data="text"),
        event("purchase", "c", data={"schema": ["unhashable"], "id": "p"}),
        event("purchase", "c", product=""),
        event("other", "c"),
    ],
)
def test_what_is_no_event_of_a_product_counts_for_nothing(payload: bytes) -> None:
    assert recount_scores([payload]) == {"creator": {}, "photographer": {}}


INGRESS_1_1 = "com.nordstrom/retail-stream-ingress/1-1-0"
INGRESS_1_2 = "com.nordstrom/retail-stream-ingress/1-2-0"
CLICK = "0b7c8a52-6a0e-4bd5-9d0e-0f3f4b1f2a11"


def test_a_click_that_arrives_twice_counts_once() -> None:
    click = event("purchase", "c", schema=INGRESS_1_1, eventId=CLICK)
    same = event("purchase", "c", schema=INGRESS_1_1, eventId=CLICK.upper())
    assert recount_scores([event("create", "m"), click, same])["creator"] == {"m": 1}


def test_a_redriven_sale_counts_as_any_other_and_once() -> None:
    place = "hello-retail-dev-events/shardId-000000000000/1"
    copy = event("purchase", "c", schema=INGRESS_1_2, eventId=CLICK, redriveOf=place)
    assert recount_scores([event("create", "m"), copy, copy])["creator"] == {"m": 1}


def test_a_click_counts_for_a_contributor_whom_its_first_arrival_did_not_count_for() -> None:
    click = event("purchase", "c", schema=INGRESS_1_1, eventId=CLICK)
    log = [event("create", "m"), click, event("image", "f"), click]
    assert recount_scores(log) == {"creator": {"m": 1}, "photographer": {"f": 1}}


@pytest.mark.parametrize(
    "fields",
    [
        {"eventId": CLICK},
        {"schema": INGRESS_1_1},
        {"schema": INGRESS_1_1, "eventId": "shardId-000000000000:1"},
        {"schema": INGRESS_1_1, "eventId": "z" * 36},
    ],
)
def test_sales_without_an_id_of_their_producers_all_count(fields: dict[str, str]) -> None:
    sale = event("purchase", "c", **fields)
    assert recount_scores([event("create", "m"), sale, sale])["creator"] == {"m": 2}


def test_differences_name_each_wrong_score_from_both_sides() -> None:
    expected = {"creator": {"a": 1, "b": 2}, "photographer": {}}
    found = {"creator": {"b": 3}, "photographer": {"c": 1, "d": 0}}
    assert compare_scores(expected, found) == [
        "creator a has 0 sales, and must have 1.",
        "creator b has 3 sales, and must have 2.",
        "photographer c has 1 sales, and must have 0.",
    ]
