"""The intake's calls of AWS.

Every call may fail, come twice, or come from an invocation that should be dead. What follows a write (matching,
starting, telling the machine) is done again whenever its event is delivered again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from hello_retail.aws_failures import FAILURES
from hello_retail.dynamodb.transactions import Contended, try_again
from hello_retail.events import USER_UNREGISTER_PHOTOGRAPHER
from hello_retail.stream_consumer.concurrently import run_concurrently
from hello_retail.stream_consumer.ledger import build_ledger_move, judge_entries, parse_ledger
from hello_retail.stream_consumer.usage import Usage
from hello_retail.studio.items import ASKED, DELIVERED, HELD, OFFERED, PICTURED, Photographer, Product
from hello_retail.studio.matching import match_lines
from hello_retail.studio.table import (
    Registration,
    Studio,
    offer_product,
    picture_from_elsewhere,
    put_pictured,
    read_photographer,
    read_product,
    register_photographer,
    skip_repeats,
    unregister_photographer,
)
from hello_retail.studio.tokens import OVER, WITHDRAWN, StepFunctions, fail_token
from hello_retail.times import format_time

if TYPE_CHECKING:
    from hello_retail.events import Event
    from hello_retail.studio_intake.batch import ProductEvents, StudioBatch, StudioEvent

IF_NO_ITEM = "attribute_not_exists(#line)"
"""The studio's own condition, which a write of a new photographer makes anyway."""


@dataclass(slots=True)
class Outcome:
    """What became of a batch.

    ``unapplied`` are the lowest sequence numbers of what is not done with; ``foreign`` are the products
    that got a picture from elsewhere; ``usage`` has the failures.
    """

    unapplied: list[int] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Intake:
    """The studio, and what the intake starts.

    ``allowance`` is how many pictures a registration is good for; ``keeps_phones`` whether messages are on.
    """

    studio: Studio
    machine: StepFunctions
    machine_arn: str
    executor: Executor
    clock: Callable[[], float]
    allowance: int
    recent_events: int
    keeps_phones: bool

    def take_batch(self, batch: StudioBatch) -> Outcome:
        """Take a batch once; the outcome says what has to come again.

        Where somebody became free, the lines are matched once, at the end: everybody in the batch is in line then.
        """
        outcome = Outcome()
        calls = [
            (entries[0].sequence, partial(self._take_photographer, batch.shard_id, user_id, entries))
            for user_id, entries in batch.photographers.items()
        ] + [
            (product.sequence, partial(self._take_product, product, outcome))
            for product in batch.products.values()
        ]
        freed = run_concurrently(
            self.executor, [partial(self._attempt, sequence, call, outcome) for sequence, call in calls]
        )
        joined = [sequence for (sequence, _), free in zip(calls, freed, strict=True) if free]
        if joined:
            self._attempt(min(joined), self._match, outcome)
        return outcome

    def _attempt(self, sequence: int, call: Callable[[], bool], outcome: Outcome) -> bool:
        """Make a call; note its failure, with the sequence number from which it has to come again."""
        try:
            return call()
        except (*FAILURES, Contended) as error:
            outcome.unapplied.append(sequence)
            outcome.usage.note_failure(error)
            return False

    def _match(self) -> bool:
        match_lines(self.studio, self.machine)
        return True

    def _take_photographer(self, shard_id: str, user_id: str, entries: Sequence[StudioEvent]) -> bool:
        """Let somebody come or go, by the last of their events; return whether they may be in line."""
        for _ in try_again():
            before = read_photographer(self.studio.client, self.studio.table, user_id) or Photographer(
                user_id
            )
            if self._write_photographer(shard_id, before, entries):
                break
        else:
            raise Contended
        after = read_photographer(self.studio.client, self.studio.table, user_id)
        if after is None:
            return False
        if after.gone and after.assignment is not None:
            self._withdraw(after.assignment, user_id)
        return after.slot is not None

    def _write_photographer(
        self, shard_id: str, before: Photographer, entries: Sequence[StudioEvent]
    ) -> bool:
        ledger = parse_ledger(before.item, shard_id)
        verdict = judge_entries(ledger, entries, self.recent_events)
        if verdict.after is None:
            return True  # delivered before
        move = build_ledger_move(shard_id, ledger, verdict.after, IF_NO_ITEM)
        now = self.clock()
        if not verdict.entries:
            return skip_repeats(self.studio, before, move=move)
        event = verdict.entries[-1].event
        if event.kind == USER_UNREGISTER_PHOTOGRAPHER:
            return unregister_photographer(self.studio, before, now, move=move)
        registration = Registration(
            event.display_name, event.data.get("phone") if self.keeps_phones else None
        )
        return register_photographer(
            self.studio, before, registration, now, allowance=self.allowance, move=move
        )

    def _withdraw(self, product_id: str, user_id: str) -> None:
        """Tell the machine that an open assignment is nobody's.

        A photographer who has not been asked yet is found gone when they are.
        """
        product = read_product(self.studio.client, self.studio.table, product_id)
        if product and product.state == ASKED and product.photographer == user_id and product.asker:
            fail_token(self.machine, product.asker, WITHDRAWN)

    def _take_product(self, events: ProductEvents, outcome: Outcome) -> bool:
        """Take a product's picture from elsewhere, or start its execution; return whether somebody is free."""
        if events.picture is not None:
            return self._take_picture(events.product_id, events.picture, outcome)
        if events.offer is not None:
            self._start(events.product_id, events.offer)
        return False

    def _start(self, product_id: str, offer: Event) -> None:
        """Start the execution of a product, once: its name is the product's id.

        While a product is still ``offered``, nobody can tell whether its execution was started.
        """
        offered = Product(
            product_id,
            OFFERED,
            attempt=0,
            since=format_time(self.clock()),
            name=offer.data["name"],
            brand=offer.data["brand"],
            offer=offer.event_id,
            execution=product_id,
        )
        product = offer_product(self.studio, offered)
        if product.state != OFFERED:
            return
        try:
            self.machine.start_execution(
                stateMachineArn=self.machine_arn,
                name=product.execution,
                input=json.dumps({"product": product_id}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def _take_picture(self, product_id: str, picture: Event, outcome: Outcome) -> bool:
        """Take note that a product has a picture from elsewhere; return whether its photographer is free now.

        One that the studio has delivered meanwhile is published all the same: the log says which came first.
        """
        image = picture.data["image"]
        for _ in try_again():
            product = read_product(self.studio.client, self.studio.table, product_id)
            if product is None:
                if put_pictured(self.studio, product_id, image, self.clock()):
                    outcome.foreign.append(product_id)
                    return False
                continue
            if product.state in {PICTURED, DELIVERED}:
                return self._tell_over(product)
            holder = None
            if product.state in HELD and product.photographer is not None:
                holder = read_photographer(self.studio.client, self.studio.table, product.photographer)
            if picture_from_elsewhere(
                self.studio, product, holder, image, self.clock(), allowance=self.allowance
            ):
                outcome.foreign.append(product_id)
                after = read_product(self.studio.client, self.studio.table, product_id)
                if after is not None:
                    self._tell_over(after)
                return holder is not None
        raise Contended

    def _tell_over(self, product: Product) -> bool:
        """End the execution of a product that has a picture from elsewhere; say that its photographer is free.

        Its tokens are there as long as its item is: so it may be told again.
        """
        if product.state == PICTURED and product.token is not None:
            fail_token(self.machine, product.token, OVER)
            return True
        return False
