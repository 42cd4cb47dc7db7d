"""A DynamoDB client that adds up the units that its calls take, as the emulator tells them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

METERED = {
    "put_item": "written",
    "update_item": "written",
    "transact_write_items": "written",
    "get_item": "read",
    "query": "read",
}


class MeteredClient:
    """A DynamoDB client that adds up what its reads and writes consume."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.units = {"read": 0.0, "written": 0.0}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)
        if name not in METERED:
            return operation  # type: ignore[no-any-return]

        def call(**request: Any) -> Any:
            answer = operation(**request, ReturnConsumedCapacity="TOTAL")
            used = answer["ConsumedCapacity"]
            self.units[METERED[name]] += sum(
                each["CapacityUnits"] for each in (used if isinstance(used, list) else [used])
            )
            return answer

        return call
