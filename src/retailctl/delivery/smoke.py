"""`retailctl smoke`: whether an environment that was just applied answers as it should. It writes nothing.

The event writer is asked without a token, so that its refusal shows the way to it, and no sale is made.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from retailctl.aws import FAILURES
from retailctl.console import note
from retailctl.environments import outputs
from retailctl.environments.target import target_of
from retailctl.errors import UserError
from retailctl.options import AnyCloud, EnvironmentName
from retailctl.progress import step
from retailctl.terraform import workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from retailctl.environments.target import Target

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 2.0
TIMEOUT_SECONDS = 20
JSON = "application/json"
ALIAS = "live"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request got; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """Return the content type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


def ask(url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
    """Return the answer to a request, whatever its status.

    Raises:
        OSError: where there is none.

    """
    request = urllib.request.Request(  # noqa: S310 - the environment's own address
        url, method=method, headers=dict(headers or {}), data=b"{}" if method == "POST" else None
    )
    is_local = urlsplit(url).hostname == "127.0.0.1"
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if is_local else []))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as reply:
            return _answer(reply, reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error, error.code)
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error


def _answer(reply: Any, status: int) -> Answer:  # noqa: ANN401 - urllib's answer and its error alike
    return Answer(status, {name.lower(): text for name, text in reply.headers.items()}, reply.read())


def json_at(url: str, path: str, shape: type) -> str | None:
    """Say what is wrong with the JSON that a path answers with."""
    try:
        answer = ask(url + path)
    except OSError as error:
        return f"GET {path} got no answer ({error})."
    if answer.status != http.client.OK:
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


def writer_refuses(url: str) -> str | None:
    """Say what is wrong with the event writer's way of treating somebody who is not signed in."""
    try:
        answer = ask(f"{url}/events", method="POST", headers={"Content-Type": JSON})
    except OSError as error:
        return f"POST /events got no answer ({error})."
    if answer.status == http.client.UNAUTHORIZED:
        return None
    return f"POST /events answered {answer.status} to somebody who is not signed in, not 401."


def page_at(url: str, headers: Mapping[str, str]) -> str | None:
    """Say what is wrong with the page."""
    try:
        answer = ask(f"{url}/", headers=headers)
    except OSError as error:
        return f"The page got no answer ({error})."
    if answer.status != http.client.OK or answer.media_type != "text/html":
        return f"The page answered {answer.status} with '{answer.media_type}', not 200 with text/html."
    policy = answer.headers.get("content-security-policy", "")
    if "default-src 'none'" not in policy and "default-src 'self'" not in policy:
        return "The page came without its Content-Security-Policy."
    return None


def function_is_active(client: Any, name: str) -> str | None:  # noqa: ANN401 - boto3 makes its classes at run time
    """Say what is wrong with a function's version behind its alias."""
    found = client.get_function_configuration(FunctionName=name, Qualifier=ALIAS)
    state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    if (
        state in {"Active", "Inactive"} and update == "Successful"
    ):  # inactive: idle for weeks, wakes when called
        return None
    return f"The function {name} is {state}, and its last update is {update}."


def mapping_is_enabled(client: Any, mapping: Mapping[str, Any]) -> str | None:  # noqa: ANN401 - as above
    """Say what is wrong with a function's way to the stream, given the event source mapping as the state has it."""
    state = client.get_event_source_mapping(UUID=mapping["uuid"])["State"]
    if state == "Enabled":
        return None
    return f"The event source mapping of {mapping['function_name'].split(':')[-2]} is {state}: it reads no stream."


def checks(
    target: Target, found: Mapping[str, Any], resources: Iterable[Mapping[str, Any]]
) -> dict[str, Callable[[], str | None]]:
    """Return all looks at an environment by what they look at, given its root outputs and its resources."""
    api, client = str(found["api_url"]).rstrip("/"), target.client("lambda")
    looks: dict[str, Callable[[], str | None]] = {
        "GET /winners": lambda: json_at(api, "/winners", dict),
        "GET /scores": lambda: json_at(api, "/scores?role=creator", list),
        "GET /openapi.json": lambda: json_at(api, "/openapi.json", dict),
        "POST /events unsigned": lambda: writer_refuses(api),
    }
    if "trending_api" in found["functions"]:
        looks["GET /trending"] = lambda: json_at(api, "/trending", list)
    for logical, name in sorted(found["functions"].items()):
        looks[f"function {logical}"] = partial(function_is_active, client, name)
    for resource in resources:
        if resource["type"] == "aws_lambda_event_source_mapping" and resource["values"].get("enabled"):
            look = partial(mapping_is_enabled, client, resource["values"])
            looks[resource["address"].removesuffix(".aws_lambda_event_source_mapping.this")] = look
    if "site_url" in found:
        url, headers = str(found["site_url"]), {}
        if target.cloud is not None:  # its distributions answer by their name at the emulator's one port
            headers = {"Host": urlsplit(url).netloc, "X-Forwarded-Proto": "https"}
            url = target.cloud.endpoint
        looks["the page"] = lambda: page_at(url, headers)
    return looks


def failures(
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
            said = dict(zip(left, pool.map(_safely, left.values()), strict=True))
        wrong = {name: sentence for name, sentence in said.items() if sentence}
        left = {name: looks[name] for name in wrong}
        if not left or time.monotonic() >= deadline:
            break
        pause(PAUSE_SECONDS)
    return wrong


def _safely(look: Callable[[], str | None]) -> str | None:
    try:
        return look()
    except FAILURES as error:
        return f"AWS refuses the look: {error}."


def smoke(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    patience: Annotated[
        int, typer.Option(min=0, help="Seconds to wait for what has just been applied.")
    ] = PATIENCE_SECONDS,
) -> None:
    """See whether an applied environment answers: its API, page, functions and sign-in. It writes nothing."""
    target = target_of(environment, cloud)
    found = outputs.of(target)
    if not found.get("functions"):
        raise UserError(f"{environment} in {target.place} is not applied: there is nothing to look at.")
    looks = checks(target, found, workspace.resources(target.app()))
    with step(f"Looking at {environment} from {len(looks)} sides"):
        wrong = failures(looks, patience)
    for name in looks:
        note(f"✗ {name}: {wrong[name]}" if name in wrong else f"✓ {name}")
    if wrong:
        raise UserError(f"{environment} does not answer as it should: {' '.join(wrong.values())}")
