"""Who gets the credit for which sale.

These are pure functions over one batch of one shard and the registered facts.

The rules are those of the workshop ("How credit works" in docs/how-credit-works.md): a product's first event
registers its creator, its first image its photographer, and a sale counts for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hello_retail.events import PRODUCT_CREATE, PRODUCT_IMAGE, PRODUCT_PURCHASE, Event
from hello_retail.read_models.scores import CREATOR, PHOTOGRAPHER
from hello_retail.unknown import UNKNOWN

KINDS = frozenset({PRODUCT_CREATE, PRODUCT_IMAGE, PRODUCT_PURCHASE})
"""The event types that this view folds; all others belong to other views."""


@dataclass(frozen=True, slots=True)
class SequencedEvent:
    """One valid event of the batch.

    ``sequence`` is the record's sequence number as an integer: texts of unequal length compare wrongly.
    """

    sequence: int
    event: Event

    @property
    def product_id(self) -> str:
        """The product that the event is about."""
        return str(self.event.data["id"])


@dataclass(frozen=True, slots=True)
class Registration:
    """A contributor as registered for a product.

    It has the sequence number of the event that registered them.
    """

    user_id: str
    name: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is registered for a product.

    A photographer of ``None`` means: none yet, at the time of reading.
    """

    creator: Registration
    photographer: Registration | None

    @property
    def settled(self) -> bool:
        """Whether no later event can change a sale's credit; cacheable then (rule 3)."""
        return self.photographer is not None or self.creator.user_id == UNKNOWN


@dataclass(frozen=True, slots=True)
class ProductUpdate:
    """What one batch says of one product.

    Both registrations count only where none was made before.

    ``first`` is the lowest sequence number of its events, ``sold`` whether a purchase is among them.
    """

    first: int
    creator: Registration
    photographer: Registration | None
    created: bool
    sold: bool

    def needs_write(self, known: Facts | None) -> bool:
        """Whether the batch may hold the product's first act, written without reading."""
        if known is None:
            return self.created or self.photographer is not None
        return self.photographer is not None and known.photographer is None

    def needs_read(self, known: Facts | None) -> bool:
        """Whether crediting this batch's sales needs the registered facts first."""
        return known is None or (self.sold and not known.settled)


def collect_products(entries: Iterable[SequencedEvent]) -> dict[str, ProductUpdate]:
    """Return what a batch, in its order, says of each product.

    The first event of a product registers its creator, ``UNKNOWN`` unless it is the product/create (rule 2);
    the first image registers the photographer.
    """
    products: dict[str, ProductUpdate] = {}
    for entry in entries:
        event, product_id = entry.event, entry.product_id
        actor = Registration(event.user_id, event.display_name, entry.sequence)
        before = products.get(product_id)
        created = event.kind == PRODUCT_CREATE
        photographer = actor if event.kind == PRODUCT_IMAGE else None
        sold = event.kind == PRODUCT_PURCHASE
        if before is None:
            creator = actor if created else Registration(UNKNOWN, UNKNOWN, entry.sequence)
            products[product_id] = ProductUpdate(entry.sequence, creator, photographer, created, sold)
        elif (photographer and not before.photographer) or (sold and not before.sold):
            products[product_id] = ProductUpdate(
                before.first,
                before.creator,
                before.photographer or photographer,
                before.created,
                before.sold or sold,
            )
    return products


@dataclass(slots=True)
class Credit:
    """The sales of one contributor in one role of a batch, in order."""

    name: str
    sales: list[SequencedEvent] = field(default_factory=list)


Contributor = tuple[str, str]
"""Role and user id: the key of a score."""


def assign_credits(
    entries: Iterable[SequencedEvent], facts: Mapping[str, Facts], cut: int | None
) -> dict[Contributor, Credit]:
    """Return who earns which sales of the batch.

    ``facts`` holds every product sold below ``cut``, the lowest sequence number whose credit could not be decided
    (``None``: all could). Nothing at or above the cut is credited to anyone (rule 5).
    """
    earned: dict[Contributor, Credit] = {}
    for entry in entries:
        if cut is not None and entry.sequence >= cut:
            break
        if entry.event.kind != PRODUCT_PURCHASE:
            continue
        for role, earner in list_earners(entry.sequence, facts[entry.product_id]):
            key = (role, earner.user_id)
            credit = earned.get(key)
            if credit is None:
                credit = earned[key] = Credit(earner.name)
            credit.sales.append(entry)
    return earned


def list_earners(sequence: int, facts: Facts) -> Sequence[tuple[str, Registration]]:
    """Return the roles and contributors that a sale at ``sequence`` counts for.

    A photographer earns only what was sold after his registration (rule 4); where the creator is ``UNKNOWN`` the
    photographer's sale is ``UNKNOWN``'s too.
    """
    creator, photographer = facts.creator, facts.photographer
    if creator.user_id == UNKNOWN:
        return ((CREATOR, creator), (PHOTOGRAPHER, creator))
    if photographer is not None and photographer.sequence < sequence:
        return ((CREATOR, creator), (PHOTOGRAPHER, photographer))
    return ((CREATOR, creator),)
