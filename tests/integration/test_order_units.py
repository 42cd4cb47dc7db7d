"""What an order costs, as the emulator's DynamoDB tells it: it bills items as AWS does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from retailctl.cost import orders
from support import bare_emulator
from support.metered import MeteredClient
from support.orders import create_order_tables, stock_product
from support.orders_scene import OrderScene

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
    scene = OrderScene(client)
    client.units |= {"read": 0.0, "written": 0.0}

    for number in range(NUMBER):
        scene.place(number, dict.fromkeys(PRODUCTS, 2), user=CUSTOMER)
        order = scene.run("reserve", "pay", "confirm", number=number, user=CUSTOMER)
        assert order.state == "confirmed"

    looks = 1  # the scene's own, at the end of each order
    products = len(PRODUCTS)  # BatchGetItem in the catalog, of which the emulator tells nothing
    assert products == orders.LINES
    written = client.units["written"] / NUMBER
    read = client.units["read"] / NUMBER - looks + products
    assert 0.9 * orders.WRITE_UNITS <= written <= orders.WRITE_UNITS
    assert 0.9 * orders.READ_UNITS <= read <= orders.READ_UNITS
