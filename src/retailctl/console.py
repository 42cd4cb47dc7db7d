"""What the operator sees: data on stdout, the rest on stderr.

All of it is plain text.

Names, messages and records come from outside. So nothing here obeys Rich's markup, and what a terminal would obey,
or not show, is printed as an escape sequence of Python. No other module prints.
"""

from __future__ import annotations

import getpass
import re
import sys
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from hello_retail.visibility import BLANK
from retailctl import interrupts
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import ConsoleOptions, ConsoleRenderable, RenderableType, RichCast
    from rich.style import StyleType

_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""Parts of Persian and Indic words and of emoji, which change the look of their neighbours only."""
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


class PlainConsole(Console):
    """A console on which all text is escaped at the end, whatever it was rendered from."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of what is printed; only Rich's own control codes are obeyed."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else escape_document(text), style, control)


def create_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console that prints plain text: no markup, emoji or highlighting."""
    return PlainConsole(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


console = create_console(stderr=True)


def escape_text(text: str) -> str:
    """Return a line of text with control characters escaped.

    What a terminal would obey, or not show, becomes Python's escape sequences.
    """
    return "".join(_escape(character) for character in text)


def escape_document(text: str) -> str:
    """Return text of many lines likewise: line ends and tabs stay."""
    return "".join(character if character in "\n\t" else _escape(character) for character in text)


def _escape(character: str) -> str:
    is_shown = character.isprintable() and not BLANK.match(character)
    if is_shown or character in _JOINERS or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()


class DataTable(Table):
    """A table whose cells are text, not markup.

    They are folded where the terminal is narrow, never cut.
    """

    def add_column(self, header: RenderableType = "", *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as Rich's
        """Add a column."""
        super().add_column(_escape_cell(header), *arguments, **{"overflow": "fold"} | options)

    def add_row(
        self,
        *renderables: ConsoleRenderable | RichCast | str | None,
        style: StyleType | None = None,
        end_section: bool = False,
    ) -> None:
        """Add a row."""
        cells = [None if each is None else _escape_cell(each) for each in renderables]
        super().add_row(*cells, style=style, end_section=end_section)


def _escape_cell(cell: RenderableType) -> RenderableType:
    return escape_text(cell) if isinstance(cell, str) else cell


def print_line(text: str) -> None:
    """Print a line of data on stdout."""
    typer.echo(escape_text(text))


def print_fields(*fields: str) -> None:
    """Print a line of data on stdout: fields, with tabs between them."""
    typer.echo("\t".join(escape_text(field) for field in fields))


def print_document(text: str, *, with_colours: bool = False) -> None:
    """Print text of many lines on stdout.

    ``with_colours`` lets the colours of a program that we ran stay.
    """
    parts = _COLOUR.split(text) if with_colours else [text]
    typer.echo("".join(part if _COLOUR.fullmatch(part) else escape_document(part) for part in parts))


def print_renderable(
    renderable: RenderableType, width: int | None = None, *, on_stderr: bool = False
) -> None:
    """Print a table, or what else Rich renders, on stdout or stderr."""
    (console if on_stderr else create_console(width=width)).print(renderable)


def print_note(text: str, *, has_lines: bool = False) -> None:
    """Print ``text`` on stderr: as one line, unless it ``has_lines``."""
    console.print(escape_document(text) if has_lines else escape_text(text), soft_wrap=True)


def print_error(sentence: str) -> None:
    """Print why a command ended."""
    console.print(f"retailctl: {escape_document(sentence)}", style="bold red", soft_wrap=True)


def print_done(text: str, seconds: float) -> None:
    """Print that a step is done and how long it took."""
    console.print(
        Text.assemble(("✓", "green"), f" {escape_text(text)} ", (f"({seconds:.1f} s)", "dim")), soft_wrap=True
    )


def ask(question: str, *, is_secret: bool = False, is_repeated: bool = False) -> str:
    """Ask the operator on stderr; a secret is not shown while it is typed, and may have to be repeated.

    Raises:
        UserError: where the input ends without an answer.

    """
    text = escape_text(question)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", getpass.GetPassWarning)  # a pipe shows nothing anyway
            return str(typer.prompt(text, hide_input=is_secret, confirmation_prompt=is_repeated, err=True))
    except typer.Abort:
        if interrupts.get_last_signal():
            raise
        raise UserError(f"Nobody answered '{question}': nothing was changed.") from None


def require_confirmation(environment: str, what: str, confirmed: str | None) -> None:
    """Return once the operator has typed the environment's name.

    Raises:
        UserError: where they typed something else, or nobody is there to ask.

    """
    answer = confirmed
    if answer is None:
        if not sys.stdin.isatty():
            raise UserError(f"Nobody is there to confirm {what}: add CONFIRM={environment} (--confirm).")
        answer = ask(f"To confirm {what}, type {environment}")
    if answer != environment:
        raise UserError(
            f"'{answer}' does not confirm {what}, which wants '{environment}': nothing was changed."
        )
