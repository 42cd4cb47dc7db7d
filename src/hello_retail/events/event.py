"""The result of decoding a record: an event or a rejection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Event:
    """One valid event, whichever envelope it came in.

    Attributes:
        kind: the exact schema id of ``data``, such as ``com.nordstrom/product/purchase/1-0-0``.
        user_id: who acted, the third part of the envelope's ``origin``, 1 to 128 characters;
            never ``UNKNOWN``.
        display_name: the fourth part of ``origin`` (it may contain ``/`` and ``.``), 1 to 128 characters;
            the user id where the origin has none.
        data: the data event with its ``schema``; valid by it where the registry has it, else as it came.
        time_origin: when the producer made it, RFC 3339 as received.
        event_id: the UUID that the producer minted, in lower case, so that sending twice can be recognised;
            None in envelopes 1-0-0, and where an egress ``eventId`` is a place on a stream (shard:number).

    """

    kind: str
    user_id: str
    display_name: str
    data: Mapping[str, Any]
    time_origin: str
    event_id: str | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a record is not a valid event.

    Attributes:
        reason: one sentence for the operator; it never quotes the record.
        code: a short stable id of the kind of reason, such as ``not-json``, for metrics.

    """

    reason: str
    code: str
