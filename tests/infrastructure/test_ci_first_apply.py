"""CI's first apply of a fresh environment and a later one, against what AWS asks and a policy by the book lacks.

Each rule is taught to the emulator (src/retailctl/emulator/iam.py). The statements as they once were stand here,
and are refused; those of terraform/bootstrap/ci_policies.tf do the same calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from support import bare_emulator
from support.names import PROJECT
from support.planned_app import ACCOUNT

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud
    from support.planned_app import Resource

pytestmark = pytest.mark.slow

REGION = "us-east-1"
TAGS = {"Project": PROJECT, "Environment": "dev"}
OURS = {f"aws:ResourceTag/{key}": TAGS[key] for key in TAGS}
BECOMES_OURS = {f"aws:RequestTag/{key}": TAGS[key] for key in TAGS}
LACKING = re.compile(r"is not authorized to perform: (\S+)")

Statement = Mapping[str, Any]


def allow(*actions: str, on: str | list[str], conditions: Mapping[str, Any] | None = None) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": on, "Condition": conditions or {}}


APIS = f"arn:aws:apigateway:{REGION}::"
OLD_APIS = (
    allow("apigateway:GET", on=f"{APIS}/apis/*"),
    allow("apigateway:POST", on=f"{APIS}/apis", conditions={"StringEquals": BECOMES_OURS}),
    allow(
        *(f"apigateway:{verb}" for verb in ("DELETE", "PATCH", "POST", "PUT")),
        on=f"{APIS}/apis/*",
        conditions={"StringEquals": OURS},
    ),
    allow(
        "apigateway:POST", "apigateway:PUT", on=f"{APIS}/tags/*", conditions={"StringEquals": BECOMES_OURS}
    ),
)
"""What CI could do with APIs when it took their parts to count as tagged like them."""
OLD_STAGES = (
    *OLD_APIS,
    allow("apigateway:POST", on=f"{APIS}/apis/*/*", conditions={"StringEqualsIfExists": OURS}),
)
"""That, with the parts' tags mended, before it could tag a stage."""

KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"
OLD_KEYS = (
    allow("kms:CreateKey", on="*", conditions={"StringEquals": BECOMES_OURS}),
    allow("kms:DescribeKey", on=KEYS),
    allow(
        "kms:CreateAlias",
        "kms:EnableKeyRotation",
        "kms:ScheduleKeyDeletion",
        on=KEYS,
        conditions={"StringEquals": OURS},
    ),
)
"""What CI could do with keys when it took their tags to count at once."""

OLD_TAGS = (
    allow(
        "apigateway:POST", "apigateway:PUT", on=f"{APIS}/tags/*", conditions={"StringEquals": BECOMES_OURS}
    ),
    allow(
        "cloudfront:TagResource",
        "cognito-idp:TagResource",
        "lambda:TagResource",
        on="*",
        conditions={"StringEquals": BECOMES_OURS, "StringEqualsIfExists": OURS},
    ),
)
"""What CI could do with tags when only those of something new were thought of."""

TABLES = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{PROJECT}-dev-*"
VIA_DYNAMODB = {
    "StringEqualsIfExists": OURS,
    "StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"},
}
OLD_TABLES = (
    allow("dynamodb:CreateTable", on=TABLES),
    allow(
        *(
            f"kms:{action}"
            for action in ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey")
        ),
        on=KEYS,
        conditions=VIA_DYNAMODB,
    ),
)
"""What CI could do with the key of a table, but for how the key's tags are asked for."""
TABLE = {
    "TableName": f"{PROJECT}-dev-probe",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


@dataclass(frozen=True)
class There:
    """A local cloud, and what the role that applies dev may do."""

    cloud: Cloud
    apply: tuple[Statement, ...]

    @contextmanager
    def somebody_with(self, *statements: Statement) -> Iterator[Cloud]:
        """Give the cloud as somebody sees it who may do what ``statements`` allow."""
        iam, user = self.cloud.client("iam"), {"UserName": "somebody"}
        policy = {"Version": "2012-10-17", "Statement": statements}
        iam.create_user(**user)
        iam.put_user_policy(**user, PolicyName="all", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(**user)["AccessKey"]
        try:
            yield replace(
                self.cloud, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"]
            )
        finally:
            iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
            iam.delete_user_policy(**user, PolicyName="all")
            iam.delete_user(**user)

    def refusal(
        self, statements: tuple[Statement, ...], service: str, operation: str, **parameters: Any
    ) -> str:
        """Return the action that somebody with ``statements`` lacks for a call, or nothing where they may do it."""
        with self.somebody_with(*statements) as cloud:
            try:
                getattr(cloud.client(service), operation)(**parameters)
            except ClientError as error:
                if not (lacking := LACKING.search(str(error))):
                    raise
                return lacking[1]
            return ""


@pytest.fixture(scope="module")
def there(bootstrap: tuple[Resource, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    apply = tuple(
        statement
        for each in bootstrap
        if each.type == "aws_iam_policy" and each.values["name"].startswith(f"{PROJECT}-dev-apply-")
        for statement in json.loads(each.values["policy"])["Statement"]
    )
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "first-apply", ACCOUNT) as cloud:
        yield There(cloud, apply)


@pytest.fixture
def api(there: There) -> str:
    """Return the id of an API that has the environment's tags."""
    made = there.cloud.client("apigatewayv2").create_api(Name="api", ProtocolType="HTTP", Tags=TAGS)
    return str(made["ApiId"])


def test_a_stage_with_tags_takes_an_action_of_its_own(there: There, api: str) -> None:
    stage = {"ApiId": api, "StageName": "$default", "Tags": TAGS}

    assert there.refusal(OLD_STAGES, "apigatewayv2", "create_stage", **stage) == "apigateway:TagResource"
    assert there.refusal(there.apply, "apigatewayv2", "create_stage", **stage) == ""


def test_a_stage_without_tags_takes_none(there: There, api: str) -> None:
    assert there.refusal(OLD_STAGES, "apigatewayv2", "create_stage", ApiId=api, StageName="$default") == ""


def test_a_stage_is_given_no_other_environments_tags(there: There, api: str) -> None:
    stage = {"ApiId": api, "StageName": "$default", "Tags": {**TAGS, "Environment": "prod"}}

    assert there.refusal(there.apply, "apigatewayv2", "create_stage", **stage) == "apigateway:TagResource"


PARTS = {
    "create_route": {"RouteKey": "GET /"},
    "create_integration": {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET"},
    "create_authorizer": {"Name": "jwt", "AuthorizerType": "JWT", "IdentitySource": ["$request.header.a"]},
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_an_api_does_not_count_as_tagged_like_the_api(there: There, api: str, part: str) -> None:
    made = {"ApiId": api, **PARTS[part]}

    assert there.refusal(OLD_APIS, "apigatewayv2", part, **made) == "apigateway:POST"
    assert there.refusal(there.apply, "apigatewayv2", part, **made) == ""


def decision(
    statements: tuple[Statement, ...], action: str, arn: str, tags: Mapping[str, str], **keys: Any
) -> str:
    """Return what IAM makes of ``action`` on ``arn`` where the tags that count are ``tags``."""
    known = {"aws:TagKeys": None, **{f"aws:ResourceTag/{key}": tags[key] for key in tags}, **keys}
    return evaluate(
        EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:role/{PROJECT}-dev-apply",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=arn,
            region=REGION,
            service_context={key.lower(): value for key, value in known.items()},
        ),
        [parse_policy_document({"Version": "2012-10-17", "Statement": list(statements)})],
    ).decision


@pytest.mark.parametrize("verb", ["DELETE", "PATCH", "POST", "PUT"])
def test_if_parts_count_as_tagged_like_the_api_ours_only_are_changed(there: There, verb: str) -> None:
    """The other reading of AWS's documentation, which the same statements have to be right under."""
    route = f"{APIS}/apis/a/routes/r"

    assert decision(there.apply, f"apigateway:{verb}", route, TAGS) == "Allow"
    assert decision(there.apply, f"apigateway:{verb}", route, {**TAGS, "Environment": "prod"}) != "Allow"
    assert decision(there.apply, f"apigateway:{verb}", route, {**TAGS, "Project": "other"}) != "Allow"


def test_a_domain_of_the_api_is_the_environments_by_its_tags(there: There) -> None:
    domain, other = f"{APIS}/domainnames/api.example.com", {**TAGS, "Environment": "prod"}
    ours, theirs = ({f"aws:RequestTag/{key}": value for key, value in tags.items()} for tags in (TAGS, other))

    assert decision(there.apply, "apigateway:POST", f"{APIS}/domainnames", {}, **ours) == "Allow"
    assert decision(there.apply, "apigateway:POST", f"{APIS}/domainnames", {}, **theirs) != "Allow"
    for on in (domain, f"{domain}/apimappings/m"):
        assert decision(there.apply, "apigateway:DELETE", on, TAGS) == "Allow"
        assert decision(there.apply, "apigateway:DELETE", on, other) != "Allow"
    assert decision(there.apply, "apigateway:POST", f"{domain}/apimappings", {}) == "Allow"


def test_a_firewall_is_read_as_cloudfront_asks_and_never_changed(there: There) -> None:
    firewall = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/shop/1"

    assert decision(there.apply, "wafv2:GetWebACL", firewall, {}) == "Allow"
    assert decision(there.apply, "wafv2:UpdateWebACL", firewall, {}) != "Allow"


@pytest.mark.parametrize("tags", [{}, {**TAGS, "Environment": "prod"}, {**TAGS, "Project": "other"}], ids=str)
def test_an_api_without_the_environments_tags_is_not_changed(there: There, tags: Mapping[str, str]) -> None:
    theirs = there.cloud.client("apigatewayv2").create_api(Name="api", ProtocolType="HTTP", Tags=tags)[
        "ApiId"
    ]

    for operation in ("delete_api", "update_api"):
        lacking = there.refusal(there.apply, "apigatewayv2", operation, ApiId=theirs)
        assert lacking in {"apigateway:DELETE", "apigateway:PATCH"}


def make_key(there: There, tags: Mapping[str, str] = TAGS) -> str:
    listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    return str(there.cloud.client("kms").create_key(Tags=listed)["KeyMetadata"]["KeyId"])


def test_a_new_key_is_not_known_by_its_tags(there: There) -> None:
    key = {"KeyId": make_key(there)}

    assert there.refusal(OLD_KEYS, "kms", "enable_key_rotation", **key) == "kms:EnableKeyRotation"
    assert there.refusal(there.apply, "kms", "enable_key_rotation", **key) == ""


def test_who_makes_a_table_may_do_all_that_dynamodb_asks_with_its_key(there: There) -> None:
    table = {
        **TABLE,
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": make_key(there)},
    }

    assert (
        there.refusal(OLD_TABLES, "dynamodb", "create_table", **table)
        == "kms:GenerateDataKeyWithoutPlaintext"
    )
    assert there.refusal(there.apply, "dynamodb", "create_table", **table) == ""


def test_a_table_without_a_key_of_its_own_asks_for_none(there: There) -> None:
    table = {**TABLE, "TableName": f"{TABLE['TableName']}-plain"}

    assert there.refusal(OLD_TABLES, "dynamodb", "create_table", **table) == ""


# State machines, and what calls functions by itself

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{PROJECT}-dev-photos"
OLD_MACHINES = (
    allow("states:CreateStateMachine", "states:DescribeStateMachine", on=MACHINE),
    allow("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", on=KEYS, conditions=VIA_DYNAMODB),
)
"""What a role could do with an encrypted machine whose key it uses through other services only."""
MACHINE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}
    ],
}


def test_who_makes_an_encrypted_machine_uses_its_key_through_step_functions(there: There) -> None:
    role = there.cloud.client("iam").create_role(
        RoleName=f"{PROJECT}-dev-photos.machine", AssumeRolePolicyDocument=json.dumps(MACHINE_TRUST)
    )["Role"]["Arn"]
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{make_key(there)}"
    encryption = {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kmsKeyId": key,
        "kmsDataKeyReusePeriodSeconds": 900,
    }
    machine = {
        "name": f"{PROJECT}-dev-photos",
        "roleArn": role,
        "definition": json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        "encryptionConfiguration": encryption,
        "publish": True,
    }
    found = {"stateMachineArn": MACHINE}

    assert (
        there.refusal(OLD_MACHINES, "stepfunctions", "create_state_machine", **machine) == "kms:DescribeKey"
    )
    assert there.refusal(there.apply, "stepfunctions", "create_state_machine", **machine) == ""
    assert there.refusal(OLD_MACHINES, "stepfunctions", "describe_state_machine", **found) == "kms:Decrypt"
    assert there.refusal(there.apply, "stepfunctions", "describe_state_machine", **found) == ""
    assert (
        there.refusal(
            there.apply,
            "stepfunctions",
            "create_state_machine_alias",
            name="live",
            routingConfiguration=[{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 100}],
        )
        == ""
    )
    check = {"definition": machine["definition"]}
    assert there.refusal(there.apply, "stepfunctions", "validate_state_machine_definition", **check) == ""


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("states:CreateStateMachine", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:others"),
        ("states:StartExecution", MACHINE),
        ("states:SendTaskSuccess", MACHINE),
        ("events:PutRule", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/others"),
        ("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"),
        ("s3:PutBucketCORS", "arn:aws:s3:::others"),
    ],
)
def test_who_applies_changes_nothing_of_others_and_runs_no_machine(
    there: There, action: str, arn: str
) -> None:
    assert decision(there.apply, action, arn, {}) != "Allow"


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("events:PutTargets", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{PROJECT}-dev-photos.ended"),
        (
            "lambda:PutFunctionEventInvokeConfig",
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PROJECT}-dev-x",
        ),
        ("s3:PutBucketCORS", f"arn:aws:s3:::{PROJECT}-dev-pictures"),
        ("s3:PutBucketNotification", f"arn:aws:s3:::{PROJECT}-dev-pictures"),
        (
            "logs:CreateLogGroup",
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vendedlogs/states/{PROJECT}-dev-photos",
        ),
    ],
)
def test_who_applies_makes_what_the_studio_is_made_of(there: There, action: str, arn: str) -> None:
    assert decision(there.apply, action, arn, {}) == "Allow"


# A default tag that is added, renamed or taken away: the provider sends the one that changes, and no other


@dataclass(frozen=True)
class Tagged:
    """Something with tags, and how its service changes them."""

    service: str
    give: str
    take: str
    of: Mapping[str, str]
    lacking: str

    def given(self, **tags: str) -> dict[str, Any]:
        """Return the parameters that give it ``tags``."""
        listed = {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]}
        return {**self.of, "Tags": listed if self.service == "cloudfront" else tags}

    def taken(self, key: str) -> dict[str, Any]:
        """Return the parameters that take the tag ``key`` away."""
        return {**self.of, "TagKeys": {"Items": [key]} if self.service == "cloudfront" else [key]}


def make_tagged(there: There, kind: str, tags: Mapping[str, str]) -> Tagged:
    """Make something of ``kind``, with ``tags``."""
    cloud = there.cloud
    if kind == "api":
        api = cloud.client("apigatewayv2").create_api(Name="api", ProtocolType="HTTP", Tags=tags)["ApiId"]
        of = {"ResourceArn": f"{APIS}/apis/{api}"}
        return Tagged("apigatewayv2", "tag_resource", "untag_resource", of, "apigateway")
    if kind == "pool":
        pool = cloud.client("cognito-idp").create_user_pool(PoolName="pool", UserPoolTags=tags)["UserPool"]
        of = {"ResourceArn": pool["Arn"]}
        return Tagged("cognito-idp", "tag_resource", "untag_resource", of, "cognito-idp")
    if kind == "distribution":
        arn = cloud.client("cloudfront").create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": DISTRIBUTION | {"CallerReference": str(sorted(tags.items()))},
                "Tags": {"Items": [{"Key": key, "Value": value} for key, value in tags.items()]},
            }
        )["Distribution"]["ARN"]
        return Tagged("cloudfront", "tag_resource", "untag_resource", {"Resource": arn}, "cloudfront")
    raise NotImplementedError(kind)


DISTRIBUTION: dict[str, Any] = {
    "Comment": "probe",
    "Enabled": False,
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "files",
                "DomainName": "files.s3.us-east-1.amazonaws.com",
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "files",
        "ViewerProtocolPolicy": "https-only",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
}
KINDS = ("api", "distribution", "pool")


@pytest.mark.parametrize("kind", KINDS)
def test_a_tag_more_is_given_by_itself(there: There, kind: str) -> None:
    one = make_tagged(there, kind, TAGS)
    give = one.given(Stack=f"{PROJECT}-dev")

    assert there.refusal(OLD_TAGS, one.service, one.give, **give).startswith(one.lacking)
    assert there.refusal(there.apply, one.service, one.give, **give) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_tag_is_taken_away(there: There, kind: str) -> None:
    one = make_tagged(there, kind, {**TAGS, "Renamed": "x"})

    assert there.refusal(OLD_TAGS, one.service, one.take, **one.taken("Renamed")).startswith(one.lacking)
    assert there.refusal(there.apply, one.service, one.take, **one.taken("Renamed")) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_environment_is_known_by_stays(there: There, kind: str) -> None:
    one = make_tagged(there, kind, {**TAGS, "Kept": "x"})

    for key in TAGS:
        assert there.refusal(there.apply, one.service, one.take, **one.taken(key)).startswith(one.lacking)
    prod = one.given(Environment="prod")
    assert there.refusal(there.apply, one.service, one.give, **prod).startswith(one.lacking)


@pytest.mark.parametrize("kind", ["distribution", "pool"])
def test_tags_of_another_environment_are_left_alone(there: There, kind: str) -> None:
    one = make_tagged(there, kind, {**TAGS, "Environment": "staging"})

    for operation, parameters in ((one.give, one.given(Stack="x")), (one.take, one.taken("Kept"))):
        assert there.refusal(there.apply, one.service, operation, **parameters).startswith(one.lacking)


@pytest.mark.parametrize("service", ["kms", "lambda"])
def test_tags_of_keys_and_mappings_change_too(there: There, service: str) -> None:
    """By the policies alone: a key's tags count after a minute only, and a mapping takes a function."""
    arn = {
        "kms": KEYS.replace("*", "1"),
        "lambda": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:1",
    }[service]
    other = {**TAGS, "Environment": "staging"}

    def decide(verb: str, tags: Mapping[str, str], **keys: Any) -> str:
        return decision(there.apply, f"{service}:{verb}Resource", arn, tags, **keys)

    assert decide("Tag", TAGS, **{"aws:RequestTag/Stack": "x"}) == "Allow"
    assert decide("Tag", TAGS, **{"aws:RequestTag/Environment": "prod"}) != "Allow"
    assert decide("Tag", other, **{"aws:RequestTag/Stack": "x"}) != "Allow"
    assert decide("Untag", TAGS, **{"aws:TagKeys": ["Renamed"]}) == "Allow"
    assert decide("Untag", TAGS, **{"aws:TagKeys": ["Renamed", "Project"]}) != "Allow"
    assert decide("Untag", TAGS) != "Allow"
    assert decide("Untag", other, **{"aws:TagKeys": ["Renamed"]}) != "Allow"
