"""What the pages say is there: links, commands, alarms, metrics, values, tests; and the guide can be followed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest
import typer.main

from retailctl.cli import app as command_line
from retailctl.cost import model, prices, units
from retailctl.cost.workload import change_workload
from retailctl.project import Project
from retailctl.quarantine import decisions
from support import planned_app
from support.metrics import emitted_metrics
from support.names import PROJECT
from tools import cost_page, module_readmes

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "modules/*/README.md")
    for path in ROOT.glob(pattern)
    if not path.is_relative_to(ROOT / "tests")
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
COMMANDS = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
ENVIRONMENTS = Project(ROOT).environments
TESTED_ELSEWHERE = {
    "demo": "tests/integration/test_demo.py",  # two minutes more than the parts that it is made of
    "curl": "tests/integration/test_winner_api_contract.py",
}
"""Commands of the README that no test and no gate runs as they stand, and what shows that they work."""

PLAIN = {
    "anew": "again, or rebuild",
    "fold(s|ed|ing)? (a|the) (log|stream|views?)": "read, replay, rebuild",
    "put(s|ting)? aside": "quarantine",
    "puts? back": "send again",
    "mend(s|ed|ing)?": "fix",
    "(he|his|him|himself)": "they",
    "time-outs?": "timeout",
}
"""Words that the pages once had for a thing that has another word, and that word."""

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def text(name: str) -> str:
    return (ROOT / name).read_text()


def prose(page: str) -> str:
    """Return a page without its code blocks."""
    return FENCE.sub("", page)


def spans(page: str) -> list[str]:
    """Return what stands in code type in a page's prose."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def console_lines(page: str) -> list[str]:
    """Return the commands of a page's console blocks, without prompt and comment, continued lines joined."""
    blocks = [body for _, language, body in FENCE.findall(page) if language == "console"]
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [
        line.strip().removeprefix("$ ").split(" #")[0].strip()
        for line in joined.splitlines()
        if line.strip().startswith("$ ")
    ]


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next of its level or above."""
    hashes = heading.split(" ", maxsplit=1)[0]
    found = re.search(
        rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(hashes)}}} |\Z)", page, re.MULTILINE | re.DOTALL
    )
    assert found, f"there is no section '{heading}'"
    return found[1]


def first_cells(page: str) -> list[str]:
    """Return what stands in code type in the first cells of a page's tables."""
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    return [name for cell in rows for name in re.findall(r"`([^`]+)`", cell)]


def anchors(page: str) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text(name))):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_page_names_is_there(name: str) -> None:
    folders = "src|tests|tools|docs|modules|terraform|environments|requirements|scripts"
    named = [span for span in spans(text(name)) if re.fullmatch(rf"({folders})/[\w./-]+", span)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_that_a_page_names_is_one(name: str) -> None:
    said = spans(text(name)) + console_lines(text(name))
    named = {target for code in said for target in re.findall(r"\bmake ([a-z][a-z-]*)", code)}
    assert named <= TARGETS

    settings = [code for code in said if "make " in code or re.fullmatch(r"[A-Z_]+=[\w<>.-]+", code)]
    variables = {variable for code in settings for variable in re.findall(r"\b([A-Z_]+)=", code)}
    assert {variable for variable in variables if not re.search(rf"\b{variable}\b", MAKEFILE)} == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_retailctl_command_and_option_that_a_page_names_is_one(name: str) -> None:
    wrong = []
    for code in spans(text(name)) + console_lines(text(name)):
        for command, rest in re.findall(r"\bretailctl ([a-z]+)([^)\"]*)", code):
            known = {option for each in _parameters(command) for option in each.opts}
            options = set(re.findall(r"(?<!\S)(--[a-z-]+)", rest)) - {"--help"}
            if command not in COMMANDS or not options <= known:
                wrong.append(code)
    assert not wrong


def _parameters(command: str) -> list[Any]:
    """Return the parameters of a command, those of its own commands included."""
    if command not in COMMANDS:
        return []
    own = getattr(COMMANDS[command], "commands", {}).values()
    return [parameter for each in (COMMANDS[command], *own) for parameter in each.params]


@pytest.mark.parametrize("name", NAMES)
def test_every_test_that_a_page_names_is_one(name: str) -> None:
    tests = {
        found
        for file in (ROOT / "tests").rglob("test_*.py")
        for found in [file.stem, *re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)]
    }
    named = {span for span in spans(text(name)) if re.fullmatch(r"test_\w+", span)}
    assert named - tests == set()


def test_the_readme_leads_to_every_page_and_every_module() -> None:
    linked = set(re.findall(r"\]\(([^)#\s]+)", text("README.md")))
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md")}
    modules = {
        str(file.parent.relative_to(ROOT)) for file in ROOT.glob("modules/*/main.tf")
    }  # `testing` is none
    assert (pages | modules) - linked == set()


def test_the_index_leads_to_every_page_by_who_asks() -> None:
    index = text("docs/README.md")
    asked = [re.split(r" \|", rest)[0] for rest in index.split("\n| To ")[1:]]
    linked = set(re.findall(r"\]\(([^)#\s]+)", index))
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    folders = {f"{folder.parent.name}/README.md" for folder in (ROOT / "docs").glob("*/README.md")}

    assert asked == ["play", "operate", "adopt", "extend"]
    assert (pages | folders) - linked == set()


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"CHANGELOG.md"}))
def test_a_page_uses_one_plain_word_for_one_thing(name: str) -> None:
    written = re.sub(r"<!-- BEGIN_.*?<!-- END_\w+ -->|`[^`\n]+`", "", prose(text(name)), flags=re.DOTALL)
    used = {word for word in PLAIN if re.search(rf"\b{word}\b", written, re.IGNORECASE)}
    assert {word: PLAIN[word] for word in used} == {}


def test_the_readmes_costs_are_those_of_the_model() -> None:
    rows = re.findall(
        r"^\| (\w+) \| (\d) \| (\d) s \| (\d) days? \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|",
        text("README.md"),
        re.MULTILINE,
    )
    assert rows
    assert {name for name, *_ in rows} <= set(ENVIRONMENTS)
    for name, shards, window, days, idle, board, whole in rows:
        file = ROOT / f"environments/{name}/terraform.tfvars"
        load = cost_page.read_workload(file)
        nothing = change_workload(
            load,
            events_per_day=1,
            peak_per_second=2e-5,
            reads_per_day=0,
            bad_records_per_day=0,
            offers_per_day=0,
            orders_per_day=0,
        )
        asleep, awake = (
            model.compute_bill(each, units.read_committed_figures(), prices.read_price_list())
            for each in (nothing, load)
        )
        values: Any = hcl2.loads(file.read_text())
        archived = values["archive"]["enabled"]
        apart = [part.usd for part in asleep.apart if archived or part.name != "The archive"]

        assert (shards, window, days) == (str(load.shards), f"{load.window_seconds:g}", str(load.stream_days))
        assert idle == f"{asleep.way.usd + sum(apart):.2f}", name
        # Its forecast tells of four fifths: a month in which nothing happens is no news.
        assert float(idle) * 31 < 0.8 * values["budget"]["monthly_usd"], name
        assert (board, whole) == (f"{awake.way.usd:.2f}", f"{awake.front_door_to_board:.2f}"), name


def test_the_readmes_usage_is_the_modules_own_example() -> None:
    (block,) = [body for _, language, body in FENCE.findall(text("README.md")) if language == "hcl"]
    module = re.findall(r"//modules/([\w-]+)\?ref=", block)
    example = (ROOT / "modules" / module[-1] / "examples/basic/main.tf").read_text()
    for name in module:
        source = "../.." if name == module[-1] else f"../../../{name}"
        block = re.sub(rf'"git::[^"]*//modules/{name}\?ref=[^"]*"', f'"{source}"', block)
    assert block in example


def test_the_guide_to_the_modules_takes_each_from_the_version_that_there_is() -> None:
    page = text("docs/adopting.md").partition("\n## Run the shop as your own")[0]
    sources = re.findall(r'source += "(git::[^"]+)"', page)
    named = [re.fullmatch(r".*//modules/([\w-]+)\?ref=v.*", source) for source in sources]

    assert sources
    for source, module in zip(sources, named, strict=True):
        assert module
        assert source == module_readmes.format_module_address(module[1], Project(ROOT).version)


def commands_that_tests_run() -> set[str]:
    """Return the make targets and retailctl commands that the gates, CI and the tests of applied roots run."""
    gates = re.findall(r"^parts=\(([a-z -]+)\)$", text(".ci/run"), re.MULTILINE)[0].split()
    readme = (ROOT / "tests/acceptance/test_readme.py").read_text()
    played = console_lines(section(text("README.md"), "## Play")) if '"## Play"' in readme else []
    ran = [word for line in played for word in re.findall(r"(?:make|retailctl) ([a-z-]+)", line)]
    folders = (ROOT / "tests" / name for name in ("acceptance", "e2e"))
    code = "".join(file.read_text() for folder in folders for file in folder.glob("*.py"))
    return {*gates, *ran, *(name for name in COMMANDS if f'"{name}"' in code)}


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    lines = console_lines(text("README.md"))
    commands = {
        (found[1] if (found := re.search(r"\b(?:make|retailctl) ([a-z-]+)", line)) else line.split()[0])
        for line in lines
    }
    assert commands - commands_that_tests_run() == set(TESTED_ELSEWHERE)
    assert [file for file in TESTED_ELSEWHERE.values() if not (ROOT / file).is_file()] == []


def test_every_decision_is_in_the_index_and_says_context_choice_and_consequences() -> None:
    folder = ROOT / "docs/decisions"
    records = sorted(file.name for file in folder.glob("[0-9]*.md"))
    linked = re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text())
    assert linked == records
    for record in records:
        page = (folder / record).read_text()
        assert re.match(rf"# {int(record[:4])}\. ", page)
        assert all(f"**{part}.**" in page for part in ("Context", "Choice", "Consequences"))
        assert len(page.splitlines()) <= 50, f"{record} is longer than a page"


def test_the_environments_differ_as_their_page_says() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \|(.+)\|$", text("docs/environments.md"), re.MULTILINE)
    table = [(path, line.split("|")) for path, line in rows if line.count("|") == len(ENVIRONMENTS) - 1]
    assert "protected" in dict(table)
    for path, cells in table:
        if path == "alarm_emails":
            continue
        for environment, cell in zip(ENVIRONMENTS, cells, strict=True):
            value: Any = hcl2.loads(text(f"environments/{environment}/terraform.tfvars"))
            for key in path.split("."):
                value = value[key]
            assert cell.strip() == str(value).lower(), f"{path} of {environment}"


def test_how_long_a_sale_takes_to_the_page_is_the_sum_of_what_is_set() -> None:
    rows = re.findall(r"^\| [^|]+ \|((?: [*\d]+ \|){4})", text("docs/web.md"), re.MULTILINE)
    columns = zip(*([int(cell) for cell in re.findall(r"\d+", row)] for row in rows), strict=True)
    header = re.search(
        r"^\| Seconds, at most \| local cloud \| (.+) \| Set by \|$", text("docs/web.md"), re.MULTILINE
    )
    assert header
    for environment, (window, *others, together) in zip(
        ("local", *header[1].split(" | ")), columns, strict=True
    ):
        assert together == window + sum(others), environment
        if environment != "local":
            values: Any = hcl2.loads(text(f"environments/{environment}/terraform.tfvars"))
            assert window == values["winner_view"]["batching_window_seconds"], environment


def metrics(package: str, *shared: str) -> set[str]:
    """Return the names of the metrics that a function's code emits, its own and that of shared modules."""
    folder = ROOT / "src/hello_retail"
    files = [*(folder / package).glob("*.py"), *(folder / f"{module}.py" for module in shared)]
    return emitted_metrics(files)


@pytest.mark.parametrize(
    ("package", "shared", "page", "heading"),
    [
        ("winner_view", (), "docs/operating.md", "## Metrics"),
        ("event_writer", (), "docs/sending-events.md", "## Cost and metrics"),
        ("winner_api", ("http_api/respond",), "docs/api.md", "## What it logs and measures"),
        ("trending_view", (), "docs/trending.md", "## The metrics of the view"),
        ("trending_api", ("http_api/respond",), "docs/trending.md", "## The metrics of the API"),
        ("shop_view", (), "docs/catalog.md", "## The metrics of the view"),
        ("catalog_api", ("http_api/respond",), "docs/catalog.md", "## The metrics of the API"),
        ("shop_api", ("http_api/respond",), "docs/cart.md", "## The metrics of the API"),
        ("studio_intake", (), "docs/studio.md", "## The metrics of the intake"),
        ("studio_tasks", (), "docs/studio.md", "## The metrics of the machine's steps"),
        ("photo_desk", (), "docs/studio.md", "## The metrics of the photo desk"),
        ("studio_api", ("http_api/respond",), "docs/studio.md", "## The metrics of the studio's API"),
    ],
)
def test_a_functions_metrics_are_those_of_its_page(
    package: str, shared: tuple[str, ...], page: str, heading: str
) -> None:
    dimensions = {"Code"}
    assert set(first_cells(section(text(page), heading))) - dimensions == metrics(package, *shared)


def rejection_codes() -> Iterator[str]:
    """Yield the codes that decoding a record can give."""
    places = {"Rejection": 1, "NotStrictJson": 0}
    for file in (ROOT / "src/hello_retail/events").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
                code = node.args[places[node.func.id]]
                if isinstance(code, ast.Constant):
                    yield str(code.value)


def test_the_quarantines_codes_are_those_of_its_page() -> None:
    said = first_cells(section(text("docs/quarantine.md"), "### Reason codes"))
    assert sorted(said) == sorted({*rejection_codes(), decisions.GIVEN_UP})


def test_the_quarantines_verdicts_are_those_of_its_page() -> None:
    said = first_cells(section(text("docs/quarantine.md"), "### Verdicts"))
    assert sorted(said) == sorted(each.value for each in decisions.QuarantineVerdict)


@pytest.fixture(scope="module")
def guide() -> dict[str, str]:
    """Return the files of the guide to adding a view, by their paths."""
    blocks = [
        body for _, language, body in FENCE.findall(text("docs/add-a-view.md")) if language != "console"
    ]
    return {head.removeprefix("# "): rest for head, _, rest in (block.partition("\n") for block in blocks)}


def test_the_guides_rule_passes_its_test(guide: dict[str, str], tmp_path: Path) -> None:
    for path, content in guide.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    # The view's package is laid beside the real ones, which no test may touch.
    start = "import hello_retail, pytest, sys; hello_retail.__path__.append(sys.argv[1]); "
    start += (
        "sys.path.append(sys.argv[2]); sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[3]]))"
    )
    folders = [str(tmp_path / "src/hello_retail"), str(ROOT / "tests"), str(tmp_path / "tests/unit")]
    done = subprocess.run(
        [sys.executable, "-c", start, *folders], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.fixture(scope="module")
def grown(guide: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> planned_app.PlannedApp:
    """Return prod with the guide's view in it."""
    app = planned_app.copy_of_the_app(tmp_path_factory.mktemp("guide"))
    (app / "arrivals.tf").write_text(guide["terraform/app/arrivals.tf"])
    names = app / "names.tf"
    before = names.read_text()
    names.write_text(before.replace("  functions = [", '  functions = ["arrivals", '))
    assert names.read_text() != before
    (app.parents[1] / "build/artifacts/arrivals.zip").write_bytes(b"")
    # So that the alarms are there that only a canary has.
    tried = {
        name: {"version": "7", "weight": 0.1}
        for name in ("catalog_api", "event_writer", "shop_api", "studio_api", "trending_api", "winner_api")
    }
    app = planned_app.initialised(app)
    return planned_app.planned(app, "prod", canary=tried)


@pytest.mark.slow
def test_the_guides_view_reads_the_stream_and_writes_its_table(grown: planned_app.PlannedApp) -> None:
    mapping = grown.one("module.arrivals_consumer.aws_lambda_event_source_mapping.this")
    allowed = {action for each in grown.role_statements("arrivals") for action in several(each["Action"])}

    assert mapping["starting_position"] == "TRIM_HORIZON"
    assert {"dynamodb:UpdateItem", "kinesis:GetRecords", "s3:PutObject"} <= allowed


def several(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.slow
def test_the_alarms_are_those_of_their_page(grown: planned_app.PlannedApp) -> None:
    planned = {
        each.values["alarm_name"].removeprefix(f"{PROJECT}-prod-").removesuffix(f"@{PROJECT}-prod-events")
        for each in grown.of("aws_cloudwatch_metric_alarm")
    }
    said = set(first_cells(section(text("docs/operating.md"), "## Alarms")))

    assert said == {name for name in planned if not name.startswith("arrivals-")}
