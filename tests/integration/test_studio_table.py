"""The studio's writes are ones that DynamoDB takes, and the fake takes them as moto does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from hello_retail.studio import table
from support.studio import STUDIO, create_studio_table, studio_table
from support.studio_scene import Scene


@pytest.fixture
def real() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_studio_table(client)
        yield client


def play(scene: Scene) -> None:
    """Bring products and photographers through every transaction of the table."""
    scene.offer("p1", "p2", "p3", "p4")
    scene.work.find_photographer("p1", "finder of p1")
    scene.work.find_photographer("p1", "finder of p1 again")
    scene.register("ann", "bob")
    scene.work.ask_photographer("p1", 1, "asker of p1")
    assert table.note_problem(scene.dynamodb, STUDIO, "p1", 1, "cut-short")
    assert scene.deliver() == "asker of p1"
    assert scene.deliver() == "asker of p1"
    scene.work.settle("p1", 1, timed_out=False)
    scene.work.find_photographer("p2", "finder of p2")
    scene.work.settle("p2", 1, timed_out=True)
    scene.work.find_photographer("p2", "finder of p2 again")
    scene.leave(scene.product("p2").photographer or "")
    scene.work.end_execution("p2", "p2")
    scene.work.find_photographer("p3", "finder of p3")
    scene.work.find_photographer("p4", "finder of p4")
    scene.register("ann", "bob")
    scene.leave("cy")
    scene.leave("bob")
    scene.work.end_execution("p4", "p4")
    scene.picture_from_elsewhere("p3")
    scene.picture_from_elsewhere("p5")
    scene.work.reconcile()


def read_items(client: Any) -> list[dict[str, Any]]:
    """Return all items, in the order of their keys; sets in the order of their members."""
    items = [
        {name: {"SS": sorted(value["SS"])} if "SS" in value else value for name, value in item.items()}
        for page in client.get_paginator("scan").paginate(TableName=STUDIO, ConsistentRead=True)
        for item in page["Items"]
    ]
    return sorted(items, key=lambda item: (item["line"]["S"], item["place"]["S"]))


def test_the_fake_ends_where_moto_does(real: Any) -> None:
    fake = studio_table()
    play(Scene(fake))
    play(Scene(real))
    assert read_items(real) == read_items(fake)
    states = {item["line"]["S"]: item["state"]["S"] for item in read_items(real) if "state" in item}
    assert states == {
        "product#p1": "pictured",
        "product#p2": "given-up",
        "product#p3": "pictured",
        "product#p4": "given-up",
        "product#p5": "pictured",
    }


def test_reconciling_reads_every_page(real: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(real)
    scene.offer(*(f"p{number}" for number in range(9)))
    scan = real.scan
    monkeypatch.setattr(real, "scan", lambda **request: scan(**request, Limit=2))
    assert len(list(table.scan_unfinished(real, STUDIO))) == 9
