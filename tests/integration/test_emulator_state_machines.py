"""State machines, and functions that services call: what AWS asks and MiniStack by itself would not.

Each rule is taught in src/retailctl/emulator: state_machines.py, invocations.py, execution_roles.py and iam.py.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from support import bare_emulator
from support.e2e import eventually

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

pytestmark = pytest.mark.slow

REGION, ACCOUNT = "us-east-1", "000000000000"
HERE = f"{REGION}:{ACCOUNT}"
STATES = f"arn:aws:states:{HERE}"
ALIAS = f"arn:aws:lambda:{HERE}:function:work:live"
KEEP = """
import json, boto3

def handler(event, context):
    if event.get("fail"):
        raise ValueError("no")
    body = json.dumps(event)
    boto3.client("dynamodb").put_item(TableName="kept", Item={"id": {"S": body[:200]}, "body": {"S": body}})
"""
LOGS = [
    f"logs:{each}"
    for each in (
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
    )
]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(*actions: str, on: str, **conditions: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, "Condition": conditions}


def trust(service: str, **conditions: Any) -> str:
    entry = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return policy({**entry, "Condition": conditions})


def make_role(cloud: Cloud, name: str, trusted: str, *statements: dict[str, Any]) -> str:
    iam = cloud.client("iam")
    arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"])
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="use", PolicyDocument=policy(*statements))
    return arn


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Give a cloud with a function `work` behind `live`, which keeps in a table what it gets."""
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "machines") as cloud:
        functions = cloud.client("lambda")
        role = make_role(
            cloud, "work", trust("lambda.amazonaws.com"), allow("dynamodb:PutItem", "kms:Decrypt", on="*")
        )
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("keep.py", KEEP)
        functions.create_function(
            FunctionName="work",
            Runtime="python3.13",
            Handler="keep.handler",
            Role=role,
            Code={"ZipFile": zipped.getvalue()},
            Publish=True,
        )
        functions.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
        cloud.client("dynamodb").create_table(
            TableName="kept",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield cloud


def kept(cloud: Cloud, having: str) -> list[dict[str, Any]]:
    items = cloud.client("dynamodb").scan(TableName="kept")["Items"]
    return [json.loads(item["body"]["S"]) for item in items if having in item["body"]["S"]]


@contextmanager
def somebody_with(cloud: Cloud, *statements: dict[str, Any]) -> Iterator[Cloud]:
    """Give the cloud as somebody sees it who may do what ``statements`` allow."""
    iam, user = cloud.client("iam"), {"UserName": "somebody"}
    iam.create_user(**user)
    iam.put_user_policy(**user, PolicyName="all", PolicyDocument=policy(*statements))
    key = iam.create_access_key(**user)["AccessKey"]
    try:
        yield replace(cloud, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    finally:
        iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(**user, PolicyName="all")
        iam.delete_user(**user)


# The machine's role


def invoking(*, token: bool = False) -> str:
    """Return a definition with one state that invokes `work`, and waits for its token or does not."""
    payload: dict[str, Any] = {"name": "{% $states.input.name %}", "fail": "{% $states.input.fail %}"}
    task = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::lambda:invoke{'.waitForTaskToken' if token else ''}",
        "Arguments": {"FunctionName": ALIAS, "Payload": payload},
        "End": True,
    }
    if token:
        payload["token"] = "{% $states.context.Task.Token %}"
        task["TimeoutSeconds"] = 120
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "Work", "States": {"Work": task}})


def make_machine(cloud: Cloud, name: str, role: str, *, token: bool = False, **more: Any) -> str:
    created = cloud.client("stepfunctions").create_state_machine(
        name=name, roleArn=role, definition=invoking(token=token), **more
    )
    return str(created["stateMachineArn"])


def make_machine_role(cloud: Cloud, name: str, *statements: dict[str, Any]) -> str:
    trusted = trust("states.amazonaws.com", ArnLike={"aws:SourceArn": f"{STATES}:stateMachine:{name}"})
    return make_role(cloud, f"{name}.machine", trusted, *statements)


def end_of(cloud: Cloud, execution: str) -> dict[str, Any]:
    """Return how an execution ended, waiting for it."""

    def describe() -> dict[str, Any]:
        found = cloud.client("stepfunctions").describe_execution(executionArn=execution)
        return {name: found.get(name) for name in ("status", "error")}

    eventually(lambda: describe()["status"] == "RUNNING", wanted=False)
    return describe()


def start(cloud: Cloud, machine: str, name: str, **given: Any) -> str:
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn=machine, name=name, input=json.dumps({"name": name, "fail": False, **given})
    )
    return str(started["executionArn"])


def test_a_machine_takes_a_role_that_step_functions_may_assume_for_it(cloud: Cloud) -> None:
    other = make_role(cloud, "for-lambda", trust("lambda.amazonaws.com"))
    elsewhere = make_role(
        cloud,
        "for-another",
        trust("states.amazonaws.com", ArnLike={"aws:SourceArn": f"{STATES}:stateMachine:other"}),
    )

    for role in (other, elsewhere):
        with pytest.raises(ClientError, match=r"states\.amazonaws\.com, nor the regional one is authorized"):
            make_machine(cloud, "trusting", role)
    assert make_machine(cloud, "trusting", make_machine_role(cloud, "trusting"))


def test_a_machine_that_logs_takes_a_role_that_may_deliver_its_log(cloud: Cloud) -> None:
    cloud.client("logs").create_log_group(logGroupName="/aws/vendedlogs/states/logging")
    group = f"arn:aws:logs:{HERE}:log-group:/aws/vendedlogs/states/logging:*"
    logging = {
        "loggingConfiguration": {
            "level": "ERROR",
            "includeExecutionData": False,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        }
    }
    silent = make_machine_role(cloud, "logging", allow(*LOGS[:-1], on="*"))

    with pytest.raises(ClientError, match="not authorized to access the Log Destination"):
        make_machine(cloud, "logging", silent, **logging)
    cloud.client("iam").put_role_policy(
        RoleName="logging.machine", PolicyName="use", PolicyDocument=policy(allow(*LOGS, on="*"))
    )
    machine = make_machine(cloud, "logging", silent, **logging)
    cloud.client("iam").delete_role_policy(RoleName="logging.machine", PolicyName="use")
    with pytest.raises(ClientError, match="not authorized to access the Log Destination"):
        cloud.client("stepfunctions").update_state_machine(stateMachineArn=machine, definition=invoking())


@pytest.mark.parametrize("token", [False, True])
def test_a_machine_invokes_what_its_role_may_invoke(cloud: Cloud, token: bool) -> None:
    name = f"invoking-{token}"
    narrow = allow("lambda:InvokeFunction", on=ALIAS.removesuffix(":live"))
    machine = make_machine(cloud, name, make_machine_role(cloud, name, narrow), token=token)

    assert end_of(cloud, start(cloud, machine, f"{name}-refused")) == {
        "status": "FAILED",
        "error": "Lambda.AWSLambdaException",
    }
    wide = policy(allow("lambda:InvokeFunction", on=ALIAS))
    cloud.client("iam").put_role_policy(RoleName=f"{name}.machine", PolicyName="use", PolicyDocument=wide)
    start(cloud, machine, f"{name}-allowed")
    assert eventually(lambda: len(kept(cloud, f"{name}-allowed")), 1) == 1


def test_a_function_that_fails_before_it_keeps_its_token_fails_the_task(cloud: Cloud) -> None:
    role = make_machine_role(cloud, "failing", allow("lambda:InvokeFunction", on=ALIAS))
    machine = make_machine(cloud, "failing", role, token=True)

    assert end_of(cloud, start(cloud, machine, "failing-1", fail=True))["status"] == "FAILED"


# Who starts, answers and reads


def test_tokens_are_answered_by_who_may_do_so_for_their_machine(cloud: Cloud) -> None:
    role = make_machine_role(cloud, "waiting", allow("lambda:InvokeFunction", on=ALIAS))
    machine = make_machine(cloud, "waiting", role, token=True)
    execution = start(cloud, machine, "waiting-1")
    assert eventually(lambda: len(kept(cloud, "waiting-1")), 1) == 1
    answer = {"taskToken": kept(cloud, "waiting-1")[0]["token"], "output": "{}"}

    with (
        somebody_with(
            cloud, allow("states:SendTaskSuccess", on=machine.replace("waiting", "other"))
        ) as somebody,
        pytest.raises(ClientError, match="not authorized to perform: states:SendTaskSuccess"),
    ):
        somebody.client("stepfunctions").send_task_success(**answer)
    with somebody_with(cloud, allow("states:SendTaskSuccess", on=machine)) as somebody:
        states = somebody.client("stepfunctions")
        states.send_task_success(**answer)
        assert end_of(cloud, execution)["status"] == "SUCCEEDED"
        # Late, and of the same machine still.
        with pytest.raises(ClientError, match="TaskDoesNotExist"):
            states.send_task_success(**answer)


def test_executions_are_started_by_the_alias_of_who_may_use_that_one(cloud: Cloud) -> None:
    states = cloud.client("stepfunctions")
    role = make_machine_role(cloud, "aliased", allow("lambda:InvokeFunction", on=ALIAS))
    machine = make_machine(cloud, "aliased", role, publish=True)
    route = [{"stateMachineVersionArn": f"{machine}:1", "weight": 100}]
    live, other = (
        states.create_state_machine_alias(name=name, routingConfiguration=route)["stateMachineAliasArn"]
        for name in ("live", "other")
    )
    only_live = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}}

    with somebody_with(cloud, allow("states:StartExecution", on=machine, **only_live)) as somebody:
        for refused in (machine, other):
            with pytest.raises(ClientError, match="not authorized to perform: states:StartExecution"):
                start(somebody, refused, "aliased-1")
        assert start(somebody, live, "aliased-1")


def test_an_execution_has_a_name_that_aws_takes(cloud: Cloud) -> None:
    """A customer's id and an order's together may be too long; their hash is not."""
    role = make_machine_role(cloud, "named", allow("lambda:InvokeFunction", on=ALIAS))
    machine = make_machine(cloud, "named", role)
    customer, order = "c" * 128, "0199b8f0-0000-7000-8000-000000000000"

    with pytest.raises(ClientError, match="InvalidName"):
        start(cloud, machine, f"{customer}/{order}")
    assert start(cloud, machine, hashlib.sha256(f"{customer}-{order}".encode()).hexdigest())


def test_a_start_that_is_repeated_while_it_runs_is_the_same_execution(cloud: Cloud) -> None:
    role = make_machine_role(cloud, "repeated", allow("lambda:InvokeFunction", on=ALIAS))
    machine = make_machine(cloud, "repeated", role, token=True)
    first = start(cloud, machine, "repeated-1")

    assert start(cloud, machine, "repeated-1") == first
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(cloud, machine, "repeated-1", more="input")
    cloud.client("stepfunctions").stop_execution(executionArn=first)
    with pytest.raises(ClientError, match="ExecutionAlreadyExists"):
        start(cloud, machine, "repeated-1")


def make_encrypted_machine(cloud: Cloud, name: str) -> tuple[str, str]:
    """Return a machine and its key."""
    key = str(cloud.client("kms").create_key()["KeyMetadata"]["Arn"])
    role = make_machine_role(cloud, name, allow("lambda:InvokeFunction", on=ALIAS))
    encryption = {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyId": key,
        "kmsDataKeyReusePeriodSeconds": 900,
    }
    return make_machine(cloud, name, role, encryptionConfiguration=encryption), key


def test_an_execution_of_an_encrypted_machine_is_read_with_its_key_only(cloud: Cloud) -> None:
    machine, key = make_encrypted_machine(cloud, "secret")
    executions = f"{STATES}:execution:secret:*"
    through = {
        "kms:ViaService": f"states.{REGION}.amazonaws.com",
        "kms:EncryptionContext:aws:states:stateMachineArn": machine,
    }
    run = [
        allow("states:StartExecution", on=machine),
        allow("states:DescribeExecution", on=executions),
    ]

    with somebody_with(cloud, *run) as somebody:
        execution = start(somebody, machine, "secret-1")  # which needs nothing of the key
        with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
            somebody.client("stepfunctions").describe_execution(executionArn=execution)
    with somebody_with(cloud, *run, allow("kms:Decrypt", on=key, StringEquals=through)) as somebody:
        assert somebody.client("stepfunctions").describe_execution(executionArn=execution)["input"]


# Events


def test_a_rule_calls_a_function_that_lets_it_and_hides_what_is_encrypted(cloud: Cloud) -> None:
    events, functions = cloud.client("events"), cloud.client("lambda")
    machine, _ = make_encrypted_machine(cloud, "hidden")
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [machine], "status": ["FAILED"]}}
    rule = events.put_rule(Name="hidden.ended", EventPattern=json.dumps(pattern))["RuleArn"]
    events.put_targets(Rule="hidden.ended", Targets=[{"Id": "function", "Arn": ALIAS}])

    assert end_of(cloud, start(cloud, machine, "hidden-1", fail=True))["status"] == "FAILED"
    functions.add_permission(
        FunctionName="work",
        Qualifier="live",
        StatementId="ended-hidden",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    assert end_of(cloud, start(cloud, machine, "hidden-2", fail=True))["status"] == "FAILED"
    told = eventually(lambda: [each["detail"]["name"] for each in kept(cloud, "aws.states")], ["hidden-2"])

    assert told == ["hidden-2"]
    detail = kept(cloud, "aws.states")[0]["detail"]
    assert [detail[name] for name in ("input", "output", "error", "cause")] == [None] * 4
    assert detail["inputDetails"] == {"included": False}


def test_a_bucket_calls_a_function_that_lets_it(cloud: Cloud) -> None:
    s3, functions = cloud.client("s3"), cloud.client("lambda")
    for bucket in ("incoming", "others"):
        s3.create_bucket(Bucket=bucket)
    notify = {
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": ALIAS, "Events": ["s3:ObjectCreated:*"]}]
    }

    def permit(bucket: str, **more: str) -> None:
        functions.add_permission(
            FunctionName="work",
            StatementId=f"s3-{bucket}",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{bucket}",
            SourceAccount=ACCOUNT,
            **more,
        )

    permit("others", Qualifier="live")
    permit("incoming")  # the function, and not the alias
    with pytest.raises(ClientError, match="Unable to validate the following destination configurations"):
        s3.put_bucket_notification_configuration(Bucket="incoming", NotificationConfiguration=notify)
    functions.remove_permission(FunctionName="work", StatementId="s3-incoming")
    permit("incoming", Qualifier="live")
    s3.put_bucket_notification_configuration(Bucket="incoming", NotificationConfiguration=notify)
    s3.put_object(Bucket="incoming", Key="let-in", Body=b"1")
    assert eventually(lambda: len(kept(cloud, "let-in")), 1) == 1


# What failed


def test_failed_events_go_where_the_functions_role_may_write(cloud: Cloud) -> None:
    functions, iam = cloud.client("lambda"), cloud.client("iam")
    bucket = "arn:aws:s3:::failures"
    cloud.client("s3").create_bucket(Bucket="failures")
    find = allow("s3:ListBucket", on=bucket)
    own = {"StringEquals": {"s3:ResourceAccount": ACCOUNT}}
    write = allow("s3:PutObject", on=f"{bucket}/aws/lambda/async/work/*", **own)

    def configure(*statements: dict[str, Any]) -> None:
        given = policy(allow("dynamodb:PutItem", on="*"), *statements)
        iam.put_role_policy(RoleName="work", PolicyName="use", PolicyDocument=given)
        functions.put_function_event_invoke_config(
            FunctionName="work",
            Qualifier="live",
            DestinationConfig={"OnFailure": {"Destination": bucket}},
        )

    for half, lacking in ((write, "ListBucket"), (find, "PutObject")):
        with pytest.raises(ClientError, match=f"does not have permissions to call {lacking} on S3"):
            configure(half)
    configure(find, write)
