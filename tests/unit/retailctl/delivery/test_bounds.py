"""Texts that GitHub bounds: cut with a notice, whatever goes into them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import retailctl.drift
from retailctl.delivery import bounds, github, plan_summary
from retailctl.delivery.drift import DriftReport, Finding
from retailctl.delivery.saved_plan import PlanRecord

GITHUB_BODY = 65_536
GITHUB_SUMMARY = 1024 * 1024
WHEN = "2026-11-22T12:00:00Z"


def build_findings(number: int, attributes: int = 20) -> tuple[Finding, ...]:
    names = tuple(f"tags_all.{name}" for name in range(attributes))
    return tuple(
        Finding(f'module.x["1"].aws_sqs_queue.this["{each}"]', "update", names) for each in range(number)
    )


@given(st.text(), st.integers(60, 200), st.sampled_from(["utf-8", "utf-32-le"]))
def test_a_cut_text_fits_and_says_that_it_is_cut(text: str, longest: int, encoding: str) -> None:
    text = text.encode(errors="ignore").decode()
    cut = bounds.cut_markdown(text * 20, longest, "More elsewhere.", encoding=encoding)

    length = len(cut.encode()) if encoding == "utf-8" else len(cut)
    assert length <= longest
    assert cut == text * 20 or cut.endswith("**More elsewhere.**\n")


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=6), st.integers(0, 2000))
def test_a_short_text_gives_its_room_to_the_long_ones(lengths: dict[str, int], room: int) -> None:
    shares = bounds.share_room(lengths, room)

    assert sum(shares.values()) <= room
    assert all(shares[name] <= length for name, length in lengths.items())
    if sum(lengths.values()) <= room:
        assert shares == lengths


def test_a_cut_list_is_closed() -> None:
    text = "<details>\n" + "x\n" * 100 + "</details>\n"

    assert bounds.cut_markdown(text, 120, "More.").endswith("x\n\n</details>\n\n**More.**\n")


@pytest.mark.parametrize("pending", [0, 2000])
@pytest.mark.parametrize("drifted", [1, 150, 2000])
def test_an_issue_of_any_drift_can_be_opened(drifted: int, pending: int) -> None:
    report = DriftReport("prod", WHEN, build_findings(drifted), build_findings(pending))

    body = github.render_issue_body(report)

    assert len(body) <= GITHUB_BODY
    assert body.startswith(github.format_issue_marker("prod"))
    assert body.endswith("This issue is closed when the drift is gone.")
    assert ("The list is too long for an issue: `make drift ENV=prod` prints" in body) is (
        drifted + pending > 200
    )
    assert body == github.render_issue_body(report)  # or every run would change the issue


def test_one_resource_with_thousands_of_attributes_fits_too() -> None:
    body = github.render_issue_body(DriftReport("dev", WHEN, build_findings(1, 9000)))

    assert "and 8988 more" in body
    assert len(body) < 2000


def test_an_issue_s_title_fits() -> None:
    assert len(github.format_issue_title("e" * 255)) <= bounds.LONGEST_TITLE
    assert github.format_issue_title("dev") == "dev has drifted"


def test_a_comment_shows_the_beginning_of_every_environment() -> None:
    sections = {
        "dev": "### dev\n" + "d\n" * 90_000,
        "prod": "### prod\n" + "p\n" * 90_000,
        "staging": "### s\n",
    }

    body = plan_summary.render_comment(sections, ["dev", "prod", "staging"])

    assert len(body) <= bounds.LONGEST_BODY
    assert [body.count(f"The rest of {name} is too long") for name in sections] == [1, 1, 0]
    assert body.count("d\n") > 10_000
    assert body.count("p\n") > 10_000
    assert "### s\n" in body


def test_a_step_s_summary_fits() -> None:
    change = {
        "address": "aws_sqs_queue.überlänge",
        "type": "aws_sqs_queue",
        "mode": "managed",
        "change": {"actions": ["create"], "before": None, "after": {"name": "q"}, "after_unknown": {}},
    }
    plan: dict[str, Any] = {"resource_changes": [change] * 30_000}
    record = PlanRecord(
        **dict.fromkeys(PlanRecord.__dataclass_fields__, "x")
        | {"environment": "dev", "made": WHEN, "artifacts": {}}  # type: ignore[arg-type]
    )

    section = plan_summary.render_section(record, plan)

    assert len(section.encode()) <= GITHUB_SUMMARY
    assert "The rest of the plan of dev is too long to be shown here" in section


def test_a_script_of_before_can_still_write_a_report() -> None:
    assert (retailctl.drift.Report, retailctl.drift.Finding) == (DriftReport, Finding)
