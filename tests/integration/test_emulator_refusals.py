"""What AWS refuses, or makes otherwise, and MiniStack would take as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from retailctl.emulator.refusals import find_cache_policy_fault, is_beyond_tier
from support import bare_emulator

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

KEEPS_NOTHING = {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
BARE = {
    "EnableAcceptEncodingGzip": False,
    "EnableAcceptEncodingBrotli": False,
    "HeaderBehavior": "none",
    "CookieBehavior": "none",
    "QueryStringBehavior": "none",
}

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "refusals") as cloud:
        yield cloud


# Cache policies


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EnableAcceptEncodingGzip", True),
        ("EnableAcceptEncodingBrotli", True),
        ("HeaderBehavior", "whitelist"),
        ("CookieBehavior", "all"),
        ("QueryStringBehavior", "all"),
    ],
)
def test_a_policy_that_keeps_nothing_has_nothing_in_its_key(name: str, value: object) -> None:
    set_to = {**BARE, name: value}

    assert find_cache_policy_fault({**KEEPS_NOTHING, "Parameters": set_to}) == name
    assert find_cache_policy_fault({**KEEPS_NOTHING, "MaxTTL": 1, "Parameters": set_to}) == ""


def test_a_policy_that_keeps_nothing_is_right_where_it_asks_for_nothing() -> None:
    assert find_cache_policy_fault({**KEEPS_NOTHING, "Parameters": BARE}) == ""
    assert find_cache_policy_fault({"MinTTL": 0}) == ""


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


@slow
def test_compression_is_refused_where_nothing_is_kept(cloud: Cloud) -> None:
    cloudfront = cloud.client("cloudfront")

    with pytest.raises(
        ClientError, match="EnableAcceptEncodingGzip is invalid for policy with caching disabled"
    ):
        cloudfront.create_cache_policy(CachePolicyConfig=cache_policy("nothing", 0))
    assert cloudfront.create_cache_policy(CachePolicyConfig=cache_policy("a-second", 1))["CachePolicy"]["Id"]


# User pools


def test_a_tier_decides_over_one_flow_only() -> None:
    assert is_beyond_tier("LITE", ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"])
    assert not is_beyond_tier("LITE", ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"])
    assert not is_beyond_tier("ESSENTIALS", ["ALLOW_USER_AUTH"])


@slow
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


@slow
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
