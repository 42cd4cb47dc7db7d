"""The options that many commands share."""

from __future__ import annotations

from typing import Annotated

import typer

CloudName = Annotated[str, typer.Option("--cloud", envvar="RETAIL_CLOUD", help="Which local cloud.")]
EnvironmentName = Annotated[str, typer.Option("--env", envvar="ENV", help="Which environment.")]
