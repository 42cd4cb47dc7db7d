"""A simulated workshop, as a pure stream of what people do.

Everything follows from the seed: the same seed gives the same people, products and events, only the clock of
``timeOrigin`` is the caller's. Demand is Zipf's: product number *n* sells in proportion to 1 / n ** exponent;
and so is diligence: person number *n* of a role offers (or photographs) products in that proportion.
"""

from __future__ import annotations

import json
import random
from bisect import bisect
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from typing import TYPE_CHECKING, Any

from retailctl.simulation.goods import describe_good
from retailctl.stream.log_file import LogEntry, format_compact_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from retailctl.simulation.goods import Good

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
"""When a workshop starts unless the caller says otherwise."""

_NAMES = (
    "Ada", "Alan", "Barbara", "Claude", "Donald", "Edsger", "Frances", "Grace", "Hedy", "Ivan",
    "Jean", "Karen", "Leslie", "Margaret", "Niklaus", "Ole", "Pearl", "Radia", "Sophie", "Tim",
)  # fmt: skip
_OFFER = "com.nordstrom/product/create/1-0-0"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the workshop: user id and display name."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class SimulatedProduct:
    """A product: its seven-digit id, who offers and who photographs it."""

    product_id: str
    merchant: Person
    photographer: Person


@dataclass(frozen=True, slots=True)
class Workshop:
    """Who is there and what is for sale, from a seed.

    ``people`` are half merchants and half photographers, and everybody buys. ``prefix`` goes before the
    product ids and user ids, for workshops that must not meet in one table.
    """

    seed: int
    products: int = 300
    people: int = 120
    exponent: float = 0.9
    start: datetime = START
    seconds_per_event: float = 0.01
    prefix: str = ""
    merchants: tuple[Person, ...] = field(init=False)
    photographers: tuple[Person, ...] = field(init=False)
    catalog: tuple[SimulatedProduct, ...] = field(init=False)
    weights: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        if self.products < 1 or self.people < 2:  # noqa: PLR2004 - one of each role
            raise ValueError("A workshop needs a product and two people.")
        dice = self._dice("people")
        people = tuple(
            Person(
                f"{self.prefix}amzn1.account.{dice.getrandbits(48):012X}",
                f"{_NAMES[n % len(_NAMES)]} {n + 1}",
            )
            for n in range(self.people)
        )
        merchants, photographers = people[: self.people // 2], people[self.people // 2 :]
        ids = dice.sample(range(1_000_000, 10_000_000), self.products)
        offering = dice.choices(merchants, self._zipf(len(merchants)), k=self.products)
        picturing = dice.choices(photographers, self._zipf(len(photographers)), k=self.products)
        catalog = tuple(
            SimulatedProduct(f"{self.prefix}{number}", merchant, photographer)
            for number, merchant, photographer in zip(ids, offering, picturing, strict=True)
        )
        object.__setattr__(self, "merchants", merchants)
        object.__setattr__(self, "photographers", photographers)
        object.__setattr__(self, "catalog", catalog)
        object.__setattr__(self, "weights", tuple(accumulate(self._zipf(self.products))))

    def _zipf(self, number: int) -> list[float]:
        return [1 / rank**self.exponent for rank in range(1, number + 1)]

    def _dice(self, purpose: str) -> random.Random:
        """Return the random numbers of one purpose, independent of all others."""
        return random.Random(f"{self.seed} {purpose}")  # noqa: S311 - a simulation, and no secret

    def generate_registrations(self) -> Iterator[LogEntry]:
        """Yield an offer and a picture for each product, in the catalog's order."""
        line = count(1)
        for product in self.catalog:
            yield self._offer(next(line), product, product.merchant)
            yield self._picture(next(line), product, product.photographer)

    def generate_purchases(self, number: int) -> Iterator[LogEntry]:
        """Yield sales of registered products, by demand."""
        dice = self._dice("purchases")
        for line in range(1, number + 1):
            yield self._sale(line, self._choose_demanded(dice, self.products), self._choose_person(dice))

    def generate_day(self, number: int | None = None) -> Iterator[LogEntry]:
        """Yield a workshop's events in order, for ever unless ``number`` is given.

        The awkward cases of a real day are in it: sales before the picture is taken, second offers and second
        pictures (which must change nothing), and sales of products that this log never saw offered.
        """
        dice = self._dice("day")
        offered = 0
        unpictured: list[SimulatedProduct] = []
        for line in count(1):
            if number is not None and line > number:
                return
            chance = dice.random()
            if offered < self.products and (chance < 0.10 or not offered):  # noqa: PLR2004 - shares of a day
                product = self.catalog[offered]
                offered += 1
                unpictured.append(product)
                yield self._offer(line, product, product.merchant)
            elif unpictured and chance < 0.20:  # noqa: PLR2004
                product = unpictured.pop(dice.randrange(len(unpictured)))
                yield self._picture(line, product, product.photographer)
            elif chance < 0.205:  # noqa: PLR2004
                yield self._offer(line, self._choose_demanded(dice, offered), dice.choice(self.merchants))
            elif chance < 0.21:  # noqa: PLR2004
                yield self._picture(
                    line, self._choose_demanded(dice, offered), dice.choice(self.photographers)
                )
            elif chance < 0.22:  # noqa: PLR2004
                yield self._sale(line, self._choose_unknown_product(dice), self._choose_person(dice))
            else:
                yield self._sale(line, self._choose_demanded(dice, offered), self._choose_person(dice))

    def generate_shop_day(self, number: int | None = None) -> Iterator[LogEntry]:
        """Yield ``generate_day`` with prices and stock, on top of ``number``."""
        return self.add_prices_and_stock(self.generate_day(number))

    def add_prices_and_stock(self, entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
        """Yield entries with price and stock after each product's first offer.

        They carry the offer's time, so that everything else stays as it is.
        """
        line, offered = count(1), set[str]()
        for entry in entries:
            yield replace(entry, line=next(line))
            envelope = json.loads(entry.data)
            if envelope["data"]["schema"] == _OFFER and entry.partition_key not in offered:
                offered.add(entry.partition_key)
                for action, data in self._price_and_stock(entry.partition_key, envelope["origin"]):
                    origin = envelope["origin"].replace("create-product", action, 1)
                    event = {**envelope, "origin": origin, "data": data}
                    yield LogEntry(next(line), entry.partition_key, format_compact_json(event))

    def _price_and_stock(self, product_id: str, origin: str) -> Iterator[tuple[str, dict[str, Any]]]:
        good = self._describe(product_id, origin.split("/")[2])
        yield (
            "price-product",
            {"schema": "com.nordstrom/product/price/1-0-0", "id": product_id, "cents": good.cents},
        )
        yield (
            "stock-product",
            {"schema": "com.nordstrom/product/stock/1-0-0", "id": product_id, "added": good.added},
        )

    def _describe(self, product_id: str, merchant_id: str) -> Good:
        """Return a product in a merchant's words, always the same ones."""
        return describe_good(self._dice(f"good {product_id} {merchant_id}"))

    def _choose_demanded(self, dice: random.Random, offered: int) -> SimulatedProduct:
        return self.catalog[bisect(self.weights, dice.random() * self.weights[offered - 1], hi=offered - 1)]

    def _choose_unknown_product(self, dice: random.Random) -> SimulatedProduct:
        """Return one of a few products that were offered before the log begins."""
        product = self.catalog[0]
        return SimulatedProduct(
            f"{self.prefix}{dice.randrange(100_000, 100_005)}", product.merchant, product.photographer
        )

    def _choose_person(self, dice: random.Random) -> Person:
        return dice.choice(dice.choice((self.merchants, self.photographers)))

    def _offer(self, line: int, product: SimulatedProduct, merchant: Person) -> LogEntry:
        good = self._describe(product.product_id, merchant.user_id)
        return self._entry(line, product, "web-client-create-product", merchant, {
            "schema": _OFFER,
            "id": product.product_id,
            "brand": good.brand,
            "name": good.name,
            "description": good.description,
            "category": good.category,
        })  # fmt: skip

    def _picture(self, line: int, product: SimulatedProduct, photographer: Person) -> LogEntry:
        return self._entry(line, product, "product-producer-photo", photographer, {
            "schema": "com.nordstrom/product/image/1-0-0",
            "id": product.product_id,
            "image": f"photos/i/p/{product.product_id}",
        })  # fmt: skip

    def _sale(self, line: int, product: SimulatedProduct, buyer: Person) -> LogEntry:
        return self._entry(line, product, "web-client-purchase-product", buyer, {
            "schema": "com.nordstrom/product/purchase/1-0-0",
            "id": product.product_id,
        })  # fmt: skip

    def _entry(
        self, line: int, product: SimulatedProduct, action: str, person: Person, data: dict[str, Any]
    ) -> LogEntry:
        """Return the record of an event in its ingress envelope."""
        time = self.start + timedelta(seconds=(line - 1) * self.seconds_per_event)
        envelope = {
            "schema": "com.nordstrom/retail-stream-ingress/1-0-0",
            "origin": f"hello-retail/{action}/{person.user_id}/{person.name}",
            "timeOrigin": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "data": data,
        }
        return LogEntry(line, product.product_id, format_compact_json(envelope))
