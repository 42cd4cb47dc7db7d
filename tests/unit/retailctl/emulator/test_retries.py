"""What the emulator answers to a call that Terraform makes again: a small ASGI app behind the guard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from retailctl.emulator.retries import KEPT, OncePerInvocation

TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 aws-sdk-go-v2/1.36.3"


class Emulator:
    """Counts what it is asked, and answers with the number, or with what ``statuses`` say."""

    def __init__(self, *statuses: int) -> None:
        self.served = 0
        self.statuses = list(statuses)
        self.app = OncePerInvocation(self._serve)

    async def _serve(self, _scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        self.served += 1
        number = self.served
        await asyncio.sleep(0)
        status = self.statuses.pop(0) if self.statuses else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": False})

    async def ask(self, invocation: str, agent: str = TERRAFORM) -> tuple[int, bytes]:
        parts = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request"}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return parts.pop(0)

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        headers = [(b"user-agent", agent.encode()), (b"amz-sdk-invocation-id", invocation.encode())]
        await self.app({"type": "http", "headers": headers}, receive, send)
        assert not parts, "the request was not read"
        return sent[0]["status"], sent[1]["body"]


def test_a_second_attempt_gets_the_answer_of_the_first() -> None:
    emulator = Emulator()
    assert asyncio.run(emulator.ask("one")) == asyncio.run(emulator.ask("one")) == (200, b"1")
    assert emulator.served == 1


def test_attempts_side_by_side_are_one_too() -> None:
    emulator = Emulator()

    async def both() -> list[tuple[int, bytes]]:
        return await asyncio.gather(emulator.ask("one"), emulator.ask("one"))

    assert asyncio.run(both()) == [(200, b"1")] * 2
    assert emulator.served == 1


def test_another_invocation_is_another_call() -> None:
    emulator = Emulator()
    assert [asyncio.run(emulator.ask(each)) for each in ("one", "two")] == [(200, b"1"), (200, b"2")]


@pytest.mark.parametrize("status", [400, 404, 409, 503])
def test_what_was_refused_is_tried_again(status: int) -> None:
    emulator = Emulator(status)
    assert asyncio.run(emulator.ask("one")) == (status, b"1")
    assert asyncio.run(emulator.ask("one")) == (200, b"2")


def test_who_is_not_terraform_is_served_twice() -> None:
    emulator = Emulator()
    assert [asyncio.run(emulator.ask("one", "Boto3/1.40")) for _ in "ab"] == [(200, b"1"), (200, b"2")]


def test_only_so_many_answers_are_kept() -> None:
    emulator = Emulator()

    async def many() -> tuple[int, bytes]:
        for number in range(KEPT + 1):
            await emulator.ask(str(number))
        return await emulator.ask("0")

    assert asyncio.run(many()) == (200, b"%d" % (KEPT + 2))
