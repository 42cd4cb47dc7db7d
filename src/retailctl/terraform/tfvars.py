"""Read values from an environment's terraform.tfvars and backend.hcl."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from retailctl import project
from retailctl.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def read_value(file: Path, name: str) -> str:
    """Return the string value of ``name`` in an environment's values or backend file.

    Raises:
        UserError: where the file does not set it.

    """
    match = (
        re.search(rf'^\s*{re.escape(name)}\s*=\s*"([^"]*)"', file.read_text(), re.MULTILINE)
        if file.is_file()
        else None
    )
    if match is None:
        raise UserError(f'{project.format_path(file)} does not set {name}: add `{name} = "…"`.')
    return match[1]


def read_list_value(file: Path, name: str) -> list[str]:
    """Return the strings of the list ``name`` in a values file; an empty list where it is not set."""
    match = re.search(rf"^\s*{re.escape(name)}\s*=\s*\[(.*)\]", file.read_text(), re.MULTILINE)
    return re.findall(r'"([^"]*)"', match[1]) if match else []
