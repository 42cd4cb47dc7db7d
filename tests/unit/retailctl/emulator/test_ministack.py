"""The emulator's process and its environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl.emulator import ministack
from retailctl.project import Project
from support.miniature import a_cloud

if TYPE_CHECKING:
    import pytest


def test_the_emulator_s_environment_holds_nothing_of_ours(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORES_TABLE", "ours")

    environ = ministack.build_emulator_environ(a_cloud(clone))

    assert "SCORES_TABLE" not in environ
    assert environ["BIND_HOST"] == "127.0.0.1"
    assert environ["AUTH"] == "true"
    assert all(
        Path(environ[name]).is_relative_to(clone.cloud_folder("local"))
        for name in ("TMPDIR", "STATE_DIR", "HOME")
    )


def test_the_emulator_s_process_runs_ministack_with_no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack import app  # noqa: PLC0415 - importing it starts half of it

    seen: list[list[str]] = []
    monkeypatch.setattr(app, "main", lambda: seen.append(list(sys.argv)))
    monkeypatch.setattr(sys, "argv", ["retailctl.emulator.ministack", "/clone/.retail/local"])

    ministack.main()

    assert seen == [["ministack"]]
