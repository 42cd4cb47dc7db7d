"""The winner API's calls to AWS: eventually consistent reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.aws_failures import translate_transient_failures
from hello_retail.read_models.scores import list_board_keys
from hello_retail.winner_api.board import Contribution, Score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class ContributionPage:
    """A page of contributions, and the product id to resume after, if any."""

    contributions: tuple[Contribution, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class WinnerApiStore:
    """The Scores and Contributions tables.

    All methods raise ``Unavailable``; what else botocore raises is a fault in code, policy or set-up.
    """

    client: DynamoDBClient
    scores_table: str
    contributions_table: str
    score_buckets: int

    def read_scores(self, role: str) -> list[Score]:
        """Return all contributors' scores in the role, in no order.

        One bucket after the other: a bucket is a few milliseconds away, and at a small function's share of a
        processor threads cost as much as they save.
        """
        scores: list[Score] = []
        for board in list_board_keys(role, self.score_buckets):
            start: dict[str, Any] = {}
            while True:
                with translate_transient_failures():
                    answer = self.client.query(
                        TableName=self.scores_table,
                        KeyConditionExpression="board = :board",
                        ProjectionExpression="userId, #name, score",
                        ExpressionAttributeNames={"#name": "name"},
                        ExpressionAttributeValues={":board": {"S": board}},
                        **start,
                    )
                scores.extend(
                    Score(item["userId"]["S"], item.get("name", {}).get("S", ""), int(item["score"]["N"]))
                    for item in answer["Items"]
                )
                if "LastEvaluatedKey" not in answer:
                    break
                start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return scores

    def read_contributions(self, limit: int, after: str | None) -> ContributionPage:
        """Return up to ``limit`` contributions after the product id ``after``."""
        start: dict[str, Any] = {} if after is None else {"ExclusiveStartKey": {"productId": {"S": after}}}
        with translate_transient_failures():
            answer = self.client.scan(
                TableName=self.contributions_table,
                ProjectionExpression="productId, creator, photographer",
                Limit=limit + 1,
                **start,
            )
        contributions = tuple(_contribution(item) for item in answer["Items"])
        page = contributions[:limit]
        more = len(contributions) > limit or "LastEvaluatedKey" in answer
        return ContributionPage(page, page[-1].product_id if more and page else None)

    def read_contribution(self, product_id: str) -> Contribution | None:
        """Return the product's contributors, or ``None`` if it is unknown."""
        with translate_transient_failures():
            answer = self.client.get_item(
                TableName=self.contributions_table,
                Key={"productId": {"S": product_id}},
                ProjectionExpression="productId, creator, photographer",
            )
        return _contribution(answer["Item"]) if "Item" in answer else None


def _contribution(item: Mapping[str, Any]) -> Contribution:
    def user(role: str) -> str | None:
        return item[role]["S"] if role in item else None

    return Contribution(item["productId"]["S"], user("creator"), user("photographer"))
