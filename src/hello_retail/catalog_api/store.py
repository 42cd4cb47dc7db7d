"""The catalog API's calls of AWS: eventually consistent reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hello_retail.aws_failures import translate_transient_failures
from hello_retail.catalog_api.listing import CatalogProduct, Category, ListedProduct, ProductPlace
from hello_retail.read_models.catalog import BY_CATEGORY, SHELF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class CatalogPage(Generic[Line]):
    """Some lines of a list, in order, and whether more follow."""

    lines: tuple[Line, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class CatalogApiStore:
    """The catalog, categories and stock tables.

    All methods raise ``Unavailable``; what else botocore raises is a fault in code, policy or set-up.
    """

    client: DynamoDBClient
    catalog: str
    categories: str
    stock: str

    def read_categories(self, limit: int, after: str | None) -> CatalogPage[Category]:
        """Return a page of the categories that have products, after ``after``.

        DynamoDB counts its limit before the filter, so empty categories may take a further read.
        """
        lines: list[Category] = []
        start: dict[str, Any] = {}
        if after is not None:
            start = {"ExclusiveStartKey": {"shelf": {"S": SHELF}, "category": {"S": after}}}
        while True:
            with translate_transient_failures():
                answer = self.client.query(
                    TableName=self.categories,
                    KeyConditionExpression="shelf = :shelf",
                    FilterExpression="products > :none",
                    ExpressionAttributeValues={":shelf": {"S": SHELF}, ":none": {"N": "0"}},
                    Limit=limit + 1,
                    **start,
                )
            lines += [Category(item["category"]["S"], int(item["products"]["N"])) for item in answer["Items"]]
            if len(lines) > limit or "LastEvaluatedKey" not in answer:
                return CatalogPage(tuple(lines[:limit]), len(lines) > limit)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def read_products(
        self, category: str, limit: int, after: ProductPlace | None
    ) -> CatalogPage[ListedProduct]:
        """Return a page of a category's products, by sort name, after ``after``."""
        lines: list[ListedProduct] = []
        start: dict[str, Any] = {}
        if after is not None:
            start = {
                "ExclusiveStartKey": {
                    "category": {"S": after.category},
                    "sortName": {"S": after.sort_name},
                    "productId": {"S": after.product_id},
                }
            }
        while True:
            with translate_transient_failures():
                answer = self.client.query(
                    TableName=self.catalog,
                    IndexName=BY_CATEGORY,
                    KeyConditionExpression="#category = :category",
                    ExpressionAttributeNames={"#category": "category"},
                    ExpressionAttributeValues={":category": {"S": category}},
                    Limit=limit + 1 - len(lines),
                    **start,
                )
            lines += map(_parse_listed_product, answer["Items"])
            if len(lines) > limit or "LastEvaluatedKey" not in answer:
                return CatalogPage(tuple(lines[:limit]), len(lines) > limit)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def read_product(self, product_id: str) -> CatalogProduct | None:
        """Return a product, or ``None`` where nobody has offered it."""
        with translate_transient_failures():
            item = self.client.get_item(TableName=self.catalog, Key={"productId": {"S": product_id}}).get(
                "Item"
            )
            if not item or "merchant" not in item:
                return None
            stock = self.client.get_item(
                TableName=self.stock,
                Key={"productId": {"S": product_id}},
                ProjectionExpression="available",
            ).get("Item", {})
        return CatalogProduct(
            _parse_listed_product(item),
            item["category"]["S"],
            item["merchant"]["S"],
            item["offeredAt"]["S"],
            in_stock="available" in stock and int(stock["available"]["N"]) > 0,
        )


def _parse_listed_product(item: Mapping[str, Any]) -> ListedProduct:
    return ListedProduct(
        item["productId"]["S"],
        item["sortName"]["S"],
        item["brand"]["S"],
        item["name"]["S"],
        item["description"]["S"],
        int(item["cents"]["N"]) if "cents" in item else None,
        item["image"]["S"] if "image" in item else None,
    )
