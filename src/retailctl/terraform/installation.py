"""Find, check and configure the Terraform program.

The configuration says where it gets the AWS provider.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl.errors import UserError
from retailctl.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from retailctl.project import Project

MINIMUM = (1, 11)
INSTALL = "https://developer.hashicorp.com/terraform/install"
PROVIDER = "registry.terraform.io/hashicorp/aws"
_LOCKED_VERSION = re.compile(rf'provider "{re.escape(PROVIDER)}" \{{\s*version\s*=\s*"([^"]+)"')
QUIET = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}
"""Settings that stop Terraform from asking questions, printing advice and checking for updates."""


@lru_cache(maxsize=1)
def find_terraform() -> str:
    """Return the path of a Terraform that is new enough.

    Raises:
        UserError: where there is none.

    """
    wanted = ".".join(map(str, MINIMUM))
    program = shutil.which("terraform")
    if program is None:
        raise UserError(f"Terraform is not installed: put version {wanted} or newer ({INSTALL}) on the PATH.")
    try:
        answer = subprocess.run(  # noqa: S603 - the operator's own Terraform
            [program, "version", "-json"],
            env={name: value for name, value in os.environ.items() if not name.startswith("TF_")} | QUIET,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:  # such as "Exec format error": it was built for another processor
        raise UserError(
            f"{program} does not run on this machine ({error.strerror}): install version {wanted} or newer "
            f"({INSTALL})."
        ) from None
    try:
        version = json.loads(answer.stdout)["terraform_version"]
        number = tuple(int(part) for part in version.split("-")[0].split("."))
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{program} is not a working Terraform: install version {wanted} or newer ({INSTALL})."
        ) from None
    if number < MINIMUM:
        raise UserError(f"Terraform {version} is too old: install version {wanted} or newer ({INSTALL}).")
    return program


def read_locked_version(lock_file: Path) -> str | None:
    """Return the version of the AWS provider that a root's lock file names."""
    match = _LOCKED_VERSION.search(lock_file.read_text()) if lock_file.is_file() else None
    return match[1] if match else None


def list_mirror_bases() -> Iterator[Path]:
    """Yield the folders in which machines without a registry usually keep providers.

    Terraform's implied mirrors, such as `~/.terraform.d/plugins`, are not included: Terraform finds those itself.
    """
    for base in ("/opt", "/srv", "/usr/share", "/usr/local/share", "/usr/local/lib", "/usr/lib", "/var/lib"):
        yield Path(base)
    yield Path.home()


def find_mirror(version: str | None, bases: Iterable[Path]) -> Path | None:
    """Return the first folder that mirrors ``version`` of the provider.

    It is two levels below ``bases`` at most.
    """
    for base in bases:
        for pattern in (PROVIDER, f"*/{PROVIDER}", f"*/*/{PROVIDER}"):
            for folder in sorted(base.glob(pattern)):
                if version is None or any(folder.glob(f"*{version}*")):
                    return folder.parents[2]
    return None


def _has_cli_configuration(environ: Mapping[str, str]) -> bool:
    """Say whether the operator has a Terraform CLI configuration of their own."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named:
        return Path(named).is_file()
    return (Path.home() / ".terraformrc").is_file()


def build_cli_environ(project: Project, environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` with settings for Terraform's provider, without questions.

    The operator's own CLI configuration is used if it exists. Otherwise a local mirror of the provider is used if
    there is one, else the public registry with a cache in the clone.
    """
    result = {**environ, **QUIET}
    if _has_cli_configuration(environ):
        return result
    result.pop("TF_CLI_CONFIG_FILE", None)
    version = read_locked_version(project.app / ".terraform.lock.hcl")
    mirror = find_mirror(version, list_mirror_bases())
    if mirror is not None:
        configuration = project.scratch / "terraform.rc"
        write_atomically(
            configuration,
            "provider_installation {\n"
            f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = ["{PROVIDER}"]\n  }}\n'
            f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n'
            "}\n",
        )
        result["TF_CLI_CONFIG_FILE"] = str(configuration)
    elif "TF_PLUGIN_CACHE_DIR" not in result:
        cache = project.scratch / "providers"
        cache.mkdir(parents=True, exist_ok=True)
        result["TF_PLUGIN_CACHE_DIR"] = str(cache)
    return result


def check_tools() -> None:
    """Check that the required programs are installed and new enough."""
    find_terraform()
