"""Which tests go to one worker, and which are handed out first, in both groups of tests."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from support import distribution
from support.distribution import AS_ONE, FIRST, TOGETHER, Scheduling, find_place

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted(str(file.relative_to(ROOT)) for file in ROOT.glob("tests/**/test_*.py"))
ACCEPTANCE = [file for file in FILES if file.startswith("tests/acceptance/")]
OTHERS = [file for file in FILES if not file.startswith("tests/acceptance/")]


@pytest.fixture
def scheduling() -> Scheduling:
    config: Any = SimpleNamespace(getvalue=lambda _: ["popen"])
    log: Any = SimpleNamespace(loadscopesched=None)
    return Scheduling(config, log)


@pytest.mark.parametrize("path", [*TOGETHER, *FIRST, *(file for group in AS_ONE.values() for file in group)])
def test_every_path_that_is_named_is_one_of_tests(path: str) -> None:
    assert [file for file in FILES if file.startswith(path)]


def test_the_files_of_a_group_are_in_one_folder_and_in_one_group() -> None:
    files = [file for group in AS_ONE.values() for file in group]

    assert len(files) == len(set(files))
    assert {len({Path(file).parent for file in group}) for group in AS_ONE.values()} == {1}


@pytest.mark.parametrize(
    ("files", "first"),
    [(ACCEPTANCE, AS_ONE["the three environments"]), (OTHERS, AS_ONE["dev"])],
    ids=["acceptance", "others"],
)
def test_what_shares_applied_environments_is_handed_out_first(
    files: list[str], first: tuple[str, ...]
) -> None:
    ordered = sorted(files, key=lambda file: find_place(f"{file}::test"))

    assert ordered[0] == first[0]
    assert [file for file in ordered if file in first] == list(first)


def test_every_file_that_asks_for_the_applied_environments_is_in_their_group() -> None:
    for folder, group in (("acceptance", "the three environments"), ("e2e", "dev")):
        asking = {
            file
            for file in FILES
            if file.startswith(f"tests/{folder}/")
            and ("there: Landscape" in (text := (ROOT / file).read_text()) or "door: FrontDoor" in text)
            and "def there(" not in text
            and "def door(" not in text
        }
        assert asking == set(AS_ONE[group])


def test_a_group_is_one_scope_a_whole_file_another_and_all_other_tests_go_one_by_one(
    scheduling: Scheduling,
) -> None:
    split = scheduling._split_scope

    assert {split(f"{file}::test_{n}") for file in AS_ONE["dev"] for n in range(2)} == {"dev"}
    assert split("tests/browser/test_page_cart.py::test_one") == "tests/browser/test_page_cart.py"
    assert split("tests/e2e/test_local_cloud.py::test_one") == "tests/e2e/test_local_cloud.py::test_one"
    assert distribution._GROUPS["tests/acceptance/test_studio.py"] == "the three environments"
