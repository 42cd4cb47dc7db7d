"""The law of an interrupted sending: its account is true, and what goes on sends each record exactly once.

The interruption comes at every line of the sender, one after another, also where a request is under way.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from retailctl.stream import sender
from retailctl.stream.lines import LineSelection
from retailctl.stream.log_file import LogEntry
from retailctl.stream.look_up import compute_digest, look_up_entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from retailctl.stream.sender import Stopped

RECORDS = [LogEntry(line, key, data) for line, (key, data) in enumerate(
    [("a", b"1"), ("a", b"1"), ("b", b"1"), ("a", b"2"), ("c", b"3"), ("b", b"1"), ("c", b"3")], start=1
)]  # fmt: skip
SKIPPED = LineSelection(1).select_rest(1, [5])


class Stream:
    """Takes the first part of each request at first, and all of it when it is asked again."""

    def __init__(self) -> None:
        self.log: list[LogEntry] = []
        self.refused: set[int] = set()

    def __call__(self, request: Sequence[LogEntry]) -> list[bool]:
        answers = []
        for place, entry in enumerate(request):
            is_taken = place == 0 or entry.line in self.refused
            self.refused.add(entry.line)
            if is_taken:
                self.log.append(entry)
            answers.append(is_taken)
        return answers


class InterruptAtLine:
    """Raises ``KeyboardInterrupt`` at the line ``number``, from 1, that the sender or the stream runs."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __enter__(self) -> None:
        self.before = sys.gettrace()
        sys.settrace(self.trace_call)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def trace_call(self, frame: FrameType, _event: str, _argument: object) -> object:
        return self.trace_line if frame.f_code.co_filename in {sender.__file__, __file__} else None

    def trace_line(self, _frame: FrameType, event: str, _argument: object) -> object:
        self.left -= event == "line"
        if not self.left:
            self.left = -1
            sys.settrace(None)
            raise KeyboardInterrupt
        return self.trace_line


def select(selection: LineSelection) -> Iterator[LogEntry]:
    return (entry for entry in RECORDS if entry.line in selection)


def interrupt(stream: Stream, number: int) -> Stopped | None:
    """Send, interrupted at a line; return the account, or None where nothing interrupted it."""
    try:
        with InterruptAtLine(number):
            sender.send_entries(select(SKIPPED), stream, pause=lambda _: None)
    except sender.Stopped as stopped:
        return stopped
    return None


def lines(entries: Iterable[LogEntry]) -> dict[str, list[int]]:
    by_key = defaultdict(list)
    for entry in entries:
        by_key[entry.partition_key].append(entry.line)
    return by_key


@pytest.mark.parametrize("looks_up", [False, True])
def test_an_interruption_at_any_line_leaves_a_true_account(*, looks_up: bool) -> None:
    number = interruptions = with_uncertain = 0
    while True:
        number += 1
        stream = Stream()
        try:
            stopped = interrupt(stream, number)
        except (
            KeyboardInterrupt
        ):  # before the first line that can lose anything, or after the account is made
            assert stream.log == [] or len(stream.log) == len(list(select(SKIPPED))), number
            continue
        if stopped is None:
            break
        interruptions += 1
        arrived = {entry.line for entry in stream.log}
        certain = {e.line for e in select(SKIPPED) if e.line < stopped.next_line} | set(stopped.ahead)
        assert stopped.sent == len(certain), number
        assert certain <= arrived <= certain | set(stopped.uncertain), number
        with_uncertain += bool(stopped.uncertain)
        rest = SKIPPED.select_rest(stopped.next_line, stopped.ahead)
        if stopped.uncertain and not looks_up:
            continue
        if looks_up:
            digests = [compute_digest(entry.partition_key, entry.data) for entry in stream.log]
            looked_up = look_up_entries(select(SKIPPED), digests)
            rest = looked_up.select_missing(SKIPPED) if looked_up.missing else LineSelection(99)
        sender.send_entries(select(rest), stream, pause=lambda _: None)
        assert lines(stream.log) == lines(select(SKIPPED)), number
    assert interruptions > 100
    assert with_uncertain > 10
