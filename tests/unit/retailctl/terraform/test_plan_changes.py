"""What a plan changes: resources, attributes, and what must not be told of them."""

from __future__ import annotations

from typing import Any

import pytest

from retailctl.delivery import plan_summary
from retailctl.delivery.saved_plan import PlanRecord
from retailctl.terraform import plan_changes

RECORD = PlanRecord(
    environment="dev",
    sha256="0" * 64,
    state=None,
    artifacts={"counter.zip": "1" * 64},
    commit="c" * 40,
    made="2026-11-22T12:00:00Z",
    changes={},
)


def entry(
    address: str, *actions: str, before: Any = None, after: Any = None, **change: Any
) -> dict[str, Any]:
    """Return a resource's entry in `terraform show -json`."""
    kind = address.split(".")[-2]
    return {
        "address": address,
        "type": kind,
        "mode": "managed",
        "change": {"actions": list(actions), "before": before, "after": after, **change},
    }


def updated(before: dict[str, Any], after: dict[str, Any], **change: Any) -> dict[str, Any]:
    return entry("aws_lambda_function.this", "update", before=before, after=after, **change)


def plan(*entries: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"resource_changes": list(entries), **rest}


def attributes(*entries: dict[str, Any]) -> list[plan_changes.Attribute]:
    return [
        each for change in plan_changes.list_planned_changes(plan(*entries)) for each in change.attributes
    ]


def test_the_leaves_that_differ_are_named_by_their_paths() -> None:
    before = {"memory": 1, "environment": [{"variables": {"LEVEL": "INFO", "NAME": "x"}}], "same": 1}
    after = {"memory": 2, "environment": [{"variables": {"LEVEL": "DEBUG", "NAME": "x"}}], "same": 1}

    assert [each.path for each in attributes(updated(before, after))] == [
        "environment[0].variables.LEVEL",
        "memory",
    ]


@pytest.mark.parametrize("empty", [None, "", [], {}])
@pytest.mark.parametrize("other", [None, "", [], {}])
def test_nothing_and_empty_are_the_same(empty: object, other: object) -> None:
    assert plan_changes.is_same_value({"tags": empty}, {"tags": other})


@pytest.mark.parametrize("value", [0, False])
def test_zero_and_false_are_not_nothing(value: object) -> None:
    assert not plan_changes.is_same_value(None, value)


def test_a_resource_that_stays_as_it_is_is_none_that_changes() -> None:
    entries = [
        entry("aws_a.this", "no-op", before={"a": 1}, after={"a": 1}),
        entry("aws_b.this", "read"),
        updated({"tags": None}, {"tags": {}}),
    ]

    assert plan_changes.list_planned_changes(plan(*entries)) == ()


@pytest.mark.parametrize(
    ("actions", "kind"),
    [
        (["create"], "create"),
        (["delete"], "destroy"),
        (["delete", "create"], "replace"),
        (["create", "delete"], "replace"),
    ],
)
def test_each_fate_has_its_word(actions: list[str], kind: str) -> None:
    found = plan_changes.list_planned_changes(
        plan(entry("aws_a.this", *actions, before={"a": 1}, after={"a": 2}))
    )

    assert [change.kind for change in found] == [kind]


def test_what_is_sensitive_has_no_value() -> None:
    (found,) = attributes(
        updated(
            {"password": "old"}, {"password": "new"}, after_sensitive={"password": True}, before_sensitive={}
        )
    )

    assert found == plan_changes.Attribute("password", is_secret=True)


def test_what_is_sensitive_deep_inside_hides_the_whole_attribute() -> None:
    mask = {"list": [{"secret": True}]}
    (found,) = attributes(
        updated({"list": [{"secret": "a"}]}, {"list": [{"secret": "b"}]}, before_sensitive=mask)
    )

    assert (found.path, found.before, found.after) == ("list", None, None)


def test_what_only_the_apply_will_tell_is_unknown() -> None:
    (found,) = attributes(updated({"version": "1"}, {}, after_unknown={"version": True}))

    assert found.is_unknown


def test_a_summary_counts_what_changes_and_begins_with_what_is_lost() -> None:
    text = plan_summary.render_section(
        RECORD,
        plan(
            entry("aws_a.this", "create", after={}),
            entry("aws_b.this", "delete", before={}),
            updated({"memory": 1}, {"memory": 2}),
            output_changes={"api_url": {"actions": ["update"]}, "same": {"actions": ["no-op"]}},
        ),
    )

    assert text.startswith("### dev: 1 to destroy, 1 to create, 1 to update\n")
    assert text.index("aws_b.this") < text.index("aws_a.this") < text.index("`memory` 1 → 2")
    assert "Outputs that change: `api_url`." in text
    assert f"Build `{RECORD.build}`" in text


def test_a_summary_tells_what_was_changed_past_terraform_since_an_apply_takes_it_for_granted() -> None:
    role = "module.api.aws_iam_role.this"
    by_hand = entry(role, "update", before={"inline_policy": []}, after={"inline_policy": [{"name": "more"}]})

    text = plan_summary.render_section(RECORD, plan(resource_drift=[by_hand]))

    assert "**Changed outside Terraform**" in text
    assert f"- `{role}`: `inline_policy`" in text
    assert "Changed outside Terraform" not in plan_summary.render_section(RECORD, plan())


def test_a_summary_of_nothing_says_so() -> None:
    assert plan_summary.render_section(RECORD, plan()).startswith("### dev: no changes\n")


def test_a_summary_tells_numbers_and_switches_and_no_text() -> None:
    before = {"memory": 1, "on": None, "name": "ada", "key": "k"}
    after = {"memory": 2, "on": True, "name": "grace", "key": "l"}
    text = plan_summary.render_section(RECORD, plan(updated(before, after, after_sensitive={"key": True})))

    assert "`memory` 1 → 2" in text
    assert "`on` unset → true" in text
    assert "`key` (sensitive)" in text
    assert not any(secret in text for secret in ("ada", "grace"))


def test_a_resource_with_many_changes_names_the_first_and_counts_the_rest() -> None:
    before, after = ({f"a{n:02}": n * k for n in range(1, 21)} for k in (1, 2))

    text = plan_summary.render_section(RECORD, plan(updated(before, after)))

    assert "and 8 more" in text
    assert "`a13`" not in text


def test_a_comment_has_the_marker_every_environment_and_a_word_for_what_failed() -> None:
    text = plan_summary.render_comment({"dev": "### dev: no changes\n"}, ["dev", "prod"])

    assert text.startswith(plan_summary.MARKER)
    assert "### dev: no changes" in text
    assert "### prod: no plan" in text


def test_a_comment_that_github_would_not_take_is_cut_and_says_so() -> None:
    long = "### dev\n\n<details>\n" + "| update | `x` | |\n" * 10_000 + "</details>\n"

    text = plan_summary.render_comment({"dev": long}, ["dev"])

    assert len(text) < 65_536
    assert text.count("<details>") == text.count("</details>")
    assert "The rest of dev is too long for a comment: see the run." in text
