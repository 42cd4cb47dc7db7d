"""Freshness: the waits in a function's log, and their percentiles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retailctl.scores import freshness
from retailctl.scores.freshness import Wait


def metric(applied: object, waits: object) -> str:
    return json.dumps({"_aws": {"Timestamp": 1}, "EventsApplied": applied, "Freshness": waits})


def test_each_quantile_of_a_batch_stands_for_its_share_of_the_events() -> None:
    assert freshness.parse_waits([metric([30.0], [1, 2, 3])]) == [Wait(1, 10), Wait(2, 10), Wait(3, 10)]
    assert freshness.parse_waits([metric(1.0, 7)]) == [Wait(7, 1)]


@pytest.mark.parametrize(
    "line",
    [
        "START RequestId: 1",
        '{"level": "INFO"}',
        '{"Freshness": 1}',
        'INFO "Freshness" is no JSON',
        '["_aws", "Freshness"]',
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert freshness.parse_waits([line]) == []


def test_a_percentile_weighs_by_events() -> None:
    found = [Wait(500, 1), Wait(10, 98), Wait(100, 1)]
    assert [freshness.compute_percentile(found, percent) for percent in (50, 98, 99, 100)] == [
        10,
        10,
        100,
        500,
    ]


def test_no_wait_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no wait"):
        freshness.compute_percentile([], 50)


def test_a_functions_log_is_read_page_by_page_and_line_by_line() -> None:
    class Logs:
        def get_paginator(self, name: str) -> Logs:
            assert name == "filter_log_events"
            return self

        def paginate(self, **arguments: Any) -> list[Any]:
            assert arguments == {"logGroupName": "/aws/lambda/view"}
            return [{"events": [{"message": "a\nb"}]}, {"events": []}, {"events": [{"message": "c"}]}]

    assert freshness.read_log_lines(Logs(), "view") == ["a", "b", "c"]
