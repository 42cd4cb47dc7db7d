from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from hello_retail.aws_failures import Unavailable
from hello_retail.http_api.problems import Problem
from hello_retail.http_api.protocol import HttpRequest
from hello_retail.winner_api.api import BOARD_SECONDS, WinnerApi
from hello_retail.winner_api.board import Contribution, Score
from hello_retail.winner_api.store import ContributionPage


@dataclass
class MemoryStore:
    boards: dict[str, list[Score]] = field(default_factory=dict)
    products: dict[str, Contribution] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    down: bool = False

    def read_scores(self, role: str) -> list[Score]:
        if self.down:
            raise Unavailable("ThrottlingException")
        self.reads.append(role)
        return self.boards.get(role, [])

    def read_contributions(self, limit: int, after: str | None) -> ContributionPage:
        ids = sorted(product_id for product_id in self.products if after is None or product_id > after)
        page = tuple(self.products[product_id] for product_id in ids[:limit])
        return ContributionPage(page, page[-1].product_id if len(ids) > limit else None)

    def read_contribution(self, product_id: str) -> Contribution | None:
        self.reads.append(product_id)
        return self.products.get(product_id)


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class World:
    store: MemoryStore
    clock: Clock
    api: WinnerApi

    def get(self, path: str, **query: str) -> Any:
        return json.loads(self.api.answer_request(HttpRequest("GET", path, query, {})).body)


@pytest.fixture
def world() -> World:
    store, clock = MemoryStore(), Clock()
    return World(store, clock, WinnerApi(store, clock))  # type: ignore[arg-type] # a port's fake


def problem(world: World, method: str, path: str, **query: str) -> Problem:
    with pytest.raises(Problem) as raised:
        world.api.answer_request(HttpRequest(method, path, query, {}))
    return raised.value


def test_a_warm_function_reads_a_board_once_in_two_seconds(world: World) -> None:
    world.store.boards["creator"] = [Score("user-a", "A", 1)]
    world.get("/scores", role="creator")
    world.clock.seconds = BOARD_SECONDS - 0.001
    world.store.boards["creator"] = [Score("user-a", "A", 2)]
    assert world.get("/scores", role="merchant")[0]["score"] == 1
    world.clock.seconds = BOARD_SECONDS
    assert world.get("/scores", role="creator")[0]["score"] == 2
    assert world.store.reads == ["creator", "creator"]


def test_an_empty_board_is_kept_too(world: World) -> None:
    assert world.get("/scores", role="creator") == world.get("/scores", role="creator") == []
    assert world.store.reads == ["creator"]


def test_each_role_has_a_board_of_its_own_and_the_winners_share_them(world: World) -> None:
    world.store.boards = {"creator": [Score("user-a", "A", 1)], "photographer": [Score("user-b", "B", 2)]}
    assert world.get("/scores", role="photographer")[0]["name"] == "B"
    assert {role: best["name"] for role, best in world.get("/winners").items()} == {
        "merchant": "A",
        "photographer": "B",
    }
    assert sorted(world.store.reads) == ["creator", "photographer"]


def test_a_read_that_failed_is_not_kept(world: World) -> None:
    world.store.down = True
    with pytest.raises(Unavailable):
        world.get("/scores", role="creator")
    world.store.down = False
    assert world.get("/scores", role="creator") == []


def test_scores_has_one_line_unless_the_limit_says_more(world: World) -> None:
    world.store.boards["creator"] = [Score(f"user-{number}", "name", number) for number in range(1, 151)]
    assert len(world.get("/scores", role="creator")) == 1
    assert len(world.get("/scores", role="creator", limit="2")) == 2
    assert len(world.get("/scores", role="creator", limit="100")) == 100


def test_a_board_without_sales_has_no_winner(world: World) -> None:
    assert world.get("/winners") == {"merchant": None, "photographer": None}


def test_a_page_of_contributions_has_twenty_five_unless_the_limit_says_otherwise(world: World) -> None:
    world.store.products = {f"{number}": Contribution(f"{number}", None, None) for number in range(101, 301)}
    assert len(world.get("/contributions")) == 25
    assert len(world.get("/contributions", limit="100")) == 100


@pytest.mark.parametrize(
    "limit", ["0", "101", "-1", "1.0", "01", "ten", "", " 1", "1,2", "\uff11", "9" * 5000]
)
@pytest.mark.parametrize("path", ["/scores", "/contributions"])
def test_a_wrong_limit_is_named_with_what_would_do(world: World, path: str, limit: str) -> None:
    found = problem(world, "GET", path, role="creator", limit=limit)
    assert (found.status, [wrong.name for wrong in found.wrong]) == (400, ["limit"])
    assert "from 1 to 100" in found.wrong[0].remedy


@pytest.mark.parametrize(
    "query", [{}, {"role": ""}, {"role": "customer"}, {"role": "Creator"}, {"role": "creator,creator"}]
)
def test_a_wrong_or_missing_role_is_named_with_what_would_do(world: World, query: dict[str, str]) -> None:
    found = problem(world, "GET", "/scores", **query)
    assert (found.status, [wrong.name for wrong in found.wrong]) == (400, ["role"])
    assert "creator, photographer, merchant" in found.wrong[0].remedy


@pytest.mark.parametrize("cursor", ["", "x", "0", "../..", "AAAAAAAAAAAA", "a" * 5000, "\ud800"])
def test_a_wrong_cursor_is_named_with_what_would_do(world: World, cursor: str) -> None:
    found = problem(world, "GET", "/contributions", cursor=cursor)
    assert (found.status, [wrong.name for wrong in found.wrong]) == (400, ["cursor"])
    assert "Link header" in found.wrong[0].remedy


def test_all_wrong_parameters_are_named_at_once(world: World) -> None:
    found = problem(world, "GET", "/scores", limit="none")
    assert [wrong.name for wrong in found.wrong] == ["role", "limit"]
    assert all(wrong.name in found.detail and wrong.remedy in found.detail for wrong in found.wrong)


def test_unknown_parameters_are_left_alone(world: World) -> None:
    assert world.get("/winners", cachebuster="1") == {"merchant": None, "photographer": None}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/score",
        "/scores/",
        "//scores",
        "/Scores",
        "/scores/x",
        "/contributions/",
        "/contributions/a/b",
        "/dev/scores",
    ],
)
def test_an_unknown_path_is_not_found_and_the_answer_says_what_there_is(world: World, path: str) -> None:
    found = problem(world, "GET", path)
    assert found.status == 404
    assert "/scores, /winners, /contributions, /contributions/{productId}" in found.detail


def test_an_unknown_product_is_not_found(world: World) -> None:
    assert problem(world, "GET", "/contributions/6706306").status == 404
    assert world.store.reads == ["6706306"]


@pytest.mark.parametrize("product_id", ["p" * 2049, "\ud800"])
def test_what_can_be_no_product_id_is_not_found_without_asking(world: World, product_id: str) -> None:
    assert problem(world, "GET", f"/contributions/{product_id}").status == 404
    assert world.store.reads == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", ""])
@pytest.mark.parametrize("path", ["/scores", "/winners", "/contributions", "/contributions/1"])
def test_other_methods_than_get_and_head_are_refused(world: World, method: str, path: str) -> None:
    found = problem(world, method, path)
    assert (found.status, found.headers) == (405, {"allow": "GET, HEAD"})


def test_head_is_answered_as_get(world: World) -> None:
    get, head = (
        world.api.answer_request(HttpRequest(method, "/winners", {}, {})) for method in ("GET", "HEAD")
    )
    assert head == get
