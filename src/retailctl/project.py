"""Where things lie in a clone of the project."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retailctl.errors import UserError
from retailctl.options import AWS

CLOUD_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Project:
    """A clone, by the absolute path of its root."""

    root: Path

    @property
    def version(self) -> str:
        """Return the version that `pyproject.toml` says."""
        return str(tomllib.loads((self.root / "pyproject.toml").read_text())["project"]["version"])

    @property
    def app(self) -> Path:
        """Return the Terraform root that is one environment."""
        return self.root / "terraform" / "app"

    @property
    def bootstrap(self) -> Path:
        """Return the Terraform root that is applied once per account."""
        return self.root / "terraform" / "bootstrap"

    @property
    def web(self) -> Path:
        """Return the sources of the page."""
        return self.root / "src" / "web"

    @property
    def artifacts(self) -> Path:
        """Return the folder of the functions' zips and their manifest."""
        return self.root / "build" / "artifacts"

    @property
    def scratch(self) -> Path:
        """Return the folder for local clouds, Terraform's data and locks.

        None of it is committed.
        """
        return self.root / ".retail"

    @property
    def name(self) -> str:
        """Return what everything of the project in AWS has in its name."""
        return str(self._read_project_file()["project"])

    @property
    def environments(self) -> tuple[str, ...]:
        """Return the names of the environments, in the order in which they are deployed."""
        return tuple(map(str, self._read_project_file()["environments"]))

    def _read_project_file(self) -> dict[str, Any]:
        """Return what `environments/project.json` says.

        Raises:
            UserError: where it does not name the project and its environments.

        """
        file = self.root / "environments" / "project.json"
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(content["project"], str) and isinstance(content["environments"], list):
                return dict(content)
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise UserError(
            f"{format_path(file)} does not name the project and its environments: restore it "
            '(`{"project": "…", "title": "…", "environments": ["…"]}`).'
        )

    def values_file(self, environment: str) -> Path:
        """Return the file of an environment's values."""
        return self.root / "environments" / environment / "terraform.tfvars"

    def backend_file(self, environment: str) -> Path:
        """Return the file of an environment's state backend."""
        return self.root / "environments" / environment / "backend.hcl"

    def cloud_folder(self, cloud: str) -> Path:
        """Return the folder that holds everything of one local cloud.

        Raises:
            UserError: where the name would not do as a folder's.

        """
        if cloud == AWS:
            raise UserError(
                f"This command acts on a local cloud only: leave out --cloud {AWS} (CLOUD={AWS})."
            )
        if not CLOUD_NAME.fullmatch(cloud):
            raise UserError(
                f"{cloud!r} cannot name a local cloud: "
                f"take lower-case letters, digits and hyphens, and not '{AWS}'."
            )
        return self.scratch / cloud

    def check_environment(self, environment: str) -> str:
        """Return ``environment`` where the project has it.

        Raises:
            UserError: naming the environments that there are.

        """
        values = self.values_file(environment)
        if environment in self.environments:
            if values.is_file():
                return environment
            raise UserError(
                f"environments/project.json lists {environment}, and {format_path(values)} is missing: add it, or "
                "take the name off the list."
            )
        if CLOUD_NAME.fullmatch(environment) and values.is_file():
            raise UserError(
                f"{format_path(values.parent)} is not in the list of environments/project.json: add its name there."
            )
        known = ", ".join(self.environments) or "none yet"
        raise UserError(f"There is no environment {environment!r}: set ENV (or --env) to one of {known}.")


def find_project() -> Project:
    """Return the clone to work in: RETAIL_ROOT, or the installed one.

    Raises:
        UserError: where that is no clone.

    """
    root = Path(os.environ.get("RETAIL_ROOT") or Path(__file__).parents[2]).resolve()
    if not (root / "pyproject.toml").is_file():
        raise UserError(
            "retailctl works in a clone of the project only: clone it and run `make setup` there."
        )
    _keep_private(Project(root).scratch)
    return Project(root)


def _keep_private(folder: Path) -> None:
    """Make a folder private: it holds keys, states and plans."""
    with contextlib.suppress(OSError):  # a clone that cannot be written to has no such folder
        folder.mkdir(mode=0o700, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) != 0o700:  # noqa: PLR2004 - permissions are octal
            folder.chmod(0o700)


def format_path(path: Path) -> str:
    """Return ``path`` as a person would type it here."""
    try:
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
    except FileNotFoundError:  # the working directory was deleted
        return str(path)
