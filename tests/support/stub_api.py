"""A shop on the loopback to try the page with: its files with their headers, the API, and Cognito's public calls.

Three servers, as in the cloud: the site is one origin, API and Cognito are another, so that CORS is real, and the
bucket for uploads a third (``support.stub_studio``); carts and orders are in ``support.stub_orders``. What the
stream and the winner view do is a dictionary, brought up to date a moment after the answer. A test makes trouble
by the fields and methods of ``StubShop``. For a person: ``PYTHONPATH=src:tests python -m support.stub_api``.
"""

from __future__ import annotations

import base64
import json
import random
import threading
import time
import uuid
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from hello_retail.events import registry
from hello_retail.http_api.mask import mask_user_id
from retailctl.artifacts.page import (
    CONFIG,
    INDEX,
    build_page,
    build_security_headers,
    read_sources,
)
from retailctl.delivery.page import SiteConfig
from support.stub_orders import StubOrders
from support.stub_studio import StubStudio, UploadsHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.artifacts.page import SiteFile

WEB = Path(__file__).resolve().parents[2] / "src" / "web"
GROUPS = {
    "com.nordstrom/product/create/1-0-0": "merchant",
    "com.nordstrom/product/image/1-0-0": "photographer",
    "com.nordstrom/product/price/1-0-0": "merchant",
    "com.nordstrom/product/stock/1-0-0": "merchant",
    "com.nordstrom/product/purchase/1-0-0": None,
    "com.nordstrom/cart/add/1-0-0": None,
    "com.nordstrom/cart/set/1-0-0": None,
    "com.nordstrom/cart/remove/1-0-0": None,
    "com.nordstrom/user-info/register-photographer/1-0-0": "photographer",
    "com.nordstrom/user-info/unregister-photographer/1-0-0": "photographer",
}
CLIENT_ID = "stubclient0123456789"
NOWHERE = "UNKNOWN"
GOODS = (
    ("Books", "Tidewater Press", "A Field Guide to Clouds", 2490),
    ("Books", "Tidewater Press", "The Slow Kitchen", 3200),
    ("Books", "Halftone", "Cities After Rain", 2850),
    ("Garden", "Fern & Son", "Copper watering can", 4900),
    ("Garden", "Fern & Son", "Pruning shears", 3450),
    ("Garden", "Rootline", "Seed box with 24 compartments", 1995),
    ("Household", "Nordlicht", "Reading lamp", 8900),
    ("Household", "Nordlicht", "Wool blanket", 12900),
    ("Household", "Kiln Yard", "Stoneware mug", 1650),
    ("Household", "Kiln Yard", "Salad bowl", 3900),
    ("Household", "Oakwright", "Folding chair", 14900),
    ("Household", "Oakwright", "Bread board", None),
    ("Household", "Brightside", "Enamel kettle", 5400),
    ("Music", "Halftone", "Tuning fork in A", 1290),
    ("Music", "Maple Lane", "Ukulele", 11900),
    ("Shoes", "Strider", "Canvas sneakers", 6900),
    ("Shoes", "Strider", "Rain boots", 5900),
    ("Toys", "Maple Lane", "Wooden train", 3600),
)
OFFERED_AT = "2026-11-20T09:30:00.000Z"


@dataclass(frozen=True)
class Player:
    """Somebody who can sign in. ``challenge`` is what Cognito asks of him first, if anything."""

    username: str
    password: str
    name: str
    groups: tuple[str, ...] = ()
    challenge: str | None = None

    @property
    def user_id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, self.username))


MERCHANT = Player("mira@example.com", "Lantern-Harbour-42", "Mira Sato", ("merchant",))
PHOTOGRAPHER = Player("pavel@example.com", "Orchard-Window-17", "Pavel Novák", ("photographer",))
CUSTOMER = Player("cleo@example.com", "Pebble-Thunder-88", "Cleo Adams", ("customer",))
NEWCOMER = Player("nina@example.com", "Temporary-1", "", ("customer",), "NEW_PASSWORD_REQUIRED")
CAREFUL = Player("tess@example.com", "Quartz-Meadow-63", "Tess Okafor", ("merchant",), "SOFTWARE_TOKEN_MFA")
CODE = "314159"
PLAYERS = (MERCHANT, PHOTOGRAPHER, CUSTOMER, NEWCOMER, CAREFUL)


@dataclass(frozen=True)
class Taken:
    """An event that the API took."""

    user_id: str
    key: str
    data: dict[str, Any]


@dataclass
class StubShop:
    """The state of the shop and the trouble that it makes."""

    token_seconds: int = 3600
    view_delay: float = 0.2
    answer_delay: float = 0.0
    """Seconds that every answer of the API takes."""
    refuse_tokens_unreadably: bool = False
    """Every signed-in request gets a 401 without CORS headers, as MiniStack's API Gateway answers."""
    failures: list[int] = field(default_factory=list)
    """Statuses for the next signed-in requests, each once; 0 takes the event and breaks the answer off."""
    failures_of: dict[str, list[int]] = field(default_factory=dict)
    """The same for single kinds of events: create, price, stock."""
    stalls: int = 0
    """How many of the API's next answers send their headers and then no body, until the browser gives up."""
    stalls_of: str = ""
    """The only path whose answers stall; "" for every."""
    refresh_works: bool = True
    problem: dict[str, Any] | None = None
    """A problem document for the next event, once."""
    problem_kind: str = ""
    """The only kind of event that ``problem`` is for; "" for every."""
    page_size: int = 100
    currency: str | None = "USD"
    has_studio: bool = False
    """Whether the page's configuration has a place for uploads."""
    workshop: bool = True
    """Whether people may send sales and pictures directly."""

    taken: list[Taken] = field(default_factory=list)
    attempts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Key and body of every POST that arrived, taken or not."""
    products: dict[str, dict[str, str | None]] = field(default_factory=dict)
    scores: dict[str, Counter[str]] = field(
        default_factory=lambda: {"creator": Counter(), "photographer": Counter()}
    )
    catalog: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was offered, by product id: the merchant's user id, texts, price, picture, pieces in stock."""
    sales: Counter[str] = field(default_factory=Counter)
    """Sales by product id."""
    names: dict[str, str] = field(default_factory=dict)
    score_answers: Counter[int] = field(default_factory=Counter)
    """How many answers of each status `GET /scores` gave."""
    revoked: list[str] = field(default_factory=list)
    studio: StubStudio = field(init=False)
    orders: StubOrders = field(init=False)

    address: str = ""
    api_url: str = ""
    site_files: dict[str, SiteFile] = field(default_factory=dict)
    """The page's files by path, as they were when it was last loaded."""
    _tokens: dict[str, tuple[Player, float]] = field(default_factory=dict)
    _refresh: dict[str, Player] = field(default_factory=dict)
    _answers: dict[tuple[str, str], tuple[str, dict[str, str]]] = field(default_factory=dict)
    _guard: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.studio = StubStudio(self)
        self.orders = StubOrders(self)

    def stalled(self, path: str) -> bool:
        """Return whether the answer to a request stalls; count it."""
        with self._guard:
            is_stalled = self.stalls > 0 and self.stalls_of in {"", path}
            self.stalls -= is_stalled
            return is_stalled

    def end_sessions(self) -> None:
        """Let no token that was given out do any more."""
        with self._guard:
            self._tokens.clear()
            self._refresh.clear()

    def credit(self, role: str, name: str, sales: int) -> None:
        """Put somebody on a board."""
        with self._guard:
            user_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
            self.names[user_id] = name
            self.scores[role][user_id] += sales

    def stock(self, product_id: str, creator: str | None, photographer: str | None, **catalog: Any) -> None:
        """Put a product into the shop, by display names of who offered and photographed it.

        ``catalog`` takes the place of what the catalog would say of it.
        """
        with self._guard:
            ids = [
                None if name is None else str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
                for name in (creator, photographer)
            ]
            self.products[product_id] = {"creator": ids[0], "photographer": ids[1]}
            if ids[0]:
                plain = {"merchant": ids[0], "brand": "Nordlicht", "name": f"Product {product_id}",
                         "description": "Made to last.", "category": "Household", "cents": 1250,
                         "image": None, "offeredAt": OFFERED_AT, "pieces": 20}  # fmt: skip
                self.catalog[product_id] = {**plain, **catalog}
            self.names |= {
                user_id: name
                for user_id, name in zip(ids, (creator, photographer), strict=True)
                if user_id and name
            }

    def token_for(self, player: Player) -> dict[str, Any]:
        """Return Cognito's AuthenticationResult."""
        now = int(time.time())
        claims = {
            "sub": player.user_id,
            "name": player.name or player.username,
            "cognito:username": player.user_id,
            "cognito:groups": list(player.groups),
            "iat": now,
            "exp": now + self.token_seconds,
            "jti": uuid.uuid4().hex,
        }
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        token, refresh = f"e30.{body}.c3R1Yg", uuid.uuid4().hex
        with self._guard:
            self._tokens[token] = (player, now + self.token_seconds)
            self._refresh[refresh] = player
        return {"IdToken": token, "AccessToken": "stub", "RefreshToken": refresh, "ExpiresIn": 60}

    def player_of(self, authorization: str) -> Player | None:
        """Return who a good token belongs to."""
        player, end = self._tokens.get(authorization.removeprefix("Bearer "), (None, 0.0))
        return player if time.time() < end else None

    def take(self, player: Player, key: str, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body for an event; count it once for its key."""
        kind = data.get("schema")
        if kind not in GROUPS:
            return 400, _problem(400, "The schema is not one that this shop takes.")
        if refusal := self._refuse(player, kind):
            return 403, _problem(403, refusal)
        data = dict(data)
        body = json.dumps(data, sort_keys=True)
        with self._guard:
            if (player.user_id, key) in self._answers:
                before, answer = self._answers[player.user_id, key]
                if before != body:
                    return 422, _problem(422, "This Idempotency-Key came with another body before.")
                return 202, answer
            if kind.endswith("create/1-0-0"):
                data.setdefault("id", str(uuid.uuid4()))
            if errors := _list_errors(player, kind, data):
                return 400, {**_problem(400, "The event does not fit its schema."), "errors": errors}
            answer = {"eventId": str(uuid.uuid4())}
            if "/product/" in kind:
                answer["productId"] = data["id"]
            self._answers[player.user_id, key] = (body, answer)
            self.taken.append(Taken(player.user_id, key, data))
            self.names[player.user_id] = player.name
        threading.Timer(self.view_delay, self._fold, (player, data)).start()
        return 202, answer

    def _refuse(self, player: Player, kind: str) -> str:
        """Return why somebody may not send a kind of event; "" where they may."""
        group = GROUPS[kind]
        if group and group not in player.groups:
            return f"Only users of the group {group} may send this event."
        return "Sales come from orders here." if "/purchase/" in kind and not self.workshop else ""

    def _fold(self, player: Player, data: dict[str, Any]) -> None:
        with self._guard:
            if "/user-info/" in data["schema"]:
                registers = data["schema"].endswith("/register-photographer/1-0-0")
                (self.studio.register if registers else self.studio.leave)(player.user_id)
                return
            if "/cart/" in data["schema"]:
                self.orders.change(player.user_id, data)
                return
            known = self.products.setdefault(data["id"], {"creator": None, "photographer": None})
            item = self.catalog.get(data["id"])
            if data["schema"].endswith("create/1-0-0"):
                known["creator"] = known["creator"] or player.user_id
                texts = {name: data[name] for name in ("brand", "name", "description", "category")}
                first = {"merchant": player.user_id, "cents": None, "image": None, "offeredAt": OFFERED_AT,
                         "pieces": 0}  # fmt: skip
                if item is None or item["merchant"] == player.user_id:
                    self.catalog[data["id"]] = {**first, **(item or {}), **texts}
            elif data["schema"].endswith(("price/1-0-0", "stock/1-0-0")):
                if item is not None and item["merchant"] == player.user_id:
                    item["cents"] = data.get("cents", item["cents"])
                    item["pieces"] += data.get("added", 0)
            elif data["schema"].endswith("image/1-0-0"):
                known["photographer"] = known["photographer"] or player.user_id
            else:
                self.sales[data["id"]] += 1
                for role in ("creator", "photographer"):
                    self.scores[role][known[role] or NOWHERE] += 1

    def board(self, role: str, limit: int) -> list[dict[str, Any]]:
        """Return what `GET /scores` answers."""
        with self._guard:
            scores = [(-score, user) for user, score in self.scores[role].items() if user != NOWHERE]
            return [
                {
                    "rank": rank,
                    "userId": mask_user_id(user),
                    "name": self.names.get(user, mask_user_id(user)),
                    "score": -score,
                }
                for rank, (score, user) in enumerate(sorted(scores)[:limit], 1)
            ]

    def trending(self, limit: int) -> list[dict[str, Any]]:
        """Return what `GET /trending` answers; every sale is one of this moment."""
        with self._guard:
            sold = sorted((-score, product) for product, score in self.sales.items())[:limit]
        return [
            {"rank": rank, "productId": product, "score": float(-score)}
            for rank, (score, product) in enumerate(sold, 1)
        ]

    def categories(self) -> list[dict[str, Any]]:
        """Return every category as `GET /categories` does."""
        with self._guard:
            counts = Counter(item["category"] for item in self.catalog.values())
        return [{"category": category, "products": counts[category]} for category in sorted(counts)]

    def shelf(self, category: str) -> list[dict[str, Any]]:
        """Return every product of a category as `GET /products` does."""
        with self._guard:
            items = sorted(
                (item["name"].casefold(), product)
                for product, item in self.catalog.items()
                if item["category"] == category
            )
            return [self._listed(product) for _, product in items]

    def product(self, product_id: str) -> dict[str, Any] | None:
        """Return what `GET /products/{id}` answers; None for what was never offered."""
        with self._guard:
            item = self.catalog.get(product_id)
            if item is None:
                return None
            more = {"merchant": mask_user_id(item["merchant"]), "inStock": item["pieces"] > 0}
            kept = {name: item[name] for name in ("category", "offeredAt")}
            return {**self._listed(product_id), **kept, **more}

    def _listed(self, product_id: str) -> dict[str, Any]:
        names = ("brand", "name", "description", "cents", "image")
        return {"id": product_id, **{name: self.catalog[product_id][name] for name in names}}

    def contributions(self) -> list[dict[str, Any]]:
        """Return every product as `GET /contributions` does."""
        with self._guard:
            return [
                {"productId": product, **{role: user and mask_user_id(user) for role, user in known.items()}}
                for product, known in self.products.items()
            ]


def _list_errors(player: Player, kind: str, data: dict[str, Any]) -> list[dict[str, str]]:
    """Return what is wrong with an event, as a problem document tells it."""
    if "/user-info/" in kind and data.get("id") != player.user_id:
        return [{"pointer": "/id", "detail": "must be the id of the user who sends the event"}]
    broken = registry.list_violations(kind, data)
    return [{"pointer": each.pointer, "detail": each.detail} for each in broken]


@lru_cache(maxsize=1)
def _build_files(sources: tuple[tuple[str, bytes], ...]) -> dict[str, SiteFile]:
    """Return the page's files by path; to build them for each request would be half the tests' work in Python."""
    return {file.path: file for file in build_page(dict(sources))}


def _problem(status: int, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": "Problem", "status": status, "detail": detail}


class _Handler(BaseHTTPRequestHandler):
    """What both servers share."""

    protocol_version = "HTTP/1.1"
    shop: StubShop

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304 and "content-length" not in headers:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Site(_Handler):
    """The distribution: the deployed files with their headers, and the security headers on every answer."""

    def do_GET(self) -> None:
        shop = self.shop
        uploads_url = shop.studio.address if shop.has_studio else None
        config = SiteConfig(
            "stub", shop.api_url, "us-east-1", "stub", CLIENT_ID, f"{shop.api_url}/cognito/", shop.currency,
            uploads_url, shop.workshop,
        )  # fmt: skip
        if self.path in shop.studio.pictures:
            kept = {"content-type": "image/jpeg", "content-security-policy": "default-src 'none'; sandbox"}
            self.reply(200, shop.studio.pictures[self.path], kept)
            return
        path = urlsplit(self.path).path.lstrip("/") or INDEX
        if path == INDEX or not shop.site_files:
            shop.site_files = _build_files(tuple(read_sources(WEB).items()))
        found = config.render_file() if path == CONFIG else shop.site_files.get(path)
        # The transport is plain here: STS would be ignored anyhow.
        headers = build_security_headers(shop.api_url, shop.api_url, uploads_url)
        del headers["strict-transport-security"]
        if found is None:
            self.reply(403, b"", headers)
            return
        encoding = {"content-encoding": found.content_encoding} if found.content_encoding else {}
        named = {"content-type": found.content_type, "cache-control": found.cache_control}
        self.reply(200, found.content, {**headers, **named, **encoding})


class _Api(_Handler):
    """API Gateway and Cognito."""

    def cors(self) -> dict[str, str]:
        if self.headers.get("origin") != self.shop.address:
            return {}
        return {
            "access-control-allow-origin": self.shop.address,
            "access-control-expose-headers": "date,link,retry-after",
            "vary": "origin",
        }

    def answer(
        self, status: int, body: Any, headers: dict[str, str] | None = None, *, cors: bool = True
    ) -> None:
        time.sleep(self.shop.answer_delay)
        kind = "application/json" if status < 300 else "application/problem+json"
        content = json.dumps(body).encode()
        headers = {"content-type": kind, **(self.cors() if cors else {}), **(headers or {})}
        if self.shop.stalled(urlsplit(self.path).path):
            self.reply(status, b"", {**headers, "content-length": str(len(content))})
            self.rfile.read(1)
            self.close_connection = True
            return
        self.reply(status, content, headers)

    def do_OPTIONS(self) -> None:
        allowed = {
            "access-control-allow-methods": "GET,POST,PUT",
            "access-control-allow-headers": "authorization,content-type,idempotency-key",
            "access-control-max-age": "600",
        }
        if self.path.startswith("/cognito/"):
            allowed["access-control-allow-headers"] = "content-type,x-amz-target"
        self.reply(204, b"", {**self.cors(), **allowed})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/scores":
            role = {"merchant": "creator"}.get(query["role"], query["role"])
            self.cacheable(self.shop.board(role, int(query.get("limit", "1"))))
        elif url.path.startswith(("/assignments", "/cart", "/orders")):
            self.own(url.path, query)
        elif url.path == "/winners":
            self.answer(200, {"merchant": None, "photographer": None})
        elif url.path == "/trending":
            self.answer(200, self.shop.trending(int(query.get("limit", "10"))))
        elif url.path == "/contributions":
            self.page("contributions", query, self.shop.contributions())
        elif url.path == "/categories":
            self.page("categories", query, self.shop.categories())
        elif url.path == "/products" and "category" not in query:
            self.answer(400, _problem(400, "The query parameter category is missing."))
        elif url.path == "/products":
            self.page("products", query, self.shop.shelf(query["category"]))
        elif url.path.startswith("/products/"):
            found = self.shop.product(unquote(url.path.rpartition("/")[2]))
            if found:
                self.answer(200, found)
            else:
                self.answer(404, _problem(404, "No product with this id has been offered."))
        else:
            self.answer(404, _problem(404, "There is no such resource."))

    def page(self, resource: str, query: dict[str, str], every: list[dict[str, Any]]) -> None:
        """Answer one page of a list, with a link to the next."""
        start = int(query.get("cursor", "0"))
        end = start + min(int(query.get("limit", "25")), self.shop.page_size)
        following = urlencode({**query, "cursor": end})
        more = {"link": f'<{resource}?{following}>; rel="next"'} if end < len(every) else {}
        self.answer(200, every[start:end], more)

    def cacheable(self, body: Any) -> None:
        tag = f'"{blake2b(json.dumps(body).encode(), digest_size=8).hexdigest()}"'
        headers = {"etag": tag, "cache-control": "public, max-age=2"}
        status = 304 if self.headers.get("if-none-match") == tag else 200
        self.shop.score_answers[status] += 1
        if status == 304:
            self.reply(304, b"", {**self.cors(), **headers})
        else:
            self.answer(200, body, headers)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.startswith("/cognito/"):
            self.cognito(self.headers["x-amz-target"].rpartition(".")[2], body)
        elif self.path.startswith("/assignments/"):
            self.ticket(unquote(self.path.split("/")[2]), body)
        else:
            self.event(body)

    def photographer(self) -> Player | None:
        """Return the photographer who asks; answer anybody else."""
        player = self.shop.player_of(self.headers.get("authorization", ""))
        if player is None or self.shop.refuse_tokens_unreadably:
            self.answer(401, {"message": "Unauthorized"}, cors=False)
        elif "photographer" not in player.groups:
            self.answer(403, _problem(403, "Only users of the group photographer may see this."))
        else:
            return player
        return None

    def inbox(self) -> None:
        if player := self.photographer():
            headers = {"cache-control": "private, no-store"}
            self.answer(200, self.shop.studio.inbox(player.user_id), headers)

    def own(self, path: str, query: dict[str, str]) -> None:
        """Answer what is the signed-in user's own."""
        if path == "/assignments":
            self.inbox()
            return
        player, orders = self.signed_in(), self.shop.orders
        if player is None:
            return
        if path == "/orders":
            self.page("orders", query, orders.list_orders(player.user_id))
        elif path == "/cart":
            status = orders.cart_failures.popleft() if orders.cart_failures else 200
            problem = _problem(status, f"The cart made a {status}.")
            self.answer(status, orders.cart(player.user_id) if status == 200 else problem)
        elif found := orders.find(player.user_id, path.rpartition("/")[2]):
            self.answer(200, found)
        else:
            self.answer(404, _problem(404, "You have no such order."))

    def signed_in(self) -> Player | None:
        """Return who is signed in; answer anybody else."""
        player = self.shop.player_of(self.headers.get("authorization", ""))
        if player is None or self.shop.refuse_tokens_unreadably:
            self.answer(401, {"message": "Unauthorized"}, cors=False)
            return None
        return player

    def do_PUT(self) -> None:
        orders, order_id = self.shop.orders, self.path.rpartition("/")[2]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        orders.attempts.append((order_id, body))
        player = self.signed_in()
        if player is None:
            return
        if "customer" not in player.groups:
            self.answer(403, _problem(403, "Only users of the group customer may order."))
            return
        status = orders.failures.popleft() if orders.failures else 0
        if status <= 0:
            with self.shop._guard:
                code, answer = orders.place(player.user_id, order_id, body)
        if status:
            self.answer(abs(status), _problem(abs(status), f"The order made a {abs(status)}."))
            return
        self.answer(code, answer, {"location": f"/orders/{order_id}"} if code == 202 else None)

    def ticket(self, product: str, body: dict[str, Any]) -> None:
        if player := self.photographer():
            self.answer(*self.shop.studio.ticket(player.user_id, product, body))

    def event(self, body: dict[str, Any]) -> None:
        shop = self.shop
        key = self.headers.get("idempotency-key", "")
        shop.attempts.append((key, body))
        player = shop.player_of(self.headers.get("authorization", ""))
        if player is None or shop.refuse_tokens_unreadably:
            self.answer(401, {"message": "Unauthorized"}, cors=False)
            return
        kind = str(body.get("schema")).rpartition("/")[0].rpartition("/")[2]
        if shop.problem and shop.problem_kind in {"", kind}:
            problem, shop.problem = shop.problem, None
            self.answer(problem["status"], problem)
            return
        failures = shop.failures_of.get(kind) or shop.failures
        status = failures.pop(0) if failures else None
        if status:
            headers = {"retry-after": "1"} if status == 503 else {}
            self.answer(status, _problem(status, f"The shop made a {status}."), headers)
            return
        code, answer = shop.take(player, key, body)
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        self.answer(code, answer)

    def refuse(self, code: str, message: str) -> None:
        self.answer(400, {"__type": code, "message": message})

    def cognito(self, action: str, body: dict[str, Any]) -> None:
        actions = {
            "InitiateAuth": self.initiate,
            "RespondToAuthChallenge": self.respond,
            "GetTokensFromRefreshToken": self.refresh,
            "RevokeToken": self.revoke,
        }
        if body.get("ClientId") != CLIENT_ID:
            self.refuse("ResourceNotFoundException", "No such client.")
        else:
            actions[action](body)

    def initiate(self, body: dict[str, Any]) -> None:
        given = body["AuthParameters"]
        player = next((player for player in PLAYERS if player.username == given["USERNAME"]), None)
        if player is None or player.password != given["PASSWORD"]:
            self.refuse("NotAuthorizedException", "Incorrect username or password.")
        elif player.challenge:
            parameters = {"USER_ID_FOR_SRP": player.user_id}
            if player.challenge == "NEW_PASSWORD_REQUIRED":
                parameters["requiredAttributes"] = '["userAttributes.name"]'
            self.answer(
                200,
                {
                    "ChallengeName": player.challenge,
                    "Session": player.user_id,
                    "ChallengeParameters": parameters,
                },
            )
        else:
            self.answer(200, {"AuthenticationResult": self.shop.token_for(player)})

    def respond(self, body: dict[str, Any]) -> None:
        player = next(player for player in PLAYERS if player.user_id == body["Session"])
        given = body["ChallengeResponses"]
        if body["ChallengeName"] == "SOFTWARE_TOKEN_MFA" and given["SOFTWARE_TOKEN_MFA_CODE"] != CODE:
            self.refuse("CodeMismatchException", "Invalid code received for user")
        elif body["ChallengeName"] == "NEW_PASSWORD_REQUIRED" and len(given["NEW_PASSWORD"]) < 12:
            self.refuse(
                "InvalidPasswordException",
                "Password did not conform with policy: Password not long enough",
            )
        else:
            named = Player(
                player.username,
                player.password,
                given.get("userAttributes.name", player.name),
                player.groups,
            )
            self.answer(200, {"AuthenticationResult": self.shop.token_for(named)})

    def refresh(self, body: dict[str, Any]) -> None:
        player = self.shop._refresh.get(body["RefreshToken"])
        if player is None or not self.shop.refresh_works:
            self.refuse("NotAuthorizedException", "Refresh Token has been revoked")
            return
        tokens = self.shop.token_for(player)
        del tokens["RefreshToken"]
        self.answer(200, {"AuthenticationResult": tokens})

    def revoke(self, body: dict[str, Any]) -> None:
        self.shop.revoked.append(body["Token"])
        self.shop._refresh.pop(body["Token"], None)
        self.answer(200, {})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """Say nothing of connections that a browser or a test broke off."""


@contextmanager
def serving(port: int = 0) -> Iterator[StubShop]:
    """Serve a shop on the loopback; the site on ``port``."""
    shop = StubShop()
    api = _Server(("127.0.0.1", 0), type("Api", (_Api,), {"shop": shop}))
    site = _Server(("127.0.0.1", port), type("Site", (_Site,), {"shop": shop}))
    uploads = _Server(("127.0.0.1", 0), type("Uploads", (UploadsHandler,), {"shop": shop}))
    servers = (api, site, uploads)
    shop.address = f"http://127.0.0.1:{site.server_port}"
    shop.api_url = f"http://127.0.0.1:{api.server_port}"
    shop.studio.address = f"http://127.0.0.1:{uploads.server_port}"
    threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield shop
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def open_for_business(shop: StubShop, seed: int = 7) -> random.Random:
    """Fill a shop with people and products, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a show, no secret
    merchants = ["Grace Lindqvist", "Amara Obi", "Jun Takahashi", "Rosa Delgado", "Elif Demir", "Tom Becker",
                 "Lucía Fuentes", "Samir Haddad", "Ingrid Olsen", "Wei Chen", "Noor Aziz"]  # fmt: skip
    photographers = ["Ada Whitfield", "Mateo Rossi", "Hana Kim", "Oskar Nilsson", "Zuri Mwangi", "Léa Moreau",
                     "Diego Silva", "Priya Nair", "Yusuf Kaya", "Freya Lund", "Kofi Mensah"]  # fmt: skip
    for names, role in ((merchants, "creator"), (photographers, "photographer")):
        for index, name in enumerate(names):
            shop.credit(role, name, 168 - index * 9 + chance.randrange(9))
    for index, (category, brand, name, cents) in enumerate(GOODS):
        product = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        shop.stock(
            product, chance.choice(merchants), None if index % 3 == 0 else chance.choice(photographers),
            category=category, brand=brand, name=name, cents=cents, pieces=index % 5 * 4,
            description=f"{name} by {brand}: made to last, and easy to repair.",
        )  # fmt: skip
        shop.sales[product] = 3 + chance.randrange(40) if index % 3 == 1 else 0
    shop.sales += Counter()  # only what sold
    return chance


def sell(shop: StubShop, chance: random.Random, sales: int) -> None:
    """Let some products be bought, some people's more than others'."""
    for _ in range(sales):
        for role, most in (("creator", 6), ("photographer", 5)):
            users = list(shop.scores[role])
            with shop._guard:
                shop.scores[role][users[min(chance.randrange(len(users)), chance.randrange(most) + 2)]] += 1


def main() -> None:
    """Serve a lively shop until Ctrl-C."""
    with serving(port=8123) as shop:
        chance = open_for_business(shop)
        shop.has_studio = shop.workshop = True
        print(f"{shop.address}/")  # noqa: T201 - the address is what a person needs
        for player in PLAYERS:
            print(f"  {player.username}  {player.password}  {', '.join(player.groups)}")  # noqa: T201 - so are these
        try:
            while True:
                sell(shop, chance, 2)
                shop.studio.ask_all()
                time.sleep(1.5)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
