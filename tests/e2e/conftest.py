"""The environment dev, applied once for every test that plays in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import e2e
from support.players import FrontDoor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.delivery.page import EnvironmentPage
    from support.e2e import Landscape

PLAYED_IN = "dev"


@pytest.fixture(scope="session", autouse=True)
def lent(providers: None) -> None:
    """Lend Terraform its providers in all tests of this folder."""


@pytest.fixture(scope="session")
def there() -> Iterator[Landscape]:
    with e2e.landscape((PLAYED_IN,)) as landscape:
        yield landscape


@pytest.fixture(scope="session")
def door(there: Landscape) -> FrontDoor:
    """The front door of dev; what its players tell is what the logs are searched for."""
    return FrontDoor(there, PLAYED_IN)


@pytest.fixture(scope="session")
def deployed(door: FrontDoor) -> EnvironmentPage:
    """The page of dev, uploaded."""
    return e2e.put_up_page(door.there.target(door.environment), door.found)
