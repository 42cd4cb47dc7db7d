from __future__ import annotations

import pytest

from hello_retail.event_writer.actor import Actor, clean_display_name, parse_actor
from hello_retail.events.decoder import MAXIMUM_NAME
from hello_retail.http_api.identity import MAXIMUM_USER_ID, NotSignedIn, parse_groups
from support.event_writer import NAME, SUB, claims


def test_an_id_token_says_who_acts() -> None:
    assert parse_actor(claims()) == Actor(SUB, NAME, frozenset({"merchant", "photographer", "customer"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"token_use": "access"},
        {"token_use": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "UNKNOWN"},
        {"sub": "ann/../bob"},
        {"sub": " ann"},
        {"sub": "ann\n"},
        {"sub": "a" * 129},
        {"sub": 7},
    ],
)
def test_who_cannot_be_the_user_of_an_event_is_not_signed_in(changes: dict[str, object]) -> None:
    with pytest.raises(NotSignedIn):
        parse_actor(claims(**changes))


@pytest.mark.parametrize("name", [None, "", " \u2028", "\u200b", "\u3164"])
def test_a_user_without_a_name_is_called_by_the_user_id(name: str | None) -> None:
    assert parse_actor(claims(name=name)).name == SUB


def test_without_claims_nobody_is_signed_in() -> None:
    with pytest.raises(NotSignedIn):
        parse_actor({})


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[merchant customer]", {"merchant", "customer"}),
        ("[merchant]", {"merchant"}),
        ("merchant", {"merchant"}),
        ("[]", set()),
        ("", set()),
        (None, set()),
        (["merchant", "customer", 7], {"merchant", "customer"}),
        ("[not-merchant [merchant]]", {"not-merchant", "[merchant]"}),
        ("[merchant,customer]", {"merchant,customer"}),
        (7, set()),
    ],
)
def test_groups_are_read_as_the_authorizer_writes_them(claim: object, groups: set[str]) -> None:
    assert parse_groups(claim) == groups


@pytest.mark.parametrize(
    ("claim", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("  Ada \t\n Lovelace ", "Ada Lovelace"),
        ("Ada/../x.y", "Ada/../x.y"),
        ("Ada\u202eevil\u2066", "Adaevil"),
        ("Ada \x00 Lovelace", "Ada Lovelace"),
        ("Zoë 🎈", "Zoë 🎈"),
        ("half \ud83c pair", "half pair"),
        ("x" * 127 + " y", "x" * 127),
        ("x" * 2048, "x" * 128),
        ("<script>", "<script>"),
        ("", ""),
        ("\u2028\x00 ", ""),
        ("\u200b", ""),
        ("\ufeff \u2060\u00ad", ""),
        ("\u115f\u1160", ""),
        ("\u3164 \uffa0", ""),
        ("\u2800\ufe0f\U000e0100\U000e0020", ""),
        ("\u200b" * 200 + "Ada", ""),
        ("\u200bAda", "\u200bAda"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("한글", "한글"),
        ("♥\ufe0f", "♥\ufe0f"),
        (None, ""),
        (7, ""),
    ],
)
def test_a_name_is_made_fit_to_be_shown(claim: object, shown: str) -> None:
    assert clean_display_name(claim) == shown


def test_a_user_id_is_as_long_as_consumers_take_it() -> None:
    assert MAXIMUM_USER_ID == MAXIMUM_NAME
