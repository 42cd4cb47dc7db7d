"""A saved plan and the record beside it.

The record has the environment, state and artifacts that it was made from.

Terraform's plan file identifies its state, but not the environment or the bytes of the zips, which Terraform
reads at apply. The record adds these, so that another machine can apply exactly that plan with exactly those
zips, and anything else is refused before a change is made.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl import project
from retailctl.artifacts import builds
from retailctl.errors import UserError
from retailctl.files import check_overwritable, read_limited

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailctl.artifacts.builds import Hashes

VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """A version of a state: its lineage, and a serial that counts changes."""

    lineage: str
    serial: int


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What a plan was made from.

    ``sha256`` is the hash of the plan file. ``state`` is None where nothing was applied yet. ``made`` is in UTC.
    ``changes`` counts the resources to add, change and remove.
    """

    environment: str
    sha256: str
    state: State | None
    artifacts: Hashes
    commit: str
    made: str
    changes: Mapping[str, int]

    @property
    def build(self) -> str:
        """Return the id of the build that the plan is for."""
        return builds.compute_build_id(self.artifacts)

    def format_json(self) -> str:
        """Return the content of the record's file."""
        return json.dumps({"version": VERSION, "build": self.build, **asdict(self)}, indent=2) + "\n"


def record_file(plan: Path) -> Path:
    """Return the path of a plan's record."""
    return Path(f"{plan}.json")  # with_name() refuses a path without a name, such as "/"


def check_writable(plan: Path) -> None:
    """Check that saving a plan overwrites nothing but an earlier plan.

    OUT is a common name: one that was meant for another program must not cost a file.

    Raises:
        UserError: where the file holds something else.

    """
    check_overwritable(plan, "OUT (--out)", "a plan", _is_plan)


def _is_plan(file: Path) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return "tfplan" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def read_record(plan: Path) -> PlanRecord:
    """Return a plan's record.

    Raises:
        UserError: where the plan or its record is missing or not valid.

    """
    file = record_file(plan)
    remedy = "make it with `retailctl plan --env <env> --out <file>`, or `make plan OUT=<file>`"
    for each in (plan, file):
        if not each.is_file():
            raise UserError(f"{project.format_path(each)} is missing. A saved plan is two files: {remedy}.")
    try:
        content = json.loads(read_limited(file))
        if content.pop("version") != VERSION:
            raise UserError(
                f"{project.format_path(file)} was written by another version of retailctl: {remedy}."
            )
        content.pop("build")
        state = content.pop("state")
        return PlanRecord(**content, state=State(**state) if state else None)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{project.format_path(file)} is not a record of a plan: {remedy}.") from None


def hash_plan(plan: Path) -> str:
    """Return the SHA-256 of a plan file."""
    return hashlib.sha256(plan.read_bytes()).hexdigest()


def check_plan(
    record: PlanRecord, plan: Path, environment: str, artifacts: Mapping[str, str], remedy: str
) -> None:
    """Check that a saved plan matches its record, this environment and these artifacts.

    ``remedy`` is a sentence that says how to plan again.

    Raises:
        UserError: where it does not; nothing has been changed then.

    """
    if record.environment != environment:
        raise UserError(
            f"{project.format_path(plan)} is a plan for {record.environment}, not for {environment}: "
            "nothing was changed."
        )
    if record.sha256 != hash_plan(plan):
        raise UserError(
            f"{project.format_path(plan)} does not match its record (another SHA-256): "
            f"nothing was changed. {remedy}"
        )
    wrong = builds.describe_differences(record.artifacts, artifacts)
    if wrong:
        raise UserError(
            f"The artifacts here are not those of the plan: {wrong}. Nothing was changed. "
            f"Fetch build {record.build} of commit {record.commit}. {remedy}"
        )


def check_state(record: PlanRecord, state: State | None, remedy: str) -> None:
    """Check that the state is still the one that was planned.

    ``remedy`` is a sentence that says how to plan again.

    Raises:
        UserError: where it has changed.

    """
    if record.state == state:
        return
    if record.state is None or state is None or record.state.lineage != state.lineage:
        raise UserError(
            f"The plan was made from another state of {record.environment} than the present one: "
            f"nothing was changed. {remedy}"
        )
    raise UserError(
        f"The plan is stale: it was made {record.made} from serial {record.state.serial} of {record.environment}'s "
        f"state, which is at {state.serial} now. Nothing was changed. {remedy}"
    )
