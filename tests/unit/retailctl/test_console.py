"""What comes from outside is text in the terminal: no markup is obeyed, and no control character gets there."""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rich.columns
import rich.console
import rich.live
import rich.text
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from retailctl import console, progress
from retailctl.errors import UserError
from retailctl.scores import board
from retailctl.scores.board import Row
from support.hostile import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCES = Path(console.__file__).parent
PRINTING = {
    "typer.echo", "typer.secho", "typer.prompt", "typer.confirm", "click.echo", "click.prompt", "print", "input",
    "sys.stdout.write", "sys.stderr.write", "os.write",
}  # fmt: skip
COMPOSERS = {"rich.columns.Columns", "rich.console.Group", "rich.live.Live", "rich.text.Text"}
"""What other modules may take of Rich: it prints nothing, and is escaped by the console that renders it."""
OWN_PLACES = {"console.py", "progress.py"}
HOSTILE = NAMES | {
    "one\ntwo\ttabs": r"one\ntwo\ttabs",
    "x\u200by\u3164z\x7f": r"x\u200by\u3164z\x7f",
    "\ud800": r"\ud800",
}
HOSTILE_CHARACTERS = "\x00\x07\x08\r\x1b\x7f\x9b\u200b\u202e\u3164\ud800"


def print_table(text: str) -> None:
    table = console.DataTable(text)
    table.add_row(text)
    console.print_renderable(table)


def show_step(text: str) -> None:
    with progress.show_progress(text):
        pass


def confirm(text: str) -> None:
    with pytest.raises(UserError) as refused:
        console.require_confirmation("prod", text, "dev")
    console.print_note(str(refused.value))


PRINTERS: dict[str, Callable[[str], object]] = {
    "ask": console.ask,
    "print_document": console.print_document,
    "print_done": lambda text: console.print_done(text, 1.0),
    "print_error": console.print_error,
    "print_fields": lambda text: console.print_fields(text, "next"),
    "print_line": console.print_line,
    "print_note": console.print_note,
    "print_renderable": print_table,
    "require_confirmation": confirm,
    "show_progress": show_step,
}
"""Every function by which retailctl prints, called with a text from outside."""
TAKE_LINES = {"print_document", "print_error"}


def test_every_function_that_prints_has_a_hostile_case() -> None:
    own = {
        name: each
        for module in (console, progress)
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
    }
    silent = {"create_console", "escape_document", "escape_text", "ignore_progress"}

    assert own.keys() - silent == PRINTERS.keys()


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("printer", PRINTERS)
def test_a_hostile_text_is_printed_as_it_is_written_everywhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, printer: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n" * len(HOSTILE)))
    for text, shown in HOSTILE.items():
        PRINTERS[printer](text)
        captured = capsys.readouterr()
        printed = captured.out + captured.err
        if printer == "print_renderable":  # a narrow table folds
            printed = "".join(re.findall(r"[│┃] (.*) [│┃]", printed)).replace(" ", "")
            assert printed == shown.replace(" ", "") * 2
        elif printer in TAKE_LINES and "\n" in text:
            assert set(printed) & set(HOSTILE_CHARACTERS) <= {"\n", "\t"}
        else:
            assert shown in printed
        assert not set(printed) & set(HOSTILE_CHARACTERS)


@pytest.mark.parametrize("printer", [rich.text.Text, lambda text: rich.columns.Columns([text])])
def test_what_nobody_escaped_is_escaped_by_the_console(
    capsys: pytest.CaptureFixture[str], printer: Callable[[str], rich.console.RenderableType]
) -> None:
    for text in HOSTILE:
        console.print_renderable(printer(text))
        assert not set(capsys.readouterr().out) & set(HOSTILE_CHARACTERS)


def test_a_moving_board_obeys_rich_and_nobody_else() -> None:
    printed = io.StringIO()
    terminal = console.PlainConsole(file=printed, force_terminal=True, width=80)
    with rich.live.Live(console=terminal, auto_refresh=False) as live:
        live.update(rich.text.Text("x\x1b]0;t"), refresh=True)

    assert "x\\x1b]0;t" in printed.getvalue()
    assert "\x1b[?25l" in printed.getvalue()  # Rich hides the cursor


@given(st.text())
def test_only_line_ends_and_tabs_of_a_document_are_obeyed(text: str) -> None:
    assert console.escape_text(text).replace("\u200c", "").replace("\u200d", "").isprintable() or any(
        character.isspace() for character in text
    )
    assert not set(console.escape_document(text)) & {chr(code) for code in (*range(9), *range(11, 32), 127)}
    assert not set(console.escape_text(text)) & {chr(code) for code in (*range(32), *range(127, 160))}


@pytest.mark.parametrize("name", ["Zoë", "渡辺", "محمد", "👩\u200d🚀 ❤\ufe0f", "क्\u200dष", "a b"])
def test_a_name_in_any_script_stays(name: str) -> None:
    assert console.escape_text(name) == name


def test_a_document_keeps_the_colours_of_a_program_that_we_ran_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed: list[str] = []
    monkeypatch.setattr(typer, "echo", printed.append)
    console.print_document("\x1b[1mplan\x1b[0m\x1b[2J\n\tx", with_colours=True)
    console.print_document("\x1b[1mplan")
    assert printed == ["\x1b[1mplan\x1b[0m\\x1b[2J\n\tx", "\\x1b[1mplan"]


def list_printers(source: str) -> Iterator[str]:
    """Yield the calls and imports of a module that print past the console's functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in {"console", "create_console()"}:
            yield from [ast.unparse(node)] if node.attr != "is_terminal" else []
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Live":
            yield from [] if {"console"} & {each.arg for each in node.keywords} else ["Live"]
        if isinstance(node, ast.Call | ast.Attribute | ast.Name):
            name = ast.unparse(node.func if isinstance(node, ast.Call) else node)
            if name in PRINTING:
                yield name
        if isinstance(node, ast.ImportFrom):
            yield from (
                f"{node.module}.{each.name}"
                for each in node.names
                if f"{node.module}.{each.name}" in PRINTING
                or (
                    str(node.module).split(".")[0] == "rich" and f"{node.module}.{each.name}" not in COMPOSERS
                )
            )
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] in {"rich", "click"})


def test_no_module_prints_past_the_console() -> None:
    past = {
        str(file.relative_to(SOURCES)): found
        for file in sorted(SOURCES.rglob("*.py"))
        if str(file.relative_to(SOURCES)) not in OWN_PLACES
        and (found := sorted(set(list_printers(file.read_text()))))
    }
    assert past == {}


@pytest.mark.parametrize(
    "source",
    [
        "print('x')",
        "import typer\ntyper.echo('x')",
        "show = print",
        "from rich.table import Table",
        "from rich.console import Console as C",
        "import rich",
        "from rich.panel import Panel",
        "import sys\nsys.stdout.write('x')",
        "console.print('x')",
        "create_console().out('x')",
        "input('x')",
        "typer.prompt('x')",
        "with Live() as live: pass",
    ],
)
def test_the_scan_sees_each_way_past_it(source: str) -> None:
    assert list(list_printers(source))


def render(rows: list[Row], width: int) -> str:
    terminal = console.create_console(width=width)
    with terminal.capture() as capture:
        terminal.print(board.render_board({"creator": rows, "photographer": rows}))
    return capture.get()


def test_a_narrow_terminal_keeps_the_sales() -> None:
    rows = [Row(1, "***", "Grace Brewster Murray Hopper " * 3, 1_234_567), Row(2, "***", "x" * 60, 7)]
    narrow = render(rows, 40)
    assert max(map(len, narrow.splitlines())) <= 40
    assert narrow.count("1,234,567") == 2
    assert narrow.count("Sales") == 2
    assert "Merchants" in narrow.split("Photographers")[0]
    assert narrow.count("x") == 120


def test_a_table_of_many_columns_loses_nothing_in_a_narrow_terminal() -> None:
    table = console.DataTable(
        "Generation", "", "Build", "Reads the stream", "Sales on the board", "Behind in"
    )
    table.add_row("1", "live", "0123456789ab", "Enabled", "1,234,567", "12 of 12 shards")
    terminal = console.create_console(width=40)
    with terminal.capture() as capture:
        terminal.print(table)
    columns = list(
        zip(*(line.split("│")[1:-1] for line in capture.get().splitlines() if "│" in line), strict=True)
    )
    assert "".join(part.strip() for part in columns[4]) == "1,234,567"
    assert "".join(part.strip() for part in columns[2]) == "0123456789ab"


def test_a_wide_terminal_shows_both_roles_side_by_side() -> None:
    first = render([Row(1, "***", "Grace", 7)], 80).splitlines()[0]
    assert "Merchants" in first
    assert "Photographers" in first


def test_a_name_of_which_nothing_is_visible_is_shown_as_the_mask() -> None:
    rows = [Row(1, "***0B8F-54w4crz6", "\u200b\u3164 ", 7)]
    assert "***0B8F-54w4crz6" in render(rows, 80)
    assert "***0B8F-54w4crz6 7" in board.format_board_line({"creator": rows, "photographer": []})


def test_progress_does_not_pass_its_total(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(force_terminal=True, width=80)
    monkeypatch.setattr(progress, "console", terminal)
    with terminal.capture() as capture, progress.show_progress("Applying") as advance:
        advance(94, 68)
        progress._bars._progress.refresh()  # type: ignore[union-attr]
    assert "68/68" in capture.get()
    assert "94" not in capture.get()


def test_a_name_that_is_typed_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _self: True})())
    monkeypatch.setattr(typer, "prompt", lambda _question, **_options: "prod")

    console.require_confirmation("prod", "destroying prod", None)
    with pytest.raises(UserError, match="'prod' does not confirm destroying dev, which wants 'dev'"):
        console.require_confirmation("dev", "destroying dev", None)
