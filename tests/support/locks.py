"""The requirement files as data: what they pin, under which marker, and what each pin requires in its turn."""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from scripts.consistency import Distribution, find_unmet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scripts.consistency import Demand

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\\n(?P<hashes>(?: +--hash=.*\n)+)"
)
_SYSTEMS = {
    "linux": ("posix", "Linux", ("x86_64", "aarch64")),
    "darwin": ("posix", "Darwin", ("x86_64", "arm64")),
    "win32": ("nt", "Windows", ("AMD64",)),
}
_REQUIRED_BY_OTHERS = {
    "colorama": (),
    "cryptography": ("cffi>=2.0.0; platform_python_implementation != 'PyPy'",),
    "lazy-object-proxy": (),
    "networkx": (),
    "numpy": (),
    "pywin32": (),
    "soupsieve": (),
}
"""What those pins require that one machine does not install, since they are for another platform or Python."""


@dataclass(frozen=True)
class Pin:
    """A line of a requirement file."""

    name: str
    version: str
    marker: str | None
    hashes: tuple[str, ...]

    def holds_in(self, markers: Mapping[str, str]) -> bool:
        return self.marker is None or Marker(self.marker).evaluate(dict(markers))


@cache
def read_pins(name: str) -> tuple[Pin, ...]:
    """Return what ``requirements/<name>.txt`` pins."""
    content = (REQUIREMENTS / f"{name}.txt").read_text()
    return tuple(
        Pin(
            canonicalize_name(each["name"]),
            each["version"],
            each["marker"],
            tuple(re.findall(r"--hash=(\S+)", each["hashes"])),
        )
        for each in re.finditer(_PIN.pattern, content, re.MULTILINE)
    )


def list_environments() -> Iterator[dict[str, str]]:
    """Yield every environment that the pins are for, as PEP 508 names its parts."""
    for python, (system, (os_name, platform, machines)), patch in product(PYTHONS, _SYSTEMS.items(), (0, 20)):
        for machine in machines:
            yield {
                "implementation_name": "cpython",
                "implementation_version": f"{python}.{patch}",
                "os_name": os_name,
                "platform_machine": machine,
                "platform_python_implementation": "CPython",
                "platform_release": "",
                "platform_system": platform,
                "platform_version": "",
                "python_full_version": f"{python}.{patch}",
                "python_version": python,
                "sys_platform": system,
            }


@cache
def _read_installed(folder: str) -> dict[tuple[str, str], importlib.metadata.Distribution]:
    where = importlib.metadata.distributions(path=[folder])
    return {(canonicalize_name(each.name), each.version): each for each in where}


@cache
def read_requires(pin: Pin, folder: Path) -> tuple[str, ...]:
    """Return what a pin requires, as the distribution installed in ``folder`` says, or as written down above."""
    installed = _read_installed(str(folder)).get((pin.name, pin.version))
    if installed is not None:
        return tuple(installed.requires or ())
    assert pin.marker, f"{pin.name}=={pin.version} is not installed in {folder}: run `make setup`"
    return _REQUIRED_BY_OTHERS[pin.name]


@cache
def read_python_range(pin: Pin, folder: Path) -> str:
    """Return the Pythons that the installed distribution of a pin takes."""
    installed = _read_installed(str(folder)).get((pin.name, pin.version))
    return (installed.metadata.get("Requires-Python") or "") if installed else ""


def find_gaps(name: str, folder: Path, demands: list[Demand]) -> list[str]:
    """Return what the pins of a requirement file lack of what is needed, in each environment."""
    wrong = []
    for markers in list_environments():
        holding = [pin for pin in read_pins(name) if pin.holds_in(markers)]
        assert len(holding) == len({pin.name for pin in holding})
        pinned = {pin.name: Distribution(pin.version, read_requires(pin, folder)) for pin in holding}
        where = f"{markers['python_full_version']} {markers['sys_platform']} {markers['platform_machine']}"
        wrong += [f"{where}: {each}" for each in find_unmet(pinned, demands, markers)]
        wrong += [
            f"{where}: {pin.name} {pin.version} does not run on it"
            for pin in holding
            if markers["python_full_version"] not in SpecifierSet(read_python_range(pin, folder))
        ]
    return wrong


def find_closure(name: str, wanted: list[str], folder: Path) -> list[Pin]:
    """Return the pins of a requirement file that ``wanted`` takes on this machine, with all that those require."""
    markers = default_environment()
    pins = {pin.name: pin for pin in read_pins(name) if pin.holds_in(markers)}
    waiting = [(each, "") for each in wanted]
    seen = set(waiting)
    closure: dict[str, Pin] = {}
    while waiting:
        text, extra = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({**markers, "extra": extra}):
            continue
        pin = closure[requirement.name] = pins[canonicalize_name(requirement.name)]
        found = {(each, extra) for extra in ("", *requirement.extras) for each in read_requires(pin, folder)}
        waiting += found - seen
        seen |= found
    return list({pin.name: pin for pin in closure.values()}.values())
