"""From the front door to the board: what is sent again counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from support.door import PASSING, Broken, Door, code_of
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.event_writer import OFFER, PURCHASE, claims, post
from support.fake_aws import FakeS3
from support.histories import scores_of
from support.winner_view import SCORES, tables, warm_instance

if TYPE_CHECKING:
    from collections.abc import Iterator

MERCHANT, CUSTOMER = claims(sub="merchant-1"), claims(sub="customer-1", **{"cognito:groups": None})


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        yield boto3.client("kinesis"), boto3.client("dynamodb")


@pytest.fixture
def door(clients: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> Door:
    opened = Door(*clients, monkeypatch)
    assert opened.post(OFFER, token=MERCHANT).status == 202
    return opened


def sales(door: Door) -> Any:
    """Return the merchant's score after the winner view has folded the stream, a record a batch."""
    dynamodb = tables()
    handler = warm_instance(dynamodb, FakeS3())
    for place, record in enumerate(door.records()):
        number = str(FIRST_NUMBER + place)
        log_record = LogRecord("shardId-000000000000", number, record["PartitionKey"], record["Data"])
        assert handler(kinesis_event([log_record])) == {"batchItemFailures": []}
    return scores_of(dynamodb.items[SCORES])["creator", "merchant-1"]


def test_a_purchase_counts(door: Door) -> None:
    door.post(PURCHASE, token=CUSTOMER)
    door.post(PURCHASE, token=CUSTOMER)
    assert sales(door) == 2


@pytest.mark.parametrize("works", [True, False], ids=["the put worked", "the put did not work"])
@pytest.mark.parametrize("error", PASSING, ids=code_of)
def test_a_purchase_sent_again_until_it_is_taken_counts_once(
    door: Door, error: Exception, works: bool
) -> None:
    door.use(kinesis=Broken(door.kinesis, "put_record", error, error, works=works))
    request = post(PURCHASE, token=CUSTOMER, key="a-click")
    statuses = [door.client.send(request).status for _ in range(4)]
    assert statuses == [503, 503, 202, 202]
    assert len(door.records()) == (4 if works else 2)
    assert sales(door) == 1


def test_two_clicks_are_two_sales_though_the_body_is_the_same(door: Door) -> None:
    for key in ("click-1", "click-2"):
        door.post(PURCHASE, token=CUSTOMER, key=key)
    assert sales(door) == 2
