"""Parse query parameters; report all that are missing or wrong at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.http_api.problems import WrongParameter
from hello_retail.http_api.protocol import build_parameter_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_LIMIT = 100
"""The most entries that one answer lists."""

_WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter.

    ``parse`` turns its text into a value or raises ``ValueError``; ``remedy`` says what would do. Without the
    parameter the value is ``default``, unless it is ``required``.
    """

    name: str
    remedy: str
    parse: Callable[[str], Any]
    default: Any = None
    required: bool = False


def build_limit_parameter(default: int) -> Parameter:
    """Return the parameter ``limit``: how many entries an answer lists, 1 to ``MAX_LIMIT``."""
    return Parameter("limit", f"give a whole number from 1 to {MAX_LIMIT}.", _parse_limit, default=default)


def parse_parameters(parameters: tuple[Parameter, ...], query: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of each parameter by name.

    Raises:
        Problem: one 400 for all that are missing or wrong.

    """
    values: dict[str, Any] = {}
    wrong: list[WrongParameter] = []
    for parameter in parameters:
        text = query.get(parameter.name)
        values[parameter.name] = parameter.default
        try:
            if text is not None:
                values[parameter.name] = parameter.parse(text)
            elif parameter.required:
                wrong.append(WrongParameter(parameter.name, parameter.remedy))
        except ValueError:
            wrong.append(WrongParameter(parameter.name, parameter.remedy))
    if wrong:
        raise build_parameter_problem(tuple(wrong))
    return values


def _parse_limit(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text) or int(text) > MAX_LIMIT:
        raise ValueError
    return int(text)
