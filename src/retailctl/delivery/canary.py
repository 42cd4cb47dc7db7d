"""`retailctl canary`: what the API's functions are being tried with, and the way back at once.

Terraform owns the alias `live`: a canary is begun, widened and ended in the environment's values (see
docs/canary.md). Only the way back is here too, since it must not wait for a plan; it says which value makes
Terraform agree.
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
"""How far back `show` counts calls and errors."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Show which versions the API's functions answer with, and take one back.",
)


@dataclass(frozen=True, slots=True)
class Alias:
    """Where the calls of a function go: `version` serves, and `tried`, where there is one, gets a share."""

    version: str
    tried: str | None = None
    weight: float = 0.0

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Alias:
        """Return the alias that Lambda's answer describes."""
        weights: Mapping[str, float] = (answer.get("RoutingConfig") or {}).get(
            "AdditionalVersionWeights"
        ) or {}
        for tried, weight in weights.items():
            if weight > 0:
                return cls(answer["FunctionVersion"], tried, weight)
        return cls(answer["FunctionVersion"])

    def describe_routing(self) -> str:
        """Return where the calls go, in words."""
        if self.tried is None:
            return f"version {self.version} serves, and nothing is being tried"
        share = f"{self.weight:.0%} of the calls"
        return f"version {self.version} serves, and version {self.tried} is being tried on {share}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a version has done of late."""

    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function that new versions of can be tried."""

    name: str
    """Its logical name, as in the values."""
    function_name: str
    client: Any

    def read_alias(self) -> Alias:
        """Return where its calls go.

        Raises:
            UserError: where it has no alias.

        """
        try:
            return Alias.from_answer(self.client.get_alias(FunctionName=self.function_name, Name=ALIAS))
        except self.client.exceptions.ResourceNotFoundException:
            raise UserError(
                f"{self.function_name} has no alias '{ALIAS}': apply the environment first."
            ) from None

    def list_versions(self) -> list[str]:
        """Return the numbers of its published versions, the oldest first."""
        pages = self.client.get_paginator("list_versions_by_function").paginate(
            FunctionName=self.function_name
        )
        numbers = [each["Version"] for page in pages for each in page["Versions"]]
        return sorted((number for number in numbers if number.isdigit()), key=int)

    def roll_back(self, to: str | None) -> str:
        """Send every call to one version, the one that serves unless ``to`` says another, and return its number.

        Raises:
            UserError: where nothing is being tried and no version is named, or there is no such version.

        """
        now = self.read_alias()
        if to is None and now.tried is None:
            earlier = [version for version in self.list_versions() if int(version) < int(now.version)]
            hint = f", such as --to {earlier[-1]}" if earlier else ""
            raise UserError(
                f"Nothing is being tried of {self.name}: version {now.version} has every call. To go back to an "
                f"earlier one, say which{hint}."
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
    """Yield the environment's functions that can be tried, or the one that is asked for.

    Raises:
        UserError: where there is none such.

    """
    found: Mapping[str, str] = outputs.read_outputs(target).get("canaries", {})
    if not found or (only and only not in found):
        raise UserError(
            f"'{only or 'any'}' is no function of {target.environment} that a version can be tried of: "
            f"there is {', '.join(sorted(found)) or 'none'}. A view's batches are for one version."
        )
    client = target.client("lambda")
    for name in [only] if only else sorted(found):
        yield Function(name, found[name], client)


def read_call_counts(cloudwatch: Any, function_name: str, version: str, until: datetime) -> Seen | None:  # noqa: ANN401 - boto3's
    """Return what a version did through the alias in the last hour, or None where nobody knows."""
    dimensions = {
        "FunctionName": function_name,
        "Resource": f"{function_name}:{ALIAS}",
        "ExecutedVersion": version,
    }

    def total(metric: str) -> int:
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
        return Seen(total("Invocations"), total("Errors"))
    except ClientError:
        return None


def format_canary(name: str, alias: Alias) -> str:
    """Return the line of the environment's values that says what the alias does."""
    return f'{name} = {{ version = "{alias.version}", weight = {alias.weight:g} }}'


OneFunction = Annotated[
    str | None, typer.Option("--function", help="One of them only, such as winner_api.", show_default="all")
]


@app.command("show")
def show_canaries(
    environment: EnvironmentName = "dev", cloud: CloudName = DEFAULT_CLOUD, function: OneFunction = None
) -> None:
    """Print which version of each function of the API serves, which is being tried, and how each does."""
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
            did = read_call_counts(metrics, each.function_name, version, datetime.now(UTC))
            told = "not known" if did is None else f"{did.errors:,} errors in {did.calls:,} calls"
            print_line(f"  version {version}: {told} in the last hour")


@app.command("rollback")
def roll_back_canary(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    function: OneFunction = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The version that gets every call.", show_default="the one that serves"),
    ] = None,
) -> None:
    """Send every call to the version that serves, at once; print the value with which Terraform agrees."""
    target = resolve_target(environment, cloud)
    functions = list(_functions(target, function))
    if to is None and function is None:
        functions = [each for each in functions if each.read_alias().tried] or functions
    if to is not None and function is None:
        raise UserError(
            "Versions are numbered function by function: say whose, such as --function winner_api."
        )
    for each in functions:
        version = each.roll_back(to)
        print_note(
            f"Version {version} of {each.name} has every call in {environment} in {target.place}, from now on."
        )
        print_line(format_canary(each.name, Alias(version)))
    values = project.format_path(target.project.values_file(environment))
    print_note(
        f"Put that into `canary` of {values} and commit it: the next apply would undo the rollback otherwise."
    )
