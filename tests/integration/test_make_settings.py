"""What is set for make is text: whatever it holds, make expands nothing, no shell sees it, and it arrives as it is.

Every program that a recipe runs is a stub here, which writes down how it was called and what it found in its
environment. All targets run at once, in a copy of the Makefile whose own path is as bad as a value.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from retailctl import cli
from retailctl.options import NAME_AWS
from support.makefile import SETTINGS, TARGETS, TEXT
from tools import release as tools_release

if TYPE_CHECKING:
    import click

pytestmark = pytest.mark.slow  # a third of a second each: make runs all its targets

ROOT = Path(__file__).resolve().parents[2]
FORMS = (
    "x'; : >F; '",
    'x"; : >F; "',
    "x; : >F",
    "x | : >F &",
    "`: >F`",
    "'`: >F`'",
    "$(: >F)",
    "$$(: >F)",
    "'$$(: >F)'",
    "$(shell : >F)",
    "${shell : >F}",
    "$$(shell : >F)",
    "$(file >F,x)",
    "$(eval $(shell : >F))",
    "$(error expanded)",
    "x\n: >F\n",
    "x'\n: >F\n'",
    "x\n\t: >F",
    "x\\",
    "x #",
    "--help",
    "-f x",
    "F=x",
)
WAYS = ("environment", "environment -e", "command line", "sub-make environment", "sub-make command line")
NOT_FROM_OUTSIDE = {"CURDIR"}  # make sets it


def envvars(command: click.Command) -> Iterator[str]:
    """Yield the variables that a command reads, or one below it."""
    for parameter in command.params:
        if parameter.envvar:
            yield from [parameter.envvar] if isinstance(parameter.envvar, str) else parameter.envvar
    for below in getattr(command, "commands", {}).values():
        yield from envvars(below)


READ_BY_COMMANDS = {
    name for each in (cli.app, tools_release.app) for name in envvars(typer.main.get_command(each))
}
MENTIONED = {
    *re.findall(r"\$[({](?:value |origin )?([A-Z_]+)[)}]", TEXT),  # make's references
    *re.findall(r"\$\$\{?([A-Z_]+)", TEXT),  # a recipe's
    *re.findall(r"\b([A-Z_]+)=", TEXT),  # the help
    *re.findall(r"\$\{?([A-Z_]+)", (ROOT / "scripts" / "setup").read_text()),
    *READ_BY_COMMANDS,
} - NOT_FROM_OUTSIDE
TRIED = MENTIONED | SETTINGS


@dataclass(frozen=True)
class Clone:
    """A copy of what make reads, with stubs for all that it runs."""

    folder: Path
    bin: Path
    notes: Path

    def make(self, way: str, values: Mapping[str, str], *targets: str) -> subprocess.CompletedProcess[str]:
        """Run targets, else all and `clean` as the last, with ``values`` set in a way."""
        targets = targets or (*(name for name in TARGETS if name != "clean"), "clean")
        arguments = ["-k", *(["-e"] if way.endswith("-e") else [])]
        if way.startswith("sub-make"):
            outer = f"include Makefile\nouter:\n\t@$(MAKE) -k -f Makefile {' '.join(targets)}\n"
            (self.folder / "outer.mk").write_text(outer)
            arguments, targets = [*arguments, "-f", "outer.mk"], ("outer",)
        environ = {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.folder)}
        if way.endswith("command line"):
            arguments += [f"{name}={value}" for name, value in values.items()]
        else:
            environ |= values
        command = ["make", "-C", str(self.folder), *arguments, *targets]
        return subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def calls(self) -> list[str]:
        """Return the commands that were run, each with its arguments."""
        return (self.notes / "calls").read_text().splitlines()

    def environ(self) -> dict[str, str]:
        """Return the environment of the first command: it is the same for all."""
        entries = (self.notes / "environ").read_bytes().decode().split("\0")
        return dict(entry.split("=", 1) for entry in entries if entry)

    def ran(self) -> list[str]:
        """Return the variables whose value was run, with others that it made."""
        return sorted(path.name for path in self.folder.glob("F*"))


def build(at: Path) -> Clone:
    folder = at / "a clone's \"$(shell : >F-path)`: >F-path`"
    found = Clone(folder, at / "bin", at / "notes")
    for each in (folder / "scripts", folder / ".venv" / "bin", found.bin, found.notes):
        each.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
    for name in ("dev", "prod", "staging"):
        (folder / "environments" / name).mkdir(parents=True)
        (folder / "environments" / name / "terraform.tfvars").touch()
    cloud = folder / ".retail" / "local" / "state.json"  # so that `clean` has one to stop
    cloud.parent.mkdir(parents=True)
    cloud.touch()
    notes = shlex.quote(str(found.notes))
    stub = f'#!/bin/sh\necho "${{0##*/}} $*" >>{notes}/calls\n[ -e {notes}/environ ] || env -0 >{notes}/environ\n'
    # No Python has been set up, so that PYTHON is asked; the next one in line sets up.
    for name, text in (
        *((f".venv/bin/{name}", stub) for name in ("retailctl", "pytest", "pre-commit")),
        (".venv/bin/python", '#!/bin/sh\n[ "$1" != -c ] || exit 1\n' + stub.partition("\n")[2]),
        (found.bin / "python3.13", stub),
    ):
        script = folder / name
        script.write_text(text)
        script.chmod(0o755)
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return build(tmp_path)


@pytest.fixture(scope="module")
def plain_calls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the commands that all targets run where nothing is set."""
    plain = build(tmp_path_factory.mktemp("plain"))
    done = plain.make("environment", {})
    assert (done.returncode, done.stderr) == (0, "")
    return plain.calls()


def test_what_may_be_set_is_listed() -> None:
    assert SETTINGS | {"RETAIL_CLOUD"} == MENTIONED


def test_commands_read_what_is_set_but_for_what_is_the_set_up_s() -> None:
    assert {"CLOUD", "PROVIDERS", "PYTHON", "SEED", "UPGRADE"} == SETTINGS - READ_BY_COMMANDS
    assert "RETAIL_CLOUD" in READ_BY_COMMANDS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_a_value_reaches_the_commands_as_it_is_and_no_shell(
    form: str, way: str, clone: Clone, plain_calls: list[str]
) -> None:
    values = {name: form.replace("F", f"F-{name}") for name in TRIED - {"ENV", "RETAIL_CLOUD"}}

    done = clone.make(way, values)

    assert clone.ran() == []
    assert (done.returncode, done.stderr) == (0, "")
    assert [call.replace(" --upgrade --providers", "") for call in clone.calls()] == plain_calls
    found = clone.environ()
    assert {name: found.get(name) for name in values} == values
    assert found["RETAIL_CLOUD"] == values["CLOUD"]
    assert found["PRE_COMMIT_HOME"] == f"{clone.folder}/.venv/pre-commit"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", [*FORMS, "", "%", "dev prod", "dev ", "../environments/dev", "*"])
def test_an_environment_that_is_not_there_is_refused_in_a_sentence(form: str, way: str, clone: Clone) -> None:
    values = {name: form.replace("F", f"F-{name}") for name in ("ENV", "RETAIL_CLOUD")}

    done = clone.make(way, values, "help", "plan", "down")

    assert clone.ran() == []
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"make: There is no environment '{values['ENV']}': set ENV to one of dev prod staging\n"
    )
    assert "ENV=<name>    which environment (dev prod staging; dev by default)" in done.stdout
    assert [call for call in clone.calls() if "retailctl" in call] == ["retailctl tools", "retailctl down"]
    found = clone.environ()
    assert {name: found.get(name) for name in values} == {
        **values,
        "RETAIL_CLOUD": values["RETAIL_CLOUD"] or "aws",
    }


@pytest.mark.parametrize("settings", [{}, {"CLOUD": "lab"}, {"RETAIL_CLOUD": "lab"}])
@pytest.mark.parametrize("target", sorted({*TARGETS} - {"clean", "help", "environment"}))
def test_a_target_names_aws_where_it_means_aws_unless_a_local_cloud_is_named(
    target: str, settings: Mapping[str, str], clone: Clone
) -> None:
    clone.make("environment", settings, target)

    place = clone.environ().get("RETAIL_CLOUD")
    unless_named = "aws" if target in NAME_AWS else ""
    assert place == ("lab" if settings else unless_named)


def test_without_its_environment_no_target_starts_that_wants_one(
    clone: Clone, plain_calls: list[str]
) -> None:
    takes_none = {"cost", "down", "package", "tools"}

    clone.make("environment", {"ENV": "production"})

    assert clone.calls() == [
        call
        for call in plain_calls
        if call != "python -m tools.bench"
        and (not call.startswith("retailctl ") or call.split()[1] in takes_none)
    ]


@pytest.mark.parametrize("way", WAYS)
def test_an_environment_that_is_there_is_taken(way: str, clone: Clone, plain_calls: list[str]) -> None:
    done = clone.make(way, {"ENV": "prod"})

    assert (done.returncode, done.stderr) == (0, "")
    assert clone.calls() == plain_calls
    assert clone.environ()["ENV"] == "prod"
