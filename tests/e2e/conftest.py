"""All environments, applied once for every test that plays in them; test_three_environments.py destroys one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import e2e, shared_provider
from support.players import FrontDoor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.e2e import Landscape

PLAYED_IN = "dev"


@pytest.fixture(scope="session", autouse=True)
def providers() -> Iterator[None]:
    """Lend Terraform its providers, and end them."""
    with pytest.MonkeyPatch.context() as patch:
        shared_provider.lend_to_all(patch)
        yield
    shared_provider.end()


@pytest.fixture(scope="session")
def there() -> Iterator[Landscape]:
    with e2e.landscape() as landscape:
        yield landscape


@pytest.fixture(scope="session")
def door(there: Landscape) -> FrontDoor:
    """The front door of one of the environments; what its players tell is what the logs are searched for."""
    return FrontDoor(there, PLAYED_IN)
