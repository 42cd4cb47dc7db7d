"""The studio of ``support.stub_api``: registrations, assignments, and the bucket that takes their pictures.

The bucket is a server of its own, as S3 is: it has its own origin, asks the browser's preflight, and refuses what a
ticket does not allow with S3's status and code.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from support.stub_api import StubShop

PER_REGISTRATION = 3
MOST_BYTES = 10 * 1024 * 1024
TICKET_SECONDS = 600.0


class Refusal(NamedTuple):
    """What S3 answers to an upload that it does not take."""

    status: int
    code: str
    message: str = "Refused by the stub."


@dataclass
class Photographer:
    """What the inbox of a photographer shows."""

    registered: bool = True
    left: int = PER_REGISTRATION
    completed: int = 0
    assignment: dict[str, Any] | None = None


@dataclass
class StubStudio:
    """The state of the studio and the trouble that it makes."""

    shop: StubShop
    ticket_seconds: deque[float] = field(default_factory=deque)
    """How long the next tickets are good for; ten minutes when there is none."""
    ticket_failures: deque[int] = field(default_factory=deque)
    """Statuses for the next requests for a ticket."""
    refusals: deque[Refusal] = field(default_factory=deque)
    """What the bucket answers to the next uploads."""
    verdicts: deque[str | None] = field(default_factory=deque)
    """What is wrong with the next pictures; nothing when there is none."""
    most_bytes: int = MOST_BYTES

    address: str = ""
    asks: int = 0
    """How many times somebody asked for an inbox."""
    tickets: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    """Every picture that the bucket took."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """Those that the shop serves, by path."""
    photographers: dict[str, Photographer] = field(default_factory=dict)

    def register(self, user_id: str) -> None:
        known = self.photographers.setdefault(user_id, Photographer())
        known.registered, known.left = True, PER_REGISTRATION

    def leave(self, user_id: str) -> None:
        known = self.photographers.setdefault(user_id, Photographer())
        known.registered, known.assignment = False, None

    def ask(self, user_id: str, product: str, seconds: float = 600) -> None:
        """Ask a photographer for the picture of a product in the catalog."""
        known, item = self.photographers[user_id], self.shop.catalog[product]
        known.left -= 1
        known.assignment = {
            "product": product, "name": item["name"], "brand": item["brand"], "attempt": 1,
            "until": _iso(time.time() + seconds), "problem": None, "state": "asked",
        }  # fmt: skip

    def ask_all(self) -> None:
        """Ask everybody who is free for a product that has no picture."""
        held = {known.assignment["product"] for known in self.photographers.values() if known.assignment}
        without = [name for name, item in self.shop.catalog.items() if not item["image"] and name not in held]
        for user_id, known in self.photographers.items():
            if known.registered and known.left and not known.assignment and without:
                self.ask(user_id, without.pop(0))

    def inbox(self, user_id: str) -> dict[str, Any]:
        """Return what `GET /assignments` answers."""
        self.asks += 1
        known = self.photographers.get(user_id, Photographer(registered=False, left=0))
        return {
            "registered": known.registered, "left": known.left, "completed": known.completed,
            "assignment": known.assignment and dict(known.assignment),
        }  # fmt: skip

    def ticket(self, user_id: str, product: str, wanted: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body for `POST /assignments/{productId}/uploads`."""
        if self.ticket_failures:
            status = self.ticket_failures.popleft()
            return status, {"status": status, "detail": f"The studio made a {status}."}
        known = self.photographers.get(user_id, Photographer(registered=False))
        if known.assignment is None or known.assignment["product"] != product:
            return 404, {"status": 404, "detail": "There is no such assignment of yours."}
        if known.assignment["state"] != "asked" or _iso(time.time()) > known.assignment["until"]:
            return 410, {"status": 410, "detail": "The time of this assignment is over."}
        seconds = self.ticket_seconds.popleft() if self.ticket_seconds else TICKET_SECONDS
        allowed = {
            "key": f"incoming/{product}/{known.assignment['attempt']}/{uuid.uuid4()}",
            "Content-Type": wanted["contentType"],
            "success_action_status": "201",
        }
        policy = {**allowed, "user": user_id, "product": product, "expiration": time.time() + seconds}
        self.tickets.append(wanted)
        return 201, {
            "url": f"{self.address}/",
            "fields": {**allowed, "policy": base64.b64encode(json.dumps(policy).encode()).decode()},
            "expires": _iso(time.time() + seconds),
        }

    def upload(self, fields: list[tuple[str, bytes]]) -> Refusal | None:
        """Take the form of a presigned POST, or return why not."""
        *named, (last, content) = fields
        given = {name: value.decode() for name, value in named}
        if last != "file":
            return Refusal(400, "InvalidArgument", "POST requires exactly one file upload per request.")
        policy = json.loads(base64.b64decode(given["policy"]))
        if time.time() > policy["expiration"]:
            return Refusal(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        for name in ("key", "Content-Type", "success_action_status"):
            if given.get(name) != policy[name]:
                return Refusal(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed.")
        if len(content) > self.most_bytes:
            return Refusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
        self.uploads.append(content)
        threading.Timer(
            self.shop.view_delay, self._check, (policy["user"], policy["product"], content)
        ).start()
        return None

    def _check(self, user_id: str, product: str, content: bytes) -> None:
        """Do what the desk does with a picture that has come."""
        known = self.photographers[user_id]
        assignment = known.assignment
        if assignment is None or assignment["product"] != product or assignment["state"] != "asked":
            return
        if problem := (self.verdicts.popleft() if self.verdicts else None):
            assignment["problem"] = problem
            return
        path = f"/pictures/{product}/{sha256(content).hexdigest()}.jpg"
        self.pictures[path] = content
        assignment |= {"state": "delivered", "problem": None}
        threading.Timer(self.shop.view_delay, self._publish, (user_id, product, path)).start()

    def _publish(self, user_id: str, product: str, path: str) -> None:
        """Do what comes of the event `product/image`."""
        known = self.photographers[user_id]
        known.assignment, known.completed = None, known.completed + 1
        self.shop.catalog[product]["image"] = path
        self.shop.products[product]["photographer"] = user_id


class UploadsHandler(BaseHTTPRequestHandler):
    """The bucket."""

    protocol_version = "HTTP/1.1"
    shop: StubShop

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def do_OPTIONS(self) -> None:
        self._reply(200, b"", {"access-control-allow-methods": "POST"})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        studio = self.shop.studio
        time.sleep(self.shop.answer_delay)
        fields = _parse_form(self.headers["content-type"], content)
        refused = studio.refusals.popleft() if studio.refusals else studio.upload(fields)
        if refused:
            document = f"<Error><Code>{refused.code}</Code><Message>{refused.message}</Message></Error>"
            self._reply(refused.status, document.encode(), {"content-type": "application/xml"})
        else:
            self._reply(201, b"<PostResponse/>", {"content-type": "application/xml"})

    def _reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        allowed = self.headers.get("origin") == self.shop.address
        cors = {"access-control-allow-origin": self.shop.address, "vary": "Origin"} if allowed else {}
        self.send_response(status)
        for name, value in {**headers, **cors, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _parse_form(content_type: str, body: bytes) -> list[tuple[str, bytes]]:
    """Return the fields of a multipart form in their order."""
    boundary = b"\r\n--" + content_type.partition("boundary=")[2].encode()
    fields = []
    for part in (b"\r\n" + body).split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        fields.append((head.decode().partition('name="')[2].partition('"')[0], content))
    return fields


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
