"""The check of state machines finds what it is for, and nothing in a good one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from support.state_machines import find_faults

RETRY = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 5}]
GOOD: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Find",
    "States": {
        "Find": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {"FunctionName": "f", "Payload": {"token": "{% $states.context.Task.Token %}"}},
            "TimeoutSeconds": 900,
            "Retry": RETRY,
            "Catch": [
                {"ErrorEquals": ["Over"], "Next": "Done"},
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {"error": "{% $states.errorOutput.Error %}"},
                    "Next": "Sort",
                },
            ],
            "Next": "Sort",
        },
        "Sort": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $late %}", "Next": "All"}],
            "Default": "Done",
        },
        "All": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Report",
                    "States": {"Report": {"Type": "Task", "Resource": "lambda", "Retry": RETRY, "End": True}},
                }
            ],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def test_a_good_machine_has_no_faults() -> None:
    assert find_faults(GOOD) == []


def test_json_path_says_it_otherwise() -> None:
    find = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 60,
        "Retry": RETRY,
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Done"}],
        "Next": "Done",
    }

    assert find_faults({"StartAt": "Find", "States": {"Find": find, "Done": {"Type": "Succeed"}}}) == []


REMOVED = object()


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("StartAt",), "Begin", "It starts at Begin, which is no state."),
        (("States", "All", "Next"), "Nowhere", "All leads to Nowhere, which is no state."),
        (("States", "Sort", "Default"), "Nowhere", "Sort leads to Nowhere, which is no state."),
        (("States", "Sort", "Choices", 0, "Next"), "Nowhere", "Sort leads to Nowhere, which is no state."),
        (("States", "Find", "Catch", 0, "Next"), "Nowhere", "Find leads to Nowhere, which is no state."),
        (("States", "All", "Next"), REMOVED, "All has neither Next nor End."),
        (("States", "Lost"), {"Type": "Succeed"}, "Lost is never reached."),
        (("States", "Find", "Retry"), REMOVED, "Find is a Task without Retry."),
        (("States", "Find", "Retry"), [{}], "Find is a Task without Retry."),
        (
            ("States", "Find", "TimeoutSeconds"),
            REMOVED,
            "Find waits for a token without a number of seconds as TimeoutSeconds.",
        ),
        (
            ("States", "Find", "TimeoutSeconds"),
            "{% $minutes * 60 %}",
            "Find waits for a token without a number of seconds as TimeoutSeconds.",
        ),
        (
            ("States", "Find", "TimeoutSeconds"),
            True,
            "Find waits for a token without a number of seconds as TimeoutSeconds.",
        ),
        (
            ("States", "Find", "Arguments", "Payload"),
            {"token": "none"},
            "Find waits for a token that it gives nobody.",
        ),
        (
            ("States", "Find", "Catch", 1, "Assign"),
            REMOVED,
            "Find catches every error and forgets which.",
        ),
        (
            ("States", "All", "Branches", 0, "States", "Report", "Retry"),
            REMOVED,
            "All: Report is a Task without Retry.",
        ),
        (("States", "All", "Branches", 0, "StartAt"), "None", "All: It starts at None, which is no state."),
    ],
)
def test_a_fault_is_found(path: tuple[str | int, ...], value: object, fault: str) -> None:
    machine = copy.deepcopy(GOOD)
    inner: Any = machine
    for step in path[:-1]:
        inner = inner[step]
    if value is REMOVED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value

    assert fault in find_faults(machine)
