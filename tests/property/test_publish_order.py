"""The law of the sender: per key, the stream holds the records once and in order, whatever it throttles."""

from __future__ import annotations

import contextlib
import random
from collections import defaultdict
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from retailctl.stream import sender
from retailctl.stream.log_file import LogEntry

if TYPE_CHECKING:
    from collections.abc import Sequence


class Throttling:
    """A stream that takes records at random, in any order within a request, as Kinesis may."""

    def __init__(self, seed: int, taken_share: float, refuse_after: int | None = None) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - a test that repeats itself
        self.share = taken_share
        self.left = refuse_after
        self.log: list[LogEntry] = []

    def __call__(self, request: Sequence[LogEntry]) -> list[bool]:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise sender.PutRecordsRefused("enough")
        taken = [self.dice.random() < self.share for _ in request]
        arrived = [entry for entry, ok in zip(request, taken, strict=True) if ok]
        self.dice.shuffle(arrived)
        self.log += arrived
        return taken


def entries(keys: Sequence[int]) -> list[LogEntry]:
    return [LogEntry(line, f"key {key}", b"x") for line, key in enumerate(keys, start=1)]


def lines_per_key(log: Sequence[LogEntry]) -> dict[str, list[int]]:
    lines = defaultdict(list)
    for entry in log:
        lines[entry.partition_key].append(entry.line)
    return lines


KEYS = st.lists(st.integers(min_value=0, max_value=6), max_size=80)
SHARES = st.sampled_from([0.2, 0.5, 0.9, 1.0])


@given(keys=KEYS, seed=st.integers(), share=SHARES)
def test_every_record_arrives_once_and_in_order_of_its_key(keys: list[int], seed: int, share: float) -> None:
    records, stream = entries(keys), Throttling(seed, share)
    assert sender.send_entries(records, stream, pause=lambda _: None, patience_seconds=1e9) == len(records)
    assert lines_per_key(stream.log) == lines_per_key(records)


@given(keys=KEYS, seed=st.integers(), share=SHARES, requests=st.integers(min_value=0, max_value=30))
def test_what_a_stopped_sending_tells_is_all_that_a_second_one_needs(
    keys: list[int], seed: int, share: float, requests: int
) -> None:
    records, stream = entries(keys), Throttling(seed, share, refuse_after=requests)
    stopped = None
    try:
        sender.send_entries(records, stream, pause=lambda _: None, patience_seconds=1e9)
    except sender.Stopped as error:
        stopped = error
    rest: list[LogEntry] = []
    if stopped:
        assert stopped.sent == len(stream.log)
        rest = [e for e in records if e.line >= stopped.next_line and e.line not in stopped.ahead]
    stream.left = None
    sender.send_entries(rest, stream, pause=lambda _: None, patience_seconds=1e9)
    assert lines_per_key(stream.log) == lines_per_key(records)


@given(keys=KEYS, window=st.integers(min_value=1, max_value=10), seed=st.integers())
def test_a_request_never_reaches_further_ahead_than_the_window(
    keys: list[int], window: int, seed: int
) -> None:
    records, stream = entries(keys), Throttling(seed, 0.5, refuse_after=20)
    original = sender.WINDOW
    sender.WINDOW = window
    try:
        with contextlib.suppress(sender.Stopped):
            sender.send_entries(records, stream, pause=lambda _: None, patience_seconds=1e9)
    finally:
        sender.WINDOW = original
    for position, entry in enumerate(stream.log):
        unsent = {e.line for e in records} - {e.line for e in stream.log[:position]}
        assert entry.line < min(unsent) + window
