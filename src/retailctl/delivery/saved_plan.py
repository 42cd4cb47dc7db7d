"""A saved plan and the record beside it: which environment, state and artifacts it was made from.

Terraform's plan file knows its state, and neither its environment's name nor the bytes of the zips, which it only
reads at apply. The record says these, so that another machine can apply exactly that plan with exactly those zips,
and anything else is refused before it is touched.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl import project
from retailctl.artifacts import builds
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailctl.artifacts.builds import Hashes

VERSION = 1


@dataclass(frozen=True, slots=True)
class State:
    """Which state: its lineage is from its first day to its last, its serial counts its changes."""

    lineage: str
    serial: int


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What a plan was made from and for.

    ``sha256`` is the plan file's own, ``state`` None where nothing was applied yet, ``made`` is UTC, and
    ``changes`` counts what is added, changed and removed.
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
        """Return the record as its file holds it."""
        return json.dumps({"version": VERSION, "build": self.build, **asdict(self)}, indent=2) + "\n"


def record_file(plan: Path) -> Path:
    """Return where a plan's record lies."""
    return plan.with_name(f"{plan.name}.json")


def read_record(plan: Path) -> PlanRecord:
    """Return a plan's record.

    Raises:
        UserError: where plan or record are missing, or the record is none of ours.

    """
    file = record_file(plan)
    remake = "make it with `retailctl plan --env <env> --out <file>`, or `make plan OUT=<file>`"
    for each in (plan, file):
        if not each.is_file():
            raise UserError(f"{project.format_path(each)} is missing: a saved plan is two files; {remake}.")
    try:
        content = json.loads(file.read_text())
        if content.pop("version") != VERSION:
            raise UserError(f"{project.format_path(file)} is of another version of retailctl: {remake}.")
        content.pop("build")
        state = content.pop("state")
        return PlanRecord(**content, state=State(**state) if state else None)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{project.format_path(file)} is no record of a plan: {remake}.") from None


def hash_plan(plan: Path) -> str:
    """Return the SHA-256 of a plan file."""
    return hashlib.sha256(plan.read_bytes()).hexdigest()


def check_plan(record: PlanRecord, plan: Path, environment: str, artifacts: Mapping[str, str]) -> None:
    """See that a saved plan is the recorded one, for this environment and these artifacts.

    Raises:
        UserError: where it is not; nothing has been touched then.

    """
    if record.environment != environment:
        raise UserError(
            f"{project.format_path(plan)} is a plan for {record.environment}, not for {environment}: "
            "nothing was changed."
        )
    if record.sha256 != hash_plan(plan):
        raise UserError(
            f"{project.format_path(plan)} is not the plan that its record tells of (its SHA-256 is another): "
            "nothing was changed. Plan anew."
        )
    wrong = builds.describe_differences(record.artifacts, artifacts)
    if wrong:
        raise UserError(
            f"The artifacts here are not those of the plan: {wrong}. Nothing was changed. "
            f"Fetch build {record.build} of commit {record.commit}, or plan anew."
        )


def check_state(record: PlanRecord, state: State | None) -> None:
    """See that the state is still the one that the plan was made from.

    Raises:
        UserError: where it has changed, with by how much.

    """
    if record.state == state:
        return
    if record.state is None or state is None or record.state.lineage != state.lineage:
        raise UserError(
            f"The plan was made from another state of {record.environment} than the one that is there: "
            "nothing was changed. Plan anew."
        )
    raise UserError(
        f"The plan is stale: it was made {record.made} from serial {record.state.serial} of {record.environment}'s "
        f"state, which is at {state.serial} now. Nothing was changed. Plan anew."
    )
