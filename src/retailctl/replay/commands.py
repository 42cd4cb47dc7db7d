"""`retailctl replay`: fold a view's new generation and switch to it.

The generations and the live one are values of the environment. The commands that change the values also apply them.
A local cloud has its own values. See docs/replay.md.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import git, interrupts, project
from retailctl.artifacts import package
from retailctl.console import DataTable, print_line, print_note, print_renderable
from retailctl.delivery import destroy, plan_apply
from retailctl.environments import generations, outputs
from retailctl.environments.generations import Generation, Generations, PinnedBuild
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import Target, resolve_target
from retailctl.errors import UserError
from retailctl.files import write_atomically
from retailctl.options import DEFAULT_CLOUD, CloudName, Confirmed, EnvironmentName
from retailctl.progress import show_progress
from retailctl.replay import fold as replay_fold
from retailctl.replay.log import ReplayLog
from retailctl.replay.proof import TRUST, find_gaps, merge_lineage, order_shards
from retailctl.replay.replayed import REPLAYED, ReplayedView, ViewName
from retailctl.replay.view import View, Views, hash_zip, list_lagging_shards
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hello_retail.event_log.archive import Shard, Span
    from retailctl.environments.generations import FoldedView
    from retailctl.replay.proof import Archived
    from retailctl.terraform.workspace import Workspace

PATIENCE_SECONDS = 900.0
"""How long a generation may take to catch up with the stream, after the archive is folded."""
COMPARING_SECONDS = 30.0
"""How long two generations may differ while their batches are in flight."""
SIDE_BY_SIDE = 8
"""How many shards are folded at the same time."""
COMMITS_LOOKED_AT = 50
GAPS_SHOWN = 20

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Fold a new generation of a view from the log, and switch to it.",
)
Number = Annotated[int, typer.Argument(min=1, max=9999, help="Which generation.", show_default=False)]
ViewOption = Annotated[ViewName, typer.Option("--view", help="Which view.")]


class Source(StrEnum):
    """The source from which a generation is folded."""

    ARCHIVE = "archive"
    STREAM = "stream"


def _read_target(
    environment: str, cloud: str | None, replayed: ReplayedView
) -> tuple[Target, dict[str, Any]]:
    """Return the target and its root outputs.

    Raises:
        UserError: where it was applied before the view had generations.

    """
    target = resolve_target(environment, cloud)
    values = outputs.read_outputs(target)
    if replayed.view.standing not in values:
        raise UserError(
            f"{environment} in {target.place} does not support several generations of the {replayed.view.name} "
            f"view yet: apply it again with `{target.update_command}`."
        )
    return target, values


def _apply(
    target: Target,
    wanted: Generations,
    confirmed: str | None,
    begin: Callable[[], object] = plan_apply.do_nothing,
) -> None:
    """Write the generations, ask for confirmation, call ``begin``, and apply the environment.

    Raises:
        UserError: where the operator does not confirm or Terraform refuses the plan (the values are unchanged
            then), or the apply fails (the values stay changed).

    """
    file, mark = target.generations_file, _unfinished_mark(target)
    before = file.read_bytes() if file.is_file() else None
    has_begun = False

    def start() -> None:
        nonlocal has_begun
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        begin()
        has_begun = True
        _print_commit_reminder(target)

    try:
        generations.write_generations(file, wanted)
        if target.cloud is None:
            plan_apply.plan_and_apply(target.environment, None, confirmed, start)
        else:
            package.build_artifacts(target.project)
            workspace = initialise_workspace(target)
            _plan_and_apply(workspace, start)
        mark.unlink(missing_ok=True)
    finally:
        if not has_begun:
            with interrupts.defer_interrupts():
                _restore_file(file, before)


def _plan_and_apply(workspace: Workspace, begin: Callable[[], object]) -> None:
    """Plan, call ``begin``, and apply that plan: what Terraform refuses has changed nothing."""
    file = workspace.data / "run.tfplan"
    try:
        terraform.run_with_progress(
            workspace, f"Planning {workspace.environment}", "plan", f"-out={file}", *workspace.arguments
        )
        begin()
        terraform.run_with_progress(workspace, f"Applying {workspace.environment}", "apply", str(file))
    finally:
        file.unlink(missing_ok=True)  # it contains all values in plain text


def _unfinished_mark(target: Target) -> Path:
    """Return the file that marks an unfinished apply of generations."""
    return target.folder / target.environment / "generations.unfinished"


def _restore_file(file: Path, content: bytes | None) -> None:
    """Restore a file's content; ``None`` removes the file."""
    if content is None:
        file.unlink(missing_ok=True)
    else:
        write_atomically(file, content)


def _print_commit_reminder(target: Target) -> None:
    """Print, for AWS, that the changed values have to be committed."""
    if target.cloud is None:
        shown = project.format_path(target.generations_file)
        print_note(f"{shown} has changed: commit it, or the next pipeline reverts it.")


@app.command("status")
def show_status(
    *,
    view_name: ViewOption = ViewName.WINNER,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Show the generations, which is live, and how far each has come."""
    replayed = REPLAYED[view_name]
    target, values = _read_target(environment, cloud, replayed)
    views, log = Views(target), ReplayLog(target, values)
    newest = _find_newest(log, replayed)
    table = DataTable("Generation", "", "Build", "Reads the stream", replayed.amount, "Behind in")
    for number, each in sorted(values[replayed.view.standing].items(), key=lambda item: int(item[0])):
        view = View.from_outputs(values, int(number), target, replayed)
        lagging = list_lagging_shards(newest, views.read_watermarks(view), replayed)
        table.add_row(
            number,
            "live" if int(number) == values[replayed.view.live] else "",
            (each["build"] or "this clone's")[:12],
            views.read_mapping_state(view),
            f"{replayed.sum(views.read_contents(view)):,}",
            f"{len(lagging)} of {len(newest)} shards" if lagging else "",
        )
    print_renderable(table)


@app.command("prepare")
def prepare_generation(
    number: Number,
    *,
    build: Annotated[
        str, typer.Option(help="The commit whose code folds it; without it, this clone's code.")
    ] = "",
    view_name: ViewOption = ViewName.WINNER,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Create an empty generation, not yet reading; others keep their code."""
    replayed = REPLAYED[view_name]
    target, values = _read_target(environment, cloud, replayed)
    wanted = target.read_generations(replayed.view)
    views = Views(target)
    check_preparable(number, wanted, values, views, replayed)
    package.build_artifacts(target.project)
    for other, each in wanted.standing.items():
        if each.build is None and other != number:
            running = views.read_code_hash(View.from_outputs(values, other, target, replayed))
            pin = find_build(target, running, other, replayed.view)
            if pin is not None:
                print_note(f"Generation {other} keeps the build {pin}, because this clone's code differs.")
                wanted = wanted.with_generation(other, replace(each, build=pin))
    before = wanted.standing.get(number)
    commit = git.resolve_commit(target.project, build) if build else before.build if before else None
    _apply(target, wanted.with_generation(number, Generation(commit, enabled=False)), confirmed)
    command = replayed.format_command(target, f"fold {number}")
    print_note(f"Generation {number} exists and is empty. Fold it with `{command}`.")


def check_preparable(
    number: int, wanted: Generations, values: Mapping[str, Any], views: Views, replayed: ReplayedView
) -> None:
    """Check that a generation is new, or left by an interrupted `prepare`.

    Raises:
        UserError: where it is in use.

    """
    if number not in wanted.standing:
        return
    if wanted.standing[number].enabled:
        raise UserError(f"Generation {number} already exists: use another number.")
    if str(number) in values[replayed.view.standing] and not views.is_empty(
        View.from_outputs(values, number, views.target, replayed)
    ):
        command = replayed.format_command(views.target, f"fold {number} --resume")
        raise UserError(
            f"Generation {number} already exists and is not empty: continue its fold with `{command}`, "
            "or use another number."
        )
    print_note(f"Generation {number} was prepared before: continuing.")


def find_build(target: Target, running: str, number: int, view: FoldedView) -> str | None:
    """Return the commit of a generation's function; ``None`` for this clone.

    A zip depends on its commit only, so the hash of the running code identifies the commit.

    Raises:
        UserError: where the code is of none of the newest commits.

    """
    current = (target.project.artifacts / f"{view.function}.zip").read_bytes()
    if hash_zip(current) == running:
        return None
    with suppress(package.FunctionMissing):  # the commits before it lack the function too
        for commit in git.list_recent_commits(target.project, COMMITS_LOOKED_AT):
            if (
                hash_zip(package.build_pinned_zip(target.project, PinnedBuild(view.function, commit)))
                == running
            ):
                return commit
    raise UserError(
        f"Generation {number} runs code of none of the newest {COMMITS_LOOKED_AT} commits, and this clone's code "
        f"would change its results. Pin it in {project.format_path(target.generations_file)} "
        '(`build = "<commit>"`), or check out the commit that was applied.'
    )


@app.command("fold")
def fold_generation(
    number: Number,
    *,
    source: Annotated[
        Source, typer.Option("--from", help="The archive and then the stream, or only the stream.")
    ] = Source.ARCHIVE,
    trust_order: Annotated[
        bool,
        typer.Option(TRUST, help="Rely on the order of the archive where the stream proves nothing."),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue an interrupted fold of this generation.")
    ] = False,
    patience: Annotated[
        float, typer.Option(help="Seconds to wait until it has caught up.")
    ] = PATIENCE_SECONDS,
    view_name: ViewOption = ViewName.WINNER,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Fold a generation from log and stream until it has caught up."""
    replayed = REPLAYED[view_name]
    target, values = _read_target(environment, cloud, replayed)
    view, views, log = (
        View.from_outputs(values, number, target, replayed),
        Views(target),
        ReplayLog(target, values),
    )
    next_free = 1 + max(map(int, values[replayed.view.standing]))
    live = int(values[replayed.view.live])
    if resume and number != live and views.read_mapping_state(view) != "Disabled":
        print_note(f"Generation {number} reads the stream already: its archive was folded before.")
    else:
        check_foldable(view, views, live=live, next_free=next_free, resume=resume)
        try:
            _fold_source(source, view, views, log, target, trust_order=trust_order)
        except KeyboardInterrupt:
            command = replayed.format_command(target, f"fold {number} --resume")
            print_note(f"The fold was interrupted: `{command}` continues it.")
            raise
    wanted = target.read_generations(replayed.view)
    generations.write_generations(
        target.generations_file,
        wanted.with_generation(number, replace(wanted.standing[number], enabled=True)),
    )
    views.follow_stream(view)
    _print_commit_reminder(target)
    with show_progress(f"Waiting until generation {number} has caught up"):
        await_caught_up(view, views, log, patience)
    compare, switch = (replayed.format_command(target, f"{each} {number}") for each in ("compare", "switch"))
    print_note(f"Next: `{compare}`, and `{switch}`.")


def _fold_source(
    source: Source, view: View, views: Views, log: ReplayLog, target: Target, *, trust_order: bool
) -> None:
    """Fold the archive, or print what the stream may lack.

    The mapping reads the stream itself.
    """
    if source is Source.ARCHIVE:
        _fold_archive(view, views, log, target, trust_order=trust_order)
    elif not log.is_young:
        print_note(
            f"The stream keeps records for {log.retention_hours} h, may have kept them for less before, and has "
            f"existed since {log.created:%Y-%m-%d}: older records will not be {view.replayed.place}."
        )


def check_foldable(view: View, views: Views, *, live: int, next_free: int, resume: bool) -> None:
    """Check that a generation may be folded.

    Raises:
        UserError: where it is live, reads the stream already, or is not empty.

    """
    prepare = view.replayed.format_command(views.target, f"prepare {next_free}")
    if view.number == live:
        raise UserError(
            f"Generation {view.number} is live: a replay into it would count events twice. Prepare another "
            f"(`{prepare}`), and switch to that."
        )
    state = views.read_mapping_state(view)
    if state != "Disabled":
        raise UserError(
            f"Generation {view.number} reads the stream already ({state}), and a replay needs one that never did. "
            f"Prepare another (`{prepare}`)."
        )
    if not resume and not views.is_empty(view):
        raise UserError(
            f"The tables of generation {view.number} are not empty: prepare another generation, or, where a fold "
            "of this very one was interrupted, add --resume."
        )


def _fold_archive(view: View, views: Views, log: ReplayLog, target: Target, *, trust_order: bool) -> None:
    with show_progress("Checking that archive and stream hold the whole log"):
        archived = log.inspect_archive()
        shards = prove_whole_log(archived, log, trust_order=trust_order)
    spans: dict[str, list[Span]] = {}
    for span in archived.spans:
        spans.setdefault(span.shard_id, []).append(span)
    batch_size = _batch_size(target, view)
    with show_progress(f"Folding the archive into generation {view.number}") as advance:
        delivered = [0]

        def fold_shard(shard: Shard) -> int:
            records = 0
            merged = replay_fold.merge_records(spans.get(shard.shard_id, ()), log.read_records)
            for batch in replay_fold.split_batches(merged, batch_size):
                interrupts.check_interrupted()
                replay_fold.deliver_batch(
                    batch, log.arn, lambda event: views.invoke_function(view, event), interrupts.sleep
                )
                records += len(batch)
                delivered[0] += len(batch)
                advance(delivered[0], None)
            return records

        folded = replay_fold.fold_shards(shards, fold_shard, SIDE_BY_SIDE)
    print_note(f"{folded:,} records of {len(shards)} shards were folded from the archive.")
    # Check again: folding takes a while, and records may have expired from the stream meanwhile.
    prove_whole_log(archived, log, trust_order=trust_order)


def prove_whole_log(archived: Archived, log: ReplayLog, *, trust_order: bool) -> list[Shard]:
    """Return the shards, parents before children, after checking that no records are missing.

    Raises:
        UserError: where records may be missing, with the gaps.

    """
    streamed = log.inspect_stream()
    gaps = [gap for gap in find_gaps(archived, streamed) if not (trust_order and gap.doubtful)]
    if gaps:
        listed = "\n".join(f"  {gap}" for gap in gaps[:GAPS_SHOWN])
        more = f"\n  and {len(gaps) - GAPS_SHOWN} more" if len(gaps) > GAPS_SHOWN else ""
        hint = (
            "\nOnly the order of the archive's consumer shows that these are not gaps. If it was on since the "
            f"stream was created, and was never off for longer than the stream keeps records, add {TRUST}."
            if all(gap.doubtful for gap in gaps)
            else ""
        )
        raise UserError(f"The log may have gaps, so nothing was replayed:\n{listed}{more}{hint}")
    return order_shards(merge_lineage(archived, streamed))


def _batch_size(target: Target, view: View) -> int:
    mapping = target.client("lambda").get_event_source_mapping(UUID=view.mapping)
    return int(mapping["BatchSize"])


def await_caught_up(view: View, views: Views, log: ReplayLog, patience: float) -> None:
    """Wait until the generation has each shard's newest record that counts.

    Raises:
        UserError: where that takes too long, with the shards.

    """
    newest = _find_newest(log, view.replayed)
    deadline = time.monotonic() + patience
    while lagging := list_lagging_shards(newest, views.read_watermarks(view), view.replayed):
        if time.monotonic() > deadline:
            raise UserError(
                f"Generation {view.number} has not caught up after {patience:.0f} s: {' '.join(lagging)} It "
                f"continues; see `{view.replayed.format_command(views.target, 'status')}`."
            )
        time.sleep(min(1.0, patience))


def _find_newest(log: ReplayLog, replayed: ReplayedView) -> dict[str, int | None]:
    """Return each shard's newest record that advances the view's watermarks."""
    return {shard_id: log.find_newest_record(shard_id, replayed.advances) for shard_id in log.list_shards()}


@app.command("compare")
def compare_generation(
    number: Number,
    *,
    patience: Annotated[
        float, typer.Option(help="Seconds for which the two may differ.")
    ] = COMPARING_SECONDS,
    view_name: ViewOption = ViewName.WINNER,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Compare a generation with the live one; differences give exit status 1."""
    replayed = REPLAYED[view_name]
    target, values = _read_target(environment, cloud, replayed)
    live, new, views = (
        View.from_outputs(values, int(values[replayed.view.live]), target, replayed),
        View.from_outputs(values, number, target, replayed),
        Views(target),
    )
    deadline = time.monotonic() + patience
    while sentences := replayed.compare(views.read_contents(live), views.read_contents(new), live.number):
        if time.monotonic() > deadline:
            break
        time.sleep(min(1.0, patience))
    for sentence in sentences:
        print_line(sentence)
    if sentences:
        print_note(
            f"{len(sentences)} {replayed.rows} of generation {number} differ from the live generation "
            f"{live.number}."
        )
        raise typer.Exit(1)
    rows = replayed.count(views.read_contents(new))
    print_note(
        f"All {rows} {replayed.rows} of generation {number} equal those of the live generation {live.number}."
    )


@app.command("switch")
def switch_generation(
    number: Number,
    *,
    patience: Annotated[float, typer.Option(help="Seconds to wait until it has caught up.")] = 60.0,
    view_name: ViewOption = ViewName.WINNER,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Make the API read another generation that has caught up."""
    replayed = REPLAYED[view_name]
    target, values = _read_target(environment, cloud, replayed)
    view, views, log = (
        View.from_outputs(values, number, target, replayed),
        Views(target),
        ReplayLog(target, values),
    )
    previous = int(values[replayed.view.live])
    if number == previous and not _unfinished_mark(target).exists():
        raise UserError(f"Generation {number} is already live.")
    state = views.read_mapping_state(view)
    if state != "Enabled":
        raise UserError(
            f"Generation {number} does not read the stream ({state}): fold it first with "
            f"`{replayed.format_command(target, f'fold {number}')}`."
        )
    with show_progress(f"Checking that generation {number} has caught up"):
        await_caught_up(view, views, log, patience)
    wanted = target.read_generations(replayed.view)
    wanted = replace(
        wanted.with_generation(number, replace(wanted.standing[number], enabled=True)), live=number
    )
    _apply(target, wanted, confirmed)
    print_note(
        f"The API reads generation {number}. The previous one stays up to date: to go back, use "
        f"`{replayed.format_command(target, f'switch {previous}')}`."
    )


@app.command("retire")
def retire_generation(
    number: Number,
    *,
    lift_protection: Annotated[
        bool, typer.Option("--lift-protection", envvar="LIFT_PROTECTION", help="Delete protected tables too.")
    ] = False,
    view_name: ViewOption = ViewName.WINNER,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Delete a generation, with its tables and its function."""
    replayed = REPLAYED[view_name]
    target, values = _read_target(environment, cloud, replayed)
    wanted = target.read_generations(replayed.view)
    protected: list[str] = []
    if number in wanted.standing or not _unfinished_mark(target).exists():
        view = View.from_outputs(values, number, target, replayed)
        if number == int(values[replayed.view.live]):
            switch = replayed.format_command(target, "switch <number>")
            raise UserError(f"Generation {number} is live: switch to another first, with `{switch}`.")
        protected = _list_protected_tables(target, view)
        if not lift_protection and target.cloud is None:
            destroy.refuse_protected({"tables": protected})
    lift = partial(destroy.unprotect_tables, target, protected)
    _apply(target, wanted.without_generation(number), confirmed, lift)
    print_note(f"Generation {number} is deleted.")


def _list_protected_tables(target: Target, view: View) -> list[str]:
    """Return which of a generation's tables are protected against deletion."""
    dynamodb = target.client("dynamodb")
    return [
        table
        for table in view.tables.values()
        if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled")
    ]
