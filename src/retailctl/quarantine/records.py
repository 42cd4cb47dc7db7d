"""Quarantined records and their redriven copies, from bytes alone.

A record is called by its identity (stream, shard, number), however many objects hold it (counting rule 17).
"""

from __future__ import annotations

import json
import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from hello_retail import events
from hello_retail.event_log import quarantine
from hello_retail.event_log.record_id import format_record_identity
from hello_retail.events import Rejection
from hello_retail.events.registry import INGRESS_1_2, find_violation
from hello_retail.events.strict_json import NotStrictJson, parse_strict_json
from retailctl.stream.log_file import MAX_RECORD_BYTES, format_compact_json

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCHES = "aws/lambda/"
"""Where Lambda puts batches that it gave up: the failure destination."""
NAMESPACE = UUID("9b6e2a0c-5f1d-5a53-8a0e-2d5c1f6f7a41")
"""Ours alone, for the event ids of redriven copies; it must never change."""

_SAME_MODEL = re.compile(r"com\.nordstrom/retail-stream-(ingress|egress)/1-[0-9]+-[0-9]+")
"""Envelopes of the model that we know: by SchemaVer, their fields mean what they do in ours."""
_CARRIED = ("origin", "timeOrigin", "data", "followsFrom", "traceId")
_MAY_BE_LEFT_OUT = {"/followsFrom": "followsFrom", "/traceId": "traceId"}
_MINTED = frozenset({"schema", "eventId"})


class BrokenObject(Exception):
    """An object that this project did not write; the message says why."""


@dataclass(frozen=True, slots=True)
class Held:
    """A record that the winner view put aside.

    Attributes:
        key: the object that holds it.
        stream: the name of the stream it came from.
        shard_id: the shard it came from.
        sequence_number: its number there.
        partition_key: the key it was put under.
        arrival: when it came, in seconds since the epoch.
        code: why it was put aside, in short.
        reason: the same as a sentence.
        data: the record in base64, as it came.
        generation: the generation of the views that judged it; None in an object that does not say.

    """

    key: str
    stream: str
    shard_id: str
    sequence_number: int
    partition_key: str
    arrival: float
    code: str
    reason: str
    data: str
    generation: int | None

    @property
    def identity(self) -> str:
        """What the record is called for good."""
        return format_record_identity(self.stream, self.shard_id, self.sequence_number)

    @property
    def arrived(self) -> datetime:
        """When it came."""
        return datetime.fromtimestamp(self.arrival, UTC)

    @property
    def payload(self) -> bytes | None:
        """The record's bytes; None where its data is not base64."""
        try:
            return a2b_base64(self.data, strict_mode=True)
        except (NotBase64, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A batch that Lambda gave up, whole: perhaps half applied (rule 16).

    ``arrival`` is when its first record came, in seconds since the epoch; ``first`` and ``last`` are its
    sequence numbers; ``condition`` is Lambda's word for why.
    """

    key: str
    stream: str
    shard_id: str
    first: int
    last: int
    records: int
    arrival: float
    condition: str

    @property
    def identity(self) -> str:
        """The record's permanent name: its object's, which Lambda writes once."""
        return self.key

    @property
    def arrived(self) -> datetime:
        """When its first record came."""
        return datetime.fromtimestamp(self.arrival, UTC)


Entry = Held | GivenUp


@dataclass(frozen=True, slots=True)
class Copy:
    """What is put on the stream in place of a record.

    ``left_out`` are the fields of the record's envelope that the copy's has no place for; its ``eventId``, where
    it had one, is replaced by the copy's own.
    """

    identity: str
    event_id: str
    partition_key: str
    payload: bytes
    left_out: tuple[str, ...] = ()


def parse_entries(key: str, body: bytes) -> list[Held] | list[GivenUp]:
    """Return what an object of the quarantine holds, in its order.

    Raises:
        BrokenObject: where it is neither of the two kinds that are written there.

    """
    try:
        if key.startswith(BATCHES):
            return [_parse_given_up(key, json.loads(body))]
        held = quarantine.unpack_quarantined(body)
        return [
            Held(
                key=key,
                stream=held.stream,
                shard_id=held.shard_id,
                sequence_number=int(record.sequence_number),
                partition_key=record.partition_key,
                arrival=record.arrival,
                code=record.code,
                reason=record.reason,
                data=record.data,
                generation=held.generation,
            )
            for record in held.records
        ]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenObject(
            f"The object {key} is none that the view or Lambda writes ({type(error).__name__}: {error}): "
            "look at it by hand."
        ) from error


def _parse_given_up(key: str, document: dict[str, Any]) -> GivenUp:
    batch = document["KinesisBatchInfo"]
    return GivenUp(
        key=key,
        stream=str(batch["streamArn"]).rpartition("/")[2],
        shard_id=str(batch["shardId"]),
        first=int(batch["startSequenceNumber"]),
        last=int(batch["endSequenceNumber"]),
        records=int(batch["batchSize"]),
        arrival=datetime.fromisoformat(batch["approximateArrivalOfFirstRecord"]).timestamp(),
        condition=str(document["requestContext"]["condition"]),
    )


def derive_event_id(of: str) -> str:
    """Return the ``eventId`` of a record's copy, always the same."""
    return str(uuid5(NAMESPACE, of))


def build_copy(held: Held) -> Copy | Rejection:
    """Return a record's copy by today's schemas, or why it has none.

    Who acted, when and what it was about stay as they were; only the envelope is ours. So a record can be
    redriven whose data is valid today, or whose envelope was at fault. An envelope of another model than
    version 1's may mean something else by the same fields, and is never read as one of ours.
    """
    payload = held.payload
    if payload is None:
        rejection = events.decode_base64_event(held.data)
        assert isinstance(rejection, Rejection)  # noqa: S101 - what is not base64 is no event
        return rejection
    outcome = events.decode_event(payload)
    try:
        document = parse_strict_json(payload)
    except NotStrictJson as refused:
        return outcome if isinstance(outcome, Rejection) else Rejection(refused.reason, refused.code)
    if not isinstance(document, dict) or not _SAME_MODEL.fullmatch(str(document.get("schema"))):
        return outcome if isinstance(outcome, Rejection) else _never()
    envelope = {name: document[name] for name in _CARRIED if name in document}
    envelope |= {"schema": INGRESS_1_2, "eventId": derive_event_id(held.identity), "redriveOf": held.identity}
    while (violation := find_violation(INGRESS_1_2, envelope)) and violation.pointer in _MAY_BE_LEFT_OUT:
        del envelope[_MAY_BE_LEFT_OUT[violation.pointer]]
    copy = format_compact_json(envelope)
    verdict = events.decode_event(copy)
    if isinstance(verdict, Rejection):
        return verdict
    if len(copy) + len(held.partition_key.encode()) > MAX_RECORD_BYTES:
        return Rejection(
            f"The copy would have more than the {MAX_RECORD_BYTES:,} bytes of a record.", "too-large"
        )
    left_out = tuple(sorted(document.keys() - envelope.keys() - _MINTED))
    return Copy(held.identity, derive_event_id(held.identity), held.partition_key, copy, left_out)


def _never() -> Rejection:
    raise AssertionError("a valid event has one of our envelopes")


def get_event_key(held: Held) -> tuple[str, str] | None:
    """Return the key and event id that an event's two records share.

    None where the producer gave it no id.
    """
    try:
        document = parse_strict_json(held.payload or b"")
    except NotStrictJson:
        return None
    if not isinstance(document, dict) or not str(document.get("schema")).startswith(
        "com.nordstrom/retail-stream-ingress/"
    ):
        return None
    minted = document.get("eventId")
    return (held.partition_key, minted.lower()) if isinstance(minted, str) and minted else None


def parse_copy(payload: bytes) -> tuple[str, str] | None:
    """Return event id and ``redriveOf`` of a copy; None for other records."""
    if b"redriveOf" not in payload:
        return None
    try:
        document = parse_strict_json(payload)
    except NotStrictJson:
        return None
    if not isinstance(document, dict) or document.get("schema") != INGRESS_1_2:
        return None
    return str(document.get("eventId")), str(document.get("redriveOf"))


def deduplicate_records(records: Iterable[Held], live: int) -> list[Held]:
    """Return each record once, in order, however many objects hold it.

    Where several generations put it aside, it is the live one's word that is kept, else the newest's.
    """
    kept: dict[str, Held] = {}
    for held in records:
        before = kept.get(held.identity)
        if before is None or _rank(held, live) > _rank(before, live):
            kept[held.identity] = held
    return sorted(kept.values(), key=lambda held: (held.arrival, held.stream, held.sequence_number))


def _rank(held: Held, live: int) -> tuple[bool, int]:
    return held.generation == live, held.generation or 0
