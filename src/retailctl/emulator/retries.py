"""What the emulator answers to a call that Terraform makes again.

An answer that comes back sooner than Terraform's process has noted that its request went out makes its SDK
close the connection and send the request again: seen on busy machines only, and only here, since AWS is farther
away. What the first attempt made is then in the second one's way ("already exists"), and the apply fails. So a
second attempt of Terraform's gets the first one's answer. Everybody else's calls are left alone: a function, or
boto3, that sends twice is served twice, as AWS does.
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
"""Answers that are kept; Terraform tries again within seconds."""


class OncePerInvocation:
    """An ASGI app before which attempts of one invocation of Terraform's SDK are one."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._answers: OrderedDict[bytes, asyncio.Future[list[Message]]] = OrderedDict()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a request, or repeat the answer to its first attempt."""
        invocation = _invocation(scope)
        if not invocation:
            await self._app(scope, receive, send)
            return
        known = self._answers.get(invocation)
        if known is not None:
            answer = await known
            if _is_settled(answer):
                await _drain_request(receive)
                for message in answer:
                    await send(message)
                return
        self._answers[invocation] = answered = asyncio.get_running_loop().create_future()
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        messages: list[Message] = []

        async def noted(message: Message) -> None:
            messages.append(message)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            answered.set_result(messages)


def _invocation(scope: MutableMapping[str, Any]) -> bytes:
    """Return the id of the invocation of Terraform's SDK that a request belongs to; b"" where it is of none."""
    if scope["type"] != "http":
        return b""
    headers = dict(scope["headers"])
    return (
        headers.get(b"amz-sdk-invocation-id", b"") if b"HashiCorp" in headers.get(b"user-agent", b"") else b""
    )


def _is_settled(answer: list[Message]) -> bool:
    """Say whether an answer is whole and final: what AWS itself asks to try again is tried again."""
    if not answer or answer[-1].get("more_body", False):
        return False
    status: int = answer[0].get("status", 500)
    return status < 400  # noqa: PLR2004 - from there on it is a refusal


async def _drain_request(receive: Receive) -> None:
    """Read a request to its end, as an app does."""
    while (await receive()).get("more_body", False):
        pass
