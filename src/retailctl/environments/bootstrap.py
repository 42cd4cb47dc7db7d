"""One environment, applied to real AWS or to a local cloud: plan, destroy, and the bootstrap before them.

A command without `--cloud` means real AWS, reached with the ambient credentials.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from retailctl import project
from retailctl.artifacts import package
from retailctl.console import confirm, note
from retailctl.delivery import page
from retailctl.emulator import cloud as clouds
from retailctl.environments import ci_roles as ci
from retailctl.environments import generations
from retailctl.errors import UserError
from retailctl.options import AnyCloud, Confirmed, EnvironmentName
from retailctl.progress import step
from retailctl.terraform import workspace as terraform
from retailctl.terraform.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.emulator.cloud import Cloud
    from retailctl.environments.generations import Generations
    from retailctl.project import Project

PIN = "terraform_data.environment_pin"


@dataclass(frozen=True, slots=True)
class Target:
    """An environment and where it is applied."""

    project: Project
    environment: str
    cloud: Cloud | None
    """The local cloud, or None for real AWS."""

    @property
    def place(self) -> str:
        """Return where, in words."""
        return "AWS" if self.cloud is None else f"the local cloud '{self.cloud.name}'"

    @property
    def folder(self) -> Path:
        """Return the folder for Terraform's data of all environments in this place."""
        home = self.project.scratch / project.AWS if self.cloud is None else self.cloud.home
        return home / "terraform"

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment in which AWS tools reach this place, and no other."""
        if self.cloud is None:
            return dict(os.environ)
        return {
            **clouds.without_aws(os.environ),
            **self.cloud.environ(),
            "TF_VAR_local_cognito_url": self.cloud.endpoint,
            "AWS_MAX_ATTEMPTS": "5",  # the provider's 25 would wait minutes for an emulator that has died
            "NO_PROXY": "127.0.0.1",  # a proxy could not reach our loopback address
        }

    @property
    def region(self) -> str:
        """Return the region that the environment's values name."""
        return value(self.project.values(self.environment), "region")

    def client(self, service: str, **settings: Any) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client of ``service`` in this place; ``settings`` go before our own botocore settings."""
        if self.cloud is not None:
            return self.cloud.client(service, **settings)
        ours: dict[str, Any] = {
            "connect_timeout": 5,
            "read_timeout": 20,
            "retries": {"total_max_attempts": 3},
        }
        config = Config(**ours | settings)
        return boto3.client(service, region_name=self.region, config=config)  # type: ignore[call-overload]

    def _workspace(self, root: Path, data: Path, *arguments: str) -> Workspace:
        return Workspace(
            project=self.project,
            root=root,
            data=data,
            environ=self.environ,
            patient=self.cloud is None,
            temporary=None if self.cloud is None else self.cloud.home / "tmp",
            arguments=arguments,
        )

    def app(self) -> Workspace:
        """Return the root that is this environment."""
        values = [f"-var-file={self.project.values(self.environment)}"]
        if self.cloud is not None and self.generations_file.is_file():
            values.append(f"-var-file={self.generations_file}")
        return self._workspace(self.project.app, self.folder / self.environment / "app", *values)

    @property
    def generations_file(self) -> Path:
        """Return the file that says which generations stand; a local cloud may have its own."""
        if self.cloud is None:
            return self.project.values(self.environment)
        return self.folder / self.environment / generations.OWN_VALUES

    @property
    def pinned(self) -> set[str]:
        """Return the builds that a generation is pinned to here."""
        own = self.generations_file
        return generations.pinned_by(own if own.is_file() else self.project.values(self.environment))

    def generations(self) -> Generations:
        """Return which generations are to stand here.

        Raises:
            UserError: where the environment's values say it in no form that retailctl reads.

        """
        if self.cloud is not None and self.generations_file.is_file():
            return generations.read_own(self.generations_file)
        return generations.read(self.project.values(self.environment))

    def bootstrap(self) -> Workspace:
        """Return the root that makes the bucket of this environment's state."""
        backend = self.project.backend(self.environment)
        variables = [f"-var=state_bucket_name={self.state_bucket}", f"-var=region={value(backend, 'region')}"]
        return self._workspace(
            self.project.bootstrap, self.folder / "bootstrap", f"-state={self.bootstrap_state}", *variables
        )

    @property
    def neighbours(self) -> dict[str, str]:
        """Return the environments of the same account, whose states are in the same bucket, with their regions."""
        here = self.project
        backends = {name: here.backend(name) for name in here.environments}
        return {
            name: value(here.values(name), "region")
            for name, file in backends.items()
            if value(file, "bucket") == self.state_bucket
        }

    @property
    def bootstrap_state(self) -> Path:
        """Return the file of the bootstrap's own state, one for each bucket: accounts have one each."""
        folder = self.project.bootstrap if self.cloud is None else self.folder
        return folder / f"{self.state_bucket}.tfstate"

    @property
    def state_bucket(self) -> str:
        """Return the bucket that the environment's backend names."""
        return value(self.project.backend(self.environment), "bucket")

    def has_state_bucket(self) -> bool:
        """Say whether the bucket of the state exists.

        Raises:
            UserError: where it exists and does not let us in.

        """
        try:
            self.client("s3").head_bucket(Bucket=self.state_bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004 - HTTP's own number
                return False
            raise UserError(
                f"The bucket {self.state_bucket} for the state of {self.environment} is not open to these "
                f"credentials ({error.response['Error']['Code']}): use others, or name another bucket in "
                f"{project.shown(self.project.backend(self.environment))}."
            ) from None
        return True


def value(file: Path, name: str) -> str:
    """Return the text that ``file``, an environment's values or backend, gives ``name``.

    Raises:
        UserError: where it gives none.

    """
    match = (
        re.search(rf'^\s*{re.escape(name)}\s*=\s*"([^"]*)"', file.read_text(), re.MULTILINE)
        if file.is_file()
        else None
    )
    if match is None:
        raise UserError(f'{project.shown(file)} does not set {name}: add `{name} = "…"`.')
    return match[1]


def listed(file: Path, name: str) -> list[str]:
    """Return the texts of the list that ``file`` gives ``name`` on one line; none where it gives no such list."""
    match = re.search(rf"^\s*{re.escape(name)}\s*=\s*\[(.*)\]", file.read_text(), re.MULTILINE)
    return re.findall(r'"([^"]*)"', match[1]) if match else []


def account_of(target: Target) -> str:
    """Return the AWS account that the credentials belong to.

    Raises:
        UserError: where there are none, or AWS refuses them.

    """
    try:
        return str(target.client("sts").get_caller_identity()["Account"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise UserError(
            f"AWS refuses the credentials ({code}): log in again (`aws sso login`) or export fresh keys."
        ) from None
    except BotoCoreError as error:
        raise UserError(
            f"{target.environment} lives in AWS, and there are no credentials that reach it ({error}): log in "
            "(`aws sso login`) and set AWS_PROFILE, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
            "Without AWS, add CLOUD=local (--cloud local)."
        ) from None


def target_of(environment: str, cloud: str | None) -> Target:
    """Return where the operator means, having checked that it can be reached.

    Raises:
        UserError: where the environment is unknown, the local cloud is not running, or AWS takes no credentials.

    """
    here = project.find()
    here.check_environment(environment)
    terraform.program()
    target = Target(here, environment, clouds.load(cloud, here) if cloud else None)
    if target.cloud is None:
        note(f"{environment} in AWS account {account_of(target)}, region {target.region}")
    return target


def initialised(target: Target) -> Workspace:
    """Return the app's workspace, initialised with the environment's backend.

    Raises:
        UserError: where the bucket of the state is missing, or Terraform fails.

    """
    if not target.has_state_bucket():
        hint = f"make bootstrap ENV={target.environment}" if target.cloud is None else "make up"
        raise UserError(
            f"The bucket {target.state_bucket} for the state of {target.environment} does not exist in "
            f"{target.place}: make it with `{hint}`, once per account."
        )
    workspace = target.app()
    with step("Initialising Terraform"):
        # A local cloud's port, and so its backend, changes with every start.
        options = [] if target.cloud is None else ["-reconfigure"]
        backend = f"-backend-config={target.project.backend(target.environment)}"
        terraform.init(workspace, terraform.LOCKED, backend, *options)
    return ci.bounded(target, workspace)


def bootstrapped(target: Target, github_repository: str | None = None) -> None:
    """Make the bucket of the state where it does not exist, and the roles of a repository's workflows.

    Args:
        target: whose account is meant.
        github_repository: as owner/name; None: the one that has roles already, if any; empty: none any more.

    Raises:
        TerraformError: where that fails.

    """
    workspace = ci.with_roles(target, github_repository)
    with step("Initialising Terraform"):
        terraform.init(workspace, terraform.LOCKED)
    terraform.run_reported(
        workspace, "Making the bucket for the state", "apply", "-auto-approve", *workspace.arguments
    )


def plan(environment: EnvironmentName = "dev", cloud: AnyCloud = None) -> None:
    """Show what applying the environment would change."""
    target = target_of(environment, cloud)
    package.build(target.project)
    workspace = initialised(target)
    file = workspace.data / "run.tfplan"
    terraform.run_reported(workspace, f"Planning {environment}", "plan", f"-out={file}", *workspace.arguments)
    show(workspace, file)
    file.unlink()


def show(workspace: Workspace, plan_file: Path) -> None:
    """Print a plan to stdout, for people."""
    colour = [] if sys.stdout.isatty() else ["-no-color"]
    typer.echo(terraform.read(workspace, "show", *colour, str(plan_file)))


def put_up(target: Target, found: page.Page) -> None:
    """Put the page up, and say where it is."""
    published = page.deploy(target, found)
    url = found.url if target.cloud is None else page.serve(target.cloud, target.environment, found)
    note(f"The page is at {url} ({len(published.uploaded)} files sent, {len(published.kept)} were there).")


def deploy_site(environment: EnvironmentName = "dev", cloud: AnyCloud = None) -> None:
    """Put the page up as it is in this clone, and change nothing else."""
    target = target_of(environment, cloud)
    found = page.of(environment, terraform.outputs(initialised(target)))
    if found is None:
        hint = f"make {'up' if target.cloud else 'apply'} ENV={environment}"
        raise UserError(
            f"{environment} in {target.place} has no place for a page yet: bring it up to date with `{hint}`."
        )
    put_up(target, found)


def bootstrap(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    github_repository: Annotated[
        str | None,
        typer.Option(
            "--github-repository",
            envvar="GITHUB",
            help="owner/name: its workflows get roles to plan and apply by. They stay until '' is given.",
            show_default="as it is",
        ),
    ] = None,
) -> None:
    """Make the bucket that holds the state, and CI's roles, once per account."""
    target = target_of(environment, cloud)
    if target.has_state_bucket() and not target.bootstrap_state.is_file():
        if github_repository is not None:
            raise UserError(
                f"The bucket {target.state_bucket} was made elsewhere: CI's roles belong to the same state. "
                f"Run this where {project.shown(target.bootstrap_state)} is, or bring that file here."
            )
        note(f"The bucket {target.state_bucket} exists already, made elsewhere: there is nothing to do.")
        return
    bootstrapped(target, github_repository)
    for environment_of, (plan_role, apply_role) in ci.roles(target).items():
        note(f"{environment_of}: {plan_role} plans, {apply_role} applies.")


def destroy(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    confirmed: Confirmed = None,
    *,
    lift_protection: Annotated[
        bool, typer.Option("--lift-protection", envvar="LIFT_PROTECTION", help="Delete protected tables too.")
    ] = False,
) -> None:
    """Destroy the environment, after its name was typed; a local cloud's protected tables and full buckets too."""
    target = target_of(environment, cloud)
    confirm(environment, f"destroying {environment} in {target.place}", confirmed)
    package.build(target.project)  # Terraform reads the values, and so the artifacts, for a destroy too
    workspace = initialised(target)
    resources = terraform.resources(workspace)
    pins = [each for each in resources if each["address"] == PIN]
    for pin in pins:
        pinned = pin["values"].get("input")
        if pinned != environment:
            raise UserError(
                f"The state that environments/{environment}/backend.hcl names is pinned to '{pinned}', "
                f"not to '{environment}': nothing was changed. Correct the backend's key."
            )
    lift(target, resources, asked=lift_protection or target.cloud is not None)
    if pins:
        terraform.read(workspace, "state", "rm", PIN)
    terraform.run_reported(
        workspace, f"Destroying {environment}", "destroy", "-auto-approve", *workspace.arguments
    )


def lift(target: Target, resources: list[dict[str, Any]], *, asked: bool) -> None:
    """Take away what would stop a destroy half-way: deletion protection and, in a local cloud, objects in buckets.

    Raises:
        UserError: before anything is changed, where that was not asked for, or a bucket in AWS is not empty.

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
            f"These buckets still hold objects: {', '.join(full)}. Save and empty them, then destroy."
        )
    protected = {"tables": tables, "user pools": list(pools)}
    if any(protected.values()) and not asked:
        those = "".join(
            f"These {what} are protected against deletion: {', '.join(names)}. "
            for what, names in protected.items()
            if names
        )
        raise UserError(f"{those}If they are to go, add LIFT_PROTECTION=1 (--lift-protection).")
    for bucket in full:
        empty(s3, bucket)
    for table in tables:
        target.client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=False)
    for pool in pools.values():
        # Sets all else of the pool to its defaults, which the destroy takes away at once.
        target.client("cognito-idp").update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")


def empty(s3: Any, bucket: str) -> None:  # noqa: ANN401 - boto3 makes its classes at run time
    """Delete every version of every object of ``bucket``."""
    for listed_versions in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [*listed_versions.get("Versions", []), *listed_versions.get("DeleteMarkers", [])]
        if versions:
            keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
