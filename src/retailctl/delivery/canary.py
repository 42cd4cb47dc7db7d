"""`retailctl canary`: show canaries of the API's functions, and roll back.

Terraform owns the alias `live`: a canary is started, widened and ended in the environment's values (see
docs/canary.md). Only the rollback is also a command, because it must not wait for a plan. It prints the value that
makes Terraform's configuration match.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import ClientError

from retailctl import project
from retailctl.console import print_line, print_note
from retailctl.environments import outputs
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailctl.environments.target import Target

ALIAS = "live"
WATCHED = timedelta(hours=1)
"""The period for which `show` counts calls and errors."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Show which versions of the API's functions get calls, and roll a canary back.",
)


@dataclass(frozen=True, slots=True)
class Alias:
    """The routing of a function.

    `version` serves, and the canary `tried`, if any, gets a share.
    """

    version: str
    tried: str | None = None
    weight: float = 0.0

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Alias:
        """Return the alias in a response of Lambda."""
        weights: Mapping[str, float] = (answer.get("RoutingConfig") or {}).get(
            "AdditionalVersionWeights"
        ) or {}
        for tried, weight in weights.items():
            if weight > 0:
                return cls(answer["FunctionVersion"], tried, weight)
        return cls(answer["FunctionVersion"])

    def describe_routing(self) -> str:
        """Return a description of the routing."""
        if self.tried is None:
            return f"version {self.version} serves, and there is no canary"
        share = f"{self.weight:.0%} of the calls"
        return f"version {self.version} serves, and version {self.tried} is the canary for {share}"


@dataclass(frozen=True, slots=True)
class CallCounts:
    """The calls and errors of a version."""

    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can have a canary."""

    name: str
    """Its logical name, as in the values."""
    function_name: str
    client: Any
    update_command: str
    """The command that applies the environment."""

    def read_alias(self) -> Alias:
        """Return its alias `live`.

        Raises:
            UserError: where it has none.

        """
        try:
            return Alias.from_answer(self.client.get_alias(FunctionName=self.function_name, Name=ALIAS))
        except self.client.exceptions.ResourceNotFoundException:
            raise UserError(
                f"{self.function_name} has no alias '{ALIAS}': apply the environment with "
                f"`{self.update_command}`."
            ) from None

    def list_versions(self) -> list[str]:
        """Return the numbers of its published versions, the oldest first."""
        pages = self.client.get_paginator("list_versions_by_function").paginate(
            FunctionName=self.function_name
        )
        numbers = [each["Version"] for page in pages for each in page["Versions"]]
        return sorted((number for number in numbers if number.isdigit()), key=int)

    def roll_back(self, to: str | None) -> str:
        """Route all calls to ``to`` or the serving version; return its number.

        Raises:
            UserError: where there is neither a canary nor ``to``, or the version does not exist.

        """
        now = self.read_alias()
        if to is None and now.tried is None:
            earlier = [version for version in self.list_versions() if int(version) < int(now.version)]
            hint = f", such as --to {earlier[-1]}" if earlier else ""
            raise UserError(
                f"{self.name} has no canary: version {now.version} gets all calls. To go back to an earlier "
                f"version, name it{hint}."
            )
        version = to or now.version
        if version not in self.list_versions():
            raise UserError(
                f"{self.name} has no version {version}: it has {', '.join(self.list_versions()) or 'none'}."
            )
        self.client.update_alias(
            FunctionName=self.function_name,
            Name=ALIAS,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
        return version


def _functions(target: Target, only: str | None) -> Iterator[Function]:
    """Yield the environment's functions that can have a canary, or only ``only``.

    Raises:
        UserError: where there is no such function.

    """
    names: Mapping[str, str] = outputs.read_outputs(target).get("canaries", {})
    if not names or (only and only not in names):
        raise UserError(
            f"'{only or 'any'}' is not a function of {target.environment} that can have a canary. Those that can: "
            f"{', '.join(sorted(names)) or 'none'}. A view is never split between versions."
        )
    client = target.client("lambda")
    for name in [only] if only else sorted(names):
        yield Function(name, names[name], client, target.update_command)


def read_call_counts(cloudwatch: Any, function_name: str, version: str, until: datetime) -> CallCounts | None:  # noqa: ANN401 - boto3's
    """Return a version's calls and errors in the last hour, or None.

    None means no access.
    """
    dimensions = {
        "FunctionName": function_name,
        "Resource": f"{function_name}:{ALIAS}",
        "ExecutedVersion": version,
    }

    def sum_metric(metric: str) -> int:
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=until - WATCHED,
            EndTime=until,
            Period=int(WATCHED.total_seconds()),
            Statistics=["Sum"],
        )
        return sum(int(point["Sum"]) for point in answer["Datapoints"])

    try:
        return CallCounts(sum_metric("Invocations"), sum_metric("Errors"))
    except ClientError:
        return None


def format_canary(name: str, alias: Alias) -> str:
    """Return the line for `canary` in the environment's values."""
    return f'{name} = {{ version = "{alias.version}", weight = {alias.weight:g} }}'


OneFunction = Annotated[
    str | None, typer.Option("--function", help="Only this function, such as winner_api.", show_default="all")
]


@app.command("show")
def show_canaries(
    environment: EnvironmentName = "dev", cloud: CloudName = DEFAULT_CLOUD, function: OneFunction = None
) -> None:
    """Print each API function's serving version, canary, and errors of both."""
    target = resolve_target(environment, cloud)
    metrics = target.client("cloudwatch")
    for each in _functions(target, function):
        alias = each.read_alias()
        versions = each.list_versions()
        print_line(
            f"{each.name}: {alias.describe_routing()} (the newest is {versions[-1] if versions else 'none'})."
        )
        if alias.tried is None:
            continue
        for version in (alias.version, alias.tried):
            counts = read_call_counts(metrics, each.function_name, version, datetime.now(UTC))
            summary = "unknown" if counts is None else f"{counts.errors:,} errors in {counts.calls:,} calls"
            print_line(f"  version {version}: {summary} in the last hour")


@app.command("rollback")
def roll_back_canary(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    function: OneFunction = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The version that gets all calls.", show_default="the one that serves"),
    ] = None,
) -> None:
    """Route all calls to the serving version; print the value for Terraform."""
    target = resolve_target(environment, cloud)
    functions = list(_functions(target, function))
    if to is None and function is None:
        functions = [each for each in functions if each.read_alias().tried] or functions
    if to is not None and function is None:
        raise UserError("Each function numbers its own versions: add one, such as --function winner_api.")
    for each in functions:
        version = each.roll_back(to)
        print_note(f"Version {version} of {each.name} gets all calls in {environment} in {target.place} now.")
        print_line(format_canary(each.name, Alias(version)))
    values = project.format_path(target.project.values_file(environment))
    print_note(
        f"Add that to `canary` in {values} and commit it. Otherwise the next apply reverts the rollback."
    )
