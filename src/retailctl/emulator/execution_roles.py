"""Make MiniStack ask of a function's role what Lambda asks of it before it makes something for the function.

Sources, each under its heading on the role's permissions:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html; that Lambda asks for the last as
the destination is set: https://github.com/aws-amplify/amplify-js/issues/9869.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NETWORK = (
    "CreateNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "DeleteNetworkInterface",
)
_OF_SOURCE = {
    "sqs": ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
}


def find_required_permissions(source_arn: str) -> list[tuple[str, str]]:
    """Return the actions, each with its service, that reading an event source takes."""
    service = source_arn.removeprefix("arn:aws:").partition(":")[0]
    return [(service, action) for action in _OF_SOURCE.get(service, ())]


def find_destination_permissions(destination: str, function: str) -> list[tuple[str, str]]:
    """Return the actions, each with its resource, that keeping failed events in a bucket takes."""
    if ":s3:::" not in destination:
        return []
    return [("ListBucket", destination), ("PutObject", f"{destination}/aws/lambda/async/{function}/event")]


def is_allowed(
    role_arn: str, action: str, resource_arn: str, region: str, keys: Mapping[str, str] | None = None
) -> bool:
    """Say whether the policies of a role in the emulator let it do ``action`` on a resource.

    Args:
        role_arn: of the role.
        action: with the prefix of its service.
        resource_arn: of the resource.
        region: of the call.
        keys: condition keys of the call, by name in lower case.

    """
    from ministack.core import iam_evaluator  # noqa: PLC0415 - importing it starts half of it
    from ministack.services import iam  # noqa: PLC0415

    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    request = iam_evaluator.EvalContext(
        role_arn, "AssumedRole", account, action, resource_arn, region, service_context=dict(keys or {})
    )
    policies = iam_evaluator._gather_role_policies(name, account)  # noqa: SLF001
    boundary = iam_evaluator._permissions_boundary(iam._roles, name, account)  # noqa: SLF001
    return bool(iam_evaluator.evaluate(request, policies, *boundary).decision == "Allow")


def find_role_of_function(function: str) -> str:
    """Return the ARN of the role of a function by its name or ARN, or "" where there is no such function."""
    from ministack.services import lambda_svc  # noqa: PLC0415

    name, qualifier, error = lambda_svc._resolve_existing_esm_function(function)  # noqa: SLF001
    record, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier) if not error else (None, None)  # noqa: SLF001
    return str(record["config"]["Role"]) if record else ""


def patch_emulator() -> None:
    """Make functions and event source mappings of the emulator in this process need what AWS needs."""
    from ministack.core.responses import error_response_json, get_region  # noqa: PLC0415
    from ministack.services import lambda_svc  # noqa: PLC0415

    create, update = lambda_svc._create_function, lambda_svc._update_config  # noqa: SLF001
    create_mapping, put_config = lambda_svc._create_esm, lambda_svc._put_event_invoke_config  # noqa: SLF001

    def refuse(action: str, service: str) -> Any:  # noqa: ANN401
        message = (
            f"The provided execution role does not have permissions to call {action} on {service.upper()}"
        )
        return error_response_json("InvalidParameterValueException", message, 400)

    def find_missing(role: str, data: dict[str, Any]) -> str:
        if not role or not (data.get("VpcConfig") or {}).get("SubnetIds"):
            return ""
        return next((each for each in _NETWORK if not is_allowed(role, f"ec2:{each}", "*", get_region())), "")

    def create_function(data: dict[str, Any]) -> Any:  # noqa: ANN401
        missing = find_missing(data.get("Role", ""), data)
        return refuse(missing, "ec2") if missing else create(data)

    def update_config(name: str, data: dict[str, Any]) -> Any:  # noqa: ANN401
        missing = find_missing(data.get("Role") or find_role_of_function(name), data)
        return refuse(missing, "ec2") if missing else update(name, data)

    def create_event_source_mapping(data: dict[str, Any]) -> Any:  # noqa: ANN401
        source, role = data.get("EventSourceArn", ""), find_role_of_function(data.get("FunctionName", ""))
        for service, action in find_required_permissions(source) if role else ():
            if not is_allowed(role, f"{service}:{action}", source, get_region()):
                return refuse(action, service)
        return create_mapping(data)

    def put_event_invoke_config(name: str, qualifier: str | None, data: dict[str, Any]) -> Any:  # noqa: ANN401
        failures = (data.get("DestinationConfig") or {}).get("OnFailure") or {}
        role = find_role_of_function(name)
        keys = {"s3:resourceaccount": role.split(":")[4]} if role else {}
        for action, resource in find_destination_permissions(failures.get("Destination") or "", name):
            if role and not is_allowed(role, f"s3:{action}", resource, get_region(), keys):
                return refuse(action, "s3")
        return put_config(name, qualifier, data)

    lambda_svc._put_event_invoke_config = put_event_invoke_config  # noqa: SLF001
    lambda_svc._create_function = create_function  # noqa: SLF001
    lambda_svc._update_config = update_config  # noqa: SLF001
    lambda_svc._create_esm = create_event_source_mapping  # noqa: SLF001
