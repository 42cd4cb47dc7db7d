"""Names from outside stay names in an issue, a comment and a summary."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from retailctl.console import escape_text
from retailctl.delivery import github, plan_summary
from retailctl.delivery.drift import DriftReport, Finding
from retailctl.delivery.markdown import format_code
from retailctl.delivery.saved_plan import PlanRecord

HOSTILE = 'aws_x.y["a` @octocat <img src=x> | **b** ``"]'


def read_code(span: str) -> str:
    """Return the content of a code span, as CommonMark reads it."""
    fence, content, end = re.fullmatch(r"(`+)(.*?)(?<!`)(`+)", span, re.DOTALL).groups()  # type: ignore[union-attr]
    assert fence == end
    assert fence not in re.findall("`+", content)
    return content[1:-1] if content.strip(" ") and content[0] == content[-1] == " " else content


@given(st.text(alphabet="`| ab\n[", min_size=1))
def test_a_name_is_one_code_span(name: str) -> None:
    span = format_code(name)

    assert read_code(span).strip() == escape_text(name).strip()
    assert format_code(name, in_table=True) == span.replace("|", "\\|")


def test_a_hostile_address_stays_in_its_cell_and_its_line() -> None:
    change = {"actions": ["update"], "before": {HOSTILE: "a"}, "after": {HOSTILE: "b"}}
    entry = {"address": HOSTILE, "type": "aws_x", "mode": "managed", "change": change}
    plan = {"resource_changes": [entry], "resource_drift": [entry], "output_changes": {}}
    record = PlanRecord("dev", "0" * 64, None, {}, "c" * 40, "2026-11-22T12:00:00Z", {})

    lines = plan_summary.render_section(record, plan).splitlines()
    row = next(line for line in lines if line.startswith("| update"))

    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert format_code(HOSTILE, in_table=True) in row
    assert any(line.startswith(f"- {format_code(HOSTILE)}: {format_code(HOSTILE)}") for line in lines)
    body = github.render_issue_body(DriftReport("dev", "now", (Finding(HOSTILE, "update", (HOSTILE,)),)))
    assert f"- {format_code(HOSTILE)}: {format_code(HOSTILE)}" in body.splitlines()
