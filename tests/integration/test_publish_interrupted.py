"""`retailctl publish` as a process, interrupted by real signals at drawn moments, against the emulator.

After each interruption, the commands that it prints are run until one ends well: each record is on the stream once.
"""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from retailctl.stream.reader import read_stream
from support import bare_emulator
from support.command import shows_traceback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailctl.emulator.cloud import Cloud

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("signals_heard")]

RECORDS = 600
KEYS = 3
SAMPLE, NIGHTLY = 4, 40
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "publish-interrupted") as cloud:
        yield cloud


def start(cloud: Cloud, arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "retailctl", "publish", *arguments],
        env={**os.environ, **cloud.build_environ()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def go_on(cloud: Cloud, sentence: str) -> str:
    """Run the commands that are printed, one after the other, and return what the last one says."""
    while commands := re.findall("`retailctl publish (.*)`", sentence):
        process = start(cloud, shlex.split(commands[-1]))
        out, sentence = process.communicate(timeout=120)
        assert process.returncode == 0, sentence
        if "Each line is on the stream." in out:
            return out
    return sentence


@pytest.mark.parametrize("rounds", [SAMPLE, pytest.param(NIGHTLY, marks=pytest.mark.nightly)])
def test_whatever_interrupts_it_each_record_is_on_the_stream_once(
    cloud: Cloud, tmp_path: Path, rounds: int
) -> None:
    seed = int(os.environ.get("RETAIL_SEED", random.SystemRandom().randrange(1_000_000)))
    dice = random.Random(seed)  # noqa: S311 - a repeatable draw
    file = tmp_path / "log.jsonl"
    file.write_text(
        "".join(f'{{"partitionKey": "{n % KEYS}", "data": "{n}"}}\n' for n in range(1, RECORDS + 1))
    )
    kinesis = cloud.client("kinesis")
    in_time, longest = 0, 4.0
    for number in range(rounds):
        stream = f"events-{rounds}-{number}"
        kinesis.create_stream(StreamName=stream, ShardCount=2)
        kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
        way, moment = SIGNALS[number % len(SIGNALS)], dice.uniform(0.3, 1.0) * longest
        context = f"seed {seed}, round {number}: {way.name} after {moment:.2f} s"
        arguments = [str(file), "--stream", stream]
        started = time.monotonic()
        process = start(cloud, arguments)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            in_time += 1
            process.send_signal(way)
        else:
            longest = min(longest, time.monotonic() - started)
        _, sentence = process.communicate(timeout=60)
        assert not shows_traceback(sentence), f"{context}:\n{sentence}"
        if process.returncode < 0 or ("are on" not in sentence and "To " not in sentence):
            sentence = f"`retailctl publish {shlex.join([*arguments, '--look-up'])}`"
        last = go_on(cloud, sentence)
        by_key = defaultdict(list)
        for record in read_stream(kinesis, stream):
            by_key[record["PartitionKey"]].append(int(record["Data"]))
        expected = {str(key): [n for n in range(1, RECORDS + 1) if n % KEYS == key] for key in range(KEYS)}
        assert by_key == expected, f"{context}:\n{sentence}\n{last}"
    print(f"seed {seed}: {rounds} interruptions, {in_time} of them before the end")  # noqa: T201 - its figures
    assert in_time
