"""Dev as a whole: nothing is left to apply, and all that was played in it was counted.

It comes after the tests that play (conftest.py). tests/acceptance has the same of all three environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailctl.delivery import smoke
from retailctl.scores.recount import compare_scores, recount_scores
from retailctl.simulation.workshop import Workshop
from support import boards, e2e
from support.command import Operator
from support.e2e import eventually

if TYPE_CHECKING:
    from support.players import FrontDoor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(door: FrontDoor, tmp_path_factory: pytest.TempPathFactory) -> FrontDoor:
    """Put a small workshop on the stream, beside what others have played."""
    log = tmp_path_factory.mktemp("logs") / "dev.jsonl"
    boards.write_day(Workshop(11, products=30, people=16), 400, log)
    operator = Operator(door.there.here, tmp_path_factory.mktemp("operator"))
    operator.do("publish", str(log), "--cloud", door.cloud.name, "--env", door.environment)
    return door


def test_it_came_from_nothing(door: FrontDoor) -> None:
    assert {kind: names for kind, names in door.there.at_first.items() if names} == {}


def test_a_second_plan_changes_nothing_but_what_the_emulator_leaves_out(door: FrontDoor) -> None:
    assert e2e.changes(door.there.second_plans[door.environment]) <= e2e.OMISSIONS


@pytest.mark.usefixtures("deployed")
def test_it_passes_the_smoke_test(door: FrontDoor, capsys: pytest.CaptureFixture[str]) -> None:
    smoke.run_smoke_test(door.environment, door.cloud.name)

    said = capsys.readouterr().err
    functions = {f"✓ function {logical}" for logical in door.found["functions"]}
    assert {"✓ the page", "✓ GET /scores", *functions} <= set(said.splitlines())


def test_every_score_of_what_was_played_is_right(played: FrontDoor) -> None:
    must = recount_scores(boards.on_the_stream(played.there, played.environment))
    have = eventually(lambda: boards.scores(played.there, played.environment), must)

    assert compare_scores(must, have) == []


def test_the_winners_come_out_of_the_api(played: FrontDoor) -> None:
    found, must = boards.compare_winners(played.there, played.environment)

    assert found == must


def test_what_sells_most_just_now_is_trending(played: FrontDoor) -> None:
    found, must = boards.compare_trends(played.there, played.environment)

    assert found == must
