"""The gate that holds folders, pipeline and page to the list of environments."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from retailctl.errors import UserError
from retailctl.project import Project
from tools import environments

ROOT = Path(__file__).parents[3]
MERGE = environments.PIPELINE
HEADER = "| Value | dev | staging | prod |"
HEADER_WITH_QA = "| Value | dev | qa | staging | prod |"


@pytest.fixture
def copied(tmp_path: Path) -> Project:
    """Return a copy of what names our environments."""
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    for name in (environments.PIPELINE, environments.PAGE):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return Project(tmp_path)


def change_list(here: Project, **changes: object) -> None:
    file = here.root / environments.LIST
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def replace(here: Project, name: str, old: str, new: str) -> None:
    file = here.root / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_our_environments_agree(copied: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert environments.main(Project(ROOT)) == 0
    assert environments.main(copied) == 0
    assert capsys.readouterr().err == ""


def test_an_environment_in_the_list_alone_is_missed_everywhere(
    copied: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    change_list(copied, environments=["dev", "qa", "staging", "prod"])

    assert environments.main(copied) == 1
    assert capsys.readouterr().err.splitlines() == [
        "environments/project.json lists qa, and environments/qa/terraform.tfvars is missing: add it.",
        "environments/project.json lists qa, and environments/qa/backend.hcl is missing: add it.",
        ".github/workflows/merge.yml never deploys qa: add a job of that name, as the others are.",
        f"{MERGE}: the job staging does not wait for qa, as environments/project.json orders: set needs: qa.",
        f"{environments.PAGE}: the table of values begins {HEADER}: let it begin {HEADER_WITH_QA}",
    ]


def test_a_folder_and_a_job_that_the_list_does_not_have_are_named(copied: Project) -> None:
    change_list(copied, environments=["dev", "prod"])
    replace(copied, environments.PIPELINE, "needs: staging", "needs: dev")
    replace(copied, environments.PAGE, "| dev | staging | prod |", "| dev | prod |")

    assert environments.find_problems(copied) == [
        "environments/staging is not in the list of environments/project.json: add its name there, or delete it.",
        f"{MERGE}: the job staging is not in the list of {environments.LIST}: delete the job, or add its name.",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (
            environments.PIPELINE,
            "environment: staging",
            "environment: prod",
            ".github/workflows/merge.yml: the job staging deploys another: set environment: staging, plan",
        ),
        (
            environments.PIPELINE,
            "PLAN_ROLE_ARNS).prod",
            "PLAN_ROLE_ARNS).dev",
            ".github/workflows/merge.yml: the job prod deploys another",
        ),
        (
            "environments/staging/terraform.tfvars",
            '"staging"',
            '"prod"',
            'environments/staging/terraform.tfvars is of prod: set environment = "staging".',
        ),
    ],
)
def test_a_value_or_a_job_of_another_environment_is_named(
    copied: Project, file: str, old: str, new: str, complaint: str
) -> None:
    replace(copied, file, old, new)

    (problem,) = environments.find_problems(copied)
    assert problem.startswith(complaint)


def test_an_environment_is_listed_once(copied: Project) -> None:
    change_list(copied, environments=["dev", "staging", "prod", "prod"])

    assert "environments/project.json lists an environment twice: dev, staging, prod, prod." in (
        environments.find_problems(copied)
    )


def test_a_command_names_what_is_missing_of_an_environment(copied: Project) -> None:
    change_list(copied, environments=["dev", "qa", "prod"])

    with pytest.raises(
        UserError, match=r"lists qa, and .*environments/qa/terraform\.tfvars is missing: add it"
    ):
        copied.check_environment("qa")
    with pytest.raises(
        UserError, match=r"environments/staging is not in the list of environments/project\.json"
    ):
        copied.check_environment("staging")


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"project": "shop"}', '{"project": 1, "environments": []}']
)
def test_a_file_that_does_not_name_the_project_is_refused_in_a_sentence(
    copied: Project, content: str
) -> None:
    (copied.root / environments.LIST).write_text(content)

    with pytest.raises(UserError, match=r"project\.json does not name the project and its environments"):
        copied.check_environment("dev")
