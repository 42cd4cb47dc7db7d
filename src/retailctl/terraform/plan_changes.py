"""Read from `terraform show -json` which resources and attributes a plan changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOTHING = ("no-op", "read")
"""Actions that leave a resource as it is."""
KINDS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "forget",
}
"""Terraform's actions, and our word for each."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that changes.

    ``path`` is such as `environment[0].variables.LOG_LEVEL`. ``is_secret``: the provider or the root marks
    it as sensitive. ``is_unknown``: its value is known after the apply only.
    """

    path: str
    before: Any = None
    after: Any = None
    is_secret: bool = False
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A resource that changes: how (a word of ``KINDS``), and in which attributes."""

    address: str
    kind: str
    attributes: tuple[Attribute, ...] = ()


def list_planned_changes(plan: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return the changes that applying a plan would make, by address."""
    return _changes(plan.get("resource_changes", []))


def list_drift_changes(plan: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return the changes made outside Terraform, from the state's value."""
    return _changes(plan.get("resource_drift", []))


def _changes(entries: list[dict[str, Any]]) -> tuple[Change, ...]:
    changes = []
    for entry in entries:
        change = entry["change"]
        kind = KINDS.get(tuple(change["actions"]))
        if entry.get("mode") == "data" or kind is None:
            continue
        attributes = tuple(_attributes(change)) if kind in {"update", "replace"} else ()
        if kind != "update" or attributes:
            changes.append(Change(entry["address"], kind, attributes))
    return tuple(sorted(changes, key=lambda each: each.address))


def _attributes(change: Mapping[str, Any]) -> Iterator[Attribute]:
    """Yield the attributes in which a resource differs, in alphabetical order."""
    before, after, unknown = (change.get(key) or {} for key in ("before", "after", "after_unknown"))
    secret = (change.get("before_sensitive"), change.get("after_sensitive"))
    for name in sorted({*before, *after, *unknown}):
        is_secret = any(_is_marked(mask, name) for mask in secret)
        if _is_marked(unknown, name):
            yield Attribute(name, before.get(name), None, is_secret, is_unknown=True)
            continue
        if is_secret:
            if not is_same_value(before.get(name), after.get(name)):
                yield Attribute(name, is_secret=True)
            continue
        for path, was, now in find_differences(before.get(name), after.get(name), name):
            yield Attribute(path, was, now)


def _is_marked(mask: object, name: str) -> bool:
    """Say whether a mask of Terraform marks ``name`` or anything below it."""
    if not isinstance(mask, dict):
        return mask is True
    return _has_mark(mask.get(name))


def _has_mark(mask: object) -> bool:
    if isinstance(mask, dict):
        return any(map(_has_mark, mask.values()))
    if isinstance(mask, list):
        return any(map(_has_mark, mask))
    return mask is True


def is_empty_value(value: object) -> bool:
    """Say whether a value is empty, as providers report an unset attribute."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def is_same_value(one: object, other: object) -> bool:
    """Say whether two values are equal, or both are empty."""
    return not any(True for _ in find_differences(one, other, ""))


def find_differences(before: object, after: object, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield path, former and new value of each differing leaf."""
    if before == after or (is_empty_value(before) and is_empty_value(after)):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            yield from find_differences(before.get(name), after.get(name), f"{path}.{name}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from find_differences(one, other, f"{path}[{index}]")
    else:
        yield path, before, after
