"""A connection to the API, as a signed-in person's browser uses it."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from retailctl.http import HttpReply, open_pool, send_request

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 30.0


class NotAnswered(Exception):
    """The API refused or failed; ``status`` says how."""

    def __init__(self, reply: HttpReply) -> None:
        super().__init__(f"{reply.status} {reply.reason}".strip())
        self.status = reply.status


class ApiClient:
    """A connection that is kept open."""

    def __init__(self, api_url: str) -> None:
        self._url = api_url.rstrip("/")
        self._pool = open_pool(self._url)

    def send(
        self,
        method: str,
        path: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        expected: HTTPStatus = HTTPStatus.OK,
    ) -> dict[str, Any]:
        """Return the object that the API answers.

        Raises:
            NotAnswered: where its status is another than ``expected``.
            NoReply: where nothing answers.

        """
        reply = send_request(
            f"{self._url}{path}",
            method=method,
            headers={
                "authorization": f"Bearer {token}",
                "content-type": "application/json",
                **(headers or {}),
            },
            body=None if body is None else json.dumps(body).encode(),
            timeout=TIMEOUT_SECONDS,
            pool=self._pool,
        )
        check_reply(reply, expected)
        answer: dict[str, Any] = json.loads(reply.body)
        return answer

    def close(self) -> None:
        """Hang up."""
        self._pool.clear()


def check_reply(reply: HttpReply, expected: HTTPStatus) -> None:
    """Check that a reply has a status.

    Raises:
        NotAnswered: where it has another.

    """
    if reply.status != expected:
        raise NotAnswered(reply)


def read_user_id(token: str) -> str:
    """Return the ``sub`` of an ID token, which Cognito has just given us."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])
