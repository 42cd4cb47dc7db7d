"""The pictures that the studio put on the log."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hello_retail import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ACTION = "studio-report"
"""What the second part of an origin says of the studio's own pictures."""


@dataclass(frozen=True, slots=True)
class PictureEvent:
    """A picture of the studio's: its event's id, its place, who took it and when it came."""

    event_id: str
    place: str
    user_id: str
    time: str


def collect_pictures(payloads: Iterable[bytes]) -> Mapping[str, Sequence[PictureEvent]]:
    """Return the studio's pictures of each product, in the log's order; a repeated event is one."""
    pictures: defaultdict[str, dict[str, PictureEvent]] = defaultdict(dict)
    for payload in payloads:
        event = events.decode_event(payload)
        if not isinstance(event, events.Event) or event.kind != events.PRODUCT_IMAGE:
            continue
        if json.loads(payload)["origin"].split("/")[1] == ACTION and event.event_id is not None:
            picture = PictureEvent(event.event_id, event.data["image"], event.user_id, event.time_origin)
            pictures[event.data["id"]].setdefault(event.event_id, picture)
    return {product: list(found.values()) for product, found in pictures.items()}
