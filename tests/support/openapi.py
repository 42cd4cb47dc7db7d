"""The OpenAPI document, and how replies are held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from hello_retail import contract

if TYPE_CHECKING:
    from support.http import Reply

SPEC: dict[str, Any] = contract.read_openapi_document()
SEND: dict[str, Any] = SPEC["paths"]["/events"]["post"]


def paths_of(file: str) -> dict[str, dict[str, Any]]:
    """Return the paths that one file of the contract brings."""
    paths: dict[str, dict[str, Any]] = json.loads(Path(contract.__file__).with_name(file).read_bytes())[
        "paths"
    ]
    return paths


def reads_of(file: str) -> dict[str, dict[str, Any]]:
    """Return the `GET` operations that one file of the contract brings, by path."""
    return {path: item["get"] for path, item in paths_of(file).items() if "get" in item}


def resolved(node: Any) -> Any:
    """Return the node, or what it refers to, unless it is a schema (a validator follows those itself)."""
    if isinstance(node, dict) and "$ref" in node:
        found: Any = SPEC
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found
    return node


def closed(schema: Any) -> Any:
    """Return the schema with no room for members that it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    return parts | {"additionalProperties": False} if "properties" in schema else parts


def check(value: Any, schema: dict[str, Any]) -> None:
    """Raise jsonschema's ``ValidationError`` unless the value is what the schema says, and no more."""
    components = {"schemas": closed(SPEC["components"]["schemas"])}
    Draft202012Validator({**schema, "components": components}).validate(value)


def problem_example(name: str, example: str | None = None) -> Any:
    """Return the example of one of the document's problem responses, by its name where there are several."""
    content = SPEC["components"]["responses"][name]["content"]["application/problem+json"]
    return content["example"] if example is None else content["examples"][example]["value"]


def check_examples(node: dict[str, Any]) -> None:
    """Hold the examples of a request body or response against its schemas; each must have one."""
    for content in node.get("content", {}).values():
        examples = [example["value"] for example in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        assert examples
        for example in examples:
            check(example, content["schema"])


def check_reply(operation: dict[str, Any], reply: Reply) -> None:
    """Hold a function's reply against what the document says of the operation."""
    documented = resolved(operation["responses"][str(reply.status)])
    for name, reference in documented["headers"].items():
        header = resolved(reference)
        text = reply.headers.get(name.lower())
        assert text is not None or not header.get("required", False), f"{name} is missing"
        if text is not None:
            check(int(text) if header["schema"].get("type") == "integer" else text, header["schema"])
    known = {name.lower() for name in documented["headers"]} | {"content-type", "x-content-type-options"}
    assert set(reply.headers) <= known
    if "content" not in documented:
        assert reply.body == ""
        assert "content-type" not in reply.headers
        return
    check(reply.json(), documented["content"][reply.headers["content-type"]]["schema"])
