"""What watches an environment: alarms with a runbook each, one dashboard, one topic, one budget, canaries."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support import planned_app
from support.metrics import COUNTED_BY_AWS, emitted_metrics
from support.names import NAMESPACE, PROJECT
from support.planned_app import PlannedApp, several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
RUNBOOKS = {
    page.stem: page.read_text() for page in (ROOT / "docs/runbooks").glob("*.md") if page.stem != "README"
}
HEADINGS = ["What it means", "What to look at", "What to do", "How to know it is over"]
CANARY = {"version": "7", "weight": 0.1}
TRIED = ("catalog_api", "event_writer", "shop_api", "studio_api", "trending_api", "winner_api")
NO_METRICS = {"AccessDenied", "NoSuchBucket", "UserAuthentication"}
"""What else stands in code type and capitals in runbooks: error codes and a quota of AWS."""
TOPIC = "arn:aws:sns:us-east-1:111122223333:alarms"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> PlannedApp:
    """Return prod with something being tried of every function that can be."""
    app = planned_app.initialised(planned_app.copy_of_the_app(tmp_path_factory.mktemp("clone")))
    return planned_app.planned(app, "prod", canary=dict.fromkeys(TRIED, CANARY))


@pytest.fixture(scope="module")
def alarms(prod: PlannedApp) -> dict[str, dict[str, Any]]:
    """Return the alarms by their names without the environment's."""
    planned = [each.values for each in prod.of("aws_cloudwatch_metric_alarm")]
    return {
        each["alarm_name"].removeprefix(f"{PROJECT}-prod-").removesuffix(f"@{PROJECT}-prod-events"): each
        for each in planned
    }


@pytest.fixture(scope="module")
def widgets(prod: PlannedApp) -> list[dict[str, Any]]:
    body = json.loads(prod.one("aws_cloudwatch_dashboard.environment")["dashboard_body"])
    return list(body["widgets"])


def runbook_of(alarm: dict[str, Any]) -> str:
    found = re.search(r"\. Runbook: docs/runbooks/([a-z-]+)\.md$", alarm["alarm_description"])
    assert found, f"{alarm['alarm_name']} does not end with its runbook: {alarm['alarm_description']}"
    return found[1]


# Runbooks


def test_every_alarm_names_a_runbook_and_every_runbook_has_an_alarm(
    alarms: dict[str, dict[str, Any]],
) -> None:
    assert {runbook_of(alarm) for alarm in alarms.values()} == set(RUNBOOKS)


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_lists_the_alarms_that_name_it_and_no_other(
    alarms: dict[str, dict[str, Any]], name: str
) -> None:
    listed = set(re.findall(r"`([A-Za-z0-9@-]+)`", RUNBOOKS[name].partition("\n## ")[0]))

    assert listed == {alarm for alarm, values in alarms.items() if runbook_of(values) == name}


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over(name: str) -> None:
    head, *sections = re.split(r"^## ", RUNBOOKS[name], flags=re.MULTILINE)

    assert head.startswith("# ")
    assert [section.partition("\n")[0] for section in sections] == HEADINGS
    assert all(len(section.split()) > 10 for section in sections), "a section says nothing"
    assert "```console\n" in RUNBOOKS[name], "there is no command to type"


def test_the_runbooks_index_has_them_all() -> None:
    index = (ROOT / "docs/runbooks/README.md").read_text()

    assert sorted(re.findall(r"\]\(([a-z-]+)\.md\)", index)) == sorted(RUNBOOKS)


# The dashboard


def test_the_dashboard_fits_its_grid_and_nothing_lies_on_another(widgets: list[dict[str, Any]]) -> None:
    assert all(each["x"] >= 0 and each["x"] + each["width"] <= 24 for each in widgets)
    for one, other in combinations(widgets, 2):
        assert (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        ), (one, other)


def test_every_description_fits_with_the_longest_runbooks_url(prod: PlannedApp) -> None:
    """The longest are those of PutMetricAlarm, of IAM's CreateRole and CreatePolicy, and of Lambda."""
    longest_url = 256
    for kind, attribute, longest in (
        ("aws_cloudwatch_metric_alarm", "alarm_description", 1024 - longest_url),
        ("aws_iam_role", "description", 1000),
        ("aws_lambda_function", "description", 256),
    ):
        texts = [str(each.values.get(attribute) or "") for each in prod.of(kind)]
        assert any(texts)
        assert max(map(len, texts)) <= longest, kind


def test_the_dashboard_is_no_larger_than_cloudwatch_takes(widgets: list[dict[str, Any]]) -> None:
    """See Dashboard Body Structure and Syntax in CloudWatch's API Reference."""
    assert len(widgets) <= 500
    assert all(len(each["properties"].get("alarms", [])) <= 100 for each in widgets)
    assert all(len(each["properties"].get("metrics", [])) <= 500 for each in widgets)


def test_the_dashboard_shows_how_it_goes(widgets: list[dict[str, Any]]) -> None:
    shown = json.dumps(widgets)

    for metric in (
        "Freshness", "IteratorAge", "EventsApplied", "RecordsQuarantined", "Errors", "Throttles", "Latency",
        "ConsumedWriteCapacityUnits", "PutRecord.Success", "PutRecord.Latency", "EventsRefused", "Unavailable",
        "ReturnedItemCount", "5xxErrorRate", "SignInSuccesses",
        "ExecutionsFailed", "LongestWait", "OldestOpenOrder", "PicturesDelivered",
    ):  # fmt: skip
        assert re.search(rf"[\"=]{metric}[\"']", shown), metric
    titles = [each["properties"].get("title", "") for each in widgets if each["type"] == "metric"]
    assert len(set(titles)) == len(titles)
    assert "Capacity used per sale" in titles


def test_the_dashboard_begins_with_every_alarm(prod: PlannedApp, widgets: list[dict[str, Any]]) -> None:
    named = [arn for part in prod.outputs["alarm_arns"].values() for arn in part.values()]

    first = [each for each in widgets if each["y"] == 0]
    assert {each["type"] for each in first} == {"alarm"}
    assert sorted(arn for each in first for arn in each["properties"]["alarms"]) == sorted(named)
    assert len(named) == len(prod.of("aws_cloudwatch_metric_alarm"))


def test_every_module_that_draws_itself_is_on_the_dashboard() -> None:
    app = ROOT / "terraform/app"
    dashboard = (app / "dashboard.tf").read_text()
    missing = []
    for file in app.glob("*.tf"):
        for name, source in re.findall(
            r'^module "(\w+)" \{\n(?:  (?:count|for_each)\s*= .+\n)?  source\s*= "([^"]+)"',
            file.read_text(),
            re.MULTILINE,
        ):
            draws = 'output "dashboard_widgets"' in (app / source / "outputs.tf").read_text()
            if draws and not re.search(rf"module\.{name}(\[[\w.]+\])?\.dashboard_widgets", dashboard):
                missing.append(name)
    assert missing == []


def metrics_asked_for(
    widgets: list[dict[str, Any]], alarms: Iterable[dict[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of every metric on the dashboard and in an alarm."""
    yield from re.findall(rf'\["({NAMESPACE}|AWS/\w+)", "([\w.]+)"', json.dumps(widgets))
    yield from re.findall(rf"\{{({NAMESPACE}|AWS/\w+),[^}}]*\}} [^']*MetricName=(\w+)", json.dumps(widgets))
    for alarm in alarms:
        queries = [query["metric"][0] for query in alarm.get("metric_query") or [] if query["metric"]]
        yield from ((each["namespace"], each["metric_name"]) for each in queries or [alarm])


def test_every_metric_that_is_asked_for_is_one_that_something_emits(
    widgets: list[dict[str, Any]], alarms: dict[str, dict[str, Any]]
) -> None:
    there = COUNTED_BY_AWS | {NAMESPACE: emitted_metrics((ROOT / "src/hello_retail").rglob("*.py"))}
    asked = set(metrics_asked_for(widgets, alarms.values()))

    assert {namespace for namespace, _ in asked} == set(there)
    assert {(namespace, name) for namespace, name in asked if name not in there[namespace]} == set()
    shown = json.dumps(widgets)
    assert shown.count(NAMESPACE) == len(re.findall(rf'\["{NAMESPACE}", "|\{{{NAMESPACE},', shown))


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_names_only_metrics_that_something_emits(name: str) -> None:
    there = emitted_metrics((ROOT / "src/hello_retail").rglob("*.py")).union(*COUNTED_BY_AWS.values())
    prose = re.sub(r"```.*?```", "", RUNBOOKS[name], flags=re.DOTALL)

    assert set(re.findall(r"`([A-Z][a-z]+[A-Z][A-Za-z.]+)`", prose)) - there <= NO_METRICS


def log_commands() -> list[tuple[str, str]]:
    """Return the pages' commands of the AWS CLI that read a log, each with its page."""
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs/runbooks").glob("*.md")]
    return [
        (page.name, command)
        for page in pages
        for command in re.findall(r"aws logs (?:start-query|filter-log-events|tail) [^\n]+", page.read_text())
    ]


@pytest.mark.parametrize(("page", "command"), log_commands())
def test_a_log_is_read_as_its_class_can_be_read(prod: PlannedApp, page: str, command: str) -> None:
    groups = {group.values["name"]: group.values for group in prod.of("aws_cloudwatch_log_group")}
    named = re.search(r"--log-group-name (/\S+)", command)
    assert named, page
    assert named[1] in groups, page

    if groups[named[1]]["log_group_class"] == "INFREQUENT_ACCESS":
        assert command.startswith("aws logs start-query "), f"{page}: AWS refuses {command.split()[2]} there"


def test_a_query_of_the_access_log_asks_for_what_is_in_it(prod: PlannedApp) -> None:
    stage = prod.one("module.api.aws_apigatewayv2_stage.this")
    (settings,) = stage["access_log_settings"]
    fields = set(json.loads(settings["format"]))
    queries = [
        query
        for _, command in log_commands()
        for query in re.findall(r"-requests .*--query-string '([^']+)'", command)
    ]

    assert len(queries) >= 3
    asked = {word for query in queries for word in re.findall(r"\b[a-z]+(?:[A-Z][a-z]+)+\b|status", query)}
    assert asked <= fields
    assert fields - asked == {"requestId"}, "a field that no query asks for is paid for"


def test_every_expression_uses_what_its_widget_has(widgets: list[dict[str, Any]]) -> None:
    expressions = 0
    for widget in widgets:
        options = [line[-1] for line in widget["properties"].get("metrics", []) if isinstance(line[-1], dict)]
        known = {each["id"] for each in options if "id" in each}
        for each in options:
            expression = re.sub(r"SEARCH\('[^']*', '\w+'\)", "", each.get("expression", ""))
            expressions += "expression" in each
            assert set(re.findall(r"\b[a-z]\w*", expression)) <= known, widget["properties"]["title"]
    assert expressions >= 5


# Who is told


def test_the_topic_is_encrypted_and_takes_from_cloudwatch_and_budgets_of_this_account_only(
    prod: PlannedApp,
) -> None:
    documents = dict(prod.policies())
    key = {
        statement["Principal"].get("Service"): statement
        for statement in documents["module.key.data.aws_iam_policy_document.key"]
    }

    assert prod.one("aws_sns_topic.alarms")["kms_master_key_id"].startswith("arn:aws:kms:")
    assert documents["data.aws_iam_policy_document.alarms"] == [
        {
            "Sid": sid,
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": TOPIC,
            "Principal": {"Service": service},
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        }
        for sid, service in (
            ("AlarmsPublish", "cloudwatch.amazonaws.com"),
            ("BudgetsPublish", "budgets.amazonaws.com"),
        )
    ]
    for service in ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"):
        assert set(several(key[service]["Action"])) == {"kms:Decrypt", "kms:GenerateDataKey*"}
        assert key[service]["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_a_budget_tells_the_topic_of_what_is_forecast_and_what_is_spent(prod: PlannedApp) -> None:
    budget = prod.one("aws_budgets_budget.month")
    told = {each["notification_type"]: each for each in budget["notification"]}

    assert (budget["name"], budget["time_unit"], budget["limit_unit"]) == (
        f"{PROJECT}-prod",
        "MONTHLY",
        "USD",
    )
    assert {kind: each["threshold"] for kind, each in told.items()} == {"FORECASTED": 80, "ACTUAL": 100}
    assert all(each["subscriber_sns_topic_arns"] == [TOPIC] for each in told.values())


# Canaries


def test_a_canary_keeps_the_api_on_its_version_and_never_touches_a_views_alias(prod: PlannedApp) -> None:
    aliases = {each.address.split(".")[1]: each.values for each in prod.of("aws_lambda_alias")}
    tried = {name for name, alias in aliases.items() if alias["routing_config"]}

    assert tried == set(TRIED) == set(prod.outputs["canaries"])
    for name in tried:
        (routing,) = aliases[name]["routing_config"]
        assert aliases[name]["function_version"] == CANARY["version"]
        assert list(routing["additional_version_weights"].values()) == [CANARY["weight"]]


def test_the_version_being_tried_is_watched_by_itself(alarms: dict[str, dict[str, Any]]) -> None:
    for name in ("event-writer", "shop-api", "studio-api", "trending-api", "winner-api"):
        alarm = alarms[f"{name}-canary-errors"]
        assert alarm["metric_name"] == "Errors"
        assert alarm["dimensions"]["Resource"] == f"{PROJECT}-prod-{name}:live"
        assert alarm["dimensions"]["ExecutedVersion"] != CANARY["version"]
        assert alarm["alarm_actions"] == [TOPIC]
