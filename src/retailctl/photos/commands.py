"""`retailctl photos`: what the studio holds, whether that is right, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl.aws import FAILURES
from retailctl.checks import PATIENCE_SECONDS, Patience, print_gaps
from retailctl.console import DataTable, print_document, print_line, print_note, print_renderable
from retailctl.environments import outputs
from retailctl.environments.target import Target, resolve_target
from retailctl.errors import UserError
from retailctl.executions import Executions
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName, check_text
from retailctl.photos import check
from retailctl.photos.retries import Retries, may_be_retried
from retailctl.photos.stored import StoredStudio, StudioPhotographer, StudioProduct, read_stored_studio
from retailctl.progress import show_progress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Which = Annotated[list[str] | None, typer.Argument(metavar="PRODUCT", help="Products, by their ids.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this, only tell what would be done.")]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The studio's products and pictures: status, check, retry, stop.",
)


@dataclass(frozen=True, slots=True)
class _Desk:
    """An environment's studio: its table and its executions."""

    target: Target
    values: Mapping[str, Any]
    dynamodb: DynamoDBClient
    table: str
    executions: Executions

    def read_studio(self) -> StoredStudio:
        return read_stored_studio(self.dynamodb, self.table)


def _open_desk(environment: str, cloud: str) -> _Desk:
    target = resolve_target(environment, cloud)
    values = outputs.read_outputs(target)
    return _Desk(
        target,
        values,
        target.client("dynamodb"),
        str(values["studio_table"]),
        Executions(target.client("stepfunctions"), str(values["photos_machine_arn"])),
    )


@app.command("status")
def show_status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Print how many products are in which state, and who may be asked."""
    studio = _open_desk(environment, cloud).read_studio()
    if as_json:
        print_document(json.dumps(_build_document(studio), indent=2))
        return
    print_renderable(_build_table(studio))
    if studio.photographers:
        print_note(f"Photographers: {_format_counts(_count_photographers(studio))}.")
    given_up = [product.product_id for product in studio.products.values() if product.state == "given-up"]
    if given_up:
        print_note(f"Given up: {', '.join(sorted(given_up))}.")


def _build_document(studio: StoredStudio) -> dict[str, Any]:
    """Return the status as JSON has it, with each product that is not pictured."""
    unpictured = [product for product in studio.products.values() if product.state != "pictured"]
    return {
        "products": check.count_states(studio),
        "photographers": _count_photographers(studio),
        "unpictured": [
            {name: value for name, value in asdict(product).items() if name not in {"spot", "image"}}
            for product in sorted(unpictured, key=lambda each: each.since)
        ],
    }


def _build_table(studio: StoredStudio) -> DataTable:
    table = DataTable("State")
    table.add_column("Products", justify="right")
    table.add_column("The longest since")
    for state, number in check.count_states(studio).items():
        since = min(product.since for product in studio.products.values() if product.state == state)
        table.add_row(state, f"{number:,}", "" if state == "pictured" else since)
    return table


def _count_photographers(studio: StoredStudio) -> dict[str, int]:
    kinds = [_describe_photographer(each) for each in studio.photographers.values()]
    order = ("free", "busy", "used up", "silent", "gone")
    return {kind: kinds.count(kind) for kind in order if kind in kinds}


def _describe_photographer(photographer: StudioPhotographer) -> str:
    if photographer.assignment is not None:
        return "busy"
    if photographer.may_be_asked:
        return "free"
    if photographer.gone:
        return "gone"
    return "used up" if photographer.allowance < 1 else "silent"


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items())


@app.command("check")
def check_photos(
    *,
    patience: Patience = PATIENCE_SECONDS,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Compare table, executions and log; what is wrong gives exit status 1."""
    desk = _open_desk(environment, cloud)
    with show_progress("Comparing the studio's table, executions and log"):
        look, faults = check.check_environment(desk.target, desk.values, patience)
    print_gaps(look.gaps, "Pictures from before are not looked for.")
    print_note(check.describe_studio(look.studio))
    for fault in faults:
        print_line(fault)
    if faults:
        print_note(f"{len(faults)} things are wrong: docs/studio.md says what to do.")
        raise typer.Exit(1)
    print_note(
        f"Executions that run: {look.running:,}. Nobody and nothing is held without one, and every picture is in "
        "the log once."
    )


@app.command("retry")
def retry_products(
    products: Which = None,
    *,
    everything: Annotated[bool, typer.Option("--everything", help="All that was given up.")] = False,
    yes: Yes = False,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Offer given-up products to the studio again."""
    desk = _open_desk(environment, cloud)
    studio, running = desk.read_studio(), desk.executions.list_running()
    if everything and not products:
        chosen = [product for product in studio.products.values() if may_be_retried(product, running)]
    else:
        chosen = _find_products(desk, studio, products, or_else=", or --everything")
    retries = Retries(desk.dynamodb, desk.table, desk.executions)

    def retry(product: StudioProduct) -> str | None:
        name = retries.retry(product)
        return name and f"offered again, as execution {name}"

    _act(
        chosen,
        lambda product: may_be_retried(product, running),
        retry,
        would="offered again",
        stays="somebody else retried it this moment",
        yes=yes,
    )


@app.command("stop")
def stop_executions(
    products: Which = None,
    *,
    because: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "",
    yes: Yes = False,
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
) -> None:
    """Stop the executions of products, which the studio then gives up."""
    check_text("--because", because)
    desk = _open_desk(environment, cloud)
    chosen = _find_products(desk, desk.read_studio(), products)

    def stop(product: StudioProduct) -> str | None:
        is_stopped = desk.executions.stop(product.execution, because.strip() or "retailctl photos stop")
        return "stopped; it is given up within a minute" if is_stopped else None

    _act(
        chosen,
        lambda product: not product.is_over,
        stop,
        would="stopped",
        stays="no execution runs for it",
        yes=yes,
    )


def _find_products(
    desk: _Desk, studio: StoredStudio, products: Sequence[str] | None, or_else: str = ""
) -> list[StudioProduct]:
    """Return the products that an operator names, each once.

    Raises:
        UserError: where none is named, or one that the studio does not know.

    """
    if not products:
        raise UserError(f"Say which: products by their ids{or_else}.")
    for product_id in products:
        if product_id not in studio.products:
            raise UserError(
                f"The studio has no product {product_id}: `{desk.target.format_command('photos status --json')}` "
                "lists those without a picture."
            )
    return [studio.products[product_id] for product_id in dict.fromkeys(products)]


def _act(
    chosen: Sequence[StudioProduct],
    is_possible: Callable[[StudioProduct], bool],
    act: Callable[[StudioProduct], str | None],
    *,
    would: str,
    stays: str,
    yes: bool,
) -> None:
    """Do something to products, one after another, and tell of each.

    Raises:
        UserError: where AWS failed, with how far it got.

    """
    possible = [product for product in chosen if is_possible(product)]
    done = 0
    for product in chosen:
        if product not in possible:
            _say("stays", product, f"it is {product.state}")
        elif not yes:
            _say("would be", product, would)
        else:
            try:
                happened = act(product)
            except FAILURES as error:
                raise UserError(
                    f"AWS failed at {product.product_id} ({error}), after {done} of {len(possible)}. The same "
                    "command goes on."
                ) from error
            _say("done" if happened else "stays", product, happened or stays)
            done += happened is not None
    if not yes:
        print_note(f"Nothing was done: {len(possible)} of {len(chosen)} would be with --yes.")
        return
    print_note(f"{done} of {len(chosen)} done." if chosen else "There is nothing to do.")
    if done < len(chosen):
        raise typer.Exit(1)


def _say(what: str, product: StudioProduct, words: str) -> None:
    print_line(f"{what:<8}  {product.product_id}  {words}")
