"""The price list: what it has to have, and the sentences where it has not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from retailctl.cost import prices
from retailctl.errors import UserError
from support.costing import price_list

if TYPE_CHECKING:
    from pathlib import Path

TEXT = prices.FILE.read_text()
KMS_KEY = TEXT[TEXT.index("[kms.key]") : TEXT.index("[kms.request]")]


def read(folder: Path, text: str) -> prices.Prices:
    return prices.read_price_list(price_list(folder, text))


def test_every_item_has_a_price_with_region_date_and_source() -> None:
    found = prices.read_price_list()
    assert set(found.by_item) == prices.ITEMS
    for price in found.by_item.values():
        assert price.each > 0
        assert price.region in {"us-east-1", "us-west-2"}
        assert date(2026, 1, 1) < price.checked
        assert price.source
    oldest, newest = found.checked
    assert oldest <= newest


def test_a_price_is_for_a_single_unit() -> None:
    assert prices.read_price_list().find_price("dynamodb.write_unit").each == pytest.approx(0.000000625)
    assert prices.read_price_list().find_price("kinesis.shard_hour").each == 0.015


def test_a_price_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no price for kms\.key: add it"):
        read(tmp_path, TEXT.replace(KMS_KEY, ""))


def test_a_service_that_nobody_knows_is_named() -> None:
    with pytest.raises(UserError, match="no service 'kinesys' to pay for: take one of kinesis, lambda"):
        prices.read_price_list().find_price("kinesys.shard_hour")


def test_a_service_misspelt_in_the_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="prices of 'kinesys', which is no service"):
        read(tmp_path, TEXT.replace("[kinesis.shard_hour]", "[kinesys.shard_hour]"))


def test_a_price_that_nothing_is_paid_by_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a price for kms\.kye, which nothing here is paid by"):
        read(tmp_path, TEXT + KMS_KEY.replace("[kms.key]", "[kms.kye]"))


@pytest.mark.parametrize("field", ["usd", "unit", "region", "checked", "source"])
def test_a_field_that_a_price_lacks_is_named(tmp_path: Path, field: str) -> None:
    incomplete = "\n".join(line for line in KMS_KEY.splitlines() if not line.startswith(field))
    with pytest.raises(UserError, match=rf"the price kms\.key lacks '{field}'"):
        read(tmp_path, TEXT.replace(KMS_KEY, incomplete + "\n"))


@pytest.mark.parametrize("usd", ["0", "-1.0"])
def test_nothing_is_free(tmp_path: Path, usd: str) -> None:
    with pytest.raises(UserError, match=r"the price kms\.key must be above nothing"):
        read(tmp_path, TEXT.replace(KMS_KEY, KMS_KEY.replace("usd = 1.00", f"usd = {usd}")))


def test_a_number_in_a_prices_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"kms\.key is no table with usd"):
        read(tmp_path, TEXT.replace(KMS_KEY, "[kms]\nkey = 1.0\n"))


def test_a_list_that_is_not_there_or_no_toml_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no price list at"):
        prices.read_price_list(tmp_path / "none.toml")
    with pytest.raises(UserError, match="is no TOML"):
        read(tmp_path, "usd: 3")
