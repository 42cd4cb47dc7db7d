"""What AWS refuses and the emulator would take, by itself; tests/integration has it in a running one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retailctl.emulator.refusals import (
    find_account_fault,
    find_cache_policy_fault,
    is_beyond_tier,
    lets_eventbridge_send,
)

ACCOUNT = "111122223333"
HERE = f"us-east-1:{ACCOUNT}"
KEEPS_NOTHING = {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
BARE = {
    "EnableAcceptEncodingGzip": False,
    "EnableAcceptEncodingBrotli": False,
    "HeaderBehavior": "none",
    "CookieBehavior": "none",
    "QueryStringBehavior": "none",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EnableAcceptEncodingGzip", True),
        ("EnableAcceptEncodingBrotli", True),
        ("HeaderBehavior", "whitelist"),
        ("CookieBehavior", "all"),
        ("QueryStringBehavior", "all"),
    ],
)
def test_a_policy_that_keeps_nothing_has_nothing_in_its_key(name: str, value: object) -> None:
    set_to = {**BARE, name: value}

    assert find_cache_policy_fault({**KEEPS_NOTHING, "Parameters": set_to}) == name
    assert find_cache_policy_fault({**KEEPS_NOTHING, "MaxTTL": 1, "Parameters": set_to}) == ""


def test_a_policy_that_keeps_nothing_is_right_where_it_asks_for_nothing() -> None:
    assert find_cache_policy_fault({**KEEPS_NOTHING, "Parameters": BARE}) == ""
    assert find_cache_policy_fault({"MinTTL": 0}) == ""


def test_a_tier_decides_over_one_flow_only() -> None:
    assert is_beyond_tier("LITE", ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"])
    assert not is_beyond_tier("LITE", ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"])
    assert not is_beyond_tier("ESSENTIALS", ["ALLOW_USER_AUTH"])


@pytest.mark.parametrize(
    ("username", "name", "refused"),
    [
        ("渡辺-1@example.com", "Grace B. M. Hopper", None),
        ("x" * 128, "x" * 2048, None),
        ("x" * 129, "x", ("InvalidParameterException", "'username' must have length")),
        ("a b", "x", ("InvalidParameterException", "'username' must satisfy the pattern")),
        ("a\x1b", "x", ("InvalidParameterException", "'username' must satisfy the pattern")),
        ("x", "x" * 2049, ("InvalidParameterException", "'userAttributes' must have length")),
        ("x", "\udcff", ("SerializationException", "not valid Unicode")),
    ],
)
def test_an_account_s_texts_are_what_cognito_takes(
    username: str, name: str, refused: tuple[str, str] | None
) -> None:
    fault = find_account_fault({"Username": username, "UserAttributes": [{"Name": "name", "Value": name}]})

    if refused is None:
        assert fault is None
    else:
        assert fault is not None
        assert fault[0] == refused[0]
        assert refused[1] in fault[1]
    assert find_account_fault({"UserPoolId": "x"}) is None


@pytest.mark.parametrize(
    ("condition", "lets"),
    [
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{HERE}:*"}}, True),
        ({"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{HERE}:other"}}, False),
    ],
    ids=str,
)
def test_eventbridge_says_for_which_topic_and_not_on_whose_behalf(
    condition: dict[str, Any], *, lets: bool
) -> None:
    use = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
        "Condition": condition,
    }

    assert lets_eventbridge_send(json.dumps({"Statement": [use]}), f"arn:aws:sns:{HERE}:topic") is lets
