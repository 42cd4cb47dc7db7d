"""Hold orders, stock, payments, executions and log against each other: pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retailctl.orders.confirmations import Confirmation, OrderEvents, Sale
from retailctl.orders.stored import BEGUN, CONFIRMED, HOLDING, NEW, PAID, RESERVED, StoredOrder, StoredPayment

CAPTURED = "captured"
NO_PAYMENT = "missing"
_PAYMENTS: Mapping[str, Collection[str]] = {
    "new": {NO_PAYMENT},
    "reserved": {NO_PAYMENT, BEGUN, "held", "voided", "declined"},
    "paid": {"held", CAPTURED, "voided"},
    "confirmed": {CAPTURED},
    "refused": {NO_PAYMENT},
    "declined": {"declined", "voided"},
    "cancelled": {NO_PAYMENT, "declined", "voided"},
}
"""What an order's payment may be, by the order's state."""
_TAKEN = frozenset({"held", CAPTURED})


@dataclass(frozen=True, slots=True)
class OrdersEvidence:
    """What was found at one look.

    Attributes:
        orders: all of the table.
        payments: the simulated provider's, by id.
        stock: how many of each product are ``available`` and were ever ``added``.
        running: the names of the executions that run.
        events: what orders put on the log.
        log_start: what was ordered then or later has all its events in the log; "" where the log is whole.

    """

    orders: Sequence[StoredOrder]
    payments: Mapping[str, StoredPayment] = field(default_factory=dict)
    stock: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    running: frozenset[str] = frozenset()
    events: OrderEvents = field(default_factory=OrderEvents)
    log_start: str = ""


def find_faults(evidence: OrdersEvidence) -> list[str]:
    """Return a sentence for each thing that is wrong.

    A look at a busy shop sees steps by half: what is wrong is what stays so at the next look.
    """
    return [
        *_check_stock(evidence),
        *_check_executions(evidence),
        *_check_payments(evidence),
        *_check_items(evidence.orders),
        *_check_events(evidence),
    ]


def count_units(orders: Iterable[StoredOrder], states: Collection[str] = HOLDING) -> Counter[str]:
    """Return how many of each product orders in these states have."""
    units: Counter[str] = Counter()
    for order in orders:
        if order.state in states:
            for line in order.lines:
                units[line.product_id] += line.quantity
    return units


def _check_stock(evidence: OrdersEvidence) -> Iterator[str]:
    reserved = count_units(evidence.orders, (RESERVED, PAID))
    confirmed = count_units(evidence.orders, (CONFIRMED,))
    for product in sorted(evidence.stock.keys() | reserved.keys() | confirmed.keys()):
        stock = evidence.stock.get(product, {"available": 0, "added": 0})
        if stock["available"] + reserved[product] + confirmed[product] != stock["added"]:
            yield (
                f"Product {product} has {stock['available']} available, {reserved[product]} reserved and "
                f"{confirmed[product]} sold, which are not the {stock['added']} added."
            )
        if stock["available"] < 0:
            yield f"Product {product} has {stock['available']} available."


def _check_executions(evidence: OrdersEvidence) -> Iterator[str]:
    """Check what runs; a new order without execution has taken nothing, and expires."""
    for order in evidence.orders:
        runs = order.number in evidence.running
        if not order.is_over and order.state != NEW and not runs:
            yield f"{_name(order)}, and no execution runs for it."
        elif order.is_over and runs:
            yield f"{_name(order)}, and its execution {order.number} still runs."
    for name in sorted(evidence.running - {order.number for order in evidence.orders}):
        yield f"The execution {name} runs, and it is no order's."


def _check_payments(evidence: OrdersEvidence) -> Iterator[str]:
    for order in evidence.orders:
        payment = evidence.payments.get(order.number)
        state = payment.state if payment else NO_PAYMENT
        if state not in _PAYMENTS.get(order.state, ()):
            yield f"{_name(order)}, and its payment is {state}."
        elif payment is not None and state in _TAKEN and payment.cents != order.total_cents:
            yield f"{_name(order)} for {order.total_cents}, and its payment of {payment.cents} is {state}."
    known = {order.number for order in evidence.orders}
    for payment_id, payment in sorted(evidence.payments.items()):
        if payment_id not in known and payment.state in _TAKEN:
            yield f"The payment {payment_id} is {payment.state}, and it is no order's."


def _check_items(orders: Iterable[StoredOrder]) -> Iterator[str]:
    for order in orders:
        if order.state in HOLDING:
            prices = [(line.quantity, line.cents) for line in order.lines]
            total = sum(quantity * cents for quantity, cents in prices if cents is not None)
            if any(cents is None for _, cents in prices) or total != order.total_cents:
                yield f"{_name(order)}, and its lines do not come to its total of {order.total_cents}."
        if order.is_over and order.has_token:
            yield f"{_name(order)}, and still has its payment token."
        if order.is_over == (order.open_place is not None):
            yield f"{_name(order)}, and the index of open orders {'has' if order.is_over else 'lacks'} it."


def _check_events(evidence: OrdersEvidence) -> Iterator[str]:
    by_order: defaultdict[tuple[str, str], list[Confirmation]] = defaultdict(list)
    for confirmation in evidence.events.confirmations.values():
        by_order[confirmation.user_id, confirmation.order_id].append(confirmation)
    sales: defaultdict[str, list[Sale]] = defaultdict(list)
    for sale in evidence.events.sales.values():
        sales[sale.follows].append(sale)
    for order in evidence.orders:
        confirmations = by_order.pop((order.user_id, order.order_id), [])
        if order.state == CONFIRMED and order.placed_at >= evidence.log_start:
            yield from _check_confirmed(order, confirmations, sales)
        elif confirmations and order.state not in (PAID, CONFIRMED):
            yield f"{_name(order)}, and the log has it as confirmed."
    for user_id, order_id in sorted(by_order):
        yield f"The log has order {order_id} of {user_id} as confirmed, and the table does not know it."
    if not evidence.log_start:
        for follows in sorted(sales.keys() - evidence.events.confirmations.keys()):
            yield f"The log has {len(sales[follows])} sales of an order that it does not have as confirmed."


def _check_confirmed(
    order: StoredOrder, confirmations: Sequence[Confirmation], sales: Mapping[str, Sequence[Sale]]
) -> Iterator[str]:
    if len(confirmations) != 1:
        yield f"{_name(order)}, and the log says so {len(confirmations)} times."
        return
    (confirmation,) = confirmations
    lines = {(line.product_id, line.quantity, line.cents) for line in order.lines}
    if confirmation.lines != lines or confirmation.total_cents != order.total_cents:
        yield f"{_name(order)}, and the log has it with other lines or another total."
    sold = sorted(sale.product_id for sale in sales.get(confirmation.event_id, ()))
    ordered = sorted(line.product_id for line in order.lines)
    if sold != ordered:
        yield f"{_name(order)} with {len(ordered)} lines, and the log has {len(sold)} sales of it, or others."
    for sale in sales.get(confirmation.event_id, ()):
        if sale.user_id != order.user_id:
            yield f"{_name(order)}, and the log has {sale.user_id} as its buyer."


def _name(order: StoredOrder) -> str:
    return f"Order {order.order_id} of {order.user_id} is {order.state}"
