"""`retailctl drift`: detect changes made outside Terraform.

Changes that are not applied yet are listed apart.

After an apply, the state equals what AWS reports (see `apply_saved_plan`). A later difference was made by hand or
by AWS itself: that is drift. A difference between the configuration and the state is a pending change, not drift.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import project
from retailctl.artifacts import builds, package
from retailctl.console import print_document, print_error, print_line, print_note
from retailctl.environments import target as environments_target
from retailctl.environments.state import initialise_workspace
from retailctl.errors import UserError
from retailctl.files import check_overwritable, read_limited, write_atomically
from retailctl.options import DEFAULT_CLOUD, CloudName
from retailctl.terraform import plan_changes
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailctl.environments.target import Target
    from retailctl.terraform.plan_changes import Change

DRIFTED = 2
"""The exit status for drift, as in `terraform plan -detailed-exitcode`."""
FAILED = 1

MOVES_BY_ITSELF = {
    "aws_cloudfront_distribution": {"etag", "in_progress_validation_batches", "last_modified_time", "status"},
    "aws_cognito_user_pool": {"estimated_number_of_users", "last_modified_date"},
    "aws_lambda_function": {"last_modified"},
    "aws_lambda_event_source_mapping": {"last_modified", "last_processing_result", "state_transition_reason"},
    "aws_sns_topic_subscription": {"confirmation_was_authenticated", "pending_confirmation"},
}
"""Attributes that AWS changes by itself, by resource type."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource that differs: how (a word of ``plan_changes.KINDS``), and in which attributes."""

    address: str
    kind: str
    attributes: tuple[str, ...]

    def format_sentence(self) -> str:
        """Return the finding as text."""
        if self.kind == "destroy":
            return f"{self.address} is gone"
        return f"{self.address}: {', '.join(self.attributes) or self.kind}"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The result of a drift check.

    ``drifted`` was changed outside Terraform. ``pending`` is what an apply would change in addition. ``checked`` is
    the time (UTC), and ``error`` the reason why there is no result.
    """

    environment: str
    checked: str
    drifted: tuple[Finding, ...] = ()
    pending: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def status(self) -> int:
        """Return the exit status for this report."""
        return FAILED if self.error else DRIFTED if self.drifted else 0


def parse_drift(environment: str, plan: Mapping[str, Any], checked: str) -> DriftReport:
    """Return the drift in a plan (`terraform show -json`).

    A planned change is pending, unless it reverts a drifted attribute, recreates a deleted resource, or only
    follows from that (its values are known after the apply).
    """
    drifted = tuple(
        _build_findings(_drop_aws_changes(plan_changes.list_drift_changes(plan), _read_types(plan)))
    )
    drifted_by_address = {each.address: each for each in drifted}
    pending = []
    for change in plan_changes.list_planned_changes(plan):
        same = drifted_by_address.get(change.address)
        if same is not None and (same.kind == "destroy" or change.kind == "replace"):
            continue
        others = [
            each
            for each in change.attributes
            if not (drifted and each.is_unknown) and not (same and each.path in same.attributes)
        ]
        if change.kind in {"update", "replace"} and not others:
            continue
        pending.append(Finding(change.address, change.kind, tuple(each.path for each in others)))
    return DriftReport(environment, checked, drifted, tuple(pending))


def _read_types(plan: Mapping[str, Any]) -> dict[str, str]:
    return {each["address"]: each["type"] for each in plan.get("resource_drift", [])}


def _drop_aws_changes(changes: Iterable[Change], types: Mapping[str, str]) -> Iterable[Change]:
    """Yield the changes without the attributes that AWS changes by itself."""
    for change in changes:
        moves = MOVES_BY_ITSELF.get(types[change.address], set())
        left = tuple(each for each in change.attributes if each.path.split(".")[0].split("[")[0] not in moves)
        if left or change.kind != "update":
            yield plan_changes.Change(change.address, change.kind, left)


def _build_findings(changes: Iterable[Change]) -> Iterable[Finding]:
    for change in changes:
        yield Finding(change.address, change.kind, tuple(each.path for each in change.attributes))


def detect_drift(target: Target) -> DriftReport:
    """Return the drift of an environment; nothing is changed.

    Raises:
        UserError: where the check fails.

    """
    workspace = initialise_workspace(target)
    file = workspace.data / "drift.tfplan"
    try:
        terraform.run_with_progress(
            workspace,
            f"Checking {target.environment} for drift",
            "plan",
            "-lock=false",  # it changes nothing, and must not block an apply
            f"-out={file}",
            *workspace.arguments,
        )
        plan = json.loads(terraform.read_command_output(workspace, "show", "-json", str(file)))
    finally:
        file.unlink(missing_ok=True)
    return parse_drift(target.environment, plan, builds.format_current_time())


def format_report(report: DriftReport) -> list[str]:
    """Return a report as lines of text."""
    name = report.environment
    if report.error:
        return [f"{name} could not be checked: {report.error}"]
    lines = [f"{name} has drifted: {each.format_sentence()}." for each in report.drifted]
    if report.pending:
        number = len(report.pending)
        resources = f"{number} resource{'' if number == 1 else 's'}"
        lines.append(f"{name} has pending changes to {resources}, which are not drift:")
        lines += [f"  {each.format_sentence()}" for each in report.pending]
    return lines if report.drifted else [f"{name} has not drifted.", *lines]


def report_drift(
    environment: Annotated[str, typer.Option("--env", envvar="ENV", help="Which environment.")] = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    report: Annotated[
        Path | None,
        typer.Option("--report", envvar="REPORT", help="Write the reports to this file, as JSON."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Check every environment.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON array, one object per environment.")
    ] = False,
) -> None:
    """Detect changes made outside Terraform.

    The exit status is 0 for none, 2 for drift, 1 if the check failed.
    """
    here = project.find_project()
    names = here.environments if every else (here.check_environment(environment),)
    check_writable(report)
    package.build_artifacts(here)
    reports = [_try_detect_drift(name, cloud) for name in names]
    text = json.dumps([asdict(each) for each in reports], indent=2)
    if report is not None:
        write_atomically(report, text + "\n")
    if as_json:
        print_document(text)
    for each in reports:
        for sentence in format_report(each):
            (print_error if each.error else print_note if as_json else print_line)(sentence)
    statuses = {each.status for each in reports}
    raise typer.Exit(FAILED if FAILED in statuses else max(statuses))


def check_writable(report: Path | None) -> None:
    """Check that a report overwrites nothing but an earlier report.

    Raises:
        UserError: where the file holds something else.

    """
    if report is not None:
        check_overwritable(report, "REPORT (--report)", "a drift report", _is_report)


def _is_report(file: Path) -> bool:
    try:
        entries = json.loads(read_limited(file))
    except ValueError:
        return False
    return isinstance(entries, list) and all(isinstance(each, dict) and "drifted" in each for each in entries)


def _try_detect_drift(environment: str, cloud: str | None) -> DriftReport:
    try:
        return detect_drift(environments_target.resolve_target(environment, cloud))
    except UserError as error:
        return DriftReport(environment, builds.format_current_time(), error=str(error))


def read_report(file: Path, environment: str) -> DriftReport:
    """Return an environment's report from a file of `drift --report`.

    Raises:
        UserError: where the file has none.

    """
    try:
        entries = json.loads(read_limited(file))
        (entry,) = [each for each in entries if each["environment"] == environment]
        kinds: dict[str, Any] = {
            key: tuple(
                Finding(each["address"], each["kind"], tuple(each["attributes"])) for each in entry.pop(key)
            )
            for key in ("drifted", "pending")
        }
        return DriftReport(**entry, **kinds)
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{project.format_path(file)} has no report on {environment}: "
            "write it with `retailctl drift --report <file>`."
        ) from None
