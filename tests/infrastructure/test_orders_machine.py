"""The machine that carries out orders: three steps, each tried again whatever went wrong."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path
from typing import Any

from support.state_machines import find_faults, list_payloads, render_template

TEMPLATE = (Path(__file__).parents[2] / "terraform/app/orders.asl.json.tftpl").read_text()
TASKS = "arn:aws:lambda:us-east-1:111122223333:function:hello-retail-dev-order-tasks:live"
MACHINE = render_template(TEMPLATE, {"partition": "aws", "tasks_arn": TASKS})
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
GIVEN = {"user": "{% $states.input.user %}", "order": "{% $states.input.order %}"}
TWO_HOURS = 2 * 3600


def list_delays(retry: dict[str, Any]) -> list[int]:
    """Return the seconds before each further try, as the Amazon States Language counts them."""
    growing = accumulate(
        [retry["IntervalSeconds"]] * retry["MaxAttempts"], lambda last, _: last * retry["BackoffRate"]
    )
    return [min(delay, retry["MaxDelaySeconds"]) for delay in growing]


def test_no_partition_or_region_is_written_into_it() -> None:
    assert "arn:aws" not in TEMPLATE
    assert re.findall(r"\b[a-z]{2}-[a-z]+-\d\b", TEMPLATE) == []


def test_it_leads_somewhere_and_retries() -> None:
    assert find_faults(MACHINE) == []


def test_an_order_is_reserved_paid_and_confirmed_in_three_steps() -> None:
    """Every other way is the table's: no step is chosen here, and no error is caught (C10, C11)."""
    ways = {name: state.get("Next") for name, state in STATES.items()}

    assert MACHINE["StartAt"] == "Reserve"
    assert ways == {"Reserve": "Pay", "Pay": "Confirm", "Confirm": None}
    assert {state["Type"] for state in STATES.values()} == {"Task"}
    assert not [name for name, state in STATES.items() if "Catch" in state]


def test_every_step_calls_the_function_directly_and_gives_it_two_ids() -> None:
    """No token, name, price or address is in a history (C10)."""
    assert {state["Resource"] for state in STATES.values()} == {"arn:aws:states:::lambda:invoke"}
    assert {state["Arguments"]["FunctionName"] for state in STATES.values()} == {TASKS}
    assert list_payloads(MACHINE) == [{"action": action, **GIVEN} for action in ("reserve", "pay", "confirm")]
    assert {state["Output"] for state in STATES.values()} == {"{% $states.input %}"}


def test_every_step_is_tried_for_two_hours_at_least_every_ten_minutes() -> None:
    for name, state in STATES.items():
        (retry,) = state["Retry"]
        delays = list_delays(retry)

        assert retry["ErrorEquals"] == ["States.ALL"], name
        assert max(delays) == 600
        assert TWO_HOURS - 600 < sum(delays) <= TWO_HOURS
        assert "JitterStrategy" not in retry, "a delay that is drawn would make the two hours one, on average"
