"""SIGINT, SIGTERM and SIGHUP are one thing: the command ends in order, and its exit status names the signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from retailctl import cli, interrupts
from retailctl.errors import UserError
from retailctl.interrupts import SIGNALS, Interrupted

pytestmark = pytest.mark.usefixtures("signals_heard")


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_raises_the_same_and_the_handlers_of_before_come_back(number: signal.Signals) -> None:
    before = [signal.getsignal(each) for each in SIGNALS]

    with pytest.raises(Interrupted) as raised, interrupts.handle_signals():
        send(number)

    assert raised.value.number is number
    assert isinstance(raised.value, KeyboardInterrupt)
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_an_ignored_signal_stays_ignored_as_nohup_asks() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupts.handle_signals():
            send(signal.SIGHUP)
            assert interrupts.count_interrupts() == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_must_not_be_cut_short_is_interrupted_at_its_end() -> None:
    done = []

    def clean_up() -> None:
        with interrupts.handle_signals(), interrupts.defer_interrupts():
            send(signal.SIGTERM)
            with interrupts.defer_interrupts():
                send(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(Interrupted):
        clean_up()
    assert done == ["all of it"]


def test_a_failure_within_is_not_hidden_by_the_signal() -> None:
    def fail() -> None:
        with interrupts.defer_interrupts():
            send(signal.SIGINT)
            raise UserError

    with pytest.raises(UserError):
        fail()


@pytest.mark.parametrize("wait", [interrupts.check_interrupted, lambda: interrupts.sleep(60)])
def test_other_threads_end_when_they_ask(wait: Callable[[], None]) -> None:
    ended = []

    def work() -> None:
        with interrupts.handle_signals(), interrupts.defer_interrupts():  # nothing in this thread
            pass
        try:
            wait()
        except Interrupted as interrupted:
            ended.append(interrupted.number)

    def run_thread() -> None:
        with interrupts.handle_signals(), interrupts.defer_interrupts():
            send(signal.SIGHUP)
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()

    with pytest.raises(Interrupted):
        run_thread()
    assert ended == [signal.SIGHUP]


class Finalized:
    """What sends a signal, or fails, while it is finalized, where Python drops whatever is raised."""

    def __init__(self, finalize: Callable[[], object]) -> None:
        self.finalize = finalize

    def __del__(self) -> None:
        self.finalize()


def test_a_signal_in_a_finalizer_is_not_lost() -> None:
    counts = []

    def work() -> None:
        with interrupts.handle_signals():
            thing = Finalized(lambda: send(signal.SIGTERM))
            del thing
            try:
                time.sleep(30)
            finally:
                counts.append(interrupts.count_interrupts())

    started = time.monotonic()
    with pytest.raises(Interrupted):
        work()
    assert time.monotonic() - started < 10
    assert counts == [1]


def test_another_failure_in_a_finalizer_is_told_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise UserError("Not closed.")

    with interrupts.handle_signals():
        thing = Finalized(fail)
        del thing

    assert "Not closed." in capsys.readouterr().err


def test_without_an_interruption_nothing_is_raised() -> None:
    with interrupts.handle_signals():
        interrupts.check_interrupted()
        interrupts.sleep(0.001)
        assert interrupts.get_last_signal() is None


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("ending", ["typer", "late", "sentence", "failure of AWS"])
def test_the_exit_status_names_the_signal(
    number: signal.Signals, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def program() -> None:
        try:
            send(number)
        except Interrupted:
            if ending == "late":
                raise
            if ending == "typer":
                sys.exit(1)  # as Typer ends what is interrupted
            raise (
                UserError("Stopped.") if ending == "sentence" else ClientError(answer, "GetItem")
            ) from None

    answer: Any = {"Error": {"Code": "X", "Message": "Y"}}
    monkeypatch.setattr(cli, "app", program)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == 128 + number


@pytest.mark.parametrize("code", [0, 2])
def test_any_other_exit_status_stays(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "app", lambda: sys.exit(code))

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code


def test_ctrl_c_while_the_command_line_starts_prints_no_traceback() -> None:
    script = (
        "import os, signal, sys, types\n"
        "sys.modules['retailctl.cli'] = types.SimpleNamespace(main=lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "import retailctl; retailctl.cli = sys.modules['retailctl.cli']\n"
        "from retailctl.__main__ import main\n"
        "main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )

    assert ended.returncode == -signal.SIGINT
    assert ended.stderr == ""


def test_what_no_encoding_can_print_does_not_stop_a_command(tmp_path: Path) -> None:
    script = (
        "import sys, typer\n"
        "from retailctl import cli\n"
        "def show() -> None:\n"
        "    typer.echo('p\\udcfflayer\\tcustomer')\n"
        "sys.argv = ['show']\n"
        "cli.run_program(cli.build_single_command(show))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert (ended.returncode, ended.stdout) == (0, "p\\udcfflayer\tcustomer\n")
