"""The executions of a state machine: which run, start one, stop one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

ALIAS = "live"
_NOT_RUNNING = frozenset({"ExecutionDoesNotExist", "ValidationException"})
"""What Step Functions says when it is to stop what does not run."""


@dataclass(frozen=True, slots=True)
class Executions:
    """The executions of one machine, which are started by its alias, as the functions start them."""

    client: Any
    machine_arn: str

    def list_running(self) -> frozenset[str]:
        """Return the names of the executions that run, whatever version they were started with."""
        pages = self.client.get_paginator("list_executions").paginate(
            stateMachineArn=self.machine_arn, statusFilter="RUNNING"
        )
        return frozenset(execution["name"] for page in pages for execution in page["executions"])

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Start an execution; one of that name that runs or ran is a start that was made before."""
        try:
            self.client.start_execution(
                stateMachineArn=f"{self.machine_arn}:{ALIAS}",
                name=name,
                input=json.dumps(given),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def stop(self, name: str, cause: str) -> bool:
        """Stop an execution; return whether it ran."""
        parts = self.machine_arn.split(":")
        arn = ":".join([*parts[:5], "execution", parts[6], name])
        try:
            self.client.stop_execution(executionArn=arn, error="Stopped", cause=cause)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_RUNNING:
                raise
            return False
        return True
