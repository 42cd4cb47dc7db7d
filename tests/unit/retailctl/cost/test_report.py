"""`retailctl cost` and its page: what is printed, drawn and generated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from hello_retail.stream_consumer.usage import Usage
from hello_retail.winner_view import handler
from hello_retail.winner_view.batch import WinnerBatch
from hello_retail.winner_view.tally import SequencedEvent
from retailctl import cli
from retailctl.cost import chart, figures, model, prices, report, units, workload
from retailctl.errors import UserError
from support.costing import price_list
from support.histories import purchase
from tools import cost_page, module_readmes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
SVG = "{http://www.w3.org/2000/svg}"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["cost", *arguments])
    if result.exception:
        raise result.exception
    return result.stdout


def document(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--json", "--measured", str(units.COMMITTED), *arguments))
    return found


def test_json_has_a_total_and_a_line_for_everything_in_it() -> None:
    found = document()
    assert found["total_per_day"] <= 3.0
    assert found["total_per_day"] == pytest.approx(sum(line["usd_per_day"] for line in found["lines"]))
    assert found["total_per_day"] == pytest.approx(sum(found["services"].values()))
    assert set(found["services"]) == set(prices.SERVICES.values()) - {"SNS", "Step Functions"}
    for line in found["lines"]:
        assert line["usd_per_day"] == pytest.approx(line["billed_per_day"] * line["unit_price"])
        assert line["origin"]
        assert line["price_source"]
    assert [part["name"] for part in found["apart"]] == [
        "The archive",
        "The writer's API",
        "Trending products",
        "The catalog",
        "The studio",
        "Carts and orders",
    ]
    days = found["front_door_to_board"]
    assert [day["times_the_load"] for day in days] == [1, 10, 100]
    assert days[0]["stream_to_board"] == found["total_per_day"]
    for day in days:
        assert day["total_per_day"] == pytest.approx(day["front_door"] + day["stream_to_board"])
        assert day["total_per_day"] < day["original"] / 5
    assert [each["steps"] for each in found["studio_per_thousand"]] == [3, 3, 96]
    assert [each["steps"] for each in found["orders_per_thousand"]] == [3]
    assert found["original"] == {
        "promised": {"Lambda": 2.0, "API Gateway": 0.0035, "DynamoDB": 10.0},
        "measured": pytest.approx(57.5),
    }


def test_every_figure_of_the_workload_can_be_chosen() -> None:
    options = {
        "--events": 2e6,
        "--peak": 60,
        "--contributors": 400,
        "--reads": 5_000,
        "--window": 2,
        "--shards": 4,
        "--batch-size": 500,
        "--memory": 1_024,
        "--bad": 3,
        "--log-days": 30,
        "--access-log-days": 14,
        "--stream-days": 2,
        "--archive-window": 30,
        "--archive-days": 90,
        "--offers": 50,
        "--waiting": 7,
        "--orders": 9,
    }
    words = (str(word) for option in options.items() for word in option)
    found = document(*words, "--no-archive-fan-out", "--texts")["workload"]
    assert list(found.values()) == [
        2e6,
        60,
        4,
        2,
        500,
        1_024,
        400,
        5_000,
        3,
        30,
        14,
        2,
        30,
        90,
        False,
        50,
        7,
        True,
        9,
    ]


def test_the_free_tier_makes_it_cheaper_and_only_when_asked_for() -> None:
    assert document("--free-tier")["total_per_day"] < document()["total_per_day"]


def test_the_report_says_everything_in_words(tmp_path: Path) -> None:
    said = run("--measured", str(units.COMMITTED), "--picture", str(tmp_path / "cost.svg"))
    for words in (
        "A day of 10,000,000 events (116 a second, 200 at the peak)",
        "From stream to board",
        "at most the bound of 3.00",
        "The writer's API",
        "From front door to board",
        "The original promised 12.00",
        "What each further dollar a day would buy",
        "A thousand cost in Step Functions: 0.075 to 0.125 for products photographed, nobody late (the original",
        "no free tier unless asked for",
    ):
        assert words in " ".join(said.split())
    assert "0.0000" not in said


def test_another_day_is_not_held_against_the_bound(tmp_path: Path) -> None:
    said = run("--shards", "3", "--picture", str(tmp_path / "cost.svg"))
    assert "bound" not in said
    assert "by service: DynamoDB" in said


def test_a_board_that_cannot_be_fresher_is_offered_no_dollars() -> None:
    load, bench, price = (
        workload.build_workload(window_seconds=0.2),
        units.read_committed_figures(),
        prices.read_price_list(),
    )
    answer = model.compute_bill(load, bench, price)
    assert report.list_affordable_windows(answer, bench, price) == []
    assert not any("further dollar" in sentence for sentence in report.explain_bill(answer, bench, price))


def test_each_further_dollar_buys_a_shorter_window_for_that_dollar() -> None:
    bought = document()["dollars_more"]
    now = document()["total_per_day"]
    windows = [step["window_seconds"] for step in bought]
    assert windows == sorted(windows, reverse=True)
    assert windows[-1] == 0.2
    for dollars, step in enumerate(bought[:-1], start=1):
        assert step["total_per_day"] == pytest.approx(now + dollars)
        there = document("--window", str(step["window_seconds"]))["total_per_day"]
        assert there <= now + dollars + 1e-6


def test_what_is_wrong_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `make bench`"):
        run("--measured", str(tmp_path / "none.json"))
    broken = price_list(tmp_path, prices.FILE.read_text().replace("[s3.put]", "[s3.putt]"))
    with pytest.raises(UserError, match=r"has no price for s3\.put:"):
        run("--prices", str(broken))


@pytest.mark.parametrize(
    "load", [{}, {"window_seconds": 60}, {"events_per_day": 1e9}, {"events_per_day": 500}]
)
def test_the_picture_is_well_formed_and_stays_on_its_card(load: dict[str, float]) -> None:
    drawn = chart.draw_cost_chart(
        workload.build_workload(**load), units.read_committed_figures(), prices.read_price_list()
    )
    picture = ET.fromstring(drawn)  # noqa: S314 - our own text
    assert picture.find(f"{SVG}title") is not None
    assert picture.find(f"{SVG}desc") is not None
    assert "prefers-color-scheme: dark" in drawn
    for x, y in _places(picture):
        assert 0 <= x <= 1_000
        assert 0 <= y <= 440


def _places(picture: ET.Element) -> Iterator[tuple[float, float]]:
    for text in picture.iter(f"{SVG}text"):
        yield float(text.attrib["x"]), float(text.attrib["y"])
    for dot in picture.iter(f"{SVG}circle"):
        yield float(dot.attrib["cx"]), float(dot.attrib["cy"])
    for path in picture.iter(f"{SVG}path"):
        for place in path.attrib["d"].strip("MZ").split("L"):
            words = place.split()
            if len(words) == 2 and not any(letter in place for letter in "HVhv"):
                yield float(words[0]), float(words[1])


def test_the_page_and_its_picture_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost_page.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_named_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "cost.md"
    page.write_text("Cost.\n<!-- BEGIN_COST -->\nold\n<!-- END_COST -->\n")
    assert cost_page.main(["--check"], tmp_path) == 1
    assert "cost.md is stale: run" in capsys.readouterr().err
    assert cost_page.main([], tmp_path) == 0
    assert cost_page.main(["--check"], tmp_path) == 0
    assert "From stream to board" in page.read_text()
    page.write_text("Cost.\n")
    with pytest.raises(UserError, match="add BEGIN_COST and END_COST"):
        cost_page.main([], tmp_path)


def test_an_environments_values_are_a_workload(tmp_path: Path) -> None:
    values = tmp_path / "terraform.tfvars"
    values.write_text(
        """access_log_retention_days = 14
archive = {
  enabled = true
  fan_out = false
}
log_retention_days = 7
stream = {
  shard_count     = 2
  retention_hours = 48
}
winner_view = {
  batch_size              = 500
  batching_window_seconds = 0
  memory_mb               = 256
  timeout_seconds         = 60
}
"""
    )
    load = cost_page.read_workload(values)
    assert (load.shards, load.stream_days, load.window_seconds) == (2, 2, 1)
    assert (load.batch_size, load.memory_mb, load.log_days) == (500, 256, 7)
    assert load.access_log_days == 14
    assert not load.archive_fan_out


def test_the_front_door_with_prods_values_costs_no_more_than_its_bound() -> None:
    load = cost_page.read_workload(ROOT / "environments/prod/terraform.tfvars")
    assert load.events_per_day == 10_000_000
    assert (
        model.compute_bill(load, units.read_committed_figures(), prices.read_price_list()).front_door.usd
        <= model.FRONT_DOOR_BOUND
        == 16.5
    )


def test_the_generated_part_lies_between_its_marks() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    assert module_readmes.insert_content(page, cost_page.MARK, "") is not None


def test_a_batch_logs_the_metrics_and_the_bytes_that_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    number = 49_590_338_271_490_256_608_559_692_538_361_571_095
    numbers = range(number, number + 200)
    batch = WinnerBatch(
        stream="hello-retail-prod-events",
        shard_id="shardId-000000000001",
        entries=[SequencedEvent(each, purchase("cy", "1234567")) for each in numbers],  # type: ignore[arg-type]
        skipped={},
        rejected=[],
        numbers={each: str(each) for each in numbers},
        arrivals={each: 1_763_800_000.0 + offset / 40 for offset, each in enumerate(numbers)},
    )
    handler.report_batch(batch, [], None, 1_763_800_005.4, Usage(write_units=67.0, read_units=1.5))
    lines = capsys.readouterr().out.splitlines()
    (directive,) = json.loads(lines[0])["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in directive["Metrics"]} == set(model.VIEW_METRICS)
    bytes_with_overhead = sum(len(line.encode()) + 26 for line in lines)
    assert 0.7 * figures.VIEW_LOG_BYTES < bytes_with_overhead <= figures.VIEW_LOG_BYTES
