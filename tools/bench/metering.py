"""What DynamoDB calls consume, read by a hook in botocore."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel

_WRITES = frozenset({"UpdateItem", "PutItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
_REQUEST = "retailctl_request"


@dataclass(slots=True)
class Meter:
    """Capacity units and calls since the last ``reset``. Threads may share it.

    ``unmetered`` are the operations that did not ask what they consume: with any, the sums are too low. The
    emulator does not tell it of BatchGetItem even when asked; those units are computed as AWS bills them, for
    items of at most 4 KB: one per key, half of that where the read is not strongly consistent.
    """

    write_units: float = 0.0
    read_units: float = 0.0
    calls: int = 0
    unmetered: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def attach(self, emitter: Any) -> None:  # noqa: ANN401 - boto3 sessions and clients alike have one
        """Meter the DynamoDB clients of an emitter: ``session.events``, ``client.meta.events``."""
        emitter.register("before-parameter-build.dynamodb", self._before_call)
        emitter.register("after-call.dynamodb", self._after_call)

    def reset(self) -> None:
        """Begin at nought again."""
        self.write_units = self.read_units = 0.0
        self.calls = 0
        self.unmetered.clear()

    def _before_call(self, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
        context[_REQUEST] = params

    def _after_call(
        self, parsed: Mapping[str, Any], model: OperationModel, context: Mapping[str, Any], **_: object
    ) -> None:
        operation, request = model.name, context[_REQUEST]
        if operation not in _WRITES | _READS:
            return
        consumed = parsed.get("ConsumedCapacity")
        entries = consumed if isinstance(consumed, list) else [consumed] if consumed else []
        units = sum(float(entry["CapacityUnits"]) for entry in entries)
        if operation == "BatchGetItem" and not entries and "Error" not in parsed:
            units = _batch_read_units(request, parsed)
        refused = parsed.get("Error", {}).get("Code") == "ConditionalCheckFailedException"
        with self._lock:
            self.calls += 1
            if operation in _WRITES:
                self.write_units += (
                    1.0 if refused else units
                )  # refused writes are billed; ours are below 1 KB
            else:
                self.read_units += units
            if request.get("ReturnConsumedCapacity", "NONE") == "NONE":
                self.unmetered.add(operation)


def _batch_read_units(request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    unread = answer.get("UnprocessedKeys", {})
    return sum(
        (len(table_request["Keys"]) - len(unread.get(table, {}).get("Keys", ())))
        * (1.0 if table_request.get("ConsistentRead") else 0.5)
        for table, table_request in request["RequestItems"].items()
    )


@dataclass(slots=True)
class CallLog:
    """The parameters of the calls of one operation that clients make: ``dynamodb.Query``, say."""

    operation: str
    calls: list[dict[str, Any]] = field(default_factory=list)

    def attach(self, emitter: Any) -> None:  # noqa: ANN401 - boto3 sessions and clients alike have one
        """Listen to the clients of an emitter: ``session.events``, ``client.meta.events``."""
        emitter.register(f"provide-client-params.{self.operation}", self._before_call)

    def _before_call(self, params: Mapping[str, Any], **_: object) -> None:
        self.calls.append(dict(params))
