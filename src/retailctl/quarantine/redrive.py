"""Redrive a quarantined record once, whatever crashes (counting rule 17).

A stream cannot be told "only if it is not there", so a table is asked first. Its item says ``sending`` before the
record is put and ``sent`` after. Whoever finds ``sending`` looks in the log for the copy before they put it. So
that two operators are never between those steps at once, the item has an owner for ``LEASE_SECONDS``: nobody puts
a record unless they own its item for ``PUT_SECONDS`` more, and nobody takes the item over before the owner's
time, and ``SLACK_SECONDS`` for clocks that differ, are over.

A mark also decides between original and copy for good (rule 18): a generation of the views that begins later
passes over the original. So a record can only be marked while the generation that judged it stands alone, which
the table itself knows: an item of it says which generations stand, and Terraform writes that before it makes
another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailctl.quarantine.records import Copy

LEASE_SECONDS = 120.0
"""For how long an item belongs to who marked it."""
PUT_SECONDS = 30.0
"""The longest that one put may take, its time-outs included."""
SLACK_SECONDS = 60.0
"""By how much two operators' clocks, or an operator's and the log's, may differ."""

NOT_ALONE = (
    "More than one generation of the views stands, or is being made, and another than the live one may have "
    "counted the original by a rule of its own. Finish that replay first (switch, and remove what is no longer "
    "wanted), then redrive what the live generation has put aside."
)
SENDING, SENT, DROPPED = "sending", "sent", "dropped"


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the stream a copy is."""

    shard_id: str
    sequence_number: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A record's mark in the redrives table; times are in Unix seconds.

    Attributes:
        identity: the record's.
        status: ``sending``, ``sent`` or ``dropped``.
        generation: the live generation of the views when it was marked.
        marked_at: when it was first marked.
        event_id: the copy's ``eventId``; empty for what was dropped.
        partition_key: the record's; empty for what was dropped.
        owner: whose the item is while it says ``sending``.
        until: when that ends.
        ended_at: when it came to say ``sent``; 0 until then.
        place: where on the stream the copy is.
        by: who dropped it.
        because: why it was dropped.

    """

    identity: str
    status: str
    generation: int
    marked_at: float
    event_id: str = ""
    partition_key: str = ""
    owner: str = ""
    until: float = 0.0
    ended_at: float = 0.0
    place: Place | None = None
    by: str = ""
    because: str = ""


class Begun(Enum):
    """How the attempt to mark a record ended."""

    YES = "marked"
    THERE = "there is a mark of it"
    NOT_ALONE = "another generation stands, or another is live"


class Marks(Protocol):
    """The redrives table. Its methods may raise whatever AWS fails with."""

    def read_mark(self, identity: str) -> Mark | None:
        """Return what it says of a record, as of now."""

    def begin_redrive(self, mark: Mark) -> Begun:
        """Write a record's only mark if its generation stands alone, in one step."""

    def renew_lease(self, seen: Mark, owner: str, until: float) -> bool:
        """Give an unchanged ``sending`` item to ``owner``; return whether it was."""

    def release_lease(self, mark: Mark) -> None:
        """End the owner's time if the item is unchanged and ``sending``."""

    def mark_sent(self, identity: str, place: Place, at: float) -> None:
        """Let an item that is ``sending`` say ``sent``."""


class RedriveLog(Protocol):
    """The stream."""

    def put_record(self, partition_key: str, payload: bytes) -> Place:
        """Put a record.

        Raises:
            NotPut: where it is not on the stream, and why.
            Unanswered: where nobody can tell.

        """

    def find_copy(self, mark: Mark) -> Place | None:
        """Return where a mark's copy is, or None if the log has none.

        Raises:
            Forgotten: where the log no longer reaches back to the time of the mark.

        """


class NotPut(Exception):
    """The stream took nothing; the message says why."""


class PutUnanswered(Exception):
    """Whether the stream took the record is unknown; the message says why."""


class Forgotten(Exception):
    """The log no longer reaches back to the time of the mark."""


class RedriveOutcome(Enum):
    """How the redrive of one record ended."""

    PUT = "put on the stream"
    FOUND = "found on the stream, where an earlier redrive had put it"
    ALREADY = "redriven before"
    DROPPED = "dropped before"
    BUSY = "being redriven by somebody else"
    REFUSED = "refused"
    UNDECIDABLE = "left as it is, since nobody can tell whether it counts already"
    NOT_PUT = "not taken by the stream"
    UNCERTAIN = "perhaps on the stream"


ENDED = frozenset({RedriveOutcome.PUT, RedriveOutcome.FOUND, RedriveOutcome.ALREADY})
"""Outcomes after which exactly one copy is on the log."""
STOPS = frozenset({RedriveOutcome.REFUSED, RedriveOutcome.NOT_PUT, RedriveOutcome.UNCERTAIN})
"""Outcomes after which nothing more is redriven: the next would fare no better."""
WAITS = frozenset({RedriveOutcome.BUSY})
"""Outcomes that another try will change; until then, nothing of the same product may overtake."""


@dataclass(frozen=True, slots=True)
class Result:
    """How the redrive of one record ended; ``detail`` explains it."""

    outcome: RedriveOutcome
    place: Place | None = None
    detail: str = ""


def create_owner() -> str:
    """Return a name that nobody else has, for one attempt at one record."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Redriver:
    """Puts copies on the stream; ``live`` is the live generation.

    ``clock`` gives seconds since the epoch.
    """

    marks: Marks
    log: RedriveLog
    live: int
    clock: Callable[[], float]
    owner: Callable[[], str] = field(default=create_owner)

    def redrive_copy(self, copy: Copy) -> Result:
        """Put a copy on the stream unless it is there.

        At most one copy is put, whatever fails on the way and however many do this at once. After a failure the
        same call goes on from there.

        Raises:
            whatever AWS fails with; the call can then be made again.

        """
        now, owner = self.clock(), self.owner()
        fresh = Mark(
            identity=copy.identity,
            status=SENDING,
            generation=self.live,
            marked_at=round(now, 3),
            event_id=copy.event_id,
            partition_key=copy.partition_key,
            owner=owner,
            until=round(now + LEASE_SECONDS, 3),
        )
        begun = self.marks.begin_redrive(fresh)
        if begun is Begun.YES:
            return self._put(copy, fresh)
        seen = self.marks.read_mark(copy.identity)
        if seen is None:
            return Result(RedriveOutcome.REFUSED, detail=NOT_ALONE)
        if (seen.owner, seen.status) == (owner, SENDING):  # ours, though AWS's first answer was lost
            return self._put(copy, seen)
        return self._go_on(copy, seen, owner)

    def _go_on(self, copy: Copy, seen: Mark, owner: str) -> Result:
        """Go on from a mark that somebody made before."""
        reason = self._find_refusal(seen)
        if reason is not None:
            return reason
        mine = self._renew_mark(seen, owner)
        if mine is None:
            return Result(
                RedriveOutcome.BUSY, detail="Somebody else took it up this moment: try again later."
            )
        try:
            place = self.log.find_copy(mine)
        except Forgotten as error:
            return Result(RedriveOutcome.UNDECIDABLE, detail=str(error))
        if place is not None:
            self.marks.mark_sent(copy.identity, place, self.clock())
            return Result(RedriveOutcome.FOUND, place)
        return self._put(copy, mine)

    def _find_refusal(self, seen: Mark) -> Result | None:
        """Return why a redrive cannot continue from this mark, or None."""
        if seen.status == SENT:
            return Result(RedriveOutcome.ALREADY, seen.place)
        if seen.status == DROPPED:
            return Result(RedriveOutcome.DROPPED, detail=f"By {seen.by}: {seen.because}")
        left = seen.until + SLACK_SECONDS - self.clock()
        if left >= 0:
            return Result(
                RedriveOutcome.BUSY,
                detail=f"Try again in {left + 1:.0f} s: by then that is over, also if it was cut short.",
            )
        return None

    def _put(self, copy: Copy, mine: Mark) -> Result:
        """Put the copy, which is marked and not on the log.

        The mark is never taken back: a generation that has begun since passes over the original.
        """
        if self.clock() > mine.until - PUT_SECONDS:
            renewed = self._renew_mark(mine, mine.owner)
            if renewed is None:
                return Result(RedriveOutcome.BUSY, detail="This took so long that somebody else took it up.")
            mine = renewed
        try:
            place = self._put_in_time(copy, mine)
        except NotPut as error:
            self.marks.release_lease(mine)
            return Result(RedriveOutcome.NOT_PUT, detail=f"{error}.")
        except PutUnanswered as error:
            return Result(
                RedriveOutcome.UNCERTAIN,
                detail=f"{error}. Redrive it again in {LEASE_SECONDS + SLACK_SECONDS:.0f} s: it looks first.",
            )
        self.marks.mark_sent(copy.identity, place, self.clock())
        return Result(RedriveOutcome.PUT, place)

    def _put_in_time(self, copy: Copy, mine: Mark) -> Place:
        if self.clock() > mine.until - PUT_SECONDS:
            raise NotPut("The clock ran out before it was put")
        return self.log.put_record(copy.partition_key, copy.payload)

    def _renew_mark(self, seen: Mark, owner: str) -> Mark | None:
        """Return the renewed mark, or None if somebody else holds it."""
        until = round(self.clock() + LEASE_SECONDS, 3)
        if self.marks.renew_lease(seen, owner, until):
            return replace(seen, owner=owner, until=until)
        now = self.marks.read_mark(seen.identity)
        return (
            now if now is not None and (now.status, now.owner, now.until) == (SENDING, owner, until) else None
        )
