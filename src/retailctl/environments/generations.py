"""Read and write which generations of the views exist and which is live.

They are the values `generations` and `live_generation` of an environment (`environments/<name>/terraform.tfvars`).
A local cloud may have its own values in a file of its folder, so that a replay there changes no committed file.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from retailctl.errors import UserError
from retailctl.files import write_atomically
from retailctl.terraform.tfvars import read_values

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.project import Project

_OF_A_GENERATION = re.compile(r"-g([1-9][0-9]*)$")

FUNCTION = "winner_view"
"""The function that exists once per generation."""
OWN_VALUES = "generations.tfvars.json"
"""The file of a local cloud's own generations, in the environment's Terraform folder."""
_BLOCK = re.compile(r"^generations = \{\n(?:^[ \t].*\n)*^\}\n", re.MULTILINE)
_LIVE = re.compile(r"^live_generation\s*=\s*(?P<number>\d+)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation's build (a commit, or ``None`` for this clone) and whether it reads the stream."""

    build: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Generations:
    """The generations that exist, by number, and the one that the API reads."""

    standing: Mapping[int, Generation]
    live: int

    def with_generation(self, number: int, generation: Generation) -> Generations:
        """Return a copy with a generation added or changed."""
        return replace(self, standing=dict(sorted({**self.standing, number: generation}.items())))

    def without_generation(self, number: int) -> Generations:
        """Return a copy without a generation."""
        return replace(self, standing={n: each for n, each in self.standing.items() if n != number})

    def as_json(self) -> str:
        """Return these as Terraform values in JSON."""
        values = {
            "generations": {
                str(number): {
                    **({"build": each.build} if each.build else {}),
                    **({} if each.enabled else {"enabled": False}),
                }
                for number, each in self.standing.items()
            },
            "live_generation": self.live,
        }
        return json.dumps(values, indent=2) + "\n"

    def as_hcl(self) -> str:
        """Return the block `generations` of an environment's values."""
        lines = []
        for number, each in self.standing.items():
            parts = [f'build = "{each.build}"'] if each.build else []
            parts += [] if each.enabled else ["enabled = false"]
            body = f" {', '.join(parts)} " if parts else ""
            lines.append(f'  "{number}" = {{{body}}}\n')
        return f"generations = {{\n{''.join(lines)}}}\n"


def read_generations(values: Path) -> Generations:
    """Return the generations in an environment's values.

    Raises:
        UserError: where they do not say it.

    """
    return _build_generations(values, read_values(values))


def _build_generations(file: Path, values: Mapping[str, Any]) -> Generations:
    try:
        standing = {
            int(number): Generation(each.get("build"), enabled=each.get("enabled", True))
            for number, each in values["generations"].items()
        }
        generations = Generations(dict(sorted(standing.items())), int(values["live_generation"]))
    except (KeyError, ValueError, TypeError, AttributeError):
        generations = None
    if generations is None or not generations.standing:
        raise UserError(
            f"{file} does not say which generations stand and which is live: set `generations` to an object such "
            'as `{ "1" = {} }`, and `live_generation = 1`.'
        )
    return generations


def replace_generations(text: str, wanted: Generations) -> str:
    """Return the text of an environment's values with other generations in it, all else as it was.

    What is in another form than ``Generations.as_hcl`` gives stays.
    """
    text = _BLOCK.sub(lambda _: wanted.as_hcl(), text, count=1)
    return _LIVE.sub(f"live_generation = {wanted.live}", text, count=1)


def read_local_generations(file: Path) -> Generations:
    """Return what a local cloud's own file says."""
    return _build_generations(file, json.loads(file.read_text()))


def write_generations(file: Path, wanted: Generations) -> None:
    """Write generations into an environment's values or, by its name, a local cloud's own file.

    Raises:
        UserError: where the values have them in a form that cannot be replaced; nothing is written then.

    """
    if file.name == OWN_VALUES:
        write_atomically(file, wanted.as_json())
        return
    before = file.read_text()
    write_atomically(file, replace_generations(before, wanted))
    if read_generations(file) != wanted:
        write_atomically(file, before)
        raise UserError(
            f"{file} has its generations in a form that retailctl does not write: put in by hand\n"
            f"{wanted.as_hcl()}live_generation = {wanted.live}"
        )


def list_pinned_builds(in_project: Project) -> set[str]:
    """Return the builds to which the generations of all environments and local clouds are pinned."""
    commits: set[str] = set()
    for values in in_project.root.glob("environments/*/terraform.tfvars"):
        commits |= read_pinned_builds(values)
    for own in in_project.scratch.glob(f"*/terraform/*/{OWN_VALUES}"):
        with contextlib.suppress(FileNotFoundError):  # the cloud was removed meanwhile
            commits |= read_pinned_builds(own)
    return commits


def read_pinned_builds(file: Path) -> set[str]:
    """Return the builds pinned in an environment's values or a local cloud's own file."""
    if file.name == OWN_VALUES:
        standing = read_local_generations(file).standing
    else:
        values = read_values(file)
        has_any = "generations" in values
        standing = _build_generations(file, {"live_generation": 1, **values}).standing if has_any else {}
    return {each.build for each in standing.values() if each.build}


def parse_generation(name: str) -> int:
    """Return the generation at the end of a table's or function's name; 1 where there is none."""
    match = _OF_A_GENERATION.search(name)
    return int(match[1]) if match else 1


def get_live_generation(outputs: Mapping[str, Any]) -> int:
    """Return the generation that the API reads, from root outputs (older ones: its table's name)."""
    return int(outputs.get("live_generation") or parse_generation(str(outputs["scores_table"])))


def get_standing_generations(outputs: Mapping[str, Any]) -> frozenset[int]:
    """Return the numbers of the generations, from root outputs (older ones: the live one)."""
    return frozenset(int(number) for number in outputs.get("generations") or [get_live_generation(outputs)])
