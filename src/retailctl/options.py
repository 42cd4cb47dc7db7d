"""Options that many commands share: where to act, what to confirm.

A command acts on one environment (``--env``) in one place (``--cloud``): a local cloud, unless AWS is named.
"""

from __future__ import annotations

from typing import Annotated

import typer

from retailctl.errors import UserError

AWS = "aws"
"""What ``--cloud`` says for AWS itself. No local cloud has this name."""
DEFAULT_CLOUD = "local"
DEFAULT_ENVIRONMENT = "dev"
NAME_AWS = {"apply", "bootstrap", "builds", "destroy", "drift", "plan", "rollback", "smoke"}
"""The Makefile's targets that name AWS where CLOUD is not set."""

CloudName = Annotated[
    str, typer.Option("--cloud", envvar="RETAIL_CLOUD", help=f"Which local cloud; {AWS!r} for AWS itself.")
]
LocalCloudName = Annotated[str, typer.Option("--cloud", envvar="RETAIL_CLOUD", help="Which local cloud.")]
EnvironmentName = Annotated[str, typer.Option("--env", envvar="ENV", help="Which environment.")]
Confirmed = Annotated[
    str | None,
    typer.Option("--confirm", envvar="CONFIRM", help="The environment's name, instead of being asked."),
]
InAws = Annotated[
    bool, typer.Option("--aws", help=f"The same as --cloud {AWS}, which replaces it.", hidden=True)
]


def check_text(option: str, text: str) -> str:
    """Return an option's value after checking that it is text.

    Raises:
        UserError: where it holds bytes that are not UTF-8, which no API of AWS takes.

    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UserError(f"{option} {text!r} holds bytes that are not UTF-8: give it as text.") from None
    return text


def choose_cloud(cloud: str, *, aws: bool) -> str:
    """Return the cloud that ``--cloud`` and the earlier ``--aws`` name together.

    Raises:
        UserError: where they name two.

    """
    if aws and cloud not in {AWS, DEFAULT_CLOUD}:
        raise UserError(
            f"--aws and --cloud {cloud} name two places: give --cloud {AWS}, or --cloud {cloud} alone."
        )
    return AWS if aws else cloud


def format_retailctl(command: str, environment: str = "", cloud: str = DEFAULT_CLOUD) -> str:
    """Return a retailctl command that acts in the named place."""
    words = [f"retailctl {command}"]
    words += [f"--cloud {cloud}"] if cloud != DEFAULT_CLOUD else []
    words += [f"--env {environment}"] if environment not in {"", DEFAULT_ENVIRONMENT} else []
    return " ".join(words)


def format_make(target: str, environment: str = "", cloud: str = DEFAULT_CLOUD) -> str:
    """Return a make target that acts in the named place.

    Targets in ``NAME_AWS`` act in AWS without CLOUD.
    """
    words = [f"make {target}"]
    words += [f"CLOUD={cloud}"] if cloud != (AWS if target in NAME_AWS else DEFAULT_CLOUD) else []
    words += [f"ENV={environment}"] if environment not in {"", DEFAULT_ENVIRONMENT} else []
    return " ".join(words)
