"""Settings that every test shares: the environment of a function, and credentials that reach nothing."""

from __future__ import annotations

import copy
import functools
import gc
import os
import signal
from typing import TYPE_CHECKING, Any

import hcl2
import pytest
import typer.testing
from hypothesis import HealthCheck, settings

from retailctl import interrupts
from retailctl.emulator import fork_server
from support import distribution, left_out, makefile, shared_provider

if TYPE_CHECKING:
    from collections.abc import Iterator

os.environ |= {
    "ARCHIVE_BUCKET": "archive",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "CARTS_TABLE": "carts",
    "CATALOG_TABLE": "catalog",
    "CATEGORIES_TABLE": "categories",
    "STOCK_TABLE": "stock",
    "CONTRIBUTIONS_TABLE": "contributions",
    "SCORES_TABLE": "scores",
    "REDRIVES_TABLE": "redrives",
    "GENERATION": "3",
    "HALF_LIFE_MINUTES": "60",
    "RETENTION_HOURS": "24",
    "TRENDING_TABLE": "trending",
    "QUARANTINE_BUCKET": "quarantine",
    "SCORE_BUCKETS": "2",
    "RECENT_EVENTS": "16",
    "STREAM_NAME": "retail",
    "IDEMPOTENCY_TABLE": "idempotency",
    "MACHINE_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:photos:live",
    "MESSAGES": "none",
    "WORKSHOP": "true",
    "MINUTES": "15",
    "PAGE_URL": "https://shop.example/",
    "PER_REGISTRATION": "3",
    "PICTURES_BUCKET": "pictures",
    "MAX_BYTES": "10485760",
    "STUDIO_TABLE": "studio",
    "ORDERS_TABLE": "orders",
    "PAYMENTS_TABLE": "payments",
    "CURRENCY": "USD",
    "ENVIRONMENT": "test",
    "POWERTOOLS_SERVICE_NAME": "test",
    "ORIGIN": "hello-retail",
    "POWERTOOLS_METRICS_NAMESPACE": "HelloRetail",
}

# What was set for `make test` is meant for no command that a test runs.
for name in (*makefile.SETTINGS, "RETAIL_CLOUD"):
    os.environ.pop(name, None)

# Terraform and its provider run hundreds of times here. With Go's default they collect garbage for a third of their
# time; with no collection at all they need twice the memory. 800 takes the least processor time.
os.environ.setdefault("GOGC", "800")
os.environ.setdefault("GOMEMLIMIT", "1GiB")

# Python looks through all objects for garbage at every 700 new ones: with moto, for a third of the time.
gc.set_threshold(50_000)

# A test with moto gets a new boto3 session, which would read the service descriptions again without a shared cache.
fork_server.share_descriptions()

# Typer's test runner builds every command again for each command that it runs.
typer.testing._get_command = functools.cache(typer.testing._get_command)

# Many tests parse the same Terraform, at a tenth of a second a file. Each gets a copy of its own.
_parse_terraform = hcl2.loads
_parse_terraform_once = functools.cache(hcl2.loads)


def _parse_terraform_to_a_copy(text: str, **options: Any) -> Any:
    return _parse_terraform(text, **options) if options else copy.deepcopy(_parse_terraform_once(text))


hcl2.loads = _parse_terraform_to_a_copy

COVERAGE_OF_COMMANDS = "COVERAGE_PROCESS_CONFIG"
"""The variable by which coverage tells the Pythons that a test starts to count too (`patch = ["subprocess"]`)."""

# Where CI is set, Hypothesis draws the same examples in each run; CI=1 repeats on a laptop what a gate saw.
# At night the laws draw new ones each time, and the seed is printed.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("laws", settings.get_profile("default"), derandomize=False, print_blob=True)
settings.load_profile("default")


@pytest.fixture
def signals_heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a test's signals heard by it alone.

    Whoever runs the tests may have them ignored (`nohup`, a job in the background), and a fixture of other tests in
    this process may handle them for as long as it stands.
    """
    monkeypatch.setattr(interrupts, "_state", interrupts._State())
    default = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    ignored = [number for number in default if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, default[number])
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="session")
def providers() -> Iterator[None]:
    """Lend Terraform its providers, and end them."""
    with pytest.MonkeyPatch.context() as patch:
        shared_provider.lend_to_all(patch)
        yield
    shared_provider.end()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> distribution.Scheduling | None:
    """Keep together what shares an expensive fixture, unless another ``--dist`` is asked for."""
    config.option.loadscopereorder = False  # distribution.FIRST has the order
    return distribution.Scheduling(config, log) if config.getoption("dist") == "load" else None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end how many tests were left out and what would bring them."""
    skipped = terminalreporter.stats.get("skipped", [])
    if sentence := left_out.describe(str(report.longrepr[2]) for report in skipped):
        terminalreporter.write_line("")
        terminalreporter.write_line(sentence, yellow=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests into the order of ``distribution.FIRST``, and measure no coverage in laws and browser tests.

    Other tests cover the same lines, and with the measurement these take half as long again.
    """
    items.sort(key=lambda item: distribution.find_place(item.nodeid))
    for item in items:
        if item.path.parent.name in {"property", "browser"}:
            item.add_marker(pytest.mark.no_cover)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count no coverage in the commands and emulators that the dearest tests start, as above."""
    if item.path.parent.name not in {"acceptance", "browser", "e2e"}:
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(COVERAGE_OF_COMMANDS, raising=False)
        return (yield)
