"""`retailctl photos`: what it prints, what it does, and how it ends, over the studio's own steps and fakes."""

from __future__ import annotations

import hashlib
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from retailctl import checks, cli
from retailctl.photos import check, commands
from retailctl.photos.retries import format_retry_name
from retailctl.photos.stored import StudioProduct
from support.fake_aws import client_error
from support.studio import MACHINE_ARN, STUDIO
from support.studio_scene import FakeStepFunctions, Scene

if TYPE_CHECKING:
    from collections.abc import Callable

MACHINE = MACHINE_ARN.rpartition(":")[0]
PREFIX = "arn:aws:states:us-east-1:123456789012:execution:photos:"


class Machine(FakeStepFunctions):
    """Executions that run from their start until they are stopped or told that all is over."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[str] = set()
        self.stopped: list[dict[str, str]] = []

    def start_execution(self, **request: Any) -> None:
        if request["name"] in self.names:
            raise client_error("ExecutionAlreadyExists", "StartExecution")
        super().start_execution(**request)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.started]

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_executions"

        def paginate(*, stateMachineArn: str, statusFilter: str) -> list[Any]:
            assert (stateMachineArn, statusFilter) == (MACHINE, "RUNNING")
            return [{"executions": [{"name": name}]} for name in self.names if name not in self.ended]

        return SimpleNamespace(paginate=paginate)

    def stop_execution(self, **request: str) -> None:
        name = request["executionArn"].removeprefix(PREFIX)
        if name not in self.names or name in self.ended:
            raise client_error("ValidationException", "StopExecution")
        self.ended.add(name)
        self.stopped.append(request)


class Log:
    """The log that the scene's steps wrote, whole."""

    has_archive, is_young, retention_hours = False, True, 24

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def read_stream(self) -> list[tuple[int, bytes]]:
        return [(number, record["Data"]) for number, record in enumerate(self.scene.log.records)]


class Studio:
    """A scene whose studio `retailctl` looks after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.machine = Machine()
        self.scene = Scene()
        for part in (self.scene.work, self.scene.intake):
            object.__setattr__(part, "machine", self.machine)
        self.log = Log(self.scene)
        clients = {"dynamodb": self.scene.dynamodb, "stepfunctions": self.machine}
        target = SimpleNamespace(
            client=clients.__getitem__, format_command=lambda words: f"retailctl {words}"
        )
        monkeypatch.setattr(commands, "resolve_target", lambda *_: target)
        values = {"studio_table": STUDIO, "photos_machine_arn": MACHINE, "stream_name": "retail"}
        monkeypatch.setattr(commands.outputs, "read_outputs", lambda _: values)
        monkeypatch.setattr(check, "ReplayLog", lambda *_: self.log)
        self.between: list[Callable[[], Any]] = []
        """What happens between two looks, one after another."""
        monkeypatch.setattr(checks.interrupts, "sleep", lambda _: self.between.pop(0)())

    def picture(self, product: str, user: str) -> None:
        self.scene.ask(product, user)
        self.scene.deliver(product, f"/pictures/{product}/0a.png")
        self.scene.work.settle(product, self.scene.product(product).attempt, timed_out=False)
        self.machine.ended.add(self.scene.product(product).execution)

    def give_up(self, product: str) -> None:
        self.scene.offer(product)
        self.machine.ended.add(self.scene.product(product).execution)
        self.scene.work.end_execution(product, self.scene.product(product).execution)

    def run(self, *words: str) -> Any:
        ended = CliRunner().invoke(cli.app, ["photos", *words])
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return ended


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    studio = Studio(monkeypatch)
    studio.picture("p1", "ann")
    studio.scene.ask("p2", "bob")
    studio.scene.offer("p3")
    studio.scene.work.find_photographer("p3", "finder of p3")
    studio.give_up("p4")
    return studio


# check


def test_a_studio_that_is_right_is_said_to_be(studio: Studio) -> None:
    ended = studio.run("check")

    assert (ended.exit_code, ended.stdout) == (0, "")
    assert (
        "Products: 1 assigned, 1 asked, 1 pictured, 1 given-up. 2 photographers completed 0 to 1 pictures each."
        in ended.stderr
    )
    assert "Executions that run: 2. Nobody and nothing is held without one" in ended.stderr


def test_what_nothing_runs_for_is_a_line_and_an_exit_of_one(studio: Studio) -> None:
    studio.machine.ended.add("p2")

    ended = studio.run("check", "--patience", "0")

    assert ended.exit_code == 1
    assert ended.stdout == "Product p2 is asked, and no execution runs for it.\n"
    assert "1 things are wrong" in ended.stderr


def test_a_lost_picture_is_found(studio: Studio) -> None:
    studio.scene.log.records.clear()

    ended = studio.run("check", "--patience", "0")

    assert ended.exit_code == 1
    assert "Product p1 is pictured, and its picture is not in the log." in ended.stdout


def test_a_log_that_begins_late_says_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.scene.log.records.clear()
    monkeypatch.setattr(Log, "is_young", False)

    ended = studio.run("check", "--patience", "0")

    assert ended.exit_code == 0
    assert "The log does not reach back far enough:\n  There is no archive" in ended.stderr


def test_a_step_that_is_under_way_is_waited_for(studio: Studio) -> None:
    studio.machine.ended.add("p2")
    studio.between = [lambda: studio.scene.work.end_execution("p2", "p2")]

    assert studio.run("check").exit_code == 0


def test_what_comes_and_goes_is_no_fault(studio: Studio) -> None:
    studio.machine.ended.add("p2")
    studio.between = [lambda: (studio.machine.ended.remove("p2"), studio.machine.ended.add("p3"))]

    assert studio.run("check").exit_code == 0


# status


def test_the_status_counts_products_and_people(studio: Studio) -> None:
    ended = studio.run("status")

    assert ended.exit_code == 0
    rows = [re.findall(r"[\w-]+", line)[:2] for line in ended.stdout.splitlines()]
    assert ["given-up", "1"] in rows
    assert ["pictured", "1"] in rows
    assert "Given up: p4." in ended.stderr


def test_the_status_as_json_has_every_product_without_a_picture(studio: Studio) -> None:
    studio.scene.leave("cid")
    told = json.loads(studio.run("status", "--json").stdout)

    assert told["products"]["given-up"] == 1
    assert {each["product_id"] for each in told["unpictured"]} == {"p2", "p3", "p4"}
    assert all({"state", "since", "execution", "attempt"} <= each.keys() for each in told["unpictured"])
    assert told["photographers"]["gone"] == 1


# retry


def test_a_given_up_product_gets_a_new_execution_with_a_number(studio: Studio) -> None:
    assert studio.run("retry", "p4", "--yes").exit_code == 0

    product = studio.scene.product("p4")
    assert (product.state, product.execution) == ("offered", f"p4.{hash_of('p4')}.r1")
    assert studio.machine.started[-1] == (product.execution, {"product": "p4"})
    assert "expiresAt" not in studio.scene.dynamodb.items[STUDIO]["product#p4", "-"]


def test_a_second_retry_has_the_next_number(studio: Studio) -> None:
    for number in (1, 2, 3):
        assert studio.run("retry", "--everything", "--yes").exit_code == 0
        name = studio.scene.product("p4").execution
        assert name.endswith(f".r{number}")
        studio.machine.ended.add(name)
        studio.scene.work.end_execution("p4", name)


def test_a_retry_that_crashed_before_its_start_goes_on(studio: Studio) -> None:
    studio.machine.fails["start_execution"] = "ThrottlingException"
    with pytest.raises(Exception, match=r"AWS failed at p4 .* after 0 of 1. The same command goes on."):
        studio.run("retry", "p4", "--yes")
    assert studio.scene.product("p4").state == "offered"
    studio.machine.fails.clear()

    assert studio.run("retry", "p4", "--yes").exit_code == 0
    assert studio.machine.names[-1] == studio.scene.product("p4").execution
    assert studio.machine.names[-1].endswith(".r1")


def test_without_yes_nothing_is_done(studio: Studio) -> None:
    before = studio.scene.product("p4")

    ended = studio.run("retry", "p4")

    assert (ended.exit_code, studio.scene.product("p4")) == (0, before)
    assert "would be  p4  offered again" in ended.stdout
    assert "Nothing was done: 1 of 1 would be with --yes." in ended.stderr


def test_what_was_not_given_up_stays(studio: Studio) -> None:
    ended = studio.run("retry", "p1", "p4", "--yes")

    assert ended.exit_code == 1
    assert "stays     p1  it is pictured" in ended.stdout
    assert "1 of 2 done." in ended.stderr


def test_somebody_else_s_retry_comes_first_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = commands.read_stored_studio(studio.scene.dynamodb, STUDIO)  # type: ignore[arg-type]
    studio.run("retry", "p4", "--yes")
    monkeypatch.setattr(commands, "read_stored_studio", lambda *_: stale)

    ended = studio.run("retry", "p4", "--yes")

    assert ended.exit_code == 1
    assert "somebody else retried it this moment" in ended.stdout
    assert len([name for name in studio.machine.names if name.startswith("p4.")]) == 1


@pytest.mark.parametrize(
    ("product", "before", "name"),
    [
        ("p", "p", "p.{}.r1"),
        ("p", "p.{}.r1", "p.{}.r2"),
        ("p", "p.{}.r99", "p.{}.r100"),
        ("p", "p.{}.r0", "p.{}.r1"),
        ("x" * 128, "x" * 80, "x" * 60 + ".{}.r1"),
    ],
)
def test_names_are_short_and_numbered(product: str, before: str, name: str) -> None:
    made = format_retry_name(StudioProduct(product, "given-up", execution=before.format(hash_of(product))))

    assert made == name.format(hash_of(product))
    assert len(made) <= 80


def hash_of(product: str) -> str:
    return hashlib.sha256(product.encode()).hexdigest()[:8]


# stop


def test_an_execution_is_stopped_by_its_product_and_says_why(studio: Studio) -> None:
    assert studio.run("stop", "p2", "--because", "the shop is closed", "--yes").exit_code == 0

    assert studio.machine.stopped == [
        {"executionArn": f"{PREFIX}p2", "error": "Stopped", "cause": "the shop is closed"}
    ]


def test_nothing_is_stopped_that_is_over_or_does_not_run(studio: Studio) -> None:
    studio.machine.ended.add("p2")

    ended = studio.run("stop", "p1", "p2", "--yes")

    assert ended.exit_code == 1
    assert "stays     p1  it is pictured" in ended.stdout
    assert "stays     p2  no execution runs for it" in ended.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("retry",), "Say which: products by their ids, or --everything."),
        (("stop",), "Say which: products by their ids."),
        (
            ("stop", "p9"),
            "The studio has no product p9: `retailctl photos status --json` lists those without",
        ),
    ],
)
def test_what_is_not_named_right_is_one_sentence(
    studio: Studio, words: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(commands.UserError, match=re.escape(sentence)):
        studio.run(*words)
