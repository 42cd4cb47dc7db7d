"""Make services of MiniStack call functions only if the function's policy lets them, as in AWS.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html. S3 asks the function as a
notification is set, too: https://github.com/aws/aws-sdk-js/issues/632.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def lets_service_call(policy: Mapping[str, Any], service: str, action: str, arn: str, source: str) -> bool:
    """Say whether a policy lets a service do something on behalf of a resource of the same account.

    Args:
        policy: of the resource with ``arn``, such as a function.
        service: the service's principal.
        action: with the prefix of its service.
        arn: of the resource.
        source: the ARN of the resource on whose behalf the service calls.

    """
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy  # noqa: PLC0415

    region, account = arn.split(":")[3:5]
    keys = {"aws:sourcearn": source, "aws:sourceaccount": account}
    request = EvalContext(service, "AWSService", "", action, arn, region, service_context=keys)
    return bool(evaluate_resource_policy(dict(policy), request, service).decision == "Allow")


def may_invoke(service: str, function_arn: str, source: str) -> bool:
    """Say whether a function of the emulator lets a service invoke it."""
    from ministack.services import lambda_svc  # noqa: PLC0415 - importing it starts half of it

    known = lambda_svc.function_policy_for_arn(function_arn)
    policy = known[0] if known else {}
    return lets_service_call(policy, service, "lambda:InvokeFunction", function_arn, source)


def patch_emulator() -> None:
    """Make S3 and EventBridge of the emulator in this process ask the function."""
    from ministack.services import eventbridge, s3  # noqa: PLC0415

    validate, deliver = s3._validate_notification_configs, s3._deliver_event_to_lambda  # noqa: SLF001
    invoke = eventbridge._invoke_target  # noqa: SLF001

    def validate_notifications(
        configs: list[dict[str, Any]],
        region: str,
        bucket: str = "",
        skip_destination_validation: bool = False,  # noqa: FBT001, FBT002 - the emulator's own argument
    ) -> Any:  # noqa: ANN401
        error = validate(configs, region, bucket, skip_destination_validation)
        functions = [each["arn"] for each in configs if each["type"] == "lambda"]
        asked = [] if skip_destination_validation else functions
        refusing = [arn for arn in asked if not may_invoke("s3.amazonaws.com", arn, f"arn:aws:s3:::{bucket}")]
        if error or not refusing:
            return error
        return s3._invalid_notification_config(  # noqa: SLF001
            f"Unable to validate the following destination configurations: {', '.join(refusing)}"
        )

    def deliver_notification(function: str, payload: dict[str, Any], region: str) -> None:
        bucket = payload["Records"][0]["s3"]["bucket"]["arn"]
        if may_invoke("s3.amazonaws.com", function, bucket):
            deliver(function, payload, region)

    def invoke_target(target: dict[str, Any], event: Any, rule: dict[str, Any], *rest: Any) -> None:  # noqa: ANN401
        arn = str(target.get("Arn", ""))
        if ":lambda:" not in arn or may_invoke("events.amazonaws.com", arn, str(rule["Arn"])):
            invoke(target, event, rule, *rest)

    s3._validate_notification_configs = validate_notifications  # noqa: SLF001
    s3._deliver_event_to_lambda = deliver_notification  # noqa: SLF001
    eventbridge._invoke_target = invoke_target  # noqa: SLF001
