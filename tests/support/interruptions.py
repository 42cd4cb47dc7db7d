"""Every long command of a local cloud, interrupted at drawn moments; then the same command has to work.

The clone is a miniature one, with work in each apply that takes a moment. One round goes through all commands, so
that each finds what the one before it has left.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from botocore.exceptions import ClientError

from retailctl.emulator import cloud as clouds
from retailctl.emulator import processes
from retailctl.emulator.cloud import Cloud
from retailctl.environments import generations
from retailctl.environments.generations import Generation, Generations
from retailctl.environments.target import Target
from retailctl.project import Project
from support.command import Operator, shows_traceback
from support.miniature import miniature, write

KILL_ALL = "SIGKILL, Terraform too"
WAYS: tuple[signal.Signals | str, ...] = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGKILL,
    KILL_ALL,
)
"""How a command is interrupted: as by Ctrl-C, by `kill`, by a closed terminal, by `kill -9`, by the OOM killer."""
STARTS = 3
"""How many starts of `retailctl` a command lasts at least, for the first draw."""
LONGEST_END_SECONDS = 120.0

APP = """
variable "generations" { type = map(object({ build = optional(string), enabled = optional(bool, true) })) }
variable "live_generation" { type = number }

resource "terraform_data" "work" {
  count            = 3
  triggers_replace = timestamp()
  provisioner "local-exec" { command = "sleep 0.3" }
}

resource "terraform_data" "generation" {
  for_each = var.generations
  provisioner "local-exec" { command = "sleep 0.3" }
}

output "generations" {
  value = {
    for number, each in var.generations : number => {
      build               = each.build
      contributions_table = "contributions-g${number}"
      scores_table        = "scores-g${number}"
      function            = "view-g${number}"
      mapping             = fileexists("${path.module}/mapping") ? file("${path.module}/mapping") : ""
      id                  = terraform_data.generation[number].id
    }
  }
}
output "live_generation" { value = var.live_generation }
output "stream_name" { value = "events" }
"""
VALUES = 'generations = {\n  "1" = {}\n}\nlive_generation = 1\n'


@dataclass(slots=True)
class Figures:
    """What was interrupted, and how it ended."""

    seed: int
    interruptions: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_time: int = 0
    """How many ended the command; the others came after its end."""
    healed: Counter[str] = field(default_factory=Counter)
    """What the next run said that it has mended."""
    longest_end: float = 0.0

    def __str__(self) -> str:
        """Return the figures for the output of a test."""
        ways = Counter[str]()
        commands = Counter[str]()
        for (command, way), number in self.interruptions.items():
            ways[way] += number
            commands[command] += number
        return (
            f"seed {self.seed}: {sum(ways.values())} interruptions, {self.in_time} before the end; {dict(ways)}; "
            f"{dict(commands)}; healed {dict(self.healed)}; longest end {self.longest_end:.1f} s"
        )


@dataclass(frozen=True, slots=True)
class Step:
    """A long command, and what holds after it has succeeded."""

    arguments: tuple[str, ...]
    check: Callable[[World], None]
    done: str = ""
    """What the command says, with exit status 1, where it was done before the interruption."""

    @property
    def name(self) -> str:
        """Return the command as it is typed."""
        return " ".join(self.arguments)


class World:
    """A clone, its local cloud, and what must not be lost in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.operator = Operator(build_clone(folder / "clone"), folder / "outside")
        self.random = random.Random(seed)  # noqa: S311 - a repeatable draw
        self.figures = Figures(seed)
        self.durations: dict[str, float] = {}
        started = time.monotonic()
        self.operator.do("--help")
        self.first_guess = STARTS * (time.monotonic() - started)
        self.pid = 0
        """The emulator's process while the cloud holds what must not be lost."""

    @property
    def project(self) -> Project:
        return self.operator.project

    @property
    def target(self) -> Target:
        cloud = clouds.read_cloud(self.project.cloud_folder("local"))
        assert cloud is not None
        return Target(self.project, "dev", cloud)

    def go_round(self) -> None:
        """Interrupt each command once, and run it to its end afterwards."""
        for step in STEPS:
            way = self.random.choice(WAYS)
            moment = self.random.uniform(0, self.durations.get(step.name, self.first_guess))
            context = f"seed {self.figures.seed}: {step.name}, {_name(way)} after {moment:.2f} s"
            self._interrupt(step, way, moment, context)
            started = time.monotonic()
            again = self.operator.run(*step.arguments)
            was_done = step.done and step.done in again.stderr
            assert again.returncode == 0 or was_done, f"{context}:\n{again.stderr}"
            assert "Traceback" not in again.stderr, f"{context}:\n{again.stderr}"
            if not was_done:
                self.durations[step.name] = time.monotonic() - started
            self._note_healing(again.stderr)
            step.check(self)

    def _interrupt(self, step: Step, way: signal.Signals | str, moment: float, context: str) -> None:
        process = self.operator.start(*step.arguments)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        was_running = process.poll() is None
        self.figures.interruptions[(step.name, _name(way))] += 1
        self.figures.in_time += was_running
        sent = time.monotonic()
        if was_running:
            send(process, way)
        _, complaint = process.communicate(timeout=LONGEST_END_SECONDS)
        self.figures.longest_end = max(self.figures.longest_end, time.monotonic() - sent)
        if _is_of_pythons_start(complaint):
            return  # none of our code had run
        if isinstance(way, signal.Signals):
            # Within Python's own start, a signal ends the process as it would any other.
            assert process.returncode in {0, -way, 128 + way}, (
                f"{context} ({process.returncode}):\n{complaint}"
            )
        assert not shows_traceback(complaint), f"{context}:\n{complaint}"

    def _note_healing(self, said: str) -> None:
        for mark in (
            "for a command that was killed",
            "the lock is released",
            "starting it again",
            "was prepared before",
        ):
            self.figures.healed[mark] += mark in said


def _is_of_pythons_start(complaint: str) -> bool:
    """Say whether a traceback has frames of Python's own start only: a SIGINT between its first imports."""
    frames = re.findall(r'^ *File "([^"]+)"', complaint, re.MULTILINE)
    return bool(frames) and all(frame.startswith("<") for frame in frames)


def _name(way: signal.Signals | str) -> str:
    return way.name if isinstance(way, signal.Signals) else way


def send(process: subprocess.Popen[str], way: signal.Signals | str) -> None:
    if way in {signal.SIGINT, signal.SIGHUP}:
        os.killpg(process.pid, signal.Signals(way))  # a terminal sends them to all that run in it
    elif isinstance(way, signal.Signals):
        process.send_signal(way)
    else:
        below = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for each in below:
            with contextlib.suppress(psutil.Error):
                if processes.EMULATOR_MODULE not in each.cmdline():
                    each.kill()


def build_clone(root: Path) -> Project:
    """Return a clone in miniature whose applies take a moment, with generations of a view."""
    project = miniature(root)
    app = project.app / "main.tf"
    app.write_text(app.read_text() + APP)
    for environment in project.environments:
        values = project.values_file(environment)
        values.write_text(values.read_text() + VALUES)
    write(root, {"src/hello_retail/winner_view/__init__.py": ""})
    shutil.copy(
        root / "src/hello_retail/counter/handler.py", root / "src/hello_retail/winner_view/handler.py"
    )
    return project


def _check_up(world: World) -> None:
    cloud = world.target.cloud
    assert cloud is not None
    assert cloud.is_running()
    assert cloud.environments == ("dev",)
    assert not _is_locked(world.target)


def _check_first_up(world: World) -> None:
    """Put into the new cloud what the commands on generations ask for, and what must not be lost."""
    _check_up(world)
    cloud = world.target.cloud
    assert cloud is not None
    world.pid = cloud.pid
    _create_views(world.project, cloud)


def _check_kept(world: World) -> None:
    """See that the cloud is the same one, and that nothing of it is lost or locked."""
    _check_up(world)
    cloud = world.target.cloud
    assert cloud is not None
    assert cloud.pid == world.pid, "the cloud was started again, and its log is lost"
    assert cloud.client("kinesis").describe_stream_summary(StreamName="events")


def _check_generations(*standing: int, live: int) -> Callable[[World], None]:
    def check(world: World) -> None:
        _check_kept(world)
        wanted = world.target.read_generations(generations.WINNER)
        assert (tuple(wanted.standing), wanted.live) == (standing, live)

    return check


def _check_committed_values(world: World) -> None:
    _check_kept(world)
    committed = generations.read_generations(world.project.values_file("dev"))
    assert committed == Generations({1: Generation()}, 1), "a local cloud must not change what is committed"


def _check_down(world: World) -> None:
    home = world.project.cloud_folder("local")
    assert not home.exists()
    assert processes.list_cloud_processes(home) == []


STEPS = (
    Step(("up",), _check_first_up),
    Step(("up", "--keep"), _check_kept),
    Step(("plan",), _check_committed_values),
    Step(("apply", "--confirm", "dev"), _check_committed_values),
    Step(("drift",), _check_committed_values),
    Step(("replay", "prepare", "2"), _check_generations(1, 2, live=1)),
    Step(("replay", "switch", "2"), _check_generations(1, 2, live=2), "Generation 2 is already live."),
    Step(("replay", "switch", "1"), _check_generations(1, 2, live=1), "Generation 1 is already live."),
    Step(("replay", "retire", "2"), _check_generations(1, live=1), "There is no generation 2"),
    Step(("destroy", "--confirm", "dev"), _check_kept),
    Step(("down",), _check_down),
)


def _is_locked(target: Target) -> bool:
    try:
        target.client("s3").head_object(Bucket=target.state_bucket, Key=target.lock_key)
    except ClientError:
        return False
    return True


def _create_views(project: Project, cloud: Cloud) -> None:
    """Create what the root outputs name: a stream, and of each generation the tables and the function."""
    cloud.client("kinesis").create_stream(StreamName="events", ShardCount=1)
    dynamodb, functions = cloud.client("dynamodb"), cloud.client("lambda")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="view", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    zipped = (project.artifacts / f"{generations.WINNER.function}.zip").read_bytes()
    for number in (1, 2):
        for table in (f"contributions-g{number}", f"scores-g{number}"):
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )
        functions.create_function(
            FunctionName=f"view-g{number}",
            Runtime="python3.13",
            Role=role,
            Handler="hello_retail.winner_view.handler.handler",
            Code={"ZipFile": zipped},
            Publish=True,
        )
        functions.create_alias(FunctionName=f"view-g{number}", Name="live", FunctionVersion="1")
    arn = cloud.client("kinesis").describe_stream_summary(StreamName="events")["StreamDescriptionSummary"][
        "StreamARN"
    ]
    mapping = functions.create_event_source_mapping(
        EventSourceArn=arn, FunctionName="view-g2", StartingPosition="TRIM_HORIZON", Enabled=True
    )
    (project.app / "mapping").write_text(mapping["UUID"])
