"""`retailctl quarantine`: what could not be applied, and a second chance for it."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl.aws import FAILURES
from retailctl.console import print_document, print_line, print_note
from retailctl.environments import outputs
from retailctl.environments.generations import get_live_generation, get_standing_generations
from retailctl.environments.target import Target, resolve_target
from retailctl.errors import UserError
from retailctl.moments import parse_moment
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName, InAws, check_text, choose_cloud
from retailctl.progress import show_progress
from retailctl.quarantine import decisions as planning
from retailctl.quarantine import redrive
from retailctl.quarantine.bucket import Quarantine
from retailctl.quarantine.decisions import OPEN, Choice, Decision, Plan, QuarantineVerdict
from retailctl.quarantine.log import RedriveStream
from retailctl.quarantine.marks import Redrives, build_dropped_mark
from retailctl.quarantine.records import Copy, Held
from retailctl.quarantine.redrive import RedriveOutcome, Redriver
from retailctl.stream.publish import build_no_retry_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailctl.quarantine.redrive import Result

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What could not be applied: list, show, redrive, drop.",
)

Which = Annotated[
    list[str] | None,
    typer.Argument(metavar="RECORD", help="Records, by stream/shard/number as `list` shows them."),
]
Objects = Annotated[
    list[str] | None, typer.Option("--object", help="All that this object of the bucket holds.")
]
Reasons = Annotated[
    list[str] | None, typer.Option("--reason", help="Only of this code, such as invalid-data.")
]
Since = Annotated[str, typer.Option(help="Only what came then or later: 2026-11-22T18:00, or 36h, 7d ago.")]
Until = Annotated[str, typer.Option(help="Only what came before then.")]
Everything = Annotated[bool, typer.Option("--everything", help="All that lies there.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this, only tell what would be done.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """An environment's quarantine and all that a decision about it needs.

    ``live`` is the generation that the API reads, ``standing`` are all that the root tells of.
    """

    target: Target
    quarantine: Quarantine
    marks: Redrives
    live: int
    standing: frozenset[int]
    stream: RedriveStream

    @classmethod
    def from_outputs(cls, target: Target, environment_outputs: Mapping[str, Any]) -> Desk:
        """Return it as an environment's root outputs name it.

        Raises:
            UserError: where they do not.

        """
        try:
            stream = str(environment_outputs["stream_name"])
            return cls(
                target,
                Quarantine(target.client("s3"), str(environment_outputs["quarantine_bucket"])),
                Redrives(target.client("dynamodb"), str(environment_outputs["redrives_table"])),
                get_live_generation(environment_outputs),
                get_standing_generations(environment_outputs),
                RedriveStream(target.client("kinesis"), create_put_client(target), stream, time.time),
            )
        except KeyError as error:
            raise UserError(
                f"{target.environment} in {target.place} has no output {error}: bring it up to date with "
                f"`{target.update_command}`."
            ) from None

    def build_plan(self) -> Plan:
        """Read the whole quarantine and decide on everything in it."""
        with show_progress(f"Reading {self.quarantine.bucket}") as progress:
            entries = list(self.quarantine.read_entries(lambda read: progress(read, None), print_note))
        alone = self.standing == self.marks.read_generations() == {self.live}
        return planning.decide_entries(
            entries, self.marks.list_marks(), self.live, self.stream.name, alone=alone
        )


def create_put_client(target: Target) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    """Return a Kinesis client that never repeats a request and gives up."""
    return target.client("kinesis", **build_no_retry_settings() | {"connect_timeout": 5, "read_timeout": 10})


def _open_desk(environment: str, cloud: str, *, aws: bool) -> Desk:
    target = resolve_target(environment, choose_cloud(cloud, aws=aws))
    return Desk.from_outputs(target, outputs.read_outputs(target))


def _build_choice(
    records: Sequence[str] | None = None,
    objects: Sequence[str] | None = None,
    reasons: Sequence[str] | None = None,
    since: str = "",
    until: str = "",
) -> Choice:
    def moment(option: str, text: str) -> datetime | None:
        try:
            return parse_moment(text, datetime.now(UTC)) if text else None
        except (ValueError, OverflowError):
            raise UserError(
                f"--{option} {text!r} is no time: give one such as 2026-11-22T18:00 (UTC), or 36h or 7d for ago."
            ) from None

    return Choice(
        frozenset(records or ()),
        frozenset(objects or ()),
        frozenset(reasons or ()),
        moment("since", since),
        moment("until", until),
    )


def _select_decisions(desk: Desk, plan: Plan, choice: Choice, *, everything: bool) -> list[Decision]:
    """Return what an operator means who wants something done.

    Raises:
        UserError: where nothing is named, or a record or an object that is not in the quarantine.

    """
    if choice.names_nothing and not everything:
        raise UserError("Say which: records, --object, --reason, --since, --until, or --everything.")
    known = {decision.entry.identity for decision in plan.decisions}
    unknown = sorted(choice.identities - known)
    if unknown:
        command = desk.target.format_command("quarantine list --all")
        raise UserError(f"There is no {unknown[0]} in the quarantine: see `{command}`.")
    holding = {decision.entry.key for decision in plan.decisions}.union(*plan.objects.values())
    missing = sorted(choice.objects - holding)
    if missing:
        command = desk.target.format_command("quarantine list --all --json")
        raise UserError(f"No object {missing[0]} in the quarantine holds a record: see `{command}`.")
    return plan.select_decisions(choice)


@app.command("list")
def list_entries(
    *,
    reason: Reasons = None,
    since: Since = "",
    until: Until = "",
    everything: Annotated[bool, typer.Option("--all", help="Also what was redriven or dropped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Print quarantined records: arrival, reason, verdict and name."""
    choice = _build_choice(reasons=reason, since=since, until=until)
    plan = _open_desk(environment, cloud, aws=aws).build_plan()
    decisions = [
        decision for decision in plan.select_decisions(choice) if everything or decision.verdict in OPEN
    ]
    counted = planning.count_codes(decisions)
    if as_json:
        document = {"counts": counted, "entries": [_summary(decision, plan) for decision in decisions]}
        print_document(json.dumps(document, indent=2))
        return
    for decision in decisions:
        entry = decision.entry
        arrived = f"{entry.arrived:%Y-%m-%dT%H:%M:%SZ}"
        print_line(f"{arrived}  {decision.code:<16}  {decision.verdict.value:<16}  {entry.identity}")
    print_note("Nothing lies there." if not decisions else "By reason: " + _format_counts(counted))


@app.command("show")
def show_record(
    record: Annotated[str, typer.Argument(help="Stream/shard/number, or the object of a batch.")],
    *,
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Print a record as JSON, decoded, with its reason and verdict."""
    desk = _open_desk(environment, cloud, aws=aws)
    plan = desk.build_plan()
    (decision,) = _select_decisions(desk, plan, _build_choice([record]), everything=False)
    document = _summary(decision, plan)
    if isinstance(decision.entry, Held):
        document["record"] = _decode_record(decision.entry)
    if decision.copy is not None:
        document["copy"] = json.loads(decision.copy.payload)
    print_document(json.dumps(document, indent=2))


@app.command("redrive")
def redrive_records(  # noqa: PLR0913 - one option each
    records: Which = None,
    *,
    objects: Objects = None,
    reason: Reasons = None,
    since: Since = "",
    until: Until = "",
    everything: Everything = False,
    yes: Yes = False,
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Send records that are valid events today to the stream, once each."""
    choice = _build_choice(records, objects, reason, since, until)
    desk = _open_desk(environment, cloud, aws=aws)
    chosen = _select_decisions(desk, desk.build_plan(), choice, everything=everything)
    batches = [decision for decision in chosen if decision.verdict is QuarantineVerdict.HALF_APPLIED]
    if batches and (choice.identities or choice.objects):
        raise UserError(
            f"{batches[0].entry.identity} is a batch that was given up. {planning.NEW_GENERATION}"
        )
    ready = [decision for decision in chosen if decision.copy is not None]
    if not ready and any(decision.verdict is QuarantineVerdict.NOT_ALONE for decision in chosen):
        raise UserError(f"Nothing is redriven now. {redrive.NOT_ALONE}")
    for decision in chosen:
        if decision.copy is None:
            _say("stays", decision, f"{decision.verdict.value}: {decision.reason}")
    if not yes:
        for decision in ready:
            _say("would be", decision, f"redriven: {decision.reason}")
        print_note(
            f"Nothing was done: {len(ready)} of {len(chosen)} would be redriven with --yes."
            if ready
            else "There is nothing to redrive."
        )
        return
    _redrive_all(Redriver(desk.marks, desk.stream, desk.live, time.time), ready)


def _redrive_all(redriver: Redriver, ready: Sequence[Decision]) -> None:
    """Redrive ready records in order of arrival, which keeps each product's order.

    Raises:
        UserError: where not all of it ended, with how far it got.

    """
    outcomes = Counter[RedriveOutcome]()
    waiting: set[str] = set()
    for decision in ready:
        copy = decision.copy
        if copy is None or copy.partition_key in waiting:
            _say("stays", decision, "after an earlier one of its product, which has to wait")
            continue
        result = _redrive_decision(redriver, decision, copy, outcomes)
        outcomes[result.outcome] += 1
        place = f" at {result.place.shard_id}:{result.place.sequence_number}" if result.place else ""
        ended = result.outcome in redrive.ENDED
        _say(
            "done" if ended else "stays", decision, f"{result.outcome.value}{place}. {result.detail}".rstrip()
        )
        if result.outcome in redrive.STOPS:
            raise UserError(f"It stopped there. {_so_far(outcomes, ready)} The same command goes on.")
        if result.outcome in redrive.WAITS:
            waiting.add(copy.partition_key)
    if waiting:
        raise UserError(f"{_so_far(outcomes, ready)} Try the rest again in a few minutes.")
    print_note(_so_far(outcomes, ready) if ready else "There is nothing to redrive.")


def _redrive_decision(
    redriver: Redriver, decision: Decision, copy: Copy, outcomes: Counter[RedriveOutcome]
) -> Result:
    try:
        return redriver.redrive_copy(copy)
    except FAILURES as error:
        wait = redrive.LEASE_SECONDS + redrive.SLACK_SECONDS
        raise UserError(
            f"AWS failed at {decision.entry.identity} ({error}), after {outcomes.total()} that were done with. The "
            f"same command goes on; that one has to wait {wait:.0f} s."
        ) from error


def _so_far(outcomes: Counter[RedriveOutcome], asked: Sequence[Decision]) -> str:
    ended = sum(outcomes[outcome] for outcome in redrive.ENDED)
    return f"{ended} of {len(asked)} are on the stream."


def _say(what: str, decision: Decision, words: str) -> None:
    print_line(f"{what:<8}  {decision.entry.identity}  {words}")


@app.command("drop")
def drop_records(  # noqa: PLR0913 - one option each
    records: Which = None,
    *,
    because: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take it back: they are open again.")] = False,
    objects: Objects = None,
    reason: Reasons = None,
    since: Since = "",
    until: Until = "",
    everything: Everything = False,
    yes: Yes = False,
    cloud: CloudName = DEFAULT_CLOUD,
    environment: EnvironmentName = "dev",
    aws: InAws = False,
) -> None:
    """Drop records: note who, when and why. Nothing is deleted."""
    check_text("--because", because)
    if not undo and not because.strip():
        raise UserError("Say why with --because: whoever finds the record later wants to know.")
    choice = _build_choice(records, objects, reason, since, until)
    desk = _open_desk(environment, cloud, aws=aws)
    chosen = _select_decisions(desk, desk.build_plan(), choice, everything=everything)
    wanted = [decision for decision in chosen if (decision.verdict is QuarantineVerdict.DROPPED) is undo]
    if not undo:
        wanted = [
            each
            for each in wanted
            if each.verdict not in {QuarantineVerdict.SENT, QuarantineVerdict.UNFINISHED}
        ]
    done = 0
    for decision in wanted:
        identity = decision.entry.identity
        if yes and undo:
            happened = desk.marks.restore_record(identity)
        elif yes:
            mark = build_dropped_mark(identity, desk.live, time.time(), _who(desk.target), because.strip())
            happened = desk.marks.drop_record(mark)
        else:
            _say("would be", decision, "open again" if undo else "dropped")
            continue
        done += happened
        words = ("open again" if undo else "dropped") if happened else "somebody else took it up this moment"
        _say("done" if happened else "stays", decision, words)
    print_note(
        f"{done} of {len(wanted)} done." if yes else f"Nothing was done: with --yes, these {len(wanted)} are."
    )


def _who(target: Target) -> str:
    return str(target.client("sts").get_caller_identity()["Arn"])


def _format_counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {number:,}" for code, number in counted.items()) + "."


def _summary(decision: Decision, plan: Plan) -> dict[str, Any]:
    entry = decision.entry
    summary: dict[str, Any] = {
        "identity": entry.identity,
        "arrived": entry.arrived.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "code": decision.code,
        "verdict": decision.verdict.value,
        "today": decision.reason,
    }
    if isinstance(entry, Held):
        return summary | {
            "reason": entry.reason,
            "partitionKey": entry.partition_key,
            "generation": entry.generation,
            "objects": sorted(plan.objects[entry.identity]),
        }
    return summary | {
        "reason": f"Lambda gave the batch up ({entry.condition}).",
        "stream": entry.stream,
        "shardId": entry.shard_id,
        "firstSequenceNumber": str(entry.first),
        "lastSequenceNumber": str(entry.last),
        "records": entry.records,
        "objects": [entry.key],
    }


def _decode_record(held: Held) -> dict[str, Any]:
    """Return a record's bytes as JSON, else text, else base64."""
    payload = held.payload
    if payload is None:
        return {"notBase64": held.data}
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return {"base64": held.data}
    try:
        return {"json": json.loads(text)}
    except (ValueError, RecursionError):
        return {"text": text}
