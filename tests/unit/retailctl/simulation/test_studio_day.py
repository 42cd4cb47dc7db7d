"""A day of a shop with a studio: what is sent, how long is waited, what is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self

import pytest
from typer.testing import CliRunner

from retailctl import cli
from retailctl.errors import UserError
from retailctl.photos.stored import StoredStudio, StudioProduct
from retailctl.scores import board
from retailctl.simulation import play, studio_day, watch
from retailctl.simulation.habits import Habits, OrderHabits
from retailctl.simulation.photographers import StudioReport
from retailctl.simulation.studio_day import (
    PictureWaits,
    StudioDay,
    compute_waits,
    count_outcomes,
    count_unfinished,
    take_out_pictures,
)
from retailctl.simulation.workshop import Workshop
from support.events import create, image, payload, purchase
from support.open_door import Door

START = datetime(2026, 11, 28, 12, tzinfo=UTC)


def studio_of(**states: str) -> StoredStudio:
    return StoredStudio({name: StudioProduct(name, state) for name, state in states.items()})


def test_waits_are_from_first_offer_to_first_picture() -> None:
    records = [
        (1.0, payload(image("a", "ann"))),
        (2.0, payload(create("b", "mira"))),
        (3.0, payload(create("b", "mira"))),
        (4.0, payload(create("c", "mira"))),
        (5.0, b"garbage"),
        (6.5, payload(image("b", "ann"))),
        (7.0, payload(image("b", "ann"))),
        (8.0, payload(purchase("b", "cleo"))),
        (10.0, payload(image("c", "ann"))),
        (11.0, payload(create("d", "mira"))),
    ]

    assert compute_waits(records) == PictureWaits([4.5, 6.0], -1.0)
    assert compute_waits(records[:5]) == PictureWaits()


def test_a_day_is_over_when_every_offer_is_pictured_or_given_up() -> None:
    studio = studio_of(a="pictured", b="given-up", c="asked", other="waiting")

    assert count_unfinished(["a", "b"], studio, with_unknown=True) == 0
    assert count_unfinished(["a", "b", "c", "d"], studio, with_unknown=True) == 2
    assert count_unfinished(["a", "b", "c", "d"], studio, with_unknown=False) == 1
    assert count_outcomes(["c", "a", "b", "d"], studio) == {
        "pictured": 1,
        "given-up": 1,
        "asked": 1,
        "unknown to the studio": 1,
    }


def test_nobody_posts_a_picture_where_there_is_a_studio() -> None:
    entries = list(Workshop(1, products=9, people=4).generate_shop_day(200))
    left = list(take_out_pictures(entries))

    assert 0 < len(left) < len(entries)
    assert not any(b"/product/image/" in entry.data for entry in left)


class Staff:
    """Photographers who picture two more products at each look at the table."""

    trouble: Exception | None = None

    def __init__(self, *_: object) -> None:
        self.report = StudioReport()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def check(self) -> None:
        if self.trouble:
            raise UserError("The photographers stopped.")


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> StudioDay:
    workshop = Workshop(1, products=9, people=4)
    looks = {"number": 0}

    def look(*_: object) -> StoredStudio:
        looks["number"] += 1
        ids = [product.product_id for product in workshop.catalog]
        return StoredStudio(
            {
                name: StudioProduct(name, "pictured" if number < 2 * looks["number"] else "asked")
                for number, name in enumerate(ids)
            }
        )

    def read(*_: object) -> list[Any]:
        events = [payload(create("b", "mira")), payload(image("b", "ann"))]
        return [
            {"Data": each, "ApproximateArrivalTimestamp": START + timedelta(seconds=3 * number)}
            for number, each in enumerate(events)
        ]

    monkeypatch.setattr(studio_day, "Photographers", Staff)
    monkeypatch.setattr(studio_day, "read_stored_studio", look)
    monkeypatch.setattr(studio_day, "read_stream", read)
    monkeypatch.setattr(studio_day, "READ_SECONDS", 0.0)
    monkeypatch.setattr(studio_day, "TICK_SECONDS", 0.0)
    running: Any = SimpleNamespace(client=lambda _: None)
    values = {"studio_table": "studio", "stream_name": "events"}
    return StudioDay(running, values, Door(), workshop)  # type: ignore[arg-type]


def test_a_day_waits_for_its_pictures_and_tells_of_them(day: StudioDay) -> None:
    ticks: list[int] = []
    sent = day.send_events(
        day.workshop.generate_shop_day(150), 50, None, lambda number, _: ticks.append(number)
    )

    assert sent == len(day.door.sent) == ticks[-1]  # type: ignore[attr-defined]
    assert day.offered == {product.product_id for product in day.workshop.catalog}
    lines = day.format_lines()
    assert f"{sent:,} events accepted" in lines[0]
    assert "0 registrations, 0 assignments, 0 uploads." in lines
    assert "9 products offered: 9 pictured." in lines
    assert lines[-1] == (
        "From offer to picture: 3.0 s (P50), 3.0 s (P95), 3.0 s (P99); the last picture 3.0 s after the last offer."
    )


def test_a_day_ends_though_pictures_lack(day: StudioDay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio_day, "PATIENCE_SECONDS", 0.0)
    day.send_events(day.workshop.generate_shop_day(150), 50, None, lambda *_: None)

    assert "9 products offered: 2 pictured, 7 asked." in day.format_lines()


def test_a_defect_of_the_photographers_ends_the_day(day: StudioDay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Staff, "trouble", ZeroDivisionError())
    with pytest.raises(UserError, match="The photographers stopped"):
        day.send_events(day.workshop.generate_shop_day(150), 50, None, lambda *_: None)


# The command


def run_play(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], *words: str) -> Any:
    """Run `play` with a front door that is stood in for; the days that it plays are kept."""
    days: list[Any] = []

    class Day:
        """A day of orders, and one of pictures around it."""

        def __init__(self, *given: Any) -> None:
            days.append(given)

        def send_events(self, *_: object) -> int:
            return 3

        def format_lines(self) -> list[str]:
            return ["3 products offered: 3 pictured."]

    monkeypatch.setattr(play.clouds, "load_cloud", lambda _: SimpleNamespace())
    monkeypatch.setattr(play.outputs, "read_local_outputs", lambda *_: {"api_url": "http://x", **values})
    monkeypatch.setattr(play, "open_front_door", lambda *_: Door())
    monkeypatch.setattr(play, "StudioDay", Day)
    monkeypatch.setattr(play, "OrdersDay", Day)
    monkeypatch.setattr(board, "read_board", lambda *_: {role: [] for role in ("creator", "photographer")})
    monkeypatch.setattr(watch, "SETTLE_SECONDS", 0.0)
    ended = CliRunner().invoke(cli.app, ["play", *words])
    return ended, days


def test_through_the_api_of_a_studio_photographers_have_habits(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, days = run_play(
        monkeypatch, {"studio_table": "studio"}, "--through", "api", "--late", "0.25", "--rubbish", "0.5"
    )

    assert ended.exit_code == 0, ended.output
    assert days[0][-1] == Habits(late=0.25, rubbish=0.5)
    assert "3 products offered: 3 pictured." in ended.stderr


def test_without_a_studio_they_post_their_pictures_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, days = run_play(monkeypatch, {}, "--through", "api", "--count", "40")

    assert (ended.exit_code, days) == (0, [])
    assert "There are no orders here: customers post `product/purchase` themselves." in ended.stderr
    assert "There is no studio here: photographers post `product/image` themselves." in ended.stderr


def test_where_there_are_orders_customers_have_habits(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, days = run_play(
        monkeypatch,
        {"studio_table": "studio", "orders_table": "orders"},
        *("--through", "api", "--decline", "0.25", "--changed-price", "0.5", "--seed", "7"),
    )

    assert ended.exit_code == 0, ended.output
    orders, pictures = days
    assert orders[-2:] == (7, OrderHabits(decline=0.25, changed_price=0.5))
    assert pictures[-1] == Habits()
    assert pictures[2].__class__.__name__ == "Day"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--late", "0.1"), "are for photographers, --decline, --flaky, --changed-price and --out-of-stock"),
        (("--flaky", "0.1"), "for customers who order: add --through api."),
        (
            ("--through", "api", "--decline", "0.1"),
            "has no orders, so --decline, --flaky, --changed-price and --out-of-stock mean nothing there.",
        ),
        (("--through", "api", "--decline", "0.6", "--flaky", "0.6"), "are shares of the orders"),
        (
            ("--through", "api", "--twice", "0.1"),
            "has no studio, so --late, --ignore, --twice and --rubbish mean",
        ),
        (("--through", "api", "--late", "0.6", "--ignore", "0.6"), "together 1 at most"),
    ],
)
def test_shares_that_mean_nothing_are_refused(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    ended, days = run_play(monkeypatch, {}, *words)

    assert isinstance(ended.exception, UserError)
    assert sentence in str(ended.exception)
    assert days == []


def test_a_share_above_one_is_no_option(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, _ = run_play(monkeypatch, {}, "--through", "api", "--late", "1.5")

    assert ended.exit_code == 2
