"""The clone that a command works in."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from retailctl import project
from retailctl.errors import UserError
from retailctl.project import Project


def test_a_clone_knows_its_environments_and_refuses_others(clone: Project) -> None:
    assert clone.environments == ("dev", "prod")
    assert clone.check_environment("dev") == "dev"
    with pytest.raises(UserError, match=r"no environment 'test': set ENV .* to one of dev, prod"):
        clone.check_environment("test")


@pytest.mark.parametrize("name", ["", "../up", "Local", "a b", "-x"])
def test_a_name_that_would_not_do_as_a_folder_is_refused(clone: Project, name: str) -> None:
    with pytest.raises(UserError, match="cannot name a local cloud"):
        clone.cloud_folder(name)


def test_a_command_for_local_clouds_only_does_not_take_aws(clone: Project) -> None:
    with pytest.raises(UserError, match="acts on a local cloud only: leave out --cloud aws"):
        clone.cloud_folder("aws")


def test_outside_of_a_clone_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_ROOT", str(tmp_path))

    with pytest.raises(UserError, match="clone it and run `make setup`"):
        project.find_project()


def test_the_folder_of_keys_and_states_is_its_owners_alone(clone: Project) -> None:
    project.find_project()
    assert stat.S_IMODE(clone.scratch.stat().st_mode) == 0o700

    clone.scratch.chmod(0o755)  # as earlier versions made it
    project.find_project()
    assert stat.S_IMODE(clone.scratch.stat().st_mode) == 0o700
