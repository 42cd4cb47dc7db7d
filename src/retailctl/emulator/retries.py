"""Answer retries of Terraform's SDK with the response to the first attempt.

If a response arrives before Terraform's process has registered that the request was sent, its SDK closes the
connection and retries the request. This happens on busy machines, and only with the local cloud because AWS is
farther away. The retry then fails because the resource already exists. So a retry of Terraform's SDK gets the
response to the first attempt. Calls of other clients are not changed: if a function or boto3 sends a request twice,
it is served twice, as in AWS.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

KEPT = 4_000
"""How many responses are kept; Terraform retries within seconds."""


class OncePerInvocation:
    """An ASGI app that serves each invocation of Terraform's SDK once."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._answers: OrderedDict[bytes, asyncio.Future[list[Message]]] = OrderedDict()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a request, or repeat the response to its first attempt."""
        invocation = _invocation(scope)
        if not invocation:
            await self._app(scope, receive, send)
            return
        first_attempt = self._answers.get(invocation)
        if first_attempt is not None:
            answer = await first_attempt
            if _is_settled(answer):
                await _drain_request(receive)
                for message in answer:
                    await send(message)
                return
        self._answers[invocation] = answered = asyncio.get_running_loop().create_future()
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        messages: list[Message] = []

        async def send_and_record(message: Message) -> None:
            messages.append(message)
            await send(message)

        try:
            await self._app(scope, receive, send_and_record)
        finally:
            answered.set_result(messages)


def _invocation(scope: MutableMapping[str, Any]) -> bytes:
    """Return the invocation id of Terraform's SDK; b"" for other clients."""
    if scope["type"] != "http":
        return b""
    headers = dict(scope["headers"])
    return (
        headers.get(b"amz-sdk-invocation-id", b"") if b"HashiCorp" in headers.get(b"user-agent", b"") else b""
    )


def _is_settled(answer: list[Message]) -> bool:
    """Say whether a response is a whole success: errors are retried."""
    if not answer or answer[-1].get("more_body", False):
        return False
    status: int = answer[0].get("status", 500)
    return status < 400  # noqa: PLR2004 - HTTP errors start there


async def _drain_request(receive: Receive) -> None:
    """Read a request to its end."""
    while (await receive()).get("more_body", False):
        pass
