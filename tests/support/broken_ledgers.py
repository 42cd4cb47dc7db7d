"""Ways to break the rules of a ledger, which the law of each view that keeps one must notice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hello_retail.stream_consumer import ledger

if TYPE_CHECKING:
    import pytest


def write_whatever_the_item_has_taken_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "IF_AS_JUDGED", "attribute_exists(#watermark)")  # against rules 6 and 12


def ask_only_that_the_watermark_is_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "IF_AS_JUDGED", "#watermark < :last")  # against rules 6 and 12


def forget_what_the_parents_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    read = ledger.parse_ledger

    def own_ring_only(item: Any, shard_id: str) -> ledger.Ledger:
        return replace(read(item, shard_id), elsewhere=frozenset())

    monkeypatch.setattr(ledger, "parse_ledger", own_ring_only)  # against rule 13


def let_every_repeat_count(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = ledger.judge_entries

    def forgetful(before: ledger.Ledger, sales: Any, ring_size: int) -> ledger.Verdict[Any]:
        return judge(replace(before, ring=(), elsewhere=frozenset()), sales, ring_size)

    monkeypatch.setattr(ledger, "judge_entries", forgetful)
