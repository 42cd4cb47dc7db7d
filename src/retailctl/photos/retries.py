"""Offer given-up products to the studio again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from retailctl.photos.stored import GIVEN_UP, OFFERED, StudioProduct

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from retailctl.executions import Executions

_NUMBERED = re.compile(r"\.r([1-9][0-9]*)")
_HEAD, _HASH = 60, 8


def format_retry_name(product: StudioProduct) -> str:
    """Return the name of a product's next execution, of 80 characters at most.

    A name is taken for 90 days after its execution has ended, so each has a number.
    """
    base = f"{product.product_id[:_HEAD]}.{sha256(product.product_id.encode()).hexdigest()[:_HASH]}"
    before = _NUMBERED.fullmatch(product.execution.removeprefix(base))
    return f"{base}.r{int(before[1]) + 1 if before else 1}"


def may_be_retried(product: StudioProduct, running: frozenset[str]) -> bool:
    """Return whether a product was given up, or offered again and its execution not started."""
    return product.state == GIVEN_UP or (product.state == OFFERED and product.execution not in running)


@dataclass(frozen=True, slots=True)
class Retries:
    """Sets products to offered and starts their executions."""

    dynamodb: DynamoDBClient
    table: str
    executions: Executions

    def retry(self, product: StudioProduct) -> str | None:
        """Offer a product again and start its execution; return its name, ``None`` where somebody else did.

        If it ends between the two, the product is offered and nothing runs: the next retry starts what is missing.
        """
        name = product.execution
        if product.state == GIVEN_UP:
            name = format_retry_name(product)
            if not self._offer(product, name):
                return None
        self.executions.start(name, {"product": product.product_id})
        return name

    def _offer(self, product: StudioProduct, name: str) -> bool:
        """Set a given-up product to offered, if nobody did meanwhile; ``attempt`` goes on counting."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"line": {"S": f"product#{product.product_id}"}, "place": {"S": "-"}},
                UpdateExpression="SET #state = :offered, #since = :now, #execution = :name REMOVE #expires",
                ConditionExpression="#state = :given_up AND #execution = :before",
                ExpressionAttributeNames={
                    "#state": "state",
                    "#since": "since",
                    "#execution": "execution",
                    "#expires": "expiresAt",
                },
                ExpressionAttributeValues={
                    ":offered": {"S": OFFERED},
                    ":given_up": {"S": GIVEN_UP},
                    ":now": {"S": now},
                    ":name": {"S": name},
                    ":before": {"S": product.execution},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True
