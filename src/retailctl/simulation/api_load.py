"""Send events to ``POST /events`` for many people at a rate.

The people are signed in, and many requests run at a time.

What a workshop's log puts in order stays in order per product where it decides who gets the credit: an offer or a
picture waits for what came before it and holds up what comes after it; sales pass one another. Each event has an
Idempotency-Key, so that an attempt whose answer was lost is made again and still counts once.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import count
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from retailctl import project
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.http import NoReply, open_pool, send_request
from retailctl.progress import show_progress
from retailctl.simulation.lanes import Lanes, SimulatedSubmission, build_submissions
from retailctl.simulation.load_report import LoadReport
from retailctl.simulation.people import Guests, sign_in_people
from retailctl.users.pool import find_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from retailctl.emulator.cloud import Cloud
    from retailctl.progress import OnTick
    from retailctl.simulation.workshop import Workshop
    from retailctl.stream.log_file import LogEntry

AT_ONCE = 8
"""Requests under way at a time, at most. A local cloud starts a process for each, and more of them
make it no faster."""

PATIENCE_SECONDS = 30.0
"""How long an event is sent again: longer than a key stays taken by an attempt that nobody will finish."""

TIMEOUT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 5.0
TICK_SECONDS = 0.1
MAXIMUM_WORDS = 160
"""How many kinds of errors a report tells with their sentences, and characters of a sentence."""
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
class _FailedAttempt:
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


def _parse_detail(body: bytes) -> str:
    """Return the ``detail`` of a problem document; nothing of what is none."""
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, LookupError, TypeError):
        return ""
    return shorten(detail.rstrip("."), MAXIMUM_WORDS, placeholder="…") if isinstance(detail, str) else ""


class _Client:
    """One connection to the front door, kept open from event to event."""

    def __init__(self, api_url: str) -> None:
        self._url = f"{api_url.rstrip('/')}/events"
        self._pool = open_pool(self._url)

    def post_event(self, submission: SimulatedSubmission, token: str) -> _FailedAttempt | None:
        """Send an event; return None where it was accepted."""
        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": submission.key,
        }
        body = json.dumps(submission.data).encode()
        try:
            reply = send_request(
                self._url,
                method="POST",
                headers=headers,
                body=body,
                timeout=TIMEOUT_SECONDS,
                pool=self._pool,
            )
        except NoReply as error:
            return _FailedAttempt(error.kind, 0.0)
        if reply.status == HTTPStatus.ACCEPTED:
            return None
        kind, words = f"{reply.status} {reply.reason}".strip(), _parse_detail(reply.body)
        retry_after = reply.headers.get("retry-after", "")
        if reply.status not in _PASSING:
            return _FailedAttempt(kind, None, reply.status == HTTPStatus.UNAUTHORIZED, words)
        return _FailedAttempt(kind, float(retry_after) if retry_after.isdecimal() else 0.0, words=words)

    def close(self) -> None:
        """Hang up."""
        self._pool.clear()


class _Run:
    """The state of a run that its threads share."""

    def __init__(self, api_url: str, guests: Guests, report: LoadReport, at_once: int) -> None:
        self.api_url = api_url
        self.guests = guests
        self.report = report
        self.at_once = at_once
        self.stopped = threading.Event()
        self._guard = threading.Lock()
        self._lanes = Lanes()
        self._ready: queue.SimpleQueue[SimulatedSubmission | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(2 * at_once)
        self._inside = 0
        self._is_over = False
        self.trouble: Exception | None = None

    def run_task(self, task: Callable[..., None], *arguments: object) -> None:
        """Do a thread's task; its exception ends the run, as ``trouble``."""
        try:
            task(*arguments)
        except Exception as error:  # noqa: BLE001 - nobody above a thread would hear of it
            self.trouble = error
            self.stop_run()

    def dispatch_events(
        self, source: Iterable[SimulatedSubmission], rate: float, duration: float | None
    ) -> None:
        """Let events in at their times, while there is room."""
        start = time.monotonic()
        try:
            for number, submission in enumerate(source):
                self.stopped.wait(max(start + number / rate - time.monotonic(), 0.0))
                self._room.acquire()
                if self.stopped.is_set() or (duration and time.monotonic() - start >= duration):
                    break
                with self._guard:
                    self._inside += 1
                    released = self._lanes.add_submission(submission)
                self._queue_released(released)
        finally:
            with self._guard:
                self._is_over = True
                is_empty = self._inside == 0
            if is_empty:
                self.stop_workers()

    def send_events(self) -> None:
        """Send events, one after another, until all is over."""
        with closing(_Client(self.api_url)) as client:
            while (submission := self._ready.get()) is not None:
                try:
                    self._send(client, submission)
                finally:
                    with self._guard:
                        self._inside -= 1
                        released = [] if self.stopped.is_set() else self._lanes.finish_submission(submission)
                        is_last = self._is_over and self._inside == 0
                    self._room.release()
                    self._queue_released(released)
                    if is_last or self.stopped.is_set():
                        self.stop_workers()

    def stop_workers(self) -> None:
        """Send the workers home."""
        for _ in range(self.at_once):
            self._ready.put(None)

    def stop_run(self) -> None:
        """End the run as soon as what is under way has its answer."""
        self.stopped.set()
        self._room.release()
        self.stop_workers()

    def _queue_released(self, released: Iterable[SimulatedSubmission]) -> None:
        for submission in released:
            self._ready.put(submission)

    def _send(self, client: _Client, submission: SimulatedSubmission) -> None:
        started, token, is_renewed = time.monotonic(), self.guests.tokens[submission.person], False
        for attempt in count(1):
            refused = client.post_event(submission, token)
            lasted = time.monotonic() - started
            if refused is None:
                with self._guard:
                    self.report.latencies.append(lasted)
                return
            if refused.needs_token and not is_renewed:
                try:
                    token, is_renewed = self.guests.renew_token(submission.person, token), True
                except (UserError, BotoCoreError):
                    refused = replace(refused, kind=f"{refused.kind} and no new token")
                else:
                    with self._guard:
                        self.report.repeated[refused.kind] += 1
                    continue
            if refused.wait is None or lasted > PATIENCE_SECONDS or self.stopped.is_set():
                with self._guard:
                    self.report.count_failure(refused.kind, refused.words)
                return
            with self._guard:
                self.report.repeated[refused.kind] += 1
            self.stopped.wait(min(max(refused.wait, 0.1 * 2**attempt), LONGEST_WAIT_SECONDS))


def run_api_load(
    api_url: str,
    guests: Guests,
    source: Iterable[SimulatedSubmission],
    rate: float,
    *,
    duration: float | None = None,
    on_tick: OnTick = lambda _sent, _seconds: None,
    at_once: int = AT_ONCE,
    report: LoadReport | None = None,
) -> LoadReport:
    """Send events through the front door at ``rate``, until time is up.

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
    report = LoadReport() if report is None else report
    state, start = _Run(api_url, guests, report, at_once), time.monotonic()
    threads = [threading.Thread(target=state.run_task, args=(state.send_events,)) for _ in range(at_once)]
    threads.append(
        threading.Thread(target=state.run_task, args=(state.dispatch_events, source, rate, duration))
    )
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(TICK_SECONDS)
                on_tick(report.accepted, time.monotonic() - start)
    except BaseException:
        state.stop_run()
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


@dataclass(frozen=True, slots=True)
class Door:
    """An environment's front door, with the people of a workshop signed in."""

    api_url: str
    guests: Guests
    report: LoadReport = field(default_factory=LoadReport)

    def send_events(
        self, entries: Iterable[LogEntry], rate: float, duration: float | None, on_tick: OnTick
    ) -> int:
        """Send what the people of ``entries`` would; return how many events were accepted."""
        source = build_submissions(entries, uuid.uuid4().hex)
        run_api_load(
            self.api_url, self.guests, source, rate, duration=duration, on_tick=on_tick, report=self.report
        )
        return self.report.accepted

    def format_lines(self) -> list[str]:
        """Return in words how it went."""
        return self.report.format_lines()


def open_front_door(
    running: Cloud, environment: str, environment_outputs: Mapping[str, Any], workshop: Workshop
) -> Door:
    """Return an environment's front door with a workshop's people signed in."""
    pool = find_pool(Target(project.find_project(), environment, running), environment_outputs)
    people = len(workshop.merchants) + len(workshop.photographers)
    with show_progress(f"Signing in {people} simulated people") as advance:
        signed_in = 0

        def on_one(number: int) -> None:
            nonlocal signed_in
            signed_in += number
            advance(signed_in, people)

        return Door(str(environment_outputs["api_url"]), sign_in_people(pool, workshop, on_one))
