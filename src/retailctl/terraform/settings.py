"""Which of the shell's Terraform settings have an effect.

None may change what is planned, or where.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = {
    "TF_CLI_CONFIG_FILE",
    "TF_LOG",
    "TF_LOG_CORE",
    "TF_LOG_PATH",
    "TF_LOG_PROVIDER",
    "TF_PLUGIN_CACHE_DIR",
    "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
    "TF_REGISTRY_CLIENT_TIMEOUT",
    "TF_REGISTRY_DISCOVERY_RETRY",
    "TF_VAR_default_branch",
    "TF_VAR_oidc_provider_arn",
    "TF_VAR_permissions_boundary_arn",
}
"""Settings of Terraform's own working, and the variables that docs/ci-roles.md tells to set in the shell."""
_KEPT_PREFIXES = ("TF_CLI_ARGS_", "TF_TOKEN_")
_HARMLESS_OPTIONS = ("-lock=", "-lock-timeout=", "-parallelism=")
"""Options that TF_CLI_ARGS_<subcommand> may add; others could plan something else."""


def select_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``environ`` without settings that would change a plan.

    An environment's values and backend say both. TF_WORKSPACE, TF_DATA_DIR and the TF_VAR_* of another project have
    no effect.

    Raises:
        UserError: where TF_CLI_ARGS adds other options than those that do not matter.

    """
    for name, value in sorted(environ.items()):
        if name == "TF_CLI_ARGS" or name.startswith("TF_CLI_ARGS_"):
            _check_options(name, value)
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("TF_") or name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }


def list_ignored(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the settings that ``select_settings`` leaves out."""
    return sorted(environ.keys() - select_settings(environ).keys())


def _check_options(name: str, value: str) -> None:
    try:
        options = shlex.split(value)
    except ValueError:
        options = [value]
    other = [option for option in options if not option.startswith(_HARMLESS_OPTIONS)]
    if name == "TF_CLI_ARGS" and options:
        other = options
    if other:
        raise UserError(
            f"{name} in this shell would give Terraform the options {' '.join(other)}: unset it. Only "
            f"TF_CLI_ARGS_<subcommand> is accepted, with {', '.join(f'{each}…' for each in _HARMLESS_OPTIONS)}."
        )
