"""No interruption breaks anything: after each, the same command works, and the local cloud's log is still there."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from retailctl.emulator import processes
from support.interruptions import World

SEED = int(os.environ.get("RETAIL_SEED") or random.SystemRandom().randrange(10**6))
"""RETAIL_SEED=<seed> draws the same moments again; whether they hit the same instruction is up to the machine."""
ROUNDS = 200
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
