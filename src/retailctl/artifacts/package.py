"""Build reproducible artifacts: a zip for each function and for the page.

What could differ is taken out: entries are sorted, times and modes fixed, and stored rather than deflated
(zlib and its successors compress the same bytes differently; the zips are far below Lambda's limits). Of the
dependencies goes in what their wheels hold, without the records that an installer writes, and no `.pyc`: only
the runtime's own minor version of Python could write those.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from retailctl import git, project
from retailctl.artifacts import page as site
from retailctl.console import print_note
from retailctl.environments import generations
from retailctl.errors import UserError
from retailctl.files import hold_lock, write_atomically
from retailctl.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailctl.environments.generations import PinnedBuild
    from retailctl.project import Project

RUNTIME = "3.13"
MANIFEST = "manifest.json"
PAGE = "page.zip"
"""The page's sources, which no function needs and each deployment puts up."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_REGULAR_FILE = 0o100644 << 16
_UNIX = 3
_OURS = {".py", ".json"}
_NATIVE = {".so", ".pyd", ".dylib", ".dll", ".a"}
_LEFT_OUT_SUFFIXES = {".pyc", ".pyo", ".pyi"}
_LEFT_OUT_FOLDERS = {"__pycache__", "bin", "tests"}

Files = dict[str, bytes]
"""The content of an artifact by path within it, `/` between its parts."""


def list_functions(in_project: Project) -> list[str]:
    """Return the packages of `src/hello_retail` with a `handler.py`: the functions."""
    handlers = (in_project.root / "src" / "hello_retail").glob("*/handler.py")
    return sorted(handler.parent.name for handler in handlers)


def read_function_files(in_project: Project, function: str) -> Files:
    """Return our own files of ``function``: its package and what the functions share."""
    base = in_project.root / "src"
    others = set(list_functions(in_project)) - {function}
    return {
        path.relative_to(base).as_posix(): path.read_bytes()
        for path in (base / "hello_retail").rglob("*")
        if path.suffix in _OURS and path.relative_to(base).parts[1] not in others and path.is_file()
    }


def is_artifact_file(path: PurePosixPath) -> bool:
    """Say whether a dependency's file goes into an artifact.

    Of a ``.dist-info`` folder stay the licences, which must travel with the code, and the METADATA by which
    scanners know the version.
    """
    folder = path.parts[0]
    if folder.endswith(".dist-info"):
        inside = path.relative_to(folder)
        return inside.name.upper().startswith(("METADATA", "LICEN", "NOTICE", "COPYING")) or (
            inside.parts[0] == "licenses"
        )
    return path.suffix not in _LEFT_OUT_SUFFIXES and not _LEFT_OUT_FOLDERS & set(path.parts[:-1])


def read_installed_files(folder: Path) -> Files:
    """Return the installed dependencies' files that go into an artifact.

    Raises:
        UserError: where one of them is native code, which would tie an artifact to one kind of machine.

    """
    files: Files = {}
    for path in folder.rglob("*"):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if path.is_file() and is_artifact_file(relative):
            if path.suffix in _NATIVE:
                raise UserError(
                    f"{relative} is native code, and an artifact must run on any machine: "
                    "take a pure-Python dependency in requirements/lambda.in instead."
                )
            files[str(relative)] = path.read_bytes()
    return files


def read_dependencies(in_project: Project, *further: Project) -> list[Files]:
    """Install the Lambda requirements of each tree; return their files.

    Raises:
        UserError: where pip cannot install one, with what pip says.

    """
    base = in_project.root / "build" / "dependencies"
    lists = [tree.root / "requirements" / "lambda.txt" for tree in (in_project, *further)]
    for requirements in lists:
        if not requirements.is_file():
            raise UserError(f"{requirements} is missing: write it with `make lock`.")
    names = [hashlib.sha256(requirements.read_bytes()).hexdigest()[:16] for requirements in lists]
    for requirements, name in zip(lists, names, strict=True):
        _ensure_installed(requirements, base, name, keep=set(names))
    return [read_installed_files(base / name) for name in names]


def _ensure_installed(requirements: Path, base: Path, name: str, *, keep: set[str]) -> None:
    if not (base / name).is_dir():
        base.mkdir(parents=True, exist_ok=True)
        with (
            show_progress("Installing what the functions depend on"),
            tempfile.TemporaryDirectory(dir=base, prefix=".new-") as new,
        ):
            install_requirements(requirements, Path(new) / name)
            for outdated in base.glob("[!.]*"):
                if outdated.name not in keep:
                    shutil.rmtree(outdated)
            (Path(new) / name).rename(base / name)


def install_requirements(requirements: Path, target: Path) -> None:
    """Install ``requirements`` in ``target``: pinned, hashed, and as wheels for any machine.

    Raises:
        UserError: with what pip says.

    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--platform=any", "--implementation=py", f"--python-version={RUNTIME}"]
    command += [f"--target={target}", f"--requirement={requirements}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own pip
    if result.returncode != 0:
        raise UserError(f"pip could not install {requirements.name}:\n{result.stderr.strip()}")


def build_zip(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of ``files`` that depends on their paths and contents only."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _REGULAR_FILE
            entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def extract_zip(content: bytes, folder: Path) -> None:
    """Put what one of our zips holds into ``folder``."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def build_artifacts(in_project: Project) -> list[Path]:
    """Write the artifacts and their manifest, and return the files that changed.

    Beside the functions of this clone there is one zip for each build that a generation of the views is pinned to.

    Raises:
        UserError: where a dependency cannot be installed or is native code, or the clone lacks a pinned build.

    """
    pinned = generations.list_pinned_builds(in_project)
    with (
        hold_lock(in_project, "package"),
        git.check_out_commits(in_project, {build.commit for build in pinned}) as trees,
    ):
        names = list_functions(in_project)
        shared, *theirs = read_dependencies(in_project, *trees.values())
        zips = {name: build_zip(shared | read_function_files(in_project, name)) for name in names}
        dependencies = dict(zip(trees, theirs, strict=True))
        for build in sorted(pinned):
            zips[build.artifact] = _build_pinned(build, trees[build.commit], dependencies[build.commit])
        manifest: dict[str, Any] = {
            "functions": {name: _entry(name, content) for name, content in zips.items()}
        }
        files = {f"{name}.zip": content for name, content in zips.items()}
        if in_project.web.is_dir():
            files[PAGE] = build_zip(site.read_sources(in_project.web))
            page = {"file": PAGE, "sha256": hashlib.sha256(files[PAGE]).hexdigest(), "size": len(files[PAGE])}
            manifest["page"] = page
        files[MANIFEST] = _manifest(manifest)
        return write_artifacts(in_project.artifacts, files)


class FunctionMissing(UserError):
    """A build is older than the function to be pinned to it."""


def _build_pinned(build: PinnedBuild, tree: Project, dependencies: Files) -> bytes:
    """Return a view function's zip as the commit in ``tree`` has it.

    Raises:
        FunctionMissing: where the commit has no such function.

    """
    if build.function not in list_functions(tree):
        raise FunctionMissing(
            f"The build {build.commit} has no function {build.function}: pin the generation to a later commit."
        )
    return build_zip(dependencies | read_function_files(tree, build.function))


def _entry(name: str, content: bytes) -> dict[str, Any]:
    """Return what the manifest says of a function's zip."""
    return {
        "file": f"{name}.zip",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "handler": f"hello_retail.{name.partition('@')[0]}.handler.handler",
    }


def _manifest(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def add_pinned_zips(in_project: Project, files: Files, pinned: Iterable[PinnedBuild]) -> Files:
    """Return a build's files with the missing zips of ``pinned`` builds.

    Raises:
        UserError: where the clone lacks one of the commits whose zip the build does not have.

    """
    missing = {build.artifact: build for build in pinned if f"{build.artifact}.zip" not in files}
    if not missing:
        return files
    manifest: dict[str, Any] = json.loads(files[MANIFEST])
    added = {name: build_pinned_zip(in_project, build) for name, build in missing.items()}
    manifest["functions"] |= {name: _entry(name, content) for name, content in added.items()}
    zips = {f"{name}.zip": content for name, content in added.items()}
    return {**files, **zips, MANIFEST: _manifest(manifest)}


def build_pinned_zip(in_project: Project, build: PinnedBuild) -> bytes:
    """Return a view function's zip as a commit has it.

    Raises:
        UserError: where the clone lacks the commit, or that has no such function.

    """
    with hold_lock(in_project, "package"), git.check_out_commits(in_project, {build.commit}) as trees:
        _, files = read_dependencies(in_project, trees[build.commit])
        return _build_pinned(build, trees[build.commit], files)


def write_artifacts(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Make ``files`` all that ``folder`` holds, and return those that changed."""
    stale_files: Iterable[Path] = (path for path in folder.glob("*") if path.name not in files)
    for path in stale_files:
        path.unlink()
    return [folder / name for name, content in files.items() if write_atomically(folder / name, content)]


def package_functions() -> None:
    """Build the artifacts and their manifest in build/artifacts, touching only what changes."""
    here = project.find_project()
    changed = build_artifacts(here)
    for path in changed:
        print_note(f"wrote {project.format_path(path)} ({path.stat().st_size:,} bytes)")
    if not changed:
        print_note(f"{project.format_path(here.artifacts)} is up to date")
