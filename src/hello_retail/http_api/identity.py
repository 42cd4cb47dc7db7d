"""Who asks, from the claims of the JWT authorizer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from hello_retail.http_api.problems import Problem
from hello_retail.unknown import UNKNOWN

Signed = TypeVar("Signed")

MAXIMUM_USER_ID = 128
"""Characters, as consumers of events have it."""
_SUBJECT = re.compile(rf"[A-Za-z0-9._:@+=|-]{{1,{MAXIMUM_USER_ID}}}")
"""An issuer's user ids: no slash, which would move the parts of an origin, and no space."""


class NotSignedIn(Exception):
    """The request has no usable identity; the message says what to send."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in user: the token's ``sub``, and the groups they are in."""

    user_id: str
    groups: frozenset[str]


def parse_identity(claims: Mapping[str, Any]) -> Identity:
    """Return who acts, from the claims of an ID token.

    An access token passes the same authorizer, but has no ``name``: ``token_use`` tells them apart.

    Raises:
        NotSignedIn: for no claims, another kind of token, or a subject that cannot be the user of an event.

    """
    if not claims:
        raise NotSignedIn("Sign in and send the ID token: Authorization: Bearer <token>.")
    if claims.get("token_use") != "id":
        raise NotSignedIn("Send the ID token: an access token does not say what the user is called.")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject) or subject == UNKNOWN:
        raise NotSignedIn("The token's subject cannot be the user of an event.")
    return Identity(subject, parse_groups(claims.get("cognito:groups")))


def parse_groups(claim: object) -> frozenset[str]:
    """Return the groups that an authorizer's claim names.

    A list arrives as one text, ``[merchant customer]``; no group of Cognito's has white space in its name.
    """
    if isinstance(claim, str):
        return frozenset(claim.removeprefix("[").removesuffix("]").split())
    if isinstance(claim, list):
        return frozenset(name for name in claim if isinstance(name, str))
    return frozenset()


def require_signed_in(event: Mapping[str, Any], parse: Callable[[Mapping[str, Any]], Signed]) -> Signed:
    """Return what ``parse`` makes of the claims of a request of payload format 2.0.

    Raises:
        Problem: 401, where ``parse`` raises ``NotSignedIn``.

    """
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    try:
        return parse(claims)
    except NotSignedIn as refused:
        error = ' error="invalid_token"' if claims else ""
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            str(refused),
            headers={"www-authenticate": f"Bearer{error}"},
            code="not-signed-in",
        ) from None


def require_group(groups: frozenset[str], group: str, act: str) -> None:
    """Refuse a user who is not in ``group``; ``act`` says what its users may do.

    Raises:
        Problem: 403.

    """
    if group not in groups:
        raise Problem(HTTPStatus.FORBIDDEN, f"Only users of the group {group} {act}.", code="wrong-group")
