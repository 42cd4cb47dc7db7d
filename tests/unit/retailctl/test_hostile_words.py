"""Commands that print what others named: state, builds, resources and files with hostile names are text."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from retailctl import cli
from retailctl.artifacts.builds import KeptBuild
from retailctl.delivery import drift, rollback
from retailctl.delivery.drift import DriftReport, Finding
from retailctl.environments import outputs
from retailctl.stream import publish
from support.hostile import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [
    pytest.mark.usefixtures("signals_heard"),
    pytest.mark.parametrize("width", [40, 80]),
    pytest.mark.parametrize(("name", "shown"), NAMES.items()),
]


def run(width: int, *arguments: str) -> tuple[str, str]:
    """Run a command in a terminal of that width; return its stdout and its stderr."""
    done = CliRunner().invoke(cli.app, arguments, env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert not set(done.stdout + done.stderr) & set("\x07\r\x1b\x9b\u202e")
    return done.stdout, done.stderr


def test_outputs(name: str, shown: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"api_url": name, "functions": {name: name}, "zones": [name], "rows": [{name: name}]}
    monkeypatch.setattr(outputs, "find_outputs", lambda *_: values)

    lines = run(width, "outputs")[0].splitlines()

    assert lines[0] == f"api_url  {shown}"
    assert lines[1:3] == ["functions:", f"  {shown}  {shown}"]
    assert lines[-1] == f"  {shown}"
    assert json.loads(run(width, "outputs", "--json")[0]) == values


def test_builds(name: str, shown: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptBuild(name, name, name, {name: name})
    monkeypatch.setattr(rollback, "resolve_target", lambda *_: SimpleNamespace(place=name))
    monkeypatch.setattr(rollback.builds, "list_kept_builds", lambda _: [kept])

    assert run(width, "builds")[0] == f"{shown}  {shown}  {shown}  (present)\n"
    assert json.loads(run(width, "builds", "--json")[0])[0]["build"] == name
    refused = CliRunner().invoke(cli.app, ["rollback", "--to", "abcd"]).exception
    assert name in str(refused)  # what prints the error escapes it


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[DriftReport]:
    """The reports that `drift` makes, one after the other."""
    made: list[DriftReport] = []
    monkeypatch.setattr(drift.package, "build_artifacts", lambda _: None)
    monkeypatch.setattr(drift, "_try_detect_drift", lambda *_: made[0])
    return made


def test_drift(name: str, shown: str, width: int, reports: list[DriftReport]) -> None:
    finding, gone = Finding(name, "update", (name, "x")), Finding(name, "destroy", ())
    reports.append(DriftReport("dev", "now", (finding, gone), (finding,)))

    assert run(width, "drift")[0].splitlines() == [
        f"dev has drifted: {shown}: {shown}, x.",
        f"dev has drifted: {shown} is gone.",
        "dev has pending changes to 1 resource, which are not drift:",
        f"  {shown}: {shown}, x",
    ]


def test_drift_that_could_not_be_checked(
    name: str, shown: str, width: int, reports: list[DriftReport]
) -> None:
    reports.append(DriftReport("dev", "now", error=name))

    _, printed = run(width, "drift")

    in_lines = shown.replace(r"\n", "\n")  # Terraform's errors have lines
    assert printed == f"retailctl: dev could not be checked: {in_lines}\n"


def test_the_look_up(
    name: str, shown: str, width: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    file, shown = Path(name.replace("/", "%")), shown.replace("/", "%")
    file.write_text('{"data": "one", "partitionKey": "k"}\n{"data": "two", "partitionKey": "k"}\n')
    records: Sequence[dict[str, Any]] = [{"PartitionKey": "k", "Data": b"one"}]
    monkeypatch.setattr(publish, "_open_local_stream", lambda *_: (None, name))
    monkeypatch.setattr(publish, "read_stream", lambda *_: records)

    printed, notes = run(width, "publish", str(file), "--look-up")

    assert printed == "Line 1 is on the stream.\nLine 2 is not on the stream.\n"
    assert f"Checking {shown}" in notes
    assert notes.splitlines()[-1].startswith("To send what is missing: `retailctl publish ")
    assert shown in notes.splitlines()[-1]
