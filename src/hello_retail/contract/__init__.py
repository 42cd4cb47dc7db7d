"""The API's OpenAPI document, which `GET /openapi.json` returns, and its parts.

``openapi.json`` has what all functions share, and the paths of the winner API and the event writer. Every other
JSON file beside it is a part: the paths, components and tags of one more function, which refers to the shared
components as if it stood in the same file. So a new API brings a file and edits none.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

WHOLE = "openapi.json"
_FOLDER = Path(__file__).parent


class ContractConflict(Exception):
    """Two files of the contract define the same thing."""


@cache
def read_openapi_document() -> dict[str, Any]:
    """Return the document with all parts, in order of name.

    Raises:
        ContractConflict: where a part defines what is defined already.

    """
    whole: dict[str, Any] = json.loads((_FOLDER / WHOLE).read_bytes())
    for path in sorted(_FOLDER.glob("*.json")):
        if path.name != WHOLE:
            _join(whole, json.loads(path.read_bytes()), path.name)
    return whole


def _join(whole: dict[str, Any], part: dict[str, Any], name: str) -> None:
    whole["tags"] = [*whole["tags"], *part.get("tags", ())]
    _add(whole["paths"], part.get("paths", {}), name)
    for kind, definitions in part.get("components", {}).items():
        _add(whole["components"].setdefault(kind, {}), definitions, name)


def _add(defined: dict[str, Any], definitions: dict[str, Any], name: str) -> None:
    conflicts = defined.keys() & definitions.keys()
    if conflicts:
        raise ContractConflict(
            f"{name} defines {', '.join(sorted(conflicts))}, which the contract has already."
        )
    defined.update(definitions)
