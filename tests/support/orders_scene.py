"""The orders' steps one call after another, for tests of a single step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hello_retail.order_tasks.work import Work
from hello_retail.orders import table
from hello_retail.orders.names import name_execution, name_payment
from hello_retail.orders.table import OrderTables
from hello_retail.payments.simulated import OK, SimulatedProvider
from support.fake_aws import client_error
from support.orders import (
    CATALOG,
    MACHINE_ARN,
    ORDERS,
    PAYMENTS,
    START,
    STOCK,
    FakeKinesis,
    create_order,
    create_order_id,
    order_tables,
    stock_product,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hello_retail.orders.items import Order


@dataclass
class FakeExecutions:
    """Says of an execution what it was given, by the execution's name."""

    known: dict[str, dict[str, str]] = field(default_factory=dict)
    error: str | None = None

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        assert executionArn.startswith(MACHINE_ARN.replace("stateMachine", "execution"))
        if self.error:
            raise client_error(self.error, "DescribeExecution")
        name = executionArn.rpartition(":")[2]
        if name not in self.known:
            raise client_error("ExecutionDoesNotExist", "DescribeExecution")
        return self.known[name]


class OrderScene:
    """A customer, ``cy``, two products at 500 with five pieces each, and a clock that tests move."""

    def __init__(self, dynamodb: Any = None) -> None:
        self.dynamodb = dynamodb or order_tables()
        self.executions, self.log = FakeExecutions(), FakeKinesis()
        self.now = START
        self.provider = SimulatedProvider(self.dynamodb, PAYMENTS, pause=lambda _: None)
        self.work = Work(
            tables=OrderTables(self.dynamodb, ORDERS, STOCK),
            catalog=CATALOG,
            provider=self.provider,
            machine=self.executions,
            machine_arn=MACHINE_ARN,
            kinesis=self.log,  # type: ignore[arg-type]
            stream="retail",
            origin="hello-retail",
            currency="USD",
            clock=lambda: self.now,
        )
        for product in ("p1", "p2"):
            stock_product(self.dynamodb, product)

    def place(
        self,
        number: int = 1,
        lines: Mapping[str, int] | None = None,
        cents: int | None = None,
        *,
        user: str = "cy",
        token: str = OK,
    ) -> Order:
        lines = lines or {"p1": 2, "p2": 1}
        expected = sum(lines.values()) * 500 if cents is None else cents
        order = create_order(number, lines, expected, user=user, token=token)
        return table.place_order(self.dynamodb, ORDERS, order)

    def run(self, *steps: str, number: int = 1, user: str = "cy") -> Order:
        """Do steps of an order, by name; return the order as it is then."""
        for step in steps:
            getattr(self.work, step)(user, create_order_id(number))
        return self.order(number, user)

    def order(self, number: int = 1, user: str = "cy") -> Order:
        order = table.read_order(self.dynamodb, ORDERS, user, create_order_id(number))
        assert order is not None
        return order

    def item(self, number: int = 1) -> dict[str, Any]:
        key = {"userId": {"S": "cy"}, "orderId": {"S": create_order_id(number)}}
        item: dict[str, Any] = self.dynamodb.get_item(TableName=ORDERS, Key=key, ConsistentRead=True)["Item"]
        return item

    def left(self, product: str = "p1") -> int:
        key = {"productId": {"S": product}}
        item = self.dynamodb.get_item(TableName=STOCK, Key=key, ConsistentRead=True)["Item"]
        return int(item["available"]["N"])

    def payment(self, number: int = 1) -> str | None:
        key = {"orderId": {"S": name_payment("cy", create_order_id(number))}}
        item = self.dynamodb.get_item(TableName=PAYMENTS, Key=key, ConsistentRead=True).get("Item", {})
        return str(item["state"]["S"]) if "state" in item else None

    def name(self, number: int = 1) -> str:
        return name_execution("cy", create_order_id(number))
