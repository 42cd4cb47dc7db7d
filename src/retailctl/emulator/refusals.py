"""Make MiniStack refuse or change requests as AWS does.

Each rule names its source.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_USERNAME = 128
LONGEST_ATTRIBUTE = 2048

_BIRTHDATE = {"MinLength": "10", "MaxLength": "10"}
"""The fixed bounds of the standard attribute.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html ("Value must be
a valid 10 character date in the format YYYY-MM-DD").
"""
_REQUIRED_KEY_PARAMETERS = {
    "EnableAcceptEncodingGzip": False,
    "EnableAcceptEncodingBrotli": False,
    "HeaderBehavior": "none",
    "CookieBehavior": "none",
    "QueryStringBehavior": "none",
}
"""The required parameters of a cache policy with caching disabled.

Source: the errors of CloudFront, "The parameter EnableAcceptEncodingGzip is invalid for policy with caching
disabled" and similar for the others: https://github.com/pulumi/docs/pull/18475.
"""


def find_cache_policy_fault(policy: Mapping[str, Any]) -> str:
    """Return what a ``policy`` with caching disabled must not set, or ""."""
    if any(policy.get(ttl, 0) for ttl in ("MinTTL", "DefaultTTL", "MaxTTL")):
        return ""
    parameters = policy.get("Parameters", {})
    return next(
        (name for name, off in _REQUIRED_KEY_PARAMETERS.items() if parameters.get(name, off) != off), ""
    )


def is_beyond_tier(tier: str, auth_flows: Sequence[str]) -> bool:
    """Say whether a user pool of ``tier`` lacks one of ``auth_flows``.

    Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
    (ALLOW_USER_AUTH: "your user pool must be in the Essentials tier or higher").
    """
    return tier == "LITE" and "ALLOW_USER_AUTH" in auth_flows


def find_account_fault(request: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the error with which Cognito refuses a request's texts: its code and its message.

    Half a surrogate pair is no text. Sources of the other rules:
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html (Username)
    and, in the place of its last part, API_AttributeType.html (Value).
    """
    try:
        json.dumps(request, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "SerializationException", "The request is not valid Unicode."
    username = str(request.get("Username") or "")
    values = [str(each.get("Value", "")) for each in request.get("UserAttributes") or []]
    faults = {
        f"'username' must have length less than or equal to {LONGEST_USERNAME}": len(username)
        > LONGEST_USERNAME,
        r"'username' must satisfy the pattern [\p{L}\p{M}\p{S}\p{N}\p{P}]+": any(
            unicodedata.category(character)[0] not in "LMSNP" for character in username
        ),
        f"'userAttributes' must have length less than or equal to {LONGEST_ATTRIBUTE}": any(
            len(value) > LONGEST_ATTRIBUTE for value in values
        ),
    }
    found = next((fault for fault, is_there in faults.items() if is_there), None)
    return ("InvalidParameterException", f"1 validation error detected: Value at {found}") if found else None


def lets_eventbridge_send(key_policy: str, topic: str) -> bool:
    """Say whether ``key_policy`` lets EventBridge use the key of the encrypted ``topic``.

    EventBridge sends the topic as encryption context, but neither aws:SourceAccount nor aws:SourceArn. Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html.
    """
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy  # noqa: PLC0415

    service = "events.amazonaws.com"
    keys = {"kms:encryptioncontext:aws:sns:topicarn": topic}
    requests = [
        EvalContext(service, "AWSService", "", action, "*", topic.split(":")[3], service_context=keys)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    ]
    return all(evaluate_resource_policy(key_policy, each, service).decision == "Allow" for each in requests)


def patch_emulator() -> None:
    """Make the emulator in this process refuse what AWS refuses."""
    from ministack.core.responses import error_response_json  # noqa: PLC0415 - importing it starts half of it
    from ministack.services import cloudfront, cognito, eventbridge  # noqa: PLC0415

    parse = cloudfront._parse_cache_policy_config  # noqa: SLF001
    normalize = cognito._normalize_schema_attribute  # noqa: SLF001
    send_to_topic = eventbridge._dispatch_to_sns  # noqa: SLF001
    dispatch = cognito._dispatch_idp  # noqa: SLF001
    create, update = cognito._create_user_pool_client, cognito._update_user_pool_client  # noqa: SLF001

    def parse_cache_policy(element: Any) -> Any:  # noqa: ANN401
        policy, error = parse(element)
        if policy and (fault := find_cache_policy_fault(policy)):
            message = f"The parameter {fault} is invalid for policy with caching disabled."
            return None, cloudfront._error("InvalidArgument", message, 400)  # noqa: SLF001
        return policy, error

    def normalize_attribute(raw: dict[str, Any]) -> dict[str, Any]:
        attribute: dict[str, Any] = normalize(raw)
        if attribute["Name"] == "birthdate":
            attribute["StringAttributeConstraints"] = dict(_BIRTHDATE)
        return attribute

    def check_tier(call: Any) -> Any:  # noqa: ANN401
        def client(data: dict[str, Any]) -> Any:  # noqa: ANN401
            pool, _ = cognito._resolve_pool(data.get("UserPoolId"))  # noqa: SLF001
            tier = cognito._user_pool_tier(pool) if pool else ""  # noqa: SLF001
            if is_beyond_tier(tier, data.get("ExplicitAuthFlows") or []):
                message = f"ALLOW_USER_AUTH is not available in the {tier} tier."
                return error_response_json("FeatureUnavailableInTierException", message, 400)
            return call(data)

        return client

    async def dispatch_account(action: str, data: dict[str, Any]) -> Any:  # noqa: ANN401
        fault = find_account_fault(data)
        return error_response_json(*fault, 400) if fault else await dispatch(action, data)

    def dispatch_to_sns(topic: str, payload: Any) -> None:  # noqa: ANN401
        policy = _read_key_policy(topic)
        if policy is None or lets_eventbridge_send(policy, topic):
            send_to_topic(topic, payload)

    cloudfront._parse_cache_policy_config = parse_cache_policy  # noqa: SLF001
    cognito._normalize_schema_attribute = normalize_attribute  # noqa: SLF001
    cognito._dispatch_idp = dispatch_account  # noqa: SLF001
    cognito._create_user_pool_client = check_tier(create)  # noqa: SLF001
    cognito._update_user_pool_client = check_tier(update)  # noqa: SLF001
    eventbridge._dispatch_to_sns = dispatch_to_sns  # noqa: SLF001


def _read_key_policy(topic: str) -> str | None:
    """Return the policy of a topic's key; None if it does not exist."""
    from ministack.services import kms, sns  # noqa: PLC0415

    key_id = str((sns._topics.get(topic) or {}).get("attributes", {}).get("KmsMasterKeyId") or "")  # noqa: SLF001
    key = kms._resolve_key(key_id) if key_id else None  # noqa: SLF001
    return str(key["Policy"]) if key else None
