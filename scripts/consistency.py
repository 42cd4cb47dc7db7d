"""Check that an environment is whole: that what its distributions require is there, in a version that they take.

Other than `pip check`, it follows extras: what `moto[server]` requires is required, where somebody asks for that.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]


parse = cache(Requirement)


@dataclass(frozen=True)
class Distribution:
    """An installed or pinned distribution: its version, and what its metadata requires."""

    version: str
    requires: tuple[str, ...]


@dataclass(frozen=True)
class Demand:
    """A requirement, who has it, and for which of their extras."""

    who: str
    requirement: str
    extra: str = ""


def read_inputs(file: Path) -> Iterator[Demand]:
    """Yield what a `.in` file asks for, and the files that it includes."""
    for line in file.read_text().splitlines():
        content = re.sub(r"(^|\s)#.*", "", line).strip()
        if content.startswith("-r "):
            yield from read_inputs(file.parent / content.removeprefix("-r "))
        elif content:
            yield Demand(f"requirements/{file.name}", content)


def find_unmet(
    distributions: Mapping[str, Distribution], demands: Iterable[Demand], markers: Mapping[str, str]
) -> list[str]:
    """Return a sentence per requirement that no distribution meets.

    Args:
        distributions: what is there, by normal name. The requirements of each count.
        demands: what is asked for beside, which may name extras.
        markers: the environment, as PEP 508 names its parts.

    """
    waiting = [*demands]
    for name, there in distributions.items():
        waiting += [Demand(f"{name} {there.version}", requirement) for requirement in there.requires]
    seen, unmet = set(waiting), set()
    while waiting:
        demand = waiting.pop()
        requirement = parse(demand.requirement)
        if requirement.marker and not requirement.marker.evaluate({**markers, "extra": demand.extra}):
            continue
        name, plain = canonicalize_name(requirement.name), str(requirement).partition(";")[0].strip()
        found = distributions.get(name)
        if found is None:
            unmet.add(f"{demand.who} needs {plain}, which is missing.")
        elif not requirement.specifier.contains(found.version, prereleases=True):
            unmet.add(f"{demand.who} needs {plain}, and {found.version} is there.")
        else:
            asked = {
                Demand(f"{name}[{extra}] {found.version}", each, extra)
                for extra in requirement.extras
                for each in found.requires
                if "extra" in each
            }
            waiting += asked - seen
            seen |= asked
    return sorted(unmet)


def read_installed() -> dict[str, Distribution]:
    """Return what is installed beside the interpreter that runs this."""
    return {
        canonicalize_name(each.name): Distribution(each.version, tuple(each.requires or ()))
        for each in importlib.metadata.distributions()
    }


def main() -> None:
    """Check this interpreter's environment against the inputs of the requirement file that is named."""
    (name,) = sys.argv[1:]
    demands = read_inputs(ROOT / "requirements" / f"{name}.in")
    if unmet := find_unmet(read_installed(), demands, default_environment()):
        sys.exit(
            "\n".join(unmet) + f"\nrequirements/{name}.txt does not pin all that is needed: run `make lock`."
        )


if __name__ == "__main__":
    main()
