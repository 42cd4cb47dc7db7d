"""Render a plan in Markdown, for a review or an approval.

More people can read a comment than a plan. So it names the attributes that change, but only the values of numbers
and booleans: strings may contain anything, and sensitive values are never shown.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from retailctl.delivery import drift
from retailctl.delivery.bounds import LONGEST_BODY, LONGEST_SUMMARY, cut_markdown, share_room
from retailctl.delivery.markdown import format_code
from retailctl.files import check_overwritable
from retailctl.terraform import plan_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from retailctl.delivery.saved_plan import PlanRecord
    from retailctl.terraform.plan_changes import Attribute, Change

MARKER = "<!-- retailctl plan -->"
"""Hidden in the comment, to find it again."""
MOST_ATTRIBUTES = 12
_ORDER = ("destroy", "replace", "create", "update", "forget")
"""The kinds of changes, the most important first."""


def format_counts(changes: Iterable[Change]) -> str:
    """Return the number of resources by kind of change, as text."""
    counts = Counter(change.kind for change in changes)
    parts = [f"{counts[kind]} to {kind}" for kind in _ORDER if counts[kind]]
    return ", ".join(parts) if parts else "no changes"


def check_writable(summary: Path | None) -> None:
    """Check that a summary overwrites nothing but an earlier summary.

    Raises:
        UserError: where the file holds something else.

    """
    if summary is not None:
        check_overwritable(
            summary,
            "SUMMARY (--summary)",
            "a summary of a plan",
            lambda file: file.read_bytes().startswith(b"### "),
        )


def render_section(record: PlanRecord, plan: Mapping[str, Any]) -> str:
    """Return the section of the comment on one environment's plan.

    Args:
        record: the record of the plan.
        plan: the output of `terraform show -json`.

    """
    changes = sorted(
        plan_changes.list_planned_changes(plan), key=lambda each: (_ORDER.index(each.kind), each.address)
    )
    lines = [f"### {record.environment}: {format_counts(changes)}", ""]
    outputs = sorted(
        name for name, change in plan.get("output_changes", {}).items() if change["actions"] != ["no-op"]
    )
    if outputs:
        lines += [f"Outputs that change: {', '.join(map(format_code, outputs))}.", ""]
    if changes:
        lines += [
            "<details><summary>Resources</summary>",
            "",
            "| Action | Resource | Changes |",
            "|---|---|---|",
        ]
        lines += [
            f"| {each.kind} | {format_code(each.address, in_table=True)} | {_format_attributes(each)} |"
            for each in changes
        ]
        lines += ["", "</details>", ""]
    drifted = drift.parse_drift(record.environment, plan, record.made).drifted
    if drifted:
        lines += [
            "**Changed outside Terraform** since the last apply, and reverted or accepted by this one:",
            "",
        ]
        lines += [f"- {format_code(each.address)}: {_format_finding(each)}" for each in drifted] + [""]
    lines += [f"Build `{record.build}`, commit `{record.commit}`, planned {record.made}.", ""]
    notice = (
        f"The rest of the plan of {record.environment} is too long to be shown here: see the plan itself."
    )
    return cut_markdown("\n".join(lines), LONGEST_SUMMARY, notice, encoding="utf-8")


def _format_finding(finding: drift.Finding) -> str:
    return format_names(finding.attributes) or "gone"


def format_names(names: Sequence[str]) -> str:
    """Return attributes in Markdown: the first ones and the others' number."""
    more = len(names) - MOST_ATTRIBUTES
    shown = [format_code(name) for name in names[:MOST_ATTRIBUTES]]
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _format_attributes(change: Change) -> str:
    if change.kind not in {"update", "replace"}:
        return ""
    lines = [_format_attribute(each) for each in change.attributes[:MOST_ATTRIBUTES]]
    more = len(change.attributes) - len(lines)
    return "<br>".join([*lines, *([f"and {more} more"] if more else [])])


def _format_attribute(attribute: Attribute) -> str:
    name = format_code(attribute.path, in_table=True)
    if attribute.is_secret:
        return f"{name} (sensitive)"
    if attribute.is_unknown:
        return f"{name} (known after apply)"
    values = (attribute.before, attribute.after)
    if all(value is None or isinstance(value, (bool, int, float)) for value in values):
        return f"{name} {_format_value(attribute.before)} → {_format_value(attribute.after)}"
    return name


def _format_value(value: object) -> str:
    if value is None:
        return "unset"
    return str(value).lower()


def render_comment(sections: Mapping[str, str], environments: Iterable[str]) -> str:
    """Return the whole comment, with a note for each environment without a plan.

    Args:
        sections: the sections by environment.
        environments: all environments.

    """
    texts = {
        name: sections.get(name, f"### {name}: no plan\n\nThe plan failed or was not made: see the run.\n")
        for name in environments
    }
    head = f"{MARKER}\n## What this would change\n\n"
    room = LONGEST_BODY - len(head) - len(texts)  # a line break after each
    shares = share_room({name: len(text) for name, text in texts.items()}, room)
    return head + "\n".join(
        cut_markdown(text, shares[name], f"The rest of {name} is too long for a comment: see the run.")
        for name, text in texts.items()
    )
