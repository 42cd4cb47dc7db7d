"""The trending API's calls to AWS: eventually consistent reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.aws_failures import translate_transient_failures
from hello_retail.read_models.trending import Weight
from hello_retail.trending_api.board import TrendingProduct

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class TrendingApiStore:
    """The trending table."""

    client: DynamoDBClient
    table: str

    def read_products(self) -> list[TrendingProduct]:
        """Return all products that sold lately, in no order.

        Raises:
            Unavailable: DynamoDB does not answer now.

        """
        products: list[TrendingProduct] = []
        start: dict[str, Any] = {}
        while True:
            with translate_transient_failures():
                answer = self.client.scan(
                    TableName=self.table,
                    ProjectionExpression="productId, weight, halfLives",
                    **start,
                )
            products.extend(
                TrendingProduct(
                    item["productId"]["S"], Weight(float(item["weight"]["N"]), int(item["halfLives"]["N"]))
                )
                for item in answer["Items"]
            )
            if "LastEvaluatedKey" not in answer:
                return products
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
