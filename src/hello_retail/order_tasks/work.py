"""What each step of the machine does.

The table decides. A step that finds another state than its own changes nothing, so it may come twice, late, or from
an invocation that was thought dead. Each reads strongly consistently, and writes on the condition of what it read.
Money that was taken only goes forward; an order goes back once the provider has barred its payment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hello_retail.dynamodb.transactions import Contended, try_again
from hello_retail.executions import RUNNING, Executions, read_ended_input, read_status
from hello_retail.orders.events import build_order_records
from hello_retail.orders.items import OPEN, Order, OrderState, Reason
from hello_retail.orders.names import name_execution, name_payment
from hello_retail.orders.prices import read_offers
from hello_retail.orders.rules import Ending, price_order
from hello_retail.orders.table import (
    OrderTables,
    end_order,
    list_open_orders,
    pay_order,
    read_order,
    reserve_order,
)
from hello_retail.payments.provider import Amount, PaymentProvider, PaymentState
from hello_retail.times import format_time, measure_seconds

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

OPEN_SECONDS: Final = 30 * 60
"""How long an order may be open before a reconciliation asks for its execution.

Longer than a client may send its order again, so that nobody is about to start an execution that is not there.
"""
CONFIRMED: Final = Ending(OrderState.CONFIRMED)
REFUSED_CAPTURE: Final = Ending(OrderState.CANCELLED, Reason.PAYMENT_REFUSED)
STOPPED: Final = Ending(OrderState.CANCELLED, Reason.STOPPED)
UNPAID: Final[Mapping[PaymentState, Ending]] = {
    PaymentState.DECLINED: Ending(OrderState.DECLINED, Reason.DECLINED),
    PaymentState.VOIDED: STOPPED,
}
"""How a reserved order ends by what its payment is: of these, no money is held or can be."""


class NotPublished(Exception):
    """The stream did not take all events: a later attempt may succeed."""


@dataclass(slots=True)
class Reconciled:
    """What a reconciliation found.

    ``ended`` orders whose execution had ended and was not told; ``failures``, the error of each order that could
    not be ended, by the name of its execution; ``oldest_open``, for how many seconds an order that stays open has
    been so.
    """

    ended: int = 0
    failures: dict[str, Exception] = field(default_factory=dict)
    oldest_open: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """The steps over the services that they call."""

    tables: OrderTables
    catalog: str
    provider: PaymentProvider
    machine: Executions
    machine_arn: str
    kinesis: KinesisClient
    stream: str
    origin: str
    currency: str
    clock: Callable[[], float]

    def reserve(self, user_id: str, order_id: str) -> None:
        """Take the pieces from the stock at the catalog's prices, or refuse the order."""
        self._act(user_id, order_id, {OrderState.NEW: self._reserve})

    def pay(self, user_id: str, order_id: str) -> None:
        """Have the provider hold the money, or decline the order and give its pieces back."""
        self._act(user_id, order_id, {OrderState.RESERVED: self._pay})

    def confirm(self, user_id: str, order_id: str) -> None:
        """Take the money, publish the sales and then note that they are; or cancel what cannot be taken."""
        self._act(user_id, order_id, {OrderState.PAID: self._confirm})

    def end_execution(self, user_id: str, order_id: str) -> None:
        """End an order that nothing runs for: forward where it is paid, else back."""
        self._act(
            user_id,
            order_id,
            {
                OrderState.NEW: lambda order: self._end(order, STOPPED),
                OrderState.RESERVED: self._void,
                OrderState.PAID: self._confirm,
            },
        )

    def end_from_event(self, detail: Mapping[str, Any]) -> None:
        """Take EventBridge's word that an execution ended: FAILED, TIMED_OUT or ABORTED."""
        ended = read_ended_input(self.machine, detail)
        if ended:
            self.end_execution(ended["user"], ended["order"])

    def reconcile(self) -> Reconciled:
        """End the orders whose execution has ended and was not told; say what was found.

        An order that fails does not keep the others from their end.
        """
        reconciled = Reconciled()
        now = self.clock()
        before = format_time(now - OPEN_SECONDS)
        for user_id, order_id in list_open_orders(self.tables.client, self.tables.orders, before):
            name = name_execution(user_id, order_id)
            try:
                order = self._read_open(user_id, order_id)
                if order is None:
                    continue  # the index lags behind
                if read_status(self.machine, self.machine_arn, name) not in RUNNING:
                    self.end_execution(user_id, order_id)
                    reconciled.ended += 1
                    continue
            except Exception as error:  # noqa: BLE001 - a defect of one order must not hold the others
                reconciled.failures[name] = error
                continue
            age = measure_seconds(order.placed_at, format_time(now))
            reconciled.oldest_open = max(reconciled.oldest_open, age)
        return reconciled

    def _act(self, user_id: str, order_id: str, steps: Mapping[OrderState, Callable[[Order], bool]]) -> None:
        """Do the step of the state that an order is in, and look again where it was not made.

        Raises:
            Contended: where other writes came first each time.

        """
        for _ in try_again():
            order = self._read_open(user_id, order_id)
            if order is None or order.state not in steps or steps[order.state](order):
                return
        raise Contended

    def _reserve(self, order: Order) -> bool:
        products = [line.product_id for line in order.lines]
        priced = price_order(order, read_offers(self.tables.client, self.catalog, products))
        if isinstance(priced, Ending):
            return self._end(order, priced)
        reservation = reserve_order(self.tables, order, priced.lines, priced.total_cents)
        if reservation.missing:
            return self._end(order, Ending(OrderState.REFUSED, Reason.OUT_OF_STOCK, reservation.missing))
        return reservation.made

    def _pay(self, order: Order) -> bool:
        amount = Amount(order.total_cents or 0, self.currency)
        payment_id = name_payment(order.user_id, order.order_id)
        payment = self.provider.authorise(payment_id, amount, order.payment_token or "")
        if payment in UNPAID:
            return self._end(order, UNPAID[payment])
        return pay_order(self.tables, order)

    def _confirm(self, order: Order) -> bool:
        """Take the money, then publish, then note it: what was taken is never forgotten, nor told too early.

        Only a payment that can never be taken any more leads back.
        """
        payment = self.provider.capture(name_payment(order.user_id, order.order_id))
        if payment in UNPAID:
            return self._end(order, REFUSED_CAPTURE)
        if payment is not PaymentState.CAPTURED:
            return False
        self._publish(order)
        return self._end(order, CONFIRMED)

    def _void(self, order: Order) -> bool:
        """Bar the payment first: a payer that was thought dead must not take money for a cancelled order."""
        payment = self.provider.void(name_payment(order.user_id, order.order_id))
        return payment in UNPAID and self._end(order, UNPAID[payment])

    def _publish(self, order: Order) -> None:
        """Put the order's events on the stream: those that it does not take, again.

        Raises:
            NotPublished: where some were not taken each time.

        """
        pending: list[Any] = [
            {"Data": record.payload, "PartitionKey": record.partition_key}
            for record in build_order_records(order, self.origin)
        ]
        for _ in try_again():
            answer = self.kinesis.put_records(StreamName=self.stream, Records=pending)
            pending = [
                record
                for record, result in zip(pending, answer["Records"], strict=True)
                if "ErrorCode" in result
            ]
            if not pending:
                return
        raise NotPublished(f"The stream did not take {len(pending)} events of an order.")

    def _end(self, order: Order, ending: Ending) -> bool:
        return end_order(self.tables, order, ending, self.clock())

    def _read_open(self, user_id: str, order_id: str) -> Order | None:
        """Read an order; ``None`` where it has ended, or expired before it began."""
        order = read_order(self.tables.client, self.tables.orders, user_id, order_id)
        return order if order is not None and order.state in OPEN else None
