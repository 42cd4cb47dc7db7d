"""`retailctl orders`: what it prints and how it ends, over the orders' own steps and fakes."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from hello_retail.order_tasks.work import Work
from hello_retail.orders import table as tables
from hello_retail.orders.names import name_execution
from hello_retail.orders.table import OrderTables
from hello_retail.payments.simulated import SimulatedProvider
from retailctl import checks, cli
from retailctl.orders import check, commands
from support.orders import (
    CATALOG,
    DECLINED,
    MACHINE_ARN,
    ORDERS,
    PAYMENTS,
    START,
    STOCK,
    FakeKinesis,
    create_order,
    order_tables,
    stock_product,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Machine:
    """Executions that run until they are told to end."""

    def __init__(self) -> None:
        self.running: set[str] = set()

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_executions"

        def paginate(*, stateMachineArn: str, statusFilter: str) -> list[Any]:
            assert (stateMachineArn, statusFilter) == (MACHINE_ARN, "RUNNING")
            return [{"executions": [{"name": name}]} for name in self.running]

        return SimpleNamespace(paginate=paginate)


class Log:
    """The log that the steps wrote, whole."""

    has_archive, is_young, retention_hours = False, True, 24

    def __init__(self, kinesis: FakeKinesis) -> None:
        self.kinesis = kinesis

    def read_stream(self) -> list[tuple[int, bytes]]:
        return [(number, payload) for number, (_, payload) in enumerate(self.kinesis.records)]


class Shop:
    """A shop with two products, whose orders `retailctl` looks after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dynamodb: Any = order_tables()
        self.machine, self.kinesis = Machine(), FakeKinesis()
        for product in ("p", "q"):
            stock_product(self.dynamodb, product)
        self.work = Work(
            tables=OrderTables(self.dynamodb, ORDERS, STOCK),
            catalog=CATALOG,
            provider=SimulatedProvider(self.dynamodb, PAYMENTS),
            machine=self.machine,  # type: ignore[arg-type]
            machine_arn=MACHINE_ARN,
            kinesis=self.kinesis,  # type: ignore[arg-type]
            stream="retail",
            origin="hello-retail",
            currency="USD",
            clock=lambda: START + 1.5,
        )
        clients = {"dynamodb": self.dynamodb, "stepfunctions": self.machine}
        target = SimpleNamespace(client=clients.__getitem__)
        values = {
            "orders_table": ORDERS,
            "payments_table": PAYMENTS,
            "stock_table": STOCK,
            "orders_machine_arn": MACHINE_ARN,
        }
        monkeypatch.setattr(commands, "resolve_target", lambda *_: target)
        monkeypatch.setattr(commands.outputs, "read_outputs", lambda _: values)
        monkeypatch.setattr(check, "ReplayLog", lambda *_: Log(self.kinesis))
        self.between: list[Callable[[], Any]] = []
        """What happens between two looks, one after another."""
        monkeypatch.setattr(checks.interrupts, "sleep", lambda _: self.between.pop(0)())

    def place(self, number: int, lines: dict[str, int], total: int, **more: str) -> tuple[str, str]:
        """Place an order and start its execution."""
        order = tables.place_order(self.dynamodb, ORDERS, create_order(number, lines, total, **more))
        self.machine.running.add(name_execution(order.user_id, order.order_id))
        return order.user_id, order.order_id

    def carry_out(self, order: tuple[str, str]) -> None:
        """Do an order's steps, to the end of its execution."""
        self.work.reserve(*order)
        self.work.pay(*order)
        self.work.confirm(*order)
        self.machine.running.remove(name_execution(*order))

    def run(self, *words: str) -> Any:
        ended = CliRunner().invoke(cli.app, ["orders", *words])
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a shop with an order of each kind: confirmed, declined, refused and reserved."""
    shop = Shop(monkeypatch)
    shop.carry_out(shop.place(1, {"p": 2, "q": 1}, 1_500))
    shop.carry_out(shop.place(2, {"p": 1}, 500, token=DECLINED))
    shop.carry_out(shop.place(3, {"p": 9}, 4_500))
    shop.work.reserve(*shop.place(4, {"q": 4}, 2_000))
    return shop


def test_orders_that_are_right_are_said_to_be(shop: Shop) -> None:
    ended = shop.run("check")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert (
        "Orders: 1 reserved, 1 confirmed, 1 refused, 1 declined (1 declined, 1 out-of-stock).\n"
        "Executions that run: 1. Of each product, what is available, reserved and sold is what was added; 1,500 "
        "captured are the 1 confirmed orders; each of their 2 lines is one sale on the log.\n"
    ) in ended.stderr


def test_a_lost_event_is_a_line_and_an_exit_of_one(shop: Shop) -> None:
    shop.kinesis.records.pop()

    ended = shop.run("check", "--patience", "0")

    assert ended.exit_code == 1
    assert ended.stdout.endswith("with 2 lines, and the log has 1 sales of it, or others.\n")
    assert "1 things are wrong: docs/orders.md says what to do." in ended.stderr


def test_a_step_that_is_under_way_is_waited_for(shop: Shop) -> None:
    order = ("cy", create_order(4, {}, 0).order_id)
    shop.machine.running.clear()
    shop.between = [lambda: shop.work.end_execution(*order)]

    assert shop.run("check").exit_code == 0
    assert "1 cancelled" in shop.run("check").stderr


def test_a_log_that_begins_late_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.kinesis.records.clear()
    monkeypatch.setattr(Log, "is_young", False)

    ended = shop.run("check", "--patience", "0")

    assert "Events of orders from before are not looked for." in ended.stderr


def test_the_status_counts_orders_and_reasons(shop: Shop) -> None:
    ended = shop.run("status")

    rows = [re.findall(r"[\w,]+", line)[:3] for line in ended.stdout.splitlines()]
    assert ["confirmed", "1", "1,500"] in rows
    assert ["reserved", "1", "2,000"] in rows
    assert "Reasons: 1 declined, 1 out-of-stock." in ended.stderr


def test_the_status_as_json_has_the_open_orders(shop: Shop) -> None:
    told = json.loads(shop.run("status", "--json").stdout)

    assert told["orders"] == {"reserved": 1, "confirmed": 1, "refused": 1, "declined": 1}
    (open_order,) = told["open"]
    assert (open_order["user"], open_order["state"]) == ("cy", "reserved")
    assert open_order["execution"] in shop.machine.running
    assert open_order["lines"] == [{"product_id": "q", "quantity": 4, "cents": 500}]
    assert "tok_" not in json.dumps(told)
