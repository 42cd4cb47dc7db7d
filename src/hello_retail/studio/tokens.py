"""Answers to the machine's callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

OVER: Final = "Over"
"""The error that ends the machine: the product is pictured or given up."""
WITHDRAWN: Final = "Withdrawn"
"""The error of an assignment that is no longer the photographer's."""
LATE: Final = frozenset({"TaskTimedOut", "TaskDoesNotExist"})
"""What Step Functions says when nobody waits for the answer any more."""


class StepFunctions(Protocol):
    """The calls of Step Functions that the studio makes."""

    def send_task_success(self, *, taskToken: str, output: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Answer a callback."""

    def send_task_failure(self, *, taskToken: str, error: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Fail a callback."""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Any:  # noqa: A002, ANN401, N803 - boto3's
        """Start an execution."""

    def describe_execution(self, *, executionArn: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Describe an execution."""


def answer_token(machine: StepFunctions, token: str, output: Mapping[str, Any]) -> bool:
    """Answer a callback; return whether somebody was waiting.

    A late answer is no failure: the machine has gone on, and the table says how.
    """
    try:
        machine.send_task_success(taskToken=token, output=json.dumps(output))
    except ClientError as error:
        return _is_late(error)
    return True


def fail_token(machine: StepFunctions, token: str, error: str) -> bool:
    """Fail a callback by the name of an error; return whether somebody was waiting."""
    try:
        machine.send_task_failure(taskToken=token, error=error)
    except ClientError as refused:
        return _is_late(refused)
    return True


def _is_late(error: ClientError) -> bool:
    """Return False for a late answer; raise every other error."""
    if error.response["Error"]["Code"] in LATE:
        return False
    raise error
