"""All three environments, applied side by side from nothing: what they do, may do and share, and how they go.

One local cloud serves test_studio.py and then all tests of this file (conftest.py), in their order; the last ones
take an environment away. Resharding is not among them, since the emulator reads new shards from their end:
tests/property/ has it.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import typer
from botocore.exceptions import ClientError

from hello_retail.event_log.record_id import format_record_identity
from retailctl.artifacts import builds
from retailctl.artifacts.builds import KeptBuild
from retailctl.delivery import destroy
from retailctl.delivery.drift import DriftReport
from retailctl.emulator.cloud import Cloud
from retailctl.environments import generations
from retailctl.errors import UserError
from retailctl.replay import commands as replay
from retailctl.scores import board
from retailctl.scores.recount import Scores, compare_scores, recount_scores
from retailctl.scores.stored import read_stored_scores
from retailctl.simulation.workshop import Workshop
from retailctl.terraform import failures
from retailctl.terraform import workspace as terraform
from support import boards, ci_roles, e2e, pipeline, role_probe, rule_change, trending_units
from support.asking import ask
from support.command import Operator
from support.e2e import ENVIRONMENTS, Inventory, Landscape, eventually
from support.events import create, payload, purchase
from support.names import PROJECT
from support.players import OFFER, FrontDoor, came_through
from support.quarantined import GIVEN_UP, GIVEN_UP_KEY

pytestmark = pytest.mark.slow

WORKSHOP_DAY = Path(__file__).parents[1] / "fixtures" / "workshop-day.jsonl"
IN_THE_WORKSHOP = "prod"  # the one with the most shards
OTHERS = {"dev": 11, "staging": 12}
"""The environments that get a small workshop of their own, and its seed."""
GARBAGE = "e2e."
"""How the users begin whom the tests of bad records bring along."""

BATCHES_GIVEN_UP = "PutObject on own quarantine/aws/lambda/"

MAY = {
    "archive": {
        "DescribeStream on own stream",
        "DescribeStreamSummary on own stream",
        "GetRecords on own stream",
        "GetShardIterator on own stream",
        "ListShards on own stream",
        "DescribeStreamConsumer on own consumer archive",
        "SubscribeToShard on own consumer archive",
        "ListBucket on own quarantine",
        "PutObject on own quarantine/aws/lambda/",
        "PutObject on own archive/lineage/",
        "PutObject on own archive/links/",
        "PutObject on own archive/records/",
        "PutObject on own archive/tips/",
        "GetObject on own archive/tips/",
        "ListBucket on own archive/tips/",
    },
    "catalog_api": {
        "GetItem on own catalog",
        "GetItem on own stock",
        "Query on own catalog by category",
        "Query on own categories",
    },
    "event_writer": {
        "PutRecord on own stream",
        "DeleteItem on own idempotency",
        "PutItem on own idempotency",
        "UpdateItem on own idempotency",
    },
    "order_tasks": {
        "BatchGetItem on own catalog",
        "GetItem on own orders",
        "GetItem on own payments",
        "Query on own open orders",
        "UpdateItem on own orders",
        "UpdateItem on own payments",
        "UpdateItem on own stock",
        "DescribeExecution on own machine of orders",
        "PutRecords on own stream",
        "ListBucket on own quarantine",
        "PutObject on own failed events of order_tasks",
    },
    "photo_desk": {
        "GetItem on own studio",
        "UpdateItem on own studio",
        "DeleteObject on own uploads/incoming/",
        "GetObject on own uploads/incoming/",
        "ListBucket on own uploads/",
        "ListBucket on own uploads/incoming/",
        "ListBucket on own uploads/pictures/",
        "ListBucketVersions on own uploads",
        "PutObject on own uploads/pictures/",
        "SendTaskSuccess on own machine",
        "ListBucket on own quarantine",
        "PutObject on own failed events of photo_desk",
    },
    "shop_api": {
        "BatchGetItem on own catalog",
        "GetItem on own orders",
        "PutItem on own orders",
        "Query on own carts",
        "Query on own orders",
        "StartExecution on own machine of orders by alias",
    },
    "shop_view": {
        "BatchGetItem on own catalog",
        "UpdateItem on own carts",
        "UpdateItem on own catalog",
        "UpdateItem on own categories",
        "UpdateItem on own stock",
        "DescribeStream on own stream",
        "DescribeStreamSummary on own stream",
        "GetRecords on own stream",
        "GetShardIterator on own stream",
        "ListShards on own stream",
        "ListBucket on own quarantine",
        "PutObject on own quarantine/aws/lambda/",
    },
    "studio_api": {
        "GetItem on own studio",
        "PutObject on own uploads/incoming/",
    },
    "studio_intake": {
        "DeleteItem on own studio",
        "GetItem on own studio",
        "PutItem on own studio",
        "Query on own studio",
        "UpdateItem on own studio",
        "SendTaskFailure on own machine",
        "SendTaskSuccess on own machine",
        "StartExecution on own machine by alias",
        "DescribeStream on own stream",
        "DescribeStreamSummary on own stream",
        "GetRecords on own stream",
        "GetShardIterator on own stream",
        "ListShards on own stream",
        "ListBucket on own quarantine",
        "PutObject on own quarantine/aws/lambda/",
    },
    "studio_tasks": {
        "DeleteItem on own studio",
        "GetItem on own studio",
        "PutItem on own studio",
        "Query on own studio",
        "Scan on own studio",
        "UpdateItem on own studio",
        "DescribeExecution on own machine",
        "SendTaskFailure on own machine",
        "SendTaskSuccess on own machine",
        "PutRecord on own stream",
        "ListBucket on own quarantine",
        "PutObject on own failed events of studio_tasks",
    },
    "trending_api": {"Scan on own trending"},
    "trending_view": {
        "BatchGetItem on own trending",
        "UpdateItem on own trending",
        "DescribeStream on own stream",
        "DescribeStreamSummary on own stream",
        "GetRecords on own stream",
        "GetShardIterator on own stream",
        "ListShards on own stream",
        "ListBucket on own quarantine",
        "PutObject on own quarantine/aws/lambda/",
    },
    "winner_view": {
        "BatchGetItem on own contributions",
        "GetItem on own contributions",
        "UpdateItem on own contributions",
        "UpdateItem on own scores",
        "Scan on own redrives",
        "DescribeStream on own stream",
        "DescribeStreamSummary on own stream",
        "GetRecords on own stream",
        "GetShardIterator on own stream",
        "ListShards on own stream",
        "ListBucket on own quarantine",
        "PutObject on own quarantine/aws/lambda/",
        "PutObject on own quarantine/records/",
    },
    "winner_api": {
        "GetItem on own contributions",
        "Scan on own contributions",
        "Query on own scores",
    },
}
"""What each function's role may do of all that `role_probe` tries."""


@pytest.fixture(scope="module")
def operator(there: Landscape, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(there.here, tmp_path_factory.mktemp("operator"))


@pytest.fixture(scope="module")
def workshops(there: Landscape, operator: Operator, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Put a log on each environment's stream: the fixture on one, a small one on each of the others."""
    logs = {IN_THE_WORKSHOP: WORKSHOP_DAY}
    for environment, seed in OTHERS.items():
        logs[environment] = tmp_path_factory.mktemp("logs") / f"{environment}.jsonl"
        boards.write_day(Workshop(seed, products=30, people=16), 400, logs[environment])
    for environment, log in logs.items():
        operator.do("publish", str(log), "--cloud", there.cloud.name, "--env", environment)


@dataclass(frozen=True)
class Delivered:
    """What the pipelines did with the environments: an earlier build, then one change everywhere, and back again.

    Attributes:
        earlier: the hashes of the build that dev had before.
        build: those of the one set of artifacts that all environments got.
        plans: the summaries of the plans that were applied, by environment.
        code: what each environment's functions ran after it, as SHA-256 in base64, by environment and function.
        drift: exit status and report after the change, and after a change by hand.
        at_last: the build, and the code of the functions, that dev has after it was rolled back.

    """

    earlier: Mapping[str, str]
    build: Mapping[str, str]
    plans: Mapping[str, str]
    code: Mapping[str, Mapping[str, str]]
    drift: tuple[tuple[int, DriftReport], tuple[int, DriftReport]]
    at_last: tuple[KeptBuild, Mapping[str, str]]


@pytest.fixture(scope="module")
def delivered(there: Landscape, tmp_path_factory: pytest.TempPathFactory) -> Delivered:
    """Run the pipelines' commands, side by side where they may; `build/pipeline.log` has what they say."""
    drift: list[tuple[int, DriftReport]] = []

    def deliver(line: pipeline.Pipeline, environment: str) -> tuple[str, Mapping[str, str]]:
        return line.deliver(environment), running_code(there, environment)

    def deliver_and_go_back(line: pipeline.Pipeline) -> tuple[str, Mapping[str, str]]:
        found = deliver(line, "dev")
        drift.append(line.look_for_drift("dev"))
        change_by_hand(there, "dev")
        drift.append(line.look_for_drift("dev"))
        line.roll_back("dev", builds.compute_build_id(earlier))
        return found

    roles = {"planning": ci_roles.planning, "applying": ci_roles.applying}
    with pipeline.pipeline(there.here, there.cloud, tmp_path_factory.mktemp("pipeline"), **roles) as line:
        earlier = line.commit(lambda _: None, "what dev has")
        line.keep("dev")  # it was applied with these bytes; test_pipeline.py has an apply keep them
        build = line.commit(a_change, "a change")
        jobs = {environment: partial(deliver, environment=environment) for environment in ENVIRONMENTS}
        done = line.side_by_side(jobs | {"dev": deliver_and_go_back})
        at_last = line.present("dev"), running_code(there, "dev")
    return Delivered(
        earlier,
        build,
        plans={environment: summary for environment, (summary, _) in done.items()},
        code={environment: code for environment, (_, code) in done.items()},
        drift=(drift[0], drift[1]),
        at_last=at_last,
    )


def a_change(clone: Path) -> None:
    """Change a function and the page."""
    for name in ("src/hello_retail/winner_api/handler.py", "src/web/index.html"):
        comment = "# changed" if name.endswith(".py") else "<!-- changed -->"
        file = clone / name
        file.write_text(f"{file.read_text()}\n{comment}\n")


def change_by_hand(there: Landscape, environment: str) -> None:
    """Do what nobody should: change a function and how long its log is kept, past Terraform."""
    function = there.outputs[environment]["functions"]["winner_api"]
    there.cloud.client("lambda").update_function_configuration(FunctionName=function, MemorySize=640)
    there.cloud.client("logs").put_retention_policy(logGroupName=f"/aws/lambda/{function}", retentionInDays=1)


def running_code(there: Landscape, environment: str) -> dict[str, str]:
    """Return what the functions behind their aliases run, as SHA-256 in hexadecimal digits."""
    client = there.cloud.client("lambda")
    return {
        f"{logical}.zip": base64.b64decode(
            client.get_function_configuration(FunctionName=name, Qualifier="live")["CodeSha256"]
        ).hex()
        for logical, name in there.outputs[environment]["functions"].items()
    }


def zips(there: Landscape, environment: str, hashes: Mapping[str, str]) -> dict[str, str]:
    """Return the hashes of a build's functions that the environment has: not each has an archive."""
    functions = {f"{name}.zip" for name in there.outputs[environment]["functions"]}
    return {name: digest for name, digest in hashes.items() if name in functions}


DESTROYED = "prod"  # what is protected the most; test_ci_roles.py has dev and the bootstrap destroyed
OF_DESTROYED = re.compile(rf"{PROJECT}-{DESTROYED}(?!-(apply|boundary|ceiling|plan))")  # those are CI's


@pytest.fixture(scope="module")
def before(there: Landscape) -> Inventory:
    """Return what there was in the account before anything was destroyed."""
    return there.inventory()


@pytest.fixture(scope="module")
def destroyed(there: Landscape, before: Inventory) -> Landscape:
    destroy.destroy_environment(DESTROYED, cloud=there.cloud.name, confirmed=DESTROYED)
    return there


def without_garbage(scores: Scores) -> Scores:
    return {
        role: {user: score for user, score in of.items() if not user.startswith(GARBAGE)}
        for role, of in scores.items()
    }


@contextmanager
def somebody_who_may(cloud: Cloud, action: str) -> Iterator[Cloud]:
    """Yield the cloud as it is to a user whom nothing but others' policies keeps from ``action``."""
    iam, user = cloud.client("iam"), {"UserName": "somebody"}
    policy = {"PolicyName": "everywhere"}
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_user(**user)
    iam.put_user_policy(**user, **policy, PolicyDocument=document)
    key = iam.create_access_key(**user)["AccessKey"]
    try:
        yield replace(cloud, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    finally:
        iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(**user, **policy)
        iam.delete_user(**user)


# Applied


def test_they_came_from_nothing(there: Landscape) -> None:
    assert {kind: names for kind, names in there.at_first.items() if names} == {}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_second_plan_changes_nothing_but_what_the_emulator_leaves_out(
    there: Landscape, environment: str
) -> None:
    assert e2e.changes(there.second_plans[environment]) <= e2e.OMISSIONS


def test_every_known_omission_of_the_emulator_still_occurs(there: Landscape) -> None:
    found = set().union(*map(e2e.changes, there.second_plans.values()))

    assert e2e.OMISSIONS - found == set()


def test_no_resource_belongs_to_two_environments(there: Landscape) -> None:
    owners: Counter[tuple[str, str]] = Counter()
    for environment in ENVIRONMENTS:
        resources = there.resources(environment)
        assert len(resources) > 30
        owners.update(
            {(each["type"], each["values"].get("arn") or each["values"]["id"]) for each in resources}
        )

    assert [resource for resource, environments in owners.items() if environments > 1] == []


def test_every_alarm_tells_the_topic_of_its_own_environment(there: Landscape) -> None:
    told = {
        environment: {
            resource["values"]["alarm_name"]: resource["values"]["alarm_actions"] or []
            for resource in there.resources(environment)
            if resource["type"] == "aws_cloudwatch_metric_alarm"
        }
        for environment in ENVIRONMENTS
    }

    assert sorted(name for of in told.values() for name in of) == there.inventory()["alarms"]
    for environment, alarms in told.items():
        assert {action for actions in alarms.values() for action in actions} == {
            f"arn:aws:sns:us-east-1:{there.cloud.account_id}:{PROJECT}-{environment}-alarms"
        }
        assert all(len(actions) == 1 for actions in alarms.values())


# At work


def test_every_score_of_the_workshop_day_is_right(there: Landscape, workshops: None) -> None:
    must = json.loads(WORKSHOP_DAY.with_suffix(".scores.json").read_text())
    have = eventually(lambda: without_garbage(boards.scores(there, IN_THE_WORKSHOP)), must)

    assert compare_scores(must, have) == []


@pytest.mark.parametrize("environment", OTHERS)
def test_an_environment_counts_its_own_events_and_no_other_s(
    there: Landscape, workshops: None, environment: str
) -> None:
    workshop = [
        entry.data for entry in Workshop(OTHERS[environment], products=30, people=16).generate_day(400)
    ]
    must = recount_scores([*filter(came_through, boards.on_the_stream(there, environment)), *workshop])
    have = eventually(lambda: without_garbage(boards.scores(there, environment)), must)

    assert compare_scores(must, have) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_winners_come_out_of_the_api(there: Landscape, workshops: None, environment: str) -> None:
    found, must = boards.compare_winners(there, environment)

    assert found == must


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_sells_most_just_now_is_trending(there: Landscape, workshops: None, environment: str) -> None:
    found, must = boards.compare_trends(there, environment)

    assert found == must


def test_a_batch_writes_one_unit_for_each_product_at_most(there: Landscape) -> None:
    dynamodb, name = there.cloud.client("dynamodb"), "units-of-trending"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "productId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "productId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        units = trending_units.measured(dynamodb, name, batches=4, sales_a_batch=300, products=40)
    finally:
        dynamodb.delete_table(TableName=name)

    assert [each.written for each in units] == [each.products for each in units]


def test_the_api_pages_through_every_product_and_answers_in_words(there: Landscape, workshops: None) -> None:
    table, client = there.outputs["dev"]["contributions_table"], there.cloud.client("dynamodb")
    products = {item["productId"]["S"] for item in client.scan(TableName=table)["Items"]}
    url, listed = f"{there.outputs['dev']['api_url']}/contributions?limit=7", []
    while url:
        answer = ask(url)
        assert answer.status == 200
        listed += [contribution["productId"] for contribution in answer.json()]
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        url = urljoin(url, link[1]) if link else ""
    same = ask(answer.url, if_none_match=answer.headers["etag"])
    wrong = ask(f"{there.outputs['dev']['api_url']}/scores?role=creator&limit=0")
    missing = ask(f"{there.outputs['dev']['api_url']}/nowhere")

    assert sorted(listed) == sorted(products)
    assert len(products) > 20
    assert (same.status, same.body) == (304, b"")
    assert (wrong.status, wrong.json()["errors"][0]["parameter"]) == (400, "limit")
    assert missing.status == 404
    assert {each.headers["content-type"] for each in (wrong, missing)} == {"application/problem+json"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_garbage_on_the_stream_is_in_the_quarantine_and_stops_nothing(
    there: Landscape, environment: str
) -> None:
    found, kinesis = there.outputs[environment], there.cloud.client("kinesis")
    product = f"{GARBAGE}{environment}"

    def put(data: bytes) -> str:
        answer = kinesis.put_record(StreamName=found["stream_name"], PartitionKey=product, Data=data)
        return str(int(answer["SequenceNumber"]))

    def event(kind: str, who: str, **data: str) -> bytes:
        envelope = json.loads(WORKSHOP_DAY.read_text().splitlines()[0])["data"]
        data = {"schema": f"com.nordstrom/product/{kind}/1-0-0", "id": product, **data}
        return json.dumps({**envelope, "origin": f"e2e/test/{GARBAGE}{who}/Name", "data": data}).encode()

    described = dict.fromkeys(("brand", "name", "description", "category"), "Lamp")
    put(event("create", "merchant", **described))
    bad = {
        b"\xff\xfe\x00no text": "not-utf-8",
        b"no JSON": "not-json",
        b'{"schema": "x"}': "unknown-envelope",
    }
    numbers = {put(data): (data, code) for data, code in bad.items()}
    put(event("purchase", "customer"))

    def quarantined() -> dict[str, tuple[bytes, str]]:
        client, bucket = there.cloud.client("s3"), found["quarantine_bucket"]
        objects = client.list_objects_v2(Bucket=bucket, Prefix="records/").get("Contents", [])
        bodies = [json.load(client.get_object(Bucket=bucket, Key=each["Key"])["Body"]) for each in objects]
        records = [record for body in bodies for record in body["records"] if record["reason"]]
        return {
            str(int(record["sequenceNumber"])): (base64.b64decode(record["data"]), record["code"])
            for record in records
            if record["partitionKey"] == product
        }

    def sales() -> int | None:
        return boards.scores(there, environment)["creator"].get(f"{GARBAGE}merchant")

    assert eventually(quarantined, numbers) == numbers
    assert eventually(sales, 1) == 1


# Redrive


@dataclass(frozen=True)
class Rejected:
    """A sale in dev that was put aside for its envelope, and how its merchant stands."""

    there: Landscape
    operator: Operator
    identity: str
    merchant: str

    def quarantine(self, *arguments: str) -> str:
        where = ("--cloud", self.there.cloud.name, "--env", "dev")
        return self.operator.do("quarantine", *arguments, *where)

    def verdict(self) -> str | None:
        entries = json.loads(self.quarantine("list", "--all", "--json"))["entries"]
        return next((each["verdict"] for each in entries if each["identity"] == self.identity), None)

    def sales(self) -> int | None:
        return boards.scores(self.there, "dev")["creator"].get(self.merchant)

    def copies(self) -> int:
        return sum(self.identity.encode() in payload for payload in boards.on_the_stream(self.there, "dev"))


@pytest.fixture(scope="module")
def rejected(there: Landscape, operator: Operator) -> Rejected:
    """Put an offer, a sale, and a sale in an envelope that no version of ours has, on the stream."""
    stream, product, merchant = there.outputs["dev"]["stream_name"], f"{GARBAGE}redrive", f"{GARBAGE}redriven"
    unknown = purchase(product, f"{GARBAGE}customer") | {
        "schema": "com.nordstrom/retail-stream-ingress/1-9-0"
    }
    events = (create(product, merchant), purchase(product, f"{GARBAGE}customer"), unknown)
    for event in events:
        answer = there.cloud.client("kinesis").put_record(
            StreamName=stream, PartitionKey=product, Data=payload(event)
        )
    found = Rejected(
        there, operator, format_record_identity(stream, answer["ShardId"], answer["SequenceNumber"]), merchant
    )
    assert eventually(found.verdict, "ready") == "ready"
    assert eventually(found.sales, 1) == 1
    return found


def test_a_redriven_record_counts_once_however_often_it_is_redriven(rejected: Rejected) -> None:
    dry = rejected.quarantine("redrive", rejected.identity)
    assert dry.startswith("would be")
    assert (rejected.copies(), rejected.verdict()) == (0, "ready")

    for _ in range(2):
        rejected.quarantine("redrive", rejected.identity, "--yes")

    assert eventually(rejected.sales, 2) == 2
    assert (rejected.copies(), rejected.verdict()) == (1, "sent")


def test_a_redrive_that_was_cut_short_after_the_put_finds_its_copy(rejected: Rejected) -> None:
    client = rejected.there.cloud.client("dynamodb")
    rejected.quarantine("redrive", rejected.identity, "--yes")
    client.update_item(
        TableName=rejected.there.outputs["dev"]["redrives_table"],
        Key={"identity": {"S": rejected.identity}},
        UpdateExpression="SET #status = :sending, #until = :past",
        ExpressionAttributeNames={"#status": "status", "#until": "until"},
        ExpressionAttributeValues={":sending": {"S": "sending"}, ":past": {"N": "0"}},
    )
    assert rejected.verdict() == "unfinished"

    assert "an earlier redrive had put it" in rejected.quarantine("redrive", rejected.identity, "--yes")
    assert (rejected.copies(), rejected.verdict()) == (1, "sent")


def test_a_batch_that_was_given_up_is_refused_with_the_way_to_a_new_generation(rejected: Rejected) -> None:
    bucket = rejected.there.outputs["dev"]["quarantine_bucket"]
    rejected.there.cloud.client("s3").put_object(
        Bucket=bucket, Key=GIVEN_UP_KEY, Body=json.dumps(GIVEN_UP).encode()
    )
    arguments = ("--object", GIVEN_UP_KEY, "--yes", "--cloud", rejected.there.cloud.name, "--env", "dev")

    refusal = rejected.operator.run("quarantine", "redrive", *arguments)

    assert refusal.returncode == 1
    assert "new generation" in refusal.stderr


# Least privilege


def test_every_function_has_its_permissions_written_down_here(there: Landscape) -> None:
    for found in there.outputs.values():
        assert set(found["functions"]) == set(MAY) - (set() if found.get("archive_bucket") else {"archive"})


@pytest.mark.parametrize("function", MAY)
def test_a_role_may_do_what_its_function_does_and_tried_nothing_else(there: Landscape, function: str) -> None:
    own, another = (
        ("dev", "staging") if function in there.outputs["dev"]["functions"] else ("staging", "prod")
    )
    attempts = [
        *role_probe.attempts_on("own", there.outputs[own], there.cloud),
        *role_probe.attempts_on("another's", there.outputs[another], there.cloud),
        *role_probe.attempts_on_the_account(there.target("dev").state_bucket),
    ]

    functions = there.outputs[own]["functions"]
    expected = set(MAY[function])
    if BATCHES_GIVEN_UP in expected:  # events that functions failed lie below the same prefix
        expected |= {f"PutObject on own failed events of {name}" for name in functions}
    role = role_probe.role_of(there.cloud, functions[function])
    assert role_probe.allowed(there.cloud, role, attempts) == expected


@pytest.mark.parametrize("function", MAY)
def test_a_role_may_do_the_same_in_every_environment(there: Landscape, function: str) -> None:
    iam, kms = there.cloud.client("iam"), there.cloud.client("kms")
    policies = set()
    for environment, found in there.outputs.items():
        if function not in found["functions"]:
            continue
        role = role_probe.role_of(there.cloud, found["functions"][function])
        prefix = f"{PROJECT}-{environment}"
        key = kms.describe_key(KeyId=f"alias/{prefix}")["KeyMetadata"]["KeyId"]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = {
            name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names
        }
        documents["trust"] = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        text = re.sub(r"(/consumer/[^:\"]+):\d+", r"\1:<registered>", json.dumps(documents, sort_keys=True))
        policies.add(text.replace(prefix, "<environment>").replace(key, "<key>"))

    assert len(policies) == 1


@pytest.mark.parametrize("function", MAY)
def test_nobody_but_lambda_takes_on_a_role(there: Landscape, function: str) -> None:
    name = role_probe.role_of(there.cloud, there.outputs["prod"]["functions"][function])
    role = f"arn:aws:iam::{there.cloud.account_id}:role/{name}"

    with (
        somebody_who_may(there.cloud, "sts:AssumeRole") as somebody,
        pytest.raises(ClientError, match="AccessDenied"),
    ):
        somebody.client("sts").assume_role(RoleArn=role, RoleSessionName="somebody")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_token_of_another_environment_does_not_get_in(there: Landscape, environment: str) -> None:
    door = FrontDoor(there, environment)
    offer = {"schema": OFFER, **dict.fromkeys(("brand", "name", "description", "category"), "Lamp")}
    its_own = door.send({"schema": OFFER}, door.admit("merchant").token)
    assert its_own.status == 400, "its own token does not get in either"
    before = len(door.envelopes())

    for another in set(ENVIRONMENTS) - {environment}:
        token = FrontDoor(there, another).admit("merchant").token
        assert door.send(offer, token).status == 401, another
    assert len(door.envelopes()) == before


# Delivered: the pipelines' own commands, as a merge, a night and a bad day run them.


def test_all_environments_get_the_same_bytes(there: Landscape, delivered: Delivered) -> None:
    assert delivered.build.keys() == delivered.earlier.keys()
    for environment in ENVIRONMENTS:
        wanted = zips(there, environment, delivered.build)
        assert delivered.code[environment] == wanted != zips(there, environment, delivered.earlier)


def test_a_plan_s_summary_tells_what_was_applied_and_no_text(delivered: Delivered) -> None:
    for environment, summary in delivered.plans.items():
        assert summary.startswith(f"### {environment}: ")
        assert "| update | `module.winner_api.aws_lambda_function.this` | " in summary
        assert "example.com" not in summary


def test_an_environment_that_was_just_delivered_has_not_drifted(delivered: Delivered) -> None:
    status, report = delivered.drift[0]

    assert (status, report.drifted, report.error) == (0, (), "")


def test_what_waits_for_an_apply_after_a_delivery_is_what_the_emulator_leaves_out(
    delivered: Delivered,
) -> None:
    _, report = delivered.drift[0]
    waiting = {(each.address.rsplit(".", 2)[-2], path) for each in report.pending for path in each.attributes}

    assert {(kind, re.split(r"[.\[]", path)[0]) for kind, path in waiting} <= e2e.OMISSIONS


def test_a_change_by_hand_is_found_and_named(delivered: Delivered) -> None:
    status, report = delivered.drift[1]

    assert status == 2
    assert {each.address: each.attributes for each in report.drifted} == {
        "module.winner_api.aws_cloudwatch_log_group.this": ("retention_in_days",),
        "module.winner_api.aws_lambda_function.this": ("memory_size",),
    }


def test_dev_is_rolled_back_to_the_earlier_build_and_to_what_the_values_say(
    there: Landscape, delivered: Delivered
) -> None:
    kept, code = delivered.at_last
    function = there.outputs["dev"]["functions"]["winner_api"]
    configuration = there.cloud.client("lambda").get_function_configuration(FunctionName=function)

    assert kept.artifacts == delivered.earlier
    assert code == zips(there, "dev", delivered.earlier)
    assert configuration["MemorySize"] == 512


# Generations. Staging's, where the log is kept in an archive; the API is asked, as everybody does.


@pytest.fixture(scope="module")
def refolded(
    there: Landscape, workshops: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., None]:
    """Delete staging's scores; make generation 2, with today's code, and 3, whose rule of credit is another.

    The same apply makes generation 2 of the catalog.
    """
    target, table = there.target("staging"), there.outputs["staging"]["scores_table"]
    expected = recount_scores(boards.on_the_stream(there, "staging"))
    eventually(lambda: boards.scores(there, "staging"), expected)
    dynamodb = there.cloud.client("dynamodb")
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table)
    other_rule = rule_change.commit(there.here.root, tmp_path_factory.mktemp("git") / "index")
    third = generations.Generation(other_rule, enabled=False)
    generations.write_generations(
        target.generations_file, target.read_generations(generations.WINNER).with_generation(3, third)
    )
    catalogs = target.read_generations(generations.SHOP)
    generations.write_generations(
        target.generations_file, catalogs.with_generation(2, generations.Generation(enabled=False))
    )

    def do(command: Callable[..., None], *arguments: Any, **options: Any) -> None:
        command(*arguments, environment="staging", cloud=there.cloud.name, **options)

    do(replay.prepare_generation, 2, build="", confirmed=None)
    return do


def scores_of_generation(there: Landscape, number: int) -> Scores:
    table = f"{PROJECT}-staging-scores-g{number}"
    return read_stored_scores(there.cloud.client("dynamodb"), table)


def shown_on_the_board(there: Landscape, expected: Scores) -> bool:
    """Say whether staging's API comes to show these scores."""
    names = {
        role: boards.names_and_sales(
            [each for each in boards.on_the_stream(there, "staging") if each.startswith(b"{")], expected[role]
        )
        for role in board.ROLES
    }
    url = there.outputs["staging"]["api_url"]
    return eventually(lambda: boards.shown_scores(url), names, seconds=20) == names


def with_two_for_a_picture(expected: Scores) -> Scores:
    return {
        **expected,
        "photographer": {user: 2 * score for user, score in expected["photographer"].items()},
    }


def test_a_replay_into_the_live_generation_is_refused(
    there: Landscape, refolded: Callable[..., None]
) -> None:
    with pytest.raises(UserError, match="Generation 1 is live"):
        refolded(
            replay.fold_generation,
            1,
            source=replay.Source.ARCHIVE,
            trust_order=False,
            resume=False,
            patience=60,
        )


def test_after_its_scores_were_deleted_every_score_comes_back_from_the_archive(
    there: Landscape, refolded: Callable[..., None]
) -> None:
    refolded(
        replay.fold_generation, 2, source=replay.Source.ARCHIVE, trust_order=False, resume=False, patience=60
    )
    expected = recount_scores(boards.on_the_stream(there, "staging"))

    assert compare_scores(expected, eventually(lambda: scores_of_generation(there, 2), expected)) == []
    with pytest.raises(typer.Exit):
        refolded(replay.compare_generation, 2, patience=0.0)
    refolded(replay.switch_generation, 2, patience=60.0, confirmed=None)
    assert shown_on_the_board(there, expected)


def test_a_changed_rule_is_switched_to_and_back_and_each_generation_keeps_its_own(
    there: Landscape, refolded: Callable[..., None]
) -> None:
    refolded(
        replay.fold_generation, 3, source=replay.Source.STREAM, trust_order=False, resume=False, patience=60
    )
    expected = recount_scores(boards.on_the_stream(there, "staging"))
    must = with_two_for_a_picture(expected)
    assert compare_scores(must, eventually(lambda: scores_of_generation(there, 3), must)) == []

    refolded(replay.switch_generation, 3, patience=60.0, confirmed=None)
    assert shown_on_the_board(there, must)

    stream = there.outputs["staging"]["stream_name"]
    sale = next(
        each for each in reversed(boards.on_the_stream(there, "staging")) if b"product/purchase" in each
    )
    event = json.loads(sale)
    if "eventId" in event:
        event["eventId"] = str(uuid.uuid4())  # else it would be taken for the same click
    there.cloud.client("kinesis").put_record(
        StreamName=stream, PartitionKey=event["data"]["id"], Data=json.dumps(event).encode()
    )
    refolded(replay.switch_generation, 2, patience=60.0, confirmed=None)
    expected = recount_scores(boards.on_the_stream(there, "staging"))
    assert shown_on_the_board(there, expected)
    must = with_two_for_a_picture(expected)
    assert compare_scores(must, eventually(lambda: scores_of_generation(there, 3), must)) == []


FOLD = {"source": replay.Source.ARCHIVE, "trust_order": False, "resume": False, "patience": 60}
SHOP = replay.ViewName.SHOP


def test_the_catalog_is_folded_anew_and_equals_the_live_one(
    there: Landscape, refolded: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    refolded(replay.fold_generation, 2, view_name=SHOP, **FOLD)
    refolded(replay.compare_generation, 2, view_name=SHOP, patience=20.0)

    equal = r"All [1-9]\d* products and categories of generation 2 equal those of the live generation 1"
    assert re.search(equal, capsys.readouterr().err)
    with pytest.raises(UserError, match="Generation 1 is live"):
        refolded(replay.fold_generation, 1, view_name=SHOP, **FOLD)


@pytest.mark.nightly
def test_a_new_catalog_is_prepared_folded_switched_to_and_the_old_one_retired(
    there: Landscape, refolded: Callable[..., None]
) -> None:
    target, dynamodb = there.target("staging"), there.cloud.client("dynamodb")
    categories = urljoin(there.outputs["staging"]["api_url"] + "/", "categories")
    before = ask(categories).body

    refolded(replay.prepare_generation, 3, view_name=SHOP, build="", confirmed=None)
    refolded(replay.fold_generation, 3, view_name=SHOP, **FOLD)
    refolded(replay.compare_generation, 3, view_name=SHOP, patience=20.0)
    refolded(replay.switch_generation, 3, view_name=SHOP, patience=60.0, confirmed=None)
    with pytest.raises(
        UserError, match="Generation 3 is live: switch to another first, with `retailctl replay"
    ):
        refolded(replay.retire_generation, 3, view_name=SHOP, lift_protection=True, confirmed=None)
    refolded(replay.retire_generation, 1, view_name=SHOP, lift_protection=True, confirmed=None)

    assert target.read_generations(generations.SHOP).live == 3
    assert not [name for name in dynamodb.list_tables()["TableNames"] if "staging-catalog-g1" in name]
    assert eventually(lambda: ask(categories).body, before, seconds=20) == before


# Guards


def test_prod_s_values_against_dev_s_state_are_refused_at_plan_in_a_sentence(there: Landscape) -> None:
    values = there.target("prod").build_app_workspace().arguments
    workspace = replace(there.target("dev").build_app_workspace(), arguments=values)

    with pytest.raises(
        failures.TerraformError, match="The state and the values belong to different environments"
    ):
        e2e.plan(workspace)


def test_a_missing_zip_is_refused_at_plan_in_a_sentence(there: Landscape, tmp_path: Path) -> None:
    workspace = there.target("dev").build_app_workspace()
    elsewhere = replace(workspace, arguments=(*workspace.arguments, f"-var=artifacts_dir={tmp_path}"))

    with pytest.raises(
        failures.TerraformError, match=r"zips are missing in .*: .*Run `make package` first\."
    ):
        e2e.plan(elsewhere)


# A canary. The emulator keeps an alias's weights and sends every call to the version that serves.


WHO_WINS = {
    "version": "2.0",
    "routeKey": "GET /winners",
    "rawPath": "/winners",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {
        "http": {"method": "GET", "path": "/winners"},
        "requestId": "e2e",
        "stage": "$default",
    },
}
MARKED = b"""

_unmarked = handler


def handler(event, context):
    answer = _unmarked(event, context)
    return answer | {"headers": {**answer["headers"], "x-tried": "yes"}}
"""
"""A change of the API's code that its answers show."""


def with_a_change(artifacts: Path, to: Path) -> Path:
    """Return a copy of the artifacts in which the winner API has changed."""
    shutil.copytree(artifacts, to)
    with zipfile.ZipFile(to / "winner_api.zip") as file:
        name = "hello_retail/winner_api/handler.py"
        members = {each: file.read(each) for each in file.namelist()}
    with zipfile.ZipFile(to / "winner_api.zip", "w") as file:
        for each, content in members.items():
            file.writestr(each, content + MARKED if each == name else content)
    return to


def applied_canary(there: Landscape, artifacts: Path, value: str) -> terraform.Workspace:
    """Return the workspace that gives dev's winner API these artifacts and that canary, and nothing else of dev."""
    workspace = there.target("dev").build_app_workspace()
    settings = (f"-var=artifacts_dir={artifacts}", f"-var=canary={{{value}}}", "-target=module.winner_api")
    return replace(workspace, arguments=(*workspace.arguments, *settings))


def test_a_new_version_is_tried_beside_the_one_that_serves_and_taken_back_with_one_command(
    there: Landscape, operator: Operator, tmp_path: Path
) -> None:
    functions, name = there.cloud.client("lambda"), there.outputs["dev"]["functions"]["winner_api"]
    serving = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    artifacts = with_a_change(there.here.root / "build/artifacts", tmp_path / "artifacts")
    where = ("--env", "dev", "--cloud", there.cloud.name)

    def marked(version: str) -> str | None:
        payload = functions.invoke(FunctionName=name, Qualifier=version, Payload=json.dumps(WHO_WINS))[
            "Payload"
        ]
        answer = json.load(payload)
        assert answer["statusCode"] == 200
        found: str | None = answer["headers"].get("x-tried")
        return found

    value = f'winner_api = {{ version = "{serving}", weight = 0.1 }}'
    workspace = applied_canary(there, artifacts, value)
    terraform.run_with_progress(
        workspace, "Applying a canary", "apply", "-auto-approve", *workspace.arguments
    )
    alias = functions.get_alias(FunctionName=name, Name="live")
    ((tried, weight),) = alias["RoutingConfig"]["AdditionalVersionWeights"].items()

    assert (alias["FunctionVersion"], weight) == (serving, 0.1)
    assert (marked(serving), marked(tried)) == (None, "yes")
    assert f"version {tried} is the canary for 10% of the calls" in operator.do("canary", "show", *where)
    served = ask(f"{there.outputs['dev']['api_url']}/winners")
    assert (served.status, served.headers.get("x-tried")) == (200, None)

    printed = operator.do("canary", "rollback", *where).strip()
    alias = functions.get_alias(FunctionName=name, Name="live")
    assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == (serving, None)
    assert printed == f'winner_api = {{ version = "{serving}", weight = 0 }}'

    changed = e2e.plan(applied_canary(there, artifacts, printed))["resource_changes"]
    agreed = [each for each in changed if each["address"] == "module.winner_api.aws_lambda_alias.live"]
    assert [each["change"]["actions"] for each in agreed] == [["no-op"]]


# The end. Prod's own rules refuse values without deletion protection (tests/infrastructure tries that), so it is
# `make destroy` that takes it off: in AWS only when asked to.


def test_terraform_alone_does_not_destroy_prod(there: Landscape) -> None:
    workspace = there.target("prod").build_app_workspace()

    with pytest.raises(failures.TerraformError, match="To remove prod, use `make destroy"):
        terraform.run_with_progress(
            workspace, "Destroying", "destroy", "-auto-approve", "-refresh=false", *workspace.arguments
        )


def test_prod_s_tables_and_players_are_protected_against_deletion(there: Landscape) -> None:
    tables = [
        there.outputs["prod"][name]
        for name in (
            "carts_table",
            "contributions_table",
            "idempotency_table",
            "orders_table",
            "payments_table",
            "redrives_table",
            "scores_table",
            "studio_table",
        )
    ]
    for table in tables:
        with pytest.raises(ClientError, match="protected against deletion"):
            there.cloud.client("dynamodb").delete_table(TableName=table)
    pool = there.cloud.client("cognito-idp").describe_user_pool(
        UserPoolId=there.outputs["prod"]["user_pool_id"]
    )["UserPool"]
    assert pool["DeletionProtection"] == "ACTIVE"  # the emulator would delete it all the same

    with pytest.raises(UserError, match="protected against deletion") as refusal:
        destroy.remove_protection(there.target("prod"), there.resources("prod"), asked=False)
    assert all(name in str(refusal.value) for name in (*tables, f"{PROJECT}-prod-players"))


def test_what_is_destroyed_was_there_before(there: Landscape, before: Inventory) -> None:
    kinds = {kind for kind, names in before.items() if any(map(OF_DESTROYED.search, names))}

    assert kinds >= {
        "APIs", "alarms", "aliases of keys", "buckets", "budgets", "dashboards", "distributions",
        "event rules", "event source mappings", "functions", "log groups", "origin access controls", "roles",
        "state machines", "streams", "tables", "topics", "user pools",
    }  # fmt: skip
    assert set(there.keys().values()) == {"Enabled"}


def test_of_one_environment_nothing_is_left_and_of_the_others_everything(
    destroyed: Landscape, before: Inventory
) -> None:
    others = {
        kind: [name for name in names if not OF_DESTROYED.search(name)] for kind, names in before.items()
    }

    assert destroyed.inventory() == others


def test_of_what_was_destroyed_only_its_key_is_left_pending_deletion(destroyed: Landscape) -> None:
    states = Counter(destroyed.keys().values())

    assert states == {"PendingDeletion": 1, "Enabled": len(ENVIRONMENTS)}
