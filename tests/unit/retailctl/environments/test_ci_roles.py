"""The roles of CI, as `retailctl` asks for them and finds their boundary."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from retailctl.environments import ci_roles
from retailctl.errors import UserError
from retailctl.project import Project
from retailctl.terraform.workspace import Workspace

BOUNDARY = "arn:aws:iam::111122223333:policy/hello-retail-dev-boundary"


@dataclass
class Account:
    """An AWS account, as far as this goes, and the target in it."""

    folder: Path
    policies: set[str] = field(default_factory=set)
    refuses: bool = False
    cloud: None = None
    environment: str = "dev"
    project: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(name="hello-retail"))

    @property
    def bootstrap_state(self) -> Path:
        return self.folder / "bucket.tfstate"

    @property
    def neighbours(self) -> dict[str, str]:
        return {"dev": "us-east-1", "staging": "eu-west-1"}

    def build_bootstrap_workspace(self) -> Workspace:
        return workspace(self.folder)

    def client(self, _service: str) -> Account:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111122223333"}

    def get_policy(self, *, PolicyArn: str) -> None:
        if self.refuses or PolicyArn not in self.policies:
            code = "AccessDenied" if self.refuses else "NoSuchEntity"
            raise ClientError({"Error": {"Code": code}}, "GetPolicy")

    def remembers(self, **outputs: Any) -> None:
        state = {"outputs": {name: {"value": value} for name, value in outputs.items()}}
        self.bootstrap_state.write_text(json.dumps(state))


def workspace(folder: Path, **environ: str) -> Workspace:
    return Workspace(Project(folder), folder, folder, environ)


@pytest.fixture
def account(tmp_path: Path) -> Any:
    return Account(tmp_path)


def asked(account: Any, repository: str | None) -> str | None:
    return ci_roles.prepare_bootstrap(account, repository).environ.get("TF_VAR_github_repository")


def test_roles_are_asked_for_the_repository_that_is_named(account: Any) -> None:
    assert asked(account, "octo/shop") == "octo/shop"


def test_without_a_repository_there_are_no_roles(account: Any) -> None:
    assert asked(account, None) is None


def test_roles_that_are_there_stay_until_nobodys_are_asked_for(account: Any) -> None:
    account.remembers(github_repository="octo/shop")

    assert asked(account, None) == "octo/shop"
    assert asked(account, "octo/other") == "octo/other"
    assert asked(account, "") is None


def test_roles_are_made_for_the_environments_of_the_account(account: Any) -> None:
    environ = ci_roles.prepare_bootstrap(account, "octo/shop").environ

    assert json.loads(environ["TF_VAR_environments"]) == {"dev": "us-east-1", "staging": "eu-west-1"}


def test_the_roles_are_told_by_environment(account: Any) -> None:
    account.remembers(plan_role_arns={"dev": "arn:plan"}, apply_role_arns={"dev": "arn:apply"})

    assert ci_roles.read_role_arns(account) == {"dev": ("arn:plan", "arn:apply")}


def test_a_bootstrap_that_knows_of_no_roles_has_none(account: Any) -> None:
    account.remembers(state_bucket="bucket")

    assert ci_roles.read_role_arns(account) == {}


def test_roles_carry_the_boundary_where_there_is_one(account: Any, tmp_path: Path) -> None:
    account.policies = {BOUNDARY}

    assert (
        ci_roles.add_permissions_boundary(account, workspace(tmp_path)).environ[ci_roles.BOUNDARY] == BOUNDARY
    )


def test_roles_carry_no_boundary_where_there_is_none(account: Any, tmp_path: Path) -> None:
    assert ci_roles.BOUNDARY not in ci_roles.add_permissions_boundary(account, workspace(tmp_path)).environ


def test_a_boundary_that_is_named_is_not_looked_for(account: Any, tmp_path: Path) -> None:
    account.refuses = True
    given = workspace(tmp_path, **{ci_roles.BOUNDARY: "arn:mine"})

    assert ci_roles.add_permissions_boundary(account, given) == given


def test_who_may_not_see_whether_there_is_a_boundary_is_told_what_to_do(account: Any, tmp_path: Path) -> None:
    account.refuses = True

    with pytest.raises(
        UserError, match=r"allow iam:GetPolicy on arn:aws:iam::111122223333:policy/hello-retail"
    ):
        ci_roles.add_permissions_boundary(account, workspace(tmp_path))


def test_a_bootstrap_that_was_killed_at_its_start_has_no_outputs_yet(account: Any) -> None:
    account.bootstrap_state.write_text("")

    assert ci_roles.read_role_arns(account) == {}


def test_a_state_that_was_not_written_to_its_end_is_a_sentence_with_the_remedy(account: Any) -> None:
    account.bootstrap_state.write_text('{"outputs": {')

    with pytest.raises(UserError, match=r"is not whole: .* Copy .*\.tfstate\.backup over it\."):
        ci_roles.read_role_arns(account)
