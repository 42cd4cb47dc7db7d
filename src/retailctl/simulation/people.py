"""The simulated people, signed in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from retailctl.progress import ignore_progress
from retailctl.users.pool import Newcomer, generate_password
from retailctl.users.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailctl.progress import OnProgress
    from retailctl.simulation.workshop import Person, Workshop
    from retailctl.users.pool import Pool

_SIGN_INS_AT_ONCE = 8


class Guests:
    """People with an ID token each, renewed when it has ended.

    Args:
        tokens: ID token by the workload's user id.
        sign_in: signs one of them in again and returns the new token.

    """

    def __init__(self, tokens: Mapping[str, str], sign_in: Callable[[str], str]) -> None:
        self.tokens = dict(tokens)
        self._sign_in = sign_in
        self._guards = {person: threading.Lock() for person in tokens}

    def renew_token(self, person: str, ended: str) -> str:
        """Return a token other than ``ended``; one of many callers signs in.

        Raises:
            UserError: where Cognito refuses.

        """
        with self._guards[person]:
            if self.tokens[person] == ended:
                self.tokens[person] = self._sign_in(person)
            return self.tokens[person]


def sign_in_people(pool: Pool, workshop: Workshop, on_one: OnProgress = ignore_progress) -> Guests:
    """Sign a workshop's people in; create accounts that do not exist.

    An account of an earlier workshop, where the same person may have had another role, gets the groups of this one.
    Their passwords are new and told nobody. ``on_one`` hears of each who has signed in.
    """
    groups = dict.fromkeys(workshop.merchants, ("merchant", "customer"))
    groups |= dict.fromkeys(workshop.photographers, ("photographer", "customer"))
    known = {player.username: player for player in pool.read_players()}

    def one(person: Person) -> tuple[str, str]:
        newcomer = Newcomer(
            f"simulated-{person.user_id.rpartition('.')[2].lower()}",
            generate_password(),
            person.name,
            groups[person],
        )
        if newcomer.username in known:
            pool.set_password(newcomer)
            pool.set_roles(known[newcomer.username], newcomer.groups)
        else:
            pool.create_account(newcomer)
        again[person.user_id] = partial(sign_in, pool, newcomer.username, newcomer.password)
        return person.user_id, again[person.user_id]()

    tokens: dict[str, str] = {}
    again: dict[str, Callable[[], str]] = {}
    with ThreadPoolExecutor(_SIGN_INS_AT_ONCE) as threads:
        for user_id, token in threads.map(one, groups):
            tokens[user_id] = token
            on_one(1)
    return Guests(tokens, lambda person: again[person]())
