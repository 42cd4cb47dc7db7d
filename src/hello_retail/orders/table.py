"""The table ``orders``: all of its reads and writes.

Every step is made on the condition of the state that was read, in one transaction with the stock that it takes or
gives back. A write answers whether it was made: where not, the order has changed meanwhile (or another transaction
had hold of an item), and the caller looks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from hello_retail.aws_failures import Unavailable
from hello_retail.dynamodb.transactions import CONDITION_FAILED, CONFLICTS, transact, try_again
from hello_retail.dynamodb.writes import Condition, Value, build_item, build_put, build_update
from hello_retail.orders.items import (
    HOLDING_STOCK,
    Line,
    Order,
    OrderState,
    build_lines,
    build_order_key,
    parse_order,
)
from hello_retail.orders.names import OPEN_SHARDS, choose_open_shard
from hello_retail.orders.rules import Ending
from hello_retail.times import format_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_OPEN: Final = "byOpen"
"""The index of the orders that have not ended: by shard and time, keys only."""
KEPT_SECONDS: Final = 24 * 3600
"""For how long an order is kept that nobody has begun to work on."""


@dataclass(frozen=True, slots=True)
class OrderTables:
    """The tables that an order's steps change."""

    client: DynamoDBClient
    orders: str
    stock: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """How an attempt to reserve went.

    ``missing`` are the products of which there is less than was ordered. Neither made nor missing: look again.
    """

    made: bool
    missing: tuple[str, ...] = ()


# What the API asks for


def place_order(client: DynamoDBClient, table: str, order: Order) -> Order:
    """Put a new order if there is none under its id; return the order as it is now.

    Raises:
        Unavailable: where a transaction of the order's steps had hold of it each time.

    """
    item = build_item(
        build_order_key(order.user_id, order.order_id),
        {
            "state": order.state,
            "lines": build_lines(order.lines),
            "expectedCents": order.expected_cents,
            "placedAt": order.placed_at,
            "body": order.body,
            "paymentToken": order.payment_token,
            "open": choose_open_shard(order.user_id, order.order_id),
            "expiresAt": int(datetime.fromisoformat(order.placed_at).timestamp()) + KEPT_SECONDS,
        },
    )
    put = build_put(table, item, {"userId": None})
    for _ in try_again():
        try:
            client.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except ClientError as error:
            response: Mapping[str, Any] = error.response
            code = response["Error"]["Code"]
            if code == f"{CONDITION_FAILED}Exception":
                return parse_order(response["Item"])
            if code not in CONFLICTS:
                raise
        else:
            return parse_order(item)
    raise Unavailable("TransactionConflict")


def read_order(client: DynamoDBClient, table: str, user_id: str, order_id: str) -> Order | None:
    """Read an order, strongly consistently."""
    key = build_order_key(user_id, order_id)
    item = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return parse_order(item) if item else None


def list_orders(
    client: DynamoDBClient, table: str, user_id: str, limit: int, before: str | None = None
) -> list[Order]:
    """Return at most ``limit`` orders of a customer, the newest first, read strongly consistently.

    ``before`` is the id of the last order of the page before. To know whether more follow, ask for one more.
    """
    condition, values = "#userId = :user", {":user": {"S": user_id}}
    names = {"#userId": "userId"}
    if before is not None:
        condition += " AND #orderId < :before"
        names["#orderId"] = "orderId"
        values[":before"] = {"S": before}
    orders: list[Order] = []
    start: dict[str, Any] = {}
    while True:
        page = client.query(
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=limit - len(orders),
            **start,
        )
        orders += map(parse_order, page["Items"])
        if len(orders) >= limit or "LastEvaluatedKey" not in page:
            return orders
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


# What the reconciliation asks for


def list_open_orders(client: DynamoDBClient, table: str, before: str) -> Iterator[tuple[str, str]]:
    """Yield user and id of the orders that were open and had been placed before a time.

    The index lags behind the table: read an order before acting on it.
    """
    for shard in OPEN_SHARDS:
        request: dict[str, Any] = {
            "TableName": table,
            "IndexName": BY_OPEN,
            "KeyConditionExpression": "#open = :open AND #placedAt < :before",
            "ExpressionAttributeNames": {"#open": "open", "#placedAt": "placedAt"},
            "ExpressionAttributeValues": {":open": {"S": shard}, ":before": {"S": before}},
        }
        while True:
            page = client.query(**request)
            yield from ((item["userId"]["S"], item["orderId"]["S"]) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


# The steps of an order


def reserve_order(
    tables: OrderTables, order: Order, lines: tuple[Line, ...], total_cents: int
) -> Reservation:
    """Take the pieces of all lines from the stock and note prices and total, or do nothing."""
    update = _build_step(
        tables,
        order,
        {
            "state": OrderState.RESERVED,
            "lines": build_lines(lines),
            "totalCents": total_cents,
            "expiresAt": None,
        },
    )
    taken = [
        build_update(
            tables.stock,
            _build_stock_key(line.product_id),
            adds={"available": -line.quantity},
            condition={},
            at_least={"available": line.quantity},
        )
        for line in lines
    ]
    reasons = transact(tables.client, {"Update": update}, *({"Update": each} for each in taken))
    if reasons is None:
        return Reservation(made=True)
    of_order, *of_stock = reasons or ["None"]
    if of_order != "None":
        return Reservation(made=False)
    missing = zip(lines, of_stock, strict=False)
    return Reservation(
        made=False, missing=tuple(line.product_id for line, why in missing if why == CONDITION_FAILED)
    )


def pay_order(tables: OrderTables, order: Order) -> bool:
    """Note that the provider holds the money of a reserved order."""
    return transact(tables.client, {"Update": _build_step(tables, order, {"state": OrderState.PAID})}) is None


def end_order(tables: OrderTables, order: Order, ending: Ending, now: float) -> bool:
    """End an order; where it is not confirmed, what it took from the stock goes back in the same transaction."""
    update = _build_step(
        tables,
        order,
        {
            "state": ending.state,
            "reason": ending.reason,
            "products": {"L": [{"S": each} for each in ending.products]} if ending.products else None,
            "newTotalCents": ending.new_total_cents,
            "endedAt": format_time(now),
            "paymentToken": None,
            "open": None,
            "expiresAt": None,
        },
    )
    gives_back = order.state in HOLDING_STOCK and ending.state != OrderState.CONFIRMED
    given_back = [
        build_update(
            tables.stock,
            _build_stock_key(line.product_id),
            adds={"available": line.quantity},
            condition={},
        )
        for line in (order.lines if gives_back else ())
    ]
    return transact(tables.client, {"Update": update}, *({"Update": each} for each in given_back)) is None


def _build_step(tables: OrderTables, order: Order, changes: Mapping[str, Value | None]) -> dict[str, Any]:
    """Return the update of an order, on the condition of the state that was read."""
    condition: Condition = {"state": order.state}
    key = build_order_key(order.user_id, order.order_id)
    return build_update(tables.orders, key, sets=changes, condition=condition)


def _build_stock_key(product_id: str) -> dict[str, Any]:
    return {"productId": {"S": product_id}}
