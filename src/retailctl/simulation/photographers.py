"""The simulated photographers: they register, look into their inboxes, and upload pictures.

All of them look again and again, a few at a time. What each does with an assignment follows from the seed; what
goes wrong on the way is tried again at the next look.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError

from retailctl.errors import UserError
from retailctl.http import NoReply
from retailctl.simulation.api_client import NotAnswered
from retailctl.simulation.crew import Crew
from retailctl.simulation.drawing import CONTENT_TYPE, draw_picture, list_rubbish
from retailctl.simulation.habits import Conduct, Habits, create_dice
from retailctl.simulation.studio_client import StudioClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailctl.simulation.people import Guests

AT_ONCE = 4
"""How many photographers look or upload at a time, beside the people who send events."""
LOOK_SECONDS = 4.0
"""How long a photographer waits between two looks; the page waits five seconds while something is open."""
REGISTERING_SECONDS = 15.0
"""How long a registration may take until the inbox shows it; after that it is made again."""
UPLOADING_SECONDS = 30.0
"""How long an upload may take until the inbox shows what became of it; after that it is made again."""
LATE_SECONDS = 1.0
"""How long after the end of their time a late photographer uploads."""
MISSES_IN_A_ROW = 3
"""After so many nobody is asked until they register again."""


@dataclass(slots=True)
class StudioReport:
    """What photographers did, and what the studio said.

    Attributes:
        conducts: how many assignments were dealt with in which way.
        registrations: how many registrations were accepted.
        uploads: how many files the bucket took.
        problems: what was wrong with pictures, by the studio's words.
        overdue: what late photographers were answered.
        refused: what was refused or failed, by act and status.

    """

    conducts: Counter[str] = field(default_factory=Counter)
    registrations: int = 0
    uploads: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    overdue: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def format_lines(self) -> list[str]:
        """Return the report in words."""
        assignments = self.conducts.total()
        lines = [
            f"{self.registrations:,} registrations, {assignments:,} assignments, {self.uploads:,} uploads."
        ]
        odd = [f"{number:,} {name}" for name, number in self.conducts.most_common() if name != Conduct.PROMPT]
        for title, parts in (
            ("Assignments dealt with otherwise", odd),
            ("What was wrong with pictures", _list_counts(self.problems)),
            ("After their time", _list_counts(self.overdue)),
            ("Refused or failed", _list_counts(self.refused)),
        ):
            if parts:
                lines.append(f"{title}: {', '.join(parts)}.")
        return lines


def _list_counts(counts: Counter[str]) -> list[str]:
    return [f"{number:,} of {name}" for name, number in counts.most_common()]


@dataclass(frozen=True, slots=True)
class _Overdue:
    """The ticket of a late photographer, taken in time, and when they use it, by ``time.time``."""

    ticket: dict[str, Any]
    due: float


@dataclass(slots=True)
class _Assignment:
    """What a photographer has to do with a product, and what they have done; times are of ``time.monotonic``."""

    product_id: str
    attempt: int
    conduct: Conduct
    uploaded: float | None = None
    problem: str | None = None
    overdue: _Overdue | None = None


@dataclass(slots=True)
class _Photographer:
    """A photographer between two looks."""

    person: str
    assignment: _Assignment | None = None
    was_registered: bool = False
    registered: float = float("-inf")
    missed: int = 0


class Photographers(Crew[StudioClient, _Photographer]):
    """Photographers at work, until they are told to stop.

    Args:
        api_url: where the API is.
        guests: their tokens.
        people: who they are.
        habits: how they behave.
        seed: the same seed, the same behaviour.

    """

    def __init__(
        self, api_url: str, guests: Guests, people: Sequence[str], habits: Habits, seed: int
    ) -> None:
        super().__init__("photographers", AT_ONCE)
        self.report = StudioReport()
        self._api_url = api_url
        self._guests = guests
        self._habits = habits
        self._seed = seed
        for number, person in enumerate(people):
            self.add_task(_Photographer(person), LOOK_SECONDS * number / len(people))

    def open_client(self) -> StudioClient:
        """Return a photographer's connections."""
        return StudioClient(self._api_url)

    # One look

    def do_task(self, client: StudioClient, task: _Photographer) -> float | None:
        """Let a photographer look and act; return how long they wait then, ``None`` if they have left."""
        token = self._guests.tokens[task.person]
        try:
            inbox = client.read_inbox(token)
            return self._act(client, token, task, inbox)
        except NoReply as error:
            self.count_one(self.report.refused, error.kind)
        except NotAnswered as error:
            self.count_one(self.report.refused, str(error))
            if error.status == HTTPStatus.UNAUTHORIZED:
                self._renew_token(task, token)
        return LOOK_SECONDS

    def _renew_token(self, photographer: _Photographer, token: str) -> None:
        try:
            self._guests.renew_token(photographer.person, token)
        except (UserError, BotoCoreError) as error:
            self.count_one(self.report.refused, f"a new token ({type(error).__name__})")

    def _act(
        self, client: StudioClient, token: str, photographer: _Photographer, inbox: dict[str, Any]
    ) -> float | None:
        given = inbox["assignment"]
        self._upload_overdue(client, token, photographer)
        self._note_assignment(photographer, given)
        if not inbox["registered"] and photographer.was_registered:
            return None  # they were told to leave, or did so by another way
        photographer.was_registered = inbox["registered"]
        if given is not None:
            return self._deal_with(client, token, photographer, given)
        is_asked_no_more = inbox["left"] == 0 or photographer.missed >= MISSES_IN_A_ROW
        if not inbox["registered"] or is_asked_no_more:
            self._register(client, token, photographer)
        return LOOK_SECONDS

    def _register(self, client: StudioClient, token: str, photographer: _Photographer) -> None:
        if time.monotonic() - photographer.registered < REGISTERING_SECONDS:
            return
        client.register(token, uuid.uuid4().hex)
        photographer.registered, photographer.missed = time.monotonic(), 0
        with self.changed:
            self.report.registrations += 1

    def _note_assignment(self, photographer: _Photographer, given: dict[str, Any] | None) -> None:
        """Take up a new assignment; count the one before as missed or not."""
        before = photographer.assignment
        if given and before and (before.product_id, before.attempt) == (given["product"], given["attempt"]):
            return
        if before is not None:
            is_missed = before.conduct in {Conduct.IGNORE, Conduct.LATE}
            photographer.missed = photographer.missed + 1 if is_missed else 0
        photographer.assignment = None
        if given is not None:
            conduct = self._habits.choose_conduct(self._seed, given["product"], given["attempt"])
            self.count_one(self.report.conducts, conduct)
            photographer.assignment = _Assignment(given["product"], given["attempt"], conduct)

    def _deal_with(
        self, client: StudioClient, token: str, photographer: _Photographer, given: dict[str, Any]
    ) -> float:
        assignment = photographer.assignment
        if assignment is None or given["state"] != "asked" or assignment.conduct is Conduct.IGNORE:
            return LOOK_SECONDS
        if assignment.conduct is Conduct.LATE:
            return self._be_late(client, token, assignment, given["until"])
        if assignment.uploaded is None:
            self._upload_first(client, token, assignment)
        elif given["problem"] is not None and given["problem"] != assignment.problem:
            assignment.problem = given["problem"]
            self.count_one(self.report.problems, given["problem"])
            self._upload(client, token, assignment, [draw_picture(assignment.product_id)])
        elif time.monotonic() - assignment.uploaded > UPLOADING_SECONDS:
            self._upload(client, token, assignment, [draw_picture(assignment.product_id)])
        return LOOK_SECONDS

    def _upload_first(self, client: StudioClient, token: str, assignment: _Assignment) -> None:
        dice = create_dice(self._seed, "files", assignment.product_id, assignment.attempt)
        picture = draw_picture(assignment.product_id)
        contents = [picture]
        if assignment.conduct is Conduct.RUBBISH:
            contents = [dice.choice(list_rubbish(picture))]
        elif assignment.conduct is Conduct.TWICE:
            contents.append(draw_picture(assignment.product_id, dice.randrange(2)))
        self._upload(client, token, assignment, contents)

    def _upload(
        self, client: StudioClient, token: str, assignment: _Assignment, contents: Sequence[bytes]
    ) -> None:
        """Take a ticket for each file, and then upload all of them."""
        tickets = [
            client.request_ticket(token, assignment.product_id, content, CONTENT_TYPE) for content in contents
        ]
        for ticket, content in zip(tickets, contents, strict=True):
            client.upload(ticket, content)
            with self.changed:
                self.report.uploads += 1
        assignment.uploaded = time.monotonic()

    def _be_late(self, client: StudioClient, token: str, assignment: _Assignment, until: str) -> float:
        """Take a ticket in time, for an upload afterwards; return how long to wait until then."""
        due = datetime.fromisoformat(until).timestamp() + LATE_SECONDS
        if assignment.uploaded is None and assignment.overdue is None:
            picture = draw_picture(assignment.product_id)
            ticket = client.request_ticket(token, assignment.product_id, picture, CONTENT_TYPE)
            assignment.overdue = _Overdue(ticket, due)
        return max(due - time.time(), LOOK_SECONDS)

    def _upload_overdue(self, client: StudioClient, token: str, photographer: _Photographer) -> None:
        """Let a late photographer try the ticket that they have, and then ask for another one."""
        assignment = photographer.assignment
        if assignment is None or assignment.overdue is None or time.time() < assignment.overdue.due:
            return
        overdue, assignment.overdue, assignment.uploaded = assignment.overdue, None, time.monotonic()
        picture = draw_picture(assignment.product_id)
        for act, attempt in (
            ("upload", lambda: client.upload(overdue.ticket, picture)),
            ("ticket", lambda: client.request_ticket(token, assignment.product_id, picture, CONTENT_TYPE)),
        ):
            try:
                attempt()
            except NotAnswered as error:
                self.count_one(self.report.overdue, f"{act} refused ({error})")
            else:
                self.count_one(self.report.overdue, f"{act} taken")
