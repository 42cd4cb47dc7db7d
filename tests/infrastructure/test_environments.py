"""The environments differ in values only, and each keeps its state where no other does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hcl2
import pytest

from retailctl.environments.target import Target
from retailctl.project import Project

ROOT = Path(__file__).parents[2]
HERE = Project(ROOT)
ENVIRONMENTS = HERE.environments


DATA = {"generations"}
"""Values whose own keys are data: an environment is ahead of another while a generation goes through them."""


def keys(values: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the dotted paths of all keys, those of nested objects too."""
    found = set()
    for key, value in values.items():
        if key.startswith("__"):
            continue
        found.add(f"{prefix}{key}")
        if isinstance(value, dict) and key not in DATA:
            found |= keys(value, f"{prefix}{key}.")
    return found


def values(environment: str, name: str) -> dict[str, Any]:
    return hcl2.loads((ROOT / "environments" / environment / name).read_text())


def backend(environment: str) -> dict[str, Any]:
    return values(environment, "backend.hcl")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_its_values_and_its_backend_and_nothing_else(environment: str) -> None:
    files = {file.name for file in (ROOT / "environments" / environment).iterdir()}

    assert files == {"terraform.tfvars", "backend.hcl"}


def nothings(values: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the dotted paths of all keys whose value is null, such as a canary where there is none."""
    found = set()
    for key, value in values.items():
        if isinstance(value, dict):
            found |= nothings(value, f"{prefix}{key}.")
        elif value in (None, "null"):
            found.add(f"{prefix}{key}")
    return found


def comparable(name: str) -> dict[str, set[str]]:
    """Return each environment's keys, without those below a key that is null in another of them."""
    empty = set().union(*(nothings(values(each, name)) for each in ENVIRONMENTS))
    return {
        each: {
            key
            for key in keys(values(each, name))
            if not any(key.startswith(f"{nothing}.") for nothing in empty)
        }
        for each in ENVIRONMENTS
    }


@pytest.mark.parametrize("name", ["terraform.tfvars", "backend.hcl"])
def test_all_environments_set_the_same_keys(name: str) -> None:
    first, *others = ENVIRONMENTS
    all_keys = comparable(name)
    expected = all_keys[first]

    for other in others:
        found = all_keys[other]
        assert found == expected, (
            f"{name}: {other} lacks {sorted(expected - found)} of {first}'s keys "
            f"and has {sorted(found - expected)} besides"
        )


def test_the_keys_of_nested_objects_count_too() -> None:
    assert keys({"a": {"b": 1}, "__is_block__": True}) == {"a", "a.b"}


def test_a_value_that_is_null_somewhere_may_be_an_object_elsewhere() -> None:
    assert nothings({"canary": {"writer": "null", "api": None}, "a": 1}) == {"canary.writer", "canary.api"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_says_its_own_name(environment: str) -> None:
    assert values(environment, "terraform.tfvars")["environment"] == f'"{environment}"'


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_values_are_variables_of_the_root(environment: str) -> None:
    declared = {
        label.strip('"')
        for file in (ROOT / "terraform" / "app").glob("*.tf")
        for block in hcl2.loads(file.read_text()).get("variable", [])
        for label in block
    }

    assert {key for key in keys(values(environment, "terraform.tfvars")) if "." not in key} <= declared


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_state_lies_under_its_environments_name_and_is_locked(environment: str) -> None:
    assert Target(HERE, environment, None).lock_key == f"{HERE.name}/{environment}/terraform.tfstate.tflock"
    assert backend(environment)["use_lockfile"] is True


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_state_is_encrypted_with_the_buckets_key(environment: str) -> None:
    """`encrypt` without a key asks for S3's own, which overrides the bucket's and which its policy refuses."""
    assert "encrypt" not in backend(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_values_and_backend_name_the_same_accounts(environment: str) -> None:
    accounts = values(environment, "terraform.tfvars")["allowed_account_ids"]

    assert backend(environment)["allowed_account_ids"] == accounts


def test_no_state_is_anothers() -> None:
    targets = [Target(HERE, each, None) for each in ENVIRONMENTS]
    places = {(target.state_bucket, target.lock_key) for target in targets}

    assert len(places) == len(ENVIRONMENTS)
