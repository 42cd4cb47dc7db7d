"""What AWS refuses, or makes otherwise, and MiniStack would take as it is asked for."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from support import bare_emulator
from support.e2e import eventually

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

KEEPS_NOTHING = {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ],
}
KEEP = """
import boto3

def handler(event, context):
    for record in event["Records"]:
        item = {"id": {"S": record["kinesis"]["data"]}, "source": {"S": record["eventSourceARN"]}}
        boto3.client("dynamodb").put_item(TableName="kept", Item=item)
"""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "refusals") as cloud:
        yield cloud


# Cache policies


def cache_policy(name: str, max_age: int) -> dict[str, Any]:
    """Return what modules/static-site once asked for, with ``backends_max_age_seconds``."""
    key = {
        "EnableAcceptEncodingGzip": True,
        "EnableAcceptEncodingBrotli": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    return {
        **KEEPS_NOTHING,
        "Name": name,
        "MaxTTL": max_age,
        "ParametersInCacheKeyAndForwardedToOrigin": key,
    }


def test_compression_is_refused_where_nothing_is_kept(cloud: Cloud) -> None:
    cloudfront = cloud.client("cloudfront")

    with pytest.raises(
        ClientError, match="EnableAcceptEncodingGzip is invalid for policy with caching disabled"
    ):
        cloudfront.create_cache_policy(CachePolicyConfig=cache_policy("nothing", 0))
    assert cloudfront.create_cache_policy(CachePolicyConfig=cache_policy("a-second", 1))["CachePolicy"]["Id"]


# User pools


def test_no_account_is_made_that_stops_the_list(cloud: Cloud) -> None:
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="texts")["UserPool"]["Id"]
    name = [{"Name": "name", "Value": "\udcff"}]
    cognito.admin_create_user(UserPoolId=pool, Username="eve")

    with pytest.raises(ClientError, match="not valid Unicode"):
        cognito.admin_create_user(UserPoolId=pool, Username="mallory", UserAttributes=name)
    with pytest.raises(ClientError, match="not valid Unicode"):
        cognito.admin_update_user_attributes(UserPoolId=pool, Username="eve", UserAttributes=name)
    with pytest.raises(ClientError, match="'username' must have length"):
        cognito.admin_create_user(UserPoolId=pool, Username="x" * 129)
    assert [user["Username"] for user in cognito.list_users(UserPoolId=pool)["Users"]] == ["eve"]


def test_a_client_of_a_lite_pool_does_not_choose_its_flow(cloud: Cloud) -> None:
    cognito = cloud.client("cognito-idp")
    lite, essentials = (
        cognito.create_user_pool(PoolName=tier, UserPoolTier=tier)["UserPool"]["Id"]
        for tier in ("LITE", "ESSENTIALS")
    )
    asked = {"ClientName": "app", "ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}

    with pytest.raises(ClientError, match="FeatureUnavailableInTierException"):
        cognito.create_user_pool_client(UserPoolId=lite, **asked)
    plain = cognito.create_user_pool_client(UserPoolId=lite, ClientName="app")["UserPoolClient"]["ClientId"]
    with pytest.raises(ClientError, match="FeatureUnavailableInTierException"):
        cognito.update_user_pool_client(UserPoolId=lite, ClientId=plain, **asked)
    assert cognito.create_user_pool_client(UserPoolId=essentials, **asked)["UserPoolClient"]["ClientId"]


def test_a_birthdate_has_ten_characters_whatever_is_asked_for(cloud: Cloud) -> None:
    asked = {"AttributeDataType": "String", "Required": True, "Mutable": True}
    bounds = {"MinLength": "0", "MaxLength": "2048"}
    made = cloud.client("cognito-idp").create_user_pool(
        PoolName="bounds",
        Schema=[
            {"Name": name, **asked, "StringAttributeConstraints": bounds} for name in ("birthdate", "name")
        ],
    )
    found = {each["Name"]: each for each in made["UserPool"]["SchemaAttributes"]}

    assert found["birthdate"]["StringAttributeConstraints"] == {"MinLength": "10", "MaxLength": "10"}
    assert found["name"]["StringAttributeConstraints"] == bounds


# Mappings that read by a consumer


@pytest.fixture(scope="module")
def consumer(cloud: Cloud) -> str:
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
    return str(
        kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="orders")["Consumer"]["ConsumerARN"]
    )


def function_with_role(cloud: Cloud, name: str, *actions: str, resource: str) -> str:
    """Create a function that writes what it gets, with a role that may do ``actions``, and return its name."""
    iam, role = cloud.client("iam"), f"role-of-{name}"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            # What it writes is not what these tests are about, so the table does not matter.
            {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"},
            {"Effect": "Allow", "Action": list(actions), "Resource": resource},
        ],
    }
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=role, PolicyName="use", PolicyDocument=json.dumps(policy))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("keep.py", KEEP)
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="keep.handler",
        Role=f"arn:aws:iam::{cloud.account_id}:role/{role}",
        Code={"ZipFile": zipped.getvalue()},
    )
    return name


def mapping_on(cloud: Cloud, source: str, function: str) -> str:
    created = cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=source, FunctionName=function, StartingPosition="TRIM_HORIZON", BatchSize=10
    )
    return str(created["UUID"])


def test_a_role_that_may_read_the_stream_only_does_not_read_by_a_consumer(
    cloud: Cloud, consumer: str
) -> None:
    stream = consumer.partition("/consumer/")[0]
    reader = function_with_role(
        cloud, "reader", "kinesis:GetRecords", "kinesis:SubscribeToShard", resource=stream
    )

    with pytest.raises(ClientError, match="may not SubscribeToShard"):
        mapping_on(cloud, consumer, reader)
    assert mapping_on(cloud, stream, reader)


def test_a_mapping_needs_a_consumer_that_there_is(cloud: Cloud, consumer: str) -> None:
    subscriber = function_with_role(cloud, "early", "kinesis:SubscribeToShard", resource="*")

    with pytest.raises(ClientError, match="does not exist"):
        mapping_on(cloud, consumer.replace("orders:", "others:"), subscriber)


def test_a_mapping_on_a_consumer_gets_the_streams_records(cloud: Cloud, consumer: str) -> None:
    dynamodb, kinesis, functions = (cloud.client(name) for name in ("dynamodb", "kinesis", "lambda"))
    dynamodb.create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(3):
        kinesis.put_record(StreamName="clicks", PartitionKey="one", Data=f"{number}".encode())
    subscriber = function_with_role(cloud, "subscriber", "kinesis:SubscribeToShard", resource=consumer)

    mapping = mapping_on(cloud, consumer, subscriber)

    def kept() -> dict[str, str]:
        items = dynamodb.scan(TableName="kept")["Items"]
        return {item["id"]["S"]: item["source"]["S"] for item in items}

    wanted = dict.fromkeys(("MA==", "MQ==", "Mg=="), consumer)
    assert eventually(kept, wanted) == wanted

    def told() -> tuple[str, str]:
        known = functions.get_event_source_mapping(UUID=mapping)
        return known["EventSourceArn"], known["LastProcessingResult"].partition(" ")[0]

    assert eventually(told, (consumer, "OK")) == (consumer, "OK")


# What Lambda needs of a function's role


def test_a_role_that_may_not_make_network_interfaces_runs_outside_of_a_vpc_only(cloud: Cloud) -> None:
    functions, vpc = cloud.client("lambda"), {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    # The emulator, like EC2's Describe actions, asks for these without a resource.
    outside = function_with_role(cloud, "outside", "ec2:DescribeSubnets", resource="*")
    actions = ("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces")
    inside = function_with_role(
        cloud, "inside", *(f"ec2:{each}" for each in (*actions, "DescribeSubnets")), resource="*"
    )

    with pytest.raises(ClientError, match="does not have permissions to call CreateNetworkInterface on EC2"):
        functions.update_function_configuration(FunctionName=outside, VpcConfig=vpc)
    assert functions.update_function_configuration(FunctionName=inside, VpcConfig=vpc)["VpcConfig"]


def test_a_queue_is_read_by_a_role_that_may_receive_and_delete(cloud: Cloud) -> None:
    sqs, functions = cloud.client("sqs"), cloud.client("lambda")
    url = sqs.create_queue(QueueName="letters")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    some = ("sqs:ReceiveMessage", "sqs:GetQueueAttributes")
    half = function_with_role(cloud, "half", *some, resource=queue)
    whole = function_with_role(cloud, "whole", *some, "sqs:DeleteMessage", resource=queue)

    with pytest.raises(ClientError, match="does not have permissions to call DeleteMessage on SQS"):
        functions.create_event_source_mapping(EventSourceArn=queue, FunctionName=half)
    assert functions.create_event_source_mapping(EventSourceArn=queue, FunctionName=whole)["UUID"]


def test_a_tables_stream_is_read_by_a_role_that_may_read_it(cloud: Cloud) -> None:
    stream = cloud.client("dynamodb").create_table(
        TableName="streaming",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    table = stream.partition("/stream/")[0]
    actions = [f"dynamodb:{each}" for each in ("GetRecords", "GetShardIterator", "DescribeStream")]
    blind = function_with_role(cloud, "blind", *actions, "dynamodb:ListStreams", resource=table)
    seeing = function_with_role(
        cloud, "seeing", *actions, "dynamodb:ListStreams", resource=f"{table}/stream/*"
    )

    with pytest.raises(ClientError, match="does not have permissions to call GetRecords on DYNAMODB"):
        mapping_on(cloud, stream, blind)
    assert mapping_on(cloud, stream, seeing)
