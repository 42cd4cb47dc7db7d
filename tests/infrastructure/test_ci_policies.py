"""What CI's roles may do, by the text of their policies: all of it, also what no emulator holds a caller to."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2
import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from support import planned_app
from support.names import PROJECT
from support.planned_app import ENVIRONMENTS, several

if TYPE_CHECKING:
    from support.planned_app import PlannedApp, Resource

ROOT = Path(__file__).parents[2]
REASONS = tomllib.loads((Path(__file__).parent / "ci_policy_wildcards.toml").read_text())["wildcard"]
READING = re.compile(r"(Describe|Get|List|View)\w*|GET")
MOST_CHARACTERS = 6144
"""Of a managed policy, without white space: IAM's own limit."""
MOST_POLICIES = 10
"""On one role: IAM's own limit, where nobody asked for more."""

Statement = dict[str, Any]

slow = pytest.mark.slow
each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def policies(bootstrap: tuple[Resource, ...]) -> dict[str, list[Statement]]:
    """Return the statements of each managed policy by its name."""
    return {
        each.values["name"]: json.loads(each.values["policy"])["Statement"]
        for each in bootstrap
        if each.type == "aws_iam_policy"
    }


def of_role(bootstrap: tuple[Resource, ...], role: str) -> list[Statement]:
    """Return the statements of all policies of a role: `dev-plan`, `dev-apply`."""
    return [
        statement
        for name, statements in policies(bootstrap).items()
        if name.startswith(f"{PROJECT}-{role}-")
        for statement in statements
    ]


def actions(statements: list[Statement]) -> set[str]:
    return {action for each in statements for action in several(each["Action"])}


def values(statement: Statement, operator: str, key: str) -> list[str]:
    """Return what a statement's condition asks of ``key``."""
    return several(statement.get("Condition", {}).get(operator, {}).get(key, []))


# Trust


@slow
@each_environment
@pytest.mark.parametrize(
    ("what", "subjects"),
    [
        ("plan", {"repo:octo@1234/shop@5678:pull_request", "repo:octo@1234/shop@5678:ref:refs/heads/main"}),
        ("apply", {"repo:octo@1234/shop@5678:environment:{environment}"}),
    ],
)
def test_a_role_trusts_whole_subjects_of_one_repository_for_one_audience(
    bootstrap: tuple[Resource, ...], environment: str, what: str, subjects: set[str]
) -> None:
    (role,) = [
        each.values for each in bootstrap if each.values.get("name") == f"{PROJECT}-{environment}-{what}"
    ]
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]
    issuer = "token.actions.githubusercontent.com"
    provider = f"arn:aws:iam::{planned_app.ACCOUNT}:oidc-provider/{issuer}"

    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": provider}
    assert set(statement["Condition"]) == {"StringEquals"}
    assert values(statement, "StringEquals", f"{issuer}:aud") == ["sts.amazonaws.com"]
    assert set(values(statement, "StringEquals", f"{issuer}:sub")) == {
        subject.format(environment=environment) for subject in subjects
    }


# Permissions


@slow
@each_environment
def test_the_role_that_plans_reads_holds_the_lock_and_does_nothing_else(
    bootstrap: tuple[Resource, ...], environment: str
) -> None:
    others: dict[str, set[str]] = defaultdict(set)
    for statement in of_role(bootstrap, f"{environment}-plan"):
        for action in several(statement["Action"]):
            if not READING.fullmatch(action.partition(":")[2]):
                others[action] |= set(several(statement["Resource"]))
    state = f"arn:aws:s3:::state/{PROJECT}"

    assert others.pop("s3:PutObject") == {f"{state}/{environment}/terraform.tfstate.tflock"}
    assert others.pop("s3:DeleteObject") == {f"{state}/{environment}/terraform.tfstate.tflock"}
    assert others.pop("kms:GenerateDataKey") == {"arn:aws:kms:us-east-1:111122223333:key/key"}
    # It looks at a definition and keeps nothing of it.
    assert others.pop("states:ValidateStateMachineDefinition")
    assert set(others) == {"kms:Decrypt"}


@slow
@each_environment
@pytest.mark.parametrize("what", ["plan", "apply"])
def test_a_role_knows_nothing_of_other_environments(
    bootstrap: tuple[Resource, ...], environment: str, what: str
) -> None:
    text = json.dumps(of_role(bootstrap, f"{environment}-{what}"))

    for other in set(ENVIRONMENTS) - {environment}:
        assert not re.search(rf"{PROJECT}[-/]{other}\b", text)


@slow
@each_environment
@pytest.mark.parametrize("what", ["plan", "apply"])
def test_a_role_reads_no_data_but_the_state_and_what_it_may_write(
    bootstrap: tuple[Resource, ...], environment: str, what: str
) -> None:
    read = {
        resource
        for statement in of_role(bootstrap, f"{environment}-{what}")
        if "s3:GetObject" in several(statement["Action"])
        for resource in several(statement["Resource"])
    }
    state = f"arn:aws:s3:::state/{PROJECT}/{environment}/terraform.tfstate"
    written = {f"arn:aws:s3:::{PROJECT}-{environment}-*/*", f"arn:aws:s3:::state/builds/{environment}/*"}
    own = written if what == "apply" else set()

    assert read == {state, f"{state}.tflock"} | own
    statements = of_role(bootstrap, f"{environment}-{what}")
    items = [each for each in statements if re.search(r"dynamodb:\w+Item", json.dumps(each["Action"]))]
    assert {values(each, "ForAllValues:StringEquals", "dynamodb:LeadingKeys")[0] for each in items} == {
        "generations"
    }
    assert not actions(statements) & {
        "dynamodb:Query",
        "dynamodb:Scan",
        "kinesis:GetRecords",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
        "secretsmanager:GetSecretValue",
    }


@slow
@each_environment
@pytest.mark.parametrize("what", ["plan", "apply"])
def test_keys_are_used_through_services_and_those_of_the_project_only(
    bootstrap: tuple[Resource, ...], environment: str, what: str
) -> None:
    using = re.compile(r"kms:(CreateGrant|Decrypt|Encrypt|GenerateDataKey\w*|ReEncrypt\w+)")
    # A key that is just made has no tags that count yet, and only who applies makes one.
    held = "StringEqualsIfExists" if what == "apply" else "StringEquals"
    for statement in of_role(bootstrap, f"{environment}-{what}"):
        if any(using.fullmatch(action) for action in several(statement["Action"])):
            services = values(statement, "StringEquals", "kms:ViaService")
            ours = several(statement["Resource"]) == ["arn:aws:kms:us-east-1:111122223333:key/key"]
            tagged = values(statement, held, "aws:ResourceTag/Environment") == [environment]

            assert services, statement["Sid"]
            assert ours or tagged, statement["Sid"]


@slow
@each_environment
def test_roles_are_made_with_the_boundary_only_and_passed_to_what_runs_functions_and_machines_only(
    bootstrap: tuple[Resource, ...], environment: str
) -> None:
    statements = of_role(bootstrap, f"{environment}-apply")
    boundary = f"arn:aws:iam::111122223333:policy/{PROJECT}-{environment}-boundary"
    for statement in statements:
        granted = set(several(statement["Action"]))
        if granted & {"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"}:
            assert values(statement, "StringEquals", "iam:PermissionsBoundary") == [boundary]
        if "iam:PassRole" in granted:
            assert set(values(statement, "StringEquals", "iam:PassedToService")) == {
                "lambda.amazonaws.com",
                "states.amazonaws.com",
            }
    identities = {action for action in actions(statements) if action.startswith("iam:")}

    assert not [each for each in identities if re.search("User|Group|Login|AccessKey|Provider|Version", each)]
    assert not identities & {"iam:AttachRolePolicy", "iam:CreatePolicy", "iam:DeleteRolePermissionsBoundary"}


@slow
@each_environment
def test_what_has_no_name_is_changed_by_its_tags_only(
    bootstrap: tuple[Resource, ...], environment: str
) -> None:
    nameless = re.compile(r".*(/apis/\*(/.*)?|:key/\*|distribution/\*|userpool/\*|event-source-mapping:\*)$")
    for statement in of_role(bootstrap, f"{environment}-apply"):
        asked = several(statement["Action"])
        changes = [each for each in asked if not READING.fullmatch(each.partition(":")[2])]
        makes = asked in (["cloudfront:CreateDistribution"], ["kinesis:StartStreamEncryption"])
        if changes and not makes and any(nameless.match(each) for each in several(statement["Resource"])):
            keys = {key for keys in statement["Condition"].values() for key in keys}

            assert keys & {"aws:ResourceTag/Environment", "lambda:FunctionArn"}, statement["Sid"]


@slow
@each_environment
def test_no_role_of_ci_changes_what_decides_over_them(
    bootstrap: tuple[Resource, ...], environment: str
) -> None:
    ceiling = policies(bootstrap)[f"{PROJECT}-{environment}-ceiling"]
    (guard,) = [each for each in ceiling if each["Sid"] == "CiIsNotForCiToChange"]
    iam = f"arn:aws:iam::{planned_app.ACCOUNT}"
    decisive = {f"{iam}:policy/{name}" for name in policies(bootstrap)}
    decisive |= {f"{iam}:role/{PROJECT}-{name}-{what}" for name in ENVIRONMENTS for what in ("plan", "apply")}
    decisive |= {f"{iam}:oidc-provider/token.actions.githubusercontent.com"}

    assert guard["Effect"] == "Deny"
    assert all(READING.fullmatch(each.partition(":")[2]) for each in guard["NotAction"])
    assert set(guard["Resource"]) == decisive


@slow
def test_every_policy_fits_in_what_iam_takes(bootstrap: tuple[Resource, ...]) -> None:
    sizes = {
        each.values["name"]: len(re.sub(r"\s", "", each.values["policy"]))
        for each in bootstrap
        if each.type == "aws_iam_policy"
    }
    counts: dict[str, int] = defaultdict(int)
    for each in bootstrap:
        if each.type == "aws_iam_role_policy_attachment":
            counts[each.values["role"]] += 1

    assert {name: size for name, size in sizes.items() if size > MOST_CHARACTERS} == {}
    assert len(counts) == 2 * len(ENVIRONMENTS)
    assert max(counts.values()) <= MOST_POLICIES


@slow
def test_every_wildcard_in_a_policy_has_its_reason(bootstrap: tuple[Resource, ...]) -> None:
    found = set()
    for document in bootstrap:
        if document.type != "aws_iam_policy_document":
            continue
        for statement in json.loads(document.values["json"])["Statement"]:
            for element in ("Action", "NotAction", "Resource"):
                found |= {
                    (
                        re.sub(
                            rf"({PROJECT}-|/builds/)(dev|staging|prod)\b", r"\1<environment>", value
                        ).replace(f"{PROJECT}-<", "<project>-<"),
                        sid,
                    )
                    for value in several(statement.get(element, []))
                    for sid in [statement.get("Sid", "")]
                    if "*" in value
                }
    given = {(each["value"], sid) for each in REASONS if each["reason"] for sid in each["statements"]}

    assert found - given == set(), "these have no reason in ci_policy_wildcards.toml"
    assert given - found == set(), "these reasons in ci_policy_wildcards.toml are for nothing"


# The boundary


@slow
@each_environment
def test_a_function_uses_keys_with_the_environments_tags_only(
    bootstrap: tuple[Resource, ...], environment: str
) -> None:
    boundary = policies(bootstrap)[f"{PROJECT}-{environment}-boundary"]
    (statement,) = [each for each in boundary if "kms:Decrypt" in several(each["Action"])]

    assert statement["Condition"] == {
        "StringEquals": {
            "aws:ResourceTag/Environment": environment,
            "aws:ResourceTag/Project": PROJECT,
        }
    }


@slow
@each_environment
@pytest.mark.parametrize(
    ("action", "arn", "may"),
    [
        ("states:StartExecution", "arn:aws:states:{here}:stateMachine:{name}-photos", True),
        ("states:SendTaskSuccess", "arn:aws:states:{here}:stateMachine:{name}-photos", True),
        ("states:DescribeExecution", "arn:aws:states:{here}:execution:{name}-photos:p1", True),
        ("states:StartExecution", "arn:aws:states:{here}:stateMachine:others", False),
        ("states:StopExecution", "arn:aws:states:{here}:execution:{name}-photos:p1", False),
        ("states:UpdateStateMachine", "arn:aws:states:{here}:stateMachine:{name}-photos", False),
        ("sns:Publish", "*", True),
        ("sns:Publish", "arn:aws:sns:{here}:{name}-alarms", False),
        ("sns:Publish", "arn:aws:sns:{here}:others", False),
        ("logs:CreateLogDelivery", "*", True),
        ("events:PutRule", "arn:aws:events:{here}:rule/{name}-photos.ended", False),
    ],
)
def test_a_role_within_the_boundary_uses_machines_and_texts_phones_and_changes_neither(
    bootstrap: tuple[Resource, ...], environment: str, action: str, arn: str, may: bool
) -> None:
    boundary = {
        "Version": "2012-10-17",
        "Statement": policies(bootstrap)[f"{PROJECT}-{environment}-boundary"],
    }
    on = arn.format(here=f"us-east-1:{planned_app.ACCOUNT}", name=f"{PROJECT}-{environment}")
    request = EvalContext("role", "AssumedRole", planned_app.ACCOUNT, action, on, "us-east-1")

    assert (evaluate(request, [parse_policy_document(boundary)]).decision == "Allow") is may


@slow
def test_no_function_of_the_app_does_what_its_boundary_forbids(
    bootstrap: tuple[Resource, ...], prod: PlannedApp
) -> None:
    bounded = actions(policies(bootstrap)[f"{PROJECT}-prod-boundary"])
    done = {
        action
        for policy in prod.of("aws_iam_role_policy")
        for statement in json.loads(policy.values["policy"])["Statement"]
        for action in several(statement["Action"])
    }

    assert done - bounded == set(), "allow these in ci_boundaries of terraform/bootstrap/ci_policies.tf"


def test_every_role_of_a_module_takes_a_boundary() -> None:
    without = [
        f"{file.relative_to(ROOT)}: {label}"
        for file in sorted(ROOT.glob("modules/*/*.tf"))
        for block in hcl2.loads(file.read_text()).get("resource", [])
        for kind, labelled in block.items()
        if kind.strip('"') == "aws_iam_role"
        for label, body in labelled.items()
        if "permissions_boundary" not in body
    ]

    assert without == []


def test_every_module_of_the_app_that_makes_roles_is_given_the_boundary() -> None:
    making = {
        file.parent.name
        for file in ROOT.glob("modules/*/*.tf")
        if re.search(r'^resource "aws_iam_role" ', file.read_text(), re.MULTILINE)
    }
    without = [
        f"{file.name}: {label}"
        for file in sorted((ROOT / "terraform" / "app").glob("*.tf"))
        for block in hcl2.loads(file.read_text()).get("module", [])
        for label, body in block.items()
        if Path(body["source"].strip('"')).name in making
        and body.get("permissions_boundary_arn") != "${local.permissions_boundary_arn}"
    ]

    assert making >= {"event-stream", "function"}
    assert without == [], "add: permissions_boundary_arn = local.permissions_boundary_arn"
