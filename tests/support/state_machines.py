"""What every state machine of ours keeps to, since neither the emulator nor Terraform looks.

A definition is in the Amazon States Language (https://states-language.net/spec.html), with JSONata or JSONPath.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

State = Mapping[str, Any]
CALLBACK = ".waitForTaskToken"
TOKENS = ("$states.context.Task.Token", "$$.Task.Token")
"""How JSONata and JSONPath say it."""
NEEDS_NO_NEXT = ("Choice", "Succeed", "Fail")


def render_template(template: str, values: Mapping[str, object]) -> dict[str, Any]:
    """Return the definition that Terraform's `templatefile` makes of a template without directives."""
    return json.loads(re.sub(r"\$\{(\w+)\}", lambda found: str(values[found[1]]), template))  # type: ignore[no-any-return]


def list_payloads(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what each Task gives its function."""
    return [state["Arguments"]["Payload"] for state in definition["States"].values() if "Arguments" in state]


def find_faults(definition: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a definition, a sentence each."""
    return list(_faults_of_level(definition, ""))


def _faults_of_level(level: Mapping[str, Any], inside: str) -> Iterator[str]:
    """Yield the faults of a machine, or of a branch within a state."""
    states: Mapping[str, State] = level.get("States", {})
    start = level.get("StartAt")
    if start not in states:
        yield f"{inside}It starts at {start}, which is no state."
    for name, state in states.items():
        where = f"{inside}{name}"
        targets = list(_list_targets(state))
        yield from (f"{where} leads to {each}, which is no state." for each in targets if each not in states)
        if state["Type"] not in NEEDS_NO_NEXT and "Next" not in state and state.get("End") is not True:
            yield f"{where} has neither Next nor End."
        if state["Type"] == "Task":
            yield from _faults_of_task(where, state)
        yield from _faults_of_catch(where, state)
        for inner in _list_inner_levels(state):
            yield from _faults_of_level(inner, f"{where}: ")
    yield from (f"{inside}{name} is never reached." for name in states if name not in _reached(states, start))


def _list_targets(state: State) -> Iterator[str]:
    """Yield the names that a state leads to."""
    for each in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in each:
            yield each["Next"]
    if "Default" in state:
        yield state["Default"]


def _list_inner_levels(state: State) -> list[Mapping[str, Any]]:
    """Return the branches of a Parallel and the item processor of a Map."""
    return [
        *state.get("Branches", []),
        *(state[key] for key in ("ItemProcessor", "Iterator") if key in state),
    ]


def _reached(states: Mapping[str, State], start: Any) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name in states and name not in found:
            found.add(name)
            ahead += _list_targets(states[name])
    return found


def _faults_of_task(where: str, task: State) -> Iterator[str]:
    if not any(each.get("ErrorEquals") for each in task.get("Retry", [])):
        yield f"{where} is a Task without Retry."
    if CALLBACK in task.get("Resource", ""):
        seconds = task.get("TimeoutSeconds")
        if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 1:
            yield f"{where} waits for a token without a number of seconds as TimeoutSeconds."
        given = json.dumps([task.get("Arguments"), task.get("Parameters")])
        if not any(token in given for token in TOKENS):
            yield f"{where} waits for a token that it gives nobody."


def _faults_of_catch(where: str, state: State) -> Iterator[str]:
    """Yield each Catch of everything whose error is nowhere afterwards."""
    for catch in state.get("Catch", []):
        kept = json.dumps([catch.get("Output"), catch.get("Assign")])
        keeps = "$states.errorOutput" in kept or str(catch.get("ResultPath", "")).startswith("$.")
        if "States.ALL" in catch["ErrorEquals"] and not keeps:
            yield f"{where} catches every error and forgets which."
