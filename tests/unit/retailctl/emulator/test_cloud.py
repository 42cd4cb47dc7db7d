"""A local cloud's record, and how its services are reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retailctl.emulator import cloud
from retailctl.errors import CloudNotRunning
from retailctl.project import Project
from support.miniature import a_cloud, write


def test_what_is_saved_is_read_again(clone: Project) -> None:
    saved = a_cloud(clone)
    saved.save_state()

    assert cloud.read_cloud(saved.home) == saved
    assert (saved.home / "state.json").stat().st_mode & 0o777 == 0o600
    assert "name" not in json.loads((saved.home / "state.json").read_text())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"environments": 1}', '{"environments": [], "odd": 1}'])
def test_a_state_that_cannot_be_read_is_none(clone: Project, content: str) -> None:
    write(clone.cloud_folder("local"), {"state.json": content})

    assert cloud.read_cloud(clone.cloud_folder("local")) is None


def test_a_cloud_that_was_never_started_or_has_died_names_the_remedy(clone: Project) -> None:
    with pytest.raises(CloudNotRunning, match="'local' is not running: start it with `make up`"):
        cloud.load_cloud("local")
    with pytest.raises(CloudNotRunning, match="`make up CLOUD=two`"):
        cloud.load_cloud("two")
    a_cloud(clone).save_state()
    with pytest.raises(CloudNotRunning, match=r"'local' has died \(see .*emulator\.log\)"):
        cloud.load_cloud("local", clone)


def test_its_client_reaches_it_whatever_the_ambient_settings(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.example")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")

    client = a_cloud(clone).client("kinesis", read_timeout=5)

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.config.proxies == {}
    assert client.meta.config.read_timeout == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_PROFILE", "another-project"),
        ("AWS_MAX_ATTEMPTS", "abc"),
        ("AWS_RETRY_MODE", "odd"),
        ("AWS_DEFAULTS_MODE", "odd"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_CONFIG_FILE", "broken"),
    ],
)
def test_aws_settings_of_another_project_have_no_effect(
    clone: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    (tmp_path / "broken").write_text("no [ini")
    cloud.open_isolated_session.cache_clear()
    expected = a_cloud(clone).client("kinesis").meta
    cloud.open_isolated_session.cache_clear()
    monkeypatch.setenv(name, str(tmp_path / value) if name == "AWS_CONFIG_FILE" else value)

    client = a_cloud(clone).client("kinesis")

    assert client.meta.endpoint_url == expected.endpoint_url
    assert client.meta.config.retries == expected.config.retries
    cloud.open_isolated_session.cache_clear()
