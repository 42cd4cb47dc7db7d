"""What an order costs, as the emulator's DynamoDB tells it: it bills items as AWS does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from hello_retail.order_tasks.work import Work
from hello_retail.orders import table as tables
from hello_retail.orders.items import build_order_key
from hello_retail.orders.table import OrderTables
from hello_retail.payments.simulated import SimulatedProvider
from retailctl.cost import orders
from support import bare_emulator
from support.metered import MeteredClient
from support.orders import (
    CATALOG,
    MACHINE_ARN,
    ORDERS,
    PAYMENTS,
    START,
    STOCK,
    FakeKinesis,
    create_order,
    create_order_tables,
    stock_product,
)

CUSTOMER = "3f2b8a52-8c3e-4a57-9d1c-0a3e3d0f9c11"
PRODUCTS = ("01931f2a-7a00-7000-8000-000000000001", "01931f2a-7a00-7000-8000-000000000002")
NUMBER = 5


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeteredClient]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "order-units") as cloud:
        dynamodb = cloud.client("dynamodb")
        create_order_tables(dynamodb)
        for product in PRODUCTS:
            stock_product(dynamodb, product, pieces=2 * NUMBER)
        yield MeteredClient(dynamodb)


def test_an_order_of_two_lines_takes_what_the_bill_says(client: MeteredClient) -> None:
    dynamodb = cast("Any", client)
    work = Work(
        tables=OrderTables(dynamodb, ORDERS, STOCK),
        catalog=CATALOG,
        provider=SimulatedProvider(dynamodb, PAYMENTS),
        machine=cast("Any", None),
        machine_arn=MACHINE_ARN,
        kinesis=cast("Any", FakeKinesis()),
        stream="retail",
        origin="hello-retail",
        currency="USD",
        clock=lambda: START,
    )
    assert len(PRODUCTS) == orders.LINES
    for number in range(NUMBER):
        order = create_order(number, dict.fromkeys(PRODUCTS, 2), 2_000, user=CUSTOMER)
        tables.place_order(dynamodb, ORDERS, order)
        for step in (work.reserve, work.pay, work.confirm):
            step(CUSTOMER, order.order_id)
    key = build_order_key(CUSTOMER, order.order_id)
    written, read = (client.units[kind] / NUMBER for kind in ("written", "read"))
    read += len(PRODUCTS)  # BatchGetItem in the catalog, of which the emulator tells nothing
    item = client.get_item(TableName=ORDERS, Key=key)["Item"]

    assert item["state"]["S"] == "confirmed"
    assert 0.9 * orders.WRITE_UNITS <= written <= orders.WRITE_UNITS
    assert 0.9 * orders.READ_UNITS <= read <= orders.READ_UNITS
