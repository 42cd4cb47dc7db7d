"""`retailctl quarantine`, over moto's S3, DynamoDB and Kinesis."""

from __future__ import annotations

import json
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from hello_retail.events import Event, decode_event
from retailctl import cli
from retailctl.cli import main
from retailctl.environments import target as environments_target
from retailctl.environments.generations import get_live_generation, get_standing_generations
from retailctl.errors import UserError
from retailctl.quarantine import commands as quarantine
from retailctl.quarantine import redrive
from retailctl.quarantine.log import RedriveStream
from retailctl.quarantine.marks import GENERATIONS, Redrives, build_dropped_mark
from retailctl.quarantine.records import Copy, build_copy, parse_copy
from retailctl.quarantine.redrive import Begun, Mark, Place
from retailctl.stream.reader import read_payloads
from support.events import purchase
from support.fake_aws import FakeDynamoDB
from support.hostile import NAMES
from support.quarantined import GIVEN_UP, GIVEN_UP_KEY, SHARD, document_of, held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

STREAM, BUCKET, TABLE = "hello-retail-dev-events", "hello-retail-dev-quarantine", "hello-retail-dev-redrives"
NEWER = purchase("p1", "ann", "Ann") | {"schema": "com.nordstrom/retail-stream-ingress/1-9-0"}


class Target:
    """An environment in a local cloud, with moto's clients."""

    cloud, environment, place = SimpleNamespace(name="lab"), "dev", "the local cloud 'lab'"
    cloud_name, update_command = (
        environments_target.Target.cloud_name,
        environments_target.Target.update_command,
    )
    format_command = environments_target.Target.format_command

    def client(self, service: str, **settings: Any) -> Any:
        return boto3.client(service)


def name(number: int) -> str:
    return f"{STREAM}/{SHARD}/{number}"


class Environment:
    """What the commands find, and what they leave."""

    def __init__(self) -> None:
        self.s3, self.kinesis, self.dynamodb = map(boto3.client, ("s3", "kinesis", "dynamodb"))
        self.kinesis.create_stream(StreamName=STREAM, ShardCount=2)
        self.s3.create_bucket(Bucket=BUCKET)
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "identity", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "identity", "KeyType": "HASH"}],
        )
        self.outputs: dict[str, Any] = {
            "stream_name": STREAM,
            "quarantine_bucket": BUCKET,
            "redrives_table": TABLE,
            "scores_table": "hello-retail-dev-scores-g3",
        }
        self.stand("3")

    def stand(self, generations: str) -> None:
        self.dynamodb.put_item(
            TableName=TABLE, Item={"identity": {"S": GENERATIONS}, "standing": {"S": generations}}
        )

    def put_aside(self, *documents: object, first: int = 17, key: str = "", **fields: Any) -> None:
        records = [held(each, first + n, stream=STREAM, **fields) for n, each in enumerate(documents)]
        key = key or f"records/g3/2026/11/22/{first}.json"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document_of(*records)).encode())

    def give_up(self) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=GIVEN_UP_KEY, Body=json.dumps(GIVEN_UP).encode())

    def copies(self) -> list[bytes]:
        return [each for each in read_payloads(self.kinesis, STREAM) if parse_copy(each)]

    def marks(self) -> Redrives:
        return Redrives(self.dynamodb, TABLE)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    with mock_aws():
        found = Environment()
        monkeypatch.setattr(quarantine, "resolve_target", lambda name, cloud: Target())
        monkeypatch.setattr(quarantine.outputs, "read_outputs", lambda _: found.outputs)
        yield found


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, ["quarantine", *arguments])


def do(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return str(result.stdout)


def refusal(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


def entries(*arguments: str) -> dict[str, Any]:
    found = json.loads(do("list", "--json", *arguments))
    return {each["identity"]: each for each in found["entries"]}


# list and show


@pytest.mark.parametrize(("hostile", "shown"), NAMES.items())
def test_what_a_producer_wrote_is_text_in_list_and_show(
    environment: Environment, hostile: str, shown: str
) -> None:
    environment.put_aside(hostile.encode())
    environment.s3.put_object(
        Bucket=BUCKET, Key=f"records/g3/2026/11/23/{hostile}.json", Body=b"no document of ours"
    )
    result = run("list")
    shown_record = do("show", name(17))
    for text in (result.stdout, result.stderr, shown_record):
        assert not set(text) & {"\x1b", "\x07", "\r", "\x9b", "\u202e"}
    assert shown in result.stderr
    result = run("redrive", "--object", f"records/g3/2026/11/23/{hostile}.json")
    assert not set(result.output) & {"\x1b", "\x07", "\r", "\x9b", "\u202e"}


def test_a_list_says_when_why_and_what_may_become_of_it(environment: Environment) -> None:
    environment.put_aside(NEWER, b"garbage")
    environment.give_up()
    lines = do("list").splitlines()
    assert [line.split() for line in lines] == [
        ["2025-11-22T08:26:40Z", "unknown-envelope", "ready", name(17)],
        ["2025-11-22T08:26:41Z", "unknown-envelope", "invalid", name(18)],
        ["2026-11-22T00:38:06Z", "given-up", "half-applied", GIVEN_UP_KEY],
    ]


def test_a_list_counts_by_reason_and_can_be_read_by_a_program(environment: Environment) -> None:
    environment.put_aside(NEWER, b"garbage")
    environment.put_aside(b"x", first=30, code="not-json")
    environment.give_up()
    found = json.loads(do("list", "--json"))
    assert found["counts"] == {"unknown-envelope": 2, "given-up": 1, "not-json": 1}
    assert found["entries"][1]["today"] == "The record is not JSON."
    assert found["entries"][3] | {"records": 10, "firstSequenceNumber": "4711"} == found["entries"][3]


def test_a_list_is_by_reason_and_time(environment: Environment) -> None:
    environment.put_aside(NEWER, NEWER)
    environment.put_aside(b"x", first=30, code="not-json")
    assert set(entries("--reason", "not-json")) == {name(30)}
    assert set(entries("--until", "2025-11-22T08:26:41")) == {name(17)}
    assert set(entries("--since", "2025-11-22T08:26:41", "--until", "2025-11-22T08:26:42")) == {name(18)}
    assert "--since 'soon' is no time" in refusal("list", "--since", "soon")


def test_an_object_that_nobody_of_ours_wrote_is_named_and_hides_nothing(environment: Environment) -> None:
    environment.put_aside(NEWER)
    environment.s3.put_object(Bucket=BUCKET, Key="records/zzz", Body=b"?")
    result = run("list")
    assert name(17) in result.stdout
    assert "The object records/zzz is none" in result.stderr


def test_an_empty_quarantine_says_so(environment: Environment) -> None:
    assert "Nothing lies there." in run("list").stderr


def test_show_decodes_the_record_and_shows_its_copy(environment: Environment) -> None:
    environment.put_aside(NEWER, b"\x1b[31mgarbage", b"\xff")
    environment.put_aside(b"x", first=40, data="%%%")
    shown = [json.loads(do("show", name(number))) for number in (17, 18, 19, 40)]
    assert shown[0]["record"] == {"json": NEWER}
    assert shown[0]["copy"]["redriveOf"] == name(17)
    assert shown[1]["record"] == {"text": "\x1b[31mgarbage"}
    assert shown[2]["record"] == {"base64": "/w=="}
    assert shown[3]["record"] == {"notBase64": "%%%"}
    assert "copy" not in shown[1]
    assert "\x1b" not in do("show", name(18))


def test_what_is_not_there_cannot_be_shown(environment: Environment) -> None:
    assert "There is no x/y/1 in the quarantine" in refusal("show", "x/y/1")


# redrive


def test_a_redrive_is_a_dry_run_until_it_is_told_otherwise(environment: Environment) -> None:
    environment.put_aside(NEWER, b"garbage")
    out = do("redrive", "--everything")
    assert "would be  " + name(17) in out
    assert "stays     " + name(18) + "  invalid: The record is not JSON." in out
    assert environment.copies() == []
    assert environment.marks().list_marks() == {}


def test_a_redriven_record_is_a_valid_event_under_its_old_key_and_there_once(
    environment: Environment,
) -> None:
    environment.put_aside(NEWER)
    environment.put_aside(NEWER, key="records/g3/2026/11/22/again.json")
    for _ in range(2):
        do("redrive", "--everything", "--yes")
    (copy,) = environment.copies()
    event = decode_event(copy)
    assert isinstance(event, Event)
    assert (event.user_id, event.data["id"]) == ("ann", "p1")
    mark = environment.marks().read_mark(name(17))
    assert mark
    assert (mark.status, mark.event_id, mark.generation) == ("sent", event.event_id, 3)
    assert mark.place
    assert entries() == {}
    assert entries("--all")[name(17)]["verdict"] == "sent"


def test_records_are_redriven_in_the_order_in_which_they_came(environment: Environment) -> None:
    environment.put_aside(*[NEWER | {"timeOrigin": f"2026-11-22T00:00:{n:02d}Z"} for n in range(30)])
    do("redrive", "--everything", "--yes")
    times = [json.loads(each)["timeOrigin"] for each in environment.copies()]
    assert len(times) == 30
    assert times == sorted(times)


def test_what_is_redriven_is_named_by_record_object_reason_or_time(environment: Environment) -> None:
    environment.put_aside(NEWER, NEWER)
    environment.put_aside(NEWER, first=30, code="invalid-data")
    for arguments, number in (
        ((name(18),), 18),
        (("--object", "records/g3/2026/11/22/30.json"), 30),
        (("--reason", "unknown-envelope", "--until", "2025-11-22T08:26:41"), 17),
    ):
        assert name(number) in do("redrive", *arguments, "--yes")
    assert len(environment.copies()) == 3
    assert "Say which" in refusal("redrive", "--yes")


@pytest.mark.parametrize("command", [("redrive", "--yes"), ("drop", "--because", "a test", "--yes")])
def test_an_object_that_is_not_in_the_quarantine_is_refused(
    environment: Environment, command: tuple[str, ...]
) -> None:
    environment.put_aside(NEWER)

    said = refusal(*command, "--object", "records/g3/none.json")

    assert "No object records/g3/none.json in the quarantine holds a record" in said
    assert environment.marks().list_marks() == {}


@pytest.mark.parametrize("command", [("list",), ("redrive",), ("drop", "--because", "a test")])
def test_a_time_that_is_none_is_refused_before_the_quarantine_is_read(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(quarantine, "resolve_target", lambda name, cloud: pytest.fail("it was looked up"))

    assert "--since 'soon' is no time" in refusal(*command, "--since", "soon")


def test_a_batch_that_was_given_up_is_refused_with_the_way_out(environment: Environment) -> None:
    environment.give_up()
    for arguments in ((GIVEN_UP_KEY,), ("--object", GIVEN_UP_KEY)):
        assert "in a new generation" in refusal("redrive", *arguments, "--yes")
    assert "half-applied" in do("redrive", "--everything", "--yes")
    assert read_payloads(environment.kinesis, STREAM) == []


@pytest.mark.parametrize("beside", [{"generations": ["2", "3"], "live_generation": 3}, {}])
def test_nothing_is_redriven_while_two_generations_stand(
    environment: Environment, beside: dict[str, Any]
) -> None:
    environment.put_aside(NEWER)
    environment.outputs |= beside
    if not beside:
        environment.stand("3,4")
    assert "More than one generation" in refusal("redrive", "--everything", "--yes")
    assert environment.copies() == []


def test_a_record_of_an_earlier_generation_stays(environment: Environment) -> None:
    environment.put_aside(NEWER, generation=2)
    assert "generation 2 that judged it, and 3 is live" in do("redrive", "--everything", "--yes")
    assert environment.copies() == []


def test_a_generation_that_begins_this_moment_stops_it(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.put_aside(NEWER)
    environment.stand("3,4")
    monkeypatch.setattr(Redrives, "read_generations", lambda self: frozenset({3}))
    assert "0 of 1 are on the stream" in refusal("redrive", "--everything", "--yes")
    assert environment.copies() == []


def begin(environment: Environment, number: int, *, put: bool, until: float = 1.0) -> None:
    """Leave a record as an operator does who is interrupted before or after the put."""
    copy = build_copy(held(NEWER, number, stream=STREAM))
    assert isinstance(copy, Copy)
    about = environment.kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    at = about["StreamCreationTimestamp"].timestamp()
    mark = Mark(copy.identity, "sending", 3, at, copy.event_id, copy.partition_key, "gone", until)
    assert environment.marks().begin_redrive(mark) is Begun.YES
    if put:
        environment.kinesis.put_record(StreamName=STREAM, PartitionKey="p1", Data=copy.payload)


@pytest.mark.parametrize(("put", "words"), [(True, "found on the stream"), (False, "put on the stream")])
def test_a_redrive_that_was_interrupted_goes_on_by_looking_in_the_log(
    environment: Environment, put: bool, words: str
) -> None:
    environment.put_aside(NEWER)
    begin(environment, 17, put=put)
    assert entries()[name(17)]["verdict"] == "unfinished"
    assert words in do("redrive", name(17), "--yes")
    assert len(environment.copies()) == 1


def test_while_somebody_else_is_at_it_what_comes_later_of_its_product_waits(environment: Environment) -> None:
    environment.put_aside(NEWER, NEWER)
    environment.put_aside(NEWER, first=30, partition_key="p2")
    begin(environment, 17, put=False, until=4_000_000_000.0)
    result = run("redrive", "--everything", "--yes")
    assert "1 of 3 are on the stream" in str(result.exception)
    assert f"stays     {name(18)}  after an earlier one" in result.stdout
    assert [json.loads(each)["redriveOf"] for each in environment.copies()] == [name(30)]


def test_a_failure_of_aws_says_how_far_it_got(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.put_aside(NEWER, NEWER)
    real, calls = Redrives.begin_redrive, []

    def failing(self: Redrives, mark: Mark) -> Begun:
        calls.append(mark)
        if len(calls) == 2:
            self.client.describe_table(TableName="missing")
        return real(self, mark)

    monkeypatch.setattr(Redrives, "begin_redrive", failing)
    words = refusal("redrive", "--everything", "--yes")
    assert f"AWS failed at {name(18)}" in words
    assert "after 1 that were done with" in words


def test_a_stream_that_refuses_stops_it(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: RedriveStream, partition_key: str, payload: bytes) -> Place:
        raise redrive.NotPut("Not now")

    environment.put_aside(NEWER, NEWER)
    monkeypatch.setattr(RedriveStream, "put_record", refuse)
    assert "It stopped there. 0 of 2 are on the stream." in refusal("redrive", "--everything", "--yes")


def test_a_stream_that_is_not_there_took_nothing() -> None:
    with mock_aws():
        client = boto3.client("kinesis")
        with pytest.raises(redrive.NotPut, match="not found"):
            RedriveStream(client, client, "nowhere", float).put_record("p1", b"x")


# drop


def test_dropping_says_who_and_why_deletes_nothing_and_can_be_taken_back(environment: Environment) -> None:
    environment.put_aside(NEWER, b"garbage")
    assert "Say why" in refusal("drop", name(18))
    do("drop", name(18), "--because", "a probe of ours")
    assert set(entries()) == {name(17), name(18)}

    assert "done      " + name(18) in do("drop", name(18), "--because", "a probe of ours", "--yes")
    assert set(entries()) == {name(17)}
    dropped = entries("--all")[name(18)]
    assert dropped["verdict"] == "dropped"
    assert dropped["today"].startswith("By arn:aws:")
    assert dropped["today"].endswith(": a probe of ours")
    assert json.loads(do("show", name(18)))["record"] == {"text": "garbage"}
    assert len(environment.s3.list_objects_v2(Bucket=BUCKET)["Contents"]) == 1

    assert "would be  " + name(18) in do("drop", name(18), "--undo")
    do("drop", name(18), "--undo", "--yes")
    assert set(entries()) == {name(17), name(18)}


def test_a_batch_that_a_new_generation_has_counted_can_be_dropped(environment: Environment) -> None:
    environment.give_up()
    do("drop", GIVEN_UP_KEY, "--because", "generation 4 has it", "--yes")
    assert entries() == {}


def test_what_is_redriven_or_begun_cannot_be_dropped(environment: Environment) -> None:
    environment.put_aside(NEWER, NEWER)
    do("redrive", name(17), "--yes")
    begin(environment, 18, put=False)
    result = run("drop", "--everything", "--because", "x", "--yes")
    assert "0 of 0 done." in result.stderr


def test_what_somebody_else_takes_up_this_moment_is_not_dropped(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.put_aside(NEWER)
    begin(environment, 17, put=False)
    monkeypatch.setattr(Redrives, "list_marks", lambda self: {})
    assert f"stays     {name(17)}  somebody else" in do("drop", "--everything", "--because", "x", "--yes")


# where


def test_an_environment_without_the_table_says_how_to_get_it(environment: Environment) -> None:
    del environment.outputs["redrives_table"]
    assert "has no output 'redrives_table': bring it up to date with `make up CLOUD=lab`" in refusal("list")


@pytest.mark.parametrize(
    ("outputs", "live", "standing"),
    [
        ({"scores_table": "hello-retail-dev-scores-g1"}, 1, {1}),
        ({"scores_table": "hello-retail-dev-scores-g12"}, 12, {12}),
        ({"scores_table": "x-g2", "live_generation": 2, "generations": {"2": {}, "3": {}}}, 2, {2, 3}),
        ({"scores_table": "x-g2", "live_generation": "2", "generations": [1, 2]}, 2, {1, 2}),
    ],
)
def test_the_outputs_tell_which_generations_there_are(
    outputs: dict[str, Any], live: int, standing: set[int]
) -> None:
    assert (get_live_generation(outputs), get_standing_generations(outputs)) == (live, standing)


def test_the_command_is_part_of_retailctl(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.argv", ["retailctl", "quarantine", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert {"list", "show", "redrive", "drop"} <= set(capsys.readouterr().out.split())


# The fake that the law runs over


def test_the_fake_and_moto_agree_on_what_the_redrives_table_says(environment: Environment) -> None:
    random, fake = Random(9), FakeDynamoDB({TABLE: ("identity",)})  # noqa: S311 - repeatable
    clients = (environment.marks(), Redrives(fake, TABLE))  # type: ignore[arg-type]
    for _ in range(120):
        generation, number, until = random.randrange(3, 5), random.randrange(4), float(random.randrange(2))
        standing = random.choice(("3", "3,4", "4"))
        mark = Mark(name(number), "sending", generation, 5.0, "e", "p1", random.choice("ab"), until)
        act = random.choice(("begin", "begin", "renew", "sent", "drop", "restore", "release"))
        environment.stand(standing)
        fake.put_item(TableName=TABLE, Item={"identity": {"S": GENERATIONS}, "standing": {"S": standing}})
        answers = [_act(marks, act, mark, owner="b") for marks in clients]
        assert answers[0] == answers[1], act
        assert clients[0].list_marks() == clients[1].list_marks()
        assert clients[0].read_mark(mark.identity) == clients[1].read_mark(mark.identity)
        assert clients[0].read_generations() == clients[1].read_generations()


def _act(marks: Redrives, act: str, mark: Mark, owner: str) -> Any:
    acts: dict[str, Callable[[], Any]] = {
        "begin": lambda: marks.begin_redrive(mark),
        "renew": lambda: marks.renew_lease(mark, owner, 1.0),
        "sent": lambda: marks.mark_sent(mark.identity, Place(SHARD, "42"), 7.0),
        "drop": lambda: marks.drop_record(
            build_dropped_mark(mark.identity, mark.generation, 6.0, "ann", "a test")
        ),
        "restore": lambda: marks.restore_record(mark.identity),
        "release": lambda: marks.release_lease(mark),
    }
    return acts[act]()
