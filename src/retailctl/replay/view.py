"""A generation of a view in AWS: tables, function and mapping."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.event_log import watermark
from retailctl.aws import FAILURES
from retailctl.errors import UserError
from retailctl.replay.fold import NotTaken

if TYPE_CHECKING:
    from retailctl.environments.target import Target
    from retailctl.replay.replayed import ReplayedView

_WATERMARK = re.compile(r"w(\d+)")


@dataclass(frozen=True, slots=True)
class View:
    """One generation of a view, with its function, mapping and tables."""

    replayed: ReplayedView
    number: int
    function: str
    mapping: str
    tables: Mapping[str, str]

    @classmethod
    def from_outputs(
        cls, outputs: Mapping[str, Any], number: int, target: Target, replayed: ReplayedView
    ) -> View:
        """Return a generation from the root outputs.

        Raises:
            UserError: where it does not exist.

        """
        standing = outputs.get(replayed.view.standing, {})
        generation = standing.get(str(number))
        if generation is None:
            raise UserError(
                f"There is no generation {number} (there are: {', '.join(sorted(standing)) or 'none'}): create it "
                f"with `{replayed.format_command(target, f'prepare {number}')}`."
            )
        tables = {name: str(generation[name]) for name in replayed.view.tables}
        return cls(replayed, number, generation["function"], generation["mapping"], tables)


class Views:
    """The views of an environment in AWS or in a local cloud."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._dynamodb = target.client("dynamodb")
        self._lambda = target.client("lambda", read_timeout=120)

    def read_contents(self, view: View) -> Any:  # noqa: ANN401 - each view has its own
        """Return a generation's contents for its view's ``count`` and ``compare``."""
        return view.replayed.read(self._dynamodb, view.tables)

    def is_empty(self, view: View) -> bool:
        """Say whether all tables are empty."""
        return not any(
            self._dynamodb.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]
            for table in view.tables.values()
        )

    def read_watermarks(self, view: View) -> dict[int, int]:
        """Return, by shard index, the last sequence number that any item includes."""
        table = view.tables[view.replayed.marks_table]
        marks: dict[int, int] = {}
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                for name, value in item.items():
                    match = _WATERMARK.fullmatch(name)
                    if match:
                        index = int(match[1])
                        marks[index] = max(marks.get(index, 0), watermark.decode_watermark(value["B"]))
        return marks

    def read_mapping_state(self, view: View) -> str:
        """Return the mapping's state, such as Enabled, Disabling or Disabled."""
        return str(self._lambda.get_event_source_mapping(UUID=view.mapping)["State"])

    def follow_stream(self, view: View, seconds: float = 300) -> None:
        """Enable the mapping, from the stream's oldest record, and wait.

        Raises:
            UserError: where it is not enabled in time.

        """
        self._lambda.update_event_source_mapping(UUID=view.mapping, Enabled=True)
        deadline = time.monotonic() + seconds
        while self.read_mapping_state(view) != "Enabled":
            if time.monotonic() > deadline:
                raise UserError(
                    f"The mapping of generation {view.number} is not enabled after {seconds:.0f} s."
                )
            time.sleep(1)

    def read_code_hash(self, view: View) -> str:
        """Return the base64 SHA-256 of the function's zip."""
        configuration = self._lambda.get_function_configuration(FunctionName=view.function, Qualifier="live")
        return str(configuration["CodeSha256"])

    def invoke_function(self, view: View, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call the function with a batch of a shard; return its response.

        Raises:
            NotTaken: where it raises, times out or is not reached.

        """
        try:
            answer = self._lambda.invoke(
                FunctionName=view.function, Qualifier="live", Payload=json.dumps(event).encode()
            )
            payload = answer["Payload"].read()
        except FAILURES as error:
            raise NotTaken(str(error)) from error
        if answer.get("FunctionError"):
            raise NotTaken(f"it failed: {payload.decode(errors='replace')[:300]}")
        result: Mapping[str, Any] = json.loads(payload)
        return result


def hash_zip(zip_bytes: bytes) -> str:
    """Return the SHA-256 of a zip in Lambda's format."""
    return base64.b64encode(hashlib.sha256(zip_bytes).digest()).decode()


def list_lagging_shards(
    newest: Mapping[str, int | None], marks: Mapping[int, int], replayed: ReplayedView
) -> list[str]:
    """Return a sentence for each shard that the view lags on."""
    return [
        f"{shard_id} has {replayed.newest} at {number} that is not {replayed.place} yet."
        for shard_id, number in sorted(newest.items())
        if number is not None and marks.get(int(shard_id.rpartition("-")[2]), 0) < number
    ]
