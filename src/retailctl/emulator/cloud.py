"""A local cloud that runs: where it is, with which keys, and how to reach it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from retailctl import project
from retailctl.emulator import processes
from retailctl.errors import CloudNotRunning
from retailctl.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retailctl.project import Project

STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Cloud:
    """What `.retail/<name>/state.json` says of a local cloud."""

    name: str
    home: Path
    pid: int
    port: int
    access_key_id: str
    secret_access_key: str
    account_id: str
    region: str
    environments: tuple[str, ...] = ()
    session_token: str = ""
    """Goes with the keys where they are those of a role that was taken on; a cloud's own have none."""

    @property
    def endpoint(self) -> str:
        """Return the address of every AWS service of this cloud."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Return the emulator's log."""
        return self.home / "emulator.log"

    def build_environ(self) -> dict[str, str]:
        """Return the variables with which any AWS tool reaches this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            **({"AWS_SESSION_TOKEN": self.session_token} if self.session_token else {}),
        }

    def client(self, service: str, **settings: Any) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client of ``service`` in this cloud, whatever the ambient AWS settings are.

        Args:
            service: boto3's name of it.
            settings: further ``botocore.config.Config`` settings.

        """
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service, by a name known at run time only
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token or None,
            config=Config(proxies={}, **settings),
        )

    def is_running(self) -> bool:
        """Say whether the emulator of this cloud runs."""
        return any(
            found.pid == self.pid and processes.is_emulator(found, self.home)
            for found in processes.list_processes()
        )

    def save_state(self) -> None:
        """Write `state.json`, readable by its owner only, since it holds the root key."""
        content = {key: value for key, value in asdict(self).items() if key not in {"name", "home"}}
        write_atomically(self.home / STATE, json.dumps(content, indent=2) + "\n", mode=0o600)

    def with_environment(self, environment: str) -> Cloud:
        """Return this cloud with ``environment`` among those applied to it."""
        return replace(self, environments=tuple(sorted({*self.environments, environment})))


def read_cloud(home: Path) -> Cloud | None:
    """Return what `state.json` in ``home`` says, or None where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        content = json.loads((home / STATE).read_text())
        content["environments"] = tuple(content["environments"])
        return Cloud(name=home.name, home=home, **content)
    return None


def load_cloud(cloud: str, in_project: Project | None = None) -> Cloud:
    """Return the running local cloud of that name.

    Raises:
        CloudNotRunning: where it was never started, was stopped or has died.
        UserError: where an earlier version started it.

    """
    home = (in_project or project.find_project()).cloud_folder(cloud)
    found = read_cloud(home)
    command = "make up" if cloud == project.DEFAULT_CLOUD else f"make up CLOUD={cloud}"
    if found is None:
        raise CloudNotRunning(f"The local cloud '{cloud}' is not running: start it with `{command}`.")
    if not found.is_running():
        processes.check_known(home)
        raise CloudNotRunning(
            f"The local cloud '{cloud}' has died (see {project.format_path(found.log)}): "
            f"start it anew with `{command}`."
        )
    return found


def remove_aws_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` without any setting by which an AWS tool could reach some other account."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    bundle = environ.get("AWS_CA_BUNDLE")
    return {**kept, "AWS_CA_BUNDLE": bundle} if bundle else kept
