"""The studio's API and its uploads, as a photographer's browser uses them."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from retailctl.http import HttpReply, open_pool, send_request

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = 30.0
REGISTER = "com.nordstrom/user-info/register-photographer/1-0-0"


class NotAnswered(Exception):
    """The API refused or failed; ``status`` says how."""

    def __init__(self, reply: HttpReply) -> None:
        super().__init__(f"{reply.status} {reply.reason}".strip())
        self.status = reply.status


class StudioClient:
    """One connection to the API, and one to the uploads' bucket; both are kept open."""

    def __init__(self, api_url: str) -> None:
        self._url = api_url.rstrip("/")
        self._api = open_pool(self._url)
        self._uploads = open_pool(self._url)

    def read_inbox(self, token: str) -> dict[str, Any]:
        """Return a photographer's inbox.

        Raises:
            NotAnswered: where the API does not answer with it.
            NoReply: where nothing answers.

        """
        reply = self._send("GET", "/assignments", token)
        return _parse_reply(reply, HTTPStatus.OK)

    def register(self, token: str, key: str) -> None:
        """Put on the log that a photographer registers.

        Raises:
            NotAnswered: where the API does not take it.
            NoReply: where nothing answers.

        """
        body = {"schema": REGISTER, "id": _read_user_id(token)}
        _parse_reply(
            self._send("POST", "/events", token, body, {"idempotency-key": key}), HTTPStatus.ACCEPTED
        )

    def request_ticket(
        self, token: str, product_id: str, content: bytes, content_type: str
    ) -> dict[str, Any]:
        """Return a ticket to upload a picture of an assignment.

        Raises:
            NotAnswered: 404 or 410 where it is not, or no longer, the photographer's.
            NoReply: where nothing answers.

        """
        body = {"contentType": content_type, "bytes": len(content)}
        reply = self._send("POST", f"/assignments/{product_id}/uploads", token, body)
        return _parse_reply(reply, HTTPStatus.CREATED)

    def upload(self, ticket: Mapping[str, Any], content: bytes) -> None:
        """Post a file with its ticket.

        Raises:
            NotAnswered: where the bucket does not take it.
            NoReply: where nothing answers.

        """
        form, content_type = encode_multipart_formdata(
            {**ticket["fields"], "file": ("picture", content, ticket["fields"]["Content-Type"])}
        )
        reply = send_request(
            ticket["url"],
            method="POST",
            headers={"content-type": content_type},
            body=form,
            timeout=TIMEOUT_SECONDS,
            pool=self._uploads,
        )
        if reply.status != HTTPStatus.CREATED:
            raise NotAnswered(reply)

    def close(self) -> None:
        """Hang up."""
        self._api.clear()
        self._uploads.clear()

    def _send(
        self,
        method: str,
        path: str,
        token: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        return send_request(
            f"{self._url}{path}",
            method=method,
            headers={
                "authorization": f"Bearer {token}",
                "content-type": "application/json",
                **(headers or {}),
            },
            body=None if body is None else json.dumps(body).encode(),
            timeout=TIMEOUT_SECONDS,
            pool=self._api,
        )


def _parse_reply(reply: HttpReply, expected: HTTPStatus) -> dict[str, Any]:
    if reply.status != expected:
        raise NotAnswered(reply)
    parsed: dict[str, Any] = json.loads(reply.body)
    return parsed


def _read_user_id(token: str) -> str:
    """Return the ``sub`` of an ID token, which Cognito has just given us."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])
