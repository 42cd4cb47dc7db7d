"""Events through the front door: their order, their attempts and the report, against a door made of a function."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailctl.errors import UserError
from retailctl.simulation import api_load, load_report
from retailctl.simulation.lanes import Lanes, SimulatedSubmission, build_submissions
from retailctl.simulation.load_report import LoadReport
from retailctl.simulation.people import Guests
from retailctl.simulation.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SALE = "com.nordstrom/product/purchase/1-0-0"
OFFER = "com.nordstrom/product/create/1-0-0"
PICTURE = "com.nordstrom/product/image/1-0-0"
Answer = tuple[int, dict[str, str]]


def submission(kind: str = SALE, product: str = "p", key: str = "k") -> SimulatedSubmission:
    return SimulatedSubmission("ada", product, {"schema": kind, "id": product}, key)


class Doorkeeper:
    """What arrived at a front door, and how it answers: ``answer`` of a request's number and key.

    It knows no token of ``ended``: whoever shows one gets a 401. ``say`` is the body for a request's key.
    """

    def __init__(self, answer: Callable[[int, str], Answer | None]) -> None:
        self.answer = answer
        self.arrived: list[tuple[str, str, dict[str, Any]]] = []
        self.numbers = count(1)
        self.guard = threading.Lock()
        self.inside = self.most_inside = 0
        self.ended: set[str] = set()
        self.say: Callable[[str], bytes] = lambda _key: b"{}"

    def keys(self) -> list[str]:
        return [key for _, key, _ in self.arrived]


@contextmanager
def door(answer: Callable[[int, str], Answer | None] = lambda _n, _key: (202, {})) -> Iterator[Any]:
    """Serve a front door that answers as told (None: hangs up), and yield its address and what it saw."""
    keeper = Doorkeeper(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with keeper.guard:
                keeper.inside += 1
                keeper.most_inside = max(keeper.most_inside, keeper.inside)
                key = self.headers["idempotency-key"]
                keeper.arrived.append((self.headers["authorization"], key, body))
                number = next(keeper.numbers)
            token = self.headers["authorization"].removeprefix("Bearer ")
            answered = (401, {}) if token in keeper.ended else keeper.answer(number, key)
            with keeper.guard:
                keeper.inside -= 1
            assert self.path == "/stage/events"
            if answered is None:
                self.close_connection = True
                return
            status, headers = answered
            self.send_response(status)
            said = keeper.say(key)
            for name, value in {**headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stage", keeper
    finally:
        server.shutdown()
        server.server_close()


def send(url: str, source: Sequence[SimulatedSubmission], rate: float = 5_000, **options: Any) -> LoadReport:
    return api_load.run_api_load(url, guests("ada"), source, rate, **options)


def guests(*people: str, sign_in: Callable[[str], str] = lambda person: f"new-token-of-{person}") -> Guests:
    return Guests({person: f"token-of-{person}" for person in people}, sign_in)


def some(number: int) -> list[SimulatedSubmission]:
    return [submission(product=f"p{n}", key=f"k{n}") for n in range(number)]


# Order


def test_people_send_what_the_workload_has_them_do_each_event_with_its_own_key() -> None:
    entries = list(Workshop(1, products=4, people=4).generate_day(30))
    sent = list(build_submissions(entries, "run"))

    assert len({each.key for each in sent}) == 30
    for entry, each in zip(entries, sent, strict=True):
        envelope = json.loads(entry.data)
        assert each.data == envelope["data"]
        assert f"/{each.person}/" in envelope["origin"]
        assert each.product == entry.partition_key


def test_an_offer_holds_up_its_product_s_events_and_no_other_s() -> None:
    lanes = Lanes()
    offer, sale, other = submission(OFFER), submission(), submission(product="other")

    assert lanes.add_submission(offer) == [offer]
    assert lanes.add_submission(sale) == []
    assert lanes.add_submission(other) == [other]
    assert lanes.finish_submission(offer) == [sale]


def test_sales_pass_one_another_and_a_picture_waits_for_those_before_it() -> None:
    lanes = Lanes()
    first, second, picture, third = (
        submission(key="1"),
        submission(key="2"),
        submission(PICTURE),
        submission(),
    )

    assert [*lanes.add_submission(first), *lanes.add_submission(second)] == [first, second]
    assert [*lanes.add_submission(picture), *lanes.add_submission(third)] == []
    assert lanes.finish_submission(second) == []
    assert lanes.finish_submission(first) == [picture]
    assert lanes.finish_submission(picture) == [third]


@given(
    st.lists(st.tuples(st.sampled_from([SALE, OFFER, PICTURE]), st.sampled_from("ab")), max_size=30),
    st.randoms(use_true_random=False),
)
def test_law_every_event_goes_once_and_registrations_see_what_they_saw_in_the_log(
    log: list[tuple[str, str]], dice: Any
) -> None:
    lanes, under_way, ended = Lanes(), [], []
    log_order = [submission(kind, product, str(n)) for n, (kind, product) in enumerate(log)]

    def end_one() -> None:
        ended.append(under_way.pop(dice.randrange(len(under_way))))
        under_way.extend(lanes.finish_submission(ended[-1]))

    for each in log_order:
        under_way += lanes.add_submission(each)
        while under_way and dice.random() < 0.4:
            end_one()
    while under_way:
        end_one()

    assert sorted(each.key for each in ended) == sorted(each.key for each in log_order)
    for registration in (each for each in log_order if not each.is_sale):
        for order in (log_order, ended):
            assert [e.product for e in order].count(registration.product)
        before = {
            tuple(
                sorted(e.key for e in order[: order.index(registration)] if e.product == registration.product)
            )
            for order in (log_order, ended)
        }
        assert len(before) == 1


# Attempts


def test_each_event_is_sent_by_its_person_once_where_all_is_well() -> None:
    with door() as (url, keeper):
        report = send(url, some(50))

    assert report.accepted == 50
    assert sorted(keeper.keys()) == sorted(each.key for each in some(50))
    assert {token for token, _, _ in keeper.arrived} == {"Bearer token-of-ada"}
    assert not report.failed
    assert not report.repeated


@pytest.mark.slow
def test_events_of_a_product_arrive_in_an_order_that_decides_its_credit_alike() -> None:
    people = Workshop(3, products=3, people=4)
    source = list(build_submissions(people.generate_day(200), "run"))
    with door() as (url, keeper):
        everybody = guests(*(person.user_id for person in (*people.merchants, *people.photographers)))
        api_load.run_api_load(url, everybody, source, 50_000, at_once=6)

    for product in {each.product for each in source}:
        log = [each for each in source if each.product == product]
        arrived = [(key, body["schema"]) for _, key, body in keeper.arrived if body["id"] == product]
        registrations = [key for key, kind in arrived if kind != SALE]
        assert registrations == [each.key for each in log if not each.is_sale]
        assert Counter(key for key, _ in arrived) == Counter(each.key for each in log)


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_what_may_pass_is_sent_again_under_the_same_key(status: int) -> None:
    with door(lambda number, _: (status, {}) if number == 1 else (202, {})) as (url, keeper):
        report = send(url, some(1))

    assert keeper.keys() == ["k0", "k0"]
    assert report.accepted == 1
    assert [kind.split()[0] for kind in report.repeated] == [str(status)]


def test_it_waits_for_as_long_as_the_door_asks() -> None:
    with door(lambda number, _: (503, {"retry-after": "1"}) if number == 1 else (202, {})) as (url, _keeper):
        report = send(url, some(1))

    assert report.latencies[0] >= 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key() -> None:
    with door(lambda number, _: None if number == 1 else (202, {})) as (url, keeper):
        report = send(url, some(1))

    assert keeper.keys() == ["k0", "k0"]
    assert report.repeated == {"RemoteDisconnected": 1}


def test_what_the_door_will_never_take_is_given_up_at_once_and_told_by_its_kind() -> None:
    with door(lambda _, key: (403 if key == "k0" else 202, {})) as (url, keeper):
        report = send(url, some(3))

    assert report.failed == {"403 Forbidden": 1}
    assert report.accepted == 2
    assert len(keeper.arrived) == 3


def test_what_is_given_up_is_told_in_the_words_of_the_problem() -> None:
    detail = "Only users of the group merchant may send this event."
    with door(lambda *_: (403, {})) as (url, keeper):
        keeper.say = lambda _: json.dumps({"title": "Forbidden", "detail": detail}).encode()
        report = send(url, some(3))

    assert report.failed == {f"403 Forbidden ({detail[:-1]})": 3}
    assert report.format_lines()[-1] == f"Given up: 3 of 403 Forbidden ({detail[:-1]})."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"<html>",
        b'{"detail": null}',
        b'{"detail": {"a": 1}}',
        b'{"message":"no"}',
    ],
)
def test_what_is_no_problem_document_says_nothing(body: bytes) -> None:
    with door(lambda *_: (400, {})) as (url, keeper):
        keeper.say = lambda _: body
        assert send(url, some(1)).failed == {"400 Bad Request": 1}


def test_a_report_stays_short_whatever_the_door_says() -> None:
    with door(lambda *_: (400, {})) as (url, keeper):
        keeper.say = lambda key: json.dumps({"detail": f"{key} " + "is long " * 100}).encode()
        report = send(url, some(40))

    assert report.failed.total() == 40
    assert report.failed["400 Bad Request"] == 40 - load_report.MAXIMUM_KINDS
    assert len(report.failed) == load_report.MAXIMUM_KINDS + 1
    assert max(map(len, report.failed)) <= api_load.MAXIMUM_WORDS + len("400 Bad Request ()")


def test_what_never_passes_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_load, "PATIENCE_SECONDS", 0.1)
    with door(lambda *_: (503, {})) as (url, keeper):
        report = send(url, some(1))

    assert report.failed == {"503 Service Unavailable": 1}
    assert len(keeper.arrived) == 2


def test_who_s_token_ends_signs_in_again_once_and_sends_the_event_again_under_its_key() -> None:
    signed_in: list[str] = []
    deadline = time.monotonic() + 10

    with door() as (url, keeper):

        def sign_in(person: str) -> str:
            while len(keeper.arrived) < 6 and time.monotonic() < deadline:
                time.sleep(0.01)  # until the others have shown the ended token too
            signed_in.append(person)
            return f"token-{len(signed_in)}"

        people = guests("ada", sign_in=sign_in)
        keeper.ended = {"token-of-ada"}
        first = api_load.run_api_load(url, people, some(6), 5_000, at_once=6)
        keeper.ended = {"token-of-ada", "token-1"}
        second = api_load.run_api_load(url, people, some(1), 5_000)

    assert signed_in == ["ada", "ada"]
    assert (first.accepted, second.accepted) == (6, 1)
    assert not first.failed
    assert first.repeated.keys() == second.repeated.keys() == {"401 Unauthorized"}
    assert Counter(keeper.keys()) == {"k0": 4, **{f"k{n}": 2 for n in range(1, 6)}}


def test_a_new_token_that_is_refused_too_is_an_error_of_its_kind() -> None:
    with door(lambda *_: (401, {})) as (url, keeper):
        report = send(url, some(1))

    assert report.failed == {"401 Unauthorized": 1}
    assert [token for token, _, _ in keeper.arrived] == ["Bearer token-of-ada", "Bearer new-token-of-ada"]


def test_who_cannot_sign_in_again_is_an_error_too_and_ends_nobody_else_s_play() -> None:
    def sign_in(person: str) -> str:
        raise UserError(f"{person} cannot sign in.")

    with door() as (url, keeper):
        keeper.ended = {"token-of-ada"}
        source = [*some(1), replace(submission(), person="ben")]
        report = api_load.run_api_load(url, guests("ada", "ben", sign_in=sign_in), source, 5_000)

    assert report.failed == {"401 Unauthorized and no new token": 1}
    assert report.accepted == 1


# Pace


def test_it_asks_no_more_than_a_few_things_at_a_time() -> None:
    def slow(_number: int, _key: str) -> Answer:
        time.sleep(0.01)
        return 202, {}

    with door(slow) as (url, keeper):
        report = send(url, some(40), rate=100_000, at_once=3)

    assert report.accepted == 40
    assert keeper.most_inside == 3


def test_it_keeps_the_rate_and_tells_how_far_it_is() -> None:
    told: list[tuple[int, float]] = []
    with door() as (url, _):
        report = send(url, some(30), rate=60, on_tick=lambda *tick: told.append(tick))

    assert 0.45 <= report.seconds < 2
    assert [sent for sent, _ in told] == sorted(sent for sent, _ in told)
    assert len({sent for sent, _ in told}) > 2


def test_its_time_ends_it_too() -> None:
    with door() as (url, _):
        report = send(url, [replace(submission(), key=str(n)) for n in range(10_000)], rate=50, duration=0.3)

    assert 5 <= report.accepted <= 25


def test_nothing_to_send_is_no_trouble() -> None:
    with door() as (url, _):
        assert send(url, []).accepted == 0


def test_interrupted_it_ends_with_what_was_under_way_and_keeps_its_report() -> None:
    report = LoadReport()

    def interrupt(sent: int, _seconds: float) -> None:
        if sent > 5:
            raise KeyboardInterrupt

    with door() as (url, keeper), pytest.raises(KeyboardInterrupt):
        send(url, some(5_000), rate=200, on_tick=interrupt, report=report)

    assert 5 < report.accepted < 500
    assert len(keeper.arrived) == report.accepted
    assert report.seconds > 0


@pytest.mark.parametrize("what", ["what a worker does", "where the events come from"])
def test_a_defect_ends_the_run_and_is_told(what: str) -> None:
    def source() -> Iterator[SimulatedSubmission]:
        yield from some(3)
        if what == "what a worker does":
            yield replace(submission(key="stranger"), person="nobody who has signed in")
        else:
            raise KeyError("nobody who has signed in")
        yield from some(1_000)

    report = LoadReport()
    with (
        door() as (url, _),
        pytest.raises(UserError, match=r"after \d accepted events, by KeyError \('nobody") as told,
    ):
        api_load.run_api_load(url, guests("ada"), source(), 50, report=report)

    assert isinstance(told.value.__cause__, KeyError)
    assert 0 < report.accepted < 1_000
    assert f"after {report.accepted} accepted" in str(told.value)
    assert report.seconds > 0


# Report


def test_a_report_tells_rate_latency_and_errors_by_kind() -> None:
    report = LoadReport([n / 1000 for n in range(1, 101)], seconds=4.0)
    report.failed.update({"403 Forbidden": 2})
    report.repeated.update({"503 Service Unavailable": 3, "TimeoutError": 1})

    assert report.compute_figures() == {
        "accepted": 100,
        "failed": 2,
        "accepted_per_second": 25.0,
        "p50_ms": pytest.approx(50),
        "p95_ms": pytest.approx(95),
        "p99_ms": pytest.approx(99),
    }
    assert report.format_lines() == [
        "100 events accepted in 4.0 s, 25.0 a second.",
        "Latency: 50 ms (P50), 95 ms (P95), 99 ms (P99).",
        "Given up: 2 of 403 Forbidden.",
        "Sent again: 3 of 503 Service Unavailable; 1 of TimeoutError.",
    ]


def test_a_report_of_nothing_has_figures_too() -> None:
    assert LoadReport().compute_figures()["accepted_per_second"] == 0
    assert LoadReport().compute_figures()["p99_ms"] == 0
