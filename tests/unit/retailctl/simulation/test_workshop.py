"""The simulated workshop: the same seed, the same events; demand after Zipf; valid events only."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from hello_retail import events
from retailctl.scores.recount import recount_scores
from retailctl.simulation.workshop import Workshop

if TYPE_CHECKING:
    from retailctl.stream.log_file import LogEntry


def kind(entry: LogEntry) -> str:
    schema: str = json.loads(entry.data)["data"]["schema"]
    return schema.split("/")[2]


def test_the_same_seed_gives_the_same_events() -> None:
    assert list(Workshop(7).generate_day(500)) == list(Workshop(7).generate_day(500))
    assert list(Workshop(7).generate_day(500)) != list(Workshop(8).generate_day(500))


def test_a_longer_day_begins_like_a_shorter_one() -> None:
    assert list(islice(Workshop(7).generate_day(), 300)) == list(Workshop(7).generate_day(300))


def test_every_event_is_valid_and_goes_by_its_product() -> None:
    workshop = Workshop(1, products=20, people=6)
    registrations, purchases = workshop.generate_registrations(), workshop.generate_purchases(50)
    for entry in (*workshop.generate_day(400), *registrations, *purchases):
        event = events.decode_event(entry.data)
        assert isinstance(event, events.Event)
        assert entry.partition_key == event.data["id"]


def test_a_day_has_the_awkward_cases_in_it() -> None:
    day = list(Workshop(3, products=50, people=20).generate_day(3000))
    kinds = Counter(kind(entry) for entry in day)
    assert kinds["create"] > 50
    assert kinds["image"] > 50
    assert kinds["purchase"] > 2000
    scores = recount_scores(entry.data for entry in day)
    assert scores["creator"]["UNKNOWN"] > 0
    assert len(scores["photographer"]) > 5


def is_priced_or_stocked(entry: LogEntry) -> bool:
    return kind(entry) in {"price", "stock"}


def test_a_shop_day_is_the_same_day_with_price_and_stock_after_a_first_offer() -> None:
    workshop = Workshop(3, products=50, people=20)
    day, shop_day = list(workshop.generate_day(800)), list(workshop.generate_shop_day(800))

    assert [entry.data for entry in shop_day if not is_priced_or_stocked(entry)] == [e.data for e in day]
    assert [entry.line for entry in shop_day] == list(range(1, len(shop_day) + 1))
    offers: dict[str, int] = {}
    for number, entry in enumerate(shop_day):
        if kind(entry) == "create":
            offers.setdefault(entry.partition_key, number)
    assert len(offers) == 50
    assert len(shop_day) == len(day) + 2 * len(offers)
    for number in offers.values():
        offer, price, stock = shop_day[number : number + 3]
        assert (kind(price), kind(stock)) == ("price", "stock")
        assert len({entry.partition_key for entry in (offer, price, stock)}) == 1
        assert len({json.loads(entry.data)["timeOrigin"] for entry in (offer, price, stock)}) == 1
        assert len({json.loads(entry.data)["origin"].split("/")[2] for entry in (offer, price, stock)}) == 1


def test_a_shop_day_leads_to_the_scores_of_the_day() -> None:
    workshop = Workshop(3, products=50, people=20)

    scores = recount_scores(entry.data for entry in workshop.generate_day(2000))

    assert recount_scores(entry.data for entry in workshop.generate_shop_day(2000)) == scores


def test_a_merchant_s_words_stay_and_another_merchant_has_others() -> None:
    texts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in Workshop(3, products=30, people=10).generate_shop_day(8000):
        event = json.loads(entry.data)
        if kind(entry) == "create":
            texts[entry.partition_key, event["origin"]].add(json.dumps(event["data"]))
    by_product = Counter(product for product, _ in texts)

    assert {len(words) for words in texts.values()} == {1}
    assert by_product.most_common(1)[0][1] > 1
    for product in by_product:
        words = [each for (of, _), each in texts.items() if of == product]
        assert len(set(map(str, words))) > 1 or len(words) == 1


@pytest.mark.parametrize("seed", range(5))
def test_what_is_sold_has_a_name_a_price_and_a_stock_that_the_contract_takes(seed: int) -> None:
    for entry in Workshop(seed, products=100, people=20).generate_shop_day(1500):
        assert isinstance(events.decode_event(entry.data), events.Event)


def test_registrations_come_once_per_product_and_role() -> None:
    workshop = Workshop(2, products=300)
    entries = list(workshop.generate_registrations())
    assert [kind(entry) for entry in entries[:4]] == ["create", "image", "create", "image"]
    assert len({entry.partition_key for entry in entries}) == 300
    assert [entry.line for entry in entries] == list(range(1, 601))


def test_demand_is_zipfs() -> None:
    workshop = Workshop(5, products=300, exponent=0.9)
    sold = Counter(entry.partition_key for entry in workshop.generate_purchases(20_000))
    total = workshop.weights[-1]
    assert sold[workshop.catalog[0].product_id] / 20_000 == pytest.approx(1 / total, rel=0.1)
    assert sold[workshop.catalog[9].product_id] / 20_000 == pytest.approx(10**-0.9 / total, rel=0.2)


def test_the_clock_starts_where_it_is_told_and_ticks_with_each_event() -> None:
    workshop = Workshop(1, start=datetime(2030, 5, 6, 7, tzinfo=UTC), seconds_per_event=0.5)
    times = [json.loads(entry.data)["timeOrigin"] for entry in workshop.generate_day(3)]
    assert times == ["2030-05-06T07:00:00.000Z", "2030-05-06T07:00:00.500Z", "2030-05-06T07:00:01.000Z"]


def test_workshops_of_different_prefixes_share_nobody_and_nothing() -> None:
    here, there = Workshop(1, prefix="a-"), Workshop(1, prefix="b-")
    assert {p.product_id for p in here.catalog}.isdisjoint(p.product_id for p in there.catalog)
    assert set(here.merchants).isdisjoint(there.merchants)


@pytest.mark.parametrize("settings", [{"products": 0}, {"people": 1}])
def test_a_workshop_of_nobody_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="needs a product and two people"):
        Workshop(1, **settings)  # type: ignore[arg-type]
