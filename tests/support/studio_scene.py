"""The studio's functions one call after another, for tests of a single step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hello_retail.studio import table
from hello_retail.studio.table import Studio
from hello_retail.studio_intake.batch import decode_batch
from hello_retail.studio_intake.handler import take_batch
from hello_retail.studio_intake.store import Intake
from hello_retail.studio_tasks.work import Work
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.events import create, image, payload
from support.fake_aws import client_error
from support.stepping import InlineExecutor
from support.studio import MACHINE_ARN, RULES, START, STUDIO, own_act, studio_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from hello_retail.studio.items import Photographer, Product

SHARD = "shardId-000000000000"
OFFER_ID = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c01"


@dataclass
class FakeStepFunctions:
    """Keeps what it is told; ``fails`` has the error of an operation, by name."""

    answers: list[tuple[str, object]] = field(default_factory=list)
    started: list[tuple[str, object]] = field(default_factory=list)
    executions: dict[str, dict[str, str]] = field(default_factory=dict)
    fails: dict[str, str] = field(default_factory=dict)

    def _fail(self, operation: str) -> None:
        if operation in self.fails:
            raise client_error(self.fails[operation], operation)

    def send_task_success(self, *, taskToken: str, output: str) -> None:
        self._fail("send_task_success")
        self.answers.append((taskToken, json.loads(output)))

    def send_task_failure(self, *, taskToken: str, error: str) -> None:
        self._fail("send_task_failure")
        self.answers.append((taskToken, error))

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002
        assert stateMachineArn == MACHINE_ARN
        self._fail("start_execution")
        self.started.append((name, json.loads(input)))

    def describe_execution(self, *, executionArn: str) -> dict[str, str]:
        if executionArn not in self.executions:
            raise client_error("ExecutionDoesNotExist", "describe_execution")
        return self.executions[executionArn]


@dataclass
class FakeTopic:
    """SNS, as far as it sends texts to phones."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    error: Exception | None = None

    def publish(self, *, PhoneNumber: str, Message: str) -> None:
        if self.error:
            raise self.error
        self.sent.append((PhoneNumber, Message))


@dataclass
class FakeLog:
    """A Kinesis stream that keeps what is put."""

    records: list[dict[str, Any]] = field(default_factory=list)

    def put_record(self, **record: Any) -> None:
        self.records.append(record)


class Scene:
    """One studio, and time that goes on by a second with each look at the clock."""

    def __init__(self, dynamodb: Any = None, *, messages: bool = False) -> None:
        self.dynamodb = dynamodb or studio_table()
        self.machine, self.topic, self.log = FakeStepFunctions(), FakeTopic(), FakeLog()
        self.now, self.number = START, FIRST_NUMBER
        self.unsent: list[Exception] = []
        self.studio = Studio(self.dynamodb, STUDIO, kept_seconds=1000)
        self.work = Work(
            studio=self.studio,
            machine=self.machine,
            machine_arn=MACHINE_ARN,
            kinesis=self.log,  # type: ignore[arg-type]
            stream="retail",
            rules=RULES,
            clock=self.tick,
            messages=self.topic if messages else None,
            note_unsent=self.unsent.append,
        )
        self.intake = Intake(
            studio=self.studio,
            machine=self.machine,
            machine_arn=MACHINE_ARN,
            executor=InlineExecutor(),
            clock=self.tick,
            allowance=RULES.allowance,
            recent_events=16,
            keeps_phones=messages,
        )

    def tick(self) -> float:
        self.now += 1
        return self.now

    def put(self, *payloads: bytes) -> list[dict[str, str]]:
        """Deliver a batch with these records; return what Lambda is answered."""
        records = []
        for each in payloads:
            self.number += 1
            records.append(LogRecord(SHARD, str(self.number), "key", each))
        return take_batch(decode_batch(kinesis_event(records)), self.intake)["batchItemFailures"]

    def register(self, *users: str) -> None:
        assert self.put(*(own_act("register-photographer", user) for user in users)) == []

    def leave(self, user: str) -> None:
        assert self.put(own_act("unregister-photographer", user)) == []

    def offer(self, *products: str) -> None:
        assert self.put(*(payload(create(each, "merchant", event_id=OFFER_ID)) for each in products)) == []

    def picture_from_elsewhere(self, product: str) -> None:
        assert self.put(payload(image(product, "workshop"))) == []

    def ask(self, product: str = "p1", user: str = "ann") -> None:
        """Offer a product and ask for its picture."""
        self.register(user)
        self.offer(product)
        self.work.find_photographer(product, f"finder of {product}")
        self.work.ask_photographer(product, self.product(product).attempt, f"asker of {product}")
        assert self.product(product).photographer == user

    def deliver(self, product: str = "p1", picture: str = "/pictures/p1/0a.jpg") -> str | None:
        return table.deliver(
            self.dynamodb, STUDIO, product, self.product(product).attempt, picture, now=self.tick()
        )

    def product(self, product_id: str = "p1") -> Product:
        product = table.read_product(self.dynamodb, STUDIO, product_id)
        assert product is not None
        return product

    def photographer(self, user: str = "ann") -> Photographer:
        photographer = table.read_photographer(self.dynamodb, STUDIO, user)
        assert photographer is not None
        return photographer

    def waiting(self) -> list[str]:
        return [each.product_id for each in table.read_waiting(self.dynamodb, STUDIO)]

    def free(self) -> list[str]:
        return [each.user_id for each in table.read_free(self.dynamodb, STUDIO)]


def before_each(operation: Callable[..., Any], act: Callable[[], Any]) -> Callable[..., Any]:
    """Return an operation of a client before which something else happens, once."""
    acts = [act]

    def call(**request: Any) -> Any:
        if acts:
            acts.pop()()
        return operation(**request)

    return call
