"""The three environments, applied once for the tests that need more than one; the last of these destroys one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import e2e

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.e2e import Landscape


@pytest.fixture(scope="session", autouse=True)
def lent(providers: None) -> None:
    """Lend Terraform its providers in all tests of this folder."""


@pytest.fixture(scope="session")
def there() -> Iterator[Landscape]:
    with e2e.landscape(e2e.ENVIRONMENTS) as landscape:
        yield landscape
