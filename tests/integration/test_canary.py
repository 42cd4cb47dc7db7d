"""`retailctl canary` against moto's Lambda: what it tells of an alias, and the way back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from retailctl.delivery import canary
from retailctl.delivery.canary import Alias, Function
from retailctl.errors import UserError
from support.hostile import NAMES

NAME = "shop-api"


@pytest.fixture
def functions() -> Iterator[Any]:
    """Yield a Lambda that has a function with three versions, the first of them serving, and another with one."""
    with mock_aws():
        trust = {"Version": "2012-10-17", "Statement": []}
        role = boto3.client("iam").create_role(RoleName="api", AssumeRolePolicyDocument=json.dumps(trust))
        client = boto3.client("lambda", region_name="us-east-1")
        for name, versions in {NAME: 3, "shop-writer": 1}.items():
            client.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Handler="api.handler",
                Role=role["Role"]["Arn"],
                Code={"ZipFile": zipped(0)},
            )
            for version in range(1, versions + 1):
                client.update_function_code(FunctionName=name, ZipFile=zipped(version), Publish=True)
            client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
        yield client


def zipped(version: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("api.py", f"VERSION = {version}\n")
    return buffer.getvalue()


@pytest.fixture
def function(functions: Any) -> Function:
    return Function("api", NAME, functions, "make apply ENV=prod")


def try_out(functions: Any, version: str, weight: float) -> None:
    functions.update_alias(
        FunctionName=NAME,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {version: weight}},
    )


def test_an_alias_says_what_serves_and_what_is_being_tried(functions: Any, function: Function) -> None:
    assert function.read_alias() == Alias("1")
    assert function.read_alias().describe_routing() == "version 1 serves, and there is no canary"

    try_out(functions, "3", 0.25)

    assert function.read_alias() == Alias("1", "3", 0.25)
    routing = function.read_alias().describe_routing()
    assert routing == "version 1 serves, and version 3 is the canary for 25% of the calls"


def test_versions_are_told_in_the_order_of_their_numbers(function: Function) -> None:
    assert function.list_versions() == ["1", "2", "3"]


def test_going_back_gives_the_version_that_serves_every_call(functions: Any, function: Function) -> None:
    try_out(functions, "3", 0.25)

    assert function.roll_back(None) == "1"
    assert function.read_alias() == Alias("1")


def test_going_back_to_a_version_gives_that_one_every_call(function: Function) -> None:
    assert function.roll_back("2") == "2"
    assert function.read_alias() == Alias("2")


def test_nothing_to_take_back_is_said_with_the_version_that_could_be_meant(
    functions: Any, function: Function
) -> None:
    functions.update_alias(FunctionName=NAME, Name="live", FunctionVersion="3")

    with pytest.raises(UserError, match=r"version 3 gets all calls.*such as --to 2\."):
        function.roll_back(None)
    assert function.read_alias() == Alias("3")


def test_a_version_that_is_not_there_is_refused_with_those_that_are(function: Function) -> None:
    with pytest.raises(UserError, match="no version 9: it has 1, 2, 3"):
        function.roll_back("9")
    assert function.read_alias() == Alias("1")


def test_a_function_without_the_alias_is_told_to_be_applied(functions: Any) -> None:
    functions.delete_alias(FunctionName=NAME, Name="live")

    with pytest.raises(
        UserError, match="has no alias 'live': apply the environment with `make apply ENV=prod`"
    ):
        Function("api", NAME, functions, "make apply ENV=prod").read_alias()


def test_the_value_to_commit_is_one_that_terraform_reads() -> None:
    assert canary.format_canary("winner_api", Alias("7")) == 'winner_api = { version = "7", weight = 0 }'
    assert (
        canary.format_canary("winner_api", Alias("7", "8", 0.1))
        == 'winner_api = { version = "7", weight = 0.1 }'
    )


# The commands


@pytest.fixture
def commands(functions: Any, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Return a shell in which the environment is that Lambda."""
    clients = {"lambda": functions, "cloudwatch": boto3.client("cloudwatch", region_name="us-east-1")}
    target = SimpleNamespace(
        update_command="make apply ENV=prod",
        environment="dev",
        place="AWS",
        client=clients.__getitem__,
        project=SimpleNamespace(values_file=lambda _: canary.project.find_project().values_file("dev")),
    )
    monkeypatch.setattr(canary, "resolve_target", lambda *_: target)
    monkeypatch.setattr(
        canary.outputs, "read_outputs", lambda _: {"canaries": {"api": NAME, "writer": "shop-writer"}}
    )
    return CliRunner()


def test_show_tells_of_each_function_and_how_a_version_being_tried_does(
    functions: Any, commands: CliRunner
) -> None:
    try_out(functions, "3", 0.25)

    said = commands.invoke(canary.app, ["show"], catch_exceptions=False).stdout

    assert (
        "api: version 1 serves, and version 3 is the canary for 25% of the calls (the newest is 3).\n" in said
    )
    assert "  version 3: 0 errors in 0 calls in the last hour\n" in said
    assert "writer: version 1 serves, and there is no canary (the newest is 1).\n" in said


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_what_an_alias_holds_is_text(
    commands: CliRunner, monkeypatch: pytest.MonkeyPatch, name: str, shown: str
) -> None:
    monkeypatch.setattr(canary.Function, "read_alias", lambda _: Alias(name))
    said = commands.invoke(canary.app, ["show"], catch_exceptions=False).stdout
    assert f"api: version {shown} serves" in said


def test_rollback_takes_back_what_is_being_tried_and_prints_the_value_to_commit(
    functions: Any, function: Function, commands: CliRunner
) -> None:
    try_out(functions, "3", 0.25)

    done = commands.invoke(canary.app, ["rollback"], catch_exceptions=False)

    assert done.stdout == 'api = { version = "1", weight = 0 }\n'
    assert function.read_alias() == Alias("1")


def test_rollback_to_a_version_wants_to_know_whose(commands: CliRunner, function: Function) -> None:
    with pytest.raises(UserError, match="Each function numbers its own versions"):
        commands.invoke(canary.app, ["rollback", "--to", "2"], catch_exceptions=False)
    assert function.read_alias() == Alias("1")


def test_a_views_function_cannot_be_rolled_back_so(commands: CliRunner) -> None:
    with pytest.raises(UserError, match="not a function of dev that can have a canary"):
        commands.invoke(canary.app, ["rollback", "--function", "winner_view"], catch_exceptions=False)
