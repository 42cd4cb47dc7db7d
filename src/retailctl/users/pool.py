"""`retailctl users`: people who can sign in, in an environment's user pool.

Only operators create accounts, here: the pool has no self sign-up.
"""

from __future__ import annotations

import re
import secrets
import string
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from retailctl.environments.target import Target
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

PASSWORD_LENGTH = 20
_MARKS = "!#%+-.:=?@_"
_KINDS_OF_CHARACTERS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, _MARKS)
_UNLIKE = str.maketrans("", "", "0O1Il")
"""Characters that a person who copies a password takes for one another."""
ASK = "-"
ROLES = ("merchant", "photographer", "customer")
"""The groups by which the front door says who may do what."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An account to create: user name, display name and roles."""

    username: str
    password: str
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who has an account."""

    username: str
    name: str
    groups: tuple[str, ...]
    status: str
    """Cognito's: ``CONFIRMED``, or ``FORCE_CHANGE_PASSWORD`` before the first sign-in."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool: a Cognito client, its id and an app client's."""

    client: Any
    pool_id: str
    client_id: str

    def list_groups(self) -> list[str]:
        """Return the names of the pool's groups."""
        pages = self.client.get_paginator("list_groups").paginate(UserPoolId=self.pool_id)
        return sorted(group["GroupName"] for page in pages for group in page["Groups"])

    def check_groups(self, wanted: Iterable[str]) -> None:
        """See that the pool has the groups.

        Raises:
            UserError: naming the first that it lacks, and those that there are.

        """
        known = self.list_groups()
        for group in wanted:
            if group not in known:
                raise UserError(f"There is no group '{group}': take of {', '.join(known) or 'none yet'}.")

    def create_account(self, newcomer: Newcomer) -> str:
        """Create an account with a permanent password, or none; return ``sub``.

        Raises:
            UserError: where the name is taken, a group is not there or the password is too weak.

        """
        self.check_groups(newcomer.groups)
        try:
            account = self.client.admin_create_user(
                UserPoolId=self.pool_id,
                Username=newcomer.username,
                UserAttributes=[{"Name": "name", "Value": newcomer.name}],
                MessageAction="SUPPRESS",
            )
        except ClientError as error:
            raise _explain_refusal(error, newcomer) from error
        try:
            self.set_password(newcomer)
            for group in newcomer.groups:
                self.client.admin_add_user_to_group(
                    UserPoolId=self.pool_id, Username=newcomer.username, GroupName=group
                )
        except BaseException as error:
            self.client.admin_delete_user(UserPoolId=self.pool_id, Username=newcomer.username)
            if isinstance(error, ClientError):
                raise _explain_refusal(error, newcomer) from error
            raise
        attributes: list[dict[str, str]] = account["User"]["Attributes"]
        return next(each["Value"] for each in attributes if each["Name"] == "sub")

    def set_password(self, newcomer: Newcomer) -> None:
        """Give somebody who has an account another password, good for ever."""
        self.client.admin_set_user_password(
            UserPoolId=self.pool_id,
            Username=newcomer.username,
            Password=newcomer.password,
            Permanent=True,
        )

    def set_roles(self, player: Player, roles: Collection[str]) -> None:
        """Set a user's roles by groups; other groups stay."""
        for role in ROLES:
            where = {"UserPoolId": self.pool_id, "Username": player.username, "GroupName": role}
            if role in roles and role not in player.groups:
                self.client.admin_add_user_to_group(**where)
            elif role not in roles and role in player.groups:
                self.client.admin_remove_user_from_group(**where)

    def read_players(self) -> Iterator[Player]:
        """Yield everybody who has an account, by user name."""
        members: dict[str, list[str]] = {}
        for group in self.list_groups():
            pages = self.client.get_paginator("list_users_in_group").paginate(
                UserPoolId=self.pool_id, GroupName=group
            )
            for user in (user for page in pages for user in page["Users"]):
                members.setdefault(user["Username"], []).append(group)
        pages = self.client.get_paginator("list_users").paginate(UserPoolId=self.pool_id)
        users = [user for page in pages for user in page["Users"]]
        for user in sorted(users, key=lambda user: str(user["Username"])):
            attributes = {each["Name"]: each["Value"] for each in user.get("Attributes", [])}
            groups = tuple(members.get(user["Username"], ()))
            yield Player(user["Username"], attributes.get("name", ""), groups, user["UserStatus"])


def _explain_refusal(error: ClientError, newcomer: Newcomer) -> Exception:
    """Return a sentence for Cognito's refusal, or the error itself."""
    words = str(error.response["Error"].get("Message", "")).rstrip(".")
    sentences = {
        "UsernameExistsException": (
            f"There is an account '{newcomer.username}' already: take another --username."
        ),
        "InvalidPasswordException": (
            f"The password is not strong enough ({words}): take another, or leave --password out and get one made."
        ),
        "InvalidParameterException": f"Cognito does not take this account ({words}): change the name or user name.",
        "AccessDeniedException": f"These credentials may not make accounts ({words}).",
    }
    sentence = sentences.get(error.response["Error"]["Code"])
    return UserError(sentence) if sentence else error


def find_pool(target: Target, environment_outputs: Mapping[str, Any]) -> Pool:
    """Return the user pool that an environment's root outputs name.

    Raises:
        UserError: where they name none.

    """
    try:
        return Pool(
            target.client("cognito-idp"),
            str(environment_outputs["user_pool_id"]),
            str(environment_outputs["user_pool_client_id"]),
        )
    except KeyError as error:
        raise UserError(
            f"{target.environment} in {target.place} has no user pool (no output {error}): bring it up to date "
            f"with `{target.update_command}`."
        ) from None


def generate_password() -> str:
    """Return a password that any policy takes: random, of all kinds of characters."""
    kinds = [kind.translate(_UNLIKE) for kind in _KINDS_OF_CHARACTERS]
    characters = [secrets.choice(kind) for kind in kinds]
    characters += [secrets.choice("".join(kinds)) for _ in range(PASSWORD_LENGTH - len(kinds))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def create_username(name: str) -> str:
    """Return a user name: a display name's ASCII letters and digits.

    Hyphens join them.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain)) or f"player-{secrets.token_hex(3)}"
