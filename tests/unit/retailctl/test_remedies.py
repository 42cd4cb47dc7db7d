"""Every command that a message names exists: its target or subcommands, its settings or options."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from retailctl import cli
from support.makefile import SETTINGS, TARGETS

if TYPE_CHECKING:
    import click

SOURCE = Path(cli.__file__).parent
_COMMAND = re.compile(r"`((?:make|retailctl) [^`]+)`")
PLACEHOLDER = "VALUE"
"""Stands for what is only known when the message is printed."""


def text_of(node: ast.expr) -> str:
    """Return a string, or an f-string with placeholders; empty for all else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or PLACEHOLDER for part in node.values)
    return ""


def named_commands(file: Path) -> Iterator[str]:
    """Yield the commands in the messages of a module: in backticks, or put together for a place."""
    tree = ast.parse(file.read_text())
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)) and id(node) not in docstrings:
            yield from (
                command
                for command in _COMMAND.findall(text_of(node))
                if not command.endswith(f" {PLACEHOLDER}")
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            program = {"format_make": "make", "format_retailctl": "retailctl"}.get(node.func.id)
            if program and (text := text_of(node.args[0])):
                yield f"{program} {text}"


COMMANDS = sorted({(file.name, each) for file in SOURCE.rglob("*.py") for each in named_commands(file)})


def check_make(words: list[str]) -> None:
    for word in words:
        name, is_setting, _ = word.partition("=")
        assert name in (SETTINGS if is_setting else TARGETS), word


def check_retailctl(words: list[str]) -> None:
    command: Any = typer.main.get_command(cli.app)
    while words and (below := getattr(command, "commands", {}).get(words[0])):
        command, words = below, words[1:]
    options = {name for parameter in command.params for name in parameter.opts}
    arguments: list[click.Parameter] = [each for each in command.params if each.param_type_name == "argument"]
    assert not hasattr(command, "commands") or not words, f"there is no {words}"
    given = [word for word in words if word.startswith("--")]
    assert set(given) <= options
    assert bool(words and not words[0].startswith("--")) <= bool(arguments)


@pytest.mark.parametrize(("file", "command"), COMMANDS)
def test_a_command_that_is_named_exists(file: str, command: str) -> None:
    program, *words = shlex.split(command.replace("…", PLACEHOLDER))
    (check_make if program == "make" else check_retailctl)(words)


def test_there_are_such_commands() -> None:
    assert len(COMMANDS) > 15
