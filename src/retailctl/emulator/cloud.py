"""A running local cloud: its address, its keys, and clients for it."""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config

from retailctl import project
from retailctl.emulator import processes
from retailctl.errors import CloudNotRunning
from retailctl.files import write_atomically
from retailctl.options import DEFAULT_CLOUD, format_make

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retailctl.project import Project

STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Cloud:
    """The contents of a local cloud's `.retail/<name>/state.json`."""

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
    """The session token of an assumed role's keys; the root keys have none."""

    @property
    def endpoint(self) -> str:
        """Return the endpoint URL of all AWS services in this cloud."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Return the emulator's log."""
        return self.home / "emulator.log"

    def build_environ(self) -> dict[str, str]:
        """Return the environment variables that point AWS tools at this cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            **({"AWS_SESSION_TOKEN": self.session_token} if self.session_token else {}),
        }

    def client(self, service: str, **settings: Any) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client of this cloud, whatever the shell's AWS settings.

        Args:
            service: its name in boto3.
            settings: further ``botocore.config.Config`` settings.

        """
        return open_isolated_session().client(
            service,  # type: ignore[call-overload]  # the service is known at run time only
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token or None,
            config=Config(proxies={}, **settings),
        )

    def is_running(self) -> bool:
        """Say whether the emulator of this cloud is running."""
        return any(
            process.pid == self.pid and processes.is_emulator(process, self.home)
            for process in processes.list_processes()
        )

    def save_state(self) -> None:
        """Write `state.json`, readable by its owner only because it contains the root key."""
        content = {key: value for key, value in asdict(self).items() if key not in {"name", "home"}}
        write_atomically(self.home / STATE, json.dumps(content, indent=2) + "\n", mode=0o600)

    def with_environment(self, environment: str) -> Cloud:
        """Return this cloud with ``environment`` added to the applied ones."""
        return replace(self, environments=tuple(sorted({*self.environments, environment})))


@lru_cache(maxsize=1)
def open_isolated_session() -> boto3.Session:
    """Return a boto3 session that reads no AWS variable or file.

    Otherwise a profile that does not exist (AWS_PROFILE) or an AWS_MAX_ATTEMPTS that is no number stops boto3
    before it has sent anything.
    """
    settings = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    settings |= dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return boto3.Session(botocore_session=botocore.session.Session(session_vars=settings))


def read_cloud(home: Path) -> Cloud | None:
    """Return the cloud in ``home``, or None where there is no readable `state.json`."""
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
    running = read_cloud(home)
    command = format_make("up", cloud=cloud)
    if running is None:
        raise CloudNotRunning(f"The local cloud '{cloud}' is not running: start it with `{command}`.")
    if not running.is_running():
        processes.check_known(home)
        raise CloudNotRunning(
            f"The local cloud '{cloud}' has died (see {project.format_path(running.log)}): "
            f"start it again with `{command}`."
        )
    return running


def describe_restart(address: str) -> str:
    """Return how to restart the local cloud at ``address``, a URL or ``host:port``."""
    match = re.search(r":(\d{1,5})\b", address)
    homes = project.find_project().scratch.glob(f"*/{STATE}")
    running = [cloud for home in homes if (cloud := read_cloud(home.parent)) is not None]
    names = [cloud.name for cloud in running if match and cloud.port == int(match[1])]
    command = format_make("up", cloud=names[0] if names else DEFAULT_CLOUD)
    return f"start it again with `{command}`"


def remove_aws_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` without settings that lead to another AWS account."""
    settings = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    bundle = environ.get("AWS_CA_BUNDLE")
    return {**settings, "AWS_CA_BUNDLE": bundle} if bundle else settings
