"""How the emulator's processes for functions are started."""

from __future__ import annotations

import queue
import tempfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from retailctl.emulator import workers
from retailctl.emulator.fork_server import END_OF_LOG

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Worker:
    """What the emulator knows of a worker."""

    in_use: bool = True
    _start_time: float | None = None

    def start(self) -> None:
        self._start_time = time.time()


@dataclass
class Pool:
    """A function's workers."""

    workers: list[Worker] = field(default_factory=list)

    def acquire(self) -> Worker:
        idle = next((each for each in self.workers if not each.in_use), None)
        if idle is None:
            self.workers.append(idle := Worker())
        idle.in_use = True
        return idle

    def lease(self) -> Worker:
        leased: Worker = workers.wait_for_worker(lambda: self.workers, self.acquire)
        return leased


def write_zip(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as written:
        for name, text in files.items():
            written.writestr(f"{name}.py", text)
    return path


def unpack(path: Path, folder: Path) -> Path:
    folder.mkdir()
    with workers.CodeZip(path) as opened:
        opened.extractall(folder)
    return folder


def test_a_zip_is_unpacked_once_for_all_who_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    one = write_zip(tmp_path / "one.zip", handler="answer = 1")
    another = write_zip(tmp_path / "another.zip", handler="answer = 2")

    folders = [unpack(path, tmp_path / f"code-{number}") for number, path in enumerate((one, one, another))]

    assert [(each / "handler.py").read_text() for each in folders] == [
        "answer = 1",
        "answer = 1",
        "answer = 2",
    ]
    assert folders[0].resolve() == folders[1].resolve() != folders[2].resolve()
    assert sorted(each.name for each in (tmp_path / "code").iterdir()) == sorted(
        {each.resolve().name for each in folders}
    )


def test_what_is_unpacked_at_once_is_whole_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = write_zip(tmp_path / "one.zip", **{f"module_{number}": "answer = 1" for number in range(50)})

    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda number: unpack(path, tmp_path / f"code-{number}"), range(8)))

    assert {len(list(each.iterdir())) for each in folders} == {50}
    assert len(list((tmp_path / "code").iterdir())) == 1


def test_the_first_and_each_further_invocation_of_busy_workers_starts_one() -> None:
    pool = Pool()

    pool.lease().start()
    pool.lease().start()

    assert len(pool.workers) == 2


def test_an_idle_worker_is_taken_though_another_is_being_started() -> None:
    idle = Worker(in_use=False)
    pool = Pool([Worker(), idle])

    assert pool.lease() is idle


def test_who_comes_while_a_worker_starts_takes_it_once_it_is_idle() -> None:
    first = Worker()
    pool = Pool([first])
    leased: list[Worker] = []
    waiting = threading.Thread(target=lambda: leased.append(pool.lease()))

    waiting.start()
    first.in_use = False
    waiting.join(workers.PATIENCE_SECONDS / 2)

    assert leased == [first]
    assert pool.workers == [first]


def test_nobody_waits_for_ever_for_a_worker_that_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE_SECONDS", 0.05)
    pool = Pool([Worker()])

    leased = pool.lease()

    assert leased is pool.workers[1]


@dataclass
class Logging:
    """A worker with these lines on stderr."""

    lines: tuple[str, ...]
    says_end_of_log: bool = True
    _stderr_queue: queue.Queue[str] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        for line in self.lines:
            self._stderr_queue.put(line)


@pytest.mark.parametrize(
    ("lines", "log"),
    [
        ((END_OF_LOG,), ""),
        (("one", "two", END_OF_LOG, "of the next"), "one\ntwo"),
        (("one", "and the process died"), "one\nand the process died"),
    ],
)
def test_the_log_of_an_invocation_ends_where_its_process_says(
    lines: tuple[str, ...], log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "END_OF_LOG_SECONDS", 0.01)

    assert workers.drain_log(Logging(lines), lambda _worker: "the emulator's way") == log


def test_a_worker_that_does_not_say_where_its_log_ends_is_waited_for() -> None:
    said_nothing = Logging(("one",), says_end_of_log=False)

    assert workers.drain_log(said_nothing, lambda worker: worker._stderr_queue.get()) == "one"
