"""`retailctl replay`: a new generation of the views, folded from the log beside the live one, and switched to.

Which generations stand and which is live are values of the environment; what changes them here applies them, too.
A local cloud keeps values of its own. docs/replay.md says when and why.
"""

from __future__ import annotations

import time
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import git, project
from retailctl.artifacts import package
from retailctl.console import DataTable, print_line, print_note, print_renderable
from retailctl.delivery import plan_apply
from retailctl.environments import generations, outputs
from retailctl.environments.generations import Generation, Generations
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import Target, resolve_target
from retailctl.errors import UserError
from retailctl.files import write_atomically
from retailctl.options import DEFAULT_CLOUD, CloudName, Confirmed, EnvironmentName
from retailctl.progress import show_progress
from retailctl.replay import fold as replay_fold
from retailctl.replay.log import ReplayLog
from retailctl.replay.proof import TRUST, find_gaps, merge_lineage, order_shards
from retailctl.replay.view import View, Views, hash_zip, list_lagging_shards
from retailctl.scores.recount import compare_scores
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hello_retail.event_log.archive import Shard, Span
    from retailctl.replay.proof import Archived

PATIENCE_SECONDS = 900.0
"""How long a generation may take to catch up with the stream; an archive's share is folded before that."""
COMPARING_SECONDS = 30.0
"""How long two generations that follow the same stream may take to agree: batches are under way."""
SIDE_BY_SIDE = 8
"""Shards that are folded at once."""
COMMITS_LOOKED_AT = 50
GAPS_SHOWN = 20

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Fold the views anew from the log, beside the live ones, and switch to them.",
)
Number = Annotated[int, typer.Argument(min=1, help="Which generation.", show_default=False)]


class Source(StrEnum):
    """What a generation is folded from."""

    ARCHIVE = "archive"
    STREAM = "stream"


def _read_target(environment: str, cloud: str | None) -> tuple[Target, dict[str, Any]]:
    """Return the target and its root outputs.

    Raises:
        UserError: where it was applied before there were generations.

    """
    target = resolve_target(environment, cloud)
    found = outputs.read_outputs(target)
    if "generations" not in found:
        raise UserError(
            f"{environment} in {target.place} knows no generations side by side yet: bring it up to date first."
        )
    return target, found


def _apply(
    target: Target,
    wanted: Generations,
    confirmed: str | None,
    begin: Callable[[], object] = plan_apply.do_nothing,
) -> None:
    """Write which generations are to stand, ask, call ``begin``, and apply the environment.

    Raises:
        UserError: where the operator does not confirm: then the values are as they were. Where Terraform fails
            afterwards, they are written.

    """
    file = target.generations_file
    before = file.read_bytes() if file.is_file() else None
    has_begun = False

    def go_on() -> None:
        nonlocal has_begun
        begin()
        has_begun = True
        _remind(target)

    generations.write_generations(file, wanted)
    try:
        if target.cloud is None:
            plan_apply.plan_and_apply(target.environment, None, confirmed, go_on)
            return
        package.build_artifacts(target.project)
        workspace = initialise_workspace(target)
        go_on()
        title = f"Applying {target.environment}"
        terraform.run_with_progress(workspace, title, "apply", "-auto-approve", *workspace.arguments)
    finally:
        if not has_begun:
            _put_back(file, before)


def _put_back(file: Path, content: bytes | None) -> None:
    """Let a file be as it was; ``None``: not there."""
    if content is None:
        file.unlink(missing_ok=True)
    else:
        write_atomically(file, content)


def _remind(target: Target) -> None:
    """Say in AWS that the values have changed, which a pipeline knows only from a commit."""
    if target.cloud is None:
        shown = project.format_path(target.generations_file)
        print_note(f"{shown} says so now: commit it, or the next pipeline takes it back.")


@app.command("status")
def show_status(environment: EnvironmentName = "dev", cloud: CloudName = DEFAULT_CLOUD) -> None:
    """Show the generations that stand, which is live, and how far each has come."""
    target, found = _read_target(environment, cloud)
    views, log = Views(target), ReplayLog(target, found)
    newest = {shard_id: log.find_newest_sale(shard_id) for shard_id in log.list_shards()}
    table = DataTable("Generation", "", "Build", "Reads the stream", "Sales on the board", "Behind in")
    for number, each in sorted(found["generations"].items(), key=lambda item: int(item[0])):
        view = View.from_outputs(found, int(number))
        late = list_lagging_shards(newest, views.read_watermarks(view))
        table.add_row(
            number,
            "live" if int(number) == found["live_generation"] else "",
            (each["build"] or "this clone's")[:12],
            views.read_mapping_state(view),
            f"{sum(views.read_scores(view)['creator'].values()):,}",
            f"{len(late)} of {len(newest)} shards" if late else "",
        )
    print_renderable(table)


@app.command("prepare")
def prepare_generation(
    number: Number,
    *,
    build: Annotated[
        str, typer.Option(help="The commit whose code is to fold it; else this clone's, as it is.")
    ] = "",
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Make a generation, empty and off the stream; where the code has changed, the others keep theirs."""
    target, found = _read_target(environment, cloud)
    wanted = target.read_generations()
    if number in wanted.standing:
        raise UserError(f"Generation {number} stands already: take another number.")
    package.build_artifacts(target.project)
    views = Views(target)
    for other, each in wanted.standing.items():
        if each.build is None:
            pin = find_build(target, views.read_code_hash(View.from_outputs(found, other)), other)
            if pin is not None:
                print_note(
                    f"Generation {other} goes on with the build {pin}, for this clone's code is another."
                )
                wanted = wanted.with_generation(other, replace(each, build=pin))
    commit = git.resolve_commit(target.project, build) if build else None
    _apply(target, wanted.with_generation(number, Generation(commit, enabled=False)), confirmed)
    print_note(f"Generation {number} is there, and empty: fold it with `retailctl replay fold {number}`.")


def find_build(target: Target, running: str, number: int) -> str | None:
    """Return the commit that a generation's function was built from; ``None`` where that is this clone as it is.

    A zip depends on its commit only, so the right one is known by the hash of what runs.

    Raises:
        UserError: where none of the newest commits leads to these bytes.

    """
    current = (target.project.artifacts / f"{generations.FUNCTION}.zip").read_bytes()
    if hash_zip(current) == running:
        return None
    for commit in git.list_recent_commits(target.project, COMMITS_LOOKED_AT):
        if hash_zip(package.build_pinned_zip(target.project, commit)) == running:
            return commit
    raise UserError(
        f"Generation {number} runs code that none of the newest {COMMITS_LOOKED_AT} commits leads to, and this "
        f"clone has other code: it would change its rule. Pin it in {project.format_path(target.generations_file)} "
        '(`build = "<commit>"`), or go back to the commit that was applied.'
    )


@app.command("fold")
def fold_generation(
    number: Number,
    *,
    source: Annotated[
        Source, typer.Option("--from", help="The archive and then the stream, or the stream alone.")
    ] = Source.ARCHIVE,
    trust_order: Annotated[
        bool,
        typer.Option(TRUST, help="Where the stream can prove no more, rely on the archive's consumer."),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on after an interrupted fold of this generation.")
    ] = False,
    patience: Annotated[
        float, typer.Option(help="Seconds to wait until it has caught up.")
    ] = PATIENCE_SECONDS,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Fold a generation from the log, let it follow the stream, and wait until it has caught up."""
    target, found = _read_target(environment, cloud)
    view, views, log = View.from_outputs(found, number), Views(target), ReplayLog(target, found)
    next_free = 1 + max(map(int, found["generations"]))
    check_foldable(view, views, live=int(found["live_generation"]), next_free=next_free, resume=resume)
    if source is Source.ARCHIVE:
        _fold_archive(view, views, log, target, trust_order=trust_order)
    elif not log.is_young:
        print_note(
            f"The stream keeps {log.retention_hours} h now, may have kept less before, and has been there since "
            f"{log.created:%Y-%m-%d}: what it has forgotten will not be on this board."
        )
    views.follow_stream(view)
    wanted = target.read_generations()
    generations.write_generations(
        target.generations_file,
        wanted.with_generation(number, replace(wanted.standing[number], enabled=True)),
    )
    _remind(target)
    with show_progress(f"Waiting until generation {number} has caught up"):
        await_caught_up(view, views, log, patience)
    print_note(f"Next: `retailctl replay compare {number}`, and `retailctl replay switch {number}`.")


def check_foldable(view: View, views: Views, *, live: int, next_free: int, resume: bool) -> None:
    """See that a generation may be folded.

    Raises:
        UserError: where it is live, follows the stream already, or is not empty.

    """
    if view.number == live:
        raise UserError(
            f"Generation {view.number} is live: a replay into it would count sales that it has counted. Prepare "
            f"another (`retailctl replay prepare {next_free}`), and switch to that."
        )
    state = views.read_mapping_state(view)
    if state != "Disabled":
        raise UserError(
            f"Generation {view.number} reads the stream already ({state}): a replay goes into one that never did. "
            f"Prepare another (`retailctl replay prepare {next_free}`)."
        )
    if not resume and not views.is_empty(view):
        raise UserError(
            f"The tables of generation {view.number} are not empty: prepare another generation, or, where a fold "
            "of this very one was interrupted, add --resume."
        )


def _fold_archive(view: View, views: Views, log: ReplayLog, target: Target, *, trust_order: bool) -> None:
    with show_progress("Looking whether archive and stream hold the whole log"):
        archived = log.inspect_archive()
        shards = prove_whole_log(archived, log, trust_order=trust_order)
    spans: dict[str, list[Span]] = {}
    for span in archived.spans:
        spans.setdefault(span.shard_id, []).append(span)
    most = _batch_size(target, view)
    with show_progress(f"Folding the archive into generation {view.number}") as advance:
        done = [0]

        def fold_shard(shard: Shard) -> int:
            records = 0
            found = replay_fold.merge_records(spans.get(shard.shard_id, ()), log.read_records)
            for batch in replay_fold.split_batches(found, most):
                replay_fold.deliver_batch(
                    batch, log.arn, lambda event: views.invoke_function(view, event), time.sleep
                )
                records += len(batch)
                done[0] += len(batch)
                advance(done[0], None)
            return records

        folded = replay_fold.fold_shards(shards, fold_shard, SIDE_BY_SIDE)
    print_note(f"{folded:,} records of {len(shards)} shards came out of the archive.")
    # What was proved has to hold still: folding a long log takes a while, and the stream forgets meanwhile.
    prove_whole_log(archived, log, trust_order=trust_order)


def prove_whole_log(archived: Archived, log: ReplayLog, *, trust_order: bool) -> list[Shard]:
    """Return the shards, parents before children, where archive and stream hold the whole log.

    Raises:
        UserError: naming the gaps.

    """
    streamed = log.inspect_stream()
    found = [gap for gap in find_gaps(archived, streamed) if not (trust_order and gap.doubtful)]
    if found:
        listed = "\n".join(f"  {gap}" for gap in found[:GAPS_SHOWN])
        more = f"\n  and {len(found) - GAPS_SHOWN} more" if len(found) > GAPS_SHOWN else ""
        hint = (
            "\nNothing but the order of the archive's consumer speaks for them: if it is on since the stream was "
            f"made, and was never off for as long as the stream kept records, add {TRUST}."
            if all(gap.doubtful for gap in found)
            else ""
        )
        raise UserError(f"The log may have gaps, so nothing is replayed:\n{listed}{more}{hint}")
    return order_shards(merge_lineage(archived, streamed))


def _batch_size(target: Target, view: View) -> int:
    found = target.client("lambda").get_event_source_mapping(UUID=view.mapping)
    return int(found["BatchSize"])


def await_caught_up(view: View, views: Views, log: ReplayLog, patience: float) -> None:
    """Return once the newest sale that each shard has now is on the generation's board.

    Raises:
        UserError: where it is not in time, naming the shards.

    """
    newest = {shard_id: log.find_newest_sale(shard_id) for shard_id in log.list_shards()}
    deadline = time.monotonic() + patience
    while late := list_lagging_shards(newest, views.read_watermarks(view)):
        if time.monotonic() > deadline:
            raise UserError(
                f"Generation {view.number} has not caught up after {patience:.0f} s: {' '.join(late)} It goes on; "
                "`retailctl replay status` says how far it is."
            )
        time.sleep(min(1.0, patience))


@app.command("compare")
def compare_generation(
    number: Number,
    *,
    patience: Annotated[
        float, typer.Option(help="Seconds for which the two may still differ.")
    ] = COMPARING_SECONDS,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Compare a generation's scores with the live ones: exit status 1 and each difference where they differ."""
    target, found = _read_target(environment, cloud)
    live, new, views = (
        View.from_outputs(found, int(found["live_generation"])),
        View.from_outputs(found, number),
        Views(target),
    )
    deadline = time.monotonic() + patience
    while sentences := compare_scores(views.read_scores(live), views.read_scores(new)):
        if time.monotonic() > deadline:
            break
        time.sleep(min(1.0, patience))
    for sentence in sentences:
        print_line(sentence.replace("must have", f"in generation {live.number}"))
    if sentences:
        print_note(
            f"{len(sentences)} scores of generation {number} differ from the live generation {live.number}."
        )
        raise typer.Exit(1)
    scores = sum(len(users) for users in views.read_scores(new).values())
    print_note(f"All {scores} scores of generation {number} are those of the live generation {live.number}.")


@app.command("switch")
def switch_generation(
    number: Number,
    *,
    patience: Annotated[float, typer.Option(help="Seconds to wait until it has caught up.")] = 60.0,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Let the API read another generation, once that has caught up; to go back, switch to the one before."""
    target, found = _read_target(environment, cloud)
    view, views, log = View.from_outputs(found, number), Views(target), ReplayLog(target, found)
    if number == int(found["live_generation"]):
        raise UserError(f"Generation {number} is live already.")
    state = views.read_mapping_state(view)
    if state != "Enabled":
        raise UserError(
            f"Generation {number} does not read the stream ({state}): fold it first, with "
            f"`retailctl replay fold {number}`."
        )
    with show_progress(f"Looking whether generation {number} has caught up"):
        await_caught_up(view, views, log, patience)
    wanted = target.read_generations()
    wanted = replace(
        wanted.with_generation(number, replace(wanted.standing[number], enabled=True)), live=number
    )
    _apply(target, wanted, confirmed)
    print_note(
        f"The API reads generation {number}. The one before goes on folding: `retailctl replay switch` goes back."
    )


@app.command("retire")
def retire_generation(
    number: Number,
    *,
    lift_protection: Annotated[
        bool, typer.Option("--lift-protection", envvar="LIFT_PROTECTION", help="Delete protected tables too.")
    ] = False,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Take a generation away, with its tables and its function."""
    target, found = _read_target(environment, cloud)
    view = View.from_outputs(found, number)
    if number == int(found["live_generation"]):
        raise UserError(f"Generation {number} is live: switch to another first.")
    protected = _list_protected_tables(target, view, may_go=lift_protection or target.cloud is not None)

    def lift() -> None:
        for table in protected:
            target.client("dynamodb").update_table(TableName=table, DeletionProtectionEnabled=False)

    _apply(target, target.read_generations().without_generation(number), confirmed, lift)
    print_note(f"Generation {number} is gone.")


def _list_protected_tables(target: Target, view: View, *, may_go: bool) -> list[str]:
    """Return which of a generation's tables are protected against deletion.

    Raises:
        UserError: where there are such and they may not go.

    """
    dynamodb = target.client("dynamodb")
    tables = (view.contributions_table, view.scores_table)
    protected = [
        table
        for table in tables
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled")
    ]
    if protected and not may_go:
        raise UserError(
            f"These tables are protected against deletion: {', '.join(protected)}. If they are to go, add "
            "LIFT_PROTECTION=1 (--lift-protection)."
        )
    return protected
