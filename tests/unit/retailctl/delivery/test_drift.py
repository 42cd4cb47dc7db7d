"""Drift: what was changed past Terraform, told from what waits for an apply."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from retailctl.delivery import drift
from retailctl.delivery.drift import DriftReport, Finding
from retailctl.errors import UserError

WHEN = "2026-11-22T12:00:00Z"
FUNCTION = "module.api.aws_lambda_function.this"
ALIAS = "module.api.aws_lambda_alias.live"


def entry(
    address: str, *actions: str, before: Any = None, after: Any = None, **change: Any
) -> dict[str, Any]:
    kind = address.split(".")[-2]
    change |= {"actions": list(actions), "before": before, "after": after}
    return {"address": address, "type": kind, "mode": "managed", "change": change}


def found(outside: list[dict[str, Any]], planned: list[dict[str, Any]]) -> DriftReport:
    return drift.parse_drift("dev", {"resource_drift": outside, "resource_changes": planned}, WHEN)


BY_HAND = entry(FUNCTION, "update", before={"memory_size": 512}, after={"memory_size": 640})
BACK = entry(FUNCTION, "update", before={"memory_size": 640}, after={"memory_size": 512})


def test_an_environment_as_its_state_has_it_has_not_drifted() -> None:
    report = found([], [])

    assert (report.drifted, report.pending, report.status) == ((), (), 0)
    assert drift.format_report(report) == ["dev has not drifted."]


def test_a_change_by_hand_is_named_by_address_and_attribute_and_nothing_is_pending() -> None:
    report = found([BY_HAND], [BACK])

    assert report.drifted == (Finding(FUNCTION, "update", ("memory_size",)),)
    assert report.pending == ()
    assert report.status == 2
    assert drift.format_report(report) == [f"dev has drifted: {FUNCTION}: memory_size."]


def test_what_the_configuration_wants_otherwise_waits_and_is_no_drift() -> None:
    report = found([], [entry(FUNCTION, "update", before={"timeout": 1}, after={"timeout": 2})])

    assert (report.drifted, report.status) == ((), 0)
    assert report.pending == (Finding(FUNCTION, "update", ("timeout",)),)


def test_the_same_resource_may_have_drifted_in_one_attribute_and_wait_in_another() -> None:
    both = entry(
        FUNCTION,
        "update",
        before={"memory_size": 640, "timeout": 1},
        after={"memory_size": 512, "timeout": 2},
    )
    report = found([BY_HAND], [both])

    assert report.drifted[0].attributes == ("memory_size",)
    assert report.pending == (Finding(FUNCTION, "update", ("timeout",)),)


def test_what_was_deleted_by_hand_is_gone_and_its_making_anew_is_not_pending() -> None:
    report = found(
        [entry(FUNCTION, "delete", before={"memory_size": 512})],
        [entry(FUNCTION, "create", after={"memory_size": 512})],
    )

    assert report.pending == ()
    assert drift.format_report(report) == [f"dev has drifted: {FUNCTION} is gone."]


def test_what_only_follows_from_setting_drift_right_is_not_pending() -> None:
    follows = entry(ALIAS, "update", before={"version": "1"}, after={}, after_unknown={"version": True})

    assert found([BY_HAND], [BACK, follows]).pending == ()
    assert found([], [follows]).pending == (Finding(ALIAS, "update", ("version",)),)


def test_what_the_configuration_does_not_set_has_drifted_too() -> None:
    role = "module.api.aws_iam_role.this"
    by_hand = entry(role, "update", before={"inline_policy": []}, after={"inline_policy": [{"name": "more"}]})

    assert found([by_hand], []).drifted == (Finding(role, "update", ("inline_policy",)),)


def test_what_aws_changes_by_itself_is_no_drift() -> None:
    pool = "module.players.aws_cognito_user_pool.this"
    joined = entry(
        pool, "update", before={"estimated_number_of_users": 1}, after={"estimated_number_of_users": 2}
    )

    assert found([joined], []).drifted == ()


def test_a_provider_s_null_for_empty_is_no_drift() -> None:
    assert found([entry(FUNCTION, "update", before={"tags": None}, after={"tags": {}})], []).drifted == ()


def test_an_error_is_neither_drift_nor_its_absence() -> None:
    report = DriftReport("dev", WHEN, error="AWS said no.")

    assert report.status == 1
    assert drift.format_report(report) == ["dev could not be checked: AWS said no."]


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    report, file = found([BY_HAND], [BACK]), tmp_path / "report.json"
    file.write_text(json.dumps([asdict(report), asdict(DriftReport("prod", WHEN))]))

    assert drift.read_report(file, "dev") == report


@pytest.mark.parametrize("content", ["", "[]", "{}", '[{"environment": "dev"}]'])
def test_what_is_no_report_is_said_to_be_none(content: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(content)

    with pytest.raises(UserError, match=r"has no report on dev: write it with `retailctl drift --report"):
        drift.read_report(file, "dev")
