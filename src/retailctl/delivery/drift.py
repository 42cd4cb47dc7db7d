"""`retailctl drift`: what somebody changed past Terraform, told from what waits to be applied.

The state that an apply leaves says what AWS says (see `delivery.applied`). What differs from it later was changed
by hand, or by AWS itself: that is drift. What the configuration wants otherwise is another thing: a change that
waits for its apply, and no drift.
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
from retailctl.files import write_atomically
from retailctl.options import DEFAULT_CLOUD, CloudName
from retailctl.terraform import plan_changes
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailctl.environments.target import Target
    from retailctl.terraform.plan_changes import Change

DRIFTED = 2
"""The exit status where an environment has drifted, as of `terraform plan -detailed-exitcode`."""
FAILED = 1

MOVES_BY_ITSELF = {
    "aws_cloudfront_distribution": {"etag", "in_progress_validation_batches", "last_modified_time", "status"},
    "aws_cognito_user_pool": {"estimated_number_of_users", "last_modified_date"},
    "aws_lambda_function": {"last_modified"},
    "aws_lambda_event_source_mapping": {"last_modified", "last_processing_result", "state_transition_reason"},
    "aws_sns_topic_subscription": {"confirmation_was_authenticated", "pending_confirmation"},
}
"""What AWS changes in resources that nobody touches: by type, the attributes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource that differs: what became of it, in a word of ``plan_changes.KINDS``, and the attributes."""

    address: str
    kind: str
    attributes: tuple[str, ...]

    def format_sentence(self) -> str:
        """Return it in words."""
        if self.kind == "destroy":
            return f"{self.address} is gone"
        return f"{self.address}: {', '.join(self.attributes) or self.kind}"


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What a look at an environment found.

    ``drifted`` is what was changed past Terraform, ``pending`` what the configuration would change beside setting
    that right, ``checked`` when (UTC), and ``error`` why there is no finding.
    """

    environment: str
    checked: str
    drifted: tuple[Finding, ...] = ()
    pending: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def status(self) -> int:
        """Return the exit status that tells of it."""
        return FAILED if self.error else DRIFTED if self.drifted else 0


def parse_drift(environment: str, plan: Mapping[str, Any], checked: str) -> DriftReport:
    """Return what a plan (`terraform show -json`) says of drift.

    What a plan would do is pending unless it sets a drifted attribute back, makes anew what is gone, or only
    follows from that (its values are known after the apply).
    """
    drifted = tuple(_findings(_drop_aws_changes(plan_changes.list_drift_changes(plan), _types(plan))))
    touched = {each.address: each for each in drifted}
    pending = []
    for change in plan_changes.list_planned_changes(plan):
        own = touched.get(change.address)
        if own is not None and (own.kind == "destroy" or change.kind == "replace"):
            continue
        rest = [
            each
            for each in change.attributes
            if not (drifted and each.is_unknown) and not (own and each.path in own.attributes)
        ]
        if change.kind in {"update", "replace"} and not rest:
            continue
        pending.append(Finding(change.address, change.kind, tuple(each.path for each in rest)))
    return DriftReport(environment, checked, drifted, tuple(pending))


def _types(plan: Mapping[str, Any]) -> dict[str, str]:
    return {each["address"]: each["type"] for each in plan.get("resource_drift", [])}


def _drop_aws_changes(changes: Iterable[Change], types: Mapping[str, str]) -> Iterable[Change]:
    """Yield the changes without what AWS changes by itself."""
    for change in changes:
        moves = MOVES_BY_ITSELF.get(types[change.address], set())
        left = tuple(each for each in change.attributes if each.path.split(".")[0].split("[")[0] not in moves)
        if left or change.kind != "update":
            yield plan_changes.Change(change.address, change.kind, left)


def _findings(changes: Iterable[Change]) -> Iterable[Finding]:
    for change in changes:
        yield Finding(change.address, change.kind, tuple(each.path for each in change.attributes))


def detect_drift(target: Target) -> DriftReport:
    """Return what has drifted in an environment, changing nothing.

    Raises:
        UserError: where it cannot be told.

    """
    workspace = initialise_workspace(target)
    file = workspace.data / "drift.tfplan"
    try:
        terraform.run_with_progress(
            workspace,
            f"Looking at {target.environment}",
            "plan",
            "-lock=false",  # it changes nothing, and must not be in the way of who does
            f"-out={file}",
            *workspace.arguments,
        )
        shown = json.loads(terraform.read_command_output(workspace, "show", "-json", str(file)))
    finally:
        file.unlink(missing_ok=True)
    return parse_drift(target.environment, shown, builds.format_current_time())


def format_report(report: DriftReport) -> list[str]:
    """Return a report in sentences."""
    name = report.environment
    if report.error:
        return [f"{name} could not be checked: {report.error}"]
    lines = [f"{name} has drifted: {each.format_sentence()}." for each in report.drifted]
    if report.pending:
        number = len(report.pending)
        resources = f"{number} resource{'' if number == 1 else 's'}"
        lines.append(f"{name} waits for an apply of {resources}, which is no drift:")
        lines += [f"  {each.format_sentence()}" for each in report.pending]
    return lines if report.drifted else [f"{name} has not drifted.", *lines]


def report_drift(
    environment: Annotated[str, typer.Option("--env", envvar="ENV", help="Which environment.")] = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    report: Annotated[
        Path | None, typer.Option("--report", envvar="REPORT", help="Write what was found here, as JSON.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every environment that there is.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="As a JSON array, one object per environment.")
    ] = False,
) -> None:
    """Tell what was changed past Terraform: exit status 0 for nothing, 2 for drift, 1 where it cannot be told."""
    here = project.find_project()
    names = here.environments if every else (here.check_environment(environment),)
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


def _try_detect_drift(environment: str, cloud: str | None) -> DriftReport:
    try:
        return detect_drift(environments_target.resolve_target(environment, cloud))
    except UserError as error:
        return DriftReport(environment, builds.format_current_time(), error=str(error))


def read_report(file: Path, environment: str) -> DriftReport:
    """Return the report of an environment that `drift --report` wrote.

    Raises:
        UserError: where there is none.

    """
    try:
        entries = json.loads(file.read_text())
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
            f"{project.format_path(file)} is no report of {environment}: "
            "write it with `retailctl drift --report <file>`."
        ) from None
