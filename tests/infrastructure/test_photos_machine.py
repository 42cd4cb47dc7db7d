"""The studio's machine as each environment gets it: its template with the environment's values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2
import pytest

from retailctl.project import Project
from support.state_machines import find_faults, list_payloads, render_template

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = Project(ROOT).environments
TEMPLATE = (ROOT / "terraform/app/photos.asl.json.tftpl").read_text()
TASKS = "arn:aws:lambda:us-east-1:111122223333:function:hello-retail-dev-studio-tasks:live"
MOST_EVENTS = 25_000
"""Of an execution: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html."""
EVENTS_A_LOOK = 4
"""TaskScheduled, TaskStarted, TaskSubmitted, TaskTimedOut."""


@pytest.fixture(params=ENVIRONMENTS)
def machine(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the definition, rendered as studio.tf does."""
    values = hcl2.loads((ROOT / f"environments/{request.param}/terraform.tfvars").read_text())["photos"]
    given = {
        "partition": "aws",
        "tasks_arn": TASKS,
        "recheck_seconds": values["recheck_seconds"],
        "photo_seconds": values["minutes"] * 60,
        "rechecks": values["patience_days"] * 86_400 // values["recheck_seconds"],
        "attempts": 12 + values["patience_days"] * 24,
    }
    return render_template(TEMPLATE, given)


def list_values(inner: object) -> Iterator[object]:
    """Yield every value within, at any depth."""
    if isinstance(inner, dict):
        for each in inner.values():
            yield from list_values(each)
    elif isinstance(inner, list):
        for each in inner:
            yield from list_values(each)
    else:
        yield inner


def test_no_partition_is_written_into_it() -> None:
    assert "arn:aws" not in TEMPLATE


def test_it_leads_somewhere_retries_and_never_waits_for_ever(machine: dict[str, Any]) -> None:
    assert find_faults(machine) == []


def test_every_error_of_asking_leads_to_somebody_else_and_only_what_is_over_ends(
    machine: dict[str, Any],
) -> None:
    """Not only a timeout does (defect P21 of the original)."""
    ways = [(catch["ErrorEquals"], catch["Next"]) for catch in machine["States"]["AskForPhoto"]["Catch"]]

    assert ways == [(["Over"], "Done"), (["States.ALL"], "Release")]
    assert machine["States"]["Release"]["Next"] == "FindPhotographer"


def test_its_values_are_typed_and_none_names_a_region(machine: dict[str, Any]) -> None:
    """What is text is an expression or a name (P26)."""
    payloads = list_payloads(machine)
    texts = [value for value in list_values(payloads) if isinstance(value, str)]

    assert machine["QueryLanguage"] == "JSONata"
    assert [payload["timedOut"] for payload in payloads if "timedOut" in payload] == [
        False,
        "{% $states.input.timedOut %}",
    ]
    assert {text for text in texts if not text.startswith("{% ")} == {"find", "ask", "settle"}
    assert re.findall(r"\b[a-z]{2}-[a-z]+-\d\b", TEMPLATE) == []


def test_its_input_and_output_are_ids_and_an_attempt(machine: dict[str, Any]) -> None:
    """No name, phone or picture is in a history but as ids (P20)."""
    known = {"product", "attempt", "timedOut", "token", "action"}
    for state in machine["States"].values():
        outputs = [state.get("Output"), state.get("Arguments", {}).get("Payload")]
        outputs += [catch.get("Output") for catch in state.get("Catch", ())]
        assert all(set(each) <= known for each in outputs if isinstance(each, dict))


def test_a_product_may_wait_out_its_patience_within_a_history(machine: dict[str, Any]) -> None:
    """The original's was full in half a day (P8)."""
    (looks,) = (
        retry["MaxAttempts"]
        for retry in machine["States"]["FindPhotographer"]["Retry"]
        if retry["ErrorEquals"] == ["States.Timeout"]
    )

    assert looks * EVENTS_A_LOOK < MOST_EVENTS / 2
