"""The issue on a set-up that fails: one, opened and closed by the workflow."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from scripts import set_up_issue

RUN = "https://github.example/shop/retail/actions/runs/7"


def issue(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "user": {"login": set_up_issue.AUTHOR},
        "body": f"{set_up_issue.MARKER}\nIt fails.",
    } | changes


class Hub:
    """GitHub with some open issues, as `gh` tells of it."""

    def __init__(self, *issues: dict[str, Any]) -> None:
        self.pages = [[each] for each in issues]
        self.done: list[tuple[str, str, dict[str, str]]] = []

    def run(self, command: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
        assert command[:2] == ["gh", "api"]
        if "-X" in command:
            self.done.append((command[command.index("-X") + 1], command[2], json.loads(given["input"])))
        return subprocess.CompletedProcess(command, 0, json.dumps(self.pages), "")


def settle(monkeypatch: pytest.MonkeyPatch, hub: Hub, result: str) -> str:
    monkeypatch.setattr(set_up_issue.subprocess, "run", hub.run)
    return set_up_issue.settle(result, "shop/retail", RUN)


@pytest.mark.parametrize("result", ["failure", "skipped"])  # skipped: the job before could not even start
def test_a_set_up_that_fails_opens_an_issue_with_the_run(
    monkeypatch: pytest.MonkeyPatch, result: str
) -> None:
    hub = Hub()

    assert settle(monkeypatch, hub, result) == "opened"

    ((method, path, content),) = hub.done
    assert (method, path) == ("POST", "repos/shop/retail/issues")
    assert content["title"] == "A fresh clone cannot be set up"
    assert content["body"].startswith(set_up_issue.MARKER)
    assert RUN in content["body"]


def test_an_issue_that_is_open_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(issue(3))

    assert settle(monkeypatch, hub, "failure") == "left open"
    assert hub.done == []


def test_a_set_up_that_works_again_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(issue(3))

    assert settle(monkeypatch, hub, "success") == "closed"

    assert [(method, path) for method, path, _ in hub.done] == [
        ("POST", "repos/shop/retail/issues/3/comments"),
        ("PATCH", "repos/shop/retail/issues/3"),
    ]
    assert hub.done[1][2]["state"] == "closed"


@pytest.mark.parametrize(
    "other",
    [
        issue(4, user={"login": "ada"}),
        issue(4, user=None),
        issue(4, body=None),
        issue(4, body="The set-up is slow."),
        issue(4, pull_request={}),
    ],
)
def test_what_others_wrote_is_left_alone(monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]) -> None:
    hub = Hub(other)

    assert settle(monkeypatch, hub, "success") == "not needed"
    assert hub.done == []


def test_what_gh_says_is_shown_where_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = subprocess.CompletedProcess([], 1, "", "HTTP 403")
    monkeypatch.setattr(set_up_issue.subprocess, "run", lambda *_, **__: refused)

    with pytest.raises(SystemExit, match="HTTP 403"):
        set_up_issue.settle("failure", "shop/retail", RUN)
