"""What the checks read of archive and stream is the log, or it says where records may lack."""

from __future__ import annotations

import pytest

from hello_retail import events
from retailctl.catalog.recount import OFFER
from retailctl.replay.kept import read_kept_events
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

    assert read_kept_events(kept.log(), (OFFER,)).payloads == list_offers(kept)


def test_where_an_offer_is_missing_the_log_says_that_it_may_lack_records() -> None:
    lacking = 0
    for seed in range(HISTORIES):
        kept = archived(seed, ROUGH)
        kept_events, offers = read_kept_events(kept.log(), (OFFER,)), list_offers(kept)
        remaining = iter(offers)
        assert all(payload in remaining for payload in kept_events.payloads)  # nothing else, and in order
        if len(kept_events.payloads) < len(offers):
            lacking += 1
            assert kept_events.gaps, seed
    assert lacking > HISTORIES / 10
