"""500 products and 40 photographers through the API: on a day when all are prompt, and on one when they are not."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hello_retail.events import USER_UNREGISTER_PHOTOGRAPHER
from retailctl import project
from retailctl.emulator import cloud as clouds
from retailctl.executions import Executions
from retailctl.photos.stored import StoredStudio, read_stored_studio
from support import studio_days
from support.command import Operator
from support.e2e import eventually
from support.events import ingress, origin, payload
from support.own_cloud import applied_cloud

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.usefixtures("signals_heard")]

PHOTOGRAPHED_WITHIN = 240.0
"""Seconds after the last offer."""
ENDED_WITHIN = 15 * 60.0
STOPPED, LEAVING = 5, 2


@dataclass(frozen=True)
class Place:
    """A local cloud of the test's own, and who operates it."""

    operator: Operator
    cloud: clouds.Cloud
    found: dict[str, Any]

    @property
    def where(self) -> tuple[str, ...]:
        return ("--cloud", self.cloud.name)

    @property
    def executions(self) -> Executions:
        return Executions(self.cloud.client("stepfunctions"), self.found["photos_machine_arn"])

    def read_studio(self) -> StoredStudio:
        return read_stored_studio(self.cloud.client("dynamodb"), self.found["studio_table"])

    def count_executions(self) -> Counter[str]:
        pages = self.executions.client.get_paginator("list_executions")
        machine = self.executions.machine_arn
        return Counter(
            each["status"] for page in pages.paginate(stateMachineArn=machine) for each in page["executions"]
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    operator = Operator(project.find_project(), tmp_path)
    with applied_cloud(operator, "studio") as (cloud, found):
        yield Place(operator, cloud, found)


def test_500_products_are_pictured_once_soon_and_fairly(place: Place) -> None:
    day = studio_days.PROMPT
    process = place.operator.start("play", *day.options, *place.where)
    _, told = process.communicate(timeout=1800)
    assert process.returncode == 0, told
    print(told)  # noqa: T201

    studio = place.read_studio()
    assert studio_days.read_outcome(told) == {"offered": day.products, "pictured": day.products}
    assert studio_days.read_last_picture(told) <= PHOTOGRAPHED_WITHIN
    assert len(studio.photographers) == day.photographers
    assert studio_days.measure_spread(studio) <= 2
    assert studio_days.list_locks(studio) == []
    assert place.count_executions() == {"SUCCEEDED": day.products}
    place.operator.do("photos", "check", *place.where)


def test_500_products_end_well_whoever_is_late_stopped_or_gone(place: Place) -> None:
    day = studio_days.UNRULY
    process = place.operator.start("play", *day.options, *place.where)
    stopped, left = make_trouble(place)
    _, told = process.communicate(timeout=2400)
    assert process.returncode == 0, told
    print(told)  # noqa: T201

    studio = place.read_studio()
    outcome = studio_days.read_outcome(told)
    assert outcome["offered"] == day.products == outcome["pictured"] + outcome.get("given up", 0)
    assert studio_days.read_last_picture(told) <= ENDED_WITHIN
    assert {product for product, each in studio.products.items() if each.state == "given-up"} <= stopped
    assert all(studio.photographers[user].gone for user in left)
    assert studio_days.list_locks(studio) == []
    assert place.executions.list_running() == frozenset()
    place.operator.do("photos", "check", *place.where)


def make_trouble(place: Place) -> tuple[set[str], set[str]]:
    """Stop executions of products that are asked for, and let photographers leave, once the day is under way."""

    def asked() -> dict[str, str]:
        studio = place.read_studio()
        return {
            product_id: product.photographer or ""
            for product_id, product in studio.products.items()
            if product.state == "asked"
        }

    assert eventually(lambda: len(asked()) >= STOPPED + LEAVING, wanted=True, seconds=300)
    time.sleep(5)
    found = asked()
    chosen = list(found)[:STOPPED]
    stopped = {product for product in chosen if place.executions.stop(product, "by hand")}
    left = set([user for product, user in found.items() if product not in chosen][:LEAVING])
    for user in left:
        data = {"schema": USER_UNREGISTER_PHOTOGRAPHER, "id": user}
        event = ingress(data, origin("unregister-photographer", user))
        place.cloud.client("kinesis").put_record(
            StreamName=place.found["stream_name"], PartitionKey=user, Data=payload(event)
        )
    return stopped, left
