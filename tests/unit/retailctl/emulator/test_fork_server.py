"""Processes for functions, forked from one that has imported the AWS SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from retailctl.emulator import fork_server, processes
from retailctl.emulator.fork_server import END_OF_LOG, ForkServer, can_be_forked
from support.command import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailctl.emulator.fork_server import ForkedProcess

ENVIRON = {"PATH": os.defpath, "AWS_DEFAULT_REGION": "eu-west-1", "GREETING": "good day"}

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="functions' processes are forked on Linux only"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    home = tmp_path_factory.mktemp("cloud")
    yield ForkServer(home)
    processes.end_cloud_processes(home)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder of an unpacked zip."""
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


def start(server: ForkServer, code: Path, script: str) -> ForkedProcess:
    """Start a process that runs a script beside ``code``, as the emulator's does."""
    file = code.parent / "_worker.py"
    file.write_text(textwrap.dedent(script))
    return server.start_process(str(file), str(code), ENVIRON)


def ask(server: ForkServer, code: Path, expression: str) -> Any:
    """Return what a process makes of an expression, by JSON."""
    script = f"import json, os, sys\nsys.path.insert(0, {str(code)!r})\nprint(json.dumps({expression}))"
    process = start(server, code, script)
    return json.loads(process.stdout.readline())


def test_a_process_has_its_own_folder_and_environment_and_nothing_else(
    server: ForkServer, code: Path
) -> None:
    assert ask(server, code, "[os.getcwd(), dict(os.environ), sys.argv]") == [
        str(code),
        ENVIRON,
        [str(code.parent / "_worker.py")],
    ]


def test_a_process_has_the_time_zone_of_its_environment(
    server: ForkServer, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRON, "TZ", "XYZ-3")

    assert ask(server, code, "__import__('time').strftime('%Z %z')") == "XYZ +0300"


def test_a_process_has_imported_the_sdk_and_calls_its_own_region(server: ForkServer, code: Path) -> None:
    expression = (
        "['boto3' in sys.modules, __import__('boto3').client('kinesis', aws_access_key_id='a', "
        "aws_secret_access_key='b').meta.region_name]"
    )

    assert ask(server, code, expression) == [True, "eu-west-1"]


def test_what_a_zip_has_itself_is_imported_from_it(server: ForkServer, code: Path) -> None:
    (code / "jmespath").mkdir()
    (code / "jmespath" / "__init__.py").write_text("whose = 'the zip'")
    (code / "six.py").write_text("whose = 'the zip'")

    found = ask(server, code, "[__import__('jmespath').whose, __import__('six').whose]")

    assert found == ["the zip", "the zip"]


def test_answers_come_after_the_end_of_the_log(server: ForkServer, code: Path) -> None:
    process = start(
        server,
        code,
        """
        import sys
        answers, sys.stdout = sys.stdout, sys.stderr
        answers.write('{"status": "ready"}\\n')
        answers.flush()
        for line in sys.stdin:
            print(f"working on {line.strip()}")
            answers.write(f"{line.strip()} is done\\n")
            answers.flush()
        """,
    )
    assert process.stdout.readline() == '{"status": "ready"}\n'

    for name in ("one", "two"):
        process.stdin.write(f"{name}\n")
        assert process.stdout.readline() == f"{name} is done\n"
        assert [process.stderr.readline() for _ in range(2)] == [f"working on {name}\n", f"{END_OF_LOG}\n"]


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_a_process_that_is_told_to_end_has_ended(server: ForkServer, code: Path, end: str) -> None:
    process = start(server, code, "print('here', flush=True); input()")
    process.stdout.readline()
    assert process.poll() is None

    getattr(process, end)()

    assert process.wait(5) == 0
    assert process.poll() == 0
    getattr(process, end)()  # and again, as the emulator may


def test_a_process_that_does_not_end_is_waited_for_no_longer(server: ForkServer, code: Path) -> None:
    process = start(server, code, "input()")

    with pytest.raises(psutil.TimeoutExpired):
        process.wait(0.05)
    process.kill()


def test_a_process_ends_with_the_emulators_end_of_its_pipes(server: ForkServer, code: Path) -> None:
    first = start(server, code, "for line in __import__('sys').stdin: pass")
    second = start(server, code, "input()")  # it must not hold the pipes of the first

    first.stdin.close()

    wait_for(lambda: first.poll() is not None)
    assert second.poll() is None
    second.kill()


@pytest.mark.parametrize(
    ("script", "says"),
    [("raise ValueError('no such thing')", "ValueError: no such thing"), ("raise SystemExit(3)", "")],
)
def test_a_script_that_fails_says_so_and_its_process_ends(
    server: ForkServer, code: Path, script: str, says: str
) -> None:
    process = start(server, code, script)

    assert says in process.stderr.read()
    wait_for(lambda: process.poll() is not None)


def test_processes_are_known_by_their_cloud_and_end_with_it(tmp_path: Path, code: Path) -> None:
    server = ForkServer(tmp_path / "cloud")
    process = start(server, code, "input()")

    known = {each.pid for each in processes.list_cloud_processes(tmp_path / "cloud")}

    assert process.pid in known
    assert processes.end_cloud_processes(tmp_path / "cloud") == len(known) == 2
    wait_for(lambda: process.poll() is not None)


def test_the_fork_server_ends_with_the_emulator(tmp_path: Path, code: Path) -> None:
    server = ForkServer(tmp_path / "cloud")
    process = start(server, code, "input()")
    assert server._channel

    server._channel.close()

    wait_for(
        lambda: [each.pid for each in processes.list_cloud_processes(tmp_path / "cloud")] == [process.pid]
    )
    process.stdin.close()
    wait_for(lambda: not processes.list_cloud_processes(tmp_path / "cloud"))


def test_after_a_server_that_has_ended_there_is_a_new_one(tmp_path: Path, code: Path) -> None:
    server = ForkServer(tmp_path / "cloud")
    start(server, code, "input()")
    processes.end_cloud_processes(tmp_path / "cloud")
    process = start(server, code, "print('new')")
    assert process.stdout.readline() == "new\n"
    processes.end_cloud_processes(tmp_path / "cloud")


@pytest.mark.parametrize(
    ("arguments", "platform", "has", "can"),
    [
        ([sys.executable, "/x/_worker.py"], "linux", "handler.py", True),
        ([sys.executable, "/x/_worker.py"], "darwin", "handler.py", False),
        (["node", "/x/_worker.js"], "linux", "handler.js", False),
        (["/x/bootstrap"], "linux", "bootstrap", False),
        ([sys.executable, "/x/_worker.py"], "linux", "boto3", False),
        ([sys.executable, "/x/_worker.py"], "linux", "botocore", False),
    ],
)
def test_only_a_python_function_without_an_sdk_of_its_own_is_forked(
    arguments: list[str], platform: str, has: str, code: Path, monkeypatch: pytest.MonkeyPatch, *, can: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    (code / has).mkdir()

    assert can_be_forked(arguments, code) is can


def test_the_sdk_creates_clients_of_all_services_named() -> None:
    """A service's wrong name would end the server before the first fork."""
    command = "from retailctl.emulator import fork_server; fork_server.import_sdk()"

    subprocess.run([sys.executable, "-c", command], check=True, env={"PATH": os.defpath})

    assert len(set(fork_server.SERVICES)) == len(fork_server.SERVICES)
