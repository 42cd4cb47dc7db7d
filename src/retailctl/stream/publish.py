"""`retailctl publish`: an event log onto the stream of an environment, in order per product."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from retailctl.console import print_note
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, EnvironmentName, LocalCloudName
from retailctl.progress import OnProgress, ignore_progress, show_progress
from retailctl.stream import log_file, sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from retailctl.stream.log_file import LogEntry


def build_no_retry_settings() -> dict[str, Any]:
    """Return the botocore settings of a client that never sends a request twice by itself.

    They are new each time, since botocore writes into them.
    """
    return {"retries": {"total_max_attempts": 1}, "read_timeout": 30}


def publish_log(
    file: Annotated[Path, typer.Argument(help="The event log: JSON lines, one record or one event each.")],
    *,
    from_line: Annotated[int, typer.Option(min=1, help="The line to begin at.")] = 1,
    skip_lines: Annotated[str, typer.Option(help="Lines to leave out, such as 12-40,43.")] = "",
    stream: Annotated[
        str, typer.Option(help="A stream in the account of the AWS settings, not the local cloud's.")
    ] = "",
    cloud: LocalCloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Put an event log on the stream, in order per product."""
    try:
        skipped = parse_ranges(skip_lines)
    except ValueError as error:
        raise UserError(f"--skip-lines cannot be read: {error}.") from error
    with show_progress(f"Checking {file}"):
        total = check_log(file, from_line, skipped)
    client, name = _open_aws_stream(stream) if stream else _open_local_stream(cloud, environment)
    records = f"{total:,} record{'' if total == 1 else 's'}"
    with show_progress(f"Putting {records} on {name}") as progress:
        send_log(
            sender.build_stream_put(client, name),
            file,
            from_line,
            skipped,
            lambda sent: progress(sent, total),
        )
    print_note(f"{records} {'is' if total == 1 else 'are'} on {name}.")


def check_log(file: Path, from_line: int = 1, skipped: frozenset[int] = frozenset()) -> int:
    """Return the number of records to send, having read the whole file.

    Raises:
        UserError: where the file is missing or a line of it is broken; nothing has been sent then.

    """
    try:
        found = [entry.line for entry in log_file.read_event_log(file)]
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}): name an event log.") from error
    except log_file.BrokenLog as error:
        raise UserError(f"{error} Nothing was sent.") from error
    return sum(line >= from_line and line not in skipped for line in found)


def send_log(
    put: sender.Put,
    file: Path,
    from_line: int = 1,
    skipped: frozenset[int] = frozenset(),
    on_progress: OnProgress = ignore_progress,
) -> int:
    """Send a checked log and return how many records it was; ``on_progress`` hears of the sum so far.

    Raises:
        UserError: where it stops on the way, with how far it got and how to go on.

    """
    sent = 0

    def on_sent(records: int) -> None:
        nonlocal sent
        sent += records
        on_progress(sent)

    try:
        return sender.send_entries(_select_entries(file, from_line, skipped), put, on_sent=on_sent)
    except sender.Stopped as stopped:
        raise UserError(describe_stop(stopped, file, from_line, skipped)) from stopped


def describe_stop(stopped: sender.Stopped, file: Path, from_line: int, skipped: frozenset[int]) -> str:
    """Return in words how far a stopped sending got, and what sends the rest."""
    done = sorted({*stopped.ahead, *(line for line in skipped if line > stopped.next_line)})
    rest = f"--from-line {stopped.next_line}" + (f" --skip-lines {format_ranges(done)}" if done else "")
    sentences = [
        f"The sending stopped: {stopped}.",
        f"{stopped.sent:,} records of {file} from line {from_line} on are on the stream.",
    ]
    if stopped.uncertain:
        sentences.append(
            f"Whether line {format_ranges(stopped.uncertain)} is there too, nobody can tell: look before "
            "you send it again."
        )
    return " ".join([*sentences, f"The same command with `{rest}` sends the rest."])


def _select_entries(file: Path, from_line: int, skipped: frozenset[int]) -> Iterator[LogEntry]:
    return (
        entry
        for entry in log_file.read_event_log(file)
        if entry.line >= from_line and entry.line not in skipped
    )


def _open_local_stream(cloud: str, environment: str) -> tuple[Any, str]:
    running = clouds.load_cloud(cloud)
    return running.client("kinesis", **build_no_retry_settings()), str(
        outputs.read_local_outputs(running, environment)["stream_name"]
    )


def _open_aws_stream(stream: str) -> tuple[Any, str]:
    try:
        return boto3.client("kinesis", config=Config(**build_no_retry_settings())), stream
    except BotoCoreError as error:
        raise UserError(f"The AWS settings do not do: {error}") from error


def format_ranges(lines: Iterable[int]) -> str:
    """Write line numbers the short way: 3, 4, 5, 9 as ``3-5,9``."""
    parts = []
    for _, run in groupby(enumerate(sorted(lines)), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        parts.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return ",".join(parts)


def parse_ranges(text: str) -> frozenset[int]:
    """Read what ``format_ranges`` writes.

    Raises:
        ValueError: where the text is something else.

    """
    lines: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (not _ or last.isdecimal()) and int(first) <= int(last or first)):
            raise ValueError(f"{part!r} is no line number and no range such as 12-40")
        lines.update(range(int(first), int(last or first) + 1))
    return frozenset(lines)
