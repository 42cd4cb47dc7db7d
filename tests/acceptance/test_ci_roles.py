"""The roles of CI, in a local cloud that enforces IAM: who takes them on, what they may do, and what they may not.

One local cloud serves all tests of this file, in their order: dev is planned from nothing by the role that plans,
applied and destroyed by the one that applies. What the emulator does not hold a caller to (who signed a token, use
of a key through a service, iam:PassRole) is shown of the policies' text: tests/infrastructure/test_ci_policies.py.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from retailctl import interrupts, project
from retailctl.artifacts import package
from retailctl.delivery import destroy
from retailctl.emulator import iam, ministack
from retailctl.emulator.cloud import Cloud
from retailctl.environments import ci_roles as ci
from retailctl.environments import state as environments_state
from retailctl.environments.target import Target
from retailctl.local_cloud import up_down
from retailctl.project import Project
from retailctl.terraform import workspace as terraform
from support import ci_roles, e2e, role_probe
from support.e2e import ENVIRONMENTS, Inventory, eventually
from support.names import PROJECT

pytestmark = pytest.mark.slow

REFUSED = role_probe.REFUSED
DOCUMENT = {"Version": "2012-10-17"}
EVERYTHING = json.dumps({**DOCUMENT, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST = json.dumps(
    {
        **DOCUMENT,
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        ],
    }
)


@dataclass(frozen=True)
class There:
    """A local cloud with CI's roles in it."""

    here: Project
    cloud: Cloud
    bootstrap: Future[None]
    """The bootstrap: the roles are there in seconds, and its provider waits a minute to see the bucket's rules."""

    def target(self, environment: str, cloud: Cloud | None = None) -> Target:
        return Target(self.here, environment, cloud or self.cloud)

    def policy(self, name: str) -> str:
        return f"arn:aws:iam::{self.cloud.account_id}:policy/{PROJECT}-{name}"


@pytest.fixture(scope="module")
def there() -> Iterator[There]:
    here, name = project.find_project(), "e2e-ci-roles"
    try:
        with interrupts.handle_signals(), ThreadPoolExecutor(1) as aside:
            package.build_artifacts(here)
            cloud = ministack.start_emulator(here.cloud_folder(name))
            dev = Target(here, "dev", cloud)
            made = aside.submit(environments_state.apply_bootstrap, dev, ci_roles.REPOSITORY)
            eventually(lambda: made.done() or ci_roles.all_are_there(cloud), wanted=True, seconds=90)
            if made.done():
                made.result()
            yield There(here, cloud, made)
            made.result()
    finally:
        up_down.stop_local_cloud(name)


def refusal(client: Any, operation: str, parameters: Mapping[str, Any]) -> str:
    """Return the code by which a call is refused, or an empty string where it is not."""
    try:
        getattr(client, operation)(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


# Who takes them on


@pytest.mark.parametrize(
    ("what", "subject"),
    [
        ("plan", "pull_request"),
        ("plan", "ref:refs/heads/main"),
        ("apply", "environment:dev"),
    ],
)
def test_a_job_of_the_repository_takes_on_the_role_that_is_meant_for_it(
    there: There, what: str, subject: str
) -> None:
    token = ci_roles.token(f"repo:{ci_roles.REPOSITORY}:{subject}")
    job = ci_roles.taken_on(there.cloud, ci_roles.role_arn(there.cloud, "dev", what), token)

    who = job.client("sts").get_caller_identity()["Arn"]

    assert who.endswith(f":assumed-role/{PROJECT}-dev-{what}/job")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("apply", {"subject": f"repo:{ci_roles.REPOSITORY}:pull_request"}),
        ("apply", {"subject": f"repo:{ci_roles.REPOSITORY}:ref:refs/heads/main"}),
        ("apply", {"subject": f"repo:{ci_roles.REPOSITORY}:environment:prod"}),
        ("apply", {"subject": f"repo:{ci_roles.REPOSITORY}:environment:dev2"}),
        ("apply", {"subject": "repo:octo/shop:environment:dev"}),
        ("apply", {"subject": "repo:octo@1234/shop@9999:environment:dev"}),
        ("apply", {"subject": "repo:octo/other:environment:dev"}),
        ("apply", {"subject": "repo:mallory/shop:environment:dev"}),
        ("apply", {"subject": f"repo:{ci_roles.REPOSITORY}:environment:dev", "audience": "another"}),
        (
            "apply",
            {
                "subject": f"repo:{ci_roles.REPOSITORY}:environment:dev",
                "issuer": "https://tokens.example.com",
            },
        ),
        ("plan", {"subject": f"repo:{ci_roles.REPOSITORY}:ref:refs/heads/feature"}),
        ("plan", {"subject": f"repo:{ci_roles.REPOSITORY}:environment:dev"}),
        ("plan", {"subject": "repo:octo/other:pull_request"}),
        ("plan", {"subject": f"repo:{ci_roles.REPOSITORY}:pull_request", "audience": "another"}),
    ],
    ids=str,
)
def test_another_job_another_repository_and_another_audience_are_refused(
    there: There, what: str, said: dict[str, str]
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        ci_roles.taken_on(there.cloud, ci_roles.role_arn(there.cloud, "dev", what), ci_roles.token(**said))


def test_somebody_with_keys_and_every_right_does_not_take_them_on(there: There) -> None:
    iam, user = there.cloud.client("iam"), {"UserName": "admin"}
    iam.create_user(**user)
    iam.put_user_policy(**user, PolicyName="everything", PolicyDocument=EVERYTHING)
    key = iam.create_access_key(**user)["AccessKey"]
    someone = replace(there.cloud, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
    role = ci_roles.role_arn(there.cloud, "dev", "apply")
    try:
        with pytest.raises(ClientError, match="AccessDenied"):
            someone.client("sts").assume_role(RoleArn=role, RoleSessionName="admin")
    finally:
        iam.delete_access_key(**user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(**user, PolicyName="everything")
        iam.delete_user(**user)


# From nothing to dev


@dataclass(frozen=True)
class Begun:
    """What came of planning every environment from nothing, and of applying dev."""

    plans: Mapping[str, dict[str, Any]]
    dev: Target


THEIRS = {"Project": "other-project", "Environment": "dev"}
STAGING = {"Project": PROJECT, "Environment": "staging"}


@pytest.fixture(scope="module")
def foreign_keys(there: There) -> list[str]:
    """Make keys of another project and environment, as early as can be: a new key's tags do not count yet."""
    kms = there.cloud.client("kms")
    tags = [[{"TagKey": key, "TagValue": each[key]} for key in each] for each in (THEIRS, STAGING)]
    return [kms.create_key(Tags=each)["KeyMetadata"]["KeyId"] for each in tags]


@pytest.fixture(scope="module")
def begun(there: There, foreign_keys: list[str]) -> Begun:
    """Plan every environment from nothing by its own role, and apply dev by the role that applies, side by side."""

    def planned(environment: str) -> dict[str, Any]:
        job = ci_roles.planning(there.cloud, environment)
        return e2e.plan(environments_state.initialise_workspace(there.target(environment, job)))

    def applied() -> tuple[dict[str, Any], Target]:
        """Plan dev, apply it and put up its page."""
        plan = planned("dev")
        target = there.target("dev", ci_roles.applying(there.cloud, "dev"))
        workspace = environments_state.initialise_workspace(target)
        terraform.run_with_progress(workspace, "Applying dev", "apply", "-auto-approve", *workspace.arguments)
        e2e.put_up_page(target, terraform.read_root_outputs(workspace))
        return plan, target

    others = [each for each in ENVIRONMENTS if each != "dev"]
    with ThreadPoolExecutor(2) as pool:  # the apply mostly waits
        dev = pool.submit(applied)
        plans = {environment: pool.submit(planned, environment) for environment in others}
        plan, target = dev.result()
        return Begun({"dev": plan, **{name: each.result() for name, each in plans.items()}}, target)


@pytest.fixture(scope="module")
def applied(begun: Begun) -> Target:
    return begun.dev


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_role_that_plans_plans_its_environment(begun: Begun, environment: str) -> None:
    actions = Counter(
        action
        for each in begun.plans[environment]["resource_changes"]
        for action in each["change"]["actions"]
        if each["mode"] == "managed"
    )

    assert set(actions) == {"create"}
    assert actions["create"] > 60


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_is_made_with_the_tags_that_roles_and_budget_go_by(begun: Begun, environment: str) -> None:
    expected = {
        "Environment": environment,
        "ManagedBy": "terraform",
        "Project": PROJECT,
        "Stack": f"{PROJECT}-{environment}",
    }
    made = [each["change"]["after"] or {} for each in begun.plans[environment]["resource_changes"]]
    tags = [each["tags_all"] for each in made if "tags_all" in each]

    assert len(tags) > 40
    assert [each for each in tags if each != expected] == []


def test_the_role_that_applies_applies_the_whole_environment(there: There, applied: Target) -> None:
    found = terraform.read_root_outputs(environments_state.initialise_workspace(applied))
    kept = there.cloud.client("s3").list_objects_v2(Bucket=found["site_bucket"])["Contents"]

    assert set(found["functions"]) >= {"event_writer", "winner_api", "winner_view"}
    assert "index.html" in {each["Key"] for each in kept}


def test_the_role_that_plans_plans_what_is_applied_and_finds_nothing_to_make_anew(
    there: There, applied: Target
) -> None:
    job = there.target("dev", ci_roles.planning(there.cloud, "dev"))
    planned = e2e.plan(environments_state.initialise_workspace(job))
    actions = {action for each in planned["resource_changes"] for action in each["change"]["actions"]}

    assert actions <= {"no-op", "read", "update"}  # the emulator leaves fields out: known_omissions.json


def test_every_role_that_was_made_carries_the_boundary(there: There, applied: Target) -> None:
    iam = there.cloud.client("iam")
    made = [
        each["RoleName"]
        for each in iam.list_roles()["Roles"]
        if each["RoleName"].startswith(f"{PROJECT}-dev-")
        and each["RoleName"].rpartition("-")[2] not in {"plan", "apply"}
    ]
    bounds = {
        iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in made
    }

    assert len(made) >= 3
    assert bounds == {there.policy("dev-boundary")}


def test_a_person_who_applies_does_not_take_the_boundary_off(there: There, applied: Target) -> None:
    workspace = environments_state.initialise_workspace(there.target("dev"))

    assert workspace.environ[ci.BOUNDARY] == there.policy("dev-boundary")


# What they may not do


@dataclass(frozen=True)
class Write:
    """Something that changes what there is, and what undoes it."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    undo: tuple[str, Mapping[str, Any]] | None = None

    def __str__(self) -> str:
        return f"{self.service}.{self.operation}"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("probe.py", "def handler(event, context): ...\n")
    return buffer.getvalue()


NAME = f"{PROJECT}-dev-probe"
TAGS = {"Project": PROJECT, "Environment": "dev"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
ALARM = {
    "AlarmName": NAME,
    "MetricName": "Errors",
    "Namespace": "AWS/Lambda",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
BUDGET = {
    "BudgetName": NAME,
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "10", "Unit": "USD"},
}


def writes(there: There) -> list[Write]:
    """Return a change of each service in use, made as Terraform makes it."""
    account = there.cloud.account_id
    role = f"arn:aws:iam::{account}:role/{PROJECT}-dev-winner-api@{there.cloud.region}"
    of_role = {"RoleName": NAME, "AssumeRolePolicyDocument": TRUST}
    function = {"FunctionName": NAME, "Runtime": "python3.13", "Handler": "probe.handler", "Role": role}
    state = {"Bucket": there.target("dev").state_bucket, "Key": f"{PROJECT}/dev/terraform.tfstate"}
    written = there.cloud.client("s3").get_object(**state)["Body"].read()
    return [
        Write(
            "dynamodb", "create_table", {"TableName": NAME, **TABLE}, ("delete_table", {"TableName": NAME})
        ),
        Write("kinesis", "create_stream", {"StreamName": NAME}, ("delete_stream", {"StreamName": NAME})),
        Write("s3", "create_bucket", {"Bucket": NAME}, ("delete_bucket", {"Bucket": NAME})),
        Write("s3", "put_object", {**state, "Body": written}),
        Write(
            "lambda",
            "create_function",
            {**function, "Code": {"ZipFile": zipped()}},
            ("delete_function", {"FunctionName": NAME}),
        ),
        Write(
            "iam",
            "create_role",
            {**of_role, "PermissionsBoundary": there.policy("dev-boundary")},
            ("delete_role", {"RoleName": NAME}),
        ),
        Write(
            "logs",
            "create_log_group",
            {"logGroupName": f"/aws/lambda/{NAME}"},
            ("delete_log_group", {"logGroupName": f"/aws/lambda/{NAME}"}),
        ),
        Write("cloudwatch", "put_metric_alarm", ALARM, ("delete_alarms", {"AlarmNames": [NAME]})),
        Write(
            "cloudwatch",
            "put_dashboard",
            {"DashboardName": NAME, "DashboardBody": '{"widgets": []}'},
            ("delete_dashboards", {"DashboardNames": [NAME]}),
        ),
        Write(
            "sns",
            "create_topic",
            {"Name": NAME},
            ("delete_topic", {"TopicArn": f"arn:aws:sns:{there.cloud.region}:{account}:{NAME}"}),
        ),
        Write("kms", "create_key", {"Tags": [{"TagKey": key, "TagValue": TAGS[key]} for key in TAGS]}),
        Write("apigatewayv2", "create_api", {"Name": NAME, "ProtocolType": "HTTP", "Tags": TAGS}),
        Write("cognito-idp", "create_user_pool", {"PoolName": NAME, "UserPoolTags": TAGS}),
        Write(
            "cloudfront",
            "create_origin_access_control",
            {
                "OriginAccessControlConfig": {
                    "Name": NAME,
                    "SigningProtocol": "sigv4",
                    "SigningBehavior": "always",
                    "OriginAccessControlOriginType": "s3",
                }
            },
        ),
        Write(
            "budgets",
            "create_budget",
            {"AccountId": account, "Budget": BUDGET},
            ("delete_budget", {"AccountId": account, "BudgetName": NAME}),
        ),
    ]


def test_the_role_that_plans_changes_nothing_of_what_the_one_that_applies_changes(
    there: There, applied: Target
) -> None:
    job, changer = ci_roles.planning(there.cloud, "dev"), ci_roles.applying(there.cloud, "dev")
    attempts = writes(there)

    refused = {
        str(each): refusal(job.client(each.service), each.operation, each.parameters) for each in attempts
    }
    done = {
        str(each): refusal(changer.client(each.service), each.operation, each.parameters) for each in attempts
    }
    for each in attempts:
        if each.undo:
            getattr(there.cloud.client(each.service), each.undo[0])(**each.undo[1])

    assert {name: code for name, code in refused.items() if code not in REFUSED} == {}
    assert {name: code for name, code in done.items() if code} == {}


def tags_count(cloud: Cloud, keys: list[str]) -> bool:
    """Say whether all ``keys`` are old enough for their tags to decide over them."""
    kms, now = cloud.client("kms"), time.time()
    made = [kms.describe_key(KeyId=key)["KeyMetadata"]["CreationDate"].timestamp() for key in keys]
    return now - max(made) > iam.KEY_TAGS_COUNT_AFTER_SECONDS


@pytest.fixture(scope="module")
def foreign(there: There, foreign_keys: list[str], applied: Target) -> tuple[Write, ...]:
    """Make another project's resources beside ours, and return the calls that would take each away."""
    cloud = there.cloud
    cloud.client("dynamodb").create_table(TableName="other-project", **TABLE)
    cloud.client("dynamodb").create_table(TableName=f"{PROJECT}-staging-probe", **TABLE)
    cloud.client("kinesis").create_stream(StreamName=f"{PROJECT}-staging-probe", ShardCount=1)
    cloud.client("s3").create_bucket(Bucket="other-project-files")
    cloud.client("s3").put_object(Bucket="other-project-files", Key="letter", Body=b"theirs")
    state = {"Bucket": there.target("dev").state_bucket, "Key": f"{PROJECT}/staging/terraform.tfstate"}
    cloud.client("s3").put_object(**state, Body=b"{}")
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/other-project")
    cloud.client("iam").create_role(RoleName=f"{PROJECT}-staging-probe", AssumeRolePolicyDocument=TRUST)
    topic = cloud.client("sns").create_topic(Name="other-project")["TopicArn"]
    cloud.client("cloudwatch").put_metric_alarm(**{**ALARM, "AlarmName": "other-project"})
    apis = [
        cloud.client("apigatewayv2").create_api(Name="api", ProtocolType="HTTP", Tags=tags)["ApiId"]
        for tags in (THEIRS, STAGING)
    ]
    pools = [
        cloud.client("cognito-idp").create_user_pool(PoolName="pool", UserPoolTags=tags)["UserPool"]["Id"]
        for tags in (THEIRS, STAGING)
    ]
    function = cloud.client("lambda").create_function(
        FunctionName=f"{PROJECT}-staging-probe",
        Runtime="python3.13",
        Handler="probe.handler",
        Role=f"arn:aws:iam::{cloud.account_id}:role/{PROJECT}-staging-probe",
        Code={"ZipFile": zipped()},
    )["FunctionArn"]
    stream = f"arn:aws:kinesis:{cloud.region}:{cloud.account_id}:stream/{PROJECT}-staging-probe"
    mapping = cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=function, StartingPosition="LATEST"
    )["UUID"]
    eventually(lambda: tags_count(cloud, foreign_keys), wanted=True, seconds=90)
    return (
        Write("dynamodb", "update_table", {"TableName": "other-project", "DeletionProtectionEnabled": False}),
        Write("dynamodb", "delete_table", {"TableName": "other-project"}),
        Write("dynamodb", "delete_table", {"TableName": f"{PROJECT}-staging-probe"}),
        Write("lambda", "update_event_source_mapping", {"UUID": mapping, "Enabled": False}),
        Write("lambda", "delete_event_source_mapping", {"UUID": mapping}),
        Write("lambda", "delete_function", {"FunctionName": f"{PROJECT}-staging-probe"}),
        Write("kinesis", "delete_stream", {"StreamName": f"{PROJECT}-staging-probe"}),
        Write("s3", "get_object", {"Bucket": "other-project-files", "Key": "letter"}),
        Write("s3", "delete_object", {"Bucket": "other-project-files", "Key": "letter"}),
        Write("s3", "delete_bucket", {"Bucket": "other-project-files"}),
        Write("s3", "get_object", state),
        Write("s3", "put_object", {**state, "Body": b"{}"}),
        Write("s3", "delete_object", state),
        Write("logs", "delete_log_group", {"logGroupName": "/aws/lambda/other-project"}),
        Write("iam", "delete_role", {"RoleName": f"{PROJECT}-staging-probe"}),
        Write("sns", "delete_topic", {"TopicArn": topic}),
        Write("cloudwatch", "delete_alarms", {"AlarmNames": ["other-project"]}),
        *(Write("kms", "disable_key", {"KeyId": key}) for key in foreign_keys),
        *(Write("kms", "schedule_key_deletion", {"KeyId": key}) for key in foreign_keys),
        *(Write("apigatewayv2", "update_api", {"ApiId": api, "Description": "ours"}) for api in apis),
        *(Write("apigatewayv2", "delete_api", {"ApiId": api}) for api in apis),
        *(Write("cognito-idp", "delete_user_pool", {"UserPoolId": pool}) for pool in pools),
    )


def test_the_role_that_applies_touches_nothing_of_other_projects_and_environments(
    there: There, foreign: tuple[Write, ...]
) -> None:
    job = ci_roles.applying(there.cloud, "dev")

    codes = [
        (str(each), refusal(job.client(each.service), each.operation, each.parameters)) for each in foreign
    ]

    assert [(name, code) for name, code in codes if code not in REFUSED] == []


def test_the_role_that_applies_claims_nothing_of_others_by_tagging_it(
    there: There, foreign: tuple[Write, ...]
) -> None:
    job = ci_roles.applying(there.cloud, "dev").client("kms")
    keys = {each.parameters["KeyId"] for each in foreign if each.operation == "disable_key"}
    mine = [{"TagKey": key, "TagValue": TAGS[key]} for key in TAGS]

    codes = {refusal(job, "tag_resource", {"KeyId": key, "Tags": mine}) for key in keys}

    assert len(keys) == 2
    assert codes <= REFUSED


def test_all_that_it_was_refused_could_have_been_done(there: There, foreign: tuple[Write, ...]) -> None:
    """By root, who owns the account: so each refusal above was IAM's."""
    codes = [
        (str(each), refusal(there.cloud.client(each.service), each.operation, each.parameters))
        for each in foreign
    ]

    assert [(name, code) for name, code in codes if code] == []


def identity_changes(there: There) -> list[tuple[str, Mapping[str, Any]]]:
    """Return calls by which the role that applies would give itself, or another, more than it has."""
    own, function = f"{PROJECT}-dev-apply", f"{PROJECT}-dev-winner-api@{there.cloud.region}"
    provider = f"arn:aws:iam::{there.cloud.account_id}:oidc-provider/token.actions.githubusercontent.com"
    boundary, ceiling = there.policy("dev-boundary"), there.policy("dev-ceiling")
    part = there.policy("dev-apply-write-data")
    inline = {"PolicyName": "more", "PolicyDocument": EVERYTHING}
    version = {"PolicyDocument": EVERYTHING, "SetAsDefault": True}
    return [
        ("put_role_policy", {"RoleName": own, **inline}),
        ("attach_role_policy", {"RoleName": own, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("detach_role_policy", {"RoleName": own, "PolicyArn": part}),
        ("update_assume_role_policy", {"RoleName": own, "PolicyDocument": TRUST}),
        ("update_role", {"RoleName": own, "MaxSessionDuration": 43200}),
        ("delete_role_permissions_boundary", {"RoleName": own}),
        ("put_role_permissions_boundary", {"RoleName": own, "PermissionsBoundary": boundary}),
        ("put_role_policy", {"RoleName": f"{PROJECT}-dev-plan", **inline}),
        ("update_assume_role_policy", {"RoleName": f"{PROJECT}-prod-apply", "PolicyDocument": TRUST}),
        ("create_policy_version", {"PolicyArn": boundary, **version}),
        ("create_policy_version", {"PolicyArn": ceiling, **version}),
        ("create_policy_version", {"PolicyArn": part, **version}),
        ("delete_policy", {"PolicyArn": boundary}),
        ("delete_open_id_connect_provider", {"OpenIDConnectProviderArn": provider}),
        (
            "add_client_id_to_open_id_connect_provider",
            {"OpenIDConnectProviderArn": provider, "ClientID": "another"},
        ),
        ("create_role", {"RoleName": NAME, "AssumeRolePolicyDocument": TRUST}),
        (
            "create_role",
            {"RoleName": NAME, "AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": ceiling},
        ),
        (
            "create_role",
            {"RoleName": "other-project", "AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": boundary},
        ),
        ("delete_role_permissions_boundary", {"RoleName": function}),
        ("put_role_permissions_boundary", {"RoleName": function, "PermissionsBoundary": ceiling}),
        (
            "attach_role_policy",
            {"RoleName": function, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        ("create_user", {"UserName": NAME}),
        ("create_access_key", {"UserName": NAME}),
        ("create_policy", {"PolicyName": NAME, "PolicyDocument": EVERYTHING}),
    ]


def test_the_role_that_applies_gives_nobody_more_than_there_is(there: There, applied: Target) -> None:
    iam = ci_roles.applying(there.cloud, "dev").client("iam")

    codes = [(name, refusal(iam, name, parameters)) for name, parameters in identity_changes(there)]

    assert [(name, code) for name, code in codes if code not in REFUSED] == []


def test_its_own_policies_would_not_help_the_role_that_applies_above_its_ceiling(
    there: There, applied: Target
) -> None:
    """Somebody with more rights gives it everything, by mistake."""
    iam = there.cloud.client("iam")
    own = {"RoleName": f"{PROJECT}-dev-apply", "PolicyName": "mistake"}
    iam.put_role_policy(**own, PolicyDocument=EVERYTHING)
    try:
        job = ci_roles.applying(there.cloud, "dev").client("iam")
        codes = [(name, refusal(job, name, parameters)) for name, parameters in identity_changes(there)]
    finally:
        iam.delete_role_policy(**own)

    assert [(name, code) for name, code in codes if code not in REFUSED] == []


def test_a_role_that_was_made_does_no_more_than_its_boundary_says_whatever_its_policies_allow(
    there: There, applied: Target
) -> None:
    role = f"{PROJECT}-dev-winner-api@{there.cloud.region}"
    changed = {"RoleName": role, "PolicyName": "more"}
    ci_roles.applying(there.cloud, "dev").client("iam").put_role_policy(**changed, PolicyDocument=EVERYTHING)
    attempts = [
        role_probe.Attempt("ListTables", "dynamodb", "list_tables", {}),
        role_probe.Attempt("CreateUser", "iam", "create_user", {"UserName": NAME}),
        role_probe.Attempt("Scan", "dynamodb", "scan", {"TableName": f"{PROJECT}-dev-scores-g1"}),
        role_probe.Attempt(
            "DeleteTable", "dynamodb", "delete_table", {"TableName": f"{PROJECT}-dev-scores-g1"}
        ),
        *role_probe.attempts_on_the_account(there.target("dev").state_bucket),
    ]
    try:
        may = role_probe.allowed(there.cloud, role, attempts)
    finally:
        there.cloud.client("iam").delete_role_policy(**changed)

    assert may == {"Scan", "Publish to a phone"}  # the studio may text photographers


# The end


def test_the_role_that_applies_destroys_the_environment(there: There, applied: Target) -> None:
    target = there.target("dev", ci_roles.applying(there.cloud, "dev"))
    workspace = environments_state.initialise_workspace(target)
    resources = terraform.list_resources(workspace)

    destroy.remove_protection(target, resources, asked=True)
    terraform.read_command_output(workspace, "state", "rm", destroy.PIN)
    terraform.run_with_progress(workspace, "Destroying dev", "destroy", "-auto-approve", *workspace.arguments)

    assert len(resources) > 60
    assert terraform.list_resources(workspace) == []


def test_of_dev_and_the_bootstrap_nothing_is_left_but_their_keys_pending_deletion(
    there: There, foreign_keys: list[str], applied: Target
) -> None:
    there.bootstrap.result()
    before = ours(there)
    e2e.destroy_bootstrap(there.target("dev").build_bootstrap_workspace())
    kms = there.cloud.client("kms")
    states = Counter(
        kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        for key in kms.list_keys()["Keys"]
        if key["KeyId"] not in foreign_keys
    )

    assert before.keys() == {"aliases of keys", "buckets", "policies", "roles"}
    assert ours(there) == {}
    assert states["PendingDeletion"] == 2


def ours(there: There) -> Inventory:
    """Return what there is of ours, but for what these tests made beside it."""
    found = e2e.inventory(there.cloud, there.cloud.endpoint)
    return {
        kind: left
        for kind, names in found.items()
        if (left := [name for name in names if PROJECT in name and "-probe" not in name])
    }
