"""`retailctl play`: the pace of a simulation, and the board that is shown as it goes."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from retailctl import cli, progress
from retailctl.errors import UserError
from retailctl.scores import board
from retailctl.scores.board import Row
from retailctl.simulation import play, stream_load, watch
from retailctl.simulation.workshop import Workshop
from retailctl.stream import sender

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailctl.scores.board import Board
    from retailctl.stream.log_file import LogEntry


class Time:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @property
    def clock(self) -> progress.Clock:
        return progress.Clock(lambda: self.seconds, self.pause)

    def pause(self, seconds: float) -> None:
        self.seconds += seconds


def take_all(entries: Sequence[LogEntry]) -> list[bool]:
    return [True] * len(entries)


def board_of(sales: int) -> Board:
    return {"creator": [Row(1, "***", "Ada", sales)], "photographer": []}


def test_events_come_at_the_rate() -> None:
    time, ticks = Time(), []
    sent = stream_load.run_stream_load(
        Workshop(1).generate_day(), take_all, 50, 10, lambda *tick: ticks.append(tick), clock=time.clock
    )
    assert sent == pytest.approx(500, abs=10)
    assert all(so_far == pytest.approx(seconds * 50, abs=6) for so_far, seconds in ticks)


def test_a_number_of_events_ends_it_too() -> None:
    time = Time()
    assert stream_load.run_stream_load(Workshop(1).generate_day(120), take_all, 100, clock=time.clock) == 120
    assert time.seconds == pytest.approx(1.2, abs=0.2)


def test_a_slow_stream_is_caught_up_with_request_by_request() -> None:
    time = Time()
    sizes: list[int] = []

    def slow(entries: Sequence[LogEntry]) -> list[bool]:
        sizes.append(len(entries))
        time.pause(1.0)
        return [True] * len(entries)

    stream_load.run_stream_load(Workshop(1).generate_day(3000), slow, 10_000, clock=time.clock)
    assert max(sizes) <= sender.MAX_REQUEST_RECORDS


def test_a_stream_that_refuses_ends_it_with_how_far_it_got() -> None:
    requests = count()

    def refuse(entries: Sequence[LogEntry]) -> list[bool]:
        if next(requests) == 2:
            raise sender.PutRecordsRefused("no such stream")
        return [True] * len(entries)

    with pytest.raises(UserError, match=r"stopped after \d+ events: the stream refused: no such stream"):
        stream_load.run_stream_load(Workshop(1).generate_day(100), refuse, 100, clock=Time().clock)


def interrupt(*_: object) -> Any:
    raise KeyboardInterrupt


def test_an_interruption_ends_it_also_in_the_middle_of_a_request() -> None:
    with pytest.raises(KeyboardInterrupt):
        stream_load.run_stream_load(Workshop(1).generate_day(100), interrupt, 100, clock=Time().clock)


def test_the_board_is_read_each_second_and_until_it_has_settled() -> None:
    time, reads, shown = Time(), count(), []

    def run(on_tick: progress.OnTick) -> int:
        for tenth in range(31):
            on_tick(tenth * 5, time.seconds)
            time.pause(0.1)
        return 155

    sent = watch.watch_board(
        run, lambda: board_of(min(next(reads), 4)), lambda *seen: shown.append(seen), time.clock
    )
    assert sent == 155
    assert shown[-1][2] == board_of(4)
    assert next(reads) == pytest.approx(3 + 1 + watch.SETTLED_READS, abs=3)


def test_a_board_that_never_settles_is_left_in_the_end() -> None:
    time, reads = Time(), count()
    watch.watch_board(lambda _: 1, lambda: board_of(next(reads)), lambda *_: None, time.clock)
    assert time.seconds == pytest.approx(watch.SETTLE_SECONDS, abs=1)


def test_a_board_that_cannot_be_read_once_ends_no_play() -> None:
    time, shown = Time(), []
    looks = iter([board.NoBoard("It did not answer."), board_of(1)])

    def read() -> Board:
        look = next(looks)
        if isinstance(look, board.NoBoard):
            raise look
        return look

    def run(on_tick: progress.OnTick) -> int:
        for _ in range(2):
            time.pause(watch.BOARD_SECONDS)
            on_tick(1, time.seconds)
        return 2

    assert watch.watch_board(run, read, lambda *seen: shown.append(seen), time.clock, settle=False) == 2
    assert [found for _, _, found in shown] == [board_of(1)]


def test_ctrl_c_ends_a_watched_play_and_shows_the_board_once_more() -> None:
    time, shown = Time(), []

    def run(on_tick: progress.OnTick) -> int:
        on_tick(42, 0.1)
        raise KeyboardInterrupt

    assert watch.watch_board(run, lambda: board_of(9), lambda *seen: shown.append(seen), time.clock) == 42
    assert shown[-1][2] == board_of(9)


def test_ctrl_c_goes_on_up_where_nobody_waits_for_the_board() -> None:
    with pytest.raises(KeyboardInterrupt):
        watch.watch_board(interrupt, lambda: board_of(1), lambda *_: None, Time().clock, settle=False)


def test_without_a_terminal_a_line_is_printed_when_the_board_moves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with watch.display_board() as show:
        show(10, 1.0, board_of(3))
        show(10, 2.0, board_of(3))
        show(20, 3.0, board_of(4))
    assert capsys.readouterr().out.splitlines() == [
        "  1.0 s  10 events; merchants: Ada 3; photographers: none yet",
        "  3.0 s  20 events; merchants: Ada 4; photographers: none yet",
    ]


def test_in_a_terminal_the_board_is_a_table_that_moves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        watch, "create_console", lambda: Console(force_terminal=True, highlight=False, width=100)
    )
    with watch.display_board() as show:
        show(10, 1.0, board_of(3))
    printed = capsys.readouterr().out
    assert "Merchants" in printed
    assert "10 events in 1 s" in printed


def is_price_or_stock(entry: LogEntry) -> bool:
    return b"com.nordstrom/product/price/" in entry.data or b"com.nordstrom/product/stock/" in entry.data


class FakeCloud:
    def client(self, service: str, **settings: object) -> None:
        assert service == "kinesis"
        assert settings["retries"] == {"total_max_attempts": 1}


@pytest.mark.parametrize(
    ("arguments", "until", "number"),
    [([], 30.0, 500), (["--count", "70"], None, 70), (["--duration", "3"], 3.0, 500)],
)
def test_the_command_plays_thirty_seconds_unless_it_is_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], until: float | None, number: int
) -> None:
    asked: list[Any] = []

    def simulate(entries: Any, _put: Any, _rate: float, duration: float | None, on_tick: Any) -> int:
        acts = (entry for entry in entries if not is_price_or_stock(entry))
        asked.extend([duration, len(list(islice(acts, 500)))])
        on_tick(70, 1.0)
        return 70

    monkeypatch.setattr(play.clouds, "load_cloud", lambda name: FakeCloud())
    monkeypatch.setattr(
        play.outputs, "read_local_outputs", lambda *_: {"stream_name": "events", "api_url": "http://x"}
    )
    monkeypatch.setattr(board, "read_board", lambda url, limit: board_of(5))
    monkeypatch.setattr(watch, "BOARD_SECONDS", 0.0)
    monkeypatch.setattr(play, "run_stream_load", simulate)
    result = CliRunner().invoke(cli.app, ["play", "--seed", "3", *arguments])
    assert result.exit_code == 0, result.output
    assert asked == [until, number]
    assert "70 events are on the stream (seed 3)" in result.stderr
