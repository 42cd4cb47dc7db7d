"""What protects an environment is lifted before a destroy, or that is refused before anything changes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from retailctl.delivery.destroy import refuse_protected, remove_protection
from retailctl.errors import UserError

RESOURCES: list[dict[str, Any]] = [
    {"type": "aws_dynamodb_table", "values": {"name": "scores", "deletion_protection_enabled": True}},
    {"type": "aws_dynamodb_table", "values": {"name": "trending", "deletion_protection_enabled": False}},
    {
        "type": "aws_cognito_user_pool",
        "values": {"name": "players", "id": "pool-1", "deletion_protection": "ACTIVE"},
    },
    {"type": "aws_s3_bucket", "values": {"bucket": "archive"}},
    {"type": "aws_s3_bucket", "values": {"bucket": "site", "force_destroy": True}},
]


class Place:
    """Where an environment is: what was done to it, and whether its archive holds an object."""

    def __init__(self, *, is_local: bool = True, is_full: bool = False) -> None:
        self.cloud = object() if is_local else None
        self.is_full = is_full
        self.done: list[tuple[str, Any]] = []

    def client(self, service: str) -> Any:
        versions = [{"Key": "k", "VersionId": "1"}] if self.is_full else []
        paginator = SimpleNamespace(paginate=lambda **_: [{"Versions": versions}])
        return {
            "s3": SimpleNamespace(
                list_object_versions=lambda **_: {"Versions": versions},
                get_paginator=lambda _: paginator,
                delete_objects=lambda Bucket, Delete: self.done.append(("emptied", Bucket)),
            ),
            "dynamodb": SimpleNamespace(update_table=lambda **asked: self.done.append(("table", asked))),
            "cognito-idp": SimpleNamespace(
                update_user_pool=lambda **asked: self.done.append(("pool", asked))
            ),
        }[service]


def lift(place: Any, *, asked: bool) -> None:
    remove_protection(place, RESOURCES, asked=asked)


def test_what_is_protected_and_full_is_lifted_and_emptied_where_it_is_asked_for() -> None:
    place = Place(is_full=True)

    lift(place, asked=True)

    assert place.done == [
        ("emptied", "archive"),
        ("table", {"TableName": "scores", "DeletionProtectionEnabled": False}),
        ("pool", {"UserPoolId": "pool-1", "DeletionProtection": "INACTIVE"}),
    ]


def test_what_is_protected_stays_where_it_is_not_asked_for() -> None:
    place = Place()

    with pytest.raises(UserError) as refusal:
        lift(place, asked=False)
    assert str(refusal.value) == (
        "These tables are protected against deletion: scores. These user pools are protected against deletion: "
        "players. If they are to go, add LIFT_PROTECTION=1 (--lift-protection)."
    )
    assert place.done == []


def test_a_full_bucket_in_aws_is_for_its_owner_to_empty() -> None:
    place = Place(is_local=False, is_full=True)

    with pytest.raises(UserError, match=r"^These buckets contain objects: archive\."):
        lift(place, asked=True)
    assert place.done == []


def test_nothing_protected_is_nothing_to_refuse() -> None:
    refuse_protected({"tables": [], "user pools": []})
