"""The modules in a stranger's hands: every example applied and destroyed, docs/adopting.md followed to the letter.

A third stranger builds a system of orders from the modules' READMEs (tests/fixtures/orders). One local cloud serves
all, which run side by side: nearly all of it is waiting for Terraform's waiters.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from retailctl import interrupts, project
from retailctl.emulator import ministack
from retailctl.emulator.cloud import Cloud
from retailctl.local_cloud import up_down
from support.e2e import Inventory, eventually, inventory
from support.stranger import LOCK, PLANNED_ONLY, environ, run, state
from tools import module_readmes

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adopting.md").read_text().partition("\n## Run the shop as your own")[0]
ORDERS = ROOT / "tests/fixtures/orders"
EXAMPLE_FILES = {
    f"{file.parents[2].name}-{file.parent.name}": file
    for module in module_readmes.list_modules(ROOT / "modules")
    for file in sorted(module.glob("examples/*/main.tf"))
}
PLANNED = [name for name, file in EXAMPLE_FILES.items() if file.read_text().startswith(PLANNED_ONLY)]
APPLIED = [name for name in EXAMPLE_FILES if name not in PLANNED]
PATIENCE_SECONDS = 60
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROVIDER = re.compile(r'^provider "aws" \{\n.*?^\}\n', re.DOTALL | re.MULTILINE)
EXAMPLES = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}
"""


@dataclass(frozen=True)
class Command:
    """A command of the page, and what it prints there."""

    line: str
    printed: str


@dataclass(frozen=True)
class Applied:
    """Terraform's state after apply and after destroy, and what an API answered between."""

    before: list[str]
    after: list[str]
    statuses: dict[str, int]


@dataclass(frozen=True)
class Orders:
    """What the system of orders answered, and what Terraform had in its state before and after the destroy."""

    customer: list[dict[str, Any]]
    dead_letters: list[str]
    sent: list[str]
    before: list[str]
    after: list[str]


@dataclass(frozen=True)
class Strangers:
    """All at work."""

    examples: Future[Applied]
    orders: Future[Orders]
    planned: Future[str]
    followed: Future[dict[str, str]]
    left: Future[Inventory]


def files(page: str) -> dict[str, str]:
    """Return the files that a page tells to write, by their names."""
    blocks = [body for language, body in FENCE.findall(page) if language != "console"]
    return {head.removeprefix("# "): rest for head, _, rest in (block.partition("\n") for block in blocks)}


def commands(page: str) -> list[Command]:
    """Return the commands of a page, in their order."""
    found: list[Command] = []
    for language, body in FENCE.findall(page):
        if language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, _, printed = part.partition("\n")
                found.append(Command(line, printed.strip()))
    return found


def own_repository(folder: Path) -> dict[str, str]:
    """Put the modules, as they are here, into a repository at their version; return how git finds it.

    The page's base address is rewritten by git itself, so the files stay as they are printed.
    """
    shutil.copytree(ROOT / "modules", folder / "modules", ignore=shutil.ignore_patterns(".terraform*"))
    as_somebody = [
        "-c",
        "user.name=test",
        "-c",
        "user.email=test@example.com",
        "-c",
        "init.defaultBranch=main",
    ]
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["commit", "--quiet", "--no-verify", "--message", "as it is"],
        ["tag", f"v{project.find_project().version}"],
    ):
        subprocess.run(["git", *as_somebody, *arguments], cwd=folder, check=True, capture_output=True)
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{folder}.insteadOf",
        "GIT_CONFIG_VALUE_0": module_readmes.REPOSITORY.removeprefix("git::"),
    }


def follow(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """Do what the page says in an empty folder, and return what each command printed."""
    for name, content in files(PAGE).items():
        (folder / name).write_text(content)
    shutil.copy(LOCK, folder)
    said, prelude = {}, ""
    for command in commands(PAGE):
        if re.match(r"[A-Z_]+=", command.line):
            prelude += f"{command.line}\n"
            continue
        printed = run(prelude + command.line, folder, environment)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while command.printed and printed != command.printed and time.monotonic() < deadline:
            time.sleep(0.5)
            printed = run(prelude + command.line, folder, environment)
        said[command.line] = printed
    return said


def write_examples(folder: Path, names: list[str], environment: dict[str, str]) -> None:
    """Write a root of examples, and initialise it.

    Each is its own file but for two things: the provider is the root's, and names begin with the module's and the
    example's, since examples share some ("example-orders") and are meant to be tried one at a time.
    """
    shutil.copytree(ROOT / "modules", folder / "modules", ignore=shutil.ignore_patterns(".terraform*"))
    root = EXAMPLES
    for name in names:
        main = folder / EXAMPLE_FILES[name].relative_to(ROOT)
        text = main.read_text()
        for command, zipped in re.findall(
            r"^# Made by: (python3 -m zipfile -c (\S+) .+)$", text, re.MULTILINE
        ):
            run(command, main.parent, environment)
            shutil.move(main.parent / zipped, folder / f"{name}-{zipped}")
            text = text.replace(f'"{zipped}"', f'"{name}-{zipped}"')
        main.write_text(
            PROVIDER.sub("", text).replace('"example-', f'"{name.removesuffix("-basic")}-example-')
        )
        root += f'\nmodule "{name}" {{\n  source = "./{main.parent.relative_to(folder)}"\n}}\n'
    (folder / "main.tf").write_text(root)
    shutil.copy(LOCK, folder)
    run("terraform init -input=false", folder, environment)


def ask_orders(cloud: Cloud) -> dict[str, int]:
    """Return the statuses that the API of http-api's example with a domain answers, by who asks."""
    apis = cloud.client("apigatewayv2").get_apis()["Items"]
    api = next(each["ApiId"] for each in apis if each["Name"] == "http-api-domain-example-orders")
    base = f"{cloud.endpoint}/_aws/execute-api/{api}/$default/orders"
    return {
        "a partner": urllib3.request("POST", base, headers={"x-partner-key": "example"}).status,
        "somebody with another key": urllib3.request("POST", base, headers={"x-partner-key": "x"}).status,
        "somebody without a key": urllib3.request("POST", base).status,
        "somebody who signs nothing": urllib3.request("GET", f"{base}/1").status,
    }


def apply_examples(folder: Path, cloud: Cloud) -> Applied:
    """Apply and destroy all examples in one go, as modules of one root."""
    environment = environ(cloud)
    write_examples(folder, APPLIED, environment)
    run("terraform apply -auto-approve -parallelism=20", folder, environment)
    before, statuses = state(folder, environment), ask_orders(cloud)
    run("terraform destroy -auto-approve -parallelism=20", folder, environment)
    return Applied(before, state(folder, environment), statuses)


def plan_examples(folder: Path, environment: dict[str, str]) -> str:
    """Plan the examples that no emulator can apply; return what Terraform prints."""
    write_examples(folder, PLANNED, environment)
    return run("terraform plan -no-color", folder, environment)


def use_orders(cloud: Cloud, outputs: dict[str, str]) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """Place and pay orders; return a customer's, the letters that failed, and those that were sent."""
    kinesis, sqs, dynamodb = (cloud.client(name) for name in ("kinesis", "sqs", "dynamodb"))
    for stream, orders in {
        "orders-placed": [{"id": "1", "customer": "ada"}, {"id": "2", "customer": "ada"}],
        "orders-paid": [{"id": "1"}, {"id": "illegible"}],
    }.items():
        for order in orders:
            kinesis.put_record(StreamName=stream, PartitionKey=order["id"], Data=json.dumps(order).encode())

    def read_customer() -> list[dict[str, Any]]:
        reply = cloud.client("lambda").invoke(
            FunctionName="orders-api:live",
            Payload=json.dumps({"pathParameters": {"customer": "ada"}}).encode(),
        )
        found: list[dict[str, Any]] = json.loads(json.loads(reply["Payload"].read())["body"])
        return found

    def read_sent() -> list[str]:
        return [item["id"]["S"] for item in dynamodb.scan(TableName="orders-letters-sent")["Items"]]

    def read_dead_letters() -> list[str]:
        queue = {"QueueUrl": outputs["dead_letters_url"], "VisibilityTimeout": 0}
        return [
            json.loads(message["Body"])["id"] for message in sqs.receive_message(**queue).get("Messages", [])
        ]

    return (
        eventually(read_customer, [{"id": "1", "paid": True}, {"id": "2", "paid": False}]),
        eventually(read_dead_letters, ["illegible"]),
        eventually(read_sent, ["1"]),
    )


def build_orders(folder: Path, cloud: Cloud, environment: dict[str, str]) -> Orders:
    """Apply the system of orders, use it, and destroy it."""
    shutil.copytree(ORDERS, folder, dirs_exist_ok=True)
    for file in folder.glob("*.tf"):  # a release does not rewrite these
        file.write_text(re.sub(r"\?ref=v[\d.]+", f"?ref=v{project.find_project().version}", file.read_text()))
    shutil.copy(LOCK, folder)
    for name in ("api", "letters", "view"):
        run(f"python3 -m zipfile -c {name}.zip {name}.py", folder, environment)
    run("terraform init -input=false", folder, environment)
    run("terraform apply -auto-approve -parallelism=20", folder, environment)
    before = state(folder, environment)
    outputs = json.loads(run("terraform output -json", folder, environment))
    answers = use_orders(cloud, {name: each["value"] for name, each in outputs.items()})
    run("terraform destroy -auto-approve -parallelism=20", folder, environment)
    return Orders(*answers, before, state(folder, environment))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strangers]:
    name = f"strangers-{secrets.token_hex(4)}"
    try:
        with interrupts.handle_signals(), ThreadPoolExecutor(5) as pool:
            cloud = ministack.start_emulator(project.find_project().cloud_folder(name))
            cloud.save_state()
            at_first = inventory(cloud, cloud.endpoint)
            git = own_repository(tmp_path_factory.mktemp("repository"))
            followed = pool.submit(follow, tmp_path_factory.mktemp("weather"), environ(cloud, **git))
            examples = pool.submit(apply_examples, tmp_path_factory.mktemp("examples"), cloud)
            orders = pool.submit(
                build_orders, tmp_path_factory.mktemp("orders"), cloud, environ(cloud, **git)
            )
            planned = pool.submit(plan_examples, tmp_path_factory.mktemp("planned"), environ(cloud))

            def left() -> Inventory:
                for each in (followed, examples, orders):
                    each.exception()
                now = inventory(cloud, cloud.endpoint)
                return {
                    kind: sorted(set(names) - set(at_first[kind]))
                    for kind, names in now.items()
                    if set(names) - set(at_first[kind])
                }

            yield Strangers(examples, orders, planned, followed, pool.submit(left))
    finally:
        up_down.stop_local_cloud(name)


@pytest.mark.parametrize("example", APPLIED)
def test_an_example_is_applied(strangers: Strangers, example: str) -> None:
    applied = strangers.examples.result().before

    assert [address for address in applied if address.startswith(f"module.{example}.module.")]


def test_the_other_examples_are_planned(strangers: Strangers) -> None:
    printed = strangers.planned.result()

    for example in PLANNED:
        assert f"# module.{example}.module." in printed


def test_an_api_lets_in_whom_its_authorizers_know(strangers: Strangers) -> None:
    assert strangers.examples.result().statuses == {
        "a partner": 200,
        "somebody with another key": 403,
        "somebody without a key": 401,
        "somebody who signs nothing": 403,
    }


def test_the_examples_are_destroyed(strangers: Strangers) -> None:
    assert strangers.examples.result().after == []


def test_the_page_leads_from_nothing_to_an_api_of_ones_own(strangers: Strangers) -> None:
    printed = strangers.followed.result()
    must = {command.line: command.printed for command in commands(PAGE) if command.printed}

    assert must, "the page shows an answer"
    assert {line: printed[line] for line in must} == must
    assert json.loads(*must.values())


def test_orders_are_built_from_the_modules_without_a_fork(strangers: Strangers) -> None:
    orders = strangers.orders.result()

    assert orders.customer == [{"id": "1", "paid": True}, {"id": "2", "paid": False}]
    assert orders.sent == ["1"]
    assert orders.dead_letters == ["illegible"]
    assert {
        "module.api.aws_apigatewayv2_domain_name.this[0]",
        "aws_iam_openid_connect_provider.gitlab",
    } <= set(orders.before)
    assert orders.after == []


def test_nobody_leaves_anything_behind(strangers: Strangers) -> None:
    strangers.examples.result()
    strangers.orders.result()
    strangers.followed.result()

    assert strangers.left.result() == {}
