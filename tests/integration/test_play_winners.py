"""`retailctl winners` and the board behind it, against an HTTP server that answers as the API does."""

from __future__ import annotations

import json
import re
import socket
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from retailctl import cli, console
from retailctl.errors import UserError
from retailctl.local_cloud import demo
from retailctl.scores import board
from retailctl.scores.board import Row
from retailctl.simulation.watch import display_board
from support.hostile import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = {
    "creator": [
        {"rank": 1, "userId": "***8B9C-abcdefgh", "name": "Ada 1", "score": 1234},
        {"rank": 2, "userId": "***0000-abcdefgh", "name": "Alan 2", "score": 7},
    ],
    "photographer": [],
}


@contextmanager
def api(status: int = 200, body: bytes | None = None) -> Iterator[str]:
    """Serve the rows, or one answer to everything, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            rows = json.dumps(ROWS[query["role"]][: int(query["limit"])]).encode()
            self.send_response(status if url.path == "/stage/scores" else 404)
            self.end_headers()
            self.wfile.write(rows if body is None else body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stage"
    finally:
        server.shutdown()
        server.server_close()


def test_the_board_is_printed_as_two_tables() -> None:
    with api() as url:
        result = CliRunner().invoke(cli.app, ["winners", "--api-url", f"{url}/"])
    assert result.exit_code == 0, result.output
    for text in ("Merchants", "Ada 1", "1,234", "Alan 2", "Photographers", "nobody yet"):
        assert text in result.stdout


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_a_strangers_name_is_text_on_the_board(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, shown: str
) -> None:
    rows = [Row(1, "***0B8F-54w4crz6", name, 7)]
    monkeypatch.setattr(board, "read_board", lambda *_: {"creator": rows, "photographer": []})
    result = CliRunner().invoke(cli.app, ["winners", "--api-url", "http://x"], env={"COLUMNS": "120"})
    assert result.exit_code == 0, result.output
    assert f"│ {shown} " in result.stdout
    with display_board() as show_board:
        show_board(1, 0.0, {"creator": rows, "photographer": []})
    assert f"merchants: {shown} 7" in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with display_board() as show_board:
        show_board(1, 0.0, {"creator": rows, "photographer": []})
    assert f"│ {shown} " in re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out)
    console.print_note(demo.describe_winners({"creator": rows, "photographer": []}))
    assert capsys.readouterr().err == f"The winners: {shown} (merchant, 7 sales).\n"


def test_the_board_is_printed_as_json_with_the_apis_names() -> None:
    with api() as url:
        result = CliRunner().invoke(cli.app, ["winners", "--json", "--limit", "1", "--api-url", url])
    assert json.loads(result.stdout) == {"creator": ROWS["creator"][:1], "photographer": []}


def test_without_an_address_the_local_clouds_api_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with api() as url:
        monkeypatch.setattr(
            board.outputs, "find_outputs", lambda env, cloud: {("dev", "local"): {"api_url": url}}[env, cloud]
        )
        result = CliRunner().invoke(cli.app, ["winners"])
    assert "Ada 1" in result.stdout


def test_a_board_fits_in_a_line() -> None:
    with api() as url:
        assert (
            board.format_board_line(board.read_board(url, 5))
            == "merchants: Ada 1 1,234, Alan 2 7; photographers: none yet"
        )


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b'{"title": "Unavailable", "detail": "Ask again in a moment."}', "503 .*: Ask again in a mom"),
        (400, b'{"title": "Bad Request"}', "400 .*: Bad Request"),
        (502, b"<html>", "502 .*: Bad Gateway"),
        (200, b"<html>", "holds no scores"),
        (200, b'{"message": "x"}', "holds no scores"),
        (200, b'[{"rank": 1}]', "holds no scores"),
    ],
)
def test_what_is_no_board_is_told_in_words(status: int, body: bytes, words: str) -> None:
    with api(status, body) as url, pytest.raises(UserError, match=words):
        board.read_board(url, 5)


def test_an_api_out_of_reach_is_told_with_its_address() -> None:
    with api() as url:
        pass
    with pytest.raises(UserError, match=r"out of reach at http://127.* is its cloud up\?"):
        board.read_board(url, 5)


def test_an_api_that_hangs_up_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            connection.close()

        Thread(target=hang_up).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(UserError, match=r"out of reach at http://127.* is its cloud up\?"):
            board.read_board(url, 5)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://h/a b", "it holds the character ' '"),
        ("http://h/\n", r"it holds the character '\n'"),
        ("http://[", "Invalid IPv6 URL"),
        ("http://", "it names no host"),
        ("http://:80", "it names no host"),
        ("h", "it must begin with http:// or https://"),
        ("file:///etc", "it must begin with http:// or https://"),
        ("http://127.0.0.1:99999", "Port out of range 0-65535"),
        ("http://127.0.0.1:0", "Port out of range 1-65535"),
        ("http://h:x", "Port could not be cast to integer value as 'x'"),
        ("http://h/?limit=1", "it must end with the host or a path"),
    ],
)
def test_a_malformed_address_is_refused(address: str, reason: str) -> None:
    result = CliRunner().invoke(cli.app, ["winners", "--api-url", address])
    assert isinstance(result.exception, UserError)
    assert (
        str(result.exception)
        == f"The address of the API is malformed: {address!r} ({reason}). Give one such as https://api.example.com."
    )
