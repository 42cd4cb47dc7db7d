"""The steps of the orders' machine, one after another."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from hello_retail.aws_failures import Unavailable
from hello_retail.dynamodb import transactions
from hello_retail.dynamodb.transactions import Contended
from hello_retail.order_tasks import handler
from hello_retail.order_tasks.work import NotPublished
from hello_retail.orders.items import Line, OrderState, Reason
from hello_retail.payments.provider import PaymentState, ProviderUnavailable
from support.fake_aws import client_error, transaction_canceled
from support.orders import MACHINE_ARN, STOCK, create_order_id, stock_product
from support.orders_scene import OrderScene
from support.studio_scene import before_each

ALL = ("reserve", "pay", "confirm")
STOPPED = (OrderState.CANCELLED, Reason.STOPPED)
LATER = 3600.0


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "FIRST_PAUSE", 0)


@pytest.fixture
def scene() -> OrderScene:
    return OrderScene()


# Reserve


def test_an_order_is_reserved_at_the_catalogs_prices(scene: OrderScene) -> None:
    scene.place()
    order = scene.run("reserve")
    assert order.state is OrderState.RESERVED
    assert order.lines == (Line("p1", 2, 500, "Name of p1"), Line("p2", 1, 500, "Name of p2"))
    assert order.total_cents == 1500
    assert (scene.left("p1"), scene.left("p2")) == (3, 4)
    assert "expiresAt" not in scene.item()


@pytest.mark.parametrize(
    ("lines", "missing"), [({"p1": 2, "p2": 6}, ("p2",)), ({"p1": 6, "p2": 6}, ("p1", "p2"))]
)
def test_all_lines_are_reserved_or_none(
    scene: OrderScene, lines: dict[str, int], missing: tuple[str, ...]
) -> None:
    scene.place(lines=lines)
    order = scene.run("reserve")
    assert (order.state, order.reason, order.products) == (
        OrderState.REFUSED,
        Reason.OUT_OF_STOCK,
        missing,
    )
    assert (scene.left("p1"), scene.left("p2")) == (5, 5)


def test_a_product_without_any_stock_is_out_of_stock(scene: OrderScene) -> None:
    scene.dynamodb.delete_item(TableName=STOCK, Key={"productId": {"S": "p1"}})
    scene.place()
    assert scene.run("reserve").products == ("p1",)


def test_a_total_that_is_not_the_catalogs_is_refused_with_the_catalogs(scene: OrderScene) -> None:
    scene.place(cents=1499)
    order = scene.run("reserve")
    assert (order.state, order.reason) == (OrderState.REFUSED, Reason.PRICE_CHANGED)
    assert (order.new_total_cents, order.total_cents) == (1500, None)
    assert scene.left() == 5


def test_what_is_not_offered_or_has_no_price_is_not_for_sale(scene: OrderScene) -> None:
    stock_product(scene.dynamodb, "p3", cents=None)
    scene.place(lines={"p1": 1, "p3": 1, "p4": 1})
    order = scene.run("reserve")
    assert (order.state, order.reason) == (OrderState.REFUSED, Reason.NOT_FOR_SALE)
    assert order.products == ("p3", "p4")


def test_a_conflict_is_no_lack_of_stock(scene: OrderScene) -> None:
    scene.place()
    transact = scene.dynamodb.transact_write_items
    refusals = [[{"Code": "None"}, {"Code": "TransactionConflict"}, {"Code": "None"}]]

    def busy(**request: Any) -> Any:
        if refusals:
            raise transaction_canceled(refusals.pop())
        return transact(**request)

    scene.dynamodb.transact_write_items = busy
    assert scene.run("reserve").state is OrderState.RESERVED


def test_an_order_that_is_cancelled_while_it_is_reserved_takes_nothing(scene: OrderScene) -> None:
    scene.place()
    cancel = lambda: scene.run("end_execution")  # noqa: E731
    scene.dynamodb.transact_write_items = before_each(scene.dynamodb.transact_write_items, cancel)
    order = scene.run("reserve")
    assert (order.state, order.reason) == STOPPED
    assert scene.left() == 5


def test_a_catalog_that_cannot_be_read_refuses_nothing(scene: OrderScene) -> None:
    scene.place()
    scene.dynamodb.batch_get_item = lambda **_: (_ for _ in ()).throw(
        client_error("ThrottlingException", "BatchGetItem")
    )
    with pytest.raises(Unavailable, match="ThrottlingException"):
        scene.run("reserve")
    assert scene.order().state is OrderState.NEW


# Pay


def test_the_money_is_held_before_the_order_is_paid(scene: OrderScene) -> None:
    scene.place()
    assert scene.run("reserve", "pay").state is OrderState.PAID
    assert scene.payment() == "held"


def test_a_declined_payment_gives_the_pieces_back(scene: OrderScene) -> None:
    scene.place(token="tok_declined")
    order = scene.run(*ALL)
    assert (order.state, order.reason) == (OrderState.DECLINED, Reason.DECLINED)
    assert (scene.left("p1"), scene.left("p2")) == (5, 5)
    assert scene.log.records == []


def test_a_provider_that_fails_twice_is_asked_again_by_the_machine(scene: OrderScene) -> None:
    scene.place(token="tok_flaky")
    scene.run("reserve")
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            scene.run("pay")
    assert scene.run("pay", "confirm").state is OrderState.CONFIRMED


def test_a_payer_that_finds_its_payment_barred_cancels_the_order(scene: OrderScene) -> None:
    """Whoever barred it died before it could note so."""
    scene.place()
    scene.run("reserve")
    scene.provider.void(scene.name())
    order = scene.run("pay")
    assert (order.state, order.reason) == STOPPED
    assert scene.left() == 5


def test_a_payer_whose_order_is_cancelled_meanwhile_leaves_no_money_held(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve")
    cancel = lambda: scene.run("end_execution")  # noqa: E731
    scene.dynamodb.transact_write_items = before_each(scene.dynamodb.transact_write_items, cancel)
    order = scene.run("pay")
    assert (order.state, order.reason) == STOPPED
    assert scene.payment() == "voided"
    assert scene.left() == 5


# Confirm


def test_a_confirmed_order_puts_itself_and_each_line_on_the_log(scene: OrderScene) -> None:
    scene.place()
    order = scene.run(*ALL)
    assert order.state is OrderState.CONFIRMED
    assert scene.payment() == "captured"
    (key, confirmed), *sales = [(key, json.loads(data)) for key, data in scene.log.records]
    assert (key, confirmed["origin"]) == ("cy", "hello-retail/order-confirm/cy/cy")
    assert confirmed["data"] == {
        "schema": "com.nordstrom/order/confirmed/1-0-0",
        "id": create_order_id(1),
        "lines": [
            {"product": "p1", "quantity": 2, "cents": 500},
            {"product": "p2", "quantity": 1, "cents": 500},
        ],
        "totalCents": 1500,
    }
    assert [(key, sale["data"]["id"]) for key, sale in sales] == [("p1", "p1"), ("p2", "p2")]
    assert {sale["data"]["schema"] for _, sale in sales} == {"com.nordstrom/product/purchase/1-0-0"}
    assert {sale["followsFrom"] for _, sale in sales} == {confirmed["eventId"]}
    assert len({confirmed["eventId"], *(sale["eventId"] for _, sale in sales)}) == 3


def test_every_end_takes_the_payment_token_and_the_place_in_the_index_away(scene: OrderScene) -> None:
    scene.place()
    assert "tok_ok" in str(scene.item())
    assert "open" in scene.item()
    scene.run(*ALL)
    assert "tok_" not in str(scene.dynamodb.items)
    assert not scene.item().keys() & {"open", "expiresAt", "paymentToken"}
    assert scene.order().ended_at == "2026-11-18T11:06:40.000Z"


def test_each_step_again_changes_nothing(scene: OrderScene) -> None:
    scene.place()
    scene.run(*ALL)
    before, records = str(scene.dynamodb.items), list(scene.log.records)
    scene.run(*ALL, "end_execution")
    assert (str(scene.dynamodb.items), scene.log.records) == (before, records)


def test_a_crash_between_publishing_and_noting_publishes_the_same_bytes_again(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve", "pay")
    transact = scene.dynamodb.transact_write_items
    scene.dynamodb.transact_write_items = lambda **_: (_ for _ in ()).throw(
        client_error("InternalServerError", "TransactWriteItems")
    )
    with pytest.raises(ClientError):
        scene.run("confirm")
    scene.dynamodb.transact_write_items = transact
    scene.run("confirm")
    assert scene.log.records[:3] == scene.log.records[3:]


def test_events_that_the_stream_does_not_take_are_sent_again_alone(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve", "pay")
    left_out = [False, False, True]
    scene.log.leaves_out = lambda: bool(left_out) and left_out.pop()
    assert scene.run("confirm").state is OrderState.CONFIRMED
    assert sorted(key for key, _ in scene.log.records) == ["cy", "p1", "p2"]


def test_an_order_is_confirmed_only_once_the_stream_has_its_events(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve", "pay")
    scene.log.leaves_out = lambda: True
    with pytest.raises(NotPublished, match="3 events"):
        scene.run("confirm")
    assert scene.order().state is OrderState.PAID
    scene.log.leaves_out = lambda: False
    assert scene.run("confirm").state is OrderState.CONFIRMED


def test_a_refused_capture_is_the_only_way_back_from_paid(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve", "pay")
    scene.provider.void(scene.name())  # as a provider does when an authorisation runs out
    order = scene.run("confirm")
    assert (order.state, order.reason) == (OrderState.CANCELLED, Reason.PAYMENT_REFUSED)
    assert (scene.left("p1"), scene.log.records) == (5, [])


def test_a_capture_that_is_still_pending_gives_nothing_back(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve", "pay")
    object.__setattr__(scene.work, "provider", Mock(capture=lambda _: PaymentState.HELD))
    with pytest.raises(Contended):
        scene.run("confirm")
    assert (scene.order().state, scene.left()) == (OrderState.PAID, 3)


# Ends


@pytest.mark.parametrize(
    ("steps", "state", "payment", "left"),
    [
        ((), OrderState.CANCELLED, None, 5),
        (("reserve",), OrderState.CANCELLED, "voided", 5),
        (("reserve", "pay"), OrderState.CONFIRMED, "captured", 3),
        (ALL, OrderState.CONFIRMED, "captured", 3),
    ],
)
def test_an_execution_that_is_stopped_ends_its_order_by_what_was_taken(
    scene: OrderScene, steps: tuple[str, ...], state: OrderState, payment: str | None, left: int
) -> None:
    scene.place()
    scene.run(*steps)
    for _ in range(2):
        assert scene.run("end_execution").state is state
        assert (scene.payment(), scene.left()) == (payment, left)
    assert len(scene.log.records) == (3 if state is OrderState.CONFIRMED else 0)


def test_the_payment_is_barred_before_the_order_is_cancelled(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve")
    transact = scene.dynamodb.transact_write_items

    def check(**request: Any) -> Any:
        assert scene.payment() == "voided"
        return transact(**request)

    scene.dynamodb.transact_write_items = check
    scene.run("end_execution")


def test_a_stop_after_a_decline_says_that_it_was_declined(scene: OrderScene) -> None:
    scene.place(token="tok_declined")
    scene.run("reserve")
    transact = scene.dynamodb.transact_write_items
    scene.dynamodb.transact_write_items = lambda **_: (_ for _ in ()).throw(
        client_error("InternalServerError", "TransactWriteItems")
    )
    with pytest.raises(ClientError):
        scene.run("pay")
    scene.dynamodb.transact_write_items = transact
    order = scene.run("end_execution")
    assert (order.state, order.reason) == (OrderState.DECLINED, Reason.DECLINED)


def test_a_stop_that_comes_while_the_order_is_paid_and_captured_goes_forward(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve")
    get = scene.dynamodb.get_item
    reads: list[str] = []

    def pay_after_the_order_was_read(**request: Any) -> Any:
        answer = get(**request)
        reads.append(request["TableName"])
        if len(reads) == 1:
            scene.run("pay")
            scene.provider.capture(scene.name())
        return answer

    scene.dynamodb.get_item = pay_after_the_order_was_read
    assert scene.run("end_execution").state is OrderState.CONFIRMED


def test_an_order_that_is_not_there_has_no_steps(scene: OrderScene) -> None:
    for step in (*ALL, "end_execution"):
        getattr(scene.work, step)("cy", create_order_id(7))
    assert scene.log.records == []


@pytest.mark.parametrize("with_input", [True, False])
@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_the_event_of_a_bad_end_ends_its_order(scene: OrderScene, status: str, with_input: bool) -> None:
    """The event of an encrypted machine's execution may leave its input out."""
    scene.place()
    scene.run("reserve")
    given = json.dumps({"user": "cy", "order": create_order_id(1)})
    scene.executions.known[scene.name()] = {"status": status, "input": given}
    arn = f"{MACHINE_ARN.replace('stateMachine', 'execution')}:{scene.name()}"
    detail = {"executionArn": arn, "name": scene.name(), "status": status}
    event = {"source": "aws.states", "detail": detail | ({"input": given} if with_input else {})}
    handler.run_action(event, scene.work)
    assert scene.order().state is OrderState.CANCELLED


@pytest.mark.parametrize("step", [*ALL, "end_execution"])
def test_a_step_that_others_always_forestall_is_left_to_a_later_attempt(scene: OrderScene, step: str) -> None:
    scene.place()
    scene.run(*ALL[: {"pay": 1, "confirm": 2}.get(step, 0)])

    def busy(**_: Any) -> Any:
        raise client_error("TransactionConflictException", "TransactWriteItems")

    scene.dynamodb.transact_write_items = busy
    with pytest.raises(Contended):
        scene.run(step)


# Reconcile


@pytest.mark.parametrize("status", ["FAILED", "ABORTED", "TIMED_OUT", "SUCCEEDED", None])
def test_a_reconciliation_ends_what_nothing_runs_for(scene: OrderScene, status: str | None) -> None:
    scene.place()
    scene.run("reserve")
    scene.now += LATER
    if status:
        scene.executions.known[scene.name()] = {"status": status}
    reconciled = scene.work.reconcile()
    assert (reconciled.ended, reconciled.failures, reconciled.oldest_open) == (1, {}, 0)
    order = scene.order()
    assert (order.state, order.reason) == STOPPED


@pytest.mark.parametrize("status", ["RUNNING", "PENDING_REDRIVE"])
def test_a_reconciliation_leaves_what_runs_and_says_for_how_long(scene: OrderScene, status: str) -> None:
    scene.place()
    scene.run("reserve")
    scene.now += LATER
    scene.executions.known[scene.name()] = {"status": status}
    reconciled = scene.work.reconcile()
    assert (reconciled.ended, reconciled.oldest_open) == (0, LATER)
    assert scene.order().state is OrderState.RESERVED


def test_a_reconciliation_leaves_young_orders_alone(scene: OrderScene) -> None:
    scene.place()
    scene.run("reserve")
    scene.now += 29 * 60
    scene.executions.error = "must not be asked"
    assert scene.work.reconcile().failures == {}


def test_an_order_whose_client_gave_up_is_cancelled(scene: OrderScene) -> None:
    """It was placed, and its execution never started: only its token is left."""
    scene.place()
    scene.dynamodb.stale = scene.dynamodb.items
    scene.now += LATER
    assert scene.work.reconcile().ended == 1
    assert (scene.order().reason, scene.order().payment_token) == (Reason.STOPPED, None)


def test_an_index_that_lags_behind_ends_nothing_twice(scene: OrderScene) -> None:
    scene.place()
    scene.run(*ALL)
    scene.now += LATER
    assert scene.work.reconcile().ended == 0


def test_one_order_that_fails_does_not_keep_the_others_from_their_end(
    scene: OrderScene, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(1, 9):
        scene.place(number, {"p1": 1} if number < 5 else {"p2": 1})
        scene.run("reserve", number=number)
    scene.now += LATER
    void = scene.provider.void

    def fail_for_one(payment_id: str) -> Any:
        if payment_id == scene.name(3):
            raise ValueError("a defect")
        return void(payment_id)

    object.__setattr__(scene.work, "provider", Mock(void=fail_for_one))
    with pytest.raises(handler.NotReconciled, match="could not be ended: 1"):
        handler.run_action({"action": "reconcile"}, scene.work)
    states = [scene.order(number).state for number in range(1, 9)]
    assert states == [*[OrderState.CANCELLED] * 2, OrderState.RESERVED, *[OrderState.CANCELLED] * 5]
    [failed] = [vars(record) for record in caplog.records if record.levelname == "ERROR"]
    assert (failed["execution"], failed["failure"]) == (scene.name(3), "ValueError")


# The handler


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"action": "refund", "user": "cy", "order": "1"},
        {"action": "pay", "user": "cy"},
        {"source": "aws.states", "detail": {"status": "SUCCEEDED"}},
    ],
)
def test_another_input_is_a_defect(scene: OrderScene, given: dict[str, Any]) -> None:
    with pytest.raises(handler.UnknownAction, match="no reserve, pay, confirm"):
        handler.run_action(given, scene.work)


def test_the_handler_does_each_step(
    scene: OrderScene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(handler, "get_work", lambda: scene.work)
    scene.place()
    for action in ALL:
        handler.handler({"action": action, "user": "cy", "order": create_order_id(1)}, None)
    assert scene.order().state is OrderState.CONFIRMED
    scene.place(2)
    scene.run("reserve", number=2)
    scene.now += LATER
    scene.executions.known[scene.name(2)] = {"status": "RUNNING"}
    handler.handler({"action": "reconcile"}, None)
    assert '"OldestOpenOrder":[3600.0]' in capsys.readouterr().out.replace(" ", "")
