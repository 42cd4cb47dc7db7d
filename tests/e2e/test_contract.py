"""The contract that an applied environment serves, held against what it answers, by schemathesis."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.asking import ask
from support.openapi import SPEC
from support.players import FrontDoor

pytestmark = pytest.mark.slow

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
SEND = "sendEvent"
OPERATIONS = {
    operation["operationId"]
    for methods in SPEC["paths"].values()
    for operation in methods.values()
    if "operationId" in operation
}
OTHERS = OPERATIONS - {SEND}
STUDIO = {"openUpload", "readInbox"}
"""What only photographers are answered."""
ASKED = {
    "others": (f"--exclude-operation-id={SEND}", "--phases=examples,coverage,fuzzing", "--max-examples=10"),
    # Its coverage phase takes minutes of one processor to think of wrong events; fuzzing thinks of them too.
    "events": (f"--include-operation-id={SEND}", "--phases=examples,fuzzing"),
}
"""What schemathesis is to try, in well below a minute altogether."""
EXAMPLES = {"nobody": 80, "who may buy": 160, "who may all": 80}
"""How many events it thinks of for each client: customers may send few of the kinds that there are."""
UNSUITED = (
    # A cursor is opaque, and a key belongs to its first body: what fits the schema may be refused all the same.
    "positive_data_acceptance"
)


@pytest.fixture(scope="module")
def tokens(door: FrontDoor) -> dict[str, str | None]:
    """The ID token of each kind of client."""
    return {
        "nobody": None,
        "who may all": door.admit("merchant", "photographer", "customer").token,
        "who may buy": door.admit("customer").token,
    }


def tried(
    door: FrontDoor, token: str | None, contract: Path, *asked: str
) -> subprocess.CompletedProcess[str]:
    """Let schemathesis try a contract, which its file holds; the reports hide tokens."""
    signed_in = ["--header", f"Authorization: Bearer {token}"] if token else []
    settings = ["--no-color", "--seed=1", "--generation-database=none", "--continue-on-failure"]
    checks = ["--checks=all", f"--exclude-checks={UNSUITED}"]
    command = [SCHEMATHESIS, "run", contract, "--url", door.api_url, *signed_in, *settings, *checks, *asked]
    return subprocess.run(
        command, cwd=contract.parent, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture
def served(door: FrontDoor, tmp_path: Path) -> Path:
    """The contract in a file, as it is served (from its address, schemathesis would leave that address out)."""
    file = tmp_path / "openapi.json"
    file.write_bytes(ask(f"{door.api_url}/openapi.json").body)
    return file


def test_the_contract_is_served_as_it_was_written(door: FrontDoor) -> None:
    answer = ask(f"{door.api_url}/openapi.json")

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == SPEC
    assert {SEND, *STUDIO} <= OPERATIONS
    assert len(OTHERS) > 4


@pytest.mark.parametrize("client", EXAMPLES)
def test_no_event_that_schemathesis_thinks_of_gets_an_answer_that_is_not_in_the_contract(
    door: FrontDoor, tokens: dict[str, str | None], client: str, served: Path
) -> None:
    before = len(door.envelopes())

    done = tried(door, tokens[client], served, *ASKED["events"], f"--max-examples={EXAMPLES[client]}")

    assert done.returncode == 0, done.stdout
    taken = len(door.envelopes()) - before
    assert taken > 10 if client != "nobody" else taken == 0


def test_no_other_request_gets_an_answer_that_is_not_in_the_contract(door: FrontDoor, served: Path) -> None:
    done = tried(door, None, served, *ASKED["others"])

    assert done.returncode == 0, done.stdout
    assert f"Tested: {len(OTHERS)}" in done.stdout


def test_no_request_of_a_photographer_gets_an_answer_that_is_not_in_the_contract(
    door: FrontDoor, tokens: dict[str, str | None], served: Path
) -> None:
    chosen = [f"--include-operation-id={operation}" for operation in sorted(STUDIO)]
    done = tried(
        door, tokens["who may all"], served, *chosen, "--phases=examples,fuzzing", "--max-examples=10"
    )

    assert done.returncode == 0, done.stdout
    assert f"Tested: {len(STUDIO)}" in done.stdout


def test_an_answer_that_is_not_in_the_contract_would_be_found(door: FrontDoor, served: Path) -> None:
    untrue = json.loads(served.read_text())
    del untrue["paths"]["/events"]["post"]["responses"]["401"]
    served.write_text(json.dumps(untrue))

    done = tried(door, None, served, f"--include-operation-id={SEND}", "--phases=examples")

    assert done.returncode == 1
    assert "Undocumented status code" in done.stdout
