"""A saved plan's record: what it was made from, and whatever is not that is refused."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retailctl.artifacts import builds
from retailctl.delivery import drift, plan_summary, saved_plan
from retailctl.delivery.saved_plan import PlanRecord, State
from retailctl.errors import UserError

AGAIN = "Plan again with `retailctl plan --out x --env prod`."
ARTIFACTS = {"a.zip": "a" * 64, "b.zip": "b" * 64}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan"
    file.write_bytes(b"a plan")
    return file


@pytest.fixture
def record(plan: Path) -> PlanRecord:
    made = PlanRecord(
        environment="dev",
        sha256=saved_plan.hash_plan(plan),
        state=State("lineage", 4),
        artifacts=ARTIFACTS,
        commit="c" * 40,
        made="2026-11-22T12:00:00Z",
        changes={"add": 1, "change": 0, "remove": 0},
    )
    saved_plan.record_file(plan).write_text(made.format_json())
    return made


@pytest.mark.parametrize("state", [State("lineage", 4), None])
def test_a_record_is_read_as_it_was_written(plan: Path, record: PlanRecord, state: State | None) -> None:
    written = replace(record, state=state)
    saved_plan.record_file(plan).write_text(written.format_json())

    assert saved_plan.read_record(plan) == written


def test_the_recorded_plan_with_its_artifacts_is_let_through(plan: Path, record: PlanRecord) -> None:
    saved_plan.check_plan(record, plan, "dev", ARTIFACTS, AGAIN)
    saved_plan.check_state(record, State("lineage", 4), AGAIN)


@pytest.mark.parametrize(
    ("artifacts", "sentence"),
    [
        ({**ARTIFACTS, "a.zip": "f" * 64}, r"a\.zip has SHA-256 ffffffffffff…, not aaaaaaaaaaaa…"),
        ({"a.zip": "a" * 64}, r"b\.zip is missing"),
        ({**ARTIFACTS, "c.zip": "c" * 64}, r"c\.zip is one too many"),
    ],
)
def test_other_artifacts_are_refused_by_name(
    plan: Path, record: PlanRecord, artifacts: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UserError, match=rf"not those of the plan: {sentence}\. Nothing was changed.*{AGAIN}"):
        saved_plan.check_plan(record, plan, "dev", artifacts, AGAIN)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State("lineage", 5), r"from serial 4 of dev's state, which is at 5 now"),
        (State("another", 4), r"from another state of dev"),
        (None, r"from another state of dev"),
    ],
)
def test_another_state_is_refused_in_words(record: PlanRecord, state: State | None, sentence: str) -> None:
    with pytest.raises(UserError, match=f"{sentence}.*{AGAIN}"):
        saved_plan.check_state(record, state, AGAIN)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1, "build": "x", "state": null}'])
def test_what_is_no_record_is_said_to_be_none(plan: Path, record: PlanRecord, content: str) -> None:
    saved_plan.record_file(plan).write_text(content)

    with pytest.raises(UserError, match=r"is not a record of a plan: make it with `retailctl plan"):
        saved_plan.read_record(plan)


def test_a_record_of_another_version_is_refused(plan: Path, record: PlanRecord) -> None:
    content = {**json.loads(record.format_json()), "version": 2}
    saved_plan.record_file(plan).write_text(json.dumps(content))

    with pytest.raises(UserError, match="was written by another version of retailctl"):
        saved_plan.read_record(plan)


def test_a_build_is_known_by_its_bytes_alone() -> None:
    assert builds.compute_build_id(ARTIFACTS) == builds.compute_build_id(dict(reversed(ARTIFACTS.items())))
    assert builds.compute_build_id(ARTIFACTS) != builds.compute_build_id({**ARTIFACTS, "a.zip": "f" * 64})


@pytest.mark.parametrize("content", [b"", None])
def test_a_plan_is_saved_where_nothing_is(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "saved.tfplan"
    if content is not None:
        file.write_bytes(content)

    saved_plan.check_writable(file)


def test_a_stray_out_costs_no_file(tmp_path: Path) -> None:
    plan, other, text = tmp_path / "saved.tfplan", tmp_path / "release.zip", tmp_path / "notes.txt"
    for file, entry in ((plan, "tfplan"), (other, "readme")):
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(entry, "")
    text.write_text("Mine.")

    saved_plan.check_writable(plan)
    for file in (other, text):
        with pytest.raises(UserError, match=r"which OUT \(--out\) names, exists and is not a plan"):
            saved_plan.check_writable(file)


@pytest.mark.parametrize(
    "check", [saved_plan.check_writable, plan_summary.check_writable, drift.check_writable]
)
def test_a_folder_is_refused_before_anything_is_planned(tmp_path: Path, check: Any) -> None:
    with pytest.raises(UserError, match=r"names, is a folder: name a file\."):
        check(tmp_path)


def test_a_stray_summary_or_report_costs_no_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for check in (plan_summary.check_writable, drift.check_writable):
        check(None)
        check(file)
    file.touch()
    for check in (plan_summary.check_writable, drift.check_writable):
        check(file)

    for content in ("Mine.", "[1]", '{"a": 1}'):
        file.write_text(content)
        with pytest.raises(UserError, match=r"SUMMARY \(--summary\) names, exists and is not a summary"):
            plan_summary.check_writable(file)
        with pytest.raises(UserError, match=r"REPORT \(--report\) names, exists and is not a drift report"):
            drift.check_writable(file)

    file.write_text("### dev: no changes\n")
    plan_summary.check_writable(file)
    file.write_text('[{"environment": "dev", "drifted": []}]')
    drift.check_writable(file)
