"""Customers at the front door of an applied environment: their carts and orders, and what becomes of them."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.events import CART_SET, ORDER_CONFIRMED, PRODUCT_PRICE, PRODUCT_STOCK
from hello_retail.orders.items import OPEN
from hello_retail.orders.names import name_execution, name_payment
from retailctl.executions import Executions
from retailctl.simulation.customers import mint_order_id
from retailctl.stream.reader import read_payloads
from support.asking import Answer, ask
from support.e2e import eventually
from support.players import PURCHASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support.players import FrontDoor, Player

CENTS = 1250
"""What a piece costs, where a test does not say."""


@dataclass
class ShopDoor:
    """The shop of an environment, as customers and operators reach it."""

    door: FrontDoor

    @property
    def where(self) -> tuple[str, ...]:
        """The options of commands that mean this environment."""
        return ("--cloud", self.door.cloud.name, "--env", self.door.environment)

    @property
    def machine(self) -> str:
        return str(self.door.found["orders_machine_arn"])

    @property
    def executions(self) -> Executions:
        return Executions(self.door.cloud.client("stepfunctions"), self.machine)

    # What people send

    def sell(self, merchant: Player, pieces: int, cents: int = CENTS) -> str:
        """Offer a product with a price and a stock; return its id once the shop has all of it."""
        product = self.door.offer(merchant)
        self.price(merchant, product, cents)
        self._send(merchant, PRODUCT_STOCK, product, added=pieces)

        def for_sale() -> tuple[int | None, bool]:
            answer = ask(f"{self.door.api_url}/products/{product}")
            found = answer.json() if answer.status == 200 else {}
            return found.get("cents"), found.get("inStock", False)

        assert eventually(for_sale, (cents, True)) == (cents, True)
        return product

    def price(self, merchant: Player, product: str, cents: int) -> None:
        self._send(merchant, PRODUCT_PRICE, product, cents=cents)

    def put_in_cart(self, customer: Player, product: str, quantity: int) -> None:
        self._send(customer, CART_SET, product, quantity=quantity)

    def _send(self, player: Player, schema: str, product: str, **data: object) -> None:
        answer = self.door.send({"schema": schema, "id": product, **data}, player.token)
        assert answer.status == 202, answer.body

    def cart(self, customer: Player) -> dict[str, Any]:
        found: dict[str, Any] = self.get(customer, "/cart").json()
        return found

    def get(self, customer: Player | None, path: str) -> Answer:
        """Ask for a path; as nobody without a customer."""
        headers = {"authorization": f"Bearer {customer.token}"} if customer else {}
        return ask(f"{self.door.api_url}{path}", **headers)

    def put(self, customer: Player | None, order_id: str, body: object) -> Answer:
        headers = {"authorization": f"Bearer {customer.token}"} if customer else {}
        return ask(
            f"{self.door.api_url}/orders/{order_id}",
            "PUT",
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            content_type="application/json",
            **headers,
        )

    def order(self, customer: Player, body: Mapping[str, Any]) -> str:
        """Place an order, and return its id."""
        order_id = mint_order_id(time.time())
        answer = self.put(customer, order_id, body)
        assert answer.status == 202, answer.body
        return order_id

    # What becomes of it

    def look(self, customer: Player, order_id: str) -> dict[str, Any]:
        answer = self.get(customer, f"/orders/{order_id}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found

    def ended(
        self, customer: Player, order_id: str, seconds: float = 60, every: float = 0.2
    ) -> dict[str, Any]:
        """Return an order once it has ended; look for it every few seconds."""
        is_open = eventually(
            lambda: self.look(customer, order_id)["state"] in OPEN, wanted=False, seconds=seconds, every=every
        )
        assert not is_open
        return self.look(customer, order_id)

    def becomes(self, customer: Player, order_id: str, state: str, seconds: float = 60) -> None:
        assert eventually(lambda: self.look(customer, order_id)["state"], state, seconds) == state

    def available(self, product: str) -> int:
        item = self._item("stock_table", productId=product)
        return int(item["available"]["N"])

    def payment(self, customer: Player, order_id: str) -> str | None:
        """Return the state that an order's payment has at the provider; ``None`` where it knows none."""
        return (
            self._item("payments_table", orderId=name_payment(customer.user_id, order_id))
            .get("state", {})
            .get("S")
        )

    def stored(self, customer: Player, order_id: str) -> dict[str, Any]:
        """Return an order's item."""
        return self._item("orders_table", userId=customer.user_id, orderId=order_id)

    def _item(self, table: str, **key: str) -> dict[str, Any]:
        name, values = self.door.found[table], {part: {"S": value} for part, value in key.items()}
        found: dict[str, Any] = (
            self.door.cloud.client("dynamodb")
            .get_item(TableName=name, Key=values, ConsistentRead=True)
            .get("Item", {})
        )
        return found

    def events_of(self, order_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the confirmations of an order and the sales that follow from them; a record put twice, once."""
        payloads = read_payloads(self.door.cloud.client("kinesis"), self.door.found["stream_name"])
        events = {event["eventId"]: event for event in map(json.loads, payloads) if "eventId" in event}
        confirmed = [
            event
            for event in events.values()
            if event["data"]["schema"] == ORDER_CONFIRMED and event["data"]["id"] == order_id
        ]
        causes = {event["eventId"] for event in confirmed}
        sales = [
            event
            for event in events.values()
            if event["data"]["schema"] == PURCHASE and event.get("followsFrom") in causes
        ]
        return confirmed, sales

    # What goes wrong

    def stop(self, customer: Player, order_id: str) -> None:
        """Stop the execution of an order by hand."""
        assert self.executions.stop(name_execution(customer.user_id, order_id), "by hand")

    @contextmanager
    def untold(self) -> Iterator[None]:
        """Let nobody be told that an execution has ended."""
        rule, events = f"{self.machine.rpartition(':')[2]}.ended", self.door.cloud.client("events")
        events.disable_rule(Name=rule)
        try:
            yield
        finally:
            events.enable_rule(Name=rule)

    @contextmanager
    def forbidden(self, *actions: str) -> Iterator[None]:
        """Let AWS refuse actions to the steps of the orders."""
        iam, functions = self.door.cloud.client("iam"), self.door.cloud.client("lambda")
        function = self.door.found["functions"]["order_tasks"]
        role = functions.get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
        everywhere = "*"  # nothing is allowed by it: it denies
        statement = {"Effect": "Deny", "Action": actions, "Resource": everywhere}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName="trouble", PolicyDocument=document)
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="trouble")

    def reconcile(self, customer: Player, order_id: str) -> None:
        """Do what the schedule does, an hour after an order was placed."""
        self.door.cloud.client("dynamodb").update_item(
            TableName=self.door.found["orders_table"],
            Key={"userId": {"S": customer.user_id}, "orderId": {"S": order_id}},
            UpdateExpression="SET placedAt = :then",
            ExpressionAttributeValues={":then": {"S": "2026-01-01T00:00:00.000Z"}},
        )
        answer = self.door.cloud.client("lambda").invoke(
            FunctionName=self.door.found["functions"]["order_tasks"],
            Qualifier="live",
            Payload=json.dumps({"action": "reconcile"}),
        )
        assert "FunctionError" not in answer, answer["Payload"].read()


def body(lines: Mapping[str, int], total: int, token: str = "tok_ok") -> dict[str, Any]:  # noqa: S107 - simulated
    """Return the body of an order, given how many of each product."""
    named = [{"id": product, "quantity": pieces} for product, pieces in lines.items()]
    return {"lines": named, "totalCents": total, "paymentToken": token}
