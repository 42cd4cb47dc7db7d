"""What each step of the machine does.

The table decides. A step that finds another state than its own changes nothing, so it may come twice, late, or from
an invocation that was thought dead. Each reads strongly consistently, and writes on the condition of what it read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hello_retail.aws_failures import FAILURES
from hello_retail.dynamodb.transactions import Contended, try_again
from hello_retail.executions import RUNNING, read_ended_input, read_status
from hello_retail.studio.events import build_picture_event
from hello_retail.studio.items import (
    ASSIGNED,
    DELIVERED,
    HELD,
    OFFERED,
    OVER,
    RELEASED,
    WAITING,
    Photographer,
)
from hello_retail.studio.matching import build_found, match_lines
from hello_retail.studio.table import (
    ask_photographer,
    give_up_product,
    picture_product,
    queue_product,
    read_photographer,
    read_product,
    release_product,
    scan_unfinished,
)
from hello_retail.studio.tokens import OVER as OVER_ERROR
from hello_retail.studio.tokens import WITHDRAWN, StepFunctions, answer_token, fail_token
from hello_retail.studio_tasks.message import write_message
from hello_retail.times import format_time, measure_seconds

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

    from hello_retail.studio.items import Product
    from hello_retail.studio.table import Studio


class ShortMessages(Protocol):
    """The one call of SNS."""

    def publish(self, *, PhoneNumber: str, Message: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Send a text to a phone."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an environment sets.

    ``minutes`` is the time that a photographer has; ``allowance`` how many pictures a registration is good for.
    """

    minutes: int
    allowance: int
    origin: str
    pictures_bucket: str
    page_url: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a reconciliation found.

    ``ended`` executions that were not told; ``longest_wait``, in seconds, of the products without a picture.
    """

    ended: int
    longest_wait: float


@dataclass(frozen=True, slots=True)
class Work:
    """The steps over the services that they call.

    ``messages`` is ``None`` where nobody is sent a text; ``note_unsent`` is told of a text that could not be sent.
    """

    studio: Studio
    machine: StepFunctions
    machine_arn: str
    kinesis: KinesisClient
    stream: str
    rules: Rules
    clock: Callable[[], float]
    messages: ShortMessages | None
    note_unsent: Callable[[Exception], None]

    def find_photographer(self, product_id: str, token: str) -> None:
        """Queue a product, then look for its photographer; whoever matches it answers the token.

        A product that has a photographer answers the token itself: an earlier answer was lost.

        Raises:
            Contended: where other writes came first each time.

        """
        for _ in try_again():
            product = self._read_product(product_id)
            if product is None or product.state in OVER:
                fail_token(self.machine, token, OVER_ERROR)
                return
            if product.state not in {OFFERED, RELEASED, WAITING}:
                answer_token(self.machine, token, build_found(product))
                return
            if queue_product(self.studio, product, token):
                match_lines(self.studio, self.machine)
                return
        raise Contended

    def ask_photographer(self, product_id: str, attempt: int, token: str) -> None:
        """Note token and deadline, and then tell the photographer, at most once.

        Only the write that makes the assignment one that was asked for is followed by a message.

        Raises:
            Contended: where other writes came first each time.

        """
        for _ in try_again():
            product = self._read_product(product_id)
            if product is None or product.state in OVER:
                fail_token(self.machine, token, OVER_ERROR)
                return
            if product.attempt != attempt or product.state not in HELD:
                fail_token(self.machine, token, WITHDRAWN)
                return
            if product.state == DELIVERED:
                answer_token(self.machine, token, {"image": product.image})
                return
            until = format_time(self.clock() + self.rules.minutes * 60)
            if ask_photographer(self.studio, product, token, until):
                self._tell_photographer(product, token)
                return
        raise Contended

    def settle(self, product_id: str, attempt: int, *, timed_out: bool) -> None:
        """Publish the picture of an attempt, or take the attempt back; then somebody may be free.

        Raises:
            Contended: where other writes came first each time.

        """
        for _ in try_again():
            product = self._read_product(product_id)
            if product is None or product.attempt != attempt or product.state not in HELD:
                break
            photographer = self._read_holder(product)
            if product.state == DELIVERED:
                done = self._publish(product, photographer)
            else:
                done = release_product(
                    self.studio,
                    product,
                    photographer,
                    self.clock(),
                    allowance=self.rules.allowance,
                    missed=timed_out,
                )
            if done:
                break
        else:
            raise Contended
        match_lines(self.studio, self.machine)

    def end_execution(self, product_id: str, execution: str) -> None:
        """Give up what an execution held that has ended; a picture that was delivered is published.

        Raises:
            Contended: where other writes came first each time.

        """
        for _ in try_again():
            product = self._read_product(product_id)
            if product is None or product.state in OVER or product.execution != execution:
                break
            if product.state == DELIVERED:
                done = self._publish(product, self._read_holder(product))
            else:
                holder = self._read_holder(product) if product.state in HELD else None
                done = give_up_product(
                    self.studio, product, holder, self.clock(), allowance=self.rules.allowance
                )
            if done:
                break
        else:
            raise Contended
        match_lines(self.studio, self.machine)

    def end_from_event(self, detail: Mapping[str, Any]) -> None:
        """Take EventBridge's word that an execution ended: FAILED, TIMED_OUT or ABORTED."""
        ended = read_ended_input(self.machine, detail)
        if ended:
            self.end_execution(ended["product"], detail["name"])

    def reconcile(self) -> Reconciled:
        """End what has ended and was not told; say what was found.

        Asks for the execution of every unfinished product whose photographer's deadline, if there is one, is past.
        The lines are matched in any case: an execution may have been stopped after it freed its photographer.
        """
        ended = 0
        oldest = now = format_time(self.clock())
        for product in scan_unfinished(self.studio.client, self.studio.table):
            oldest = min(oldest, product.since)
            if product.until is not None and product.until > format_time(self.clock()):
                continue
            status = read_status(self.machine, self.machine_arn, product.execution)
            if status in RUNNING or (status is None and product.state == OFFERED):
                continue  # what was not started yet is the intake's, which is delivered its offer again
            self.end_execution(product.product_id, product.execution)
            ended += 1
        match_lines(self.studio, self.machine)
        return Reconciled(ended, measure_seconds(oldest, now))

    def _publish(self, product: Product, photographer: Photographer) -> bool:
        """Put the picture's event on the stream, then note it, on the condition of what was published."""
        place = f"{self.rules.pictures_bucket}{product.image}"
        self.kinesis.put_record(
            StreamName=self.stream,
            Data=build_picture_event(product, photographer, place, self.rules.origin),
            PartitionKey=product.product_id,
        )
        return picture_product(self.studio, product, photographer, self.clock())

    def _tell_photographer(self, product: Product, token: str) -> None:
        """Send a text, where messages are on; whoever has left meanwhile is asked for nothing.

        A text that cannot be sent harms nobody: the page shows the assignment.
        """
        photographer = self._read_holder(product)
        if photographer.gone:
            fail_token(self.machine, token, WITHDRAWN)
        elif product.state == ASSIGNED and self.messages is not None and photographer.phone is not None:
            try:
                self.messages.publish(
                    PhoneNumber=photographer.phone, Message=write_message(product.name, self.rules.page_url)
                )
            except FAILURES as error:
                self.note_unsent(error)

    def _read_product(self, product_id: str) -> Product | None:
        return read_product(self.studio.client, self.studio.table, product_id)

    def _read_holder(self, product: Product) -> Photographer:
        """Read the photographer who has a product; somebody without an item holds nothing."""
        user_id = product.photographer or ""
        return read_photographer(self.studio.client, self.studio.table, user_id) or Photographer(user_id)
