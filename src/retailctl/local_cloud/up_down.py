"""`retailctl up`, `down` and `env`: start, stop and describe a local cloud."""

from __future__ import annotations

import shlex
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import interrupts, project
from retailctl.artifacts import package
from retailctl.console import print_line, print_note
from retailctl.delivery import page
from retailctl.emulator import cloud as clouds
from retailctl.emulator import ministack, processes
from retailctl.environments import outputs
from retailctl.environments import state as environments_state
from retailctl.environments.target import Target, check_shell
from retailctl.errors import CloudNotRunning
from retailctl.files import hold_lock
from retailctl.options import DEFAULT_CLOUD, EnvironmentName, LocalCloudName, format_make, format_retailctl
from retailctl.progress import show_progress
from retailctl.terraform import installation, tfvars
from retailctl.terraform import workspace as terraform
from retailctl.terraform.runs import end_orphaned_runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor, Future
    from contextlib import AbstractContextManager
    from pathlib import Path

    from retailctl.emulator.cloud import Cloud
    from retailctl.project import Project

_OTHER_SHELL_SETTINGS = ("AWS_PROFILE", "AWS_SESSION_TOKEN")


def _lock_cloud(here: Project, name: str) -> AbstractContextManager[None]:
    return hold_lock(
        here,
        f"cloud-{name}",
        or_else=f"Another command is using the local cloud '{name}': wait for it, or stop it with Ctrl-C.",
    )


def _remove_cloud(home: Path) -> int:
    """End a cloud's processes and remove its folder; return their number."""
    ended = processes.end_cloud_processes(home)
    if home.exists():
        shutil.rmtree(home)
    return ended


def bring_up_cloud(here: Project, name: str, environment: str, *, keep: bool = False) -> Cloud:
    """Apply ``environment`` in a running local cloud and return that.

    It starts the cloud ``name`` if that is not running.

    Args:
        here: the clone.
        name: the name of the local cloud.
        environment: the environment to apply; those applied before stay.
        keep: do not stop a new cloud where a later step fails.

    Raises:
        UserError: where a step fails; a new cloud has been stopped then.

    """
    here.check_environment(environment)
    check_shell()
    installation.find_terraform()
    home = here.cloud_folder(name)
    done: list[str] = []
    with _lock_cloud(here, name), ThreadPoolExecutor(max_workers=1) as aside:
        cloud = _find_running_cloud(home)
        if cloud is not None and _is_half_applied(Target(here, environment, cloud)):
            print_note(f"The new local cloud '{name}' was left unfinished: starting it again.")
            _remove_cloud(home)
            cloud = None
        was_running = cloud is not None
        try:
            if cloud is None:
                with show_progress(f"Starting the local cloud '{name}'"):
                    cloud = ministack.start_emulator(home, **_account(here, environment))
                done.append("the emulator is up")
            _apply_environment(Target(here, environment, cloud), aside, done)
            cloud = cloud.with_environment(environment)
            cloud.save_state()
        except BaseException:
            with interrupts.defer_interrupts():  # a second Ctrl-C must not stop the clean-up
                _end_unfinished(home, cloud, done, stays=was_running or keep)
            raise
        return cloud


def _is_half_applied(target: Target) -> bool:
    """Say whether Terraform was killed before a first apply had ended.

    What it had created may not be in its state. The next run would find that it already exists.
    """
    if target.cloud is None or target.cloud.environments:
        return False
    if not target.has_state_bucket():
        return True
    end_orphaned_runs(target.build_app_workspace().data)
    return environments_state.release_stale_lock(target)


def _end_unfinished(home: Path, cloud: Cloud | None, done: list[str], *, stays: bool) -> None:
    """Print how far `up` got and, unless the cloud stays, stop it."""
    if cloud is not None and not cloud.is_running() and cloud.log.is_file():
        last_words = ministack.format_log_tail(cloud.log.read_text(errors="replace"))
        print_note(f"The emulator has died. {last_words}", has_lines=True)
    so_far = ", ".join(done) or "nothing was done yet"
    if stays:
        print_note(
            f"`up` did not finish: {so_far}. The local cloud '{home.name}' stays; "
            f"`{format_make('down', cloud=home.name)}` stops it."
        )
    else:
        _remove_cloud(home)
        print_note(f"`up` did not finish: {so_far}. What it had started has been stopped.")


def _find_running_cloud(home: Path) -> Cloud | None:
    """Return the running cloud in ``home``; remove the remains of a dead one."""
    cloud = clouds.read_cloud(home)
    if cloud is not None and ministack.await_health(cloud):
        return cloud
    processes.check_known(home)
    if home.exists() or processes.list_cloud_processes(home):
        print_note(f"The local cloud '{home.name}' had died: removing its remains and starting it again.")
        _remove_cloud(home)
    return None


def _apply_environment(target: Target, aside: Executor, done: list[str]) -> None:
    """Package, create the state bucket and apply; add steps to ``done``."""
    bucket: Future[None] | None = None
    if not target.has_state_bucket():
        # The bucket exists after seconds; the provider then waits a minute for its lifecycle rules.
        bucket = aside.submit(environments_state.apply_bootstrap, target)
    package.build_artifacts(target.project)
    done.append("the functions are packaged")
    while bucket is not None and not target.has_state_bucket():
        if bucket.done():
            bucket.result()
        time.sleep(0.1)
    workspace = environments_state.initialise_workspace(target)
    done.append("Terraform has its state in the cloud")
    terraform.run_with_progress(
        workspace, f"Applying {target.environment}", "apply", "-auto-approve", *workspace.arguments
    )
    done.append(f"{target.environment} is applied")
    environment_page = page.find_page(target.environment, terraform.read_root_outputs(workspace))
    if environment_page is not None:
        page.deploy_page(target, environment_page)
    if bucket is not None:
        bucket.result()


def _account(here: Project, environment: str) -> dict[str, str]:
    """Return the account and region in the environment's values."""
    values = here.values_file(environment)
    allowed = tfvars.read_list_value(values, "allowed_account_ids")
    return {
        "region": tfvars.read_value(values, "region"),
        "account_id": allowed[0] if allowed else ministack.ACCOUNT_ID,
    }


def start_local_cloud(
    cloud: LocalCloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the cloud running where a step fails.")] = False,
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Do nothing if it is up.")] = False,
) -> None:
    """Start or update a local cloud with an environment; print what comes next."""
    here = project.find_project()
    if if_needed and _is_up(here, cloud, environment):
        return
    started = time.monotonic()
    running = bring_up_cloud(here, cloud, environment, keep=keep)
    seconds = time.monotonic() - started
    print_note(f"{environment} is up in the local cloud '{cloud}' after {seconds:.0f} s.")
    for line in describe_next_steps(outputs.read_local_outputs(running, environment), cloud, environment):
        print_line(line)


def describe_next_steps(values: Mapping[str, Any], cloud: str, environment: str) -> list[str]:
    """Return what a person may want next.

    It has the addresses, and the commands with what they need to act there.
    """
    steps = {
        "The page": values.get("page_url"),
        "The API": values.get("api_url"),
        "Add a user": f".venv/bin/{format_retailctl('users add --name Grace', environment, cloud)}",
        "Play": format_make("play", environment, cloud),
        "All outputs": f".venv/bin/{format_retailctl('outputs', environment, cloud)}",
        "Stop": format_make("down", cloud=cloud),
    }
    return [f"  {title:<12} {step}" for title, step in steps.items() if step]


def _is_up(here: Project, cloud: str, environment: str) -> bool:
    """Say whether the local cloud is running with the environment applied."""
    try:
        return environment in clouds.load_cloud(cloud, here).environments
    except CloudNotRunning:
        return False


def stop_local_cloud(
    cloud: LocalCloudName = DEFAULT_CLOUD,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every local cloud of this clone.")] = False,
) -> None:
    """Stop a local cloud and remove it, also after a crash."""
    here = project.find_project()
    names = [state.parent.name for state in here.scratch.glob(f"*/{clouds.STATE}")] if every else [cloud]
    for name in names:
        home = here.cloud_folder(name)
        with _lock_cloud(here, name):
            was_there = home.exists()
            ended = _remove_cloud(home)
        print_note(f"The local cloud '{name}' {'is down' if ended or was_there else 'was not running'}.")


def print_exports(cloud: LocalCloudName = DEFAULT_CLOUD) -> None:
    """Print shell exports for AWS tools: `eval "$(retailctl env)"`."""
    for name, value in clouds.load_cloud(cloud).build_environ().items():
        print_line(f"export {name}={shlex.quote(value)}")
    print_line(f"unset {' '.join(_OTHER_SHELL_SETTINGS)}")
