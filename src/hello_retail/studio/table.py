"""The table ``studio``: all of its reads and writes.

Every write is made on the condition that the items are what they were when read; a step of more than one item is
one transaction. A write answers whether it was made: where not, the items have changed meanwhile (or another
transaction had hold of them), and the caller looks again.

``now`` is the time in seconds; ``Studio.kept_seconds`` for how long a finished item is remembered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from hello_retail.dynamodb.transactions import Contended, transact, try_again, update_item
from hello_retail.dynamodb.writes import Condition, Value, build_delete, build_item, build_put, build_update
from hello_retail.studio import lines
from hello_retail.studio.items import (
    ASKED,
    ASSIGNED,
    DELIVERED,
    GIVEN_UP,
    HELD,
    OFFERED,
    PICTURED,
    RELEASED,
    WAITING,
    Photographer,
    Product,
    build_key,
    build_photographer_key,
    build_product_key,
    parse_photographer,
    parse_product,
)
from hello_retail.studio.lines import (
    FreePhotographer,
    WaitingProduct,
    format_free_place,
    format_waiting_place,
)
from hello_retail.times import format_time

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from hello_retail.stream_consumer.ledger import Move

NO_TOKENS: Mapping[str, None] = {"finder": None, "asker": None}
UNASSIGNED: Mapping[str, None] = {"photographer": None, "until": None, "problem": None}
LINE_READ = 50
"""How many at the head of a line are looked at: who stands further back is not needed yet."""
KEPT_DAYS = 90
"""For how many days an item is kept after the log could last deliver its events again."""


@dataclass(frozen=True, slots=True)
class Studio:
    """The table, and for how long it remembers what is finished."""

    client: DynamoDBClient
    table: str
    kept_seconds: int

    def compute_expiry(self, now: float) -> int:
        """Return when an item that is finished now expires."""
        return int(now) + self.kept_seconds


@dataclass(frozen=True, slots=True)
class Registration:
    """What a photographer tells when they register."""

    name: str
    phone: str | None


def compute_kept_seconds(retention_hours: int) -> int:
    """Return for how long a finished item is kept, by how long the stream keeps its records."""
    return (retention_hours + KEPT_DAYS * 24) * 3600


# Reads


def read_product(client: DynamoDBClient, table: str, product_id: str) -> Product | None:
    """Read a product, strongly consistently."""
    item = client.get_item(TableName=table, Key=build_product_key(product_id), ConsistentRead=True).get(
        "Item"
    )
    return parse_product(item) if item else None


def read_photographer(client: DynamoDBClient, table: str, user_id: str) -> Photographer | None:
    """Read a photographer, strongly consistently."""
    key = build_photographer_key(user_id)
    item = client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return parse_photographer(item) if item else None


def read_waiting(client: DynamoDBClient, table: str) -> list[WaitingProduct]:
    """Read the head of the waiting line."""
    return [
        WaitingProduct(item["place"]["S"], frozenset(item["tried"]["SS"]) if "tried" in item else frozenset())
        for item in _read_line(client, table, lines.WAITING)
    ]


def read_free(client: DynamoDBClient, table: str) -> list[FreePhotographer]:
    """Read the head of the line of free photographers."""
    return [FreePhotographer(item["place"]["S"]) for item in _read_line(client, table, lines.FREE)]


def _read_line(client: DynamoDBClient, table: str, line: str) -> Sequence[Mapping[str, Any]]:
    answer = client.query(
        TableName=table,
        KeyConditionExpression="#line = :line",
        ExpressionAttributeNames={"#line": "line"},
        ExpressionAttributeValues={":line": {"S": line}},
        ConsistentRead=True,
        Limit=LINE_READ,
    )
    return answer["Items"]


def scan_unfinished(client: DynamoDBClient, table: str) -> Iterator[Product]:
    """Yield the products that are neither pictured nor given up."""
    request: dict[str, Any] = {
        "TableName": table,
        "FilterExpression": "attribute_exists(#execution) AND #state <> :pictured AND #state <> :given_up",
        "ExpressionAttributeNames": {"#execution": "execution", "#state": "state"},
        "ExpressionAttributeValues": {":pictured": {"S": PICTURED}, ":given_up": {"S": GIVEN_UP}},
    }
    while True:
        page = client.scan(**request)
        yield from map(parse_product, page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


# The way of a product


def offer_product(studio: Studio, offered: Product) -> Product:
    """Put a product if there is none; return it as it is now."""
    item = build_item(
        build_product_key(offered.product_id),
        {
            "state": OFFERED,
            "attempt": 0,
            "since": offered.since,
            "name": offered.name,
            "brand": offered.brand,
            "offer": offered.offer,
            "execution": offered.execution,
        },
    )
    put = build_put(studio.table, item, {"line": None})
    try:
        studio.client.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    except ClientError as error:
        response: Mapping[str, Any] = error.response
        if response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return parse_product(response["Item"])
    return parse_product(item)


def queue_product(studio: Studio, product: Product, token: str) -> bool:
    """Put a product into the waiting line, with the token of whoever waits for its photographer."""
    if product.state == WAITING:
        return _update(
            studio.client,
            build_update(
                studio.table,
                build_product_key(product.product_id),
                sets={"finder": token},
                condition={"state": WAITING, "spot": product.spot},
            ),
        )
    spot = format_waiting_place(product.since, product.product_id)
    return _transact(
        studio.client,
        _build_step(studio, product, {"state": WAITING, "spot": spot, "finder": token, "asker": None}),
        {
            "Put": build_put(
                studio.table, build_item(build_key(lines.WAITING, spot), {"tried": product.tried})
            )
        },
    )


def assign_product(studio: Studio, waiting: WaitingProduct, free: FreePhotographer) -> bool:
    """Give a waiting product to a free photographer, who pays one of their allowance."""
    product, photographer = waiting.product_id, free.user_id
    return _transact(
        studio.client,
        {
            "Update": build_update(
                studio.table,
                build_product_key(product),
                sets={"state": ASSIGNED, "photographer": photographer, "spot": None},
                adds={"attempt": 1, "tried": frozenset({photographer})},
                condition={"state": WAITING, "spot": waiting.place},
            )
        },
        {
            "Update": build_update(
                studio.table,
                build_photographer_key(photographer),
                sets={"assignment": product, "slot": None},
                adds={"allowance": -1},
                condition={"slot": free.place},
            )
        },
        {"Delete": build_delete(studio.table, build_key(lines.WAITING, waiting.place))},
        {"Delete": build_delete(studio.table, build_key(lines.FREE, free.place))},
    )


def ask_photographer(studio: Studio, product: Product, token: str, until: str) -> bool:
    """Note token and deadline of an assignment, before its photographer is told."""
    return _update(
        studio.client,
        build_update(
            studio.table,
            build_product_key(product.product_id),
            sets={"state": ASKED, "asker": token, "until": until, "finder": None},
            condition={"state": product.state, "attempt": product.attempt},
        ),
    )


def deliver(
    client: DynamoDBClient, table: str, product: str, attempt: int, image: str, *, now: float | None = None
) -> str | None:
    """Note the picture of an attempt that has been asked for.

    Returns the token of whoever waits for it, where this or an earlier call delivered the attempt; ``None``: it is
    late.

    Raises:
        Contended: where other writes had hold of the item each time.

    """
    update = build_update(
        table,
        build_product_key(product),
        sets={
            "state": DELIVERED,
            "image": image,
            "deliveredAt": format_time(time.time() if now is None else now),
            "problem": None,
        },
        condition={"state": ASKED, "attempt": attempt},
    )
    for _ in try_again():
        if written := update_item(client, update):
            return parse_product(written).asker
        is_now = read_product(client, table, product)
        if is_now is None or is_now.attempt != attempt or is_now.state not in {ASKED, DELIVERED}:
            return None
        if is_now.state == DELIVERED:
            return is_now.asker
    raise Contended


def note_problem(client: DynamoDBClient, table: str, product: str, attempt: int, problem: str) -> bool:
    """Note what is wrong with a picture; the photographer may send another one in time.

    Returns whether the attempt is still asked for.

    Raises:
        Contended: where other writes had hold of the item each time.

    """
    update = build_update(
        table,
        build_product_key(product),
        sets={"problem": problem},
        condition={"state": ASKED, "attempt": attempt},
    )
    for _ in try_again():
        if _update(client, update):
            return True
        is_now = read_product(client, table, product)
        if is_now is None or is_now.attempt != attempt or is_now.state != ASKED:
            return False
    raise Contended


def picture_product(studio: Studio, product: Product, photographer: Photographer, now: float) -> bool:
    """Note that the delivered picture is published: of the very attempt and image that were."""
    after = replace(
        photographer,
        assignment=None,
        completed=photographer.completed + 1,
        in_a_row=0,
    )
    return _transact(
        studio.client,
        _build_end(studio, product, PICTURED, now, {**NO_TOKENS}),
        *_build_freed(studio, product, photographer, after, now),
    )


def release_product(
    studio: Studio, product: Product, photographer: Photographer, now: float, *, allowance: int, missed: bool
) -> bool:
    """Take an assignment back, so that somebody else can be asked.

    The photographer gets back what they paid, up to ``allowance``.
    """
    after = _give_back(photographer, allowance)
    if missed:
        after = replace(after, missed=after.missed + 1, in_a_row=after.in_a_row + 1)
    return _transact(
        studio.client,
        _build_step(studio, product, {"state": RELEASED, **NO_TOKENS, **UNASSIGNED}),
        *_build_freed(studio, product, photographer, after, now),
    )


def give_up_product(
    studio: Studio, product: Product, photographer: Photographer | None, now: float, *, allowance: int
) -> bool:
    """Note that nothing runs for a product any more; nobody holds it, and it holds nobody."""
    return _transact(
        studio.client,
        _build_end(studio, product, GIVEN_UP, now, {**NO_TOKENS, **UNASSIGNED}),
        *_build_vacated(studio, product, photographer, now, allowance),
    )


def picture_from_elsewhere(
    studio: Studio,
    product: Product,
    photographer: Photographer | None,
    image: str,
    now: float,
    *,
    allowance: int,
) -> bool:
    """Note a picture that did not come from the studio.

    Tokens stay, so that whoever waits can be told, again if need be.
    """
    return _transact(
        studio.client,
        _build_end(studio, product, PICTURED, now, {"image": image, **UNASSIGNED}),
        *_build_vacated(studio, product, photographer, now, allowance),
    )


def put_pictured(studio: Studio, product_id: str, image: str, now: float) -> bool:
    """Note a picture of a product that the studio has not met."""
    item = build_item(
        build_product_key(product_id),
        {
            "state": PICTURED,
            "attempt": 0,
            "since": format_time(now),
            "image": image,
            "expiresAt": studio.compute_expiry(now),
        },
    )
    return _transact(studio.client, {"Put": build_put(studio.table, item, {"line": None})})


# The way of a photographer


def register_photographer(
    studio: Studio,
    photographer: Photographer,
    registration: Registration,
    now: float,
    *,
    allowance: int,
    move: Move,
) -> bool:
    """Register a photographer: the allowance is set, not added, and misses in a row start at 0."""
    after = replace(photographer, allowance=allowance, in_a_row=0, gone=False)
    slot = photographer.slot or _choose_slot(after, now)
    changes: dict[str, Value | None] = {
        "name": registration.name,
        "phone": registration.phone,
        "allowance": allowance,
        "inARow": 0,
        "gone": None,
        "slot": slot,
        "expiresAt": None,
    }
    update = _build_own_act(studio, photographer, changes, move)
    if slot is None or slot == photographer.slot:
        return _update(studio.client, update)
    return _transact(
        studio.client,
        {"Update": update},
        {"Put": build_put(studio.table, build_item(build_key(lines.FREE, slot), {}))},
    )


def unregister_photographer(studio: Studio, photographer: Photographer, now: float, *, move: Move) -> bool:
    """Let a photographer leave; an open assignment is theirs until the machine takes it back."""
    changes: dict[str, Value | None] = {
        "gone": True,
        "phone": None,
        "slot": None,
        "expiresAt": None if photographer.assignment else studio.compute_expiry(now),
    }
    update = _build_own_act(studio, photographer, changes, move)
    if photographer.slot is None:
        return _update(studio.client, update)
    return _transact(
        studio.client,
        {"Update": update},
        {"Delete": build_delete(studio.table, build_key(lines.FREE, photographer.slot))},
    )


def skip_repeats(studio: Studio, photographer: Photographer, *, move: Move) -> bool:
    """Move a photographer's ledger past events that change nothing."""
    key = build_photographer_key(photographer.user_id)
    return _update(studio.client, build_update(studio.table, key, condition={}, move=move))


# Parts of transactions


def _build_step(studio: Studio, product: Product, changes: Mapping[str, Value | None]) -> dict[str, Any]:
    """Return the update of a product, on the condition of the very state that was read."""
    condition: Condition = {
        "state": product.state,
        "attempt": product.attempt,
        "execution": product.execution or None,
    }
    if product.state == WAITING:
        condition = {**condition, "spot": product.spot}
    if product.state == DELIVERED:
        condition = {**condition, "image": product.image}
    key = build_product_key(product.product_id)
    return {"Update": build_update(studio.table, key, sets=changes, condition=condition)}


def _build_end(
    studio: Studio, product: Product, state: str, now: float, changes: Mapping[str, Value | None]
) -> dict[str, Any]:
    """Return the last step of a product: what only its way needed is removed."""
    rest = {"spot": None, "tried": None, "until": None, "problem": None, "deliveredAt": None}
    ends: dict[str, Value | None] = {"state": state, "expiresAt": studio.compute_expiry(now)}
    return _build_step(studio, product, {**rest, **changes, **ends})


def _build_vacated(
    studio: Studio, product: Product, photographer: Photographer | None, now: float, allowance: int
) -> list[dict[str, Any]]:
    """Return what leaves the waiting line, or frees the photographer, of a product that ends without theirs."""
    if product.state == WAITING and product.spot:
        return [{"Delete": build_delete(studio.table, build_key(lines.WAITING, product.spot))}]
    if product.state in HELD and photographer is not None:
        return _build_freed(studio, product, photographer, _give_back(photographer, allowance), now)
    return []


def _build_freed(
    studio: Studio, product: Product, before: Photographer, after: Photographer, now: float
) -> list[dict[str, Any]]:
    """Return the writes that free a photographer, and put them back in line if they may be asked."""
    slot = _choose_slot(after, now)
    update = build_update(
        studio.table,
        build_photographer_key(before.user_id),
        sets={
            "assignment": None,
            "allowance": after.allowance,
            "completed": after.completed,
            "missed": after.missed,
            "inARow": after.in_a_row,
            "slot": slot,
            "expiresAt": None if slot else studio.compute_expiry(now),
        },
        condition={
            "assignment": product.product_id,
            "allowance": before.allowance,
            "inARow": before.in_a_row,
            "gone": True if before.gone else None,
        },
    )
    freed = [{"Update": update}]
    if slot:
        freed.append({"Put": build_put(studio.table, build_item(build_key(lines.FREE, slot), {}))})
    return freed


def _build_own_act(
    studio: Studio, photographer: Photographer, changes: Mapping[str, Value | None], move: Move
) -> dict[str, Any]:
    """Return the update of a photographer by themselves, on the condition of the ledger and of what they hold."""
    return build_update(
        studio.table,
        build_photographer_key(photographer.user_id),
        sets=changes,
        condition={
            "slot": photographer.slot,
            "assignment": photographer.assignment,
            **({} if photographer.item else {"line": None}),
        },
        move=move,
    )


def _choose_slot(photographer: Photographer, now: float) -> str | None:
    if not lines.may_be_asked(photographer):
        return None
    return format_free_place(photographer.load, format_time(now), photographer.user_id)


def _give_back(photographer: Photographer, allowance: int) -> Photographer:
    return replace(photographer, assignment=None, allowance=min(photographer.allowance + 1, allowance))


def _update(client: DynamoDBClient, update: Mapping[str, Any]) -> bool:
    """Make one update; return whether its condition held."""
    return update_item(client, update) is not None


def _transact(client: DynamoDBClient, *items: Any) -> bool:  # noqa: ANN401 - TransactWriteItemTypeDef
    """Make all writes or none; return whether their conditions held."""
    return transact(client, *items) is None
