"""Which of a simulated workshop's events may be on their way at once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from retailctl.stream.log_file import LogEntry

SALE = "com.nordstrom/product/purchase/1-0-0"
CART_ADD = "com.nordstrom/cart/add/1-0-0"


@dataclass(frozen=True, slots=True)
class SimulatedSubmission:
    """What one person sends, about which product."""

    person: str
    product: str
    data: Mapping[str, Any]
    key: str

    @property
    def is_sale(self) -> bool:
        """Whether it is a purchase or goes to a cart: it may pass others of its product."""
        return self.data["schema"] in (SALE, CART_ADD)


def build_submissions(entries: Iterable[LogEntry], run: str) -> Iterator[SimulatedSubmission]:
    """Yield what a workload's people would send, with ``run``'s own keys."""
    for entry in entries:
        envelope = json.loads(entry.data)
        person = envelope["origin"].split("/")[2]
        yield SimulatedSubmission(person, entry.partition_key, envelope["data"], f"{run}-{entry.line}")


class Lanes:
    """Lets events go in an order that keeps credit: a lane per product.

    An event waits while an earlier offer or picture of its product is waiting or under way; an offer or a picture
    waits for the sales before it too.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[SimulatedSubmission]] = defaultdict(deque)
        self._sales: Counter[str] = Counter()
        self._registering: set[str] = set()

    def add_submission(self, submission: SimulatedSubmission) -> list[SimulatedSubmission]:
        """Take an event and return those that may go now: it or none."""
        self._waiting[submission.product].append(submission)
        return self._release_next(submission.product)

    def finish_submission(self, submission: SimulatedSubmission) -> list[SimulatedSubmission]:
        """Note an event's answer; return the events that may go now."""
        if submission.is_sale:
            self._sales[submission.product] -= 1
        else:
            self._registering.discard(submission.product)
        return self._release_next(submission.product)

    def _release_next(self, product: str) -> list[SimulatedSubmission]:
        waiting, released = self._waiting[product], []
        while waiting and product not in self._registering:
            if not waiting[0].is_sale:
                if self._sales[product]:
                    break
                self._registering.add(product)
            else:
                self._sales[product] += 1
            released.append(waiting.popleft())
        return released
