"""What Step Functions says of an execution, and of its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

RUNNING: Final = frozenset({"RUNNING", "PENDING_REDRIVE"})
"""Statuses of an execution that goes on by itself."""


class Executions(Protocol):
    """The call of Step Functions that looks at an execution."""

    def describe_execution(self, *, executionArn: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Describe an execution."""


def read_status(machine: Executions, machine_arn: str, name: str) -> str | None:
    """Return the status of a machine's execution; ``None`` where there is none."""
    parts = machine_arn.split(":")
    arn = ":".join([*parts[:5], "execution", parts[6], name])
    status: str | None = _describe(machine, arn).get("status")
    return status


def read_ended_input(machine: Executions, detail: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the input of the execution whose end EventBridge told; ``None`` where nothing is known of it.

    The event of an execution with encrypted data may leave its input out.
    """
    given = detail.get("input") or _describe(machine, detail["executionArn"]).get("input")
    ended: dict[str, Any] | None = json.loads(given) if given else None
    return ended


def _describe(machine: Executions, execution_arn: str) -> Mapping[str, Any]:
    """Describe an execution; nothing is known of one that is not there."""
    try:
        described: Mapping[str, Any] = machine.describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return {}
    return described
