"""A shop for every test, browsers that look at it, and the tools that check it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import page_tools, stub_api
from support.browser import Browser, Person, Shop, end_idle_chromiums, shop_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.stub_api import StubShop


def _person(player: stub_api.Player) -> Person:
    return Person(player.username, player.password, player.name)


def _stubbed(stub: StubShop) -> Shop:
    return Shop(
        stub.address,
        stub.api_url,
        _person(stub_api.MERCHANT),
        _person(stub_api.PHOTOGRAPHER),
        _person(stub_api.CUSTOMER),
        stub=stub,
    )


@pytest.fixture(scope="session", autouse=True)
def _chromiums_end() -> Iterator[None]:
    yield
    assert end_idle_chromiums() == []


@pytest.fixture
def stub() -> Iterator[StubShop]:
    """A shop that makes whatever trouble a test wants."""
    with stub_api.serving() as stub:
        yield stub


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Shop:
    """The deployed shop that ``RETAIL_SHOP`` names, or a stub."""
    deployed = os.environ.get("RETAIL_SHOP")
    return shop_in(Path(deployed)) if deployed else _stubbed(request.getfixturevalue("stub"))


@pytest.fixture
def browsing(shop: Shop) -> Iterator[Callable[..., Browser]]:
    """Start browsers on the shop: ``browsing(dark=True)``."""
    started: list[Browser] = []

    def start(**settings: bool | int) -> Browser:
        started.append(Browser(shop, **settings))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


@pytest.fixture
def browser(browsing: Callable[..., Browser]) -> Browser:
    return browsing()


@pytest.fixture
def stubbed(stub: StubShop) -> Iterator[Browser]:
    """A browser on the stub, whatever ``RETAIL_SHOP`` says."""
    browser = Browser(_stubbed(stub))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of the checkers."""
    return page_tools.installed()
