"""What `retailctl stock check` reads of archive and stream is the log, or it says where records may lack."""

from __future__ import annotations

import pytest

from hello_retail import events
from retailctl.catalog.recount import OFFER
from retailctl.stock.log import read_stock_log
from support.kept_log import KeptLog, Mishaps, archived

HISTORIES = 60
CALM = Mishaps(crash=0.2, repeated=0.2, zombie=0.2)
ROUGH = Mishaps(crash=0.1, repeated=0.2, zombie=0.2, given_up=0.1, late=0.2, behind=0.1, lost=0.3)


def list_offers(kept: KeptLog) -> list[bytes]:
    """Return the offers that were ever put, in the log's order."""
    records = sorted(kept.stream.records, key=lambda record: int(record.sequence_number))
    decoded = ((events.decode_event(record.payload), record.payload) for record in records)
    return [payload for event, payload in decoded if isinstance(event, events.Event) and event.kind == OFFER]


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_an_archive_that_crashed_and_was_cut_anew_has_every_offer_once_and_in_order(seed: int) -> None:
    kept = archived(seed, CALM)

    assert read_stock_log(kept.log()).payloads == list_offers(kept)


def test_where_an_offer_is_missing_the_log_says_that_it_may_lack_records() -> None:
    lacking = 0
    for seed in range(HISTORIES):
        kept = archived(seed, ROUGH)
        stock_log, offers = read_stock_log(kept.log()), list_offers(kept)
        remaining = iter(offers)
        assert all(payload in remaining for payload in stock_log.payloads)  # nothing else, and in order
        if len(stock_log.payloads) < len(offers):
            lacking += 1
            assert stock_log.gaps, seed
    assert lacking > HISTORIES / 10
