"""A local cloud, brought up and taken down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from retailctl.emulator import cloud
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.local_cloud import up_down
from retailctl.project import Project
from support.miniature import a_cloud, write


def test_the_shell_is_told_how_to_reach_a_cloud(
    clone: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cloud, "load_cloud", lambda _name: a_cloud(clone))

    up_down.print_exports()

    printed = capsys.readouterr().out
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in printed
    assert printed.endswith("unset AWS_PROFILE AWS_SESSION_TOKEN\n")


def test_down_on_what_does_not_run_says_so(clone: Project, capsys: pytest.CaptureFixture[str]) -> None:
    up_down.stop_local_cloud()

    assert "The local cloud 'local' was not running." in capsys.readouterr().err
    assert clone.scratch.is_dir()


@pytest.mark.parametrize(
    ("stays", "words"),
    [(True, "stays; `make down` stops it"), (False, "What it had started has been stopped")],
)
def test_an_up_whose_emulator_died_shows_its_last_words(
    clone: Project, capsys: pytest.CaptureFixture[str], words: str, *, stays: bool
) -> None:
    dead = a_cloud(clone)
    write(dead.home, {"emulator.log": "Traceback\nMemoryError\n"})

    up_down._end_unfinished(dead.home, dead, ["the emulator is up"], stays=stays)

    said = capsys.readouterr().err
    assert "The emulator has died. The end of its log:\nTraceback\nMemoryError" in said
    assert "`up` did not finish: the emulator is up." in said
    assert words in said
    assert dead.home.exists() is stays


def test_a_bootstrap_that_fails_fails_the_up(clone: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_target: Target) -> None:
        raise UserError("no bucket for you")

    monkeypatch.setattr(up_down.environments_state, "apply_bootstrap", fail)
    monkeypatch.setattr(Target, "has_state_bucket", lambda _self: False)

    with ThreadPoolExecutor(1) as aside, pytest.raises(UserError, match="no bucket for you"):
        up_down._apply_environment(Target(clone, "dev", a_cloud(clone)), aside, [])


def test_a_cloud_gets_the_account_and_region_of_its_environments_values(clone: Project) -> None:
    write(
        clone.values_file("dev").parent,
        {"terraform.tfvars": 'region = "eu-west-1"\nallowed_account_ids = ["111122223333", "2"]\n'},
    )

    assert up_down._account(clone, "dev") == {"region": "eu-west-1", "account_id": "111122223333"}


@pytest.mark.parametrize(
    ("environments", "has_bucket", "locked", "starts_again"),
    [
        ((), False, False, True),
        ((), True, True, True),
        ((), True, False, False),
        (("dev",), False, True, False),
    ],
)
def test_a_new_cloud_in_which_terraform_was_killed_is_started_again(
    clone: Project,
    monkeypatch: pytest.MonkeyPatch,
    environments: tuple[str, ...],
    *,
    has_bucket: bool,
    locked: bool,
    starts_again: bool,
) -> None:
    monkeypatch.setattr(Target, "has_state_bucket", lambda _self: has_bucket)
    monkeypatch.setattr(up_down.environments_state, "release_stale_lock", lambda _target: locked)

    target = Target(clone, "dev", a_cloud(clone, environments=environments))
    assert up_down._is_half_applied(target) is starts_again
