"""Configuration from the environment, read once at cold start."""

from __future__ import annotations

import os
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Settings = TypeVar("Settings", bound=DataclassInstance)


class MissingSetting(Exception):
    """A required environment variable is absent, empty or malformed."""


def require_setting(name: str) -> str:
    """Return the environment variable ``name``, which must be set and not empty.

    Raises:
        MissingSetting: with the variable's name and the remedy.

    """
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(
            f"The environment variable {name} is not set: add it to the function's `environment`."
        )
    return value


def require_count(name: str) -> int:
    """Return the environment variable ``name`` as a whole number of at least 1.

    Raises:
        MissingSetting: where it is absent or not such a number.

    """
    value = require_setting(name)
    if not (value.isascii() and value.isdigit() and int(value) >= 1):
        raise MissingSetting(f"The environment variable {name} must be a whole number of at least 1.")
    return int(value)


def read_settings(kind: type[Settings]) -> Settings:
    """Return the settings ``kind``, read from environment variables named in upper case.

    Fields of type ``str`` are read by ``require_setting``, those of type ``int`` by ``require_count``.

    Raises:
        MissingSetting: for the first that is absent or malformed.

    """
    readers = {"str": require_setting, "int": require_count}  # by name: annotations are text
    return kind(**{field.name: readers[str(field.type)](field.name.upper()) for field in fields(kind)})
