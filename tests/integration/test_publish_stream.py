"""`retailctl publish` against moto's Kinesis: what is on the stream afterwards, and what a stop tells."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, NoRegionError
from moto import mock_aws
from typer.testing import CliRunner

from retailctl import cli
from retailctl.errors import UserError
from retailctl.explanations import explain_error
from retailctl.scores.recount import recount_scores
from retailctl.stream import publish, sender
from retailctl.stream.lines import LineRanges, LineSelection
from retailctl.stream.log_copy import copy_log
from retailctl.stream.log_file import LogEntry
from retailctl.stream.reader import read_payloads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from click.testing import Result
    from mypy_boto3_kinesis import KinesisClient

pytestmark = pytest.mark.usefixtures("signals_heard")

FIXTURES = Path(__file__).parents[1] / "fixtures"
DAY = FIXTURES / "workshop-day.jsonl"
STREAM = "hello-retail-test-events"


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("kinesis")
        client.create_stream(StreamName=STREAM, ShardCount=3)
        yield client


def on_stream(client: KinesisClient) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in read_payloads(client, STREAM)]


def by_product(events: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    products = defaultdict(list)
    for event in events:
        products[event["data"]["id"]].append(event)
    return products


def test_a_log_is_on_the_stream_in_order_per_product_and_leads_to_its_scores(kinesis: KinesisClient) -> None:
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM])
    assert result.exit_code == 0, result.output
    assert f"1,581 records are on {STREAM}." in result.stderr
    log = [json.loads(line)["data"] for line in DAY.read_text().splitlines()]
    assert by_product(on_stream(kinesis)) == by_product(log)
    expected = json.loads((FIXTURES / "workshop-day.scores.json").read_text())
    assert recount_scores(read_payloads(kinesis, STREAM)) == expected


def test_without_a_stream_of_ones_own_the_local_clouds_is_meant(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Cloud:
        def client(self, service: str, **settings: object) -> KinesisClient:
            assert (service, settings["retries"]) == ("kinesis", {"total_max_attempts": 1})
            return kinesis

    monkeypatch.setattr(publish.clouds, "load_cloud", lambda name: Cloud() if name == "mine" else None)
    monkeypatch.setattr(
        publish.outputs, "read_local_outputs", lambda _cloud, env: {"stream_name": STREAM, "env": env}
    )
    file = tmp_path / "log.jsonl"
    file.write_text('{"partitionKey": "a", "data": "x"}\n')
    result = CliRunner().invoke(cli.app, ["publish", str(file), "--cloud", "mine"])
    assert result.exit_code == 0, result.output
    assert read_payloads(kinesis, STREAM) == [b"x"]


def test_a_broken_line_keeps_the_whole_file_back(kinesis: KinesisClient, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('{"partitionKey": "a", "data": "fine"}\n{"partitionKey": \n')
    result = CliRunner().invoke(cli.app, ["publish", str(file), "--stream", STREAM])
    assert isinstance(result.exception, UserError)
    assert "Line 2 of" in str(result.exception)
    assert "Nothing was sent." in str(result.exception)
    assert read_payloads(kinesis, STREAM) == []


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/random"])
def test_a_device_without_an_end_is_refused(device: str) -> None:
    result = CliRunner().invoke(cli.app, ["publish", device, "--stream", STREAM])
    assert isinstance(result.exception, UserError)
    assert f"{device} cannot be read or copied" in str(result.exception)
    assert "it is a device that may have no end" in str(result.exception)


def test_a_missing_file_is_named() -> None:
    result = CliRunner().invoke(cli.app, ["publish", "nowhere", "--stream", STREAM])
    assert isinstance(result.exception, UserError)
    assert "nowhere cannot be read" in str(result.exception)
    assert "Nothing was sent." in str(result.exception)


def test_a_part_of_a_log_can_be_sent(kinesis: KinesisClient, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("".join(f'{{"partitionKey": "a", "data": "{n}"}}\n' for n in range(1, 10)))
    arguments = ["publish", str(file), "--stream", STREAM, "--from-line", "4", "--skip-lines", "5-6,8"]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, result.output
    assert read_payloads(kinesis, STREAM) == [b"4", b"7", b"9"]


def test_lines_to_skip_that_cannot_be_read_are_refused() -> None:
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM, "--skip-lines", "x"])
    assert isinstance(result.exception, UserError)
    assert "--skip-lines cannot be read: 'x' is no line number" in str(result.exception)


def test_a_stream_that_is_not_there_is_told_with_how_far_it_got(kinesis: KinesisClient) -> None:
    assert kinesis
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", "nobodys"])
    assert isinstance(result.exception, UserError)
    assert "ResourceNotFoundException" in str(result.exception)
    assert "0 records of" in str(result.exception)
    assert f"To send the rest: `retailctl publish --stream nobodys {DAY} --from-line 1`." in str(
        result.exception
    )


def test_without_a_region_the_settings_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM])
    assert isinstance(result.exception, NoRegionError)
    assert "You must specify a region. See the AWS variables" in explain_error(result.exception)


@pytest.mark.parametrize("address", ["http://h/a b", "http://[", "h"])
def test_a_malformed_address_in_the_settings_is_named(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", address)
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM])
    assert isinstance(result.exception, UserError)
    assert f"AWS_ENDPOINT_URL_KINESIS in this shell is {address!r}, a malformed address" in str(
        result.exception
    )


def numbers(tmp_path: Path, last: int = 12, keys: int = 3) -> Path:
    file = tmp_path / "a log.jsonl"
    file.write_text("".join(f'{{"partitionKey": "{n % keys}", "data": "{n}"}}\n' for n in range(1, last + 1)))
    return file


def invoke_printed(command: str) -> Result:
    """Run the command that a sentence has between backquotes."""
    words = shlex.split(command.split("`")[1])
    assert words[0] == "retailctl"
    return CliRunner().invoke(cli.app, words[1:])


class Interrupted:
    """Stands in for boto3's client: the request ``number`` (from 1) is put in part, and its answer is lost."""

    def __init__(self, client: KinesisClient, number: int, taken: int, error: BaseException) -> None:
        self.client, self.left, self.taken, self.error = client, number, taken, error
        self.describe_stream_summary = client.describe_stream_summary

    def put_records(self, *, StreamName: str, Records: Any) -> Any:
        self.left -= 1
        if self.left:
            return self.client.put_records(StreamName=StreamName, Records=Records)
        self.client.put_records(StreamName=StreamName, Records=Records[: self.taken])
        raise self.error


def stop(monkeypatch: pytest.MonkeyPatch, client: object, file: Path, *options: str) -> str:
    """Publish with a client, and return the sentence that ends it."""
    with monkeypatch.context() as patch:
        patch.setattr(publish, "_open_aws_stream", lambda name: (client, name))
        result = CliRunner().invoke(cli.app, ["publish", str(file), "--stream", STREAM, *options])
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


def test_what_a_stop_tells_to_type_sends_exactly_the_rest(kinesis: KinesisClient, tmp_path: Path) -> None:
    file = numbers(tmp_path)
    real, requests = sender.build_stream_put(kinesis, STREAM), 0

    def put(entries: Sequence[LogEntry]) -> list[bool]:
        nonlocal requests
        requests += 1
        if requests == 3:
            raise sender.PutRecordsRefused("the token has expired")
        taken = [entry for entry in entries if entry.partition_key != "1"]
        real(taken)
        return [entry in taken for entry in entries]

    everything = LineSelection()
    with copy_log(file) as log, pytest.raises(sender.Stopped) as stopped:
        publish.put_entries(put, log.read_entries(everything))
    sending = publish.Sending(file, everything, STREAM, f"retailctl publish --stream {STREAM}")
    message = publish.describe_stop(stopped.value, sending, 0.0)
    assert message.startswith("The sending stopped: the stream refused: the token has expired. 4 records of")
    assert "--from-line 1 --skip-lines 2-3,5-6`" in message
    result = invoke_printed(message)
    assert result.exit_code == 0, result.output
    assert "8 records are on" in result.stderr
    assert sorted(int(payload) for payload in read_payloads(kinesis, STREAM)) == list(range(1, 13))


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), ConnectionClosedError(endpoint_url="http://127.0.0.1:1")]
)
def test_uncertain_lines_are_looked_up_and_each_is_sent_once(
    kinesis: KinesisClient,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    taken: int,
    error: BaseException,
) -> None:
    file = numbers(tmp_path)
    message = stop(monkeypatch, Interrupted(kinesis, 2, taken or 1, error), file, "--skip-lines", "7")
    if taken == 0:  # the whole request is lost, with a stream that has none of it
        kinesis.delete_stream(StreamName=STREAM)
        kinesis.create_stream(StreamName=STREAM, ShardCount=3)
        sender.build_stream_put(kinesis, STREAM)(
            [LogEntry(n, str(n % 3), str(n).encode()) for n in (1, 2, 3)]
        )
    assert "Whether lines 4-6 are there too is not known." in message
    assert "sends the rest: `retailctl publish" in message
    look_up = invoke_printed(message)
    assert look_up.exit_code == 0, look_up.output
    on_stream = range(1, 4 + taken)
    assert look_up.stdout == (
        f"Lines 1-{on_stream[-1]} are on the stream.\n"
        f"Lines {LineRanges.from_lines(n for n in range(1, 13) if n not in on_stream and n != 7)} "
        "are not on the stream.\n"
    )
    result = invoke_printed(look_up.stderr)
    assert result.exit_code == 0, result.output
    payloads = sorted(int(payload) for payload in read_payloads(kinesis, STREAM))
    assert payloads == [n for n in range(1, 13) if n != 7]
    nothing_left = CliRunner().invoke(
        cli.app, ["publish", str(file), "--stream", STREAM, "--skip-lines", "7", "--look-up"]
    )
    assert nothing_left.stdout == "Lines 1-6,8-12 are on the stream.\nEach line is on the stream.\n"


def test_a_look_up_counts_equal_records_and_those_since_a_time_only(
    kinesis: KinesisClient, tmp_path: Path
) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('{"partitionKey": "a", "data": "x"}\n' * 3)
    kinesis.put_record(StreamName=STREAM, PartitionKey="a", Data=b"x")
    kinesis.put_record(StreamName=STREAM, PartitionKey="b", Data=b"x")
    arguments = ["publish", str(file), "--stream", STREAM, "--look-up"]
    result = CliRunner().invoke(cli.app, arguments)
    assert result.stdout == "Line 1 is on the stream.\nLines 2-3 are not on the stream.\n"
    result = CliRunner().invoke(cli.app, [*arguments, "--since", "2100-01-01"])
    assert result.stdout == "No line is on the stream.\nLines 1-3 are not on the stream.\n"


@pytest.mark.parametrize("since", ["99999999999d", "yesterday"])
def test_a_time_that_is_none_is_refused(since: str) -> None:
    result = CliRunner().invoke(
        cli.app, ["publish", str(DAY), "--stream", STREAM, "--look-up", "--since", since]
    )
    assert isinstance(result.exception, UserError)
    assert f"--since '{since}' is no time" in str(result.exception)


def test_a_time_belongs_to_a_look_up() -> None:
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM, "--since", "1h"])
    assert isinstance(result.exception, UserError)
    assert "--since belongs to --look-up" in str(result.exception)


def test_a_very_long_range_of_lines_takes_no_memory(kinesis: KinesisClient) -> None:
    result = CliRunner().invoke(
        cli.app, ["publish", str(DAY), "--stream", STREAM, "--skip-lines", "2-9999999999"]
    )
    assert result.exit_code == 0, result.output
    assert f"1 record is on {STREAM}." in result.stderr
    assert len(read_payloads(kinesis, STREAM)) == 1


def test_a_pipe_is_sent_whole_and_what_is_told_is_what_was_sent(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = numbers(tmp_path)

    def open_pipe() -> Path:
        reading, writing = os.pipe()
        os.write(writing, file.read_bytes())
        os.close(writing)
        return Path(f"/dev/fd/{reading}")

    result = CliRunner().invoke(cli.app, ["publish", str(open_pipe()), "--stream", STREAM])
    assert result.exit_code == 0, result.output
    assert f"12 records are on {STREAM}." in result.stderr
    assert len(read_payloads(kinesis, STREAM)) == 12
    message = stop(monkeypatch, Interrupted(kinesis, 2, 0 + 1, KeyboardInterrupt()), open_pipe())
    assert "the same command with `--from-line 1 --look-up --since 2" in message


def test_a_dash_is_standard_input(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(publish, "STANDARD_INPUT", numbers(tmp_path))

    result = CliRunner().invoke(cli.app, ["publish", "-", "--stream", STREAM])

    assert result.exit_code == 0, result.output
    assert len(read_payloads(kinesis, STREAM)) == 12


def test_what_is_appended_meanwhile_is_told_and_not_sent(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = numbers(tmp_path)
    put = publish.put_entries

    def put_while_growing(*arguments: Any) -> int:
        with file.open("a") as log:
            log.write('{"partitionKey": "1", "data": "13"}\n{"partitionKey": "1", "da')
        return put(*arguments)

    monkeypatch.setattr(publish, "put_entries", put_while_growing)
    result = CliRunner().invoke(cli.app, ["publish", str(file), "--stream", STREAM])
    assert result.exit_code == 0, result.output
    assert f"12 records are on {STREAM}." in result.stderr
    assert "has grown since it was read" in result.stderr
    monkeypatch.undo()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    half = invoke_printed(result.stderr)
    assert isinstance(half.exception, UserError)
    assert "Line 14 of" in str(half.exception)
    assert "it may still be written" in str(half.exception)
    assert len(read_payloads(kinesis, STREAM)) == 12


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_for_the_answer_and_gives_an_account(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    class Signalled(Interrupted):
        def put_records(self, **arguments: Any) -> Any:
            self.left -= 1
            if not self.left:
                signal.raise_signal(number)
            return self.client.put_records(**arguments)

    before = signal.getsignal(number)
    file = numbers(tmp_path)
    message = stop(monkeypatch, Signalled(kinesis, 2, 0, KeyboardInterrupt()), file)
    assert signal.getsignal(number) is before
    assert "it was interrupted. 6 records of" in message
    assert "not known" not in message
    assert invoke_printed(message).exit_code == 0
    assert sorted(int(payload) for payload in read_payloads(kinesis, STREAM)) == list(range(1, 13))


def test_a_signal_before_the_first_record_tells_that_nothing_was_sent(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_open_aws_stream", lambda _: signal.raise_signal(signal.SIGTERM))
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM])
    assert isinstance(result.exception, UserError)
    assert str(result.exception) == "It was interrupted. Nothing was sent."
    assert read_payloads(kinesis, STREAM) == []


def test_a_signal_at_the_last_record_leaves_the_account_of_a_whole_log(
    kinesis: KinesisClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Last:
        def put_records(self, **arguments: Any) -> Any:
            answer = kinesis.put_records(**arguments)
            signal.raise_signal(signal.SIGTERM)
            return answer

        def describe_stream_summary(self, **arguments: Any) -> Any:
            return kinesis.describe_stream_summary(**arguments)

    monkeypatch.setattr(publish, "_open_aws_stream", lambda name: (Last(), name))
    result = CliRunner().invoke(cli.app, ["publish", str(numbers(tmp_path, 2)), "--stream", STREAM])
    assert result.exit_code == 0, result.output
    assert f"2 records are on {STREAM}." in result.stderr
