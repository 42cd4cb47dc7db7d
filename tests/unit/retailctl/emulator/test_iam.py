"""What the emulator is told that AWS asks about a call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retailctl.emulator import state_machines
from retailctl.emulator.iam import (
    KEY_TAGS_COUNT_AFTER_SECONDS,
    IamRequest,
    Permission,
    build_missing_conditions,
    correct_action,
    correct_resource_arn,
    filter_effective_tags,
    find_further_permissions,
    read_request_tags,
)

ACCOUNT, REGION = "111122223333", "us-east-1"
HERE = f"{REGION}:{ACCOUNT}"


def request(service: str, method: str = "POST", path: str = "/", **body: Any) -> IamRequest:
    return IamRequest(service, method, path, json.dumps(body).encode(), {})


def query(service: str, **parameters: str) -> IamRequest:
    return IamRequest(service, "POST", "/", b"", {name: [value] for name, value in parameters.items()})


def about(of: IamRequest, asked: str, found: str = "*") -> str:
    return correct_resource_arn(of, asked, found, REGION, ACCOUNT)


@pytest.mark.parametrize(
    ("method", "path", "found", "asked"),
    [
        (
            "GET",
            "/2015-03-31/event-source-mappings/1",
            "lambda:ListEventSourceMappings",
            "GetEventSourceMapping",
        ),
        ("PUT", "/2015-03-31/event-source-mappings/1", None, "UpdateEventSourceMapping"),
        ("DELETE", "/2015-03-31/event-source-mappings/1", None, "DeleteEventSourceMapping"),
        ("PUT", "/2015-03-31/functions/f/aliases/live", "lambda:ListAliases", "UpdateAlias"),
        ("PUT", "/2019-09-25/functions/f/event-invoke-config", None, "PutFunctionEventInvokeConfig"),
        ("GET", "/2019-09-25/functions/f/event-invoke-config", None, "GetFunctionEventInvokeConfig"),
        (
            "DELETE",
            "/2017-10-31/functions/f/concurrency",
            "lambda:PutFunctionConcurrency",
            "DeleteFunctionConcurrency",
        ),
    ],
)
def test_lambdas_actions_go_by_what_is_done(method: str, path: str, found: str | None, asked: str) -> None:
    assert correct_action(request("lambda", method, path), found) == f"lambda:{asked}"


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("POST", "/2015-03-31/event-source-mappings/", "lambda:CreateEventSourceMapping"),
        ("GET", "/2015-03-31/functions/aliases", "lambda:GetFunction"),
        ("POST", "/2015-03-31/functions", "lambda:CreateFunction"),
        ("POST", "/2015-03-31/functions/f/aliases", "lambda:CreateAlias"),
    ],
)
def test_what_the_emulator_finds_right_stays(method: str, path: str, found: str) -> None:
    assert correct_action(request("lambda", method, path), found) == found


@pytest.mark.parametrize(
    ("service", "found", "asked"),
    [
        ("cloudfront", "cloudfront:CreateDistributionWithTags", "cloudfront:CreateDistribution"),
        ("budgets", "budgets:CreateBudget", "budgets:ModifyBudget"),
        ("budgets", "budgets:DescribeBudget", "budgets:ViewBudget"),
        ("budgets", "budgets:TagResource", "budgets:TagResource"),
        ("budgets", "budgets:UntagResource", "budgets:UntagResource"),
        ("sns", "sns:CreateTopic", "sns:CreateTopic"),
        ("rds", None, None),
    ],
)
def test_other_actions_have_awss_names(service: str, found: str | None, asked: str | None) -> None:
    assert correct_action(request(service), found) == asked


@pytest.mark.parametrize(
    ("of", "asked", "arn"),
    [
        (request("lambda", FunctionName="f"), "lambda:CreateFunction", f"arn:aws:lambda:{HERE}:function:f"),
        (
            request("kms", AliasName="alias/a", TargetKeyId="1"),
            "kms:CreateAlias",
            f"arn:aws:kms:{HERE}:alias/a",
        ),
        (request("dynamodb", ResourceArn="arn:t"), "dynamodb:ListTagsOfResource", "arn:t"),
        (query("sns", ResourceArn="arn:t"), "sns:TagResource", "arn:t"),
        (request("cognito-idp", ResourceArn="arn:p"), "cognito-idp:UntagResource", "arn:p"),
        (
            query("monitoring", **{"AlarmNames.member.1": "a"}),
            "cloudwatch:DeleteAlarms",
            f"arn:aws:cloudwatch:{HERE}:alarm:a",
        ),
        (
            request("monitoring", AlarmNames=["a", "b"]),
            "cloudwatch:DeleteAlarms",
            f"arn:aws:cloudwatch:{HERE}:alarm:a",
        ),
        (
            query("monitoring", DashboardName="d"),
            "cloudwatch:PutDashboard",
            f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d",
        ),
        (
            query("monitoring", **{"DashboardNames.member.1": "d"}),
            "cloudwatch:DeleteDashboards",
            f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d",
        ),
        (
            request("budgets", Budget={"BudgetName": "b"}),
            "budgets:ModifyBudget",
            f"arn:aws:budgets::{ACCOUNT}:budget/b",
        ),
        (request("budgets", BudgetName="b"), "budgets:ViewBudget", f"arn:aws:budgets::{ACCOUNT}:budget/b"),
        (request("budgets", ResourceARN="arn:b"), "budgets:ListTagsForResource", "arn:b"),
        (request("budgets"), "budgets:ViewBudget", "*"),
        (query("iam", OpenIDConnectProviderArn="arn:p"), "iam:DeleteOpenIDConnectProvider", "arn:p"),
        (query("iam", PolicyName="p"), "iam:CreatePolicy", f"arn:aws:iam::{ACCOUNT}:policy/p"),
        (
            request("cloudfront", path="/2020-05-31/cache-policy"),
            "cloudfront:CreateCachePolicy",
            f"arn:aws:cloudfront::{ACCOUNT}:cache-policy/*",
        ),
        (
            request("cloudfront", "DELETE", "/2020-05-31/origin-access-control/E1"),
            "cloudfront:DeleteOriginAccessControl",
            f"arn:aws:cloudfront::{ACCOUNT}:origin-access-control/E1",
        ),
        (query("sns", TopicArn="t"), "sns:Unsubscribe", "*"),
        (query("monitoring"), "cloudwatch:DescribeAlarms", "*"),
        (request("cloudfront", path="/2020-05-31/invalidation"), "cloudfront:CreateInvalidation", "*"),
    ],
)
def test_a_call_is_about_the_resource_that_it_names(of: IamRequest, asked: str, arn: str) -> None:
    assert about(of, asked) == arn


def test_a_roles_policy_is_about_the_role() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/r"

    assert about(query("iam", RoleName="r", PolicyName="p"), "iam:PutRolePolicy", role) == role


def test_tags_of_a_distribution_are_asked_of_the_distribution() -> None:
    of = IamRequest("cloudfront", "POST", "/2020-05-31/tagging", b"<Tags/>", {"Resource": ["arn:d"]})

    assert about(of, "cloudfront:TagResource") == "arn:d"


XML = b"""<DistributionConfigWithTags xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
<Tags><Items><Tag><Key>Environment</Key><Value>dev</Value></Tag></Items></Tags></DistributionConfigWithTags>"""


@pytest.mark.parametrize(
    ("of", "asked"),
    [
        (request("apigateway", path="/v2/apis", tags={"Environment": "dev"}), "apigateway:POST"),
        (request("cognito-idp", UserPoolTags={"Environment": "dev"}), "cognito-idp:CreateUserPool"),
        (
            IamRequest("cloudfront", "POST", "/2020-05-31/distribution", XML, {}),
            "cloudfront:CreateDistribution",
        ),
    ],
)
def test_tags_that_are_set_are_seen(of: IamRequest, asked: str) -> None:
    assert read_request_tags(of, asked) == {"Environment": "dev"}


@pytest.mark.parametrize(
    ("of", "asked"),
    [
        (request("apigateway", path="/v2/apis", tags=["odd"]), "apigateway:POST"),
        (request("apigateway", "GET", "/v2/apis"), "apigateway:GET"),
        (request("sns", tags={"Environment": "dev"}), "sns:CreateTopic"),
    ],
)
def test_nothing_else_sets_tags(of: IamRequest, asked: str) -> None:
    assert read_request_tags(of, asked) == {}


def known(of: IamRequest, asked: str, arn: str = "*") -> dict[str, str | list[str]]:
    boundaries = {"bounded": "arn:boundary"}
    functions = {"1": "arn:function"}
    return build_missing_conditions(
        of, asked, arn, lambda role: boundaries.get(role, ""), lambda one: functions.get(one, "")
    )


def test_a_role_is_made_with_the_boundary_that_is_asked_for() -> None:
    of = query("iam", RoleName="r", PermissionsBoundary="arn:b")

    assert known(of, "iam:CreateRole") == {"iam:PermissionsBoundary": "arn:b"}
    assert known(query("iam", RoleName="r"), "iam:CreateRole") == {}


def test_a_roles_policy_is_put_under_the_boundary_that_the_role_has() -> None:
    assert known(query("iam", RoleName="bounded"), "iam:PutRolePolicy") == {
        "iam:PermissionsBoundary": "arn:boundary"
    }
    assert known(query("iam", RoleName="free"), "iam:PutRolePolicy") == {}
    assert known(query("iam", RoleName="bounded"), "iam:GetRole") == {}


def test_a_mapping_is_its_functions() -> None:
    made = request("lambda", FunctionName="arn:new")
    changed = request("lambda", "PUT", "/2015-03-31/event-source-mappings/1")
    arn = f"arn:aws:lambda:{HERE}:event-source-mapping:"

    assert known(made, "lambda:CreateEventSourceMapping") == {"lambda:FunctionArn": "arn:new"}
    assert known(changed, "lambda:UpdateEventSourceMapping", f"{arn}1") == {
        "lambda:FunctionArn": "arn:function"
    }
    assert known(changed, "lambda:UpdateEventSourceMapping", f"{arn}2") == {}


def test_tags_that_are_taken_away_are_a_condition() -> None:
    keys = b'<TagKeys xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Items><Key>A</Key></Items></TagKeys>'
    several = {"tagKeys": ["A", "B"]}

    for of, asked, removed in (
        (
            IamRequest("cloudfront", "POST", "/2020-05-31/tagging", keys, {}),
            "cloudfront:UntagResource",
            ["A"],
        ),
        (IamRequest("apigateway", "DELETE", "/v2/tags/a", b"", several), "apigateway:DELETE", ["A", "B"]),
        (IamRequest("lambda", "DELETE", "/tags/a", b"", {"tagKeys": "A"}), "lambda:UntagResource", ["A"]),
    ):
        assert known(of, asked)["aws:TagKeys"] == removed
    assert "aws:TagKeys" not in known(
        IamRequest("apigateway", "DELETE", "/v2/apis/a", b"", {}), "apigateway:DELETE"
    )


def test_tags_that_are_set_are_a_condition() -> None:
    of = request("cognito-idp", UserPoolTags={"Environment": "dev"})

    assert known(of, "cognito-idp:CreateUserPool") == {"aws:RequestTag/Environment": "dev"}


APIS = f"arn:aws:apigateway:{REGION}::/apis"


@pytest.mark.parametrize("made", [f"{APIS}/a/stages", f"arn:aws:apigateway:{REGION}::/vpclinks"])
def test_a_stage_or_link_with_tags_needs_an_action_more(made: str) -> None:
    of = request("apigateway", tags={"Environment": "dev"})

    assert find_further_permissions(of, "apigateway:POST", made) == [
        Permission("apigateway:TagResource", made, {"aws:RequestTag/Environment": "dev"})
    ]


@pytest.mark.parametrize(
    ("of", "asked", "made"),
    [
        (request("apigateway"), "apigateway:POST", f"{APIS}/a/stages"),
        (request("apigateway", tags={"Environment": "dev"}), "apigateway:POST", APIS),
        (request("apigateway", tags={"Environment": "dev"}), "apigateway:POST", f"{APIS}/a/routes"),
        (request("sns", tags={"Environment": "dev"}), "sns:CreateTopic", "*"),
    ],
)
def test_nothing_else_of_apis_needs_it(of: IamRequest, asked: str, made: str) -> None:
    assert find_further_permissions(of, asked, made) == []


def test_a_keys_tags_count_after_a_while() -> None:
    key = {"CreationDate": 1_000, "Tags": [{"TagKey": "Environment", "TagValue": "dev"}]}

    assert filter_effective_tags(key, 1_000) == {}
    assert filter_effective_tags(key, 999 + KEY_TAGS_COUNT_AFTER_SECONDS) == {}
    assert filter_effective_tags(key, 1_000 + KEY_TAGS_COUNT_AFTER_SECONDS) == {"Environment": "dev"}


def test_a_key_without_tags_has_none_that_count() -> None:
    assert filter_effective_tags({"CreationDate": 0}, 1_000_000) == {}
    assert filter_effective_tags({}, 1_000_000) == {}


KEY = f"arn:aws:kms:{HERE}:key/1"
TABLE = f"arn:aws:dynamodb:{HERE}:table/t"


@pytest.mark.parametrize("named", [KEY, "1"])
@pytest.mark.parametrize("asked", ["dynamodb:CreateTable", "dynamodb:UpdateTable"])
def test_a_tables_key_is_used_through_dynamodb(named: str, asked: str) -> None:
    of = request("dynamodb", SSESpecification={"Enabled": True, "KMSMasterKeyId": named})
    further = find_further_permissions(of, asked, TABLE)

    assert {each.action for each in further} >= {"kms:CreateGrant", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
    assert {each.arn for each in further} == {KEY}
    assert all(each.keys == {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"} for each in further)


@pytest.mark.parametrize(
    ("of", "asked"),
    [
        (request("dynamodb"), "dynamodb:CreateTable"),
        (request("dynamodb", SSESpecification={"Enabled": True}), "dynamodb:UpdateTable"),
        (request("dynamodb", SSESpecification={"KMSMasterKeyId": KEY}), "dynamodb:DescribeTable"),
    ],
)
def test_no_key_is_used_where_a_table_is_given_none(of: IamRequest, asked: str) -> None:
    assert find_further_permissions(of, asked, TABLE) == []


def test_a_call_on_a_streams_consumer_is_checked_on_the_consumer() -> None:
    consumer = f"arn:aws:kinesis:{HERE}:stream/clicks/consumer/orders:1700000000"
    asked = request("kinesis", ConsumerARN=consumer)

    assert correct_resource_arn(asked, "kinesis:SubscribeToShard", "*", REGION, ACCOUNT) == consumer


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"Name": "shop-nightly"}, "rule/shop-nightly"),
        ({"Rule": "shop-nightly"}, "rule/shop-nightly"),
        ({"Rule": "shop-nightly", "EventBusName": "default"}, "rule/shop-nightly"),
        ({"Rule": "shop-nightly", "EventBusName": "orders"}, "rule/orders/shop-nightly"),
        ({"ResourceARN": f"arn:aws:events:{HERE}:rule/shop-nightly"}, "rule/shop-nightly"),
    ],
)
def test_a_rule_on_the_default_bus_is_named_without_the_bus(body: dict[str, str], rule: str) -> None:
    guess = f"arn:aws:events:{HERE}:rule/default/shop-nightly"
    assert about(request("events", **body), "events:PutTargets", guess) == f"arn:aws:events:{HERE}:{rule}"


def test_an_event_is_put_on_the_bus_that_the_emulator_finds() -> None:
    bus = f"arn:aws:events:{HERE}:event-bus/orders"
    asked = request("events", Entries=[{"EventBusName": "orders"}])
    assert about(asked, "events:PutEvents", bus) == bus


# Step Functions

MACHINE = f"arn:aws:states:{HERE}:stateMachine:photos"
EXECUTION = f"arn:aws:states:{HERE}:execution:photos:p1"


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("StartExecution", {"stateMachineArn": f"{MACHINE}:live", "name": "p1"}),
        ("UpdateStateMachineAlias", {"stateMachineAliasArn": f"{MACHINE}:live"}),
        ("DeleteStateMachineVersion", {"stateMachineVersionArn": f"{MACHINE}:7"}),
        (
            "CreateStateMachineAlias",
            {"name": "live", "routingConfiguration": [{"stateMachineVersionArn": f"{MACHINE}:7"}]},
        ),
        ("TagResource", {"resourceArn": MACHINE}),
    ],
)
def test_a_call_to_a_machine_is_about_the_machine_whatever_qualifies_it(
    action: str, body: dict[str, Any]
) -> None:
    asked = request("states", **body)

    assert about(asked, f"states:{action}") == MACHINE


def test_an_execution_is_itself_and_a_definition_is_any_machine() -> None:
    described = request("states", executionArn=EXECUTION)
    validated = request("states", definition="{}")

    assert about(described, "states:DescribeExecution", EXECUTION) == EXECUTION
    assert (
        about(validated, "states:ValidateStateMachineDefinition") == f"arn:aws:states:{HERE}:stateMachine:*"
    )


def test_an_answer_is_about_the_machine_of_its_token() -> None:
    state_machines.remember_token("token", MACHINE)

    assert about(request("states", taskToken="token"), "states:SendTaskSuccess") == MACHINE
    assert about(request("states", taskToken="none"), "states:SendTaskFailure") == "*"


def test_a_machines_qualifier_is_a_condition_key() -> None:
    def conditions(arn: str) -> dict[str, str | list[str]]:
        asked = request("states", stateMachineArn=arn)
        return build_missing_conditions(asked, "states:StartExecution", MACHINE, str, str)

    assert conditions(f"{MACHINE}:live") == {"states:StateMachineQualifier": "live"}
    assert conditions(MACHINE) == {}


def test_who_makes_or_reads_an_encrypted_machine_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"arn:aws:kms:{HERE}:key/1"
    encryption = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": key}
    monkeypatch.setattr(state_machines, "find_key_of_arn", {EXECUTION: key}.get)
    keys = {
        "kms:ViaService": f"states.{REGION}.amazonaws.com",
        "kms:EncryptionContext:aws:states:stateMachineArn": MACHINE,
    }
    made = request("states", name="photos", encryptionConfiguration=encryption)
    read = request("states", executionArn=EXECUTION)

    assert find_further_permissions(made, "states:CreateStateMachine", MACHINE) == [
        Permission("kms:DescribeKey", key, keys),
        Permission("kms:GenerateDataKey", key, keys),
    ]
    assert find_further_permissions(read, "states:DescribeExecution", EXECUTION) == [
        Permission("kms:Decrypt", key, keys)
    ]
    assert find_further_permissions(read, "states:StopExecution", EXECUTION) == []
