"""Each environment as it would be: planned once for all files that look at it as it is."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from support import planned_app, planned_bootstrap, shared_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.planned_app import PlannedApp, Resource


@pytest.fixture(scope="session", autouse=True)
def ended() -> Iterator[None]:
    """End the provider that these tests share, if one of them has started it."""
    yield
    shared_provider.end()


@pytest.fixture(scope="session")
def as_planned(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], PlannedApp]:
    """Return what gives an environment by its name, planned when it is first asked for."""
    app = planned_app.initialised(planned_app.copy_of_the_app(tmp_path_factory.mktemp("clone")))
    return cache(partial(planned_app.planned, app))


@pytest.fixture(scope="session")
def prod(as_planned: Callable[[str], PlannedApp]) -> PlannedApp:
    return as_planned("prod")


@pytest.fixture(scope="session")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> tuple[Resource, ...]:
    """Return the bootstrap with CI's roles as it would be."""
    return planned_bootstrap.planned(tmp_path_factory.mktemp("bootstrap"))
