"""The contract is one document, put together from the files of the functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hello_retail import contract


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    whole = {
        "openapi": "3.1.1",
        "tags": [{"name": "a"}],
        "paths": {"/a": {}},
        "components": {"schemas": {"A": {}}},
    }
    (tmp_path / contract.WHOLE).write_text(json.dumps(whole))
    monkeypatch.setattr(contract, "_FOLDER", tmp_path)
    contract.read_openapi_document.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def _forget_the_made_up_document() -> object:
    yield
    contract.read_openapi_document.cache_clear()


def test_a_part_brings_paths_components_and_tags(folder: Path) -> None:
    part = {
        "tags": [{"name": "b"}],
        "paths": {"/b": {}},
        "components": {"schemas": {"B": {}}, "responses": {"R": {}}},
    }
    (folder / "b.json").write_text(json.dumps(part))

    document = contract.read_openapi_document()

    assert document["tags"] == [{"name": "a"}, {"name": "b"}]
    assert list(document["paths"]) == ["/a", "/b"]
    assert document["components"] == {"schemas": {"A": {}, "B": {}}, "responses": {"R": {}}}


@pytest.mark.parametrize(
    ("part", "twice"),
    [({"paths": {"/a": {}}}, "/a"), ({"components": {"schemas": {"A": {"type": "null"}}}}, "A")],
)
def test_a_part_cannot_say_anew_what_is_said(folder: Path, part: dict[str, object], twice: str) -> None:
    (folder / "b.json").write_text(json.dumps(part))

    with pytest.raises(contract.ContractConflict, match=rf"b\.json defines {twice}, which the contract has"):
        contract.read_openapi_document()


def test_the_contract_has_the_paths_of_every_part() -> None:
    parts = [json.loads(path.read_bytes()) for path in Path(contract.__file__).parent.glob("*.json")]

    assert set(contract.read_openapi_document()["paths"]) == {
        path for part in parts for path in part["paths"]
    }
