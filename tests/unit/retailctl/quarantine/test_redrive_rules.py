"""Rules 16 to 18 of exact counting, one history each that goes wrong without the rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from hello_retail.event_log.record_id import format_record_identity
from hello_retail.winner_view.batch import decode_batch
from retailctl.quarantine import redrive
from retailctl.quarantine.decisions import QuarantineVerdict, decide_entries
from retailctl.quarantine.log import RedriveStream
from retailctl.quarantine.marks import GENERATIONS, Redrives, build_dropped_mark
from retailctl.quarantine.records import Copy, build_copy, parse_entries
from retailctl.quarantine.redrive import LEASE_SECONDS, SLACK_SECONDS, RedriveOutcome, Redriver, Result
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.events import purchase
from support.fake_aws import FakeDynamoDB, FakeS3, client_error
from support.histories import create, image, scores_of
from support.histories import purchase as sale
from support.quarantined import GIVEN_UP, GIVEN_UP_KEY, STREAM, held
from support.redriving import BEGINNING, TABLE, FakeKinesis
from support.winner_view import CONTRIBUTIONS, REDRIVES, SCORES, tables, warm_instance

SHARD = "shardId-000000000000"
DONE: Mapping[str, Any] = {"batchItemFailures": []}
NEWER = purchase("p1", "ann") | {"schema": "com.nordstrom/retail-stream-ingress/1-9-0"}


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """A table, a stream, and an operator of the live generation 3 before them."""

    dynamodb: FakeDynamoDB
    kinesis: FakeKinesis
    clock: Clock

    def operator(self, live: int = 3, **instead: Callable[..., Any]) -> Redriver:
        """Return one, whose calls of Kinesis are ``instead`` where given."""
        client = Instead(self.kinesis, instead)
        stream = RedriveStream(client, client, STREAM, self.clock, pause=lambda _: None)  # type: ignore[arg-type]
        return Redriver(Redrives(self.dynamodb, TABLE), stream, live, self.clock)  # type: ignore[arg-type]

    def redrive(self, copy: Copy, live: int = 3, **instead: Callable[..., Any]) -> Result:
        return self.operator(live, **instead).redrive_copy(copy)

    def stand(self, *generations: int) -> None:
        standing = ",".join(map(str, generations))
        item = {"identity": {"S": GENERATIONS}, "standing": {"S": standing}}
        self.dynamodb.items[TABLE][GENERATIONS,] = item

    def wait(self) -> None:
        self.clock.now += LEASE_SECONDS + SLACK_SECONDS + 1

    def status(self) -> str:
        (item,) = (item for item in self.dynamodb.items[TABLE].values() if "status" in item)
        return str(item["status"]["S"])


class Instead:
    def __init__(self, client: Any, calls: Mapping[str, Callable[..., Any]]) -> None:
        self._client, self._calls = client, calls

    def __getattr__(self, name: str) -> Any:
        return self._calls.get(name) or getattr(self._client, name)


@pytest.fixture
def desk() -> Desk:
    clock = Clock()
    found = Desk(FakeDynamoDB({TABLE: ("identity",)}), FakeKinesis(clock), clock)
    clock.now += 3600
    found.stand(3)
    return found


@pytest.fixture
def copy() -> Copy:
    made = build_copy(held(NEWER))
    assert isinstance(made, Copy)
    return made


# 16


def test_rule_16_a_batch_that_aged_out_is_never_put_back() -> None:
    entries = parse_entries(GIVEN_UP_KEY, json.dumps(GIVEN_UP).encode())
    (decision,) = decide_entries(entries, {}, 3, STREAM).decisions
    assert (decision.verdict, decision.copy) == (QuarantineVerdict.HALF_APPLIED, None)
    assert "new generation" in decision.reason


# 17


@pytest.mark.parametrize("number", ["4711", "0004711", f"{4711:056d}"])
def test_rule_17_a_record_has_one_identity_however_its_number_is_written(number: str) -> None:
    assert format_record_identity("s", SHARD, number) == f"s/{SHARD}/4711"


def test_rule_17_the_copy_has_the_original_key_a_fixed_id_and_says_whose_it_is(copy: Copy) -> None:
    again = build_copy(held(NEWER, key="another object"))
    assert again == copy
    assert copy.partition_key == held(NEWER).partition_key
    assert json.loads(copy.payload)["redriveOf"] == held(NEWER).identity


def test_rule_17_a_record_is_redriven_once(desk: Desk, copy: Copy) -> None:
    outcomes = [desk.redrive(copy).outcome for _ in range(3)]
    assert outcomes == [RedriveOutcome.PUT, RedriveOutcome.ALREADY, RedriveOutcome.ALREADY]
    assert desk.kinesis.payloads() == [copy.payload]


def test_rule_17_it_is_marked_before_the_put_and_after(desk: Desk, copy: Copy) -> None:
    seen = []

    def put(**request: Any) -> Any:
        seen.append(desk.status())
        return desk.kinesis.put_record(**request)

    desk.redrive(copy, put_record=put)
    assert [*seen, desk.status()] == ["sending", "sent"]


def lost(desk: Desk) -> Callable[..., Any]:
    def put(**request: Any) -> Any:
        desk.kinesis.put_record(**request)
        raise ReadTimeoutError(endpoint_url="https://aws")

    return put


def never(**request: Any) -> Any:
    raise ReadTimeoutError(endpoint_url="https://aws")


def test_rule_17_found_sending_the_log_is_looked_at_before_putting_again(desk: Desk, copy: Copy) -> None:
    assert desk.redrive(copy, put_record=lost(desk)).outcome is RedriveOutcome.UNCERTAIN
    assert desk.status() == "sending"
    desk.wait()
    found = desk.redrive(copy)
    assert (found.outcome, desk.status()) == (RedriveOutcome.FOUND, "sent")
    assert desk.kinesis.payloads() == [copy.payload]


def test_rule_17_what_never_reached_the_log_is_put_when_it_is_found_sending(desk: Desk, copy: Copy) -> None:
    desk.redrive(copy, put_record=never)
    desk.wait()
    assert desk.redrive(copy).outcome is RedriveOutcome.PUT
    assert desk.kinesis.payloads() == [copy.payload]


def test_rule_17_nobody_takes_up_what_somebody_is_at(desk: Desk, copy: Copy) -> None:
    desk.redrive(copy, put_record=lost(desk))
    busy = desk.redrive(copy)
    assert busy.outcome is RedriveOutcome.BUSY
    assert "Try again in 181 s" in busy.detail


def test_rule_17_where_the_stream_took_nothing_the_next_may_go_on_at_once(desk: Desk, copy: Copy) -> None:
    def refuse(**request: Any) -> Any:
        raise client_error("AccessDeniedException", "PutRecord")

    assert desk.redrive(copy, put_record=refuse).outcome is RedriveOutcome.NOT_PUT
    assert desk.redrive(copy).outcome is RedriveOutcome.PUT


def test_rule_17_a_throttled_put_is_tried_again_and_not_for_ever(desk: Desk, copy: Copy) -> None:
    answers = [client_error("ProvisionedThroughputExceededException", "PutRecord")] * 2

    def throttled(**request: Any) -> Any:
        if answers:
            raise answers.pop()
        return desk.kinesis.put_record(**request)

    def never(**request: Any) -> Any:
        raise client_error("ProvisionedThroughputExceededException", "PutRecord")

    assert desk.redrive(copy, put_record=throttled).outcome is RedriveOutcome.PUT
    other = build_copy(held(NEWER, 18))
    assert isinstance(other, Copy)
    assert desk.redrive(other, put_record=never).outcome is RedriveOutcome.NOT_PUT


def test_rule_17_who_was_held_up_too_long_puts_nothing(desk: Desk, copy: Copy) -> None:
    slow, marks = desk.operator(), Redrives(desk.dynamodb, TABLE)  # type: ignore[arg-type]
    mine = redrive.Mark(
        copy.identity, "sending", 3, desk.clock(), copy.event_id, "p1", "slow", desk.clock() + 120
    )
    marks.begin_redrive(mine)
    desk.wait()
    assert desk.redrive(copy).outcome is RedriveOutcome.PUT
    assert slow._put(copy, mine).outcome is RedriveOutcome.BUSY
    assert desk.kinesis.payloads() == [copy.payload]


def test_rule_17_where_the_log_does_not_reach_back_nobody_guesses(desk: Desk, copy: Copy) -> None:
    desk.redrive(copy, put_record=lost(desk))
    desk.clock.now += 25 * 3600
    result = desk.redrive(copy)
    assert result.outcome is RedriveOutcome.UNDECIDABLE
    assert copy.event_id in result.detail
    assert len(desk.kinesis.payloads()) == 1


def test_rule_17_what_the_stream_keeps_today_does_not_say_that_it_kept_it_before(
    desk: Desk, copy: Copy
) -> None:
    desk.redrive(copy, put_record=lost(desk))
    desk.clock.now += 72 * 3600
    desk.kinesis.retention_hours, desk.kinesis.forgotten_until = 168, desk.clock.now - 24 * 3600

    assert desk.redrive(copy).outcome is RedriveOutcome.UNDECIDABLE
    assert len(desk.kinesis.payloads()) == 1


@pytest.mark.parametrize(("put", "outcome"), [(True, RedriveOutcome.FOUND), (False, RedriveOutcome.PUT)])
def test_rule_17_a_record_from_before_the_mark_says_that_nothing_after_it_is_forgotten(
    desk: Desk, copy: Copy, *, put: bool, outcome: RedriveOutcome
) -> None:
    desk.kinesis.put_record(StreamName=STREAM, PartitionKey="another", Data=b"{}")
    desk.clock.now += 600
    desk.redrive(copy, put_record=lost(desk) if put else never)
    desk.clock.now += 72 * 3600

    assert desk.redrive(copy).outcome is outcome
    assert desk.kinesis.payloads() == [b"{}", copy.payload]


def test_rule_17_an_answer_to_the_mark_that_was_lost_is_no_other_operators_mark(
    desk: Desk, copy: Copy
) -> None:
    real = desk.dynamodb.transact_write_items

    def twice(**request: Any) -> Any:
        real(**request)
        return real(**request)

    desk.dynamodb.transact_write_items = twice  # type: ignore[method-assign]
    assert desk.redrive(copy).outcome is RedriveOutcome.PUT


def test_rule_17_what_was_dropped_is_not_redriven_until_that_is_taken_back(desk: Desk, copy: Copy) -> None:
    marks = Redrives(desk.dynamodb, TABLE)  # type: ignore[arg-type]
    assert marks.drop_record(build_dropped_mark(copy.identity, 3, 0.0, "ann", "a test"))
    assert not marks.drop_record(build_dropped_mark(copy.identity, 3, 0.0, "ben", "another"))
    result = desk.redrive(copy)
    assert (result.outcome, result.detail) == (RedriveOutcome.DROPPED, "By ann: a test")
    assert marks.restore_record(copy.identity)
    assert not marks.restore_record(copy.identity)
    assert desk.redrive(copy).outcome is RedriveOutcome.PUT
    assert not marks.restore_record(copy.identity)


# 18: between original and copy


@pytest.mark.parametrize("standing", [(3, 4), (2, 3), (4,), ()])
def test_rule_18_nothing_is_marked_unless_the_generation_that_judged_it_stands_alone(
    desk: Desk, copy: Copy, standing: tuple[int, ...]
) -> None:
    desk.stand(*standing)
    result = desk.redrive(copy)
    assert (result.outcome, result.detail) == (RedriveOutcome.REFUSED, redrive.NOT_ALONE)
    assert desk.kinesis.payloads() == []
    assert set(desk.dynamodb.items[TABLE]) == {(GENERATIONS,)}


def test_rule_18_what_was_marked_before_a_generation_began_is_finished_beside_it(
    desk: Desk, copy: Copy
) -> None:
    def refuse(**request: Any) -> Any:
        raise client_error("AccessDeniedException", "PutRecord")

    desk.redrive(copy, put_record=refuse)
    desk.stand(3, 4)
    assert desk.redrive(copy).outcome is RedriveOutcome.PUT


@dataclass
class View:
    """A generation's tables and its instances."""

    dynamodb: FakeDynamoDB
    s3: FakeS3

    def mark(self, number: int, status: str) -> None:
        of = format_record_identity("hello-retail-test-stream", SHARD, FIRST_NUMBER + number)
        item = {"identity": {"S": of}, "status": {"S": status}, "generation": {"N": "2"}}
        self.dynamodb.items[REDRIVES][of,] = item

    def scores(self) -> Mapping[tuple[str, str], int]:
        return scores_of(self.dynamodb.items[SCORES])


@pytest.fixture
def view() -> View:
    found = View(tables(), FakeS3())
    found.dynamodb.items[REDRIVES][GENERATIONS,] = {"identity": {"S": GENERATIONS}, "standing": {"S": "3"}}
    return found


def at(number: int, payload: bytes) -> LogRecord:
    return LogRecord(SHARD, str(FIRST_NUMBER + number), "product-1", payload)


def a_copy(number: int, of: int, payload: bytes) -> LogRecord:
    """Return the copy of a record, whatever else may stand in its envelope."""
    made = build_copy(
        held(
            payload,
            FIRST_NUMBER + of,
            stream="hello-retail-test-stream",
            shard_id=SHARD,
            partition_key="product-1",
        )
    )
    assert isinstance(made, Copy)
    return replace(at(number, made.payload))


@pytest.mark.parametrize("status", ["sending", "sent"])
def test_rule_18_a_new_generation_passes_over_the_original_and_counts_the_copy(
    view: View, status: str
) -> None:
    view.mark(2, status)
    original = sale("cy", "product-1")
    log = [at(1, create("ada", "product-1")), at(2, original), a_copy(3, 2, original)]
    assert warm_instance(view.dynamodb, view.s3)(kinesis_event(log)) == DONE
    assert view.scores() == {("creator", "ada"): 1}


def test_rule_18_the_original_registers_nobody_either(view: View) -> None:
    view.mark(1, "sent")
    offer, picture = create("ada", "product-1"), image("ben", "product-1")
    log = [at(1, offer), at(2, create("eve", "product-1")), at(3, picture), a_copy(4, 1, offer)]
    warm_instance(view.dynamodb, view.s3)(kinesis_event(log))
    assert view.dynamodb.items[CONTRIBUTIONS]["product-1",]["creator"] == {"S": "eve"}


def test_rule_18_an_original_that_is_still_invalid_is_not_put_aside_again(view: View) -> None:
    view.mark(1, "sent")
    assert warm_instance(view.dynamodb, view.s3)(kinesis_event([at(1, b"garbage")])) == DONE
    assert view.s3.objects == {}


def test_rule_18_what_was_dropped_has_no_copy_and_counts_where_it_is_valid(view: View) -> None:
    view.mark(2, "dropped")
    log = [at(1, create("ada", "product-1")), at(2, sale("cy", "product-1"))]
    warm_instance(view.dynamodb, view.s3)(kinesis_event(log))
    assert view.scores() == {("creator", "ada"): 1}


def test_rule_18_every_page_of_the_redrives_is_read_once_and_strongly(view: View) -> None:
    for number in range(2, 7):
        view.mark(number, "sent")
    requests: list[Mapping[str, Any]] = []
    real = view.dynamodb.scan

    def noted(**request: Any) -> Any:
        requests.append(dict(request))
        return real(**request)

    view.dynamodb.scan = noted  # type: ignore[method-assign]
    instance = warm_instance(view.dynamodb, view.s3)
    sales = [at(number, sale("cy", "product-1")) for number in range(2, 8)]
    instance(kinesis_event([at(1, create("ada", "product-1")), *sales[:3]]))
    instance(kinesis_event(sales[3:]))
    assert view.scores() == {("creator", "ada"): 1}
    assert len(requests) == 3
    assert all(request["ConsistentRead"] for request in requests)


def test_rule_18_a_table_that_cannot_be_read_holds_the_whole_batch(view: View) -> None:
    def refuse(**request: Any) -> Any:
        raise client_error("ProvisionedThroughputExceededException", "Scan")

    real, view.dynamodb.scan = view.dynamodb.scan, refuse  # type: ignore[method-assign]
    instance = warm_instance(view.dynamodb, view.s3)
    batch = kinesis_event(
        [at(1, create("ada", "product-1")), at(2, b"garbage"), at(3, sale("cy", "product-1"))]
    )
    assert instance(batch) == {"batchItemFailures": [{"itemIdentifier": str(FIRST_NUMBER + 1)}]}
    assert (view.scores(), view.s3.objects) == ({}, {})
    view.dynamodb.scan = real  # type: ignore[method-assign]
    assert instance(batch) == DONE
    assert view.scores() == {("creator", "ada"): 1}


def test_rule_18_what_is_passed_over_is_counted_and_read_units_are(
    view: View, capsys: pytest.CaptureFixture[str]
) -> None:
    view.mark(2, "sent")
    log = [at(1, create("ada", "product-1")), at(2, sale("cy", "product-1"))]
    warm_instance(view.dynamodb, view.s3)(kinesis_event(log))
    (line,) = (json.loads(line) for line in capsys.readouterr().out.splitlines() if "EventsApplied" in line)
    assert (line["RecordsRedriven"], line["EventsApplied"], line["ReadCapacityUnits"]) == (
        [1.0],
        [1.0],
        [1.0],
    )


def test_a_batch_of_which_nothing_was_redriven_is_the_same_batch() -> None:
    batch = decode_batch(kinesis_event([at(1, sale("cy", "product-1"))]))
    assert batch.exclude_redriven(frozenset()) is batch
    assert batch.exclude_redriven(frozenset({"s/other/1"})) is batch
