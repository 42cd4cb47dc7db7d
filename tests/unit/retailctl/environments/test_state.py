"""The lock of a state in a local cloud: released where nobody holds it any more, and never taken from a run."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from retailctl.emulator.cloud import Cloud
from retailctl.environments import state
from retailctl.environments.target import Target
from support.miniature import miniature

LOCK = {"ID": "6f2a", "Who": f"ada@{socket.gethostname()}", "Created": "2026-11-20T10:00:00Z"}
KEY = {"Bucket": "miniature-state", "Key": "miniature/dev/terraform.tfstate.tflock"}


class Bucket:
    """An S3 client of a bucket with a lock in it, or without."""

    def __init__(self, lock: Mapping[str, Any] | None) -> None:
        self.lock = lock
        self.deleted: list[dict[str, str]] = []

    def get_object(self, **where: str) -> dict[str, Any]:
        assert where == KEY
        if self.lock is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(json.dumps(self.lock).encode())}

    def delete_object(self, **where: str) -> None:
        self.deleted.append(where)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    clone = miniature(tmp_path)
    cloud = Cloud("local", clone.cloud_folder("local"), 1, 4566, "AKIA1", "secret", "0" * 12, "us-east-1")
    return Target(clone, "dev", cloud)


def release(
    target: Target, bucket: Bucket, runs: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> bool:
    monkeypatch.setattr(Target, "client", lambda _self, _service: bucket)
    monkeypatch.setattr(state, "list_terraform_runs", lambda: [(None, environ) for environ in runs])
    return state.release_stale_lock(target)


def data_of(target: Target, environment: str) -> str:
    return str(replace(target, environment=environment).build_app_workspace().data)


def test_a_lock_that_no_run_holds_is_released_with_a_sentence(
    target: Target, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = Bucket(LOCK)
    others = [
        {},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "TF_DATA_DIR": data_of(target, "prod")},
    ]

    assert release(target, bucket, others, monkeypatch)
    assert bucket.deleted == [KEY]
    assert (
        "held the lock of dev in the local cloud 'local' since 2026-11-20T10:00:00Z"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_run_that_may_hold_the_lock_keeps_it(
    target: Target, monkeypatch: pytest.MonkeyPatch, *, by_hand: bool
) -> None:
    bucket = Bucket(LOCK)
    data = {} if by_hand else {"TF_DATA_DIR": data_of(target, "dev")}

    assert not release(target, bucket, [{"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", **data}], monkeypatch)
    assert bucket.deleted == []


def test_without_a_lock_and_in_aws_nothing_is_done(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not release(target, Bucket(None), [], monkeypatch)
    assert not release(replace(target, cloud=None), Bucket(LOCK), [], monkeypatch)


def test_a_lock_of_another_machine_is_left_alone(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket({**LOCK, "Who": "ada@elsewhere"})

    assert not release(target, bucket, [], monkeypatch)
    assert bucket.deleted == []
