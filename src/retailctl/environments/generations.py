"""Read and write which generations of the views exist and which is live.

They are values of an environment (`environments/<name>/terraform.tfvars`), such as `generations` and
`live_generation`. A local cloud may have its own values in a file of its folder, so that a replay there changes no
committed file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from retailctl.errors import UserError
from retailctl.files import write_atomically
from retailctl.terraform.tfvars import read_values

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.project import Project

_OF_A_GENERATION = re.compile(r"-g([1-9][0-9]*)$")

OWN_VALUES = "generations.tfvars.json"
"""The file of a local cloud's own generations, in the environment's Terraform folder."""


@dataclass(frozen=True, slots=True)
class FoldedView:
    """A view that can be rebuilt from the log.

    Attributes:
        name: what ``--view`` says for it.
        function: the function that exists once per generation.
        standing: the value and the output with its generations.
        live: the value and the output with the generation that the API reads.
        tables: the outputs of a generation that name its tables.

    """

    name: str
    function: str
    standing: str
    live: str
    tables: tuple[str, ...]


WINNER = FoldedView(
    "winner", "winner_view", "generations", "live_generation", ("contributions_table", "scores_table")
)
SHOP = FoldedView(
    "shop",
    "shop_view",
    "shop_generations",
    "live_shop_generation",
    ("catalog_table", "categories_table"),
)
VIEWS = (WINNER, SHOP)


class PinnedBuild(NamedTuple):
    """A commit to whose code a generation's function is pinned."""

    function: str
    commit: str

    @property
    def artifact(self) -> str:
        """Return the name of its zip, without the suffix."""
        return f"{self.function}@{self.commit}"


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation's build (``None``: this clone) and whether it reads the stream."""

    build: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Generations:
    """A view's generations by number, and the one that the API reads."""

    standing: Mapping[int, Generation]
    live: int
    view: FoldedView = WINNER

    def with_generation(self, number: int, generation: Generation) -> Generations:
        """Return a copy with a generation added or changed."""
        return replace(self, standing=dict(sorted({**self.standing, number: generation}.items())))

    def without_generation(self, number: int) -> Generations:
        """Return a copy without a generation."""
        return replace(self, standing={n: each for n, each in self.standing.items() if n != number})

    def as_values(self) -> dict[str, Any]:
        """Return these as Terraform values."""
        return {
            self.view.standing: {
                str(number): {
                    **({"build": each.build} if each.build else {}),
                    **({} if each.enabled else {"enabled": False}),
                }
                for number, each in self.standing.items()
            },
            self.view.live: self.live,
        }

    def as_hcl(self) -> str:
        """Return the block of the generations in an environment's values."""
        lines = []
        for number, each in self.standing.items():
            parts = [f'build = "{each.build}"'] if each.build else []
            parts += [] if each.enabled else ["enabled = false"]
            body = f" {', '.join(parts)} " if parts else ""
            lines.append(f'  "{number}" = {{{body}}}\n')
        return f"{self.view.standing} = {{\n{''.join(lines)}}}\n"


def read_generations(values: Path, view: FoldedView = WINNER) -> Generations:
    """Return a view's generations in an environment's values.

    Raises:
        UserError: where they do not say it.

    """
    return _build_generations(values, read_values(values), view)


def _build_generations(file: Path, values: Mapping[str, Any], view: FoldedView) -> Generations:
    try:
        standing = {
            int(number): Generation(each.get("build"), enabled=each.get("enabled", True))
            for number, each in values[view.standing].items()
        }
        generations = Generations(dict(sorted(standing.items())), int(values[view.live]), view)
    except (KeyError, ValueError, TypeError, AttributeError):
        generations = None
    if generations is None or not generations.standing:
        raise UserError(
            f"{file} does not say which generations stand and which is live: set `{view.standing}` to an object "
            f'such as `{{ "1" = {{}} }}`, and `{view.live} = 1`.'
        )
    return generations


def replace_generations(text: str, wanted: Generations) -> str:
    """Return an environment's values with other generations and no other change.

    What is in another form than ``Generations.as_hcl`` gives stays.
    """
    view = wanted.view
    block = re.compile(rf"^{view.standing} = \{{\n(?:^[ \t].*\n)*^\}}\n", re.MULTILINE)
    live = re.compile(rf"^{view.live}\s*=\s*\d+[ \t]*$", re.MULTILINE)
    text = block.sub(lambda _: wanted.as_hcl(), text, count=1)
    return live.sub(f"{view.live} = {wanted.live}", text, count=1)


def read_local_generations(file: Path, view: FoldedView = WINNER) -> Generations:
    """Return what a local cloud's own file says of a view."""
    return _build_generations(file, _read_own_values(file), view)


def has_local_generations(file: Path, view: FoldedView) -> bool:
    """Say whether a local cloud's own file has a view's generations."""
    return view.standing in _read_own_values(file)


def _read_own_values(file: Path) -> dict[str, Any]:
    """Return a local cloud's own values.

    There are none without a file, since the cloud may be removed meanwhile.
    """
    try:
        values: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return values


def write_generations(file: Path, wanted: Generations) -> None:
    """Write generations to an environment's values or a local cloud's file.

    Raises:
        UserError: where the values have them in a form that cannot be replaced; nothing is written then.

    """
    if file.name == OWN_VALUES:
        values = _read_own_values(file) | wanted.as_values()
        write_atomically(file, json.dumps(values, indent=2) + "\n")
        return
    before = file.read_text()
    write_atomically(file, replace_generations(before, wanted))
    if read_generations(file, wanted.view) != wanted:
        write_atomically(file, before)
        raise UserError(
            f"{file} has its generations in a form that retailctl does not write: put in by hand\n"
            f"{wanted.as_hcl()}{wanted.view.live} = {wanted.live}"
        )


def list_pinned_builds(in_project: Project) -> set[PinnedBuild]:
    """Return the builds that environments and local clouds pin generations to."""
    files = [
        *in_project.root.glob("environments/*/terraform.tfvars"),
        *in_project.scratch.glob(f"*/terraform/*/{OWN_VALUES}"),
    ]
    return {build for file in files for view in VIEWS for build in read_pinned_builds(file, view)}


def read_pinned_builds(file: Path, view: FoldedView) -> set[PinnedBuild]:
    """Return the builds that a view's generations are pinned to."""
    values = _read_own_values(file) if file.name == OWN_VALUES else read_values(file)
    if view.standing not in values:
        return set()
    standing = _build_generations(file, {view.live: 1, **values}, view).standing
    return {PinnedBuild(view.function, each.build) for each in standing.values() if each.build}


def parse_generation(name: str) -> int:
    """Return the generation that ends a resource's name; 1 without one."""
    match = _OF_A_GENERATION.search(name)
    return int(match[1]) if match else 1


def get_live_generation(outputs: Mapping[str, Any]) -> int:
    """Return the live generation, from root outputs (old ones: the table's name)."""
    return int(outputs.get("live_generation") or parse_generation(str(outputs["scores_table"])))


def get_standing_generations(outputs: Mapping[str, Any]) -> frozenset[int]:
    """Return the generations' numbers, from root outputs (old ones: the live one)."""
    return frozenset(int(number) for number in outputs.get("generations") or [get_live_generation(outputs)])
