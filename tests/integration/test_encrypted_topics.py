"""EventBridge and an encrypted topic, in the emulator: it says for which topic it asks, and not on whose behalf."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.emulator import ministack
from support import bare_emulator

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

pytestmark = pytest.mark.slow

ACCOUNT = ministack.ACCOUNT_ID
OLD = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
"""How modules/encryption-key once held EventBridge to the account."""
NEW = {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{ministack.REGION}:{ACCOUNT}:*"}}
"""How it does (its tests/policy.tftest.hcl)."""
ANOTHERS = {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:us-east-1:444455556666:*"}}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "encrypted-topics") as cloud:
        yield cloud


def key(cloud: Cloud, condition: dict[str, Any]) -> str:
    """Make a key that its account administers, and EventBridge may use under ``condition``."""
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    statements = [
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"},
        {"Principal": {"Service": "events.amazonaws.com"}, "Action": use, "Condition": condition},
    ]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements],
    }
    return str(cloud.client("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"])


def arrived(cloud: Cloud, name: str, **attributes: str) -> list[str]:
    """Send an event to a topic of that name by a rule, and return what a subscriber of the topic gets."""
    sns, sqs, events = (cloud.client(service) for service in ("sns", "sqs", "events"))
    policies = {
        service: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": f"{service}:*", "Resource": "*"}
                ],
            }
        )
        for service in ("sns", "sqs")
    }
    topic = sns.create_topic(Name=name, Attributes={"Policy": policies["sns"], **attributes})["TopicArn"]
    queue = sqs.create_queue(QueueName=name, Attributes={"Policy": policies["sqs"]})["QueueUrl"]
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{cloud.region}:{cloud.account_id}:{name}"
    )
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic}])
    events.put_events(Entries=[{"Source": name, "DetailType": "probe", "Detail": "{}"}])
    received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
    return [json.loads(json.loads(each["Body"])["Message"])["source"] for each in received]


def test_a_source_condition_in_the_keys_policy_drops_the_event(cloud: Cloud) -> None:
    assert arrived(cloud, "old", KmsMasterKeyId=key(cloud, OLD)) == []


def test_a_key_for_the_accounts_topics_lets_it_arrive(cloud: Cloud) -> None:
    assert arrived(cloud, "new", KmsMasterKeyId=key(cloud, NEW)) == ["new"]


def test_a_key_for_another_accounts_topics_does_not(cloud: Cloud) -> None:
    assert arrived(cloud, "another", KmsMasterKeyId=key(cloud, ANOTHERS)) == []


def test_a_topic_that_is_not_encrypted_needs_no_key(cloud: Cloud) -> None:
    assert arrived(cloud, "plain") == ["plain"]
