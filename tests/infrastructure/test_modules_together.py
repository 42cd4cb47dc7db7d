"""The modules in one root: no two names are equal, no partition is meant alone, nothing unknown decides a count."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import planned_app, planned_modules
from support.module_changes import ACCOUNT, MODULES, Inputs, function_behind, reading
from support.planned_app import Resource
from support.planned_modules import Call

pytestmark = pytest.mark.slow

# No two names are equal.

NAME = "orders"
LONG = {
    "event-stream": 128,
    "function": 64,
    "http-api": 128,
    "queue-worker": 67,
    "state-machine": 80,
    "static-site": 64,
    "table": 255,
    "user-pool": 121,
}
"""The longest name that a module takes; a bucket's, an alias's and a prefix's are not made longer."""
OVERLAPPING = {
    "function": ("orders-read", "orders-stream", "orders-writers"),
    "state-machine": ("orders-executions", "orders-ended"),
    "table": ("orders-function", "orders-stream"),
    "event-stream": ("orders.writers",),
}
"""Names that could be another's with the end of something that it makes."""
AT_CLOUDFRONT = {"static-site": {"domain", "web_acl_arn"}}
"""Module to its inputs that are of us-east-1 wherever the rest is."""
GLOBAL = {
    "aws_cloudfront_cache_policy": ("name",),
    "aws_cloudfront_origin_access_control": ("name",),
    "aws_cloudfront_response_headers_policy": ("name",),
    "aws_iam_policy": ("name",),
    "aws_iam_role": ("name",),
    "aws_iam_role_policy": ("role", "name"),
}
"""Kind of resource to what the account has one of, in all regions."""
REGIONAL = {
    "aws_cloudwatch_event_rule": ("name",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_lambda_permission": ("function_name", "qualifier", "statement_id"),
    "aws_sfn_state_machine": ("name",),
    "aws_sqs_queue": ("name",),
}
"""Kind of resource to what a region has one of."""


def named(module: str, name: str, place: str = "near") -> Inputs:
    """Return what a module is given, under another name; what has to be unique in AWS stays so."""
    given = MODULES[module].given
    if module == "bucket":
        return given | {"name": f"{name[-40:]}-{place}"}
    if module == "static-site":
        return given | {"name": name, "bucket_name": f"{name[-40:]}-site-{place}"}
    if module == "ci-roles":
        return given | {"name_prefix": name, "environments": {place: given["environments"]["dev"]}}
    if module == "http-api":
        certificate = given["domain"]["certificate_arn"].replace("us-east-1", planned_modules.REGIONS[place])
        return given | {"name": name, "domain": given["domain"] | {"certificate_arn": certificate}}
    if module == "stream-consumer":
        return given | {"function": {**given["function"], "role_name": f"{name}@{place}"}}
    worker = {"function": {**given.get("function", {}), "role_name": f"{name[:40]}@{place}"}}
    return given | {"name": name} | (worker if module == "queue-worker" else {})


def consumer(function: str, stream: str, account: str = ACCOUNT) -> Inputs:
    inputs = MODULES["stream-consumer"].given | reading(function, stream)
    inputs["stream"]["arn"] = inputs["stream"]["arn"].replace(ACCOUNT, account)
    inputs["function"]["role_name"] = f"role-of-{function}"
    return inputs


def translated(module: str, place: str) -> Inputs:
    """Return a module's inputs as a caller in the place would give them."""
    left_out = AT_CLOUDFRONT.get(module, set())
    found = {name: value for name, value in MODULES[module].given.items() if name not in left_out}
    partition = planned_modules.PARTITIONS[place]
    region = planned_modules.REGIONS[place]
    suffix = "amazonaws.com.cn" if place == "china" else "amazonaws.com"
    text = json.dumps(found).replace("arn:aws:", f"arn:{partition}:")
    text = text.replace(".s3.us-east-1.amazonaws.com", f".s3.{region}.{suffix}")
    translated: Inputs = json.loads(re.sub(r"(arn:[a-z-]+:[a-z0-9-]+:)us-east-1", rf"\g<1>{region}", text))
    return translated


def label(module: str, what: str, place: str) -> str:
    """Return how a module is called in the root, whose place at its end says where it is."""
    return re.sub("[^a-z0-9]", "", f"{module}{what}") + place


def under_one_name() -> Iterator[tuple[str, Call]]:
    """Yield every module twice."""
    for module in MODULES:
        for place in ("near", "far"):
            yield label(module, "", place), Call(module, named(module, NAME, place), place)


def under_meeting_names() -> Iterator[tuple[str, Call]]:
    """Yield modules whose names, with what is put behind them, could meet."""
    for module, names in OVERLAPPING.items():
        for name in names:
            yield label(module, name, "near"), Call(module, named(module, name))
    for module, length in LONG.items():
        for letter in "ab":
            inputs = named(module, "long-" + "n" * (length - 6) + letter)
            yield label(module, f"long{letter}", "near"), Call(module, inputs)


def of_one_function() -> Iterator[tuple[str, Call]]:
    """Yield two APIs with two keys each for one function, and consumers that read several streams."""
    behind = {"functions": dict.fromkeys(("books", "loans"), function_behind(NAME))}
    for number in "12":
        yield label("http-api", number, "near"), Call("http-api", named("http-api", f"api-{number}") | behind)
    for what, inputs in {
        "own": consumer(NAME, "clicks"),
        "sales": consumer(NAME, "sales"),
        "foreign": consumer(NAME, "clicks", "444455556666"),
        "other": consumer(f"{NAME}-x", "clicks"),
        "long": consumer("f" * 64, "s" * 127 + "a"),
        "long2": consumer("f" * 64, "s" * 127 + "b"),
    }.items():
        yield label("stream-consumer", what, "near"), Call("stream-consumer", inputs)


def in_other_partitions() -> Iterator[tuple[str, Call]]:
    """Yield every module in each partition."""
    for module in MODULES:
        for place in ("china", "government"):
            yield label(module, "", place), Call(module, translated(module, place), place)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Resource, ...]:
    calls = [*under_one_name(), *under_meeting_names(), *of_one_function(), *in_other_partitions()]
    assert len(dict(calls)) == len(calls)
    return planned_modules.planned(tmp_path_factory.mktemp("together"), dict(calls))


def at(resource: Resource) -> str:
    """Return the place of a resource."""
    return next(place for place in planned_modules.REGIONS if resource.address.split(".")[1].endswith(place))


def of_kind(resources: tuple[Resource, ...], kind: str) -> list[Resource]:
    return [each for each in resources if each.type == kind]


@pytest.mark.parametrize("kind", [*GLOBAL, *REGIONAL])
def test_no_two_modules_take_one_name(together: tuple[Resource, ...], kind: str) -> None:
    names = Counter(
        (
            *(each.values[part] for part in (GLOBAL | REGIONAL)[kind]),
            planned_modules.PARTITIONS.get(at(each), "aws") if kind in GLOBAL else at(each),
        )
        for each in of_kind(together, kind)
    )

    assert len(names) >= 2
    assert {name: count for name, count in names.items() if count > 1} == {}


def ends(resources: tuple[Resource, ...], kind: str, attribute: str) -> list[str]:
    """Return what modules called ``NAME`` put behind it."""
    found = [
        each.values[attribute]
        for each in of_kind(resources, kind)
        if each.address.split(".")[1] in {label(module, "", "near") for module in MODULES}
    ]
    return sorted(name.removeprefix(NAME) for name in found if name.startswith(NAME))


def test_no_end_of_an_alarms_name_is_anothers(together: tuple[Resource, ...]) -> None:
    """Else there would be two names with which both alarms are one."""
    found = ends(together, "aws_cloudwatch_metric_alarm", "alarm_name")

    assert len(found) >= 11
    assert [(one, other) for one in found for other in found if one != other and one.endswith(other)] == []
    assert len(set(found)) == len(found)


def test_no_end_of_a_roles_name_is_anothers(together: tuple[Resource, ...]) -> None:
    """No function's or machine's name has @ or a period in it; no stream's, prefix or environment has an @."""
    assert ends(together, "aws_iam_role", "name") == [
        "-near-apply",
        "-near-plan",
        ".machine@us-east-1",
        ".writers@us-east-1",
        "@us-east-1",
    ]


# No partition is meant alone.

SERVICE = re.compile(r"[a-z0-9.-]*\.amazonaws\.com(?:\.cn)?")
CHINESE = {"codedeploy", "elasticmapreduce", "logs"}
"""Services whose principals have China's domain, by the AWS CDK's region-info, as the provider has it."""
EVERYWHERE = {"sts.amazonaws.com", "delivery.logs.amazonaws.com"}
"""Names that are the same in every partition, as no page of AWS has the second with another domain."""


def strings(value: Any) -> list[str]:
    """Return all texts in a value; a document's are those within it."""
    if isinstance(value, str):
        is_document = value.startswith("{") and value.endswith("}")
        return strings(json.loads(value)) if is_document and '":' in value else [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return []


def is_right(service: str, place: str) -> bool:
    """Say whether the place has a principal or an address of that name."""
    name, *region = service.split(".amazonaws.com", maxsplit=1)[0].split(".")
    chinese = place == "china" and (bool(region) or name in CHINESE)
    return service.endswith(".cn") == chinese and set(region[-1:]) <= {planned_modules.REGIONS[place]}


@pytest.mark.parametrize("place", planned_modules.PARTITIONS)
def test_a_module_is_right_in_every_partition(together: tuple[Resource, ...], place: str) -> None:
    resources = [each for each in together if at(each) == place]
    texts = {text for each in resources for text in strings(each.values)}
    services = {found for text in texts for found in SERVICE.findall(text)} - EVERYWHERE
    arns = {found for text in texts for found in re.findall(r"arn:[a-z-]+:", text)}
    suffix = "amazonaws.com.cn" if place == "china" else "amazonaws.com"
    region = planned_modules.REGIONS[place]

    assert {label(module, "", place) for module in MODULES} <= {
        each.address.split(".")[1] for each in resources
    }
    assert arns == {f"arn:{planned_modules.PARTITIONS[place]}:"}
    assert {"lambda.amazonaws.com", "apigateway.amazonaws.com"} <= services
    assert {f"logs.{region}.{suffix}", f"kinesis.{region}.{suffix}"} <= services
    assert [each for each in sorted(services) if not is_right(each, place)] == []


# Nothing unknown at plan decides a count or a key.

MADE = re.compile(r'arn:|https://|\d{12}$|fixture-|\{.*"arn:')
"""How what other resources of a root make begins: ARNs, addresses, accounts, names, and what has an ARN in it."""


def unknown(value: Any, made: list[str]) -> Any:
    """Return ``value`` with what other resources make as Terraform has it at plan: not yet known."""
    if isinstance(value, dict):
        return {key: unknown(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [unknown(each, made) for each in value]
    if isinstance(value, str) and MADE.match(value):
        made.append(value)
        return f"${{tostring(terraform_data.made[{len(made) - 1}].output)}}"
    return value


def test_a_module_is_planned_with_all_that_the_same_root_makes_still_unknown(tmp_path: Path) -> None:
    made: list[str] = []
    given = {module: Call(module, unknown(each.given, made)) for module, each in MODULES.items()}
    root = planned_modules.root(tmp_path, given)
    listed = f"locals {{\n  made = {json.dumps(made)}\n}}\n"
    (root / "made.tf").write_text(
        listed
        + 'resource "terraform_data" "made" {\n  count = length(local.made)\n  input = local.made[count.index]\n}\n'
    )
    for file in root.glob("modules/*/*.tf"):  # the account is asked of AWS
        text = file.read_text().replace("data.aws_caller_identity.current.account_id", f'"{ACCOUNT}"')
        file.write_text(text.replace('data "aws_caller_identity" "current" {}\n', ""))

    done = planned_app.run(root, "plan", "-no-color", "-input=false", "-refresh=false")

    assert len(made) > 30
    assert done.returncode == 0, done.stderr
