"""A shop for every test, browsers that look at it, and the tools that check it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import stub_api
from support.browser import Browser, Person, Shop, missing, shop_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.stub_api import StubShop

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


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
    """The folder of the checkers that `package-lock.json` pins, installed once for each state of that file."""
    npm = shutil.which("npm")
    if npm is None:
        missing(
            "The checks of the page need Node.js 18.19 or later with npm: `sudo apt-get install npm` on Debian."
        )
    lock = (HERE / "package-lock.json").read_bytes()
    folder = ROOT / "build" / "page-checks" / hashlib.sha256(lock).hexdigest()[:12]
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / folder.name
        made.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, made)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
        if installed.returncode:
            missing(f"npm could not install the checks of the page:\n{installed.stderr[-800:]}")
        with contextlib.suppress(OSError):  # another worker was first
            made.rename(folder)
    return folder
