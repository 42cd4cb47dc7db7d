"""The user of a request, from the JWT authorizer's claims."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hello_retail.events.decoder import MAXIMUM_NAME
from hello_retail.http_api.identity import parse_identity
from hello_retail.visibility import is_visible

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What an origin may not hold: control characters, changes of direction, halves of surrogate pairs."""


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

    Raises:
        NotSignedIn: as ``parse_identity`` does.

    """
    identity = parse_identity(claims)
    name = clean_display_name(claims.get("name")) or identity.user_id
    is_verified = claims.get("phone_number_verified") in ("true", True)
    phone = claims.get("phone_number") if is_verified else None
    return Actor(identity.user_id, name, identity.groups, phone)


def clean_display_name(claim: object) -> str:
    """Return a valid display name, or "": one line of visible characters.

    A name of nothing but white space, format characters and fillers would be a row without a name.
    """
    text = claim if isinstance(claim, str) else ""
    visible = " ".join(_UNSEEN.sub("", " ".join(text.split())).split())
    name = visible[:MAXIMUM_NAME].strip()
    return name if is_visible(name) else ""
