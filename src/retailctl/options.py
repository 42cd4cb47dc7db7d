"""The options that many commands share."""

from __future__ import annotations

from typing import Annotated

import typer

InAws = Annotated[bool, typer.Option("--aws", help="In AWS, not in a local cloud.")]

AnyCloud = Annotated[
    str | None,
    typer.Option(
        "--cloud", envvar="RETAIL_CLOUD", help="Which local cloud; without one, real AWS.", show_default="AWS"
    ),
]
Confirmed = Annotated[
    str | None,
    typer.Option("--confirm", envvar="CONFIRM", help="The environment's name, instead of being asked."),
]

CloudName = Annotated[str, typer.Option("--cloud", envvar="RETAIL_CLOUD", help="Which local cloud.")]
EnvironmentName = Annotated[str, typer.Option("--env", envvar="ENV", help="Which environment.")]
