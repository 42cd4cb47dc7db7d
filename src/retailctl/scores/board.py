"""Read the board from the API and print it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import typer
from rich.columns import Columns

from hello_retail.visibility import is_visible
from retailctl.console import DataTable, print_document, print_renderable
from retailctl.environments import outputs
from retailctl.errors import UserError
from retailctl.http import HttpReply, NoReply, check_address, send_request
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT_SECONDS = 10.0
ROLES = {"creator": "Merchants", "photographer": "Photographers"}
"""The API's roles, and their titles."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the API's board; the user id is masked."""

    rank: int
    user_id: str
    name: str
    score: int


Board = dict[str, list[Row]]
"""Role to its best contributors, highest first."""


class NoBoard(UserError):
    """The API gave no scores; the message has its answer."""


def read_board(api_url: str, limit: int) -> Board:
    """Return the best ``limit`` contributors (1 to 100) of each role.

    Raises:
        NoBoard: where the address is malformed, the API is out of reach or answers with anything but scores.

    """
    try:
        check_address(api_url)
        if {"?", "#"} & set(api_url):
            raise ValueError("it must end with the host or a path")  # noqa: TRY301 - one sentence for all
    except ValueError as error:
        raise NoBoard(
            f"The address of the API is malformed: {api_url!r} ({error}). Give one such as https://api.example.com."
        ) from None
    return {role: _scores(api_url, role, limit) for role in ROLES}


def _scores(api_url: str, role: str, limit: int) -> list[Row]:
    url = f"{api_url.rstrip('/')}/scores?{urlencode({'role': role, 'limit': limit})}"
    try:
        reply = send_request(url, timeout=TIMEOUT_SECONDS)
    except NoReply as error:
        raise NoBoard(f"The API is out of reach at {url} ({error}): is its cloud up?") from error
    if reply.status != HTTPStatus.OK:
        raise NoBoard(f"The API answered {reply.status} to {url}: {_detail(reply)}")
    try:
        return [
            Row(int(row["rank"]), str(row["userId"]), str(row["name"]), int(row["score"]))
            for row in json.loads(reply.body)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise NoBoard(f"The API's answer to {url} holds no scores: is `api_url` right?") from error


def _detail(reply: HttpReply) -> str:
    """Return what a problem document says, or the status line's words."""
    try:
        problem = json.loads(reply.body)
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"{reply.reason}."


def render_board(board: Board) -> Columns:
    """Return the board as two Rich tables, side by side if possible."""
    return Columns([_build_table(title, board[role]) for role, title in ROLES.items()], padding=(0, 4))


def _build_table(title: str, rows: Sequence[Row]) -> DataTable:
    table = DataTable(title=title, title_justify="left", title_style="bold")
    table.add_column("", justify="right", style="dim", no_wrap=True)
    table.add_column("Name", min_width=12)
    table.add_column("Sales", justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            str(row.rank),
            choose_shown_name(row),
            f"{row.score:,}",
            style="bold green" if row.rank == 1 else "",
        )
    if not rows:
        table.add_row("", "nobody yet", "")
    return table


def choose_shown_name(row: Row) -> str:
    """Return a row's name, or its mask if that is invisible."""
    return row.name if is_visible(row.name) else row.user_id


def format_board_line(board: Board, best: int = 3) -> str:
    """Return the board's top as one line of text."""
    return "; ".join(
        f"{title.lower()}: "
        + (", ".join(f"{choose_shown_name(row)} {row.score:,}" for row in board[role][:best]) or "none yet")
        for role, title in ROLES.items()
    )


def format_board_json(board: Board) -> str:
    """Return the board as JSON: role to rows."""
    rows = {
        role: [{_JSON.get(k, k): v for k, v in asdict(row).items()} for row in board[role]] for role in ROLES
    }
    return json.dumps(rows, indent=2)


_JSON = {"user_id": "userId"}


def show_winners(
    *,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many of each role.")] = 10,
    in_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    api_url: Annotated[str, typer.Option(help="The API to ask, instead of the environment's.")] = "",
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Print who is winning."""
    url = api_url or str(outputs.find_outputs(environment, cloud)["api_url"])
    winners = read_board(url, limit)
    if in_json:
        print_document(format_board_json(winners))
    else:
        print_renderable(render_board(winners))
