"""The user of a request, from the JWT authorizer's claims."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.events.decoder import MAXIMUM_NAME
from hello_retail.unknown import UNKNOWN
from hello_retail.visibility import is_visible

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUBJECT = re.compile(rf"[A-Za-z0-9._:@+=|-]{{1,{MAXIMUM_NAME}}}")
"""An issuer's user ids: no slash, which would move the parts of an origin, and no space."""
_UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What an origin may not hold: control characters, changes of direction, halves of surrogate pairs."""


class NotSignedIn(Exception):
    """The request has no usable identity; the message says what to send."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user.

    Attributes:
        user_id: the token's ``sub``.
        name: fit to be shown, 1 to 128 characters; the user id where the token has none (the winner API shows the
            mask in its place).
        groups: the user's groups.
        phone: their telephone number, with a plus, where the user pool has verified it.

    """

    user_id: str
    name: str
    groups: frozenset[str]
    phone: str | None = None


def parse_actor(claims: Mapping[str, Any]) -> Actor:
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
    name = clean_display_name(claims.get("name")) or subject
    is_verified = claims.get("phone_number_verified") in ("true", True)
    phone = claims.get("phone_number") if is_verified else None
    return Actor(subject, name, parse_groups(claims.get("cognito:groups")), phone)


def clean_display_name(claim: object) -> str:
    """Return a valid display name, or "": one line of visible characters.

    A name of nothing but white space, format characters and fillers would be a row without a name.
    """
    text = claim if isinstance(claim, str) else ""
    visible = " ".join(_UNSEEN.sub("", " ".join(text.split())).split())
    name = visible[:MAXIMUM_NAME].strip()
    return name if is_visible(name) else ""


def parse_groups(claim: object) -> frozenset[str]:
    """Return the groups that an authorizer's claim names.

    A list arrives as one text, ``[merchant customer]``; no group of Cognito's has white space in its name.
    """
    if isinstance(claim, str):
        return frozenset(claim.removeprefix("[").removesuffix("]").split())
    if isinstance(claim, list):
        return frozenset(name for name in claim if isinstance(name, str))
    return frozenset()
