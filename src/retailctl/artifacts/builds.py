"""Builds: sets of artifacts, identified by hash and kept per environment.

A build is what `make package` writes: a zip for each function and one of the page. Its id is a hash of theirs, so
that the same bytes are the same build whichever commit they come from. An apply keeps its build in the bucket of
the state, under `builds/<environment>/<id>/`, whence a rollback takes it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from retailctl import project
from retailctl.artifacts.package import MANIFEST
from retailctl.aws import list_keys
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailctl.artifacts.package import Files
    from retailctl.environments.target import Target
    from retailctl.project import Project

RECORD = "build.json"
ID_LENGTH = 12
SHORTEST_ID = 4
_NAME = re.compile(r"[0-9a-f]{1,40}")

Hashes = dict[str, str]
"""SHA-256 of each artifact by its file's name."""


def compute_build_id(hashes: Mapping[str, str]) -> str:
    """Return the id of the build that has these artifacts."""
    text = json.dumps(dict(hashes), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def parse_manifest(manifest: bytes, where: str) -> Hashes:
    """Return the artifacts that a manifest names.

    Raises:
        UserError: where it is none.

    """
    try:
        content = json.loads(manifest)
        entries = [*content["functions"].values(), *([content["page"]] if "page" in content else [])]
        return {str(entry["file"]): str(entry["sha256"]) for entry in entries}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{where} is no manifest of artifacts: write it anew with `make package`.") from None


def check_artifacts(files: Files, where: str) -> Hashes:
    """Return the artifacts' hashes after checking them against the manifest.

    Args:
        files: a build's files by name.
        where: they were found, for the message.

    Raises:
        UserError: naming those that are missing or have other bytes.

    """
    if MANIFEST not in files:
        raise UserError(f"There is no {MANIFEST} in {where}: build the artifacts with `make package`.")
    hashes = parse_manifest(files[MANIFEST], f"{where}/{MANIFEST}")
    actual_hashes = {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != MANIFEST
    }
    wrong = describe_differences(hashes, actual_hashes)
    if wrong:
        raise UserError(f"The artifacts in {where} are not those of their manifest: {wrong}.")
    return hashes


def describe_differences(expected: Mapping[str, str], actual: Mapping[str, str]) -> str:
    """Describe how artifacts differ from those expected; "" if they do not."""
    texts = [f"{name} is missing" for name in sorted(expected.keys() - actual.keys())]
    texts += [
        f"{name} has SHA-256 {actual[name][:ID_LENGTH]}…, not {expected[name][:ID_LENGTH]}…"
        for name in sorted(expected.keys() & actual.keys())
        if actual[name] != expected[name]
    ]
    texts += [f"{name} is one too many" for name in sorted(actual.keys() - expected.keys())]
    return "; ".join(texts)


def read_artifacts(in_project: Project) -> tuple[Files, Hashes]:
    """Return the files of the build in `build/artifacts`, and their checked hashes.

    Raises:
        UserError: as ``check_artifacts``.

    """
    folder = in_project.artifacts
    files = {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}
    return files, check_artifacts(files, project.format_path(folder))


def format_current_time() -> str:
    """Return this second, in UTC, as ISO 8601 has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class KeptBuild:
    """A build that an environment has had; ``applied`` is the last time (UTC)."""

    build: str
    commit: str
    applied: str
    artifacts: Hashes


def _prefix(environment: str) -> str:
    return f"builds/{environment}/"


def keep_build(target: Target, files: Files, commit: str) -> KeptBuild:
    """Store a build that has been applied; its record is written last."""
    hashes = check_artifacts(files, "the build to keep")
    kept_build = KeptBuild(compute_build_id(hashes), commit, format_current_time(), hashes)
    s3, bucket, prefix = (
        target.client("s3"),
        target.state_bucket,
        f"{_prefix(target.environment)}{kept_build.build}/",
    )
    for name, content in files.items():  # also where they are there: their days till they expire begin anew
        s3.put_object(Bucket=bucket, Key=prefix + name, Body=content)
    body = json.dumps(asdict(kept_build), indent=2, sort_keys=True).encode()
    s3.put_object(Bucket=bucket, Key=prefix + RECORD, Body=body, ContentType="application/json")
    return kept_build


def _parse_record(content: bytes, where: str) -> KeptBuild:
    try:
        record = KeptBuild(**json.loads(content))
        texts = [record.build, record.commit, record.applied, *record.artifacts, *record.artifacts.values()]
        if all(isinstance(each, str) for each in texts):
            return record
    except (ValueError, TypeError, AttributeError):
        pass
    raise UserError(f"{where} is no record of a build: look who wrote it, and delete it.")


def list_kept_builds(target: Target) -> list[KeptBuild]:
    """Return the builds that the environment has had, the one last applied first."""
    s3, bucket = target.client("s3"), target.state_bucket
    keys = list_keys(s3, bucket, _prefix(target.environment))
    kept_builds = [
        _parse_record(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), f"s3://{bucket}/{key}")
        for key in keys
        if key.endswith(f"/{RECORD}")
    ]
    return sorted(kept_builds, key=lambda kept_build: kept_build.applied, reverse=True)


def check_name(text: str) -> None:
    """Refuse what can name no build.

    Raises:
        UserError: where it is not 1 to 40 hexadecimal digits.

    """
    if not _NAME.fullmatch(text):
        raise UserError(
            f"{text!r} names no build: set TO (or --to) to the first hexadecimal digits of its id or of its "
            "commit, as `make builds` lists them."
        )


def find_build(among: Iterable[KeptBuild], id_prefix: str, environment: str) -> KeptBuild:
    """Return the one build whose id, or else whose commit, begins with ``wanted``.

    Raises:
        UserError: where there is none or more than one, with those that there are.

    """
    builds = list(among)
    matches = [each for each in builds if len(id_prefix) >= SHORTEST_ID and each.build.startswith(id_prefix)]
    matches = matches or [
        each for each in builds if len(id_prefix) >= SHORTEST_ID and each.commit.startswith(id_prefix)
    ]
    if len(matches) == 1:
        return matches[0]
    if not builds:
        raise UserError(f"{environment} has no kept builds: `apply` keeps each build.")
    choices = ", ".join(f"{each.build} ({each.applied})" for each in builds)
    number = "several builds" if matches else "no build"
    raise UserError(f"'{id_prefix}' names {number} of {environment}: take an id of {choices}.")


def read_build_files(target: Target, kept_build: KeptBuild) -> Files:
    """Return the files of a kept build, checked to be what they were.

    Raises:
        UserError: where one is missing or has other bytes.

    """
    s3, bucket, prefix = (
        target.client("s3"),
        target.state_bucket,
        f"{_prefix(target.environment)}{kept_build.build}/",
    )
    names = [key.removeprefix(prefix) for key in list_keys(s3, bucket, prefix)]
    files = {
        name: s3.get_object(Bucket=bucket, Key=prefix + name)["Body"].read()
        for name in names
        if name != RECORD
    }
    where = f"s3://{bucket}/{prefix.rstrip('/')}"
    wrong = describe_differences(kept_build.artifacts, check_artifacts(files, where))
    if wrong or compute_build_id(kept_build.artifacts) != kept_build.build:
        raise UserError(
            f"The build in {where} is not the one that was applied: {wrong or 'its id is another'}."
        )
    return files
