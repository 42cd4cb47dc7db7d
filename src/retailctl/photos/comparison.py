"""Hold the studio's table, the machine's executions and the log against each other: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retailctl.photos.pictures import PictureEvent
from retailctl.photos.stored import HELD, PICTURED, WAITING, StoredStudio, StudioProduct


@dataclass(frozen=True, slots=True)
class PhotosEvidence:
    """What was found at one look.

    Attributes:
        studio: the table.
        running: the names of the executions that run.
        pictures: the studio's pictures in the log, by product.
        log_start: what began to wait then or later has all its events in the log; "" where the log is whole.
        remembered_since: whatever the log has from then on is in the table; times are ISO 8601 in UTC.

    """

    studio: StoredStudio
    running: frozenset[str]
    pictures: Mapping[str, Sequence[PictureEvent]] = field(default_factory=dict)
    log_start: str = ""
    remembered_since: str = ""


def find_faults(evidence: PhotosEvidence) -> list[str]:
    """Return a sentence for each thing that is wrong.

    A look at a busy studio sees steps by half: what is wrong is what stays so at the next look.
    """
    return [
        *_check_executions(evidence.studio, evidence.running),
        *_check_waiting(evidence.studio),
        *_check_holders(evidence.studio),
        *_check_free(evidence.studio),
        *_check_events(evidence),
        *_check_credit(evidence),
    ]


def _check_executions(studio: StoredStudio, running: frozenset[str]) -> Iterator[str]:
    for product in studio.products.values():
        runs = product.execution in running
        if not product.is_over and not runs:
            yield f"{_name(product)}, and no execution runs for it."
        elif product.is_over and runs:
            yield f"{_name(product)}, and its execution {product.execution} still runs."
    known = {product.execution for product in studio.products.values()}
    for name in sorted(running - known):
        yield f"The execution {name} runs, and it is no product's."


def _check_waiting(studio: StoredStudio) -> Iterator[str]:
    spots = set()
    for product in studio.products.values():
        if product.spot is not None:
            spots.add(product.spot)
        if (product.state == WAITING) != (product.spot is not None):
            yield f"{_name(product)}, and has {'a' if product.spot else 'no'} place in the waiting line."
        elif product.spot is not None and product.spot not in studio.waiting:
            yield f"{_name(product)}, and the waiting line does not have it."
    for spot in sorted(studio.waiting - spots):
        yield f"The waiting line has {spot}, which does not wait there."


def _check_holders(studio: StoredStudio) -> Iterator[str]:
    for product in studio.products.values():
        holder = studio.photographers.get(product.photographer or "")
        if product.state in HELD and (holder is None or holder.assignment != product.product_id):
            yield f"{_name(product)}, and nobody has it."
    for photographer in studio.photographers.values():
        if photographer.assignment is None:
            continue
        held = studio.products.get(photographer.assignment)
        if held is None or held.state not in HELD or held.photographer != photographer.user_id:
            state = "is unknown" if held is None else f"is {held.state}"
            yield (
                f"Photographer {photographer.user_id} has product {photographer.assignment}, which {state}"
                f"{' and somebody else has' if held and held.state in HELD else ''}."
            )


def _check_free(studio: StoredStudio) -> Iterator[str]:
    slots = set()
    for photographer in studio.photographers.values():
        who = f"Photographer {photographer.user_id}"
        if photographer.slot is not None:
            slots.add(photographer.slot)
        if photographer.may_be_asked and photographer.slot is None:
            yield f"{who} may be asked, and has no place in the free line."
        elif photographer.slot is not None and not photographer.may_be_asked:
            yield f"{who} may not be asked, and has a place in the free line."
        elif photographer.slot is not None and photographer.slot not in studio.free:
            yield f"{who} may be asked, and the free line does not have them."
        if photographer.allowance < 0:
            yield f"{who} was asked for more pictures than they may be."
    for slot in sorted(studio.free - slots):
        yield f"The free line has {slot}, who is not free there."


def _check_events(evidence: PhotosEvidence) -> Iterator[str]:
    for product in evidence.studio.products.values():
        pictures = evidence.pictures.get(product.product_id, ())
        is_own = product.state == PICTURED and product.photographer is not None
        if is_own and not pictures and product.since >= evidence.log_start:
            yield f"{_name(product)}, and its picture is not in the log."
        elif is_own and pictures and not any(_is_of(picture, product) for picture in pictures):
            yield f"{_name(product)}, and the log has another picture of it."
    for product_id, pictures in evidence.pictures.items():
        recent = [picture for picture in pictures if picture.time >= evidence.remembered_since]
        if len(recent) > 1:
            yield f"Product {product_id} has {len(recent)} pictures of the studio's in the log."
        stored = evidence.studio.products.get(product_id)
        if recent and (stored is None or stored.state != PICTURED or stored.photographer is None):
            state = "does not know it" if stored is None else f"has it as {stored.state}"
            yield f"Product {product_id} has a picture of the studio's in the log, and the table {state}."


def _check_credit(evidence: PhotosEvidence) -> Iterator[str]:
    """Compare how many pictures each photographer has completed with table and log.

    Items of products expire no later than those of their photographers, and a photographer whose item has expired
    begins at zero: so the table has no more than they completed, and the log no fewer.
    """
    stored = Counter(
        product.photographer for product in evidence.studio.products.values() if product.state == PICTURED
    )
    logged = Counter(picture.user_id for each in evidence.pictures.values() for picture in each)
    for user_id, photographer in evidence.studio.photographers.items():
        who = f"Photographer {user_id} has completed {photographer.completed} pictures"
        if photographer.completed < stored[user_id]:
            yield f"{who}, and the table has {stored[user_id]} of theirs."
        elif not evidence.log_start and photographer.completed > logged[user_id]:
            yield f"{who}, and the log has {logged[user_id]} of theirs."


def _is_of(picture: PictureEvent, product: StudioProduct) -> bool:
    """Return whether an event is the one of the product's picture: its place is bucket and path."""
    return picture.user_id == product.photographer and picture.place.endswith(product.image or "?")


def _name(product: StudioProduct) -> str:
    return f"Product {product.product_id} is {product.state}"
