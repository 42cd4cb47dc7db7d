"""Which of a simulated workshop's events may be on their way at once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from retailctl.stream.log_file import Entry

_SALE = "com.nordstrom/product/purchase/1-0-0"


@dataclass(frozen=True, slots=True)
class Submission:
    """What one person sends: who that is in the workload, the event's data, and the product that it is about."""

    person: str
    product: str
    data: Mapping[str, Any]
    key: str

    @property
    def is_sale(self) -> bool:
        """Whether it is a purchase, which may pass other purchases of its product."""
        return bool(self.data["schema"] == _SALE)


def submissions(entries: Iterable[Entry], run: str) -> Iterator[Submission]:
    """Yield what the people of a workload's records would send; ``run`` makes the keys those of one run."""
    for entry in entries:
        envelope = json.loads(entry.data)
        person = envelope["origin"].split("/")[2]
        yield Submission(person, entry.partition_key, envelope["data"], f"{run}-{entry.line}")


class Lanes:
    """Lets events go in an order that decides the credit as their log does: a lane per product.

    An event waits while an earlier offer or picture of its product is waiting or under way; an offer or a picture
    waits for the sales before it too.
    """

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Submission]] = defaultdict(deque)
        self._sales: Counter[str] = Counter()
        self._registering: set[str] = set()

    def enter(self, submission: Submission) -> list[Submission]:
        """Take an event and return those that may go now: it or none."""
        self._waiting[submission.product].append(submission)
        return self._released(submission.product)

    def leave(self, submission: Submission) -> list[Submission]:
        """Note that an event has had its answer, and return those that may go now."""
        if submission.is_sale:
            self._sales[submission.product] -= 1
        else:
            self._registering.discard(submission.product)
        return self._released(submission.product)

    def _released(self, product: str) -> list[Submission]:
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
