"""The shop API's calls of AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import ClientError

from hello_retail.aws_failures import Unavailable, translate_transient_failures
from hello_retail.orders.names import name_execution
from hello_retail.orders.table import list_orders, place_order, read_order
from hello_retail.read_models.catalog import is_for_sale
from hello_retail.shop_api.answers import CartLine, ProductForSale

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from hello_retail.orders.items import Order

MOST_LINES: Final = 100
"""How many lines of a cart are shown: as many as one BatchGetItem reads."""
READ_ROUNDS: Final = 3
"""How often keys are asked for that DynamoDB did not process."""


class StepFunctions(Protocol):
    """The call of Step Functions that starts the machine."""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Any:  # noqa: A002, ANN401, N803 - boto3's
        """Start an execution."""


@dataclass(frozen=True, slots=True)
class ShopApiStore:
    """Carts, catalog, orders and their machine.

    ``open_machine`` returns the client of Step Functions, once an order is placed. All methods raise
    ``Unavailable``; what else botocore raises is a fault in code, policy or set-up.
    """

    client: DynamoDBClient
    carts: str
    catalog: str
    orders: str
    machine_arn: str
    open_machine: Callable[[], StepFunctions]

    def read_cart(self, user_id: str) -> list[CartLine]:
        """Return what is in a customer's cart, by product id: the first ``MOST_LINES``."""
        lines: list[CartLine] = []
        start: dict[str, Any] = {}
        while True:
            with translate_transient_failures():
                page = self.client.query(
                    TableName=self.carts,
                    KeyConditionExpression="userId = :user",
                    FilterExpression="quantity > :none",
                    ExpressionAttributeValues={":user": {"S": user_id}, ":none": {"N": "0"}},
                    **start,
                )
            lines += [CartLine(item["productId"]["S"], int(item["quantity"]["N"])) for item in page["Items"]]
            if len(lines) >= MOST_LINES or "LastEvaluatedKey" not in page:
                return lines[:MOST_LINES]
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def read_products(self, product_ids: Iterable[str]) -> dict[str, ProductForSale]:
        """Return those of at most ``MOST_LINES`` products that are for sale, by id."""
        keys = [{"productId": {"S": product_id}} for product_id in product_ids]
        products: dict[str, ProductForSale] = {}
        for _ in range(READ_ROUNDS):
            if not keys:
                return products
            with translate_transient_failures():
                answer = self.client.batch_get_item(
                    RequestItems={
                        self.catalog: {
                            "Keys": keys,
                            "ProjectionExpression": "productId, merchant, #name, brand, cents, image",
                            "ExpressionAttributeNames": {"#name": "name"},
                        }
                    }
                )
            for item in answer["Responses"].get(self.catalog, ()):
                if is_for_sale(item):
                    products[item["productId"]["S"]] = _parse_product(item)
            keys = list(answer["UnprocessedKeys"].get(self.catalog, {"Keys": ()})["Keys"])  # type: ignore[arg-type] # as sent
        if keys:
            raise Unavailable("UnprocessedKeys")
        return products

    def read_order(self, user_id: str, order_id: str) -> Order | None:
        """Return a customer's order, strongly consistently."""
        with translate_transient_failures():
            return read_order(self.client, self.orders, user_id, order_id)

    def list_orders(self, user_id: str, limit: int, before: str | None) -> list[Order]:
        """Return at most ``limit`` of a customer's orders before ``before``, the newest first."""
        with translate_transient_failures():
            return list_orders(self.client, self.orders, user_id, limit, before)

    def place_order(self, order: Order) -> Order:
        """Put the order if there is none under its id; return the one that there is."""
        with translate_transient_failures():
            return place_order(self.client, self.orders, order)

    def start_machine(self, order: Order) -> None:
        """Start the order's execution, unless it has been started.

        AWS returns the running execution of the same name and input, and refuses the name of one that has ended.
        """
        with translate_transient_failures():
            try:
                self.open_machine().start_execution(
                    stateMachineArn=self.machine_arn,
                    name=name_execution(order.user_id, order.order_id),
                    input=json.dumps({"user": order.user_id, "order": order.order_id}),
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                    raise


def _parse_product(item: Mapping[str, Any]) -> ProductForSale:
    return ProductForSale(
        item["name"]["S"],
        item["brand"]["S"],
        int(item["cents"]["N"]),
        item["image"]["S"] if "image" in item else None,
    )
