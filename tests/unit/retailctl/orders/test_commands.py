"""`retailctl orders`: what it prints and how it ends, over the orders' own steps and fakes."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from hello_retail.payments.simulated import OK
from retailctl import checks, cli
from retailctl.orders import check, commands
from support.orders import DECLINED, MACHINE_ARN, ORDERS, PAYMENTS, STOCK, FakeKinesis
from support.orders_scene import OrderScene

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


class Shop(OrderScene):
    """A shop with two products, whose orders `retailctl` looks after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.machine = Machine()
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
        monkeypatch.setattr(check, "ReplayLog", lambda *_: Log(self.log))
        self.between: list[Callable[[], Any]] = []
        """What happens between two looks, one after another."""
        monkeypatch.setattr(checks.interrupts, "sleep", lambda _: self.between.pop(0)())

    def carry_out(self, number: int, lines: dict[str, int], token: str = OK) -> None:
        """Place an order and do its steps, to the end of its execution."""
        self.place(number, lines, token=token)
        self.run("reserve", "pay", "confirm", number=number)

    def call(self, *words: str) -> Any:
        """Run the command."""
        ended = CliRunner().invoke(cli.app, ["orders", *words])
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Return a shop with an order of each kind: confirmed, declined, refused and reserved."""
    shop = Shop(monkeypatch)
    shop.carry_out(1, {"p1": 2, "p2": 1})
    shop.carry_out(2, {"p1": 1}, DECLINED)
    shop.carry_out(3, {"p1": 9})
    shop.place(4, {"p2": 4})
    shop.machine.running.add(shop.name(4))
    shop.run("reserve", number=4)
    return shop


def test_orders_that_are_right_are_said_to_be(shop: Shop) -> None:
    ended = shop.call("check")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert (
        "Orders: 1 reserved, 1 confirmed, 1 refused, 1 declined (1 declined, 1 out-of-stock).\n"
        "Executions that run: 1. Of each product, what is available, reserved and sold is what was added; 1,500 "
        "captured are the 1 confirmed orders; each of their 2 lines is one sale on the log.\n"
    ) in ended.stderr


def test_a_lost_event_is_a_line_and_an_exit_of_one(shop: Shop) -> None:
    shop.log.records.pop()

    ended = shop.call("check", "--patience", "0")

    assert ended.exit_code == 1
    assert ended.stdout.endswith("with 2 lines, and the log has 1 sales of it, or others.\n")
    assert "1 things are wrong: docs/orders.md says what to do." in ended.stderr


def test_a_step_that_is_under_way_is_waited_for(shop: Shop) -> None:
    shop.machine.running.clear()
    shop.between = [lambda: shop.run("end_execution", number=4)]

    assert shop.call("check").exit_code == 0
    assert "1 cancelled" in shop.call("check").stderr


def test_a_log_that_begins_late_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.log.records.clear()
    monkeypatch.setattr(Log, "is_young", False)

    ended = shop.call("check", "--patience", "0")

    assert "Events of orders from before are not looked for." in ended.stderr


def test_the_status_counts_orders_and_reasons(shop: Shop) -> None:
    ended = shop.call("status")

    rows = [re.findall(r"[\w,]+", line)[:3] for line in ended.stdout.splitlines()]
    assert ["confirmed", "1", "1,500"] in rows
    assert ["reserved", "1", "2,000"] in rows
    assert "Reasons: 1 declined, 1 out-of-stock." in ended.stderr


def test_the_status_as_json_has_the_open_orders(shop: Shop) -> None:
    told = json.loads(shop.call("status", "--json").stdout)

    assert told["orders"] == {"reserved": 1, "confirmed": 1, "refused": 1, "declined": 1}
    (open_order,) = told["open"]
    assert (open_order["user"], open_order["state"]) == ("cy", "reserved")
    assert open_order["execution"] in shop.machine.running
    assert open_order["lines"] == [{"product_id": "p2", "quantity": 4, "cents": 500}]
    assert "tok_" not in json.dumps(told)
