"""Read values from an environment's terraform.tfvars and backend.hcl."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from retailctl import project
from retailctl.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


def read_values(file: Path) -> dict[str, Any]:
    """Return a values file's settings by name; none without the file.

    Raises:
        UserError: where it is not HCL, with the line.

    """
    if not file.is_file():
        return {}
    line, values = _parse(file.read_text(encoding="utf-8-sig"))
    if line is not None:
        where = f", line {line}," if line > 0 else ""
        raise UserError(
            f"{project.format_path(file)}{where} is not HCL as Terraform reads it: `terraform fmt` says why."
        )
    return values


def read_value(file: Path, name: str) -> str:
    """Return the string value of ``name`` in an environment's values or backend file.

    Raises:
        UserError: where the file does not set it.

    """
    value = read_values(file).get(name)
    if not isinstance(value, str):
        raise UserError(f'{project.format_path(file)} does not set {name}: add `{name} = "…"`.')
    return value


def read_list_value(file: Path, name: str) -> list[str]:
    """Return the texts of a values file's list; none without one.

    Raises:
        UserError: where the file is not HCL.

    """
    value = read_values(file).get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


@cache
def _parse(text: str) -> tuple[int | None, dict[str, Any]]:
    """Return the line that is not HCL, or None, and the values.

    Line 0 is unknown.
    """
    import hcl2  # noqa: PLC0415 - its grammar takes 0.2 s, which `--help` need not
    from lark.exceptions import LarkError  # noqa: PLC0415 - as above

    options = hcl2.SerializationOptions(with_comments=False, strip_string_quotes=True, explicit_blocks=False)
    try:
        return None, hcl2.loads(text, serialization_options=options)
    except LarkError as error:
        return max(getattr(error, "line", 0), 0), {}
