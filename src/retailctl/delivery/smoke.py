"""`retailctl smoke`: check that an applied environment works. It writes nothing.

The request to the event writer has no token: its refusal proves that it is reachable, and no sale is made.
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
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName
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
    """Return what is wrong with the JSON response of a path, or None."""
    try:
        answer = send_request(url + path, timeout=TIMEOUT_SECONDS)
    except NoReply as error:
        return f"GET {path} got no response ({error})."
    if answer.status != HTTPStatus.OK:
        return f"GET {path} answered {answer.status}, not 200."
    if answer.media_type != JSON:
        return f"GET {path} answered with the content type '{answer.media_type}', not {JSON}."
    try:
        content = json.loads(answer.body)
    except ValueError:
        return f"GET {path} answered with invalid JSON."
    return (
        None
        if isinstance(content, shape)
        else f"GET {path} answered with JSON of another type than {shape.__name__}."
    )


def check_refusal(url: str, method: str, path: str) -> str | None:
    """Return what is wrong with the answer to a request without a token, or None."""
    body = None if method == "GET" else b"{}"
    try:
        answer = send_request(
            f"{url}{path}",
            method=method,
            headers={"Content-Type": JSON},
            body=body,
            timeout=TIMEOUT_SECONDS,
        )
    except NoReply as error:
        return f"{method} {path} got no response ({error})."
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return None
    return f"{method} {path} answered {answer.status} to a request without a token, not 401."


def check_page(url: str, headers: Mapping[str, str]) -> str | None:
    """Return what is wrong with the page, or None."""
    try:
        answer = send_request(f"{url}/", headers=headers, timeout=TIMEOUT_SECONDS)
    except NoReply as error:
        return f"The page got no response ({error})."
    if answer.status != HTTPStatus.OK or answer.media_type != "text/html":
        return f"The page answered {answer.status} with '{answer.media_type}', not 200 with text/html."
    policy = answer.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy and "default-src 'self'" not in policy:
        return "The page has no Content-Security-Policy."
    return None


def check_function(client: Any, name: str) -> str | None:  # noqa: ANN401 - boto3 makes its classes at run time
    """Return what is wrong with the version behind a function's alias, or None."""
    configuration = client.get_function_configuration(FunctionName=name, Qualifier=ALIAS)
    state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if (
        state in {"Active", "Inactive"} and update == "Successful"
    ):  # Inactive: idle for weeks; the next call activates it
        return None
    return f"The function {name} is {state}, and its last update is {update}."


def check_mapping(client: Any, mapping: Mapping[str, Any]) -> str | None:  # noqa: ANN401 - as above
    """Return what is wrong with a state's event source mapping, or None."""
    state = client.get_event_source_mapping(UUID=mapping["uuid"])["State"]
    if state == "Enabled":
        return None
    name = mapping["function_name"].split(":")[-2]
    return f"The event source mapping of {name} is {state}: it does not read the stream."


def build_checks(
    target: Target, values: Mapping[str, Any], resources: Iterable[Mapping[str, Any]]
) -> dict[str, Callable[[], str | None]]:
    """Return an environment's checks by name, from its outputs and resources."""
    api, client = str(values["api_url"]).rstrip("/"), target.client("lambda")
    checks: dict[str, Callable[[], str | None]] = {
        "GET /winners": lambda: check_json(api, "/winners", dict),
        "GET /scores": lambda: check_json(api, "/scores?role=creator", list),
        "GET /openapi.json": lambda: check_json(api, "/openapi.json", dict),
        "POST /events unsigned": lambda: check_refusal(api, "POST", "/events"),
    }
    if "catalog_api" in values["functions"]:
        checks["GET /categories"] = lambda: check_json(api, "/categories", list)
    if "shop_api" in values["functions"]:
        checks["GET /cart unsigned"] = lambda: check_refusal(api, "GET", "/cart")
        checks["GET /orders unsigned"] = lambda: check_refusal(api, "GET", "/orders")
    if "trending_api" in values["functions"]:
        checks["GET /trending"] = lambda: check_json(api, "/trending", list)
    for logical, name in sorted(values["functions"].items()):
        checks[f"function {logical}"] = partial(check_function, client, name)
    for resource in resources:
        if resource["type"] == "aws_lambda_event_source_mapping" and resource["values"].get("enabled"):
            check = partial(check_mapping, client, resource["values"])
            checks[resource["address"].removesuffix(".aws_lambda_event_source_mapping.this")] = check
    if "site_url" in values:
        url, headers = str(values["site_url"]), {}
        if target.cloud is not None:  # the emulator serves distributions on its only port, by the Host header
            headers = {"Host": urlsplit(url).netloc, "X-Forwarded-Proto": "https"}
            url = target.cloud.endpoint
        checks["the page"] = lambda: check_page(url, headers)
    return checks


def run_checks(
    checks: Mapping[str, Callable[[], str | None]],
    patience: float,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Run the checks, and return the failures that are left after ``patience`` seconds.

    After an apply, some changes take a moment, such as those of a distribution or an event source mapping.
    """
    deadline = time.monotonic() + patience
    wrong: dict[str, str] = {}
    failing = dict(checks)
    while failing:
        with ThreadPoolExecutor(max_workers=4) as pool:
            answers = dict(zip(failing, pool.map(_run_check, failing.values()), strict=True))
        wrong = {name: sentence for name, sentence in answers.items() if sentence}
        failing = {name: checks[name] for name in wrong}
        if not failing or time.monotonic() >= deadline:
            break
        pause(PAUSE_SECONDS)
    return wrong


def _run_check(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except FAILURES as error:
        return f"AWS refuses the check: {error}."


def run_smoke_test(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    patience: Annotated[
        int, typer.Option(min=0, help="Seconds to wait for failing checks.")
    ] = PATIENCE_SECONDS,
) -> None:
    """Check an applied environment's API, page, functions and sign-in; nothing is written."""
    target = resolve_target(environment, cloud)
    values = outputs.read_outputs(target)
    if not values.get("functions"):
        raise UserError(f"{environment} in {target.place} is not applied: there is nothing to check.")
    checks = build_checks(target, values, workspace.list_resources(target.build_app_workspace()))
    with show_progress(f"Running {len(checks)} checks of {environment}"):
        wrong = run_checks(checks, patience)
    for name in checks:
        print_note(f"✗ {name}: {wrong[name]}" if name in wrong else f"✓ {name}")
    if wrong:
        raise UserError(f"{environment} fails these checks: {' '.join(wrong.values())}")
