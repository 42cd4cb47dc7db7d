"""`retailctl replay` as an operator meets it: what it refuses, what it waits for, what it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from retailctl.catalog.recount import Catalog
from retailctl.delivery import plan_apply
from retailctl.environments import generations
from retailctl.environments.generations import Generation, Generations
from retailctl.errors import UserError
from retailctl.options import format_retailctl
from retailctl.replay import commands as replay
from retailctl.replay.replayed import REPLAYED, ViewName, is_catalog_event, is_sale
from retailctl.replay.view import Views, list_lagging_shards
from support import kept_log
from support.histories import create, image, purchase
from support.hostile import NAMES

SHARD = "shardId-000000000003"
WINNER = REPLAYED[ViewName.WINNER]
STANDING = {
    str(number): {
        "build": None,
        "contributions_table": f"contributions-g{number}",
        "scores_table": f"scores-g{number}",
        "function": f"winner-view-g{number}",
        "mapping": f"mapping-{number}",
    }
    for number in (1, 2)
}
OUTPUTS = {"generations": STANDING, "live_generation": 1, "stream_name": "events"}


@dataclass
class FakeViews:
    """What the views of generation 2 say; generation 1 has the scores of the log."""

    mapping: str = "Disabled"
    empty: bool = True
    marks: dict[int, int] = field(default_factory=lambda: {3: 7})
    second: dict[str, dict[str, int]] = field(default_factory=lambda: {"creator": {"ada": 2}})

    def read_mapping_state(self, view: Any) -> str:
        return self.mapping

    def is_empty(self, view: Any) -> bool:
        return self.empty

    def follow_stream(self, view: Any) -> None:
        self.mapping = "Enabled"

    def read_watermarks(self, view: Any) -> dict[int, int]:
        return self.marks

    def read_contents(self, view: Any) -> dict[str, dict[str, int]]:
        return {"creator": {"ada": 2}} if view.number == 1 else self.second

    def read_code_hash(self, view: Any) -> str:
        return "hash"


class FakeLog:
    """A log of one shard whose newest sale has the number 7."""

    is_young = False
    retention_hours = 24
    created = datetime(2026, 1, 1, tzinfo=UTC)

    def list_shards(self) -> dict[str, Any]:
        return {SHARD: None}

    def find_newest_record(self, shard_id: str, is_wanted: Any) -> int | None:
        return 7


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeViews:
    found = FakeViews()
    file = tmp_path / generations.OWN_VALUES
    generations.write_generations(file, Generations({1: Generation(), 2: Generation(enabled=False)}, 1))
    target = SimpleNamespace(
        cloud=SimpleNamespace(name="lab"),
        environment="dev",
        format_command=lambda command: format_retailctl(command, "dev", "lab"),
        selection="--env dev --cloud lab",
        folder=tmp_path / "terraform",
        generations_file=file,
        read_generations=lambda view: generations.read_local_generations(file, view),
    )
    log = FakeLog()
    monkeypatch.setattr(replay, "_read_target", lambda environment, cloud, replayed: (target, OUTPUTS))
    monkeypatch.setattr(replay, "Views", lambda target: found)
    monkeypatch.setattr(replay, "ReplayLog", lambda target, outputs: log)
    found.apply, found.target = replay._apply, target  # type: ignore[attr-defined]

    def apply(
        target: Any, wanted: Generations, confirmed: str | None, begin: Any = plan_apply.do_nothing
    ) -> None:
        begin()
        generations.write_generations(file, wanted)

    monkeypatch.setattr(replay, "_apply", apply)
    found.file = file  # type: ignore[attr-defined]
    return found


def stands(views: FakeViews) -> Generations:
    return generations.read_local_generations(views.file)  # type: ignore[attr-defined]


def fold(number: int, **options: Any) -> None:
    options = {
        "source": replay.Source.STREAM,
        "trust_order": False,
        "resume": False,
        "patience": 0.0,
    } | options
    replay.fold_generation(number, **options, environment="dev", cloud="lab")


def test_a_replay_into_the_live_generation_is_refused_with_the_next_number(views: FakeViews) -> None:
    with pytest.raises(UserError, match=r"Generation 1 is live.*`retailctl replay prepare 3 --cloud lab`"):
        fold(1)


def test_a_replay_into_a_generation_that_reads_the_stream_is_refused(views: FakeViews) -> None:
    views.mapping = "Enabled"
    with pytest.raises(UserError, match=r"reads the stream already \(Enabled\)"):
        fold(2)


def test_a_replay_into_tables_that_are_not_empty_is_refused_unless_it_goes_on(views: FakeViews) -> None:
    views.empty = False
    with pytest.raises(UserError, match=r"not empty: .*--resume"):
        fold(2)

    fold(2, resume=True)

    assert views.mapping == "Enabled"


def test_a_generation_that_does_not_stand_is_refused_with_the_command_that_makes_it(views: FakeViews) -> None:
    with pytest.raises(
        UserError, match=r"no generation 9 \(there are: 1, 2\).*`retailctl replay prepare 9 --cloud lab`"
    ):
        fold(9)


def test_a_fold_from_the_stream_lets_the_mapping_read_and_says_so_in_the_values(
    views: FakeViews, capsys: pytest.CaptureFixture[str]
) -> None:
    fold(2)

    assert views.mapping == "Enabled"
    assert stands(views).standing[2].enabled
    assert "The stream keeps records for 24 h" in capsys.readouterr().err


def test_a_fold_from_the_archive_hands_over_each_record_once_in_order_and_then_lets_the_mapping_read(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = kept_log.archived(1, kept_log.Mishaps())
    handed: dict[str, list[int]] = {}

    def take(view: Any, event: Any) -> dict[str, Any]:
        assert (view.number, views.mapping) == (2, "Disabled")
        assert len(event["Records"]) <= 5
        for record in event["Records"]:
            shard = record["eventID"].partition(":")[0]
            handed.setdefault(shard, []).append(int(record["kinesis"]["sequenceNumber"]))
        return {"batchItemFailures": []}

    monkeypatch.setattr(replay, "ReplayLog", lambda target, outputs: kept.log())
    monkeypatch.setattr(replay, "_batch_size", lambda target, view: 5)
    monkeypatch.setattr(views, "invoke_function", take, raising=False)
    views.marks = dict.fromkeys(range(100), 10**60)

    fold(2, source=replay.Source.ARCHIVE)

    whole = {
        name: [int(record.sequence_number) for record in shard.records]
        for name, shard in kept.stream.shards.items()
    }
    assert handed == {name: numbers for name, numbers in whole.items() if numbers}
    records, shards = sum(map(len, handed.values())), len(whole)
    assert f"{records} records of {shards} shards were folded from the archive." in capsys.readouterr().err
    assert (views.mapping, stands(views).standing[2].enabled) == ("Enabled", True)


def test_a_log_with_a_gap_is_not_folded(views: FakeViews, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_log.archived(1, kept_log.Mishaps())
    for key in [key for key in kept.bucket.objects if "records/" in key][:1]:
        del kept.bucket.objects[key]
    monkeypatch.setattr(replay, "ReplayLog", lambda target, outputs: kept.log())
    monkeypatch.setattr(replay, "_batch_size", lambda target, view: 5)

    with pytest.raises(UserError, match="The log may have gaps, so nothing was replayed"):
        fold(2, source=replay.Source.ARCHIVE)
    assert views.mapping == "Disabled"


def test_a_generation_that_does_not_catch_up_names_the_shard(views: FakeViews) -> None:
    views.marks = {3: 6}
    with pytest.raises(UserError, match=rf"has not caught up after 0 s: {SHARD} has a sale at 7"):
        fold(2)


def test_a_generation_is_compared_score_by_score(
    views: FakeViews, capsys: pytest.CaptureFixture[str]
) -> None:
    replay.compare_generation(2, patience=0.0, environment="dev", cloud=None)
    assert "All 1 scores of generation 2 equal those" in capsys.readouterr().err

    views.second = {"creator": {"ada": 3}}
    with pytest.raises(typer.Exit) as ended:
        replay.compare_generation(2, patience=0.0, environment="dev", cloud=None)
    assert ended.value.exit_code == 1
    assert capsys.readouterr().out == "creator ada has 3 sales, and in generation 1 2.\n"


def test_only_a_generation_that_reads_the_stream_and_has_caught_up_goes_live(views: FakeViews) -> None:
    def switch(number: int) -> None:
        replay.switch_generation(number, patience=0.0, environment="dev", cloud=None, confirmed=None)

    with pytest.raises(UserError, match="Generation 1 is already live"):
        switch(1)
    with pytest.raises(UserError, match=r"does not read the stream \(Disabled\): fold it first"):
        switch(2)
    views.mapping, views.marks = "Enabled", {}
    with pytest.raises(UserError, match="has not caught up"):
        switch(2)
    assert stands(views).live == 1

    views.marks = {3: 9}
    switch(2)

    assert stands(views) == Generations({1: Generation(), 2: Generation()}, 2)


def test_a_generation_is_prepared_off_the_stream_and_the_others_keep_their_code(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay.package, "build_artifacts", lambda project: [])
    monkeypatch.setattr(
        replay, "find_build", lambda target, running, number, view: "f" * 40 if number == 1 else None
    )
    target, _ = replay._read_target("dev", None, WINNER)
    target.project = None  # type: ignore[misc]

    replay.prepare_generation(3, build="", environment="dev", cloud=None, confirmed=None)

    assert stands(views).standing == {
        1: Generation("f" * 40),
        2: Generation(enabled=False),
        3: Generation(enabled=False),
    }


def prepare(number: int) -> None:
    replay.prepare_generation(number, build="", environment="dev", cloud=None, confirmed=None)


def test_an_interrupted_prepare_is_continued_and_a_generation_in_use_is_not_touched(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replay.package, "build_artifacts", lambda project: [])
    monkeypatch.setattr(replay, "find_build", lambda target, running, number, view: None)
    target, _ = replay._read_target("dev", None, WINNER)
    target.project = None  # type: ignore[misc]
    before = stands(views).with_generation(
        3, Generation("f" * 40, enabled=False)
    )  # Terraform did not get there
    generations.write_generations(views.file, before)  # type: ignore[attr-defined]

    prepare(3)
    assert stands(views) == before
    assert "Generation 3 was prepared before: continuing." in capsys.readouterr().err
    prepare(2)
    assert stands(views) == before

    views.empty = False
    with pytest.raises(
        UserError,
        match=r"2 already exists and is not empty: .*`retailctl replay fold 2 --resume --cloud lab`",
    ):
        prepare(2)
    with pytest.raises(UserError, match="Generation 1 already exists"):
        prepare(1)


def test_an_interrupted_switch_or_retirement_is_continued(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = replay._unfinished_mark(views.target)  # type: ignore[attr-defined]
    unfinished.parent.mkdir(parents=True)
    unfinished.touch()
    views.mapping = "Enabled"

    replay.switch_generation(1, patience=0.0, environment="dev", cloud=None, confirmed=None)
    assert stands(views).live == 1

    generations.write_generations(views.file, Generations({1: Generation()}, 1))  # type: ignore[attr-defined]
    monkeypatch.setattr(
        replay,
        "_read_target",
        lambda environment, cloud, replayed: (views.target, {**OUTPUTS, "generations": {}}),
    )  # type: ignore[attr-defined]
    replay.retire_generation(2, lift_protection=False, environment="dev", cloud=None, confirmed=None)
    assert stands(views) == Generations({1: Generation()}, 1)

    unfinished.unlink()
    with pytest.raises(UserError, match="There is no generation 2"):
        replay.retire_generation(2, lift_protection=False, environment="dev", cloud=None, confirmed=None)


def test_a_fold_that_was_interrupted_says_what_continues_it_and_goes_on_after_the_archive(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(replay, "_fold_source", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fold(2)
    assert "`retailctl replay fold 2 --resume --cloud lab` continues it" in capsys.readouterr().err
    assert not stands(views).standing[2].enabled

    views.mapping = "Enabled"  # the archive was folded, and the command ended while it waited
    fold(2, resume=True)
    assert stands(views).standing[2].enabled


def test_an_apply_of_generations_leaves_a_mark_until_it_is_done(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    target: Any = views.target  # type: ignore[attr-defined]
    target.cloud = None
    mark = replay._unfinished_mark(target)

    def plan_and_apply(environment: str, cloud: str | None, confirmed: str | None, begin: Any) -> None:
        begin()
        if not mark_stays:
            return
        raise KeyboardInterrupt

    monkeypatch.setattr(plan_apply, "plan_and_apply", plan_and_apply)
    wanted = Generations({1: Generation()}, 1)
    mark_stays = True
    with pytest.raises(KeyboardInterrupt):
        views.apply(target, wanted, None)  # type: ignore[attr-defined]
    assert mark.exists()
    mark_stays = False
    views.apply(target, wanted, None)  # type: ignore[attr-defined]
    assert not mark.exists()


def test_the_live_generation_is_not_retired_and_another_goes_with_its_tables(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    unprotected: list[str] = []
    tables = SimpleNamespace(
        describe_table=lambda TableName: {"Table": {"DeletionProtectionEnabled": TableName == "scores-g2"}},
        update_table=lambda TableName, DeletionProtectionEnabled: unprotected.append(TableName),
    )
    target, _ = replay._read_target("dev", None, WINNER)
    target.client = lambda service: tables  # type: ignore[misc,method-assign,assignment]

    def retire(number: int, *, lift: bool = False) -> None:
        replay.retire_generation(number, lift_protection=lift, environment="dev", cloud=None, confirmed=None)

    with pytest.raises(UserError, match="switch to another first"):
        retire(1)
    target.cloud = None  # type: ignore[misc]
    with pytest.raises(UserError, match=r"protected against deletion: scores-g2\. .*LIFT_PROTECTION=1"):
        retire(2)
    retire(2, lift=True)

    assert unprotected == ["scores-g2"]
    assert list(stands(views).standing) == [1]


def test_the_status_shows_who_is_live_and_who_is_behind(
    views: FakeViews, capsys: pytest.CaptureFixture[str]
) -> None:
    views.marks = {}
    replay.show_status(environment="dev", cloud=None)

    printed = capsys.readouterr().out
    assert "live" in printed
    assert "1 of 1" in printed


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_a_strangers_words_are_text_in_the_status(
    views: FakeViews,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    shown: str,
) -> None:
    monkeypatch.setattr(views, "read_mapping_state", lambda _: name)
    monkeypatch.setenv("COLUMNS", "160")
    replay.show_status(environment="dev", cloud=None)
    assert f" {shown} " in capsys.readouterr().out


def test_in_aws_the_values_are_changed_for_the_operator_to_commit_and_applied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text('generations = {\n  "1" = {}\n}\nlive_generation = 1\n')
    applied: list[Any] = []

    def plan_and_apply(environment: str, cloud: str | None, confirmed: str | None, begin: Any) -> None:
        assert generations.read_generations(file).live == 2  # by now, for it is planned by these values
        assert "commit it" not in capsys.readouterr().err
        begin()
        applied.append((environment, cloud, confirmed))

    monkeypatch.setattr(plan_apply, "plan_and_apply", plan_and_apply)
    target: Any = SimpleNamespace(cloud=None, environment="prod", generations_file=file, folder=tmp_path)

    replay._apply(target, Generations({1: Generation(), 2: Generation()}, 2), "prod")

    assert applied == [("prod", None, "prod")]
    assert generations.read_generations(file).live == 2
    assert "commit it" in capsys.readouterr().err


VALUES = '# Ours.\ngenerations = {\n  "1" = {}\n  "2" = {}\n}\nlive_generation = 1\n'


@pytest.mark.parametrize(
    "command",
    [
        lambda options: replay.retire_generation(2, lift_protection=True, **options),
        lambda options: replay.prepare_generation(3, build="", **options),
        lambda options: replay.switch_generation(2, patience=0.0, **options),
    ],
    ids=["retire", "prepare", "switch"],
)
@pytest.mark.parametrize(
    "error", [UserError("'no' does not confirm it: nothing was changed."), KeyboardInterrupt()]
)
def test_what_is_not_confirmed_leaves_everything_as_it_was(
    views: FakeViews,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: Callable[[dict[str, Any]], None],
    error: BaseException,
) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text(VALUES)
    before = file.read_bytes()
    asked: list[bool] = []

    def refused(environment: str, cloud: str | None, confirmed: str | None, begin: Any) -> None:
        asked.append(file.read_bytes() != before)
        raise error

    unprotected: list[str] = []
    tables = SimpleNamespace(
        describe_table=lambda TableName: {"Table": {"DeletionProtectionEnabled": True}},
        update_table=lambda TableName, DeletionProtectionEnabled: unprotected.append(TableName),
    )
    target: Any = views.target  # type: ignore[attr-defined]
    target.cloud, target.generations_file, target.project = None, file, None
    target.generations, target.client = lambda: generations.read_generations(file), lambda service: tables
    views.mapping = "Enabled"
    monkeypatch.setattr(replay, "_apply", views.apply)  # type: ignore[attr-defined]
    monkeypatch.setattr(replay, "find_build", lambda target, running, number, view: "f" * 40)
    monkeypatch.setattr(replay.package, "build_artifacts", lambda project: [])
    monkeypatch.setattr(plan_apply, "plan_and_apply", refused)

    with pytest.raises(type(error)):
        command({"environment": "prod", "cloud": None, "confirmed": "no"})

    assert asked == [True]
    assert file.read_bytes() == before
    assert unprotected == []


def test_a_local_clouds_own_values_are_not_there_after_a_plan_that_failed(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(project: Any) -> None:
        raise UserError("It does not build.")

    target: Any = views.target  # type: ignore[attr-defined]
    target.project = None
    target.generations_file.unlink()
    monkeypatch.setattr(replay.package, "build_artifacts", broken)

    with pytest.raises(UserError, match="does not build"):
        views.apply(target, Generations({1: Generation()}, 1), None)  # type: ignore[attr-defined]
    assert not target.generations_file.exists()


@pytest.mark.parametrize("fails_at", ["plan", "apply"])
def test_in_a_local_cloud_what_terraform_refuses_leaves_the_values_as_they_were(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fails_at: str
) -> None:
    before = stands(views)

    def run(workspace: Any, title: str, command: str, *arguments: str) -> None:
        if command == fails_at:
            raise UserError(f"{title} failed.")

    target: Any = views.target  # type: ignore[attr-defined]
    target.project = None
    workspace = SimpleNamespace(data=tmp_path, environment="dev", arguments=())
    monkeypatch.setattr(replay.package, "build_artifacts", lambda _: [])
    monkeypatch.setattr(replay, "initialise_workspace", lambda _: workspace)
    monkeypatch.setattr(replay.terraform, "run_with_progress", run)
    wanted = before.with_generation(3, Generation(enabled=False))

    with pytest.raises(UserError, match="failed"):
        views.apply(target, wanted, None)  # type: ignore[attr-defined]
    assert stands(views) == (before if fails_at == "plan" else wanted)
    assert replay._unfinished_mark(target).exists() == (fails_at == "apply")


def test_what_was_confirmed_is_written_even_where_terraform_fails_then(
    views: FakeViews, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(environment: str, cloud: str | None, confirmed: str | None, begin: Any) -> None:
        begin()
        raise UserError("Terraform failed.")

    target: Any = views.target  # type: ignore[attr-defined]
    target.cloud = None
    monkeypatch.setattr(plan_apply, "plan_and_apply", failing)

    with pytest.raises(UserError, match="Terraform failed"):
        views.apply(target, Generations({1: Generation()}, 1), None)  # type: ignore[attr-defined]
    assert stands(views) == Generations({1: Generation()}, 1)


def test_in_aws_a_fold_says_that_the_values_are_to_be_committed(
    views: FakeViews, capsys: pytest.CaptureFixture[str]
) -> None:
    views.target.cloud = None  # type: ignore[attr-defined]

    fold(2)

    assert "commit it, or the next pipeline reverts it" in capsys.readouterr().err


def test_an_environment_of_before_is_brought_up_to_date_first(monkeypatch: pytest.MonkeyPatch) -> None:
    before = SimpleNamespace(place="AWS", update_command="make apply ENV=prod")
    monkeypatch.setattr(replay, "resolve_target", lambda environment, cloud: before)
    monkeypatch.setattr(replay.outputs, "read_outputs", lambda target: {"scores_table": "scores-g1"})

    with pytest.raises(UserError, match=r"generations of the winner view yet: .* `make apply ENV=prod`"):
        replay._read_target("prod", None, WINNER)


def test_a_shard_is_behind_while_no_score_has_its_newest_sale() -> None:
    assert list_lagging_shards({SHARD: 7, "shardId-000000000004": None}, {3: 7}, WINNER) == []
    assert len(list_lagging_shards({SHARD: 7}, {3: 6}, WINNER)) == 1
    assert len(list_lagging_shards({SHARD: 7}, {}, WINNER)) == 1


def test_a_sale_is_a_valid_purchase() -> None:
    assert is_sale(purchase("cy", "product-1"))
    assert not is_sale(create("ada", "product-1"))
    assert not is_sale(b"garbage")


def test_offers_prices_and_pictures_move_the_catalog_and_sales_do_not() -> None:
    assert is_catalog_event(create("ada", "product-1"))
    assert is_catalog_event(image("ada", "product-1"))
    assert not is_catalog_event(purchase("cy", "product-1"))
    assert not is_catalog_event(b"garbage")


SHOP_OUTPUTS = {
    "shop_generations": {
        str(number): {
            "build": None,
            "catalog_table": f"catalog-g{number}",
            "categories_table": f"categories-g{number}",
            "function": f"shop-view-g{number}",
            "mapping": f"mapping-{number}",
        }
        for number in (1, 2)
    },
    "live_shop_generation": 1,
    "stream_name": "events",
}
LAMP = Catalog({"p": {"name": "Lamp", "category": "Lamps"}}, {"Lamps": {"products": 1}}, {})


@pytest.fixture
def shop(views: FakeViews, monkeypatch: pytest.MonkeyPatch) -> FakeViews:
    """Return the views, with two generations of the shop view whose catalogs are equal."""
    monkeypatch.setattr(
        replay, "_read_target", lambda environment, cloud, replayed: (views.target, SHOP_OUTPUTS)
    )  # type: ignore[attr-defined]
    file: Path = views.file  # type: ignore[attr-defined]
    standing = {1: Generation(), 2: Generation(enabled=False)}
    generations.write_generations(file, Generations(standing, 1, generations.SHOP))
    monkeypatch.setattr(views, "read_contents", lambda view: LAMP)
    return views


def test_the_shop_view_is_folded_compared_and_switched_and_the_winner_view_stays(
    shop: FakeViews, capsys: pytest.CaptureFixture[str]
) -> None:
    winners = stands(shop)
    of: dict[str, Any] = {"view_name": ViewName.SHOP, "environment": "dev", "cloud": "lab"}

    replay.fold_generation(
        2, source=replay.Source.STREAM, trust_order=False, resume=False, patience=0.0, **of
    )
    said = capsys.readouterr().err
    assert "`retailctl replay compare 2 --view shop --cloud lab`" in said
    assert "older records will not be in the catalog" in said
    replay.compare_generation(2, patience=0.0, **of)
    assert "All 2 products and categories of generation 2 equal those" in capsys.readouterr().err
    replay.switch_generation(2, patience=0.0, confirmed=None, **of)

    file: Path = shop.file  # type: ignore[attr-defined]
    assert generations.read_local_generations(file, generations.SHOP) == Generations(
        {1: Generation(), 2: Generation()}, 2, generations.SHOP
    )
    assert stands(shop) == winners


def test_a_catalog_is_compared_product_by_product(
    shop: FakeViews, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Catalog({"p": {"name": "Lantern", "category": "Lamps"}}, {}, {})
    monkeypatch.setattr(shop, "read_contents", lambda view: LAMP if view.number == 1 else other)

    with pytest.raises(typer.Exit) as ended:
        replay.compare_generation(2, patience=0.0, view_name=ViewName.SHOP, environment="dev", cloud=None)

    assert ended.value.exit_code == 1
    assert capsys.readouterr().out == (
        "Product p: name is 'Lantern', in generation 1 'Lamp'.\nCategory Lamps is missing.\n"
    )


def test_the_status_of_the_shop_view_counts_products(
    shop: FakeViews, capsys: pytest.CaptureFixture[str]
) -> None:
    replay.show_status(view_name=ViewName.SHOP, environment="dev", cloud=None)

    assert "Products" in capsys.readouterr().out


def test_a_generation_of_the_shop_view_that_lags_names_the_record(shop: FakeViews) -> None:
    shop.marks = {}
    with pytest.raises(
        UserError, match=rf"{SHARD} has an offer, price or picture at 7 .* not in the catalog yet"
    ):
        replay.fold_generation(
            2,
            source=replay.Source.STREAM,
            trust_order=False,
            resume=False,
            patience=0.0,
            view_name=ViewName.SHOP,
            environment="dev",
            cloud="lab",
        )


class Raising:
    """A Lambda client whose function fails."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    def invoke(self, **request: Any) -> dict[str, Any]:
        return self.answer


@pytest.mark.parametrize(("answer", "taken"), [({}, True), ({"FunctionError": "Unhandled"}, False)])
def test_a_function_that_fails_has_not_taken_the_batch(answer: dict[str, Any], *, taken: bool) -> None:
    payload = SimpleNamespace(read=lambda: b'{"batchItemFailures": []}')
    client = Raising({**answer, "Payload": payload})
    views = Views(SimpleNamespace(client=lambda *_, **__: client))  # type: ignore[arg-type]
    view: Any = SimpleNamespace(function="winner-view-g2")

    if taken:
        assert views.invoke_function(view, {"Records": []}) == {"batchItemFailures": []}
    else:
        with pytest.raises(replay.replay_fold.NotTaken, match="it failed"):
            views.invoke_function(view, {"Records": []})
