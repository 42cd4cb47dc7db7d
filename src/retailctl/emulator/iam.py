"""Make MiniStack's IAM check what AWS checks.

So a policy that is too narrow fails here too.

The emulator evaluates whole policies, including boundaries and conditions. But for some calls it checks another
action than AWS does or no resource at all, and it leaves out some condition keys and additional permissions. Each
entry below follows the Service Authorization Reference or names its source. Nothing here allows a call: it only
determines which action, resource and conditions are checked.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from retailctl.emulator import state_machines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LAMBDA_VERBS = {
    "aliases": {"GET": "GetAlias", "PUT": "UpdateAlias", "DELETE": "DeleteAlias"},
    "concurrency": {
        "GET": "GetFunctionConcurrency",
        "PUT": "PutFunctionConcurrency",
        "DELETE": "DeleteFunctionConcurrency",
    },
    "event-invoke-config": {
        "GET": "GetFunctionEventInvokeConfig",
        "PUT": "PutFunctionEventInvokeConfig",
        "POST": "UpdateFunctionEventInvokeConfig",
        "DELETE": "DeleteFunctionEventInvokeConfig",
    },
    "event-source-mappings": {
        "GET": "GetEventSourceMapping",
        "PUT": "UpdateEventSourceMapping",
        "DELETE": "DeleteEventSourceMapping",
    },
}
"""Kind of resource in the path, to the action of each HTTP verb."""
_ABOUT_THE_BOUNDARY = {"AttachRolePolicy", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy"}
"""Actions on a role for which iam:PermissionsBoundary is the role's present boundary."""
_CLOUDFRONT_KINDS = (
    "cache-policy",
    "distribution",
    "function",
    "origin-access-control",
    "response-headers-policy",
)
_KEY_OF_A_MACHINE = {
    "states:CreateStateMachine": ("DescribeKey", "GenerateDataKey"),
    "states:UpdateStateMachine": ("DescribeKey", "GenerateDataKey"),
    "states:DescribeStateMachine": ("Decrypt",),
    "states:DescribeStateMachineForExecution": ("Decrypt",),
    "states:DescribeExecution": ("Decrypt",),
    "states:GetExecutionHistory": ("Decrypt",),
}
"""The permissions on an encrypted machine's key that a caller needs; starting and answering need none.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html.
"""
_TAGGED_AS_MADE = re.compile(r"arn:aws:apigateway:[^:]*::/(apis/[^/]+/stages|vpclinks)")
"""Resources whose creation with tags needs apigateway:TagResource; POST on /tags/* is not enough. APIs do not.

Source: https://github.com/hashicorp/terraform-provider-aws/issues/20634, and answers of AWS to the creation of a
stage: "not authorized to perform: apigateway:TagResource on resource: …::/apis/<id>/stages" (and "…::/vpclinks").
"""
_KEY_OF_A_TABLE = (
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)
"""The permissions on a customer managed key that a caller needs to give it to a table.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html.
"""
KEY_TAGS_COUNT_AFTER_SECONDS = 60
"""How long the tags of a new key have no effect. AWS says up to five minutes; one minute is enough for a test.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html.
"""
_TAGGED_BY_ARN = {"cloudwatch", "cognito-idp", "dynamodb", "kinesis", "kms", "sns"}


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that a caller needs besides the call's own action.

    Attributes:
        action: with the prefix of the service.
        arn: of the resource.
        keys: the condition keys of this action, by name.

    """

    action: str
    arn: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IamRequest:
    """A call to AWS, as the emulator's router sees it.

    Attributes:
        service: its name in the emulator.
        method: the HTTP method.
        path: the path of the URL.
        body: the body in bytes.
        parameters: the parameters of query and form, each with its values.

    """

    service: str
    method: str
    path: str
    body: bytes
    parameters: Mapping[str, Any]

    @property
    def parts(self) -> list[str]:
        """Return the segments of the path."""
        return [unquote(part) for part in self.path.split("/") if part]

    def read_field(self, name: str) -> Any:  # noqa: ANN401 - JSON holds anything
        """Return ``name`` from JSON body or parameters, or an empty string."""
        with contextlib.suppress(ValueError):
            content = json.loads(self.body)
            if isinstance(content, dict) and name in content:
                return content[name]
        value = self.parameters.get(name, "")
        return value[0] if isinstance(value, list) else value


def correct_action(request: IamRequest, guess: str | None) -> str | None:
    """Return the action that AWS checks, not the emulator's ``guess``."""
    namespace, _, name = (guess or "").partition(":")
    if request.service == "lambda":
        *_, kind, _ = ["", "", *request.parts]
        last = request.parts[-1:]
        verbs = _LAMBDA_VERBS.get(last[0] if last in (["concurrency"], ["event-invoke-config"]) else kind, {})
        return f"lambda:{verbs[request.method]}" if request.method in verbs else guess
    if guess == "cloudfront:CreateDistributionWithTags":
        return "cloudfront:CreateDistribution"
    if namespace == "budgets" and "tag" not in name.lower():
        return "budgets:ViewBudget" if name.startswith("Describe") else "budgets:ModifyBudget"
    return guess


def correct_resource_arn(request: IamRequest, action: str, guess: str, region: str, account: str) -> str:
    """Return the ARN that AWS checks for ``action``, not the emulator's ``guess``."""
    namespace, _, name = action.partition(":")
    here = f"{region}:{account}"
    if "tag" in name.lower() and namespace in _TAGGED_BY_ARN:
        arns = (request.read_field(key) for key in ("ResourceArn", "ResourceARN", "StreamARN"))
        return next((str(arn) for arn in arns if arn), guess)
    if namespace == "kinesis" and (consumer := request.read_field("ConsumerARN")):
        return str(consumer)
    if action == "lambda:CreateFunction":
        return f"arn:aws:lambda:{here}:function:{request.read_field('FunctionName')}"
    if namespace == "kms" and (alias := request.read_field("AliasName")):
        return f"arn:aws:kms:{here}:{alias}"
    special = {
        "budgets": _correct_budget_arn,
        "cloudfront": _correct_cloudfront_arn,
        "cloudwatch": _correct_cloudwatch_arn,
        "events": _correct_events_arn,
        "iam": _correct_iam_arn,
        "states": _correct_states_arn,
    }
    return special[namespace](request, action, guess, here) if namespace in special else guess


def _correct_budget_arn(request: IamRequest, _: str, guess: str, here: str) -> str:
    names = [request.read_field("BudgetName")]
    names += [(request.read_field(key) or {}).get("BudgetName") for key in ("Budget", "NewBudget")]
    name = next(filter(None, names), None)
    account = here.partition(":")[2]
    return str(
        request.read_field("ResourceARN") or (f"arn:aws:budgets::{account}:budget/{name}" if name else guess)
    )


def _correct_cloudwatch_arn(request: IamRequest, action: str, guess: str, here: str) -> str:
    def one_of(field: str) -> str:
        return str((request.read_field(field) or [request.read_field(f"{field}.member.1")])[0])

    if action == "cloudwatch:DeleteAlarms":
        return f"arn:aws:cloudwatch:{here}:alarm:{one_of('AlarmNames')}"
    if action in {"cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"}:
        name = request.read_field("DashboardName") or one_of("DashboardNames")
        return f"arn:aws:cloudwatch::{here.partition(':')[2]}:dashboard/{name}"
    return guess


def _correct_events_arn(request: IamRequest, _: str, guess: str, here: str) -> str:
    """Return the rule that a call is about; one on the default bus is named without the bus.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html.
    """
    if arn := request.read_field("ResourceARN"):
        return str(arn)
    name = request.read_field("Name") or request.read_field("Rule")
    bus = request.read_field("EventBusName") or "default"
    if not name:
        return guess
    return f"arn:aws:events:{here}:rule/{name if bus == 'default' else f'{bus}/{name}'}"


def _correct_iam_arn(request: IamRequest, _: str, guess: str, here: str) -> str:
    if provider := request.read_field("OpenIDConnectProviderArn"):
        return str(provider)
    # A role's own policies are named too; those are the role's.
    if guess == "*" and (policy := request.read_field("PolicyName")):
        return f"arn:aws:iam::{here.partition(':')[2]}:policy/{policy}"
    return guess


def _correct_cloudfront_arn(request: IamRequest, _: str, guess: str, here: str) -> str:
    if "tagging" in request.parts:
        return str(request.read_field("Resource")) or guess
    for kind in _CLOUDFRONT_KINDS:
        if kind in request.parts:
            identifiers = request.parts[request.parts.index(kind) + 1 :][:1] or ["*"]
            return f"arn:aws:cloudfront::{here.partition(':')[2]}:{kind}/{identifiers[0]}"
    return guess


def _correct_states_arn(request: IamRequest, action: str, guess: str, here: str) -> str:
    """Return the machine that a call to Step Functions is about, without its alias or version.

    Sources: https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html; for a task's token
    https://github.com/aws/aws-cdk/pull/8486, which tried it; for a definition
    https://github.com/DataBiosphere/azul/issues/8006.
    """
    if action.startswith("states:SendTask"):
        return state_machines.find_machine_of_token(str(request.read_field("taskToken"))) or guess
    if action == "states:ValidateStateMachineDefinition":
        return f"arn:aws:states:{here}:stateMachine:*"
    return _drop_qualifier(_read_machine_arn(request) or guess)


def _drop_qualifier(arn: str) -> str:
    """Return a machine's ARN without the alias or version; any other ARN as it is."""
    return ":".join(arn.split(":")[:7]) if ":stateMachine:" in arn else arn


def _read_machine_arn(request: IamRequest) -> str:
    """Return the ARN of the machine, alias or version that a call names, or ""."""
    for field in ("stateMachineArn", "stateMachineAliasArn", "stateMachineVersionArn", "resourceArn"):
        if arn := request.read_field(field):
            return str(arn)
    routes = request.read_field("routingConfiguration")
    return str(routes[0].get("stateMachineVersionArn", "")) if isinstance(routes, list) and routes else ""


def read_request_tags(request: IamRequest, action: str) -> dict[str, str]:
    """Return a request's resource tags where the emulator does not see them."""
    if request.service == "apigateway" and request.method in {"POST", "PUT"}:
        tags = request.read_field("tags")
    elif action in {"cognito-idp:CreateUserPool", "cognito-idp:UpdateUserPool"}:
        tags = request.read_field("UserPoolTags")
    elif request.service == "cloudfront" and request.body.startswith(b"<"):
        tags = dict(_xml_tags(request.body))
    else:
        tags = {}
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, dict) else {}


def read_removed_tag_keys(request: IamRequest, action: str) -> list[str]:
    """Return a request's removed tag keys where the emulator misses them."""
    if action == "cloudfront:UntagResource" and request.body.startswith(b"<"):
        root = ET.fromstring(request.body)  # noqa: S314 - a request of our own Terraform
        return [each.text or "" for each in root.iter() if each.tag.rpartition("}")[2] == "Key"]
    if action in {"apigateway:DELETE", "lambda:UntagResource"}:
        tag_keys = request.parameters.get("tagKeys", [])
        return [tag_keys] if isinstance(tag_keys, str) else list(tag_keys)
    return []


def _xml_tags(body: bytes) -> Iterator[tuple[str, str]]:
    root = ET.fromstring(body)  # noqa: S314 - a request of our own Terraform
    for each in root.iter():
        if each.tag.rpartition("}")[2] == "Tag":
            inner = {child.tag.rpartition("}")[2]: child.text or "" for child in each}
            yield inner.get("Key", ""), inner.get("Value", "")


def build_missing_conditions(
    request: IamRequest,
    action: str,
    arn: str,
    boundary_of: Callable[[str], str],
    function_of: Callable[[str], str],
) -> dict[str, str | list[str]]:
    """Return the condition keys that the emulator leaves out.

    Args:
        request: the call.
        action: its action.
        arn: of the resource.
        boundary_of: returns the ARN of a role's boundary, by the role's name.
        function_of: returns the ARN of an event source mapping's function, by the mapping's id.

    """
    namespace, _, name = action.partition(":")
    conditions: dict[str, str | list[str]] = {
        f"aws:RequestTag/{key}": value for key, value in read_request_tags(request, action).items()
    }
    if removed := read_removed_tag_keys(request, action):
        conditions["aws:TagKeys"] = removed
    if action in {"iam:CreateRole", "iam:PutRolePermissionsBoundary"}:
        boundary = str(request.read_field("PermissionsBoundary"))
    elif action == "iam:DeleteRolePermissionsBoundary" or (
        namespace == "iam" and name in _ABOUT_THE_BOUNDARY
    ):
        boundary = boundary_of(str(request.read_field("RoleName")))
    else:
        boundary = ""
    if boundary:
        conditions["iam:PermissionsBoundary"] = boundary
    if namespace == "lambda" and name.endswith("EventSourceMapping"):
        made = str(request.read_field("FunctionName")) if request.method == "POST" else ""
        function = made or function_of(arn.rpartition(":")[2])
        if function:
            conditions["lambda:FunctionArn"] = function
    if namespace == "states" and (qualifier := _read_machine_arn(request).split(":")[7:]):
        conditions["states:StateMachineQualifier"] = qualifier[0]
    return conditions


def find_further_permissions(request: IamRequest, action: str, arn: str) -> list[Permission]:
    """Return the permissions that AWS requires in addition to ``action`` on ``arn``."""
    if (
        action == "apigateway:POST"
        and _TAGGED_AS_MADE.fullmatch(arn)
        and (tags := read_request_tags(request, action))
    ):
        return [
            Permission("apigateway:TagResource", arn, {f"aws:RequestTag/{tag}": tags[tag] for tag in tags})
        ]
    if action in {"dynamodb:CreateTable", "dynamodb:UpdateTable"}:
        _, _, _, region, account, _ = arn.split(":", 5)
        key = (request.read_field("SSESpecification") or {}).get("KMSMasterKeyId", "")
        key_arn = key if key.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{key}"
        via = {"kms:ViaService": f"dynamodb.{region}.amazonaws.com"}
        return [Permission(f"kms:{each}", key_arn, via) for each in _KEY_OF_A_TABLE if key]
    if action in _KEY_OF_A_MACHINE:
        given = request.read_field("encryptionConfiguration")
        key = state_machines.find_key({"encryptionConfiguration": given}) or state_machines.find_key_of_arn(
            arn
        )
        via = {
            "kms:ViaService": f"states.{arn.split(':')[3]}.amazonaws.com",
            "kms:EncryptionContext:aws:states:stateMachineArn": _drop_qualifier(
                arn.replace(":execution:", ":stateMachine:")
            ),
        }
        return [Permission(f"kms:{each}", key, via) for each in _KEY_OF_A_MACHINE[action] if key]
    return []


def filter_effective_tags(key: Mapping[str, Any], now: float) -> dict[str, str]:
    """Return a KMS key's tags that take effect by ``now`` (UNIX time)."""
    is_new = now - key.get("CreationDate", 0) < KEY_TAGS_COUNT_AFTER_SECONDS
    return {} if is_new else {each["TagKey"]: each["TagValue"] for each in key.get("Tags", [])}


_request: ContextVar[tuple[IamRequest, str, str] | None] = ContextVar("retailctl_request", default=None)
"""The current call, with its action and the ARN of its resource."""
_missing: ContextVar[Permission | None] = ContextVar("retailctl_missing", default=None)
"""The additional permission that the caller of the current call lacks."""


def patch_emulator() -> None:
    """Make the emulator in this process check what AWS checks."""
    from ministack.core import iam_actions, iam_evaluator  # noqa: PLC0415 - importing it starts half of it
    from ministack.services import tagging  # noqa: PLC0415

    actions, resources = iam_actions.extract_iam_action, iam_actions.extract_resource_arn
    tags, tags_of = iam_actions.request_tag_context, tagging.resource_tags
    enforce, denial = iam_evaluator.enforce, iam_actions.access_denied_response

    def extract_iam_action(
        service: str,
        method: str,
        path: str,
        headers: Any,  # noqa: ANN401
        body: bytes,
        params: Any,  # noqa: ANN401
    ) -> str | None:
        guess = actions(service, method, path, headers, body, params)
        return correct_action(IamRequest(service, method, path, body, params), guess)

    def extract_resource_arn(
        service: str,
        method: str,
        path: str,
        headers: Any,  # noqa: ANN401
        body: bytes,
        params: Any,  # noqa: ANN401
        region: str,
        account: str,
    ) -> str:
        guess = resources(service, method, path, headers, body, params, region, account)
        request = IamRequest(service, method, path, body, params)
        action = extract_iam_action(service, method, path, headers, body, params) or ""
        arn = correct_resource_arn(request, action, guess, region, account)
        _request.set((request, action, arn))
        return arn

    def request_tag_context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:  # noqa: ANN401
        context = tags(service, iam_action, body, params)
        current = _request.get()
        further = build_missing_conditions(*current, _boundary_of, _function_of) if current else {}
        return {**context, **further}

    def enforce_all(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        _missing.set(None)
        denied = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        current = _request.get()
        if denied or not current or current[1:] != (iam_action, resource_arn):
            return denied
        for each in find_further_permissions(*current):
            of = each.action.partition(":")[0]
            # The emulator reads tags only where an identity's own policies ask for them, not its boundary.
            tagged = tagging.resource_tags(each.arn) or {}
            held = {f"aws:ResourceTag/{key}": value for key, value in tagged.items()}
            if denied := enforce(access_key_id, each.action, of, region, each.arn, {**held, **each.keys}):
                _missing.set(each)
                break
        return denied

    def access_denied_response(service: str, action: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if missing := _missing.get():
            action, named["resource_arn"] = missing.action, missing.arn
        return denial(service, action, *arguments, **named)

    parse = iam_evaluator.parse_policy_document
    parse_text = functools.lru_cache(maxsize=1024)(parse)

    def parse_policy_document(document: Any) -> Any:  # noqa: ANN401
        """Parse a text once: the emulator does so with all of a role's policies, three times in each request."""
        return parse_text(document) if isinstance(document, str) else parse(document)

    iam_evaluator.parse_policy_document = parse_policy_document
    iam_actions.access_denied_response = access_denied_response
    iam_evaluator.enforce = enforce_all
    iam_actions.extract_iam_action = extract_iam_action
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_tag_context
    tagging.resource_tags = lambda arn: tags_of(arn) if (known := _read_tags(arn)) is None else known


def _boundary_of(role: str) -> str:
    from ministack.services import iam  # noqa: PLC0415

    return str((iam._roles.get(role) or {}).get("PermissionsBoundary") or "")  # noqa: SLF001


def _function_of(mapping: str) -> str:
    from ministack.services import lambda_svc  # noqa: PLC0415

    return str((lambda_svc._esms.get(mapping) or {}).get("FunctionArn") or "")  # noqa: SLF001


def _read_tags(arn: str) -> dict[str, str] | None:
    """Return the tags for ``arn``, or None where the emulator is right."""
    from ministack.services import apigateway, cloudfront, cognito, kms, lambda_svc  # noqa: PLC0415

    if re.fullmatch(r"arn:aws:apigateway:[^:]*::/apis/.+", arn):
        # Only the stages of an HTTP API have tags, and its other parts inherit none; those of a REST API do:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html.
        return dict(apigateway._api_tags.get(arn) or {})  # noqa: SLF001
    if match := re.fullmatch(r"arn:aws:cognito-idp:.*:userpool/(.+)", arn):
        return dict((cognito._user_pools.get(match[1]) or {}).get("UserPoolTags") or {})  # noqa: SLF001
    if ":cloudfront:" in arn:
        return {each["Key"]: each["Value"] for each in cloudfront._tags.get(arn) or []}  # noqa: SLF001
    if match := re.fullmatch(r"arn:aws:kms:.*:key/(.+)", arn):
        return filter_effective_tags(kms._keys.get(match[1]) or {}, time.time())  # noqa: SLF001
    if match := re.fullmatch(r"arn:aws:lambda:.*:event-source-mapping:(.+)", arn):
        mapping = lambda_svc._esms.get(match[1]) or {}  # noqa: SLF001
        return dict(mapping.get("Tags") or mapping.get("tags") or {})
    return None
