"""Search the logs of a local cloud for what they must not hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retailctl.emulator.cloud import Cloud

TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")
"""How every JSON Web Token begins, also one that no test has told of: those of browsers."""
PAYLOAD = re.compile(r'"(brand|description|category|image|origin|timeOrigin)\\*"')
"""Members of events, which no line of a log needs."""
NEEDLES = {TOKEN: "a token", PAYLOAD: "a payload"}


@dataclass(frozen=True)
class Line:
    """A line of a log, and the group that it is in."""

    group: str
    message: str


def read_lines(cloud: Cloud, prefix: str = "/") -> list[Line]:
    """Return every line of the log groups of a cloud, by how they begin, that AWS would let us read so."""
    logs = cloud.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        for group in page["logGroups"]
        if group["logGroupClass"] == "STANDARD"
    ]
    return [
        Line(group, event["message"])
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    ]


def written(word: str) -> set[str]:
    """Return how a word may stand in a line: as it is, or escaped in JSON, or in JSON within JSON."""
    once = {json.dumps(word, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    twice = {json.dumps(form, ensure_ascii=ascii_only)[1:-1] for form in once for ascii_only in (True, False)}
    return {word} | once | twice


def found_in(searched: list[Line], told: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return groups with what a line of theirs holds of what was told, or of what looks like it."""
    forms = {form: what for word, what in told.items() if len(word) > 3 for form in written(word)}
    found = {(line.group, forms[form]) for line in searched for form in forms if form in line.message}
    return found | {
        (line.group, what)
        for line in searched
        for needle, what in NEEDLES.items()
        if needle.search(line.message)
    }
