"""What a function's role may do, tried: calls made from within a Lambda function that runs as that role.

So the trust policy, the credentials and the policies are the real ones, and nothing about the role is changed.
"""

from __future__ import annotations

import functools
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hello_retail.studio.items import build_product_key
from hello_retail.studio.table import read_product
from retailctl.emulator.cloud import Cloud
from support.e2e import eventually
from support.names import NAMESPACE, PROJECT

PROBE = """
import functools

import boto3
from botocore.exceptions import ClientError

client = functools.cache(boto3.client)  # to make one takes far longer than a call

def handler(event, context):
    return [outcome(**attempt) for attempt in event]

def outcome(service, operation, parameters):
    try:
        getattr(client(service), operation)(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""
"""

ALLOWED = {
    "",
    "ConditionalCheckFailedException",
    "ExecutionAlreadyExists",
    "NoSuchKey",
    "TaskDoesNotExist",
    "TransactionCanceledException",
}
REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
NEVER = "attribute_exists(nothing)"
"""A condition that no item meets: who may write gets as far as it, and writes nothing."""
PROBE_PRODUCT = "probe"
"""A product that was never offered: its execution ends at once."""
PHONE = "+12065550100"
"""A number that nobody has."""


@dataclass(frozen=True)
class Attempt:
    """One call to AWS, and the words for it."""

    name: str
    service: str
    operation: str
    parameters: Mapping[str, Any]


def attempts_on(whose: str, found: Mapping[str, Any], cloud: Cloud) -> Iterator[Attempt]:
    """Yield every call that could matter on the resources of an environment, given its outputs.

    ``whose`` is the word for the environment, as in "own". Writing a log is not among them: the emulator holds it
    against the log group, and AWS against the streams in it.
    """

    def attempt(action: str, on: str, service: str, operation: str, **parameters: Any) -> Attempt:
        return Attempt(f"{action} on {whose} {on}", service, operation, parameters)

    items = {
        "carts": (found["carts_table"], {"userId": {"S": "probe"}, "productId": {"S": "probe"}}),
        "catalog": (found["catalog_table"], {"productId": {"S": "probe"}}),
        "categories": (found["categories_table"], {"shelf": {"S": "all"}, "category": {"S": "probe"}}),
        "contributions": (found["contributions_table"], {"productId": {"S": "probe"}}),
        "idempotency": (found["idempotency_table"], {"id": {"S": "probe"}}),
        "orders": (found["orders_table"], {"userId": {"S": "probe"}, "orderId": {"S": "probe"}}),
        "payments": (found["payments_table"], {"orderId": {"S": "probe"}}),
        "redrives": (found["redrives_table"], {"identity": {"S": "probe"}}),
        "trending": (found["trending_table"], {"productId": {"S": "probe"}}),
        "stock": (found["stock_table"], {"productId": {"S": "probe"}}),
        "scores": (found["scores_table"], {"board": {"S": "creator#0"}, "userId": {"S": "probe"}}),
        "studio": (found["studio_table"], {"line": {"S": "product#probe"}, "place": {"S": "-"}}),
    }
    for kind, (table, key) in items.items():
        of = {"TableName": table}
        update = {
            "UpdateExpression": "SET probed = :yes",
            "ExpressionAttributeValues": {":yes": {"BOOL": True}},
            "ConditionExpression": NEVER,
        }
        query = {
            "KeyConditionExpression": "#key = :value",
            "ExpressionAttributeNames": {"#key": next(iter(key))},
            "ExpressionAttributeValues": {":value": {"S": "probe"}},
        }
        deletion = {table: [{"DeleteRequest": {"Key": key}}]}
        check = {"ConditionCheck": {**of, "Key": key, "ConditionExpression": NEVER}}
        statement = f'SELECT * FROM "{table}"'  # noqa: S608 - our own table
        yield from (
            attempt(
                "BatchGetItem", kind, "dynamodb", "batch_get_item", RequestItems={table: {"Keys": [key]}}
            ),
            attempt("BatchWriteItem", kind, "dynamodb", "batch_write_item", RequestItems=deletion),
            attempt("ConditionCheckItem", kind, "dynamodb", "transact_write_items", TransactItems=[check]),
            attempt("DeleteItem", kind, "dynamodb", "delete_item", **of, Key=key, ConditionExpression=NEVER),
            attempt("DeleteTable", kind, "dynamodb", "delete_table", **of),
            attempt("DescribeTable", kind, "dynamodb", "describe_table", **of),
            attempt("GetItem", kind, "dynamodb", "get_item", **of, Key=key),
            attempt("PartiQLSelect", kind, "dynamodb", "execute_statement", Statement=statement),
            attempt("PutItem", kind, "dynamodb", "put_item", **of, Item=key, ConditionExpression=NEVER),
            attempt("Query", kind, "dynamodb", "query", **of, **query),
            attempt("Scan", kind, "dynamodb", "scan", **of),
            attempt("UpdateItem", kind, "dynamodb", "update_item", **of, Key=key, **update),
            attempt("UpdateTable", kind, "dynamodb", "update_table", **of, DeletionProtectionEnabled=False),
        )
    by_category = {"TableName": found["catalog_table"], "IndexName": "byCategory"}
    category = {
        "KeyConditionExpression": "category = :category",
        "ExpressionAttributeValues": {":category": {"S": "probe"}},
    }
    yield attempt("Query", "catalog by category", "dynamodb", "query", **by_category, **category)
    yield attempt("Scan", "catalog by category", "dynamodb", "scan", **by_category)
    yield from attempts_on_open_orders(attempt, found["orders_table"])
    stream = {"StreamName": found["stream_name"]}
    shard = {**stream, "ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"}
    kinesis = cloud.client("kinesis")
    arn = kinesis.describe_stream_summary(**stream)["StreamDescriptionSummary"]["StreamARN"]
    iterator = kinesis.get_shard_iterator(**shard)["ShardIterator"]
    record = {"Data": "x", "PartitionKey": "probe"}
    split = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "1"}
    yield from (
        attempt("DeleteStream", "stream", "kinesis", "delete_stream", **stream),
        attempt("DescribeStream", "stream", "kinesis", "describe_stream", **stream),
        attempt("DescribeStreamSummary", "stream", "kinesis", "describe_stream_summary", **stream),
        attempt("GetRecords", "stream", "kinesis", "get_records", ShardIterator=iterator, StreamARN=arn),
        attempt("GetShardIterator", "stream", "kinesis", "get_shard_iterator", **shard),
        attempt("ListShards", "stream", "kinesis", "list_shards", **stream),
        attempt("PutRecord", "stream", "kinesis", "put_record", **stream, **record),
        attempt("PutRecords", "stream", "kinesis", "put_records", **stream, Records=[record]),
        attempt("SplitShard", "stream", "kinesis", "split_shard", **stream, **split),
    )
    for consumer in kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]:
        by = {"ConsumerARN": consumer["ConsumerARN"]}
        start = {"ShardId": shard["ShardId"], "StartingPosition": {"Type": "LATEST"}}
        place = (
            f"consumer {consumer['ConsumerName'].removeprefix(found['stream_name'].removesuffix('events'))}"
        )
        yield from (
            attempt("DescribeStreamConsumer", place, "kinesis", "describe_stream_consumer", **by),
            attempt("SubscribeToShard", place, "kinesis", "subscribe_to_shard", **by, **start),
            attempt("DeregisterStreamConsumer", place, "kinesis", "deregister_stream_consumer", **by),
        )
    page = {"Bucket": found["site_bucket"], "Key": "index.html"}
    pool = {"UserPoolId": found["user_pool_id"]}
    user = {**pool, "Username": "probe"}
    yield from (
        attempt("GetObject", "page", "s3", "get_object", **page),
        attempt("PutObject", "page", "s3", "put_object", **page, Body="x"),
        attempt("DeleteObject", "page", "s3", "delete_object", **page),
        attempt("AdminCreateUser", "players", "cognito-idp", "admin_create_user", **user),
        attempt(
            "AdminAddUserToGroup",
            "players",
            "cognito-idp",
            "admin_add_user_to_group",
            **user,
            GroupName="merchant",
        ),
        attempt("ListUsers", "players", "cognito-idp", "list_users", **pool),
        attempt("DeleteUserPool", "players", "cognito-idp", "delete_user_pool", **pool),
    )
    yield from attempts_on_the_pictures(attempt, found["pictures_bucket"])
    yield from attempts_on_the_machines(attempt, found, cloud)
    if found.get("archive_bucket"):
        archive = {"Bucket": found["archive_bucket"]}
        for prefix in ("lineage/", "links/", "records/", "tips/", ""):
            place = f"archive/{prefix}"
            yield from (
                attempt("PutObject", place, "s3", "put_object", **archive, Key=f"{prefix}probe", Body="x"),
                attempt("GetObject", place, "s3", "get_object", **archive, Key=f"{prefix}probe"),
                attempt("DeleteObject", place, "s3", "delete_object", **archive, Key=f"{prefix}probe"),
                attempt("ListBucket", place, "s3", "list_objects_v2", **archive, Prefix=prefix),
            )
        yield attempt("DeleteBucket", "archive", "s3", "delete_bucket", **archive)
    bucket = {"Bucket": found["quarantine_bucket"]}
    for folder in ("records/", "aws/lambda/", ""):
        place = f"quarantine/{folder}"
        key = f"{folder}probe.json"
        yield from (
            attempt("PutObject", place, "s3", "put_object", **bucket, Key=key, Body="{}"),
            attempt("GetObject", place, "s3", "get_object", **bucket, Key=key),
            attempt("DeleteObject", place, "s3", "delete_object", **bucket, Key=key),
        )
    yield from (
        attempt("ListBucket", "quarantine", "s3", "list_objects_v2", **bucket),
        attempt("ListBucketVersions", "quarantine", "s3", "list_object_versions", **bucket),
        attempt("DeleteBucketPolicy", "quarantine", "s3", "delete_bucket_policy", **bucket),
        attempt("DeleteBucket", "quarantine", "s3", "delete_bucket", **bucket),
    )
    yield from attempts_on_the_functions(attempt, found["functions"], cloud, found["quarantine_bucket"])
    topic = f"arn:aws:sns:{cloud.region}:{cloud.account_id}:{PROJECT}-{found['environment']}-alarms"
    yield attempt("Publish", "alarms", "sns", "publish", TopicArn=topic, Message="x")
    encryption = {"KeyId": f"alias/{PROJECT}-{found['environment']}"}
    yield from (
        attempt("kms:DescribeKey", "key", "kms", "describe_key", **encryption),
        attempt("kms:Encrypt", "key", "kms", "encrypt", **encryption, Plaintext="x"),
        attempt("kms:GenerateDataKey", "key", "kms", "generate_data_key", **encryption, KeySpec="AES_256"),
        attempt("kms:ScheduleKeyDeletion", "key", "kms", "schedule_key_deletion", **encryption),
    )


def attempts_on_the_functions(
    attempt: Callable[..., Attempt], functions: Mapping[str, str], cloud: Cloud, quarantine: str
) -> Iterator[Attempt]:
    """Yield the calls on functions, their logs, their roles, and where their failed events go."""
    for logical, function in functions.items():
        key = f"aws/lambda/async/{function}/probe"
        yield attempt(
            "PutObject",
            f"failed events of {logical}",
            "s3",
            "put_object",
            Bucket=quarantine,
            Key=key,
            Body="x",
        )
        name, group = {"FunctionName": function}, {"logGroupName": f"/aws/lambda/{function}"}
        policy = {"RoleName": role_of(cloud, function), "PolicyName": "probe", "PolicyDocument": "{}"}
        role = {
            "RoleArn": f"arn:aws:iam::{cloud.account_id}:role/{policy['RoleName']}",
            "RoleSessionName": "probe",
        }
        yield from (
            attempt("InvokeFunction", logical, "lambda", "invoke", **name, Qualifier="live", Payload="{}"),
            attempt("GetFunction", logical, "lambda", "get_function", **name),
            attempt(
                "UpdateFunctionConfiguration", logical, "lambda", "update_function_configuration", **name
            ),
            attempt("DeleteFunction", logical, "lambda", "delete_function", **name),
            attempt("FilterLogEvents", logical, "logs", "filter_log_events", **group),
            attempt("DeleteLogGroup", logical, "logs", "delete_log_group", **group),
            attempt("GetRole", logical, "iam", "get_role", RoleName=policy["RoleName"]),
            attempt("PutRolePolicy", logical, "iam", "put_role_policy", **policy),
            attempt("AssumeRole", logical, "sts", "assume_role", **role),
        )


def attempts_on_the_pictures(attempt: Callable[..., Attempt], bucket: str) -> Iterator[Attempt]:
    """Yield the calls of S3 on the bucket of pictures and uploads."""
    pictures = {"Bucket": bucket}
    for prefix in ("incoming/", "pictures/", ""):
        place, key = f"uploads/{prefix}", f"{prefix}probe"
        yield from (
            attempt("PutObject", place, "s3", "put_object", **pictures, Key=key, Body="x"),
            attempt("GetObject", place, "s3", "get_object", **pictures, Key=key),
            attempt("DeleteObject", place, "s3", "delete_object", **pictures, Key=key),
            attempt("ListBucket", place, "s3", "list_objects_v2", **pictures, Prefix=prefix),
        )
    yield from (
        attempt("ListBucketVersions", "uploads", "s3", "list_object_versions", **pictures),
        attempt("PutBucketPolicy", "uploads", "s3", "put_bucket_policy", **pictures, Policy="{}"),
        attempt("DeleteBucket", "uploads", "s3", "delete_bucket", **pictures),
    )


def attempts_on_open_orders(attempt: Callable[..., Attempt], table: str) -> Iterator[Attempt]:
    """Yield the calls of DynamoDB on the index of orders under way."""
    by_open = {"TableName": table, "IndexName": "byOpen"}
    condition = {
        "KeyConditionExpression": "#open = :shard",
        "ExpressionAttributeNames": {"#open": "open"},
        "ExpressionAttributeValues": {":shard": {"S": "0"}},
    }
    yield attempt("Query", "open orders", "dynamodb", "query", **by_open, **condition)
    yield attempt("Scan", "open orders", "dynamodb", "scan", **by_open)


def attempts_on_the_machines(
    attempt: Callable[..., Attempt], found: Mapping[str, Any], cloud: Cloud
) -> Iterator[Attempt]:
    """Yield the calls of Step Functions on both machines."""
    photos, orders = found["photos_machine_arn"], found["orders_machine_arn"]
    execution, token = run_probe_execution(cloud, photos, found["studio_table"])
    yield from attempts_on_a_machine(attempt, "machine", photos, execution, {"product": PROBE_PRODUCT})
    yield from attempts_on_a_task(attempt, "machine", token)
    order = {"user": "probe", "order": "probe"}
    yield from attempts_on_a_machine(
        attempt, "machine of orders", orders, run_probe_order(cloud, orders, json.dumps(order)), order
    )


def attempts_on_a_task(attempt: Callable[..., Attempt], on: str, token: str) -> Iterator[Attempt]:
    """Yield the answers to the token of a task."""
    yield attempt("SendTaskSuccess", on, "stepfunctions", "send_task_success", taskToken=token, output="{}")
    yield attempt("SendTaskFailure", on, "stepfunctions", "send_task_failure", taskToken=token)


def attempts_on_a_machine(
    attempt: Callable[..., Attempt], on: str, machine: str, execution: str, given_input: Mapping[str, str]
) -> Iterator[Attempt]:
    """Yield the calls of Step Functions on a machine and an execution of it that has ended."""
    given = {"name": PROBE_PRODUCT, "input": json.dumps(given_input)}
    by = {"executionArn": execution}
    of = {"stateMachineArn": machine}
    calls: dict[str, dict[str, Any]] = {
        "start_execution": of | given,
        "describe_execution": by,
        "get_execution_history": by,
        "stop_execution": by,
        "list_executions": of,
        "describe_state_machine": of,
        "delete_state_machine": of,
    }
    yield attempt(
        "StartExecution",
        f"{on} by alias",
        "stepfunctions",
        "start_execution",
        **given,
        stateMachineArn=f"{machine}:live",
    )
    for operation, parameters in calls.items():
        action = "".join(word.capitalize() for word in operation.split("_"))
        yield attempt(action, on, "stepfunctions", operation, **parameters)


@functools.cache
def run_probe_execution(cloud: Cloud, machine: str, table: str) -> tuple[str, str]:
    """Return an execution that was stopped, and the token that its machine waited for."""
    client, product = cloud.client("stepfunctions"), f"probe-{secrets.token_hex(4)}"
    item = {
        "state": {"S": "offered"},
        "attempt": {"N": "0"},
        "since": {"S": "2026"},
        "execution": {"S": product},
    }
    cloud.client("dynamodb").put_item(TableName=table, Item=build_product_key(product) | item)
    execution = client.start_execution(
        stateMachineArn=f"{machine}:live", name=product, input=json.dumps({"product": product})
    )["executionArn"]

    def read_token() -> str | None:
        found = read_product(cloud.client("dynamodb"), table, product)
        return found and found.token

    assert eventually(lambda: read_token() is not None, wanted=True)
    token = read_token()
    client.stop_execution(executionArn=execution)
    return execution, token or ""


@functools.cache
def run_probe_order(cloud: Cloud, machine: str, given: str) -> str:
    """Return an execution that was stopped, of an order that nobody placed."""
    client = cloud.client("stepfunctions")
    execution: str = client.start_execution(
        stateMachineArn=f"{machine}:live", name=f"probe-{secrets.token_hex(4)}", input=given
    )["executionArn"]
    client.stop_execution(executionArn=execution)
    return execution


def attempts_on_the_account(state_bucket: str) -> Iterator[Attempt]:
    """Yield calls that belong to no environment."""
    state = {"Bucket": state_bucket, "Key": f"{PROJECT}/dev/terraform.tfstate"}
    datum = {"Namespace": NAMESPACE, "MetricData": [{"MetricName": "RecordsQuarantined", "Value": 0}]}
    yield from (
        Attempt("CreateLogGroup", "logs", "create_log_group", {"logGroupName": "probe"}),
        Attempt("CreateQueue", "sqs", "create_queue", {"QueueName": "probe"}),
        Attempt("CreateUser", "iam", "create_user", {"UserName": "probe"}),
        Attempt("DescribeInstances", "ec2", "describe_instances", {}),
        Attempt("GetObject on a state", "s3", "get_object", state),
        Attempt("ListBuckets", "s3", "list_buckets", {}),
        Attempt("ListSecrets", "secretsmanager", "list_secrets", {}),
        Attempt("ListStreams", "kinesis", "list_streams", {}),
        Attempt("ListTables", "dynamodb", "list_tables", {}),
        Attempt("ListTopics", "sns", "list_topics", {}),
        Attempt("ListUsers", "iam", "list_users", {}),
        Attempt("Publish to a phone", "sns", "publish", {"PhoneNumber": PHONE, "Message": "x"}),
        Attempt("PutMetricData", "cloudwatch", "put_metric_data", datum),
        Attempt("PutObject on a state", "s3", "put_object", {**state, "Body": "{}"}),
    )


def role_of(cloud: Cloud, function: str) -> str:
    """Return the name of a function's role."""
    return f"{function}@{cloud.region}"


def allowed(cloud: Cloud, role: str, attempts: Iterable[Attempt]) -> set[str]:
    """Make all the attempts as ``role`` and return the names of those that it may."""
    attempts = list(attempts)
    client = cloud.client("lambda")
    function = f"probe-{role.partition('@')[0]}"
    client.create_function(
        FunctionName=function,
        Runtime="python3.13",
        Handler="probe.handler",
        Role=f"arn:aws:iam::{cloud.account_id}:role/{role}",
        Code={"ZipFile": _zipped("probe.py", PROBE)},
        Timeout=120,
    )
    try:
        calls = [
            {"service": each.service, "operation": each.operation, "parameters": each.parameters}
            for each in attempts
        ]
        answer = client.invoke(FunctionName=function, Payload=json.dumps(calls))
        outcomes = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, outcomes
    finally:
        client.delete_function(FunctionName=function)
        logs = cloud.client("logs")
        for group in logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")["logGroups"]:
            logs.delete_log_group(logGroupName=group["logGroupName"])
    told = {each.name: outcome for each, outcome in zip(attempts, outcomes, strict=True)}
    unclear = {name: outcome for name, outcome in told.items() if outcome not in ALLOWED | REFUSED}
    assert not unclear, "these calls ended before or after the permission was looked at"
    return {name for name, outcome in told.items() if outcome in ALLOWED}


def _zipped(name: str, content: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()
