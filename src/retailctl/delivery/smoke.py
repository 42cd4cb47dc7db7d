"""`retailctl smoke`: whether an environment that was just applied answers as it should. It writes nothing.

The event writer is asked without a token, so that its refusal shows the way to it, and no sale is made.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from retailctl.aws import FAILURES
from retailctl.console import print_note
from retailctl.environments import outputs
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.http import NoReply, send_request
from retailctl.options import AnyCloud, EnvironmentName
from retailctl.progress import show_progress
from retailctl.terraform import workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from retailctl.environments.target import Target

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 2.0
TIMEOUT_SECONDS = 20
JSON = "application/json"
ALIAS = "live"


def check_json(url: str, path: str, shape: type) -> str | None:
    """Say what is wrong with the JSON that a path answers with."""
    try:
        answer = send_request(url + path, timeout=TIMEOUT_SECONDS)
    except NoReply as error:
        return f"GET {path} got no answer ({error})."
    if answer.status != HTTPStatus.OK:
        return f"GET {path} answered {answer.status}, not 200."
    if answer.media_type != JSON:
        return f"GET {path} answered with the content type '{answer.media_type}', not {JSON}."
    try:
        found = json.loads(answer.body)
    except ValueError:
        return f"GET {path} answered with what is no JSON."
    return (
        None
        if isinstance(found, shape)
        else f"GET {path} answered with another shape of JSON than it should."
    )


def check_writer_refusal(url: str) -> str | None:
    """Say what is wrong with the event writer's way of treating somebody who is not signed in."""
    try:
        answer = send_request(
            f"{url}/events",
            method="POST",
            headers={"Content-Type": JSON},
            body=b"{}",
            timeout=TIMEOUT_SECONDS,
        )
    except NoReply as error:
        return f"POST /events got no answer ({error})."
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return None
    return f"POST /events answered {answer.status} to somebody who is not signed in, not 401."


def check_page(url: str, headers: Mapping[str, str]) -> str | None:
    """Say what is wrong with the page."""
    try:
        answer = send_request(f"{url}/", headers=headers, timeout=TIMEOUT_SECONDS)
    except NoReply as error:
        return f"The page got no answer ({error})."
    if answer.status != HTTPStatus.OK or answer.media_type != "text/html":
        return f"The page answered {answer.status} with '{answer.media_type}', not 200 with text/html."
    policy = answer.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy and "default-src 'self'" not in policy:
        return "The page came without its Content-Security-Policy."
    return None


def check_function(client: Any, name: str) -> str | None:  # noqa: ANN401 - boto3 makes its classes at run time
    """Say what is wrong with a function's version behind its alias."""
    found = client.get_function_configuration(FunctionName=name, Qualifier=ALIAS)
    state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    if (
        state in {"Active", "Inactive"} and update == "Successful"
    ):  # inactive: idle for weeks, wakes when called
        return None
    return f"The function {name} is {state}, and its last update is {update}."


def check_mapping(client: Any, mapping: Mapping[str, Any]) -> str | None:  # noqa: ANN401 - as above
    """Say what is wrong with a function's way to the stream, given the event source mapping as the state has it."""
    state = client.get_event_source_mapping(UUID=mapping["uuid"])["State"]
    if state == "Enabled":
        return None
    return f"The event source mapping of {mapping['function_name'].split(':')[-2]} is {state}: it reads no stream."


def build_checks(
    target: Target, found: Mapping[str, Any], resources: Iterable[Mapping[str, Any]]
) -> dict[str, Callable[[], str | None]]:
    """Return all looks at an environment by what they look at, given its root outputs and its resources."""
    api, client = str(found["api_url"]).rstrip("/"), target.client("lambda")
    looks: dict[str, Callable[[], str | None]] = {
        "GET /winners": lambda: check_json(api, "/winners", dict),
        "GET /scores": lambda: check_json(api, "/scores?role=creator", list),
        "GET /openapi.json": lambda: check_json(api, "/openapi.json", dict),
        "POST /events unsigned": lambda: check_writer_refusal(api),
    }
    if "trending_api" in found["functions"]:
        looks["GET /trending"] = lambda: check_json(api, "/trending", list)
    for logical, name in sorted(found["functions"].items()):
        looks[f"function {logical}"] = partial(check_function, client, name)
    for resource in resources:
        if resource["type"] == "aws_lambda_event_source_mapping" and resource["values"].get("enabled"):
            look = partial(check_mapping, client, resource["values"])
            looks[resource["address"].removesuffix(".aws_lambda_event_source_mapping.this")] = look
    if "site_url" in found:
        url, headers = str(found["site_url"]), {}
        if target.cloud is not None:  # its distributions answer by their name at the emulator's one port
            headers = {"Host": urlsplit(url).netloc, "X-Forwarded-Proto": "https"}
            url = target.cloud.endpoint
        looks["the page"] = lambda: check_page(url, headers)
    return looks


def run_checks(
    looks: Mapping[str, Callable[[], str | None]],
    patience: float,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Return a sentence for each look that still finds something wrong when the patience ends.

    What was just applied may take a moment: a distribution spreads, an event source mapping is enabled.
    """
    deadline = time.monotonic() + patience
    wrong: dict[str, str] = {}
    left = dict(looks)
    while left:
        with ThreadPoolExecutor(max_workers=4) as pool:
            said = dict(zip(left, pool.map(_run_check, left.values()), strict=True))
        wrong = {name: sentence for name, sentence in said.items() if sentence}
        left = {name: looks[name] for name in wrong}
        if not left or time.monotonic() >= deadline:
            break
        pause(PAUSE_SECONDS)
    return wrong


def _run_check(look: Callable[[], str | None]) -> str | None:
    try:
        return look()
    except FAILURES as error:
        return f"AWS refuses the look: {error}."


def run_smoke_test(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    patience: Annotated[
        int, typer.Option(min=0, help="Seconds to wait for what has just been applied.")
    ] = PATIENCE_SECONDS,
) -> None:
    """See whether an applied environment answers: its API, page, functions and sign-in. It writes nothing."""
    target = resolve_target(environment, cloud)
    found = outputs.read_outputs(target)
    if not found.get("functions"):
        raise UserError(f"{environment} in {target.place} is not applied: there is nothing to look at.")
    looks = build_checks(target, found, workspace.list_resources(target.build_app_workspace()))
    with show_progress(f"Looking at {environment} from {len(looks)} sides"):
        wrong = run_checks(looks, patience)
    for name in looks:
        print_note(f"✗ {name}: {wrong[name]}" if name in wrong else f"✓ {name}")
    if wrong:
        raise UserError(f"{environment} does not answer as it should: {' '.join(wrong.values())}")
