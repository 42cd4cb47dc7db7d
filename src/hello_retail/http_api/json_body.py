"""The JSON object that a request brings."""

from __future__ import annotations

import json
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from hello_retail.events.strict_json import NotStrictJson, parse_strict_json
from hello_retail.http_api.methods import get_method
from hello_retail.http_api.problems import Problem

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = rf'({_WORD})=({_WORD}|"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*")'
_MEDIA_TYPE = re.compile(
    rf"application/json((?:[ \t]*+;[ \t]*+(?:{_PARAMETER})?)*)", re.ASCII | re.IGNORECASE
)
"""A media type by RFC 9110, section 8.3.1: any parameters, empty ones among them."""
_PARAMETERS = re.compile(rf";[ \t]*{_PARAMETER}")
_UTF_8 = frozenset({"utf-8", "utf8"})


def read_json_object(event: Mapping[str, Any], maximum_bytes: int) -> dict[str, Any]:
    """Return the body of a request of payload format 2.0; it may have whole KiB.

    Raises:
        Problem: 415, 413 or 400, in this order.

    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if not _is_json(headers.get("content-type", "")):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send JSON in UTF-8: Content-Type: application/json.",
            headers={"accept-post" if get_method(event) == "POST" else "accept": "application/json"},
            code="wrong-content-type",
        )
    return _parse_object(_read_body(event, maximum_bytes))


def hash_json(data: Mapping[str, Any]) -> str:
    """Return a JSON object's hash, independent of member order and white space."""
    return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _is_json(content_type: str) -> bool:
    """Return whether a Content-Type is JSON, in UTF-8."""
    media_type = _MEDIA_TYPE.fullmatch(content_type.strip(" \t"))
    if not media_type:
        return False
    parameters = _PARAMETERS.findall(media_type[1])
    charsets = (_unquote(value) for name, value in parameters if name.lower() == "charset")
    return all(charset.lower() in _UTF_8 for charset in charsets)


def _unquote(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _read_body(event: Mapping[str, Any], maximum_bytes: int) -> bytes:
    text: str = event.get("body") or ""
    if len(text) <= 2 * maximum_bytes:
        try:
            encoded = event.get("isBase64Encoded")
            body = a2b_base64(text, strict_mode=True) if encoded else text.encode(errors="surrogatepass")
        except (Base64Error, ValueError):
            raise Problem(
                HTTPStatus.BAD_REQUEST, "The body is marked as base64, and is not.", code="not-base64"
            ) from None
        if len(body) <= maximum_bytes:
            return body
    raise Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is larger than {maximum_bytes // 1024} KiB.",
        code="too-large",
    )


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        document = parse_strict_json(body)
    except NotStrictJson as refused:
        detail = refused.reason.replace("The record", "The body")
        raise Problem(HTTPStatus.BAD_REQUEST, detail, code=refused.code) from None
    if not isinstance(document, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is JSON, but not an object.", code="not-object")
    return document
