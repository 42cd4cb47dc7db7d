"""`retailctl bootstrap`: for whom CI's roles are made, and what is to be set in the repository."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from retailctl.environments import bootstrap, ci_roles
from retailctl.errors import UserError

WITH_IDS = "octo@1234/shop@5678"
GH = """#!{python}
import sys
from pathlib import Path
assert sys.argv[1:] == ["api", "repos/octo/shop/actions/oidc/customization/sub"], sys.argv
answer = Path({answer!r})
sys.exit("HTTP 404: Not Found") if not answer.exists() else print(answer.read_text())
"""


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which GitHub's answer stands; without it, GitHub refuses."""
    program, answer = tmp_path / "bin" / "gh", tmp_path / "answer.json"
    program.parent.mkdir()
    program.write_text(GH.format(python=sys.executable, answer=str(answer)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return answer


@dataclass
class Account:
    """An AWS account before its bootstrap, and whom roles were made for in it."""

    folder: Path
    cloud: str | None = None
    asked: list[str | None] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)

    @property
    def bootstrap_state(self) -> Path:
        return self.folder / "bucket.tfstate"

    def has_state_bucket(self) -> bool:
        return False

    def apply(self, _target: Any, repository: str | None) -> None:
        self.asked.append(repository)
        remember(self.bootstrap_state, self.roles)


def remember(state: Path, roles: dict[str, str]) -> None:
    """Write a bootstrap's state with the roles that plan, and as many that apply."""
    outputs = {"plan_role_arns": {"value": roles}, "apply_role_arns": {"value": roles}}
    state.write_text(json.dumps({"outputs": outputs}))


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    found = Account(tmp_path)
    monkeypatch.setattr(bootstrap, "resolve_target", lambda *_: found)
    monkeypatch.setattr(bootstrap, "apply_bootstrap", found.apply)
    return found


def told(**answer: Any) -> str:
    return json.dumps({"use_default": True, **answer})


# As GitHub's tokens name it


def test_github_says_how_its_tokens_name_a_repository(github: Path, account: Account) -> None:
    github.write_text(told(use_immutable_subject=False, sub_claim_prefix=f"repo:{WITH_IDS}"))

    bootstrap.bootstrap_account(github_repository="octo/shop")

    assert account.asked == [WITH_IDS]


@pytest.mark.parametrize("answer", [told(sub_claim_prefix="repo:octo/shop"), told()])
def test_a_repository_of_before_keeps_its_plain_name(github: Path, answer: str) -> None:
    github.write_text(answer)

    assert ci_roles.find_token_name("octo/shop") == "octo/shop"


@pytest.mark.parametrize(("given", "name"), [(WITH_IDS, WITH_IDS), ("repo:octo/shop", "octo/shop")])
def test_a_name_as_a_token_has_it_is_taken_as_it_is(github: Path, given: str, name: str) -> None:
    assert ci_roles.find_token_name(given) == name


def test_subjects_of_another_form_are_refused_with_the_way_back(github: Path, account: Account) -> None:
    github.write_text(told(use_default=False, include_claim_keys=["repo", "actor"]))

    with pytest.raises(UserError, match=r"gh api -X PUT repos/octo/shop/actions/oidc/customization/sub"):
        bootstrap.bootstrap_account(github_repository="octo/shop")
    assert account.asked == []


def test_where_github_says_nothing_and_nobody_is_there_it_is_a_sentence(
    github: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    with pytest.raises(
        UserError, match=r"HTTP 404: Not Found.* GITHUB=<owner>@<id>/<name>@<id>, or GITHUB=repo:"
    ):
        bootstrap.bootstrap_account(github_repository="octo/shop")
    assert account.asked == []


class Terminal(io.StringIO):
    """Somebody at a terminal, and what they type."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["octo/shop", WITH_IDS])
def test_where_github_says_nothing_the_operator_is_asked(
    github: Path, account: Account, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))

    bootstrap.bootstrap_account(github_repository="octo/shop")

    assert account.asked == [typed]


@pytest.mark.parametrize("typed", ["octo/other", "octo@1/shop", "octo/*", "mallory@1/shop@2"])
def test_an_answer_that_names_another_repository_changes_nothing(
    github: Path, account: Account, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))

    with pytest.raises(UserError, match="does not name octo/shop: nothing was changed"):
        bootstrap.bootstrap_account(github_repository="octo/shop")
    assert account.asked == []


@pytest.mark.parametrize("repository", [None, ""])
def test_without_a_repository_github_is_not_asked(
    github: Path, account: Account, repository: str | None
) -> None:
    bootstrap.bootstrap_account(github_repository=repository)

    assert account.asked == [repository]


def test_a_local_clouds_tokens_are_made_up_so_github_is_not_asked(github: Path, account: Account) -> None:
    account.cloud = "local"

    bootstrap.bootstrap_account(github_repository="octo/shop")

    assert account.asked == ["octo/shop"]


# What is to be set in the repository


def test_the_roles_that_plan_are_told_whole_with_one_account_an_environment(
    github: Path, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(account.folder / "of-dev.tfstate", {"dev": "arn:dev"})
    remember(account.folder / "of-staging.tfstate", {"staging": "arn:staging"})
    account.roles = {"prod": "arn:prod"}

    bootstrap.bootstrap_account("prod", github_repository=WITH_IDS)

    (line,) = [each for each in capsys.readouterr().err.splitlines() if each.startswith("PLAN_ROLE_ARNS")]
    assert json.loads(line.partition(": ")[2]) == {
        "dev": "arn:dev",
        "staging": "arn:staging",
        "prod": "arn:prod",
    }


def test_without_roles_there_is_nothing_to_set(
    github: Path, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    bootstrap.bootstrap_account()

    assert "PLAN_ROLE_ARNS" not in capsys.readouterr().err
