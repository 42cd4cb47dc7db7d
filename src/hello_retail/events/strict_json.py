"""Strict JSON: ambiguous or unwritable documents are refused."""

from __future__ import annotations

import json
from typing import Any

MAXIMUM_DEPTH = 32
"""Objects and arrays inside one another; fixed, so that validity does not hang on the caller's free stack."""


class NotStrictJson(ValueError):
    """The bytes are not strict JSON.

    Attributes:
        code: a short stable id of the kind of reason.
        reason: the reason as a sentence; it never quotes the bytes.

    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_TOO_DEEP = f"The JSON nests deeper than {MAXIMUM_DEPTH} levels."


def parse_strict_json(payload: bytes) -> Any:  # noqa: ANN401 - JSON is any of its types
    """Return the one JSON value that ``payload`` holds in UTF-8.

    Raises:
        NotStrictJson: for other encodings, syntax errors, NaN and Infinity, numbers out of range, a name
            twice in one object, nesting deeper than ``MAXIMUM_DEPTH`` and lone surrogates. Nothing else.

    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise NotStrictJson("not-utf-8", "The record is not UTF-8 text.") from None
    try:
        document = _DECODER.decode(text)
    except NotStrictJson:
        raise
    except json.JSONDecodeError:
        raise NotStrictJson("not-json", "The record is not JSON.") from None
    except RecursionError:
        raise NotStrictJson("too-deep", _TOO_DEEP) from None
    except ValueError:  # int() refuses more than 4,300 digits
        raise NotStrictJson("bad-number", "The JSON holds a number with too many digits.") from None
    if text.count("{") + text.count("[") > MAXIMUM_DEPTH and _deeper_than(MAXIMUM_DEPTH, document):
        raise NotStrictJson("too-deep", _TOO_DEEP)
    if ("\\ud" in text or "\\uD" in text) and not _encodable(document):
        raise NotStrictJson("bad-text", "The JSON holds half a surrogate pair, which is no character.")
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotStrictJson("duplicate-name", "The JSON holds an object that has the same name twice.")
    return members


def _number(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise NotStrictJson("bad-number", "The JSON holds a number out of range.")
    return number


def _refuse_constant(_: str) -> float:
    raise NotStrictJson("bad-number", "The JSON holds NaN or Infinity, which JSON does not have.")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_refuse_constant)


def _deeper_than(limit: int, document: object) -> bool:
    level = [document]
    for _ in range(limit):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: object) -> list[object]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [child for child in children if isinstance(child, (dict, list))]


def _encodable(document: object) -> bool:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
