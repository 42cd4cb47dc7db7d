"""The price list: `prices.toml`, read and held against what the calculation asks for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retailctl.errors import UserError
from retailctl.files import read_limited
from retailctl.project import format_path

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("prices.toml")
SERVICES = {
    "kinesis": "Kinesis",
    "lambda": "Lambda",
    "dynamodb": "DynamoDB",
    "apigateway": "API Gateway",
    "cloudwatch": "CloudWatch",
    "kms": "KMS",
    "s3": "S3",
    "states": "Step Functions",
    "sns": "SNS",
}
"""Names of the services, by how the price list calls them."""
ITEMS = frozenset(
    {
        "apigateway.request",
        "apigateway.rest_request",
        "cloudwatch.alarm",
        "cloudwatch.dashboard",
        "cloudwatch.infrequent_log_gb",
        "cloudwatch.log_gb",
        "cloudwatch.log_storage",
        "cloudwatch.metric",
        "dynamodb.read_unit",
        "dynamodb.recovery",
        "dynamodb.storage",
        "dynamodb.write_unit",
        "kinesis.extended_retention",
        "kinesis.fan_out_gb",
        "kinesis.fan_out_shard_hour",
        "kinesis.put_unit",
        "kinesis.shard_hour",
        "kms.key",
        "kms.request",
        "lambda.gb_second",
        "lambda.request",
        "s3.get",
        "s3.put",
        "s3.storage",
        "sns.sms",
        "states.transition",
    }
)
"""Everything that is paid for, as ``service.item``."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a unit in US dollars, and its source."""

    item: str
    usd: float
    per: float
    unit: str
    region: str
    checked: date
    source: str
    free_per_month: float

    @property
    def service(self) -> str:
        """Return the service's name as people write it."""
        return SERVICES[self.item.partition(".")[0]]

    @property
    def each(self) -> float:
        """Return the price of a single unit, in US dollars."""
        return self.usd / self.per


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list and the name of its file."""

    file: str
    by_item: Mapping[str, Price]

    def find_price(self, item: str) -> Price:
        """Return the price of ``service.item``.

        Raises:
            UserError: where the list has none, or knows no such service.

        """
        service = item.partition(".")[0]
        if service not in SERVICES:
            raise UserError(f"There is no service '{service}' to pay for: take one of {', '.join(SERVICES)}.")
        if item not in self.by_item:
            raise UserError(f"{self.file} has no price for {item}: add it, with its unit, region and source.")
        return self.by_item[item]

    @property
    def checked(self) -> tuple[date, date]:
        """Return when the oldest and the newest price was checked."""
        dates = [price.checked for price in self.by_item.values()]
        return min(dates), max(dates)


def read_price_list(file: Path = FILE) -> Prices:
    """Read a price list, which must have exactly the known items.

    Raises:
        UserError: naming the item or service that is missing, unknown or incomplete.

    """
    name = format_path(file)
    try:
        tables = tomllib.loads(read_limited(file).decode())
    except FileNotFoundError:
        raise UserError(f"There is no price list at {name}.") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{name} is no TOML: {error}.") from None
    prices_by_item: dict[str, Price] = {}
    for service, items in tables.items():
        if service not in SERVICES or not isinstance(items, dict):
            raise UserError(
                f"{name} has prices of '{service}', which is no service that is paid for here: "
                f"take one of {', '.join(SERVICES)}."
            )
        for item, fields in items.items():
            prices_by_item[f"{service}.{item}"] = _price(name, f"{service}.{item}", fields)
    prices = Prices(name, prices_by_item)
    for item in sorted(ITEMS):
        prices.find_price(item)
    if unknown := sorted(prices_by_item.keys() - ITEMS):
        raise UserError(
            f"{name} has a price for {unknown[0]}, which nothing here is paid by: check its name."
        )
    return prices


def _price(file: str, item: str, fields: Any) -> Price:  # noqa: ANN401 - as TOML has it
    if not isinstance(fields, dict):
        raise UserError(f"{file}: {item} is no table with usd, unit, region, checked and source.")
    for key, kind in (
        ("usd", (int, float)),
        ("unit", str),
        ("region", str),
        ("checked", date),
        ("source", str),
    ):
        if not isinstance(fields.get(key), kind):
            raise UserError(f"{file}: the price {item} lacks '{key}', or it is not of the right kind.")
    price = Price(
        item=item,
        usd=float(fields["usd"]),
        per=float(fields.get("per", 1)),
        unit=fields["unit"],
        region=fields["region"],
        checked=fields["checked"],
        source=fields["source"],
        free_per_month=float(fields.get("free_per_month", 0)),
    )
    if price.usd <= 0 or price.per <= 0:
        raise UserError(f"{file}: the price {item} must be above nothing, for more than no units.")
    return price
