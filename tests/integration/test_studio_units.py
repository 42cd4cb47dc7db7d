"""What a photographed product costs, as the emulator's DynamoDB tells it: it bills items as AWS does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hello_retail.studio.items import build_product_key
from retailctl.cost import studio
from support import bare_emulator
from support.metered import MeteredClient
from support.studio import STUDIO, create_studio_table
from support.studio_scene import Scene

TOKEN = "AQCEAAAAKgAAAAMAAAAAAAAAAS" * 40
"""As long as a task token may be: 1,024 characters and a little more."""
PRODUCTS, PHOTOGRAPHERS = 6, 3
MOST_UNITS = 32


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeteredClient]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "studio-units") as cloud:
        dynamodb = cloud.client("dynamodb")
        create_studio_table(dynamodb)
        yield MeteredClient(dynamodb)


def test_a_photographed_product_takes_what_the_design_and_the_bill_say(client: MeteredClient) -> None:
    """Registrations are in it: each is good for two pictures here."""
    scene = Scene(client)
    people = [f"3f2b8a52-8c3e-4a57-9d1c-0a3e3d0f9c1{number}" for number in range(PHOTOGRAPHERS)]
    scene.register(*people)
    for number in range(PRODUCTS):
        product = f"01931f2a-7a00-7000-8000-00000000000{number}"
        scene.offer(product)
        scene.work.find_photographer(product, TOKEN)
        scene.work.ask_photographer(product, 1, TOKEN)
        assert scene.deliver(product, f"/pictures/{product}/{'0a' * 32}.jpg") == TOKEN
        scene.work.settle(product, 1, timed_out=False)
        assert scene.product(product).state == "pictured"
    written, read = (client.units[kind] / PRODUCTS for kind in ("written", "read"))

    assert written <= MOST_UNITS

    assert 0.9 * studio.WRITE_UNITS <= written <= studio.WRITE_UNITS
    assert 0.9 * studio.READ_UNITS <= read <= studio.READ_UNITS

    item = client.get_item(TableName=STUDIO, Key=build_product_key(product))["Item"]
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
    assert 0.8 * studio.ITEM_BYTES <= size <= studio.ITEM_BYTES
