"""Events through the front door: signed-in people's requests to ``POST /events``, many at a time and at a rate.

What a workshop's log puts in order stays in order per product where it decides who gets the credit: an offer or a
picture waits for what came before it and holds up what comes after it; sales pass one another. Each event has an
Idempotency-Key, so that an attempt whose answer was lost is made again and still counts once.
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections import Counter, defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from itertools import count
from textwrap import shorten
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from retailctl.errors import UserError
from retailctl.progress import unheard
from retailctl.users import pool as users

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from retailctl.progress import OnProgress, OnTick
    from retailctl.simulation.workshop import Person, Workshop
    from retailctl.stream.log_file import Entry

AT_ONCE = 8
"""Requests under way at a time, at most. A local cloud starts a process for each, and more of them
make it no faster."""

PATIENCE_SECONDS = 30.0
"""How long an event is sent again: longer than a key stays taken by an attempt that nobody will finish."""

TIMEOUT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 5.0
TICK_SECONDS = 0.1
MAXIMUM_KINDS = 12
MAXIMUM_WORDS = 160
"""How many kinds of errors a report tells with their sentences, and characters of a sentence."""
_SIGN_INS_AT_ONCE = 8
_SALE = "com.nordstrom/product/purchase/1-0-0"
_PASSING = frozenset(
    {
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Answers after which the same request may do better."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one person sends: who that is in the workload, the event's data, and the product that it is about."""

    person: str
    product: str
    data: Mapping[str, Any]
    key: str

    @property
    def is_sale(self) -> bool:
        """Whether it is a purchase, which may pass other purchases of its product."""
        return bool(self.data["schema"] == _SALE)


def submissions(entries: Iterable[Entry], run: str) -> Iterator[Submission]:
    """Yield what the people of a workload's records would send; ``run`` makes the keys those of one run."""
    for entry in entries:
        envelope = json.loads(entry.data)
        person = envelope["origin"].split("/")[2]
        yield Submission(person, entry.partition_key, envelope["data"], f"{run}-{entry.line}")


class Lanes:
    """Lets events go in an order that decides the credit as their log does: a lane per product.

    An event waits while an earlier offer or picture of its product is waiting or under way; an offer or a picture
    waits for the sales before it too.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Submission]] = defaultdict(deque)
        self._sales: Counter[str] = Counter()
        self._registering: set[str] = set()

    def enter(self, submission: Submission) -> list[Submission]:
        """Take an event and return those that may go now: it or none."""
        self._waiting[submission.product].append(submission)
        return self._released(submission.product)

    def leave(self, submission: Submission) -> list[Submission]:
        """Note that an event has had its answer, and return those that may go now."""
        if submission.is_sale:
            self._sales[submission.product] -= 1
        else:
            self._registering.discard(submission.product)
        return self._released(submission.product)

    def _released(self, product: str) -> list[Submission]:
        waiting, released = self._waiting[product], []
        while waiting and product not in self._registering:
            if not waiting[0].is_sale:
                if self._sales[product]:
                    break
                self._registering.add(product)
            else:
                self._sales[product] += 1
            released.append(waiting.popleft())
        return released


@dataclass(slots=True)
class Report:
    """How a run went.

    Attributes:
        latencies: seconds from an event's first attempt to its 202, the pauses in between included.
        failed: events given up, by kind: a status with the sentence of its problem document, where it has one and
            there are not more than ``MAXIMUM_KINDS`` yet; or the name of a network error.
        repeated: attempts after which another one was made, by kind without a sentence.
        seconds: from the first event to the last answer.

    """

    latencies: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def accepted(self) -> int:
        """Return how many events were accepted."""
        return len(self.latencies)

    def give_up(self, kind: str, words: str) -> None:
        """Count an event that was given up."""
        told = f"{kind} ({words})" if words else kind
        self.failed[told if told in self.failed or len(self.failed) < MAXIMUM_KINDS else kind] += 1

    def figures(self) -> dict[str, float]:
        """Return ``accepted``, ``failed``, ``accepted_per_second`` and ``p50_ms``, ``p95_ms``, ``p99_ms``."""
        waits = sorted(self.latencies)
        quantiles = {
            f"p{share}_ms": waits[max(-(-len(waits) * share // 100) - 1, 0)] * 1000 if waits else 0.0
            for share in (50, 95, 99)
        }
        rate = self.accepted / self.seconds if self.seconds else 0.0
        return {
            "accepted": self.accepted,
            "failed": self.failed.total(),
            "accepted_per_second": rate,
            **quantiles,
        }

    def lines(self) -> list[str]:
        """Return the report in words."""
        figures = self.figures()
        rate = f"{figures['accepted_per_second']:.1f} a second"
        told = [
            f"{self.accepted:,} events accepted in {self.seconds:.1f} s, {rate}.",
            "Latency: " + ", ".join(f"{figures[f'p{n}_ms']:.0f} ms (P{n})" for n in (50, 95, 99)) + ".",
        ]
        for title, kinds in (("Given up", self.failed), ("Sent again", self.repeated)):
            if kinds:
                told.append(
                    f"{title}: " + "; ".join(f"{n:,} of {kind}" for kind, n in kinds.most_common()) + "."
                )
        return told


def sign_in(pool: users.Pool, username: str, password: str) -> str:
    """Return an ID token, which is what the front door takes.

    Raises:
        UserError: where Cognito refuses, or asks for more than a password.

    """
    try:
        answer = pool.client.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=pool.client_id,
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
    except ClientError as error:
        raise UserError(
            f"{username} cannot sign in ({error.response['Error']['Code']}): is the password right?"
        ) from error
    if "AuthenticationResult" not in answer:
        raise UserError(
            f"{username} cannot sign in with a password alone: Cognito asks for {answer.get('ChallengeName')}."
        )
    return str(answer["AuthenticationResult"]["IdToken"])


class Guests:
    """People who have signed in: an ID token each, and another one when that has ended.

    Args:
        tokens: ID token by the workload's user id.
        sign_in: signs one of them in again and returns the new token.

    """

    def __init__(self, tokens: Mapping[str, str], sign_in: Callable[[str], str]) -> None:
        self.tokens = dict(tokens)
        self._sign_in = sign_in
        self._guards = {person: threading.Lock() for person in tokens}

    def renewed(self, person: str, ended: str) -> str:
        """Return a token other than ``ended``, for which many may ask at a time: one of them signs in.

        Raises:
            UserError: where Cognito refuses.

        """
        with self._guards[person]:
            if self.tokens[person] == ended:
                self.tokens[person] = self._sign_in(person)
            return self.tokens[person]


def admit(pool: users.Pool, workshop: Workshop, on_one: OnProgress = unheard) -> Guests:
    """Let the people of a workshop sign in, each with an account, which is made where there is none.

    An account of an earlier workshop, where the same person may have had another role, gets the groups of this one.
    Their passwords are new and told nobody. ``on_one`` hears of each who has signed in.
    """
    groups = dict.fromkeys(workshop.merchants, ("merchant", "customer"))
    groups |= dict.fromkeys(workshop.photographers, ("photographer", "customer"))
    known = {player.username: player for player in pool.players()}

    def one(person: Person) -> tuple[str, str]:
        newcomer = users.Newcomer(
            f"simulated-{person.user_id.rpartition('.')[2].lower()}",
            users.made_password(),
            person.name,
            groups[person],
        )
        if newcomer.username in known:
            pool.set_password(newcomer)
            pool.set_roles(known[newcomer.username], newcomer.groups)
        else:
            pool.add(newcomer)
        again[person.user_id] = partial(sign_in, pool, newcomer.username, newcomer.password)
        return person.user_id, again[person.user_id]()

    tokens: dict[str, str] = {}
    again: dict[str, Callable[[], str]] = {}
    with ThreadPoolExecutor(_SIGN_INS_AT_ONCE) as threads:
        for user_id, token in threads.map(one, groups):
            tokens[user_id] = token
            on_one(1)
    return Guests(tokens, lambda person: again[person]())


@dataclass(frozen=True, slots=True)
class _Refused:
    """An attempt that was not accepted.

    Attributes:
        kind: the status with its words, or the name of a network error.
        wait: seconds after which another may help (None: it will not).
        needs_token: whether another token may help.
        words: what the problem document says of it, cut where it is long; empty where there is none.

    """

    kind: str
    wait: float | None
    needs_token: bool = False
    words: str = ""


def _words(body: bytes) -> str:
    """Return the ``detail`` of a problem document; nothing of what is none."""
    try:
        told = json.loads(body)["detail"]
    except (ValueError, LookupError, TypeError):
        return ""
    return shorten(told.rstrip("."), MAXIMUM_WORDS, placeholder="…") if isinstance(told, str) else ""


class _Client:
    """One connection to the front door, kept open from event to event."""

    def __init__(self, api_url: str) -> None:
        parts = urlsplit(f"{api_url.rstrip('/')}/events")
        make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = make(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        self._path = parts.path

    def post(self, submission: Submission, token: str) -> _Refused | None:
        """Send an event; return None where it was accepted."""
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": submission.key,
        }
        try:
            self._connection.request("POST", self._path, json.dumps(submission.data).encode(), headers)
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return _Refused(type(error).__name__, 0.0)
        if answer.status == HTTPStatus.ACCEPTED:
            return None
        kind = f"{answer.status} {answer.reason}".strip()
        asked = answer.getheader("retry-after", "")
        if answer.status not in _PASSING:
            return _Refused(kind, None, answer.status == HTTPStatus.UNAUTHORIZED, _words(body))
        return _Refused(kind, float(asked) if asked.isdecimal() else 0.0, words=_words(body))

    def close(self) -> None:
        """Hang up; the next event opens the connection anew."""
        self._connection.close()


class _Run:
    """The state of a run that its threads share."""

    def __init__(self, api_url: str, guests: Guests, report: Report, at_once: int) -> None:
        self.api_url = api_url
        self.guests = guests
        self.report = report
        self.at_once = at_once
        self.stopped = threading.Event()
        self._guard = threading.Lock()
        self._lanes = Lanes()
        self._ready: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(2 * at_once)
        self._inside = 0
        self._is_over = False
        self.trouble: Exception | None = None

    def endure(self, task: Callable[..., None], *arguments: object) -> None:
        """Do what a thread is for; an exception ends the run, and is kept as ``trouble`` for whom waits for it."""
        try:
            task(*arguments)
        except Exception as error:  # noqa: BLE001 - nobody above a thread would hear of it
            self.trouble = error
            self.stop()

    def dispatch(self, source: Iterable[Submission], rate: float, duration: float | None) -> None:
        """Let events in at their times, as long as there is room for them."""
        start = time.monotonic()
        try:
            for number, submission in enumerate(source):
                self.stopped.wait(max(start + number / rate - time.monotonic(), 0.0))
                self._room.acquire()
                if self.stopped.is_set() or (duration and time.monotonic() - start >= duration):
                    break
                with self._guard:
                    self._inside += 1
                    released = self._lanes.enter(submission)
                self._go(released)
        finally:
            with self._guard:
                self._is_over = True
                is_empty = self._inside == 0
            if is_empty:
                self.dismiss()

    def work(self) -> None:
        """Send events, one after another, until all is over."""
        with closing(_Client(self.api_url)) as client:
            while (submission := self._ready.get()) is not None:
                try:
                    self._send(client, submission)
                finally:
                    with self._guard:
                        self._inside -= 1
                        released = [] if self.stopped.is_set() else self._lanes.leave(submission)
                        is_last = self._is_over and self._inside == 0
                    self._room.release()
                    self._go(released)
                    if is_last or self.stopped.is_set():
                        self.dismiss()

    def dismiss(self) -> None:
        """Send the workers home."""
        for _ in range(self.at_once):
            self._ready.put(None)

    def stop(self) -> None:
        """End the run as soon as what is under way has its answer."""
        self.stopped.set()
        self._room.release()
        self.dismiss()

    def _go(self, released: Iterable[Submission]) -> None:
        for submission in released:
            self._ready.put(submission)

    def _send(self, client: _Client, submission: Submission) -> None:
        started, token, is_renewed = time.monotonic(), self.guests.tokens[submission.person], False
        for attempt in count(1):
            refused = client.post(submission, token)
            lasted = time.monotonic() - started
            if refused is None:
                with self._guard:
                    self.report.latencies.append(lasted)
                return
            if refused.needs_token and not is_renewed:
                try:
                    token, is_renewed = self.guests.renewed(submission.person, token), True
                except (UserError, BotoCoreError):
                    refused = replace(refused, kind=f"{refused.kind} and no new token")
                else:
                    with self._guard:
                        self.report.repeated[refused.kind] += 1
                    continue
            if refused.wait is None or lasted > PATIENCE_SECONDS or self.stopped.is_set():
                with self._guard:
                    self.report.give_up(refused.kind, refused.words)
                return
            with self._guard:
                self.report.repeated[refused.kind] += 1
            self.stopped.wait(min(max(refused.wait, 0.1 * 2**attempt), LONGEST_WAIT_SECONDS))


def run(
    api_url: str,
    guests: Guests,
    source: Iterable[Submission],
    rate: float,
    *,
    duration: float | None = None,
    on_tick: OnTick = lambda _sent, _seconds: None,
    at_once: int = AT_ONCE,
    report: Report | None = None,
) -> Report:
    """Send events through the front door at ``rate`` a second until they or the seconds run out.

    A door that is slower than that is never asked more than ``at_once`` things at a time.

    Args:
        api_url: where ``/events`` is.
        guests: who sends; where a token has ended, its owner signs in again once, and the event is sent again.
        source: what they send, in order.
        rate: events a second.
        duration: seconds after which no further event is sent; None for no end.
        on_tick: hears how many events have been accepted, and after how many seconds.
        at_once: requests under way at a time.
        report: filled as the run goes, for whom interrupts it.

    Raises:
        KeyboardInterrupt: where it is interrupted, once what was under way has its answer.
        UserError: where something unforeseen ended it, with how many events had been accepted.

    """
    report = Report() if report is None else report
    state, start = _Run(api_url, guests, report, at_once), time.monotonic()
    threads = [threading.Thread(target=state.endure, args=(state.work,)) for _ in range(at_once)]
    threads.append(threading.Thread(target=state.endure, args=(state.dispatch, source, rate, duration)))
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(TICK_SECONDS)
                on_tick(report.accepted, time.monotonic() - start)
    except BaseException:
        state.stop()
        for thread in threads:
            thread.join()
        raise
    finally:
        report.seconds = time.monotonic() - start
    if state.trouble is not None:
        raise UserError(
            f"The play stopped after {report.accepted:,} accepted events, by {type(state.trouble).__name__} "
            f"({state.trouble}); this is a defect, please report it."
        ) from state.trouble
    return report
