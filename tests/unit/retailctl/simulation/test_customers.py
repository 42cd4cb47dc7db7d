"""Simulated customers before an API that is stood in for: what they order, and what they report."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from http import HTTPStatus
from typing import Any

import pytest

from retailctl.errors import UserError
from retailctl.http import HttpReply, NoReply
from retailctl.simulation import customers
from retailctl.simulation.api_client import NotAnswered
from retailctl.simulation.baskets import Basket
from retailctl.simulation.customers import Customers, mint_order_id
from retailctl.simulation.habits import Purchase
from retailctl.simulation.people import Guests

PATIENCE = 20.0


class Api:
    """Answers the requests of customers; failures are raised first, one a request."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = [
            {"id": "p", "quantity": 1, "cents": 100},
            {"id": "q", "quantity": 2, "cents": 50},
            {"id": "unknown", "quantity": 1, "cents": None},
        ]
        self.failures: list[Exception] = []
        """Of looks into the cart."""
        self.order_failures: list[Exception] = []
        self.looks = 0
        self.orders: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, _api_url: str) -> Api:
        return self

    def send(
        self, method: str, path: str, token: str, body: Any = None, *, expected: HTTPStatus = HTTPStatus.OK
    ) -> dict[str, Any]:
        if method == "GET":
            assert (path, expected) == ("/cart", HTTPStatus.OK)
            self.looks += 1
            failures = self.failures
        else:
            assert (method, expected) == ("PUT", HTTPStatus.ACCEPTED)
            self.orders.append((token, path, body))
            failures = self.order_failures
        if failures:
            raise failures.pop(0)
        return {"lines": self.lines}

    def close(self) -> None:
        pass


def refusal(status: HTTPStatus) -> NotAnswered:
    return NotAnswered(HttpReply(status, reason=status.phrase))


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    api = Api()
    monkeypatch.setattr(customers, "ApiClient", api)
    monkeypatch.setattr(customers, "FIRST_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(customers, "LOOK_SECONDS", 0.01)
    return api


def order(*baskets: Basket, guests: Guests | None = None) -> customers.CustomersReport:
    """Let customers order baskets, and return their report once none is left."""
    with Customers("http://x", guests or Guests({"ann": "token"}, lambda _: "new token")) as at_work:
        for basket in baskets:
            at_work.order_basket(basket)
        deadline = time.monotonic() + PATIENCE
        while at_work.count_tasks() and at_work.trouble is None:
            assert time.monotonic() < deadline, "it never was ordered"
            time.sleep(0.01)
    at_work.check()
    return at_work.report


def test_what_the_cart_shows_and_has_a_price_is_ordered_at_its_total(api: Api) -> None:
    report = order(Basket("ann", {"p": 1, "q": 2, "unknown": 1}))

    ((token, path, body),) = api.orders
    assert (token, path) == ("token", f"/orders/{next(iter(report.placed))}")
    assert body == {
        "lines": [{"id": "p", "quantity": 1}, {"id": "q", "quantity": 2}],
        "totalCents": 200,
        "paymentToken": "tok_ok",
    }
    assert report.purchases == Counter({Purchase.PLAIN: 1})
    assert report.format_lines() == []


@pytest.mark.parametrize(
    ("purchase", "token", "total"),
    [
        (Purchase.DECLINED, "tok_declined", 100),
        (Purchase.FLAKY, "tok_flaky", 100),
        (Purchase.CHANGED_PRICE, "tok_ok", 101),
    ],
)
def test_how_they_order_is_in_the_body(api: Api, purchase: Purchase, token: str, total: int) -> None:
    report = order(Basket("ann", {"p": 1}, purchase))

    ((_, _, body),) = api.orders
    assert (body["paymentToken"], body["totalCents"]) == (token, total)
    assert report.format_lines() == [f"Orders made otherwise: 1 {purchase}."]


def test_a_cart_that_does_not_show_it_yet_is_looked_at_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "CART_SECONDS", 0.05)

    report = order(Basket("ann", {"p": 1, "late": 1}))

    assert api.looks > 1
    ((_, _, body),) = api.orders
    assert body["lines"] == [{"id": "p", "quantity": 1}]
    assert len(report.placed) == 1


def test_a_cart_without_anything_for_sale_is_not_ordered(api: Api) -> None:
    report = order(Basket("ann", {"unknown": 1}))

    assert (api.orders, report.placed) == ([], set())
    assert report.format_lines() == ["1 carts had nothing that is for sale."]


def test_an_order_whose_answer_was_lost_is_sent_again_under_its_id(api: Api) -> None:
    api.lines = api.lines[:1]
    api.failures = [refusal(HTTPStatus.SERVICE_UNAVAILABLE)]
    api.order_failures = [NoReply(TimeoutError()), refusal(HTTPStatus.GATEWAY_TIMEOUT)]

    report = order(Basket("ann", {"p": 1}))

    assert api.orders[0] == api.orders[1] == api.orders[2]
    assert (len(api.orders), len(report.placed)) == (3, 1)
    assert report.refused == {
        "503 Service Unavailable to a look into the cart": 1,
        "TimeoutError to an order": 1,
        "504 Gateway Timeout to an order": 1,
    }


def test_what_is_refused_for_good_is_told_and_not_sent_again(api: Api) -> None:
    api.order_failures = [refusal(HTTPStatus.UNPROCESSABLE_ENTITY)]

    report = order(Basket("ann", {"p": 1}))

    assert len(api.orders) == 1
    assert report.placed == set()
    assert report.format_lines() == ["Orders refused or failed: 1 of 422 Unprocessable Entity to an order."]


def test_an_ended_token_is_renewed(api: Api) -> None:
    api.failures = [refusal(HTTPStatus.UNAUTHORIZED)]

    order(Basket("ann", {"p": 1}))

    assert [token for token, _, _ in api.orders] == ["new token"]


def test_a_defect_ends_the_day_in_words(api: Api) -> None:
    api.failures = [ZeroDivisionError("by nothing")]
    with pytest.raises(UserError, match=r"The customers stopped, by ZeroDivisionError \(by nothing\)"):
        order(Basket("ann", {"p": 1}))


def test_an_order_id_is_a_uuidv7_of_its_time() -> None:
    ids = [uuid.UUID(mint_order_id(1_764_331_200.25)) for _ in range(50)]

    assert {(each.version, each.variant) for each in ids} == {(7, uuid.RFC_4122)}
    assert {each.int >> 80 for each in ids} == {1_764_331_200_250}
    assert len(set(ids)) == 50
