"""The original workshop's way with a sale: six DynamoDB calls.

What it does per purchase is told as facts in the project's reference on the workshop: it moves the product's
guard and tallies, reads the product, sums the creator's and the photographer's products from two indexes, and
sets both their scores. Tables and indexes are the original's, but for billing on demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import GlobalSecondaryIndexTypeDef, KeySchemaElementTypeDef

    from retailctl.simulation.workshop import SimulatedProduct

_NEWER = "attribute_not_exists({0}) OR {0} < :event"


@dataclass(frozen=True, slots=True)
class Original:
    """The original's two tables."""

    client: DynamoDBClient
    contributions: str = "original-contributions"
    scores: str = "original-scores"

    def has_tables(self) -> bool:
        """Whether the tables have been made."""
        return self.scores in self.client.list_tables()["TableNames"]

    def create_tables(self) -> None:
        """Make the tables with the original's keys and indexes."""
        self.client.create_table(
            TableName=self.contributions,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_keys("productId"),
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("productId", "creator", "photographer")
            ],
            GlobalSecondaryIndexes=[
                _index("ByCreator", "creator", "productId"),
                _index("ByPhotographer", "photographer", "productId"),
            ],
        )
        self.client.create_table(
            TableName=self.scores,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_keys("userId", "role"),
            AttributeDefinitions=[
                {"AttributeName": "userId", "AttributeType": "S"},
                {"AttributeName": "role", "AttributeType": "S"},
                {"AttributeName": "score", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[_index("ScoresByRole", "role", "score")],
        )

    def register_product(self, product: SimulatedProduct) -> None:
        """Write product, creator and photographer, as two events would."""
        self.client.put_item(
            TableName=self.contributions,
            Item={
                "productId": {"S": product.product_id},
                "creator": {"S": product.merchant.user_id},
                "photographer": {"S": product.photographer.user_id},
                "creatorScore": {"N": "0"},
                "photographerScore": {"N": "0"},
            },
        )

    def count_sale(self, product_id: str, event_id: str, now: str) -> None:
        """Count one sale; ``event_id`` must increase as text, ``now`` is RFC 3339."""
        key = {"productId": {"S": product_id}}
        self.client.update_item(
            TableName=self.contributions,
            Key=key,
            UpdateExpression="SET lastEventId = :event ADD creatorScore :one, photographerScore :one",
            ConditionExpression=_NEWER.format("lastEventId"),
            ExpressionAttributeValues={":event": {"S": event_id}, ":one": {"N": "1"}},
            ReturnConsumedCapacity="TOTAL",
        )
        product = self.client.get_item(
            TableName=self.contributions, Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )["Item"]
        sums = {
            role: self._sum(index, role, product[role]["S"])
            for role, index in (("creator", "ByCreator"), ("photographer", "ByPhotographer"))
        }
        for role, score in sums.items():
            self.client.update_item(
                TableName=self.scores,
                Key={"userId": product[role], "role": {"S": role}},
                UpdateExpression="SET score = :score, updated = :now, updatedBy = :event",
                ConditionExpression=_NEWER.format("updatedBy"),
                ExpressionAttributeValues={
                    ":score": {"N": str(score)},
                    ":now": {"S": now},
                    ":event": {"S": event_id},
                },
                ReturnConsumedCapacity="TOTAL",
            )

    def _sum(self, index: str, role: str, user_id: str) -> int:
        answer = self.client.query(
            TableName=self.contributions,
            IndexName=index,
            KeyConditionExpression=f"{role} = :user",
            ExpressionAttributeValues={":user": {"S": user_id}},
            ReturnConsumedCapacity="TOTAL",
        )
        return sum(int(item[f"{role}Score"]["N"]) for item in answer["Items"])


def _keys(hash_key: str, range_key: str | None = None) -> list[KeySchemaElementTypeDef]:
    keys: list[KeySchemaElementTypeDef] = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def _index(name: str, hash_key: str, range_key: str) -> GlobalSecondaryIndexTypeDef:
    projection: Any = {"ProjectionType": "ALL"}
    return {"IndexName": name, "KeySchema": _keys(hash_key, range_key), "Projection": projection}
