"""No interruption breaks anything: after each, the same command works, and the local cloud's log is still there."""

from __future__ import annotations

import os
import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.emulator import processes
from support.command import wait_for
from support.interruptions import KILL_ALL, World, send

SEED = int(os.environ.get("RETAIL_SEED") or random.SystemRandom().randrange(10**6))
"""RETAIL_SEED=<seed> draws the same moments again; whether they hit the same instruction is up to the machine."""
ROUNDS = 200
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch ${path.module}/applying; exec sleep 100" }
}
"""
SHARDS = 10


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    someone = World(tmp_path, SEED + getattr(request, "param", 0))
    print(f"RETAIL_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails
    yield someone
    print(someone.figures)  # noqa: T201 - as above, or with -rP
    processes.end_cloud_processes(someone.project.cloud_folder("local"))


@pytest.mark.slow
def test_what_is_interrupted_works_when_it_is_run_again(world: World) -> None:
    world.go_round()


@pytest.mark.nightly
@pytest.mark.parametrize("world", range(SHARDS), indirect=True)
def test_each_long_command_survives_200_interruptions(world: World) -> None:
    for _ in range(ROUNDS // SHARDS):
        world.go_round()


@pytest.mark.slow
def test_a_lock_that_is_held_is_refused_and_the_command_that_is_printed_releases_it(world: World) -> None:
    operator = world.operator
    operator.do("up")
    slow = operator.project.app / "slow.tf"
    slow.write_text(SLOW)
    holder = operator.start("apply", "--confirm", "dev")
    wait_for((operator.project.app / "applying").exists, holder)

    refused = operator.run("apply", "--confirm", "dev")
    assert refused.returncode == 1
    assert "The state is locked" in refused.stderr
    (command,) = re.findall(r"release the lock with `retailctl (unlock .*?)`", refused.stderr)
    assert (
        "does not confirm releasing the lock of dev"
        in operator.run(*shlex.split(command), "--confirm", "prod").stderr
    )

    holder.kill()  # Terraform goes on, and is ended in order by the next command
    holder.communicate()
    slow.unlink()
    released = operator.run(*shlex.split(command), "--confirm", "dev")
    assert "still runs for a command that was killed" in released.stderr
    operator.do("apply", "--confirm", "dev")


@pytest.mark.slow
def test_the_lock_of_a_run_that_was_killed_is_released_with_a_sentence(world: World) -> None:
    operator = world.operator
    operator.do("up")
    pid = world.target.cloud.pid if world.target.cloud else 0
    slow = operator.project.app / "slow.tf"
    slow.write_text(SLOW)
    holder = operator.start("up")
    wait_for((operator.project.app / "applying").exists, holder)
    send(holder, KILL_ALL)
    holder.communicate()
    slow.unlink()

    again = operator.run("up")

    assert again.returncode == 0, again.stderr
    assert "held the lock of dev in the local cloud 'local'" in again.stderr
    assert "the lock is released" in again.stderr
    assert world.target.cloud is not None
    assert world.target.cloud.pid == pid
