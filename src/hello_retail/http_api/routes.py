"""Routes as a table of path templates.

Powertools' resolver would add a quarter to the cold start.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hello_retail.http_api.methods import READS, refuse_other_methods
from hello_retail.http_api.parameters import Parameter, parse_parameters
from hello_retail.http_api.problems import HttpResponse, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hello_retail.http_api.protocol import HttpRequest

Api = TypeVar("Api")


@dataclass(frozen=True, slots=True)
class Route(Generic[Api]):
    """A resource.

    ``path`` is an OpenAPI path template; its one placeholder, if any, stands for the last segment.

    ``answer`` gets the API, what the placeholder stands for ("" where there is none) and the parameters' values.
    """

    path: str
    answer: Callable[[Api, str, Mapping[str, Any]], HttpResponse]
    parameters: tuple[Parameter, ...] = ()


def answer_by_route(routes: Sequence[Route[Api]], api: Api, request: HttpRequest) -> HttpResponse:
    """Return what the route of a request answers.

    Raises:
        Problem: 400, 404 or 405.

    """
    route, segment = _find_route(routes, request.path)
    refuse_other_methods(request.method, READS)
    return route.answer(api, segment, parse_parameters(route.parameters, request.query))


def _find_route(routes: Sequence[Route[Api]], path: str) -> tuple[Route[Api], str]:
    """Return a path's route and its placeholder's value ("" if none)."""
    for route in routes:
        if route.path == path:
            return route, ""
        collection, _, placeholder = route.path.rpartition("/")
        head, _, segment = path.rpartition("/")
        if placeholder.startswith("{") and head == collection and segment:
            return route, segment
    paths = ", ".join(route.path for route in routes)
    raise Problem(HTTPStatus.NOT_FOUND, f"There is no such resource; there are {paths}.")
