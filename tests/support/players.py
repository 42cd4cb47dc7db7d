"""People who play in an applied environment: their accounts, tokens and requests to its front door."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from retailctl.stream.reader import read_payloads
from retailctl.users import pool as users
from retailctl.users import sign_in
from support.asking import Answer, ask

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud
    from support.e2e import Landscape

OFFER = "com.nordstrom/product/create/1-0-0"
IMAGE = "com.nordstrom/product/image/1-0-0"
PURCHASE = "com.nordstrom/product/purchase/1-0-0"
OUR_ORIGIN = re.compile(
    rb'"origin":"[a-z0-9-]+/(web-client-[a-z-]+|studio-report|order-confirm)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/'
)
"""The origin of an event of a user of Cognito's: through the front door, by the studio or by an order."""


@dataclass(frozen=True)
class Player:
    """Somebody with an account: ``user_id`` is the token's ``sub``, ``token`` an ID token."""

    username: str
    password: str = field(repr=False)
    name: str
    user_id: str
    token: str = field(repr=False)


@dataclass
class FrontDoor:
    """The front door of an environment that is up, and all who came through it.

    Attributes:
        there: where it is applied.
        environment: which it is.
        told: what no log may hold, each with a word for what it is: it grows as people play.

    """

    there: Landscape
    environment: str
    told: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def found(self) -> dict[str, Any]:
        return self.there.outputs[self.environment]

    @property
    def cloud(self) -> Cloud:
        return self.there.cloud

    @property
    def api_url(self) -> str:
        return str(self.found["api_url"])

    @property
    def pool(self) -> users.Pool:
        return users.find_pool(self.there.target(self.environment), self.found)

    def admit(self, *groups: str, name: str = "") -> Player:
        """Make an account in these groups, and sign in with it."""
        mark = secrets.token_hex(4)
        newcomer = users.Newcomer(
            f"player-{mark}", users.generate_password(), name or f"Player {mark}", groups
        )
        user_id = self.pool.create_account(newcomer)
        token = sign_in.sign_in(self.pool, newcomer.username, newcomer.password)
        self.told |= {
            newcomer.password: "a password",
            newcomer.name: "a display name",
            newcomer.username: "a user name",
            user_id: "a user id",
            token: "a token",
        }
        return Player(newcomer.username, newcomer.password, newcomer.name, user_id, token)

    def send(self, data: object, token: str | None = None, **headers: str) -> Answer:
        """Post an event's data; as nobody without a token."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        body = data.encode() if isinstance(data, str) else json.dumps(data).encode()
        return ask(f"{self.api_url}/events", "POST", body, **{"content_type": "application/json", **headers})

    def offer(self, merchant: Player, **headers: str) -> str:
        """Offer a product whose every word is known not to be a log's; return its id."""
        words = {
            part: f"{part} {secrets.token_hex(6)}" for part in ("brand", "name", "description", "category")
        }
        self.told |= {words[part]: f"a product's {part}" for part in words}
        answer = self.send({"schema": OFFER, **words}, merchant.token, **headers)
        assert answer.status == 202, answer.body
        return str(answer.json()["productId"])

    def buy(self, customer: Player, product: str, **headers: str) -> Answer:
        return self.send({"schema": PURCHASE, "id": product}, customer.token, **headers)

    def sales_of(self, contributor: Player, role: str = "creator") -> int:
        """Return what the board says of somebody."""
        rows = ask(f"{self.api_url}/scores?role={role}&limit=100").json()
        return sum(row["score"] for row in rows if row["name"] == contributor.name)

    def events(self, kind: str, by: Player) -> list[dict[str, Any]]:
        """Return somebody's events of a kind, as they are on the stream."""
        return [
            envelope
            for envelope in self.envelopes()
            if envelope["data"]["schema"] == kind and envelope["origin"].split("/")[2] == by.user_id
        ]

    def envelopes(self) -> list[dict[str, Any]]:
        """Return all that came through the front door, as it is on the stream."""
        payloads = read_payloads(self.cloud.client("kinesis"), self.found["stream_name"])
        return [json.loads(payload) for payload in payloads if came_through(payload)]


def came_through(payload: bytes) -> bool:
    """Say whether a record on the stream came through the front door."""
    return OUR_ORIGIN.search(payload) is not None
