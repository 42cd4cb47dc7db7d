"""Whether an environment is whole: what is missing, and who wants it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.consistency import Demand, Distribution, find_unmet, read_inputs
from scripts.setup import read_pinned_names

LINUX = {"python_version": "3.12", "sys_platform": "linux"}
SERVER = Distribution("2.0", ("werkzeug>=3", "flask; extra == 'server'", "moto[server]; extra == 'all'"))


def unmet(demand: str, **there: Distribution) -> list[str]:
    return find_unmet(there, [Demand("dev.in", demand)], LINUX)


def test_what_is_whole_is_met() -> None:
    assert unmet("moto>=1", moto=SERVER, werkzeug=Distribution("3.1", ())) == []


def test_what_nobody_brings_is_named_with_who_asked() -> None:
    assert unmet("moto>=1") == ["dev.in needs moto>=1, which is missing."]


def test_what_a_distribution_requires_is_required() -> None:
    assert unmet("moto", moto=SERVER) == ["moto 2.0 needs werkzeug>=3, which is missing."]


def test_a_version_that_is_not_taken_is_named() -> None:
    old = Distribution("2.9", ())
    assert unmet("moto", moto=SERVER, werkzeug=old) == ["moto 2.0 needs werkzeug>=3, and 2.9 is there."]


def test_a_prerelease_that_is_pinned_is_taken() -> None:
    assert unmet("moto", moto=SERVER, werkzeug=Distribution("4.0rc1", ())) == []


@pytest.mark.parametrize("extra", ["server", "all"])  # `all` asks for `server` in its turn
def test_what_an_extra_requires_is_required_where_somebody_asks_for_it(extra: str) -> None:
    found = unmet(f"moto[{extra}]", moto=SERVER, werkzeug=Distribution("3.1", ()))
    assert found == ["moto[server] 2.0 needs flask, which is missing."]


def test_an_extra_counts_that_another_distribution_asks_for() -> None:
    asking = Distribution("1", ("moto[server]",))
    found = unmet("play", play=asking, moto=SERVER, werkzeug=Distribution("3.1", ()))
    assert found == ["moto[server] 2.0 needs flask, which is missing."]


def test_what_is_for_another_machine_is_not_required() -> None:
    asking = Distribution("1", ("pywin32; sys_platform == 'win32'", "tomli; python_version < '3.11'"))
    assert unmet("play", play=asking) == []


def test_names_are_compared_in_their_normal_form() -> None:
    assert unmet("Types_PyYAML", **{"types-pyyaml": Distribution("6", ())}) == []


def test_inputs_are_read_with_those_that_they_include_and_without_comments(tmp_path: Path) -> None:
    (tmp_path / "base.in").write_text("# first\nboto3\n")
    (tmp_path / "dev.in").write_text("-r base.in\nmoto[server]>=5 # why\n")

    assert [(each.who, each.requirement) for each in read_inputs(tmp_path / "dev.in")] == [
        ("requirements/base.in", "boto3"),
        ("requirements/dev.in", "moto[server]>=5"),
    ]


def test_a_pin_is_known_by_its_name_whatever_extras_and_markers_it_has() -> None:
    lock = "# a comment\nCoverage[toml]==7.1 \\\n    --hash=sha256:0\ncolorama==0.4 ; sys_platform == 'win32' \\\n"
    assert read_pinned_names(lock) == {"coverage", "colorama"}
