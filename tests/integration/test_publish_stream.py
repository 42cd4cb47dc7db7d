"""`retailctl publish` against moto's Kinesis: what is on the stream afterwards, and what a stop tells."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from retailctl import cli
from retailctl.errors import UserError
from retailctl.scores.recount import recount_scores
from retailctl.stream import publish, sender
from retailctl.stream.reader import read_payloads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_kinesis import KinesisClient

    from retailctl.stream.log_file import LogEntry

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


def test_a_missing_file_is_named() -> None:
    with pytest.raises(UserError, match="nowhere cannot be read"):
        publish.check_log(Path("nowhere"))


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


def test_without_a_region_the_settings_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    result = CliRunner().invoke(cli.app, ["publish", str(DAY), "--stream", STREAM])
    assert isinstance(result.exception, UserError)
    assert "The AWS settings do not do" in str(result.exception)


def test_what_a_stop_tells_to_type_sends_exactly_the_rest(kinesis: KinesisClient, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("".join(f'{{"partitionKey": "{n % 3}", "data": "{n}"}}\n' for n in range(1, 13)))
    real, requests = sender.build_stream_put(kinesis, STREAM), 0

    def put(entries: Sequence[LogEntry]) -> list[bool]:
        nonlocal requests
        requests += 1
        if requests == 3:
            raise sender.PutRecordsRefused("the token has expired")
        taken = [entry for entry in entries if entry.partition_key != "1"]
        real(taken)
        return [entry in taken for entry in entries]

    with pytest.raises(UserError) as stopped:
        publish.send_log(put, file)
    message = str(stopped.value)
    assert message.startswith("The sending stopped: the stream refused: the token has expired. 4 records of")
    rest = message.split("`")[1].split()
    assert rest == ["--from-line", "1", "--skip-lines", "2-3,5-6"]
    result = CliRunner().invoke(cli.app, ["publish", str(file), "--stream", STREAM, *rest])
    assert result.exit_code == 0, result.output
    assert sorted(int(payload) for payload in read_payloads(kinesis, STREAM)) == list(range(1, 13))


def test_a_second_stop_remembers_what_was_skipped_before() -> None:
    stopped = sender.Stopped("it was interrupted", sent=2, next_line=7, ahead=[9], uncertain=[7, 8])
    text = publish.describe_stop(stopped, Path("log"), 4, frozenset({5, 12}))
    assert "Whether line 7-8 is there too, nobody can tell" in text
    assert "`--from-line 7 --skip-lines 9,12`" in text
