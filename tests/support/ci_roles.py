"""A job of GitHub's as AWS sees it: a token that says who it is, and the role that it takes on by that.

The token is made up. The emulator checks what it says against the role's trust, and not who signed it.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import replace

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from retailctl import project
from retailctl.emulator.cloud import Cloud
from support.names import PROJECT

REPOSITORY = "octo@1234/shop@5678"
ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


def token(subject: str, *, audience: str = AUDIENCE, issuer: str = ISSUER) -> str:
    """Return a token that says what GitHub's would."""
    said = {"iss": issuer, "aud": audience, "sub": subject}
    parts = ({"alg": "RS256", "typ": "JWT"}, said, {"signed by": "nobody"})
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    )


def role_arn(cloud: Cloud, environment: str, what: str) -> str:
    return f"arn:aws:iam::{cloud.account_id}:role/{PROJECT}-{environment}-{what}"


def taken_on(cloud: Cloud, role: str, made_up: str) -> Cloud:
    """Return the cloud as it is to a job that takes on ``role`` with the token ``made_up``.

    Raises:
        ClientError: AccessDenied, where the role does not trust the token.

    """
    sts = boto3.client(
        "sts",
        endpoint_url=cloud.endpoint,
        region_name=cloud.region,
        config=Config(signature_version=UNSIGNED, proxies={}),
    )
    answer = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="job", WebIdentityToken=made_up)
    keys = answer["Credentials"]
    return replace(
        cloud,
        access_key_id=keys["AccessKeyId"],
        secret_access_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )


def all_are_there(cloud: Cloud) -> bool:
    """Say whether the last of what the bootstrap makes for CI is made."""
    iam = cloud.client("iam")
    wanted = Counter(
        f"{PROJECT}-{each}-{role}"
        for each in project.find_project().environments
        for role in ("plan", "apply")
    )
    attached = {}
    for role in wanted:
        try:
            attached[role] = len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"])
        except ClientError:
            return False
    made = {each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]}
    return all(
        count > 0 and count == sum(policy.startswith(f"{role}-") for policy in made)
        for role, count in attached.items()
    )


def planning(cloud: Cloud, environment: str) -> Cloud:
    """Return the cloud as a pull request's job sees it."""
    subject = f"repo:{REPOSITORY}:pull_request"
    return taken_on(cloud, role_arn(cloud, environment, "plan"), token(subject))


def applying(cloud: Cloud, environment: str) -> Cloud:
    """Return the cloud as a job of the GitHub environment sees it."""
    subject = f"repo:{REPOSITORY}:environment:{environment}"
    return taken_on(cloud, role_arn(cloud, environment, "apply"), token(subject))
