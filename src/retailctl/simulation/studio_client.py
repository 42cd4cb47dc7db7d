"""The studio's API and its uploads, as a photographer's browser uses them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from urllib3.filepost import encode_multipart_formdata

from retailctl.http import open_pool, send_request
from retailctl.simulation.api_client import TIMEOUT_SECONDS, ApiClient, check_reply, read_user_id

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTER = "com.nordstrom/user-info/register-photographer/1-0-0"


class StudioClient:
    """One connection to the API, and one to the uploads' bucket; both are kept open."""

    def __init__(self, api_url: str) -> None:
        self._api = ApiClient(api_url)
        self._uploads = open_pool(api_url)

    def read_inbox(self, token: str) -> dict[str, Any]:
        """Return a photographer's inbox.

        Raises:
            NotAnswered: where the API does not answer with it.
            NoReply: where nothing answers.

        """
        return self._api.send("GET", "/assignments", token)

    def register(self, token: str, key: str) -> None:
        """Put on the log that a photographer registers.

        Raises:
            NotAnswered: where the API does not take it.
            NoReply: where nothing answers.

        """
        body = {"schema": REGISTER, "id": read_user_id(token)}
        headers = {"idempotency-key": key}
        self._api.send("POST", "/events", token, body, headers, expected=HTTPStatus.ACCEPTED)

    def request_ticket(
        self, token: str, product_id: str, content: bytes, content_type: str
    ) -> dict[str, Any]:
        """Return a ticket to upload a picture of an assignment.

        Raises:
            NotAnswered: 404 or 410 where it is not, or no longer, the photographer's.
            NoReply: where nothing answers.

        """
        body = {"contentType": content_type, "bytes": len(content)}
        path = f"/assignments/{product_id}/uploads"
        return self._api.send("POST", path, token, body, expected=HTTPStatus.CREATED)

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
        check_reply(reply, HTTPStatus.CREATED)

    def close(self) -> None:
        """Hang up."""
        self._api.close()
        self._uploads.clear()
