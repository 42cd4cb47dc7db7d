"""The local cloud: brought up with everything in it, told about, and taken down without a trace."""

from __future__ import annotations

import shlex
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from retailctl import project
from retailctl.artifacts import package
from retailctl.console import note
from retailctl.delivery import page
from retailctl.emulator import cloud as clouds
from retailctl.emulator import ministack, processes
from retailctl.environments import outputs
from retailctl.environments import state as environments_state
from retailctl.environments.target import Target
from retailctl.errors import CloudNotRunning
from retailctl.files import alone
from retailctl.options import CloudName, EnvironmentName
from retailctl.progress import step
from retailctl.project import DEFAULT_CLOUD
from retailctl.terraform import installation, tfvars
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future
    from pathlib import Path
    from types import FrameType

    from retailctl.emulator.cloud import Cloud
    from retailctl.project import Project

_OTHER_SHELL_SETTINGS = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


@contextmanager
def _handling(
    handler: Callable[[int, FrameType | None], object] | signal.Handlers, *numbers: signal.Signals
) -> Iterator[None]:
    """Handle the signals ``numbers`` with ``handler`` for a while."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def terminable() -> AbstractContextManager[None]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does, so that it can put away what it started."""
    return _handling(_interrupt, signal.SIGTERM, signal.SIGHUP)


def _alone(here: Project, name: str) -> AbstractContextManager[None]:
    return alone(
        here,
        f"cloud-{name}",
        or_else=f"Another command is at work on the local cloud '{name}': wait for it, or stop it with Ctrl-C.",
    )


def _clear(home: Path) -> int:
    """End what runs of the cloud in ``home``, remove its folder, and return how many processes there were."""
    ended = processes.stop(home)
    if home.exists():
        shutil.rmtree(home)
    return ended


def bring_up(here: Project, name: str, environment: str, *, keep: bool = False) -> Cloud:
    """Bring the local cloud ``name`` up with ``environment`` applied, whatever was there before, and return it.

    Args:
        here: the clone.
        name: of the local cloud; one that runs is used as it is.
        environment: to apply; those applied before stay.
        keep: leave what was started running, where a later step fails.

    Raises:
        UserError: where a step fails; what was started has been stopped again then.

    """
    here.check_environment(environment)
    installation.program()
    home = here.home(name)
    reached: list[str] = []
    with _alone(here, name), terminable(), ThreadPoolExecutor(max_workers=1) as aside:
        found = _running(home)
        was_running = found is not None
        try:
            if found is None:
                with step(f"Starting the local cloud '{name}'"):
                    found = ministack.start(home, **_account(here, environment))
                reached.append("the emulator is up")
            _fill(Target(here, environment, found), aside, reached)
        except BaseException:
            with _handling(signal.SIG_IGN, signal.SIGINT):  # a second Ctrl-C must not stop the tidying
                _end_unfinished(home, found, reached, stays=was_running or keep)
            raise
        found = found.with_environment(environment)
        found.save()
        return found


def _end_unfinished(home: Path, found: Cloud | None, reached: list[str], *, stays: bool) -> None:
    """Say how far `up` got and, unless the cloud stays, stop what it had started."""
    if found is not None and not found.is_running() and found.log.is_file():
        note(f"The emulator has died. {ministack.last_words(found.log.read_text(errors='replace'))}")
    so_far = ", ".join(reached) or "nothing was done yet"
    if stays:
        note(f"`up` did not finish: {so_far}. The local cloud '{home.name}' stays; `make down` stops it.")
    else:
        _clear(home)
        note(f"`up` did not finish: {so_far}. What it had started is stopped again.")


def _running(home: Path) -> Cloud | None:
    """Return the cloud in ``home`` if it runs; put away what one that died has left."""
    found = clouds.read(home)
    if found is not None and found.is_running():
        return found
    processes.check_known(home)
    if home.exists() or processes.of_cloud(home):
        note(f"The local cloud '{home.name}' had died: putting away what it left, and starting it anew.")
        _clear(home)
    return None


def _fill(target: Target, aside: Executor, reached: list[str]) -> None:
    """Package, make the bucket for the state, apply the environment; note in ``reached`` what is done."""
    bucket: Future[None] | None = None
    if not target.has_state_bucket():
        # The bucket is there in seconds; the provider then waits for a minute to see its lifecycle rules.
        bucket = aside.submit(environments_state.bootstrapped, target)
    package.build(target.project)
    reached.append("the functions are packaged")
    while bucket is not None and not target.has_state_bucket():
        if bucket.done():
            bucket.result()
        time.sleep(0.1)
    workspace = environments_state.initialised(target)
    reached.append("Terraform has its state in the cloud")
    terraform.run_reported(
        workspace, f"Applying {target.environment}", "apply", "-auto-approve", *workspace.arguments
    )
    reached.append(f"{target.environment} is applied")
    found = page.of(target.environment, terraform.outputs(workspace))
    if found is not None:
        page.put_up(target, found)
    if bucket is not None:
        bucket.result()


def _account(here: Project, environment: str) -> dict[str, str]:
    """Return the account and region that the environment's values ask for."""
    values = here.values(environment)
    allowed = tfvars.listed(values, "allowed_account_ids")
    return {
        "region": tfvars.value(values, "region"),
        "account_id": allowed[0] if allowed else ministack.ACCOUNT_ID,
    }


def up(
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    *,
    keep: Annotated[
        bool, typer.Option("--keep", help="Where a step fails, leave running what runs.")
    ] = False,
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Leave what is up as it is.")] = False,
) -> None:
    """Start a local cloud with an environment in it, or bring one that runs up to date; print its outputs."""
    here = project.find()
    if if_needed and _is_up(here, cloud, environment):
        return
    started = time.monotonic()
    found = bring_up(here, cloud, environment, keep=keep)
    note(f"{environment} is up in the local cloud '{cloud}' after {time.monotonic() - started:.0f} s:")
    outputs.show(outputs.read(found, environment))


def _is_up(here: Project, cloud: str, environment: str) -> bool:
    """Say whether the environment is applied to the local cloud, and that runs."""
    try:
        return environment in clouds.load(cloud, here).environments
    except CloudNotRunning:
        return False


def down(
    cloud: CloudName = DEFAULT_CLOUD,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every local cloud of this clone.")] = False,
) -> None:
    """Stop all that a local cloud started, and remove it; also after a crash."""
    here = project.find()
    names = [state.parent.name for state in here.scratch.glob(f"*/{clouds.STATE}")] if every else [cloud]
    for name in names:
        home = here.home(name)
        with _alone(here, name):
            was_there = home.exists()
            ended = _clear(home)
        note(f"The local cloud '{name}' {'is down' if ended or was_there else 'was not running'}.")


def env(cloud: CloudName = DEFAULT_CLOUD) -> None:
    """Print the shell exports with which any AWS tool reaches a local cloud: `eval "$(retailctl env)"`."""
    for name, value in clouds.load(cloud).environ().items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo(f"unset {' '.join(_OTHER_SHELL_SETTINGS)}")
