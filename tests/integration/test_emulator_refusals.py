"""What AWS refuses, or makes otherwise, and MiniStack would take as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from support import bare_emulator

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

KEEPS_NOTHING = {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "refusals") as cloud:
        yield cloud


# Cache policies


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


def test_compression_is_refused_where_nothing_is_kept(cloud: Cloud) -> None:
    cloudfront = cloud.client("cloudfront")

    with pytest.raises(
        ClientError, match="EnableAcceptEncodingGzip is invalid for policy with caching disabled"
    ):
        cloudfront.create_cache_policy(CachePolicyConfig=cache_policy("nothing", 0))
    assert cloudfront.create_cache_policy(CachePolicyConfig=cache_policy("a-second", 1))["CachePolicy"]["Id"]


# User pools


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
