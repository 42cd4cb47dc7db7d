"""Destroy an environment, after removing its protections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl.artifacts import package
from retailctl.console import require_confirmation
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, CloudName, Confirmed, EnvironmentName
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from retailctl.environments.target import Target

PIN = "terraform_data.environment_pin"


def destroy_environment(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
    *,
    lift_protection: Annotated[
        bool, typer.Option("--lift-protection", envvar="LIFT_PROTECTION", help="Delete protected tables too.")
    ] = False,
) -> None:
    """Destroy the environment after its name was typed.

    In a local cloud, full buckets and protected tables go too.
    """
    target = resolve_target(environment, cloud)
    require_confirmation(environment, f"destroying {environment} in {target.place}", confirmed)
    package.build_artifacts(target.project)  # Terraform reads the artifacts for a destroy too
    workspace = initialise_workspace(target)
    resources = terraform.list_resources(workspace)
    pins = [each for each in resources if each["address"] == PIN]
    for pin in pins:
        pinned = pin["values"].get("input")
        if pinned != environment:
            raise UserError(
                f"The state in environments/{environment}/backend.hcl is pinned to '{pinned}', "
                f"not to '{environment}'. Nothing was changed. Correct the backend's key."
            )
    remove_protection(target, resources, asked=lift_protection or target.cloud is not None)
    if pins:
        terraform.read_command_output(workspace, "state", "rm", PIN)
    terraform.run_with_progress(
        workspace, f"Destroying {environment}", "destroy", "-auto-approve", *workspace.arguments
    )


def remove_protection(target: Target, resources: list[dict[str, Any]], *, asked: bool) -> None:
    """Remove deletion protection and, in a local cloud, the buckets' objects.

    Raises:
        UserError: where ``asked`` is false, or a bucket in AWS is not empty; nothing is changed then.

    """
    tables = [
        each["values"]["name"]
        for each in resources
        if each["type"] == "aws_dynamodb_table" and each["values"].get("deletion_protection_enabled")
    ]
    pools = {
        each["values"]["name"]: each["values"]["id"]
        for each in resources
        if each["type"] == "aws_cognito_user_pool" and each["values"].get("deletion_protection") == "ACTIVE"
    }
    buckets = [
        each["values"]["bucket"]
        for each in resources
        if each["type"] == "aws_s3_bucket" and not each["values"].get("force_destroy")
    ]
    s3 = target.client("s3")
    full = [bucket for bucket in buckets if s3.list_object_versions(Bucket=bucket, MaxKeys=1).get("Versions")]
    if full and target.cloud is None:
        raise UserError(
            f"These buckets contain objects: {', '.join(full)}. Save the objects, empty the buckets, and try again."
        )
    if not asked:
        refuse_protected({"tables": tables, "user pools": list(pools)})
    for bucket in full:
        empty_bucket(s3, bucket)
    unprotect_tables(target, tables)
    for pool in pools.values():
        # This resets the pool's other settings, but the destroy deletes the pool next.
        target.client("cognito-idp").update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")


def refuse_protected(protected: Mapping[str, Collection[str]]) -> None:
    """Refuse to delete what is protected; ``protected`` has each kind's names.

    Raises:
        UserError: where there is anything.

    """
    those = "".join(
        f"These {kind} are protected against deletion: {', '.join(names)}. "
        for kind, names in protected.items()
        if names
    )
    if those:
        raise UserError(f"{those}If they are to go, add LIFT_PROTECTION=1 (--lift-protection).")


def unprotect_tables(target: Target, tables: Iterable[str]) -> None:
    """Take away the tables' protection against deletion."""
    for table in tables:
        target.client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=False)


def empty_bucket(s3: Any, bucket: str) -> None:  # noqa: ANN401 - boto3 makes its classes at run time
    """Delete every version of every object of ``bucket``."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if versions:
            keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
