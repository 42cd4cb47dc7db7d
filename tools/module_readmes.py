"""Generate usage, inputs and outputs in a Terraform module's README.

A README marks where they go: between `<!-- BEGIN_TF_DOCS -->` and `<!-- END_TF_DOCS -->` the tables, made from
`variables.tf` and `outputs.tf`; between `<!-- BEGIN_USAGE -->` and `<!-- END_USAGE -->`, where it has them, what
`examples/basic/main.tf` says after its provider block, with the addresses of modules as somebody elsewhere writes
them: from this repository, at this version. Further examples have their folder's name in the mark:
`<!-- BEGIN_USAGE domain -->` and `<!-- END_USAGE domain -->` enclose `examples/domain/main.tf`.

`python -m tools.module_readmes` writes them for every module; with `--check` it only says which are stale.
"""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import hcl2

from retailctl import project
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TABLES = "TF_DOCS"
USAGE = "USAGE"
BASIC = "basic"
"""The example that every module has; its mark needs no name."""
REPOSITORY = "git::https://git.example.com/hello-retail.git"
"""What a module's address begins with in every example that others take: put the real one there."""
_LONGEST_LINE = 60  # characters of a type that still reads well in one line of a table
_HEREDOC = re.compile(r"<<-?(\w+)\n(.*)\n\s*\1\s*", re.DOTALL)
_SOURCE = re.compile(r'source = "\.\./\.\.(?:/\.\./([\w-]+))?"')
_USAGES = re.compile(rf"<!-- BEGIN_{USAGE}(?: ([\w-]+))? -->")
_ESCAPE = re.compile(r"\\(.)")
_PROVIDER = re.compile(r'^provider "aws" \{\n.*?^\}\n', re.DOTALL | re.MULTILINE)


class DocsError(UserError):
    """A module cannot be documented; the message names the file."""


@dataclass(frozen=True, slots=True)
class Input:
    """One variable of a module, as its row shows it."""

    name: str
    description: str
    type: str
    default: str | None
    """The default in Terraform's words; None: the caller has to give the value."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a module, as its row shows it."""

    name: str
    description: str


def _blocks(text: str, kind: str) -> dict[str, dict[str, Any]]:
    """Return the blocks of ``kind`` in HCL ``text``, by label."""
    return {
        label.strip('"'): body
        for block in hcl2.loads(text).get(kind, [])
        for label, body in block.items()
        if not label.startswith("__")
    }


def _string(value: object) -> str:
    """Return the value of an HCL string, as one line."""
    text = str(value)[1:-1]
    if heredoc := _HEREDOC.fullmatch(text):
        return " ".join(textwrap.dedent(heredoc[2]).split())
    return _ESCAPE.sub(lambda escape: {"n": " ", "t": " "}.get(escape[1], escape[1]), text).replace(
        "$${", "${"
    )


def _literal(value: object) -> str:
    """Return a default's value in Terraform's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        entries = [f"{key} = {_literal(entry)}" for key, entry in value.items() if not key.startswith("__")]
        return f"{{ {', '.join(entries)} }}" if entries else "{}"
    return _expression(value)


def _expression(value: object) -> str:
    """Return an expression without the `${}` that the parser wraps it in."""
    text = str(value)
    return text[2:-1] if text.startswith("${") and text.endswith("}") else text


def parse_inputs(text: str) -> list[Input]:
    """Return the variables of a `variables.tf`, required ones first."""
    inputs = [
        Input(
            name=name,
            description=_string(body.get("description", '""')),
            type=_expression(body.get("type", "any")),
            default=_literal(body["default"]) if "default" in body else None,
        )
        for name, body in _blocks(text, "variable").items()
    ]
    return sorted(inputs, key=lambda variable: (variable.default is not None, variable.name))


def parse_outputs(text: str) -> list[Output]:
    """Return the outputs that ``text``, an `outputs.tf`, declares, by name."""
    outputs = [
        Output(name=name, description=_string(body.get("description", '""')))
        for name, body in _blocks(text, "output").items()
    ]
    return sorted(outputs, key=lambda output: output.name)


def _split(text: str) -> list[str]:
    """Split ``text`` at the commas that no bracket or string encloses."""
    parts, depth, quoted, begin = [], 0, False, 0
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "([{":
            depth += 1
        elif not quoted and character in ")]}":
            depth -= 1
        elif not quoted and not depth and character == ",":
            parts.append(text[begin:place].strip())
            begin = place + 1
    parts.append(text[begin:].strip())
    return parts


def _fold_type(text: str, indent: str = "") -> str:
    """Return a type, broken over lines if it is long."""
    begin = text.find("object({")
    if begin < 0 or len(indent) + len(text) <= _LONGEST_LINE:
        return text
    begin += len("object({")
    depth, end = 1, begin
    while depth:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    inner = indent + "  "
    lines = [f"{inner}{_fold_type(attribute, inner)}" for attribute in _split(text[begin : end - 1])]
    return "\n".join([text[:begin], *lines, f"{indent}{text[end - 1 :]}"])


def _cell(text: str) -> str:
    """Return prose that a table's cell holds as it is."""
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    """Return code for a table's cell: in one line, or folded."""
    folded = _fold_type(text)
    if "\n" not in folded:
        return f"`{_cell(text)}`"
    escaped = folded.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;")
    return f"<pre>{escaped.replace(chr(10), '<br>')}</pre>"


def render_tables(variables_text: str, outputs_text: str) -> str:
    """Return the Markdown tables of a module's inputs and outputs."""
    lines = ["## Inputs", ""]
    if declared := parse_inputs(variables_text):
        lines += ["| Name | Description | Type | Default |", "|---|---|---|---|"]
        lines += [
            f"| `{each.name}` | {_cell(each.description)} | {_code(each.type)} "
            f"| {'required' if each.default is None else _code(each.default)} |"
            for each in declared
        ]
    else:
        lines.append("None.")
    lines += ["", "## Outputs", ""]
    if returned := parse_outputs(outputs_text):
        lines += ["| Name | Description |", "|---|---|"]
        lines += [f"| `{each.name}` | {_cell(each.description)} |" for each in returned]
    else:
        lines.append("None.")
    return "\n".join(lines)


def format_module_address(module: str, version: str) -> str:
    """Return a module's source address at a version."""
    return f"{REPOSITORY}//modules/{module}?ref=v{version}"


def render_usage(example_text: str, module: str, version: str) -> str:
    """Return a module's example, without its provider, as Markdown."""
    usage = _PROVIDER.split(example_text)[-1].strip()
    usage = _SOURCE.sub(
        lambda match: f'source = "{format_module_address(match[1] or module, version)}"', usage
    )
    return f"```hcl\n{usage}\n```"


def insert_content(readme: str, mark: str, content: str) -> str | None:
    """Return ``readme`` with ``content`` between its marks, or None without marks."""
    begin, end = f"<!-- BEGIN_{mark} -->", f"<!-- END_{mark} -->"
    before, opened, rest = readme.partition(begin)
    _, closed, after = rest.partition(end)
    return f"{before}{begin}\n{content}\n{end}{after}" if opened and closed else None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DocsError(f"{file} is missing: every module has one.") from None


def render_readme(module_dir: Path, version: str | None = None) -> str:
    """Return the module's README as this version should have it.

    Raises:
        DocsError: where a file is missing, or the README does not say where the tables go.

    """
    readme = module_dir / "README.md"
    content = render_tables(_read(module_dir / "variables.tf"), _read(module_dir / "outputs.tf"))
    text = insert_content(_read(readme), TABLES, content)
    if text is None:
        raise DocsError(
            f"{readme} does not say where its tables go: "
            f"add the lines <!-- BEGIN_{TABLES} --> and <!-- END_{TABLES} -->."
        )
    version = version or project.find_project().version
    named = _USAGES.findall(text)
    for name in named:
        mark = f"{USAGE} {name}" if name else USAGE
        example = _read(module_dir / "examples" / (name or BASIC) / "main.tf")
        filled = insert_content(text, mark, render_usage(example, module_dir.name, version))
        if filled is None:
            raise DocsError(f"{readme} begins its usage and does not end it: add <!-- END_{mark} -->.")
        text = filled
    if unnamed := list_further_examples(module_dir) - set(named):
        marks = ", ".join(f"<!-- BEGIN_{USAGE} {name} -->" for name in sorted(unnamed))
        raise DocsError(f"{readme} leaves out examples: add {marks}, and the marks that end them.")
    return text


def list_further_examples(module_dir: Path) -> set[str]:
    """Return the names of the module's examples beside the basic one."""
    return {file.parent.name for file in module_dir.glob("examples/*/main.tf")} - {BASIC}


def is_readme_stale(module_dir: Path) -> bool:
    """Say whether the module's README differs from what its code says."""
    return render_readme(module_dir) != _read(module_dir / "README.md")


def write_readme(module_dir: Path, version: str | None = None) -> bool:
    """Bring the module's README up to date, and say whether that changed it."""
    text = render_readme(module_dir, version)
    readme = module_dir / "README.md"
    if text == _read(readme):
        return False
    readme.write_text(text, encoding="utf-8")
    return True


def list_modules(folder: Path) -> list[Path]:
    """Return the modules in ``folder``, by name: what has a `variables.tf`."""
    return sorted(variables_file.parent for variables_file in folder.glob("*/variables.tf"))


def main(arguments: Sequence[str], folder: Path | None = None) -> int:
    """Write all modules' READMEs, or with `--check` compare them.

    Args:
        arguments: the command line, without the program.
        folder: where the modules are; by default this clone's.

    Returns:
        The exit status: 1 where a README is stale and was not written, or cannot be.

    """
    check = "--check" in arguments
    status = 0
    for module in list_modules(folder or project.find_project().root / "modules"):
        try:
            outdated = is_readme_stale(module) if check else write_readme(module)
        except DocsError as error:
            sys.stderr.write(f"{error}\n")
            status = 1
            continue
        if outdated and check:
            sys.stderr.write(
                f"{module.name}/README.md is stale: run `.venv/bin/python -m tools.module_readmes`.\n"
            )
            status = 1
        elif outdated:
            sys.stderr.write(f"{module.name}/README.md was written anew.\n")
    return status


if __name__ == "__main__":  # pragma: no cover - one line, run by pre-commit
    sys.exit(main(sys.argv[1:]))
