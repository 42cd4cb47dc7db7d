"""`make bench`: its bounds, its report and the processes it runs; nothing here is timed."""

from __future__ import annotations

import json
import re
import zipfile
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from rich.console import Console
from typer.testing import CliRunner

from retailctl.errors import UserError
from retailctl.project import Project
from retailctl.simulation import load_report
from tools.bench import run
from tools.bench.run import Unpacked

if TYPE_CHECKING:
    from collections.abc import Mapping


FRONT_DOOR = {
    "people": 40,
    "accepted": 800,
    "failed": 0,
    "accepted_per_second": 80.0,
    "p50_ms": 40.0,
    "p95_ms": 80.0,
    "p99_ms": 90.0,
    "missing": 0,
    "wrong_scores": 0,
}


COLD_START = {
    "winner_view": 1.1,
    "winner_api": 1.2,
    "event_writer": 1.3,
    "shop_view": 1.2,
    "catalog_api": 1.2,
}


def figures(**changes: Any) -> dict[str, Any]:
    batch = {"write_units_per_purchase": 0.1, "read_units_per_purchase": 0.01, "events_per_second": 5000.0}
    return {
        "original": {
            "write_units_per_purchase": 8.9,
            "read_units_per_purchase": 2.0,
            "events_per_second": 70.0,
        },
        "batches": [{"batch_size": size, **batch, "speedup": 71.4} for size in run.BATCHES],
        "event_ids_write_units": dict.fromkeys(map(str, run.BATCHES), 0.01),
        "catalog": {"create": 6.0, "price": 2.0, "image": 2.0, "stock": 1.0, "purchase": 0.0},
        "cold_start": COLD_START,
        "cold_start_seconds": {"bare": 0.3, "bare_kinesis": 0.3, "winner_view": 0.33, "winner_api": 0.36},
        "event_writer": {"ratio": 1.2, "handler_seconds": 0.0024, "bare_seconds": 0.002},
        "front_door": FRONT_DOOR,
        "products_listed": {"ratio": 1.1, "products_seconds": 0.011, "trending_seconds": 0.01},
        "scores_read": {"ratio": 1.1, "handler_seconds": 0.011, "bare_seconds": 0.01, "queries": 4},
    } | changes


class Cloud:
    def build_environ(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
        }


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(run.project, "find_project", lambda: Project(tmp_path))
    return Project(tmp_path)


def function(tmp_path: Path, code: str, name: str = "winner_view") -> Unpacked:
    folder = tmp_path / name
    folder.mkdir()
    (folder / f"{name}_code.py").write_text(code)
    return Unpacked(name, folder, f"{name}_code.handler")


def test_what_is_published_has_exactly_the_promised_names() -> None:
    found = run.build_bench_document(figures())
    assert set(found) == {
        "batches",
        "catalog",
        "cold_start",
        "event_ids_write_units",
        "event_writer",
        "front_door",
        "products_listed",
        "scores_read",
    }
    assert found["event_ids_write_units"] == {"67": 0.01, "335": 0.01, "1000": 0.01}
    assert [batch["batch_size"] for batch in found["batches"]] == [67, 335, 1000]
    assert set(found["batches"][0]) == {
        "batch_size",
        "write_units_per_purchase",
        "read_units_per_purchase",
        "events_per_second",
        "speedup",
    }
    assert found["cold_start"] == COLD_START
    assert found["products_listed"] == 1.1
    assert found["scores_read"] == 1.1
    assert found["event_writer"] == 1.2
    assert found["front_door"] == FRONT_DOOR


def test_figures_within_their_bounds_end_well_and_are_written(
    here: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "measure_figures", lambda _: figures())
    result = CliRunner().invoke(run.app, [])
    assert result.exit_code == 0, result.output
    assert json.loads((here.root / "build" / "bench.json").read_text()) == run.build_bench_document(figures())
    for text in ("8.8", "pass", "70 sales a second", "60"):
        assert text in result.stdout


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        (
            {"cold_start": COLD_START | {"winner_view": 1.4}},
            "cold start of winner_view",
        ),
        (
            {"cold_start": COLD_START | {"event_writer": 1.81}},
            "cold start of event_writer, against a bare kinesis client",
        ),
        ({"event_writer": {"ratio": 1.6}}, "POST /events"),
        (
            {"catalog": {"create": 7.5, "price": 2.0, "image": 2.0, "stock": 1.0, "purchase": 0.0}},
            "catalog's write units of a new product",
        ),
        (
            {"products_listed": {"ratio": 1.31, "products_seconds": 0.0131, "trending_seconds": 0.01}},
            "GET /products of 10,000, against GET /trending",
        ),
        ({"front_door": FRONT_DOOR | {"failed": 1}}, "40 people's events given up"),
        ({"front_door": FRONT_DOOR | {"missing": 1}}, "accepted events that are not on the stream"),
        ({"front_door": FRONT_DOOR | {"wrong_scores": 1}}, "scores that are not the one-pass count's"),
        ({"scores_read": {"ratio": 1.6}}, "GET /scores"),
        (
            {"batches": [figures()["batches"][0] | {"write_units_per_purchase": 0.7}]},
            "write units a purchase, 67 a batch",
        ),
        ({"batches": [figures()["batches"][1] | {"speedup": 17.9}]}, "sales a second, 335 a batch"),
        (
            {"event_ids_write_units": {"67": 0.021, "335": 0.0, "1000": 0.0}},
            "write units that event ids add, 67 a batch",
        ),
        (
            {"batches": [figures()["batches"][2] | {"read_units_per_purchase": 0.05}]},
            "read units a purchase, 1000",
        ),
    ],
)
def test_a_missed_bound_fails_the_bench_and_is_named_after_all_is_written(
    here: Project, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], missed: str
) -> None:
    monkeypatch.setattr(run, "measure_figures", lambda _: figures(**changes))
    result = CliRunner().invoke(run.app, [])
    assert isinstance(result.exception, UserError)
    assert f"Out of bounds: {missed}" in str(result.exception)
    assert (here.root / "build" / "bench.json").exists()
    assert "FAIL" in result.stdout


def test_the_report_has_a_line_for_every_bound() -> None:
    found = figures()
    printout = StringIO()
    console = Console(width=160, file=printout)
    console.print(run.render_report(found, run.check_figures(found)))
    printed = printout.getvalue()
    assert len(re.findall(r" pass\b", printed)) == 3 * 4 + 5 + 2 + 6 + 3
    assert ">= 30x" in printed
    assert "<= 1.35" in printed


def test_speed_is_told_against_the_original_loop_before_between_and_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, Mapping[str, Any]]] = []
    rates = iter([10.0, 30.0, 20.0, 1000.0])

    def run_worker(_cloud: object, _function: object, what: str, numbers: Mapping[str, Any]) -> Any:
        calls.append((what, numbers))
        rate = next(rates) if what == "original" else 500.0
        units = 0.58 if numbers.get("ids") else 0.57
        return {"events_per_second": rate, "write_units_per_purchase": units}

    monkeypatch.setattr(run, "run_worker", run_worker)
    found = run.measure_batch_sizes(Cloud(), Unpacked("winner_view", tmp_path, "x.handler"))  # type: ignore[arg-type]
    ours = ["register", "sell"] * 2
    assert [what for what, _ in calls] == ["original", *[*ours, "original"] * 3]
    assert [numbers["ids"] for what, numbers in calls if what == "sell"] == [1, 0] * 3
    assert found["event_ids_write_units"] == pytest.approx({"67": 0.01, "335": 0.01, "1000": 0.01})
    assert found["original"]["events_per_second"] == 25.0
    assert [batch["speedup"] for batch in found["batches"]] == [20.0] * 3


def test_a_worker_has_the_functions_environment_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRANGER", "1")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    found = run.build_function_environ(Cloud(), function(tmp_path, ""))  # type: ignore[arg-type]
    assert "STRANGER" not in found
    assert "AWS_PROFILE" not in found
    assert found["PYTHONPATH"] == str(tmp_path / "winner_view")
    assert found["POWERTOOLS_SERVICE_NAME"] == "winner_view"


@pytest.mark.parametrize("name", list(run.COLD_START))
def test_a_worker_has_every_variable_that_the_environments_give_the_function(
    tmp_path: Path, name: str
) -> None:
    files = (Path(__file__).parents[3] / "terraform" / "app").glob("*.tf")
    module = re.compile(rf'^module "{name}" \{{\n.*?^\}}', re.MULTILINE | re.DOTALL)
    (found,) = [match[0] for file in files if (match := module.search(file.read_text()))]
    block = re.search(r"\n  environment = \{\n(.*?)\n  \}", found, re.DOTALL)
    assert block is not None
    given = set(re.findall(r"^ +([A-Z_]+) +=", block[1], re.MULTILINE))
    assert given - run.build_function_environ(Cloud(), function(tmp_path, "", name)).keys() == set()  # type: ignore[arg-type]


def test_a_worker_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    broken = function(tmp_path, "raise RuntimeError('the code is broken')")
    with pytest.raises(UserError, match=r"bench of winner_view failed: RuntimeError: the code is broken"):
        run.run_worker(Cloud(), broken, "reads", {"rounds": 1})  # type: ignore[arg-type]


def test_a_workers_findings_are_returned(tmp_path: Path) -> None:
    quiet = function(tmp_path, "print('a log line')\ndef handler(event, context): return {}")
    assert run.run_worker(Cloud(), quiet, "register", {"size": 500, "ids": 1}) == {}  # type: ignore[arg-type]


@pytest.mark.slow
def test_cold_starts_are_told_against_a_bare_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "COLD_STARTS", 1)
    marks = tmp_path / "marks"
    code = f"def get_store(): open({str(marks)!r}, 'a').write('made ')"
    functions = {
        "winner_view": function(tmp_path, code),
        "event_writer": function(tmp_path, "", "event_writer"),
    }
    found = run.measure_cold_starts(Cloud(), functions)  # type: ignore[arg-type]
    seconds = found["cold_start_seconds"]
    assert set(seconds) == {"bare", "bare_kinesis", "winner_view", "event_writer"}
    assert found["cold_start"] == {
        "winner_view": seconds["winner_view"] / seconds["bare"],
        "event_writer": seconds["event_writer"] / seconds["bare_kinesis"],
    }
    assert marks.read_text() == "made made "


def test_a_function_that_does_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    broken = function(tmp_path, "import nowhere_to_be_found")
    with pytest.raises(UserError, match=r"winner_view does not start: ModuleNotFoundError"):
        run.time_cold_start(Cloud(), broken, run.FUNCTION_START)  # type: ignore[arg-type]


def test_the_artifacts_that_have_bounds_are_unpacked(here: Project, tmp_path: Path) -> None:
    here.artifacts.mkdir(parents=True)
    functions = {}
    for name in COLD_START:
        with zipfile.ZipFile(here.artifacts / f"{name}.zip", "w") as archive:
            archive.writestr("hello_retail/x.py", name)
        functions[name] = {"file": f"{name}.zip", "handler": f"hello_retail.{name}.handler.handler"}
    (here.artifacts / "manifest.json").write_text(json.dumps({"functions": functions}))
    found = run.unpack_artifacts(here, tmp_path / "unpacked")
    assert set(found) == set(COLD_START)
    assert (found["winner_api"].folder / "hello_retail" / "x.py").read_text() == "winner_api"
    assert found["winner_view"].handler == "hello_retail.winner_view.handler.handler"


@pytest.mark.parametrize("left_over", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_the_bench_has_a_cloud_of_its_own_and_takes_it_down(
    here: Project, monkeypatch: pytest.MonkeyPatch, *, left_over: bool, fails: bool
) -> None:
    done: list[str] = []
    if left_over:
        here.cloud_folder("bench").mkdir(parents=True)

    def sell(*_: object) -> dict[str, Any]:
        if fails:
            raise UserError("no sale")
        return {"batches": []}

    monkeypatch.setattr(run.package, "build_artifacts", lambda _: done.append("package"))
    monkeypatch.setattr(run.up_down, "stop_local_cloud", lambda name: done.append(f"down {name}"))
    monkeypatch.setattr(run.ministack, "start_emulator", lambda home: done.append(f"start {home.name}"))
    monkeypatch.setattr(run, "create_tables", lambda _: done.append("tables"))
    monkeypatch.setattr(run, "unpack_artifacts", lambda *_: dict.fromkeys(run.COLD_START))
    monkeypatch.setattr(run, "measure_batch_sizes", sell)
    monkeypatch.setattr(run, "run_worker", lambda *_: {"ratio": 1.0})
    monkeypatch.setattr(run, "measure_cold_starts", lambda *_: {"cold_start": {}})
    monkeypatch.setattr(run.up_down, "bring_up_cloud", lambda _, name, env: done.append(f"up {name} {env}"))
    monkeypatch.setattr(run, "measure_api_load", lambda *_: FRONT_DOOR)
    monkeypatch.setattr(run, "measure_product_lists", lambda *_: {"ratio": 1.0})
    with pytest.raises(UserError) if fails else nullcontext():
        found = run.measure_figures(here)
        assert found == {
            "batches": [],
            "scores_read": {"ratio": 1.0},
            "event_writer": {"ratio": 1.0},
            "catalog": {"ratio": 1.0},
            "cold_start": {},
            "front_door": FRONT_DOOR,
            "products_listed": {"ratio": 1.0},
        }
    before = ["package", *["down bench"] * left_over, "start bench", "tables"]
    assert done == [*before, *["up bench dev"] * (not fails), "down bench"]


def test_what_went_through_the_door_is_held_against_the_stream_and_the_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Door:
        report = load_report.LoadReport(latencies=[0.1] * 3, seconds=1.0)

        def send_events(self, entries: Any, _rate: float, _until: object, on_tick: Any) -> None:
            assert len(list(entries)) == run.FRONT_DOOR_EVENTS
            on_tick(3, 1.0)

    def envelope(number: int) -> bytes:
        schema = "com.nordstrom/retail-stream-ingress/1-1-0"
        return json.dumps({"schema": schema, "eventId": str(UUID(int=number))}).encode()

    found = {"stream_name": "events", "scores_table": "scores"}
    monkeypatch.setattr(run.outputs, "read_local_outputs", lambda *_: found)
    monkeypatch.setattr(run.api_load, "open_front_door", lambda *_: Door())
    monkeypatch.setattr(run.reader, "read_payloads", lambda *_: [envelope(1), envelope(2), envelope(2)])
    monkeypatch.setattr(
        run.stored, "read_stored_scores", lambda *_: {"creator": {"a": 1}, "photographer": {}}
    )
    monkeypatch.setattr(run.stored, "PATIENCE_SECONDS", 0.0)
    cloud = type("Clients", (), {"client": lambda *_: None})()

    told = run.measure_api_load(cloud, "dev")

    assert (told["people"], told["accepted"], told["missing"], told["wrong_scores"]) == (40, 3, 1, 1)
