"""What `retailctl photos check` calls wrong: nothing that the studio's code leaves, and each thing alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.photos.comparison import PhotosEvidence, find_faults
from retailctl.photos.pictures import PictureEvent, collect_pictures
from retailctl.photos.stored import StoredStudio, StudioPhotographer, StudioProduct, read_stored_studio
from support.event_source import Faults
from support.studio import STUDIO, Habits, run_history

if TYPE_CHECKING:
    from collections.abc import Callable

HISTORIES = 12
CALM, ROUGH = Faults(), Faults(refused=0.02, lost=0.02, crash=0.02, abandoned=0.02)
RESTLESS = Habits(abort=0.3, lost_end=0.5, end_twice=0.3)

PICTURED = StudioProduct("p1", "pictured", 1, "s", "p1", photographer="ann", image="/pictures/p1/0a.png")
ASKED = StudioProduct("p2", "asked", 1, "s", "p2", photographer="bob")
QUEUED = StudioProduct("p3", "waiting", 0, "s", "p3", spot="s#p3")
LOST = StudioProduct("p4", "given-up", 2, "s", "p4.x.r1")
ELSEWHERE = StudioProduct("p5", "pictured", 0, "s", image="workshop/p5")
ANN = StudioPhotographer("ann", allowance=1, completed=1, slot="1#s#ann")
BOB = StudioPhotographer("bob", allowance=2, assignment="p2")
CID = StudioPhotographer("cid", allowance=3, gone=True)
PICTURE = PictureEvent("e1", "bucket/pictures/p1/0a.png", "ann", "2026-11-28")


def evidence(*changed: Any, **other: Any) -> PhotosEvidence:
    """Return what a studio that is right looks like, with some items in other shapes."""
    products = {each.product_id: each for each in (PICTURED, ASKED, QUEUED, LOST, ELSEWHERE)}
    photographers = {each.user_id: each for each in (ANN, BOB, CID)}
    for each in changed:
        if isinstance(each, StudioProduct):
            products[each.product_id] = each
        else:
            photographers[each.user_id] = each
    lines = {name: other.pop(name, right) for name, right in (("free", ("1#s#ann",)), ("waiting", ("s#p3",)))}
    studio = StoredStudio(
        products, photographers, **{name: frozenset(places) for name, places in lines.items()}
    )
    right: dict[str, Any] = {"running": frozenset({"p2", "p3"}), "pictures": {"p1": [PICTURE]}}
    return PhotosEvidence(studio, **right | other)


def test_a_studio_that_is_right_has_no_faults() -> None:
    assert find_faults(evidence()) == []


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (evidence(running=frozenset({"p3"})), "Product p2 is asked, and no execution runs for it."),
        (evidence(running=frozenset({"p2"})), "Product p3 is waiting, and no execution runs for it."),
        (
            evidence(running=frozenset({"p1", "p2", "p3"})),
            "Product p1 is pictured, and its execution p1 still runs.",
        ),
        (
            evidence(running=frozenset({"p2", "p3", "p4"})),
            "The execution p4 runs, and it is no product's.",
        ),
        (evidence(waiting=()), "Product p3 is waiting, and the waiting line does not have it."),
        (evidence(waiting=("s#p3", "s#p1")), "The waiting line has s#p1, which does not wait there."),
        (
            evidence(replace(QUEUED, spot=None), waiting=()),
            "Product p3 is waiting, and has no place in the waiting line.",
        ),
        (
            evidence(replace(LOST, spot="s#p4"), waiting=("s#p3", "s#p4")),
            "Product p4 is given-up, and has a place in the waiting line.",
        ),
        (
            evidence(replace(BOB, assignment=None, allowance=0)),
            "Product p2 is asked, and nobody has it.",
        ),
        (
            evidence(replace(CID, assignment="p4")),
            "Photographer cid has product p4, which is given-up.",
        ),
        (
            evidence(replace(CID, assignment="p2")),
            "Photographer cid has product p2, which is asked and somebody else has.",
        ),
        (evidence(replace(CID, assignment="p9")), "Photographer cid has product p9, which is unknown."),
        (evidence(free=()), "Photographer ann may be asked, and the free line does not have them."),
        (evidence(free=("1#s#ann", "0#s#eve")), "The free line has 0#s#eve, who is not free there."),
        (
            evidence(replace(ANN, slot=None), free=()),
            "Photographer ann may be asked, and has no place in the free line.",
        ),
        (
            evidence(replace(ANN, in_a_row=3)),
            "Photographer ann may not be asked, and has a place in the free line.",
        ),
        (
            evidence(replace(BOB, allowance=-1)),
            "Photographer bob was asked for more pictures than they may be.",
        ),
        (
            evidence(pictures={"p1": [replace(PICTURE, place="bucket/pictures/p1/0b.png")]}),
            "Product p1 is pictured, and the log has another picture of it.",
        ),
        (
            evidence(pictures={"p1": [PICTURE, replace(PICTURE, event_id="e2")]}),
            "Product p1 has 2 pictures of the studio's in the log.",
        ),
        (
            evidence(pictures={"p1": [PICTURE], "p4": [replace(PICTURE, user_id="bob")]}),
            "Product p4 has a picture of the studio's in the log, and the table has it as given-up.",
        ),
        (
            evidence(pictures={"p1": [PICTURE], "p9": [replace(PICTURE, user_id="bob")]}),
            "Product p9 has a picture of the studio's in the log, and the table does not know it.",
        ),
        (
            evidence(replace(BOB, completed=1)),
            "Photographer bob has completed 1 pictures, and the log has 0 of theirs.",
        ),
        (
            evidence(replace(ANN, completed=0)),
            "Photographer ann has completed 0 pictures, and the table has 1 of theirs.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_fault_is_one_sentence(found: PhotosEvidence, fault: str) -> None:
    assert find_faults(found) == [fault]


def test_a_picture_that_is_not_in_the_log_is_a_fault_and_so_is_its_credit() -> None:
    assert find_faults(evidence(pictures={})) == [
        "Product p1 is pictured, and its picture is not in the log.",
        "Photographer ann has completed 1 pictures, and the log has 0 of theirs.",
    ]


def test_a_log_that_begins_later_is_not_asked_for_what_was_before() -> None:
    assert find_faults(evidence(pictures={}, log_start="t")) == []
    assert find_faults(evidence(pictures={}, log_start="s")) == [
        "Product p1 is pictured, and its picture is not in the log."
    ]


def test_a_product_that_the_table_has_forgotten_may_be_photographed_again() -> None:
    old = replace(PICTURE, event_id="e0", time="2026-08-01")
    pictures = {"p1": [old, PICTURE], "p9": [replace(old, user_id="bob")]}

    assert find_faults(evidence(pictures=pictures, remembered_since="2026-09-01")) == []
    assert len(find_faults(evidence(pictures=pictures))) == 2


@pytest.mark.parametrize("seed", range(HISTORIES))
@pytest.mark.parametrize("faults", [CALM, ROUGH], ids=["calm", "rough"])
def test_what_the_studio_s_code_leaves_is_right_whatever_went_wrong(seed: int, faults: Faults) -> None:
    world = run_history(seed, faults, RESTLESS)
    running = {name for name, execution in world.machine.executions.items() if execution.running}
    studio = read_stored_studio(world.dynamodb, STUDIO)  # type: ignore[arg-type]
    pictures = collect_pictures(record.payload for record in world.stream.records)

    assert studio.products
    assert sum(map(len, pictures.values())) == len({data for _, data in world.kinesis.records})
    assert find_faults(PhotosEvidence(studio, frozenset(running), pictures)) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: world.kinesis.records.clear() or world.stream.records.clear(),
        lambda world: world.dynamodb.items[STUDIO].update(
            {("free", "0#s#x"): {"line": {"S": "free"}, "place": {"S": "0#s#x"}}}
        ),
        lambda world: [
            item.update({"state": {"S": "asked"}})
            for (line, _), item in world.dynamodb.items[STUDIO].items()
            if line.startswith("product#")
        ],
    ],
    ids=["no log", "a stranger in line", "held for ever"],
)
def test_what_is_spoilt_is_found(spoil: Callable[[Any], Any]) -> None:
    world = run_history(1, CALM, Habits(ignore=0, late=0, twice=0, leave=0))
    spoil(world)
    studio = read_stored_studio(world.dynamodb, STUDIO)  # type: ignore[arg-type]
    pictures = collect_pictures(record.payload for record in world.stream.records)

    assert find_faults(PhotosEvidence(studio, frozenset(), pictures))
