"""Orders over fakes: their real code, call by call, with a machine, customers and everything that goes wrong.

One ``random.Random`` makes every choice, so a seed is a history. ``OrdersWorld`` runs one: customers who order, and
send again; the machine's executions; merchants who change prices; operators who stop executions; a provider that
lets go of what it holds; and the zombies of all of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from hello_retail.aws_failures import Unavailable
from hello_retail.dynamodb.transactions import Contended
from hello_retail.order_tasks.handler import NotReconciled, run_action
from hello_retail.order_tasks.work import NotPublished, Work
from hello_retail.orders import table as tables
from hello_retail.orders.items import HOLDING_STOCK, OPEN, Line, Order, OrderState, Reason, parse_order
from hello_retail.orders.names import name_execution, name_payment
from hello_retail.orders.table import OrderTables
from hello_retail.payments.provider import PaymentState, ProviderUnavailable
from hello_retail.payments.simulated import FLAKY, OK, SLOW, SimulatedProvider
from hello_retail.shop_api.store import ShopApiStore
from hello_retail.times import format_time
from support.event_source import Faults, FaultyClient, Stream, World
from support.fake_aws import FakeDynamoDB, client_error
from support.stepping import Crash, Stepped

ORDERS, STOCK, CATALOG, PAYMENTS = "orders", "stock", "catalog", "payments"
KEYS: dict[str, tuple[str, ...]] = {
    ORDERS: ("userId", "orderId"),
    STOCK: ("productId",),
    CATALOG: ("productId",),
    PAYMENTS: ("orderId",),
}
INDEXES = {(ORDERS, tables.BY_OPEN): ("open", "placedAt")}
MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
START = 1_795_000_000.0
DECLINED = "tok_declined"
TOKENS = (OK, OK, OK, SLOW, FLAKY, DECLINED)
STEPS = ("reserve", "pay", "confirm")
MOST_STEPS = 20_000
MOST_RECONCILIATIONS = 60
PATIENCE = 40
"""After so many failed attempts at a step an execution fails."""


def order_tables() -> FakeDynamoDB:
    return FakeDynamoDB(KEYS, INDEXES)


def create_order_tables(dynamodb: Any) -> None:
    """Create the tables as Terraform does."""
    for name, keys in KEYS.items():
        indexes = [index for (table, _), index in INDEXES.items() if table == name]
        attributes = {*keys, *(each for index in indexes for each in index)}
        more = {
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": tables.BY_OPEN,
                    "KeySchema": _key_schema(index),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
                for index in indexes
            ]
        }
        dynamodb.create_table(
            TableName=name,
            KeySchema=_key_schema(keys),
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": "S"} for each in sorted(attributes)
            ],
            BillingMode="PAY_PER_REQUEST",
            **(more if indexes else {}),
        )


def _key_schema(keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def create_order_id(number: int) -> str:
    return f"019aae00-0000-7000-8000-{number:012x}"


def create_order(
    number: int, lines: Mapping[str, int], expected_cents: int, *, user: str = "cy", token: str = OK
) -> Order:
    """Return a new order of so many pieces of each product."""
    return Order(
        user_id=user,
        order_id=create_order_id(number),
        lines=tuple(Line(product, quantity) for product, quantity in lines.items()),
        expected_cents=expected_cents,
        placed_at=format_time(START),
        body="hash of the body",
        payment_token=token,
    )


def stock_product(dynamodb: Any, product: str, *, cents: int | None = 500, pieces: int = 5) -> None:
    """Put a product into the catalog, with its stock, as the shop's view does."""
    item = {"productId": {"S": product}, "merchant": {"S": "ann"}, "name": {"S": f"Name of {product}"}}
    dynamodb.put_item(
        TableName=CATALOG, Item=item | ({"cents": {"N": str(cents)}} if cents is not None else {})
    )
    number = {"N": str(pieces)}
    dynamodb.put_item(
        TableName=STOCK, Item={"productId": {"S": product}, "available": number, "added": number}
    )


@dataclass
class FakeKinesis:
    """The log: some records may be left out, and said to be."""

    leaves_out: Callable[[], bool] = lambda: False
    records: list[tuple[str, bytes]] = field(default_factory=list)

    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        assert StreamName == "retail"
        assert 0 < len(Records) <= 500
        results: list[dict[str, str]] = []
        for record in Records:
            if self.leaves_out():
                results.append({"ErrorCode": "ProvisionedThroughputExceededException"})
                continue
            self.records.append((record["PartitionKey"], record["Data"]))
            results.append({"SequenceNumber": str(len(self.records))})
        return {
            "FailedRecordCount": sum("ErrorCode" in each for each in results),
            "Records": results,
        }


@dataclass
class Execution:
    """An execution of the machine; ``step`` is its state."""

    user: str
    order: str
    step: str = STEPS[0]
    invocation: Stepped | None = None
    failures: int = 0
    transitions: int = 1

    @property
    def running(self) -> bool:
        return self.step in STEPS

    @property
    def ended(self) -> bool:
        """Whether it ended badly, so that EventBridge has to tell."""
        return self.step in {"ABORTED", "FAILED"}

    @property
    def status(self) -> str:
        return "RUNNING" if self.running else self.step


class FakeMachine:
    """Step Functions, as the orders' definition uses them: one step after another, retries, ends."""

    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:  # noqa: A002
        assert stateMachineArn == MACHINE_ARN
        if name in self.executions:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        self.executions[name] = Execution(**json.loads(input))
        return {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        execution = self.executions.get(executionArn.rpartition(":")[2])
        if execution is None:
            raise client_error("ExecutionDoesNotExist", "DescribeExecution")
        given = {"user": execution.user, "order": execution.order}
        return {"status": execution.status, "input": json.dumps(given)}


@dataclass(frozen=True)
class Customs:
    """How customers, merchants, operators and the provider behave, out of 1."""

    abort: float = 0.0
    lost_end: float = 0.0
    end_twice: float = 0.0
    again: float = 0.2
    """A customer sends the order again."""
    gives_up: float = 0.0
    """A customer whose request fails does not send it again."""
    price_change: float = 0.2
    let_go: float = 0.0
    """The provider lets go of money that it holds, so that it cannot be captured."""


class OrdersWorld(World):
    """Everything that takes part in one history."""

    def __init__(self, random: Random, faults: Faults, customs: Customs, orders: int, products: int) -> None:
        super().__init__(Stream(random), random, faults)
        self.customs = customs
        self.now = START
        self.dynamodb, self.machine = order_tables(), FakeMachine()
        self.kinesis = FakeKinesis(lambda: self.happens("unprocessed"))
        self.client = FaultyClient(self.dynamodb, self)
        self.sfn = FaultyClient(self.machine, self)  # type: ignore[arg-type]
        self.work = Work(
            tables=OrderTables(self.client, ORDERS, STOCK),  # type: ignore[arg-type]
            catalog=CATALOG,
            provider=SimulatedProvider(self.client, PAYMENTS, pause=lambda _: Stepped.pause()),  # type: ignore[arg-type]
            machine=self.sfn,  # type: ignore[arg-type]
            machine_arn=MACHINE_ARN,
            kinesis=FaultyClient(self.kinesis, self),  # type: ignore[arg-type]
            stream="retail",
            origin="hello-retail",
            currency="USD",
            clock=self.tick,
        )
        self.api = ShopApiStore(
            self.client,  # type: ignore[arg-type]
            carts="carts",
            catalog=CATALOG,
            orders=ORDERS,
            machine_arn=MACHINE_ARN,
            open_machine=lambda: self.sfn,  # type: ignore[arg-type, return-value]
        )
        self.added: dict[str, int] = {}
        self.prices: defaultdict[str, set[int]] = defaultdict(set)
        for number in range(products):
            product = f"product-{number}"
            self.added[product] = random.randrange(12)
            stock_product(self.dynamodb, product, cents=100, pieces=self.added[product])
            self.prices[product].add(100)
        self.placed = [self._draw_order(number) for number in range(orders)]
        self.script: list[Callable[[], None]] = [
            *(lambda order=order: self.begin(self._place(order)) for order in self.placed),
            *(self._change_price for _ in range(orders) if random.random() < customs.price_change),
        ]
        random.shuffle(self.script)
        self.jobs: list[tuple[Callable[[], Any], Stepped]] = []
        """What runs beside the machine, and is tried again until it ends well."""
        self.given_up: set[str] = set()
        self.told: defaultdict[str, int] = defaultdict(int)
        self.reconciled = 0

    def tick(self) -> float:
        self.now += 0.001
        return self.now

    # What people do

    def _draw_order(self, number: int) -> Order:
        products = [*self.added, "product-unknown"] if self.random.random() < 0.1 else [*self.added]
        chosen = self.random.sample(products, self.random.randint(1, len(products)))
        lines = {product: self.random.randint(1, 3) for product in chosen}
        return create_order(
            number,
            lines,
            sum(lines.values()) * 100,
            user=f"user-{self.random.randrange(3)}",
            token=self.random.choice(TOKENS),
        )

    def _act(self) -> None:
        act = self.script.pop()
        act()

    def _place(self, order: Order) -> Callable[[], None]:
        """Return what the API does with a PUT: put the order, start its execution."""

        def place() -> None:
            placed = self.api.place_order(order)
            if placed.state == OrderState.NEW:
                self.api.start_machine(placed)

        return place

    def _change_price(self) -> None:
        product = self.random.choice([*self.added])
        cents = self.random.choice((100, 100, 110, 120))
        self.prices[product].add(cents)
        item = self.dynamodb.items[CATALOG][product,]
        self.dynamodb.items[CATALOG][product,] = item | {"cents": {"N": str(cents)}}

    def _let_go(self) -> None:
        """Let the provider void a payment that it holds, as it does when an authorisation runs out."""
        held = [key for key, item in self.dynamodb.items[PAYMENTS].items() if _state_of(item) == "held"]
        if held:
            self.dynamodb.items[PAYMENTS][self.random.choice(held)]["state"] = {"S": "voided"}

    # What runs

    def begin(self, job: Callable[[], Any]) -> None:
        self.jobs.append((job, Stepped(job)))

    def run(self) -> None:
        """Let everything happen, then let everything end well."""
        steps = 0
        while True:
            choices = self._list_choices()
            if not choices and not self._move_on():
                break
            if choices:
                self.random.choice(choices)()
                self.check_always()
            steps += 1
            assert steps < MOST_STEPS, "the history does not end"
            if steps == MOST_STEPS // 10:
                self.faults = Faults()
        self.check_end()

    def _list_choices(self) -> list[Callable[[], None]]:
        self.zombies = [zombie for zombie in self.zombies if not zombie.ended]
        choices: list[Callable[[], None]] = [zombie.step for zombie in self.zombies]
        choices += [lambda job=job: self._advance_job(job) for job in self.jobs]
        for execution in self.machine.executions.values():
            if execution.running:
                choices.append(lambda execution=execution: self._advance_execution(execution))
                if self.random.random() < 0.05 * self.customs.abort:
                    choices.append(lambda execution=execution: self._end(execution, "ABORTED"))
        if self.script and (not choices or self.random.random() < 0.2):
            choices.append(self._act)
        if choices and self.random.random() < 0.05 * self.customs.let_go:
            choices.append(self._let_go)
        return choices

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
                if self.random.random() < 0.1 * self.customs.again:
                    self.begin(function)
                return
            self._excuse(stepped.error)
        self.jobs.remove(job)
        if function.__name__ != "place" or self.random.random() >= self.customs.gives_up:
            self.begin(function)

    def _advance_execution(self, execution: Execution) -> None:
        if execution.invocation is None:
            given = {"action": execution.step, "user": execution.user, "order": execution.order}
            execution.invocation = Stepped(lambda: run_action(given, self.work))
            return
        invocation = execution.invocation
        if self.happens("abandoned"):
            self.zombies.append(invocation)
        else:
            invocation.step()
            if not invocation.ended:
                return
            if invocation.error is None:
                self._go_on(execution)
                return
            self._excuse(invocation.error)
        execution.invocation = None
        execution.failures += 1
        if execution.failures > PATIENCE:
            self._end(execution, "FAILED")

    def _go_on(self, execution: Execution) -> None:
        execution.invocation, execution.failures = None, 0
        following = [*STEPS, "SUCCEEDED"]
        execution.step = following[following.index(execution.step) + 1]
        execution.transitions += execution.running

    @staticmethod
    def _excuse(error: BaseException) -> None:
        """Raise what no fault explains."""
        excused = (
            Crash,
            BotoCoreError,
            ClientError,
            Contended,
            NotPublished,
            NotReconciled,
            ProviderUnavailable,
            Unavailable,
        )
        if not isinstance(error, excused):
            raise error

    def _end(self, execution: Execution, status: str) -> None:
        if execution.invocation is not None:
            self.zombies.append(execution.invocation)
        execution.step, execution.invocation = status, None
        if self.random.random() < self.customs.lost_end:
            return
        for _ in range(2 if self.random.random() < self.customs.end_twice else 1):
            self.begin(lambda: run_action(self._tell_end(execution), self.work))

    def _tell_end(self, execution: Execution) -> dict[str, Any]:
        name = name_execution(execution.user, execution.order)
        self.told[name] += 1
        given = {"user": execution.user, "order": execution.order}
        more = {"input": json.dumps(given)} if self.told[name] % 2 else {}
        arn = f"arn:aws:states:us-east-1:123456789012:execution:orders:{name}"
        return {
            "source": "aws.states",
            "detail": {"executionArn": arn, "name": name, "status": execution.status, **more},
        }

    def _move_on(self) -> bool:
        """Nothing runs: let time pass, and reconcile, while an order is open; return whether one is."""
        if not any(order.state in OPEN for order in self.orders()):
            return False
        self.reconciled += 1
        assert self.reconciled < MOST_RECONCILIATIONS, "an order stays open for ever"
        self.now += 3600
        self.dynamodb.stale[ORDERS] = {key: dict(item) for key, item in self.dynamodb.items[ORDERS].items()}
        self.begin(lambda: run_action({"action": "reconcile"}, self.work))
        return True

    # What must hold

    def orders(self) -> list[Order]:
        return [parse_order(item) for item in self.dynamodb.items[ORDERS].values()]

    def payment(self, order: Order) -> str | None:
        item = self.dynamodb.items[PAYMENTS].get((name_payment(order.user_id, order.order_id),), {})
        return _state_of(item)

    def check_always(self) -> None:
        """Hold the items against each other: this is so between any two calls."""
        taken: defaultdict[str, int] = defaultdict(int)
        for order in self.orders():
            if order.state in HOLDING_STOCK or order.state == OrderState.CONFIRMED:
                for line in order.lines:
                    taken[line.product_id] += line.quantity
            payment = self.payment(order)
            if payment == PaymentState.CAPTURED:
                assert order.state in {OrderState.PAID, OrderState.CONFIRMED}, "money of an order that is not"
            if order.state == OrderState.CONFIRMED:
                assert payment == PaymentState.CAPTURED, "confirmed without its money"
        for product, added in self.added.items():
            available = int(self.dynamodb.items[STOCK][product,]["available"]["N"])
            assert available >= 0, "more is sold than there is"
            assert available + taken[product] == added, "pieces came from nowhere, or are lost"

    def check_end(self) -> None:
        """Hold what is left against what happened."""
        self._check_events()
        for order in self.orders():
            item = self.dynamodb.items[ORDERS][order.user_id, order.order_id]
            assert order.state not in OPEN, f"an order is {order.state} for ever"
            assert order.ended_at is not None
            assert not item.keys() & {"open", "expiresAt", "paymentToken"}
            self._check_payment(order)
            self._check_prices(order)
        assert not any(execution.running for execution in self.machine.executions.values())

    def _check_payment(self, order: Order) -> None:
        payment = self.payment(order)
        if order.state == OrderState.CONFIRMED:
            assert payment == PaymentState.CAPTURED
        elif order.state == OrderState.DECLINED:
            assert (payment, order.reason) == (PaymentState.DECLINED, Reason.DECLINED)
        elif order.state == OrderState.REFUSED or order.total_cents is None:
            assert payment is None, "money was asked for before the order was reserved"
        else:
            held = {PaymentState.HELD, PaymentState.CAPTURED}
            assert payment not in held, "a cancelled order keeps its customer's money"

    def _check_prices(self, order: Order) -> None:
        if order.total_cents is not None:
            assert order.total_cents == order.expected_cents
            assert order.total_cents == sum(line.quantity * (line.cents or 0) for line in order.lines)
            for line in order.lines:
                assert line.cents in self.prices[line.product_id]
        assert (order.new_total_cents is not None) is (order.reason == Reason.PRICE_CHANGED)
        assert order.new_total_cents != order.expected_cents
        named = {Reason.OUT_OF_STOCK, Reason.NOT_FOR_SALE}
        assert bool(order.products) is (order.reason in named)
        assert set(order.products) <= {line.product_id for line in order.lines}

    def _check_events(self) -> None:
        published: defaultdict[str, set[bytes]] = defaultdict(set)
        for key, data in self.kinesis.records:
            event = json.loads(data)
            published[event["eventId"]].add(data)
            user = event["origin"].split("/")[2]
            assert key == (user if "lines" in event["data"] else event["data"]["id"])
        assert all(len(payloads) == 1 for payloads in published.values()), "one id, one event"
        sold = [
            (event["origin"].split("/")[2], event["data"]["id"], event.get("followsFrom"))
            for (data,) in published.values()
            for event in [json.loads(data)]
        ]
        expected = []
        for order in self.orders():
            if order.state == OrderState.CONFIRMED:
                ids = [
                    event_id
                    for event_id, (data,) in published.items()
                    if json.loads(data)["data"]["id"] == order.order_id
                    and f"/{order.user_id}/" in json.loads(data)["origin"]
                ]
                assert len(ids) == 1, "a confirmed order is told once"
                expected.append((order.user_id, order.order_id, None))
                expected += [(order.user_id, line.product_id, ids[0]) for line in order.lines]
        assert sorted(map(str, sold)) == sorted(map(str, expected)), "what is sold is what is told"


def _state_of(item: Mapping[str, Any]) -> str | None:
    return str(item["state"]["S"]) if "state" in item else None


def run_history(
    seed: int, faults: Faults, customs: Customs, *, orders: int = 6, products: int = 2
) -> OrdersWorld:
    """Run the history of a seed to its end, and check what must hold."""
    random = Random(seed)  # noqa: S311 - a seed is a history
    world = OrdersWorld(
        random, faults, customs, random.randrange(1, orders + 1), random.randrange(1, products + 1)
    )
    world.run()
    return world
