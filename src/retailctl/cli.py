"""`retailctl`: the operator's command line.

A command is a plain function, typed with Typer's annotations, in the module of its topic; its entry in
``COMMANDS`` registers it, in the order that `--help` shows.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from retailctl import (
    bench,
    canary,
    cost,
    delivery,
    demo,
    drift,
    environments,
    github,
    local,
    outputs,
    package,
    play,
    publish,
    quarantine,
    release,
    replay,
    second_factor,
    smoke,
    terraform,
    users,
    validate,
    winners,
)
from retailctl.console import complain
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS: tuple[Callable[..., Any], ...] = (
    package.package,
    local.up,
    local.down,
    outputs.outputs,
    local.env,
    publish.publish,
    play.play,
    winners.winners,
    demo.demo,
    bench.bench,
    cost.cost,
    environments.bootstrap,
    delivery.plan,
    delivery.apply,
    smoke.smoke,
    drift.drift,
    delivery.rollback,
    environments.destroy,
    terraform.tools,
    validate.validate,
    release.release,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _retailctl() -> None:
    """Hello, Retail! for its operator: package, local cloud, Terraform, play."""


for _command in COMMANDS:
    app.command()(_command)
app.add_typer(canary.app, name="canary")
app.add_typer(quarantine.app, name="quarantine")
app.command("builds")(delivery.list_builds)
app.command("environments")(delivery.list_environments)
app.command("plan-comment")(github.plan_comment)
app.command("drift-issue")(github.drift_issue)
app.add_typer(replay.app, name="replay")
users.app.command("second-factor")(second_factor.second_factor)
app.add_typer(users.app, name="users")
_site = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Put up the page.")
_site.command("deploy")(environments.deploy_site)
app.add_typer(_site, name="site")


@_site.callback()
def _site_commands() -> None:
    """Keep `deploy` a command of its own, though it is the only one."""


def main() -> None:
    """Run the command line; what the operator can mend is one sentence on stderr and exit status 1."""
    try:
        app()
    except (UserError, ClientError, BotoCoreError) as error:
        complain(explained(error))
        sys.exit(1)


def explained(error: Exception) -> str:
    """Return what went wrong in words, with what would do."""
    if isinstance(error, ClientError):
        code, words = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        return (
            f"AWS refused {error.operation_name} ({code}): {words.rstrip('.') or 'it does not say why'}. "
            "`aws sts get-caller-identity` says whose credentials these are."
        )
    if isinstance(error, (NoConnection, HTTPClientError)):
        return (
            f"AWS, or the local cloud in its place, does not answer ({error}): try again, or see `make up`."
        )
    if isinstance(error, BotoCoreError):
        return f"AWS cannot be asked: {str(error).rstrip('.')}. See the AWS variables of this shell."
    return str(error)
