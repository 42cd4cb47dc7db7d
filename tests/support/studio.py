"""The studio over fakes: its real code, call by call, with a machine, photographers and everything that goes wrong.

One ``random.Random`` makes every choice, so a seed is a history. ``StudioWorld`` runs one: the log's pollers, the
machine's executions, people who come, go and take pictures, and the zombies of all of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from hello_retail.dynamodb.transactions import Contended
from hello_retail.studio import table as tables
from hello_retail.studio.items import GIVEN_UP, HELD, OVER, PICTURED, parse_photographer, parse_product
from hello_retail.studio.lines import FREE, WAITING, may_be_asked
from hello_retail.studio.table import Studio
from hello_retail.studio.tokens import answer_token
from hello_retail.studio_intake.batch import decode_batch
from hello_retail.studio_intake.handler import take_batch
from hello_retail.studio_intake.store import Intake
from hello_retail.studio_tasks.handler import run_action
from hello_retail.studio_tasks.work import Rules, Work
from support.event_source import Faults, FaultyClient, Stream, World
from support.events import create, image, ingress, origin, payload
from support.fake_aws import FakeDynamoDB, client_error
from support.stepping import Crash, InlineExecutor, Stepped

STUDIO = "studio"
KEYS = {STUDIO: ("line", "place")}
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:photos:live"
ALLOWANCE = 2
RULES = Rules(
    minutes=15,
    allowance=ALLOWANCE,
    origin="hello-retail",
    pictures_bucket="pictures",
    page_url="https://shop.example/",
)
START = 1_795_000_000.0
PATIENCE = 3
"""After so many time-outs an execution fails."""
MOST_STEPS = 20_000
MOST_RECONCILIATIONS = 50


def studio_table() -> FakeDynamoDB:
    return FakeDynamoDB(KEYS)


def create_studio_table(dynamodb: Any) -> None:
    """Create the table as Terraform does."""
    keys = tuple(zip(KEYS[STUDIO], ("HASH", "RANGE"), strict=True))
    dynamodb.create_table(
        TableName=STUDIO,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def own_act(action: str, user: str, event_id: str | None = None, **more: str) -> bytes:
    """Return the payload of a photographer's own act: register-photographer, update-phone, …"""
    data = {"schema": f"com.nordstrom/user-info/{action}/1-0-0", "id": user, **more}
    return payload(ingress(data, origin(action, user, f"Name of {user}"), event_id=event_id))


@dataclass
class FakeKinesis:
    """The log, as the machine's function puts pictures on it."""

    stream: Stream
    records: list[tuple[str, bytes]] = field(default_factory=list)

    def put_record(self, *, StreamName: str, Data: bytes, PartitionKey: str) -> dict[str, Any]:
        assert StreamName
        self.records.append((PartitionKey, Data))
        self.stream.put(PartitionKey, Data)
        return {}


@dataclass
class Execution:
    """An execution of the machine; ``step`` is its state, ``token`` the one it waits for."""

    name: str
    product: str
    step: str = "find"
    token: str | None = None
    invocation: Stepped | None = None
    found: dict[str, Any] = field(default_factory=dict)
    timed_out: bool = False
    time_outs: int = 0
    transitions: int = 1
    """States entered by time-out, success or error; what is retried in its state is not counted."""

    @property
    def running(self) -> bool:
        return self.step in {"find", "ask", "report", "release"}

    @property
    def ended(self) -> bool:
        """Whether it ended badly, so that EventBridge has to tell."""
        return self.step in {"ABORTED", "FAILED"}

    @property
    def status(self) -> str:
        return "RUNNING" if self.running else self.step


class FakeMachine:
    """Step Functions, as the studio's definition uses them: callbacks, retries, time-outs, ends."""

    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}
        self.left: list[Stepped] = []
        """Invocations that go on though the machine does not wait for them."""
        self._tokens = 0

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: A002
        assert stateMachineArn == MACHINE_ARN
        if name in self.executions:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        self.executions[name] = Execution(name, json.loads(input)["product"])
        return {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        execution = self.executions.get(executionArn.rpartition(":")[2])
        if execution is None:
            raise client_error("ExecutionDoesNotExist", "DescribeExecution")
        return {"status": execution.status, "input": json.dumps({"product": execution.product})}

    def send_task_success(self, *, taskToken: str, output: str) -> dict[str, Any]:
        execution = self._waiting_for(taskToken, "SendTaskSuccess")
        execution.found |= json.loads(output)
        self.go(execution, {"find": "ask", "ask": "report"}[execution.step])
        return {}

    def send_task_failure(self, *, taskToken: str, error: str) -> dict[str, Any]:
        execution = self._waiting_for(taskToken, "SendTaskFailure")
        if error == "Over":
            self.go(execution, "SUCCEEDED")
        else:
            assert (error, execution.step) == ("Withdrawn", "ask")
            self.go(execution, "release")
        return {}

    def _waiting_for(self, token: str, operation: str) -> Execution:
        for execution in self.executions.values():
            if execution.running and execution.token == token:
                return execution
        raise client_error("TaskTimedOut", operation)

    def go(self, execution: Execution, step: str, *, timed_out: bool = False) -> None:
        """Enter a state; what still runs for the one before goes on without it."""
        if execution.invocation is not None and not execution.invocation.ended:
            self.left.append(execution.invocation)
        execution.transitions += step in {"ask", "report", "release", "find"} and step != execution.step
        execution.step, execution.timed_out = step, timed_out
        execution.invocation = execution.token = None

    def create_input(self, execution: Execution) -> dict[str, Any]:
        """Return the input of the function in the execution's state, with a new token for a callback."""
        if execution.step in {"find", "ask"}:
            self._tokens += 1
            execution.token = f"token-{self._tokens}"
        action = {"find": "find", "ask": "ask"}.get(execution.step, "settle")
        return {
            "action": action,
            "product": execution.product,
            "token": execution.token,
            "attempt": execution.found.get("attempt"),
            "photographer": execution.found.get("photographer"),
            "timedOut": execution.timed_out,
        }


@dataclass(frozen=True)
class Habits:
    """How people and operators behave, out of 1."""

    ignore: float = 0.2
    late: float = 0.15
    twice: float = 0.15
    leave: float = 0.2
    abort: float = 0.0
    lost_end: float = 0.0
    end_twice: float = 0.0


def desk_delivers(client: Any, machine: Any, product: str, attempt: int, picture: str) -> bool:
    """Hand a picture over as the desk does: note it first, then answer the token; return whether it was in time."""
    token = tables.deliver(client, STUDIO, product, attempt, picture, now=START)
    if token is not None:
        answer_token(machine, token, {"image": picture})
    return token is not None


class StudioWorld(World):
    """Everything that takes part in one history."""

    def __init__(self, random: Random, faults: Faults, habits: Habits, products: int, people: int) -> None:
        super().__init__(Stream(random), random, faults)
        self.habits = habits
        self.now = START
        self.dynamodb, self.machine, self.kinesis = studio_table(), FakeMachine(), FakeKinesis(self.stream)
        self.client = FaultyClient(self.dynamodb, self)
        self.sfn = FaultyClient(self.machine, self)  # type: ignore[arg-type]
        studio = Studio(self.client, STUDIO, kept_seconds=1000)  # type: ignore[arg-type]
        self.work = Work(
            studio=studio,
            machine=self.sfn,  # type: ignore[arg-type]
            machine_arn=MACHINE_ARN,
            kinesis=FaultyClient(self.kinesis, self),  # type: ignore[arg-type]
            stream="retail",
            rules=RULES,
            clock=self.tick,
            messages=None,
            note_unsent=lambda _: None,
        )
        intake = Intake(
            studio=studio,
            machine=self.sfn,  # type: ignore[arg-type]
            machine_arn=MACHINE_ARN,
            executor=InlineExecutor(),
            clock=self.tick,
            allowance=ALLOWANCE,
            recent_events=16,
            keeps_phones=True,
        )
        self.handlers = [lambda event: take_batch(decode_batch(event), intake)]
        self.people = [f"user-{number}" for number in range(people)]
        self.registrations: defaultdict[str, int] = defaultdict(int)
        self.script = self._write_script(products)
        self.desk = desk_delivers
        self.jobs: list[tuple[Callable[[], Any], Stepped]] = []
        """What runs beside the machine, and is tried again until it ends well: the desk, and ends of executions."""
        self.late: list[Callable[[], Any]] = []
        self.decided: dict[tuple[str, int], str] = {}
        self.uploads: dict[str, tuple[str, int, str]] = {}
        self.in_time: set[tuple[str, int]] = set()
        self.needed_time_outs = self.reconciled = 0
        self.told: defaultdict[str, int] = defaultdict(int)

    def tick(self) -> float:
        self.now += 0.001
        return self.now

    # What people do

    def _write_script(self, products: int) -> list[tuple[str, bytes]]:
        """Return what is put on the log, in order: offers, registrations, leaves, pictures from elsewhere."""
        acts: list[tuple[str, bytes]] = []
        for number in range(products):
            product = f"product-{number}"
            acts.append((product, payload(create(product, "merchant", event_id=self._event_id()))))
            if self.random.random() < 0.15:
                acts.append((product, acts[-1][1]))
        for user in self.people:
            acts += [self._register(user) for _ in range(self.random.choice((0, 1, 1, 2)))]
        acts += [
            (user, own_act("unregister-photographer", user, self._event_id()))
            for user in self.people
            if self.random.random() < self.habits.leave
        ]
        if self.random.random() < 0.3:
            product = f"product-{self.random.randrange(products)}"
            acts.append((product, payload(image(product, "workshop", event_id=self._event_id()))))
        self.random.shuffle(acts)
        return acts

    def _event_id(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def _register(self, user: str) -> tuple[str, bytes]:
        self.registrations[user] += 1
        if self.random.random() < 0.5:
            return user, own_act("update-phone", user, self._event_id(), phone="+15550123456")
        return user, own_act("register-photographer", user, self._event_id())

    def _look_at_inboxes(self) -> None:
        """Let every photographer who is asked decide what they do, once an attempt."""
        for product in self.products().values():
            case = (product.product_id, product.attempt)
            if product.state != "asked" or case in self.decided:
                continue
            dice = self.random.random()
            habits = self.habits
            if dice < habits.ignore:
                self.decided[case] = "ignore"
                continue
            upload = self._upload(product)
            if dice < habits.ignore + habits.late:
                self.decided[case] = "late"
                self.late.append(upload)
                continue
            self.decided[case] = "take"
            self.begin(upload)
            if dice > 1 - habits.twice:
                self.begin(self.random.choice((upload, self._upload(product))))

    def _upload(self, product: Any) -> Callable[[], None]:
        picture = f"/pictures/{product.product_id}/{len(self.uploads)}.jpg"
        self.uploads[picture] = (product.product_id, product.attempt, product.photographer)

        def deliver() -> None:
            if self.desk(self.client, self.sfn, product.product_id, product.attempt, picture):
                self.in_time.add((product.product_id, product.attempt))

        return deliver

    # What runs

    def begin(self, job: Callable[[], Any]) -> None:
        self.jobs.append((job, Stepped(job)))

    def run(self) -> None:
        """Let everything happen, then let everything end well."""
        steps = 0
        while True:
            self._look_at_inboxes()
            choices = self._list_choices()
            if not choices and not self._move_on():
                break
            if choices:
                self.random.choice(choices)()
                self.check_always()
            steps += 1
            assert steps < MOST_STEPS, "the history does not end"
            if steps == MOST_STEPS // 10:
                self.faults, self.habits = Faults(), Habits(ignore=0, late=0, twice=0)
        self.check_end()

    def _list_choices(self) -> list[Callable[[], None]]:
        self.zombies += self.machine.left
        self.machine.left = []
        self.zombies = [zombie for zombie in self.zombies if not zombie.ended]
        choices: list[Callable[[], None]] = []
        choices += [
            lambda shard=shard: self._advance(shard)
            for shard in self.stream.shards.values()
            if self._ready(shard)
        ]
        choices += [lambda zombie=zombie: self._haunt(zombie) for zombie in self.zombies]
        choices += [lambda job=job: self._advance_job(job) for job in self.jobs]
        for execution in self.machine.executions.values():
            if execution.running and (execution.invocation is not None or execution.token is None):
                choices.append(lambda execution=execution: self._advance_execution(execution))
            if execution.running and self.random.random() < 0.03 * self.habits.abort:
                choices.append(lambda execution=execution: self._end(execution, "ABORTED"))
            if execution.running and execution.step == "ask" and self._may_time_out(execution):
                choices.append(lambda execution=execution: self._time_out(execution))
            if (
                execution.running
                and execution.step == "find"
                and execution.token
                and self.happens("abandoned")
            ):
                choices.append(lambda execution=execution: self._time_out(execution))
        if self.script and (not choices or self.random.random() < 0.2):
            choices.append(self._act)
        if self.late and self.random.random() < 0.2:
            choices.append(lambda: self.begin(self.late.pop()))
        return choices

    def _may_time_out(self, execution: Execution) -> bool:
        if execution.token is None:
            return False
        decided = self.decided.get((execution.product, execution.found["attempt"]))
        is_ignored = decided in {"ignore", "late"} and not self._is_gone(execution)
        return (is_ignored and self.random.random() < 0.1) or self.happens("abandoned")

    def _is_gone(self, execution: Execution) -> bool:
        """Whether the photographer of an execution has left: it is to be told, without a time-out."""
        return bool(self.photographers()[execution.found["photographer"]].gone)

    def _act(self) -> None:
        self.stream.put(*self.script.pop())

    def _advance_job(self, job: tuple[Callable[[], Any], Stepped]) -> None:
        function, stepped = job
        if self.happens("abandoned"):
            self.zombies.append(stepped)
        else:
            stepped.step()
            if not stepped.ended:
                return
            if stepped.error is None:
                self.jobs.remove(job)
                return
            self._excuse(stepped.error)
        self.jobs.remove(job)
        self.begin(function)

    def _advance_execution(self, execution: Execution) -> None:
        if execution.invocation is None:
            given = self.machine.create_input(execution)
            execution.invocation = Stepped(lambda: run_action(given, self.work))
            return
        invocation = execution.invocation
        if execution.step in {"report", "release"} and self.happens("abandoned"):
            self.machine.go(execution, execution.step, timed_out=execution.timed_out)
            return
        invocation.step()
        if not invocation.ended or execution.invocation is not invocation:
            return
        execution.invocation = None
        if invocation.error is not None:
            self._excuse(invocation.error)
            self.machine.go(execution, execution.step, timed_out=execution.timed_out)
        elif execution.step == "report":
            self.machine.go(execution, "SUCCEEDED")
        elif execution.step == "release":
            self.machine.go(execution, "find")

    def _haunt(self, zombie: Stepped) -> None:
        zombie.step()

    @staticmethod
    def _excuse(error: BaseException) -> None:
        """Raise what no fault explains."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        if not isinstance(error, Crash | BotoCoreError | ClientError | Contended):
            raise error

    def _time_out(self, execution: Execution) -> None:
        if execution.step == "ask":
            self.machine.go(execution, "release", timed_out=True)
            return
        execution.time_outs += 1
        if execution.time_outs > PATIENCE:
            self._end(execution, "FAILED")
        else:
            self.machine.go(execution, "find")

    def _end(self, execution: Execution, status: str) -> None:
        self.machine.go(execution, status)
        if self.random.random() < self.habits.lost_end:
            return
        for _ in range(2 if self.random.random() < self.habits.end_twice else 1):
            self.begin(lambda: run_action(self._tell_end(execution), self.work))

    def _tell_end(self, execution: Execution) -> dict[str, Any]:
        self.told[execution.name] += 1
        given = {"input": json.dumps({"product": execution.product})} if self.told[execution.name] % 2 else {}
        arn = f"arn:aws:states:us-east-1:123456789012:execution:photos:{execution.name}"
        return {
            "source": "aws.states",
            "detail": {"executionArn": arn, "name": execution.name, "status": execution.status, **given},
        }

    def _move_on(self) -> bool:
        """Nothing runs: compare the two lines, then let time pass; return whether anything is left."""
        waiting, free = self.line(WAITING), self.line(FREE)
        running = [each for each in self.machine.executions.values() if each.running]
        untold = [
            each for each in self.machine.executions.values() if each.ended and not self.told[each.name]
        ]
        assert untold or not (waiting and free), "a product waits beside a free photographer"
        unanswered = [
            each for each in running if each.step == "ask" or self.products()[each.product].state != "waiting"
        ]
        if unanswered:
            self._pass_time(unanswered[0])
        elif self.late:
            self.begin(self.late.pop())
        elif (waiting and free) or self._holds_what_has_ended():
            self._reconcile()
        elif waiting and self.random.random() < 0.1:
            self._time_out(running[0])
        elif waiting:
            self.stream.put(*self._register(self.random.choice(self.people)))
        else:
            return False
        return True

    def _pass_time(self, execution: Execution) -> None:
        """Let a time-out find what an answer that was lost did not tell."""
        self.needed_time_outs += execution.step == "find" or self._is_gone(execution)
        if execution.step == "find":
            execution.time_outs = min(execution.time_outs, PATIENCE - 1)
        self._time_out(execution)

    def _holds_what_has_ended(self) -> bool:
        executions = (
            self.machine.executions.get(each.execution)
            for each in self.products().values()
            if each.state not in OVER
        )
        return any(execution and not execution.running for execution in executions)

    def _reconcile(self) -> None:
        """Run the scheduled reconciliation an hour later, when a read that may be stale is no longer."""
        self.reconciled += 1
        assert self.reconciled < MOST_RECONCILIATIONS, "what has ended is never given up"
        self.dynamodb.stale[STUDIO] = {key: dict(item) for key, item in self.dynamodb.items[STUDIO].items()}
        self.now += 3600
        self.begin(lambda: run_action({"action": "reconcile"}, self.work))

    # What must hold

    def products(self) -> dict[str, Any]:
        return {
            line.partition("#")[2]: parse_product(item)
            for (line, _), item in self.dynamodb.items[STUDIO].items()
            if line.startswith("product#")
        }

    def photographers(self) -> dict[str, Any]:
        return {
            line.partition("#")[2]: parse_photographer(item)
            for (line, _), item in self.dynamodb.items[STUDIO].items()
            if line.startswith("photographer#")
        }

    def line(self, name: str) -> set[str]:
        return {place for line, place in self.dynamodb.items[STUDIO] if line == name}

    def check_always(self) -> None:
        """Hold the items against each other: this is so between any two calls."""
        products, photographers = self.products(), self.photographers()
        held = {each.photographer: each.product_id for each in products.values() if each.state in HELD}
        assert len(held) == sum(each.state in HELD for each in products.values())
        busy = {user: each.assignment for user, each in photographers.items() if each.assignment}
        assert held == busy, "who has a product is who it is with"
        assert self.line(FREE) == {each.slot for each in photographers.values() if each.slot}
        assert self.line(WAITING) == {each.spot for each in products.values() if each.spot}
        for each in products.values():
            assert (each.spot is not None) is (each.state == WAITING)
        for each in photographers.values():
            assert (each.slot is not None) is may_be_asked(each)
            assert 0 <= each.allowance <= ALLOWANCE
            assert ("expiresAt" in each.item) is (each.slot is None and each.assignment is None)

    def check_end(self) -> None:
        """Hold what is left against what happened."""
        published = defaultdict(set)
        credited: defaultdict[str, set[str]] = defaultdict(set)
        for key, data in self.kinesis.records:
            event = json.loads(data)
            assert key == event["data"]["id"]
            published[key].add((event["eventId"], event["data"]["image"]))
            credited[key].add(event["origin"].split("/")[2])
        products, photographers = self.products(), self.photographers()
        offered = {
            json.loads(record.payload)["data"]["id"]
            for record in self.stream.records
            if b"product/create" in record.payload
        }
        completed: defaultdict[str, int] = defaultdict(int)
        assert offered <= set(products)
        for name, product in products.items():
            assert product.state in {PICTURED, GIVEN_UP}, f"{name} is {product.state} for ever"
            own = product.state == PICTURED and product.image in self.uploads
            assert len(published[name]) == own, "pictured and published, once"
            if own:
                assert {place for _, place in published[name]} == {f"pictures{product.image}"}
                assert self.uploads[product.image] == (name, product.attempt, product.photographer)
                assert credited[name] == {product.photographer}
                completed[product.photographer] += 1
            execution = self.machine.executions.get(name)
            if product.state == GIVEN_UP:
                assert execution is not None
                assert execution.ended
        for name, attempt in self.in_time:
            assert (products[name].state, products[name].attempt) == (PICTURED, attempt), "a picture is lost"
        for user, photographer in photographers.items():
            assert photographer.assignment is None, "somebody stays locked"
            assert photographer.completed == completed[user]
            assert photographer.completed <= ALLOWANCE * self.registrations[user], "nobody is asked too often"
        assert not self.line(WAITING)
        assert not any(execution.running for execution in self.machine.executions.values())


def run_history(
    seed: int,
    faults: Faults,
    habits: Habits,
    *,
    products: int = 4,
    people: int = 3,
) -> StudioWorld:
    """Run the history of a seed to its end, and check what must hold."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    world = StudioWorld(
        random, faults, habits, random.randrange(1, products + 1), random.randrange(1, people + 1)
    )
    world.run()
    return world
