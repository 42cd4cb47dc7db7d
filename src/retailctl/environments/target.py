"""An environment and its place: AWS or a local cloud."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from retailctl import project
from retailctl.console import print_note
from retailctl.emulator import cloud as clouds
from retailctl.environments import generations
from retailctl.errors import CloudNotRunning, UserError
from retailctl.http import LOOPBACK, check_address
from retailctl.options import AWS, format_make, format_retailctl
from retailctl.terraform import installation
from retailctl.terraform.settings import list_ignored, select_settings
from retailctl.terraform.tfvars import read_value, read_values
from retailctl.terraform.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retailctl.emulator.cloud import Cloud
    from retailctl.environments.generations import FoldedView, Generations, PinnedBuild
    from retailctl.project import Project


_STATE_SETTINGS = {
    "AWS_DYNAMODB_ENDPOINT",
    "AWS_IAM_ENDPOINT",
    "AWS_S3_ENDPOINT",
    "AWS_SSE_CUSTOMER_KEY",
    "AWS_SSO_ENDPOINT",
    "AWS_STS_ENDPOINT",
}
"""What Terraform's S3 backend reads beside the endpoints that all AWS tools know.

Source: https://developer.hashicorp.com/terraform/language/backend/s3.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """An environment and the place where it is applied."""

    project: Project
    environment: str
    cloud: Cloud | None
    """The local cloud, or None for AWS."""

    @property
    def place(self) -> str:
        """Return the name of the place for messages."""
        return "AWS" if self.cloud is None else f"the local cloud '{self.cloud.name}'"

    @property
    def cloud_name(self) -> str:
        """Return what ``--cloud`` says for this place."""
        return AWS if self.cloud is None else self.cloud.name

    @property
    def update_command(self) -> str:
        """Return the command that applies this environment here."""
        return format_make("apply" if self.cloud is None else "up", self.environment, self.cloud_name)

    def format_command(self, command: str) -> str:
        """Return a command of retailctl that acts on this environment here, for messages."""
        return format_retailctl(command, self.environment, self.cloud_name)

    @property
    def selection(self) -> str:
        """Return this target's options, for the commands in messages."""
        return f"--env {self.environment} --cloud {self.cloud_name}"

    @property
    def folder(self) -> Path:
        """Return the folder of Terraform's data for this place."""
        home = self.project.scratch / AWS if self.cloud is None else self.cloud.home
        return home / "terraform"

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment in which AWS tools reach this place only.

        Raises:
            UserError: where the shell has settings that would lead Terraform elsewhere.

        """
        environ = select_settings(os.environ)
        if self.cloud is None:
            check_aws_settings(environ)
            return environ
        return {
            **clouds.remove_aws_settings(environ),
            **self.cloud.build_environ(),
            "TF_VAR_local_cognito_url": self.cloud.endpoint,
            "AWS_MAX_ATTEMPTS": "5",  # the provider's 25 attempts would take minutes if the emulator had died
            "NO_PROXY": "127.0.0.1",  # a proxy cannot reach the loopback interface
        }

    @property
    def region(self) -> str:
        """Return the region in the environment's values."""
        return read_value(self.project.values_file(self.environment), "region")

    def client(self, service: str, **settings: Any) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client for this place; ``settings`` override our own."""
        if self.cloud is not None:
            return self.cloud.client(service, **settings)
        ours: dict[str, Any] = {
            "connect_timeout": 5,
            "read_timeout": 20,
            "retries": {"total_max_attempts": 3},
        }
        config = Config(**ours | settings)
        return boto3.client(service, region_name=self.region, config=config)  # type: ignore[call-overload]

    def _build_workspace(self, root: Path, data: Path, *arguments: str) -> Workspace:
        return Workspace(
            project=self.project,
            root=root,
            data=data,
            environ=self.environ,
            environment=self.environment,
            cloud=self.cloud_name,
            temporary=None if self.cloud is None else self.cloud.home / "tmp",
            arguments=arguments,
        )

    def build_app_workspace(self) -> Workspace:
        """Return the workspace of the app root for this environment."""
        values = [f"-var-file={self.project.values_file(self.environment)}"]
        if self.cloud is not None and self.generations_file.is_file():
            values.append(f"-var-file={self.generations_file}")
        return self._build_workspace(self.project.app, self.folder / self.environment / "app", *values)

    @property
    def generations_file(self) -> Path:
        """Return the generations' file; a local cloud may have its own."""
        if self.cloud is None:
            return self.project.values_file(self.environment)
        return self.folder / self.environment / generations.OWN_VALUES

    @property
    def pinned(self) -> set[PinnedBuild]:
        """Return the builds to which generations are pinned here."""
        return {
            build
            for view in generations.VIEWS
            for build in generations.read_pinned_builds(self._find_generations(view), view)
        }

    def read_generations(self, view: FoldedView) -> Generations:
        """Return the generations of a view that this environment is to have.

        Raises:
            UserError: where the environment's values do not say it.

        """
        file = self._find_generations(view)
        if file.name == generations.OWN_VALUES:
            return generations.read_local_generations(file, view)
        return generations.read_generations(file, view)

    def _find_generations(self, view: FoldedView) -> Path:
        """Return the file that lists a view's generations.

        A local cloud may list those of one view only.
        """
        own = self.generations_file
        is_own = self.cloud is not None and generations.has_local_generations(own, view)
        return own if is_own else self.project.values_file(self.environment)

    def build_bootstrap_workspace(self) -> Workspace:
        """Return the workspace of the root that creates the state bucket."""
        backend = self.project.backend_file(self.environment)
        variables = [
            f"-var=state_bucket_name={self.state_bucket}",
            f"-var=region={read_value(backend, 'region')}",
        ]
        return self._build_workspace(
            self.project.bootstrap, self.folder / "bootstrap", f"-state={self.bootstrap_state}", *variables
        )

    @property
    def neighbours(self) -> dict[str, str]:
        """Return the regions of all environments whose states are in the same bucket."""
        here, bucket = self.project, self.state_bucket
        return {
            name: read_value(here.values_file(name), "region")
            for name in here.environments
            if self._find_state_place(name)["bucket"] == bucket
        }

    @property
    def bootstrap_state(self) -> Path:
        """Return the file of the bootstrap's own state; there is one per bucket."""
        folder = self.project.bootstrap if self.cloud is None else self.folder
        return folder / f"{self.state_bucket}.tfstate"

    @property
    def state_bucket(self) -> str:
        """Return the bucket that keeps the environment's state."""
        return self._find_state_place(self.environment)["bucket"]

    @property
    def backend_options(self) -> list[str]:
        """Return the options of `terraform init` that say where the state is."""
        place = self._find_state_place(self.environment)
        return [
            f"-backend-config={self.project.backend_file(self.environment)}",
            *(f"-backend-config={name}={value}" for name, value in place.items()),
        ]

    def _find_state_place(self, environment: str) -> dict[str, str]:
        """Return bucket and key of an environment's state; its backend file may name others than the project's."""
        name = self.project.name
        place = {"bucket": f"{name}-terraform-state", "key": f"{name}/{environment}/terraform.tfstate"}
        values = read_values(self.project.backend_file(environment))
        return {key: str(values.get(key, value)) for key, value in place.items()}

    @property
    def lock_key(self) -> str:
        """Return the key of the S3 backend's lock object."""
        return f"{self._find_state_place(self.environment)['key']}.tflock"

    def has_state_bucket(self) -> bool:
        """Say whether the state bucket exists.

        Raises:
            UserError: where the credentials may not access it.

        """
        try:
            self.client("s3").head_bucket(Bucket=self.state_bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004 - HTTP's number
                return False
            raise UserError(
                f"These credentials may not access the bucket {self.state_bucket} for the state of "
                f"{self.environment} ({error.response['Error']['Code']}): use others, or name another bucket in "
                f"{project.format_path(self.project.backend_file(self.environment))}."
            ) from None
        return True


def read_account_id(target: Target) -> str:
    """Return the AWS account of the credentials.

    Raises:
        UserError: where there are no valid ones.

    """
    try:
        return str(target.client("sts").get_caller_identity()["Account"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise UserError(
            f"AWS refuses the credentials ({code}): log in again (`aws sso login`) or export fresh keys."
        ) from None
    except (NoConnection, HTTPClientError):
        raise  # the credentials are not to blame
    except BotoCoreError as error:
        raise UserError(
            f"{target.environment} is in AWS, and there are no credentials for it ({error}): log in "
            "(`aws sso login`) and set AWS_PROFILE, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. "
            "Without AWS, add CLOUD=local (--cloud local)."
        ) from None


def check_shell() -> None:
    """Print which Terraform settings of the shell have no effect.

    Raises:
        UserError: where some could change what is planned.

    """
    ignored = list_ignored(os.environ)
    if ignored:
        print_note(
            f"Ignored in this shell: {', '.join(ignored)}. An environment's values are in environments/."
        )


def check_addresses(environ: Mapping[str, str]) -> None:
    """Check the addresses for AWS tools, since boto3 names no wrong one.

    Raises:
        UserError: naming a malformed one.

    """
    for name, value in sorted(environ.items()):
        if name.startswith("AWS_ENDPOINT_URL") and value:
            try:
                check_address(value)
            except ValueError as error:
                raise UserError(
                    f"{name} in this shell is {value!r}, a malformed address ({error}): correct it, or unset it."
                ) from None


def check_aws_settings(environ: Mapping[str, str]) -> None:
    """Check that no address leads calls to AWS elsewhere.

    A local cloud's exports do that.

    Raises:
        UserError: naming the settings.

    """
    check_addresses(environ)
    stands_in = environ.get("RETAIL_AWS_STAND_IN") == "1"  # an emulator is meant to be taken for AWS
    wrong = [
        name
        for name, value in sorted(environ.items())
        if (name.startswith("AWS_ENDPOINT_URL") and urlsplit(value).hostname in LOOPBACK and not stands_in)
        or name in _STATE_SETTINGS
    ]
    if wrong:
        raise UserError(
            f"{', '.join(wrong)} in this shell would lead calls elsewhere than to AWS: unset them, or name the "
            "local cloud with CLOUD (--cloud)."
        )


def resolve_target(environment: str, cloud: str | None) -> Target:
    """Return a command's target, checked to be reachable; None means AWS too.

    Raises:
        UserError: where the environment is unknown, the local cloud is not running, or there are no credentials.

    """
    here = project.find_project()
    here.check_environment(environment)
    check_shell()
    installation.find_terraform()
    try:
        running = None if cloud in {None, AWS} else clouds.load_cloud(str(cloud), here)
    except CloudNotRunning as error:
        raise CloudNotRunning(f"{error} Name AWS with --cloud {AWS}.") from None
    target = Target(here, environment, running)
    if target.cloud is None:
        check_aws_settings(os.environ)
        print_note(f"{environment} in AWS account {read_account_id(target)}, region {target.region}")
    return target
