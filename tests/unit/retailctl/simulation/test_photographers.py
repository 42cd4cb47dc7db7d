"""Simulated photographers before a studio that is stood in for: what they do, and what they report."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.errors import UserError
from retailctl.simulation import photographers
from retailctl.simulation.drawing import draw_picture
from retailctl.simulation.habits import Conduct, Habits
from retailctl.simulation.people import Guests
from retailctl.simulation.photographers import Photographers
from support.stub_api import PHOTOGRAPHER, Player, StubShop, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANN = PHOTOGRAPHER
PATIENCE = 20.0


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographers, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(photographers, "REGISTERING_SECONDS", 0.3)
    monkeypatch.setattr(photographers, "LATE_SECONDS", 0.05)


@contextmanager
def shop(*products: str) -> Iterator[StubShop]:
    with serving() as stub:
        stub.view_delay = 0.02
        for product in products:
            stub.stock(product, "Mira", None)
        yield stub


@contextmanager
def at_work(
    stub: StubShop, habits: Habits | None = None, *people: Player, sign_in: Any = None
) -> Iterator[Photographers]:
    chosen = people or (ANN,)
    tokens = {person.username: stub.token_for(person)["IdToken"] for person in chosen}
    guests = Guests(tokens, sign_in or (lambda _: "never"))
    with Photographers(stub.api_url, guests, list(tokens), habits or Habits(), 1) as working:
        yield working
    working.check()


def wait_until(is_so: Callable[[], Any], meanwhile: Callable[[], Any] = lambda: None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never was"
        meanwhile()
        time.sleep(0.01)


def is_pictured(stub: StubShop, *products: str) -> bool:
    return all(stub.catalog[product]["image"] for product in products)


def test_they_register_look_upload_and_register_again_when_they_are_used_up() -> None:
    products = [f"p{number}" for number in range(5)]
    with shop(*products) as stub, at_work(stub) as working:
        wait_until(lambda: is_pictured(stub, *products), stub.studio.ask_all)

    assert sorted(stub.studio.pictures.values()) == sorted(map(draw_picture, products))
    assert working.report.registrations >= 2
    assert working.report.conducts == Counter({Conduct.PROMPT: 5})
    assert (working.report.uploads, dict(working.report.refused)) == (5, {})


def asked(stub: StubShop, seconds: float = 600) -> None:
    stub.studio.register(ANN.user_id)
    stub.studio.ask(ANN.user_id, "p", seconds)


def test_who_sends_twice_has_two_tickets_first_and_one_picture() -> None:
    with shop("p") as stub:
        asked(stub)
        with at_work(stub, Habits(twice=1)) as working:
            wait_until(lambda: is_pictured(stub, "p") and working.report.uploads == 2)

    assert len(stub.studio.tickets) == 2
    assert len(stub.studio.pictures) == 1


def test_who_sends_rubbish_sends_a_picture_when_they_are_told() -> None:
    with shop("p") as stub:
        asked(stub)
        stub.studio.verdicts.append("not-an-image")
        with at_work(stub, Habits(rubbish=1)) as working:
            wait_until(lambda: is_pictured(stub, "p"))

    assert stub.studio.uploads[0] != stub.studio.uploads[1] == draw_picture("p")
    assert working.report.problems == Counter({"not-an-image": 1})


def test_who_ignores_does_nothing() -> None:
    with shop("p") as stub:
        asked(stub)
        with at_work(stub, Habits(ignore=1)) as working:
            before = stub.studio.asks
            wait_until(lambda: stub.studio.asks > before + 5)

    assert (stub.studio.uploads, stub.studio.tickets) == ([], [])
    assert working.report.conducts == Counter({Conduct.IGNORE: 1})


def test_who_is_late_finds_that_both_ticket_and_time_are_over() -> None:
    with shop("p") as stub:
        asked(stub, 0.5)
        stub.studio.ticket_seconds.append(0.4)
        with at_work(stub, Habits(late=1)) as working:
            wait_until(lambda: sum(working.report.overdue.values()) == 2)

    assert stub.studio.uploads == []
    assert working.report.overdue == Counter(
        {"upload refused (403 Forbidden)": 1, "ticket refused (410 Gone)": 1}
    )


def test_three_misses_in_a_row_and_they_register_again() -> None:
    with shop("p") as stub:
        stub.studio.register(ANN.user_id)
        known = stub.studio.photographers[ANN.user_id]
        known.left = 99
        with at_work(stub, Habits(ignore=1)) as working:
            for attempt in range(3):
                stub.studio.ask(ANN.user_id, "p")
                assert known.assignment is not None
                known.assignment["attempt"] = attempt + 1
                wait_until(lambda number=attempt: working.report.conducts.total() == number + 1)
                assert working.report.registrations == 0
            known.assignment = None
            wait_until(lambda: working.report.registrations == 1)


def test_who_has_left_stays_away() -> None:
    with shop("p") as stub, at_work(stub) as working:
        wait_until(lambda: ANN.user_id in stub.studio.photographers)
        wait_until(lambda: stub.studio.asks > 5)
        stub.studio.leave(ANN.user_id)
        time.sleep(0.1)
        before = stub.studio.asks
        time.sleep(0.2)

        assert stub.studio.asks == before
        assert working.report.registrations == 1


def test_what_fails_is_tried_again_and_told() -> None:
    with shop("p") as stub:
        stub.failures_of["register-photographer"] = [503]
        stub.studio.ticket_failures.append(500)
        with at_work(stub) as working:
            wait_until(lambda: is_pictured(stub, "p"), stub.studio.ask_all)

    assert working.report.refused.total() == 2
    assert any(line.startswith("Refused or failed: 1 of ") for line in working.report.format_lines())


def test_a_token_that_ended_is_renewed() -> None:
    with shop("p") as stub:
        asked(stub)
        with at_work(stub, None, sign_in=lambda _: stub.token_for(ANN)["IdToken"]) as working:
            stub.end_sessions()
            wait_until(lambda: is_pictured(stub, "p"))

    assert set(working.report.refused) <= {"401 Unauthorized"}


def test_many_work_a_few_at_a_time() -> None:
    people = [Player(f"{n}@example.com", "", f"Person {n}", ("photographer",)) for n in range(12)]
    products = [f"p{number}" for number in range(24)]
    with shop(*products) as stub, at_work(stub, Habits(twice=0.3), *people) as working:
        wait_until(lambda: is_pictured(stub, *products), stub.studio.ask_all)

    assert working.report.conducts.total() == 24


def test_a_defect_ends_them_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> bytes:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(photographers, "draw_picture", break_down)
    with shop("p") as stub:
        asked(stub)
        with (
            pytest.raises(UserError, match=r"by ZeroDivisionError \(oh\); this is a defect"),
            at_work(stub) as working,
        ):
            wait_until(lambda: working.trouble)


# Habits


def test_shares_are_about_what_they_say_and_follow_from_the_seed() -> None:
    habits = Habits(late=0.1, ignore=0.2, twice=0.05, rubbish=0.05)
    chosen = [habits.choose_conduct(7, f"p{n}", 1) for n in range(4_000)]
    shares = Counter(chosen)

    assert chosen == [habits.choose_conduct(7, f"p{n}", 1) for n in range(4_000)]
    assert chosen != [habits.choose_conduct(8, f"p{n}", 1) for n in range(4_000)]
    assert chosen != [habits.choose_conduct(7, f"p{n}", 2) for n in range(4_000)]
    for conduct, share in {"late": 0.1, "ignore": 0.2, "twice": 0.05, "rubbish": 0.05, "prompt": 0.6}.items():
        assert shares[Conduct(conduct)] / 4_000 == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("shares", [{"late": -0.1}, {"late": 0.6, "ignore": 0.5}, {"twice": 1.1}])
def test_shares_that_are_none_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(UserError, match="are shares of the assignments: give each 0 to 1, and together 1"):
        Habits(**shares)
