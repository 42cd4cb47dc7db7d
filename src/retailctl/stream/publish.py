"""`retailctl publish`: send an event log, in order per product.

It goes on the stream of an environment.
"""

from __future__ import annotations

import os
import shlex
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.config import Config

from retailctl import interrupts
from retailctl.console import print_line, print_note
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.environments.target import check_addresses
from retailctl.errors import UserError
from retailctl.moments import parse_moment
from retailctl.options import DEFAULT_CLOUD, EnvironmentName, LocalCloudName, format_retailctl
from retailctl.progress import OnProgress, ignore_progress, show_progress
from retailctl.stream import sender
from retailctl.stream.lines import LineRanges, LineSelection, parse_ranges
from retailctl.stream.log_copy import LogCopy, copy_log
from retailctl.stream.look_up import compute_digest, look_up_entries
from retailctl.stream.reader import read_stream, read_stream_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retailctl.stream.log_file import LogEntry

STANDARD_INPUT = Path("/dev/stdin")


def build_no_retry_settings() -> dict[str, Any]:
    """Return botocore settings that never send a request twice.

    They are new each time, since botocore writes into them.
    """
    return {"retries": {"total_max_attempts": 1}, "read_timeout": 30}


@dataclass(frozen=True, slots=True)
class Sending:
    """What the command sends: lines of a file, to a stream.

    ``command`` is the beginning of a command for the same stream. A file that ``is_pipe`` can be read once only.
    """

    file: Path
    selection: LineSelection
    stream: str
    command: str = "retailctl publish"
    is_pipe: bool = False

    def format_command(self, selection: LineSelection, *more: str) -> str:
        """Return the command for other lines of the same sending."""
        options = shlex.join([*selection.format_options(), *more])
        if self.is_pipe:
            return f"the same command with `{options}`"
        return f"`{self.command} {shlex.quote(str(self.file))} {options}`"


def publish_log(
    file: Annotated[
        Path,
        typer.Argument(
            help="The event log, a file, a pipe or - for standard input: JSON lines, one record or one event each."
        ),
    ],
    *,
    from_line: Annotated[int, typer.Option(min=1, help="The line to begin at.")] = 1,
    skip_lines: Annotated[str, typer.Option(help="Lines to leave out, such as 12-40,43.")] = "",
    look_up: Annotated[
        bool, typer.Option("--look-up", help="Send nothing; say which of the lines the stream has.")
    ] = False,
    since: Annotated[
        str,
        typer.Option(
            help="With --look-up: only what arrived then or later, 2026-11-22T18:00 or 90m, 36h, 7d ago."
        ),
    ] = "",
    stream: Annotated[
        str, typer.Option(help="A stream in the account of the AWS settings, not the local cloud's.")
    ] = "",
    cloud: LocalCloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Put an event log on the stream, in order per product."""
    try:
        selection = LineSelection(from_line, parse_ranges(skip_lines))
    except ValueError as error:
        raise UserError(f"--skip-lines cannot be read: {error}.") from error
    moment = _parse_since(since, look_up=look_up)
    if str(file) == "-":
        file = STANDARD_INPUT
    with interrupts.handle_signals(), ExitStack() as stack:
        try:
            log = stack.enter_context(copy_log(file))
            with show_progress(f"Checking {file}"):
                total = log.check_entries(selection)
            client, name = _open_aws_stream(stream) if stream else _open_local_stream(cloud, environment)
            command = (
                f"retailctl publish --stream {shlex.quote(stream)}"
                if stream
                else format_retailctl("publish", environment, cloud)
            )
            sending = Sending(file, selection, name, command, is_pipe=log.is_pipe)
            if look_up:
                look_up_log(client, log, sending, moment)
                return
            began = read_stream_time(client, name)
        except KeyboardInterrupt:
            raise UserError("It was interrupted. Nothing was sent.") from None
        # The account says what an interruption has cut off; one that comes after the last record cuts off nothing.
        with suppress(interrupts.Interrupted), interrupts.defer_interrupts():
            send_log(client, log, sending, total, began)


def _parse_since(since: str, *, look_up: bool) -> float | None:
    if since and not look_up:
        raise UserError("--since belongs to --look-up: a sending begins at a line, --from-line.")
    try:
        return max(parse_moment(since, datetime.now(UTC)).timestamp(), 0.0) if since else None
    except (ValueError, OverflowError):
        raise UserError(
            f"--since {since!r} is no time: give one such as 2026-11-22T18:00 (UTC), or 36h or 7d for ago."
        ) from None


def send_log(client: Any, log: LogCopy, sending: Sending, total: int, began: float) -> None:  # noqa: ANN401 - a boto3 client
    """Send a log's ``total`` selected records; say how many arrived.

    ``began`` is the time of the stream before the first record is sent.

    Raises:
        UserError: where it stops on the way, with how far it got and how to go on.

    """
    with show_progress(f"Putting {format_records(total)} on {sending.stream}") as progress:
        try:
            sent = put_entries(
                sender.build_stream_put(client, sending.stream),
                log.read_entries(sending.selection),
                lambda so_far: progress(so_far, total),
            )
        except sender.Stopped as stopped:
            if stopped.sent < total:
                raise UserError(describe_stop(stopped, sending, began)) from stopped
            sent = stopped.sent
    print_note(f"{format_records(sent)} {'is' if sent == 1 else 'are'} on {sending.stream}.")
    if log.has_grown():
        rest = LineSelection(log.count_lines() + 1)
        print_note(
            f"{sending.file} has grown since it was read, and the new lines were not sent. To send them: "
            f"{sending.format_command(rest)}."
        )


def put_entries(
    put: sender.Put,
    entries: Iterable[LogEntry],
    on_progress: OnProgress = ignore_progress,
) -> int:
    """Put records on a stream, report to ``on_progress``, and count them.

    Raises:
        Stopped: where it stops on the way.

    """
    so_far = 0

    def on_sent(records: int) -> None:
        nonlocal so_far
        so_far += records
        on_progress(so_far)

    return sender.send_entries(entries, put, on_sent=on_sent)


def describe_stop(stopped: sender.Stopped, sending: Sending, began: float) -> str:
    """Describe how far a stopped sending got, and how to go on.

    ``began`` is the time of the stream before the first record was sent.
    """
    first, verb = sending.selection.from_line, "is" if stopped.sent == 1 else "are"
    sentences = [
        f"The sending stopped: {stopped}.",
        f"{format_records(stopped.sent)} of {sending.file} from line {first} on {verb} on {sending.stream}.",
    ]
    if stopped.uncertain:
        plural = len(stopped.uncertain) > 1
        moment = datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        command = sending.format_command(sending.selection, "--look-up", "--since", moment)
        sentences.append(
            f"Whether line{'s' if plural else ''} {LineRanges.from_lines(stopped.uncertain)} "
            f"{'are' if plural else 'is'} there too is not known. "
            f"To look it up, and to get the command that sends the rest: {command}."
        )
    else:
        rest = sending.selection.select_rest(stopped.next_line, stopped.ahead)
        sentences.append(f"To send the rest: {sending.format_command(rest)}.")
    return " ".join(sentences)


def look_up_log(client: Any, log: LogCopy, sending: Sending, since: float | None) -> None:  # noqa: ANN401 - a boto3 client
    """Print which selected lines the stream has, from ``since`` on."""
    with show_progress(f"Reading {sending.stream}"):
        digests = [
            compute_digest(record["PartitionKey"], record["Data"])
            for record in read_stream(client, sending.stream, since)
        ]
    result = look_up_entries(log.read_entries(sending.selection), digests)
    for sentence in result.describe_lines():
        print_line(sentence)
    if result.missing:
        command = sending.format_command(result.select_missing(sending.selection))
        print_note(f"To send what is missing: {command}.")


def format_records(number: int) -> str:
    """Return a number of records in words."""
    return f"{number:,} record{'' if number == 1 else 's'}"


def _open_local_stream(cloud: str, environment: str) -> tuple[Any, str]:
    running = clouds.load_cloud(cloud)
    return running.client("kinesis", **build_no_retry_settings()), str(
        outputs.read_local_outputs(running, environment)["stream_name"]
    )


def _open_aws_stream(stream: str) -> tuple[Any, str]:
    check_addresses(os.environ)
    return boto3.client("kinesis", config=Config(**build_no_retry_settings())), stream
