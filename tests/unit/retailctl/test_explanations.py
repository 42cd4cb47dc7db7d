"""Every failure is a sentence: what is wrong, where, what would help. No traceback reaches anybody."""

from __future__ import annotations

import ast
import errno
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ProfileNotFound

from retailctl import cli
from retailctl.emulator.cloud import Cloud
from retailctl.environments.outputs import Outputs
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.explanations import TRACEBACK, explain_error
from retailctl.files import write_atomically
from retailctl.gh import GhError, run_gh
from retailctl.project import Project
from retailctl.terraform import installation
from support.command import RETAILCTL
from support.miniature import ROOT, miniature

FAULT = "This is a fault of retailctl"


def raise_error(error: BaseException) -> None:
    raise error


def run(error: BaseException, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a program that fails with ``error``, and return what it prints on stderr."""
    program = cli.build_single_command(lambda: raise_error(error))
    with pytest.raises(SystemExit) as ended:
        cli.run_program(program)
    assert ended.value.code == 1
    return " ".join(capsys.readouterr().err.split())


@pytest.fixture(autouse=True)
def _no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["retailctl"])


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some of your quota"),
        (errno.EROFS, "work in a clone that can be written"),
        (errno.EACCES, "change its permissions"),
        (errno.ENOENT, "check the path"),
        (errno.ENOEXEC, "this machine's processor"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EIO, "mend that"),
    ],
)
def test_what_the_operating_system_refuses_names_the_place_and_a_remedy(
    number: int, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run(OSError(number, os.strerror(number), "/clone/build/x.zip"), capsys)

    assert printed.startswith(f"retailctl: /clone/build/x.zip: {os.strerror(number)}. To go on, ")
    assert remedy in printed


@pytest.mark.parametrize(
    "error", [OSError("odd"), TimeoutError(), MemoryError(), RecursionError(), UserError("No.")]
)
def test_errors_without_a_place_are_sentences_too(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = run(error, capsys)

    assert printed.startswith("retailctl: ")
    assert printed.endswith(".")
    assert FAULT not in printed


def test_a_fault_of_our_own_says_where_and_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = run(TypeError("no"), capsys)

    assert f"{FAULT}: TypeError in test_explanations.py, line " in printed
    assert "Traceback" not in printed
    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(TypeError):
        cli.run_program(cli.build_single_command(lambda: raise_error(TypeError("no"))))


def test_an_aws_number_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert explain_error(ValueError("x")).startswith(FAULT)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "abc")
    assert (
        explain_error(ValueError("x")) == "AWS_MAX_ATTEMPTS is 'abc', not a number: correct it, or unset it."
    )


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(UnicodeEncodeError) as raised:
        "p\udcff".encode()
    assert "'p\\udcff' holds bytes that are not UTF-8" in explain_error(raised.value)


def test_aws_s_errors_are_sentences() -> None:
    assert "AWS refused PutRecord (no code)" in explain_error(ClientError({}, "PutRecord"))
    assert "'nope'" in explain_error(ProfileNotFound(profile="nope")) or "(nope)" in explain_error(
        ProfileNotFound(profile="nope")
    )
    assert "check the network" in explain_error(
        EndpointConnectionError(endpoint_url="https://sts.amazonaws.com")
    )


# Hints name the place that was meant


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The state of a local cloud that is not the default one."""
    here: Project = miniature(tmp_path / "clone")
    monkeypatch.setenv("RETAIL_ROOT", str(here.root))
    cloud = Cloud("lab", here.cloud_folder("lab"), 1, 45_678, "key", "secret", "0" * 12, "eu-west-1")
    cloud.save_state()
    return cloud


def test_a_cloud_that_died_is_named(lab: Cloud) -> None:
    silent = EndpointConnectionError(endpoint_url=lab.endpoint)

    assert "start it again with `make up CLOUD=lab`" in explain_error(silent)
    other = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert explain_error(other).endswith("`make up`.")


def test_a_missing_output_names_the_command_that_brings_it(lab: Cloud) -> None:
    target = Target(Project(lab.home.parents[1]), "prod", lab)

    with pytest.raises(UserError, match=r"prod in the local cloud 'lab' has no output 'x'.*`make up .*`"):
        Outputs(target, {})["x"]
    assert target.update_command == "make up CLOUD=lab ENV=prod"
    assert Outputs(target, {"x": 1}) == {"x": 1}


BARE = re.compile(r"`(?:\.venv/bin/)?(?:make|retailctl) ([a-z -]*[a-z])")
"""A command in a message."""
SAME_EVERYWHERE = {"bench", "builds", "lock", "package", "setup"}
"""Commands that act on the clone, or need no place to be right."""
SPELLED_OUT = {"drift --report", "plan", "plan --env"}
"""Commands that a message prints with placeholders, where no place is known."""
WITHOUT_COMMAND = re.compile(r"\b(?:[Pp]lan|[Aa]pply)(?: it| the environment)?(?: again| first)(?! with)")
"""A remedy that does not say which command it means."""


def test_no_message_spells_out_a_command_that_acts_in_a_place() -> None:
    """``format_make`` and ``format_retailctl`` build those, with the cloud and the environment that were meant."""
    bare = {}
    for file in sorted((ROOT / "src" / "retailctl").rglob("*.py")):
        tree = ast.parse(file.read_text())
        documentation = {
            id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
        }  # docstrings stand alone
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in documentation
            ):
                for command in [*BARE.findall(node.value), *WITHOUT_COMMAND.findall(node.value)]:
                    if command not in SAME_EVERYWHERE | SPELLED_OUT:
                        bare[f"{file.name}:{node.lineno}"] = command

    assert bare == {}


# What the shell and the machine are like


@pytest.mark.parametrize(
    "hostile",
    [
        {"AWS_PROFILE": "nope"},
        {"AWS_MAX_ATTEMPTS": "abc"},
        {"AWS_METADATA_SERVICE_TIMEOUT": "abc", "AWS_RETRY_MODE": "x", "AWS_DEFAULTS_MODE": "x"},
        {"AWS_CONFIG_FILE": __file__, "AWS_SHARED_CREDENTIALS_FILE": __file__},
        {"AWS_CA_BUNDLE": "/none", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_CSM_PORT": "x"},
    ],
)
def test_a_local_cloud_s_clients_ignore_the_shell_s_aws_settings(
    lab: Cloud, hostile: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)

    client = lab.client("sqs")

    assert client.meta.endpoint_url == lab.endpoint
    assert client.meta.config.retries.get("total_max_attempts", 5) == 5
    with pytest.raises(EndpointConnectionError):
        Cloud("x", lab.home, 1, 1, "key", "secret", "0" * 12, "eu-west-1").client(
            "sqs", retries={"total_max_attempts": 1}
        ).list_queues()


def write_foreign_program(folder: Path, name: str) -> None:
    """Write a program that the kernel refuses to run: an executable of another processor."""
    program = folder / name
    program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\xff\xff" + bytes(44))
    program.chmod(0o755)


def test_programs_of_another_processor_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("terraform", "gh"):
        write_foreign_program(tmp_path, name)
    monkeypatch.setenv("PATH", str(tmp_path))
    installation.find_terraform.cache_clear()

    with pytest.raises(UserError, match=r"terraform does not run on this machine \(Exec format error\)"):
        installation.find_terraform()
    with pytest.raises(GhError, match=r"`gh` does not run on this machine \(Exec format error\)"):
        run_gh("api")
    installation.find_terraform.cache_clear()


def test_a_write_that_fails_names_the_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.chmod", refuse)
    with pytest.raises(OSError, match="No space left") as error:
        write_atomically(tmp_path / "x.json", "{}")

    assert error.value.filename == str(tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


def test_a_device_or_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    assert write_atomically(pipe, "{}")

    assert os.read(reader, 10) == b"{}"
    assert pipe.is_fifo()
    os.close(reader)
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path, "{}")


def run_command(command: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command.replace("retailctl", str(RETAILCTL))],
        capture_output=True, text=True, check=False, timeout=120, **settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "status", "sentence"),
    [
        ("retailctl environments >/dev/full", 1, "No space left on device"),
        ("retailctl --help >/dev/full", 1, "No space left on device"),
        ("retailctl nosuch 2>/dev/full", 1, ""),
        ("retailctl environments >&-", 0, ""),
        ("set -o pipefail; retailctl --help | true", 1, ""),
    ],
)
def test_an_output_that_takes_no_more_is_no_traceback(command: str, status: int, sentence: str) -> None:
    done = run_command(command)

    assert done.returncode in {status, 0 if "true" in command else status}
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert sentence in done.stderr


def test_a_working_directory_that_was_deleted_is_named(tmp_path: Path) -> None:
    done = run_command(
        f"mkdir {tmp_path}/gone; cd {tmp_path}/gone; rmdir {tmp_path}/gone; retailctl environments"
    )

    assert done.returncode == 1
    assert done.stderr.startswith("retailctl: The working directory of this shell no longer exists")
