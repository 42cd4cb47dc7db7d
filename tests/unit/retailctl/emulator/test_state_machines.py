"""What the emulator is told about state machines, by itself; tests/integration has it in a running one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retailctl.emulator import execution_roles, state_machines

HERE = "us-east-1:111122223333"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:photos"
KEY = f"arn:aws:kms:{HERE}:key/1"


def trust(**conditions: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "states.amazonaws.com"},
        "Condition": conditions,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_a_token_is_known_by_its_machine_until_too_many_came_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state_machines, "KEPT_TOKENS", 2)
    for token in ("first", "second", "third"):
        state_machines.remember_token(token, MACHINE)

    known = [state_machines.find_machine_of_token(each) for each in ("first", "second", "third", "none")]

    assert known == ["", MACHINE, MACHINE, ""]


def test_the_event_of_an_encrypted_machine_says_how_it_ended_and_not_with_what() -> None:
    detail = {"name": "p1", "status": "FAILED", "input": "{}", "output": None, "error": "E", "cause": "c"}

    assert state_machines.hide_data(detail) == {
        "name": "p1",
        "status": "FAILED",
        **dict.fromkeys(("input", "output", "error", "cause")),
        "inputDetails": {"included": False},
        "outputDetails": {"included": False},
    }


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        ({"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": KEY}}, KEY),
        ({"encryptionConfiguration": {"type": "AWS_OWNED_KEY"}}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_machines_key_is_the_one_it_is_encrypted_with(resource: dict[str, Any] | None, key: str) -> None:
    assert state_machines.find_key(resource) == key


@pytest.mark.parametrize(
    ("policy", "lets_in"),
    [
        (trust(), True),
        (trust(ArnLike={"aws:SourceArn": MACHINE}, StringEquals={"aws:SourceAccount": "111122223333"}), True),
        (trust(ArnLike={"aws:SourceArn": f"{MACHINE}-2"}), False),
        (trust(StringEquals={"aws:SourceAccount": "444455556666"}), False),
        (trust().replace("states.", "lambda."), False),
        ("", False),
    ],
)
def test_a_role_lets_step_functions_in_for_the_machine_that_its_trust_names(
    policy: str, lets_in: bool
) -> None:
    assert state_machines.lets_step_functions_in(policy, MACHINE) is lets_in


def test_failed_events_take_finding_the_bucket_and_writing_below_the_functions_name() -> None:
    bucket = "arn:aws:s3:::failures"

    assert execution_roles.find_destination_permissions(bucket, "desk") == [
        ("ListBucket", bucket),
        ("PutObject", f"{bucket}/aws/lambda/async/desk/event"),
    ]
    assert execution_roles.find_destination_permissions(f"arn:aws:sqs:{HERE}:failures", "desk") == []


@pytest.mark.parametrize("name", ["p1", "a.b-c_d+e=f@g!h'i(j)k", "ü", "x" * 80])
def test_an_execution_can_have_a_name_of_80_characters(name: str) -> None:
    assert state_machines.is_execution_name(name)


@pytest.mark.parametrize(
    "name", ["", "x" * 81, *(f"x{each}x" for each in '<>{}[]?*"#%\\^|~`$&,;:/ \t\n\0\x7f\ud800\uffff')]
)
def test_an_execution_can_have_no_other_name(name: str) -> None:
    assert not state_machines.is_execution_name(name)
