"""Every command with hostile values for every option, in a hostile environment: a sentence, and no traceback.

Nothing is reachable: AWS has no credentials, and no local cloud runs. So a command ends before it changes anything,
and what is tested is everything that reads what people, files and shells give it.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from retailctl import cli
from support.miniature import miniature

if TYPE_CHECKING:
    import click

SECONDS = 60
"""Longest time for one command."""
TEXTS = (
    "", " ", "-", "0", "-1", "1e999", "nan", "9" * 5000, "99999999999d", "9999999999999h", "1-9999999999", "4-2",
    "1,,2", "٣", "é", "\x1b[31m", "[/you]", "[bold", "a/../../b", "../..", "/", ".", "~", "/dev/full", "/dev/null",
    "/proc/self/mem", "x" * 300, "x/" * 3000, "aws", "dev", "prod", "local", "http://h/a b", "http://[", "http://",
    "http://127.0.0.1:99999", "http://127.0.0.1:1", "file:///etc/passwd", "{}", "[]", "null", '{"dev": 1}',
    "2026-99-99", "0001-01-01T00:00:00+23:59", "$(reboot)", "'", '"', "\\", "%s", "{x}", "\udcff",
    "a\nb", "--", "--help=1",
)  # fmt: skip
"""What people, scripts and strangers put where a value belongs."""
NUMBERS = ("0", "-1", "1", "2", "1e-300", "1e300", "inf", "nan", "9" * 30, "9" * 400, "0.5", "100000")
ENVIRONMENTS: tuple[dict[str, str | None], ...] = (
    {},
    {"AWS_MAX_ATTEMPTS": "abc", "AWS_METADATA_SERVICE_TIMEOUT": "x"},
    {"AWS_PROFILE": "nope"},
    {"AWS_CONFIG_FILE": "/etc/passwd", "AWS_SHARED_CREDENTIALS_FILE": "/etc/passwd"},
    {"AWS_CA_BUNDLE": "/nowhere", "AWS_RETRY_MODE": "x", "AWS_DEFAULTS_MODE": "x"},
    {"HTTPS_PROXY": "://", "HTTP_PROXY": "::::", "NO_PROXY": "["},
    {"RETAIL_CLOUD": "../..", "ENV": "\x1b[31m"},
    {"RETAIL_ROOT": "/nowhere"},
    {"RETAIL_ROOT": "/dev/null"},
    {"COLUMNS": "abc", "TERM": "x", "LINES": "-1"},
    {"COLUMNS": "1"},
    {"LANG": "x", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    {"HOME": "/nowhere", "TMPDIR": "/nowhere"},
    {"PATH": "/nowhere"},
    {"GITHUB_REPOSITORY": "a", "GITHUB_RUN_ID": "x"},
    {"CONFIRM": "[/x]", "REPORT": "/dev/full", "OUT": "/", "SUMMARY": "/nowhere/x", "PLAN": "/etc/passwd"},
)
FILES: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"{}", b"[]", b"null", b"[1]", b'{"a"', b"[" * 100_000, b'[{"environment": "dev"}]',
    b'{"partitionKey": 1}\n', b"1e400", b'{"data": "\\ud800", "partitionKey": "\\ud800"}',
)  # fmt: skip


def list_commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, each in below.items():
        yield from list_commands(each, f"{name} {word}".strip())


COMMANDS = dict(list_commands(typer.main.get_command(cli.app)))


def choose_arguments(command: click.Command, files: list[str], luck: random.Random) -> list[str]:
    """Return arguments for a command: the required ones, some options, and a hostile value for each."""
    texts = [*TEXTS, *files]
    arguments = []
    for parameter in command.params:
        if parameter.name == "help" or (not parameter.required and luck.random() < 0.5):
            continue
        is_number = parameter.type_descriptor.annotation in {int, float}  # type: ignore[attr-defined]
        value = luck.choice(NUMBERS if is_number and luck.random() < 0.8 else texts)
        if parameter.param_type_name == "argument":
            arguments.append(value)
        elif getattr(parameter, "is_flag", False):
            arguments.append(parameter.opts[0])
        elif parameter.name == "environment" and luck.random() < 0.7:
            arguments += [parameter.opts[0], "dev"]
        elif parameter.name == "cloud" and luck.random() < 0.7:
            arguments += [parameter.opts[0], luck.choice(["aws", "local"])]
        else:
            arguments.append(f"{parameter.opts[0]}={value}")
    return arguments


@contextmanager
def limit_time(what: str) -> Iterator[None]:
    """Fail where the block takes too long."""

    def stop(*_: object) -> None:
        raise AssertionError(f"{what} did not end within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small clone in which nothing runs, and a shell without AWS."""
    root = miniature(tmp_path / "clone").root
    for name in list(os.environ):
        if name.startswith(("AWS_", "RETAIL_")):
            monkeypatch.delenv(name)
    for name, value in {
        "RETAIL_ROOT": str(root),
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return root


def run_hostile(
    name: str,
    luck: random.Random,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    files: list[str],
) -> str | None:
    """Run a command once with hostile values; return what is wrong where it does not end with a sentence."""
    arguments = [*name.split(), *choose_arguments(COMMANDS[name], files, luck)]
    environ = luck.choice(ENVIRONMENTS)
    with monkeypatch.context() as shell:
        for variable, value in environ.items():
            shell.setenv(variable, str(value))
        shell.setattr("sys.argv", ["retailctl", *arguments])
        try:
            with limit_time(str(arguments)):
                cli.main()
            status: Any = 0
        except SystemExit as ended:
            status = ended.code
        output = capfd.readouterr()
    is_right = status in {0, 1, 2, None} and (status in {0, None} or output.err.strip())
    if is_right and "fault of retailctl" not in output.err and "Traceback" not in output.err + output.out:
        return None
    return f"{arguments} with {environ}: exit status {status}, {output.err[-1000:]}"


def write_files(folder: Path) -> list[str]:
    names = []
    for number, content in enumerate(FILES):
        (folder / f"file-{number}").write_bytes(content)
        names.append(str(folder / f"file-{number}"))
    (folder / "folder").mkdir()
    return [*names, str(folder / "folder")]


SKIPPED = {"demo", "up", "package"}
"""Commands that start a cloud or build."""


def run_all(
    rounds: int, seed: int, clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    files = write_files(clone.parent)
    luck = random.Random(seed)  # noqa: S311 - the test's luck
    runs = itertools.product(range(rounds), sorted(COMMANDS.keys() - SKIPPED))
    wrong = [run_hostile(name, luck, monkeypatch, capfd, files) for _, name in runs]
    assert [each for each in wrong if each] == []


def test_no_traceback_reaches_the_user(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run_all(3, 1, clone, monkeypatch, capfd)


@pytest.mark.nightly
def test_no_traceback_reaches_the_user_however_often(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - to repeat a failure
    run_all(60, seed, clone, monkeypatch, capfd)
