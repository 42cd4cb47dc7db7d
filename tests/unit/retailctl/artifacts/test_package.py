"""The artifacts: what goes in, and that nothing but content decides their bytes."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from retailctl.artifacts import package
from retailctl.errors import UserError
from retailctl.project import Project
from support.miniature import installed, miniature, write


@pytest.fixture
def clone(tmp_path: Path) -> Project:
    return miniature(tmp_path)


def names(project: Project, function: str) -> list[str]:
    with zipfile.ZipFile(project.artifacts / f"{function}.zip") as archive:
        return archive.namelist()


def test_a_zip_depends_on_paths_and_contents_only() -> None:
    files = {"b/two.py": b"2", "a.py": b"1"}

    assert package.build_zip(files) == package.build_zip(dict(reversed(files.items())))


def test_a_zip_has_fixed_times_and_modes_in_sorted_order() -> None:
    with zipfile.ZipFile(io.BytesIO(package.build_zip({"b.py": b"2", "a.py": b"1"}))) as archive:
        entries = archive.infolist()

    assert [entry.filename for entry in entries] == ["a.py", "b.py"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {stat.filemode(entry.external_attr >> 16) for entry in entries} == {"-rw-r--r--"}


def test_the_bytes_of_a_zip_are_those_that_were_once_written() -> None:
    content = package.build_zip({"a.py": b"x = 1\n", "b/c.json": b"{}\n"})

    assert hashlib.sha256(content).hexdigest() == (
        "0f64b647758ab040feb7e0579f12ec4c7afb800f29aea07c6cb91d119c9e2db7"
    )


def test_every_package_with_a_handler_is_a_function(clone: Project) -> None:
    write(clone.root, {"src/hello_retail/events/__init__.py": ""})

    assert package.list_functions(clone) == ["counter"]


def test_an_artifact_has_its_function_and_what_is_shared_and_no_other_function(clone: Project) -> None:
    write(
        clone.root,
        {
            "src/hello_retail/painter/handler.py": "",
            "src/hello_retail/events/schema.json": "{}",
            "src/hello_retail/events/notes.txt": "for people",
        },
    )

    package.build_artifacts(clone)

    assert names(clone, "counter") == [
        "hello_retail/__init__.py",
        "hello_retail/counter/__init__.py",
        "hello_retail/counter/handler.py",
        "hello_retail/events/schema.json",
        "hello_retail/settings.py",
    ]


def test_an_artifact_carries_its_dependencies(clone: Project) -> None:
    installed(
        clone, {"jmespath/__init__.py": "", "jmespath/__pycache__/x.cpython-313.pyc": "", "bin/jp.py": ""}
    )

    package.build_artifacts(clone)

    assert [name for name in names(clone, "counter") if not name.startswith("hello")] == [
        "jmespath/__init__.py"
    ]


@pytest.mark.parametrize(
    ("path", "goes_in"),
    [
        ("lib/module.py", True),
        ("lib/py.typed", True),
        ("lib/stub.pyi", False),
        ("lib/__pycache__/module.cpython-311.pyc", False),
        ("lib/tests/test_module.py", False),
        ("lib-1.0.dist-info/METADATA", True),
        ("lib-1.0.dist-info/LICENSE", True),
        ("lib-1.0.dist-info/licenses/AUTHORS", True),
        ("lib-1.0.dist-info/RECORD", False),
        ("lib-1.0.dist-info/INSTALLER", False),
        ("lib-1.0.dist-info/direct_url.json", False),
    ],
)
def test_of_a_dependency_goes_in_what_its_wheel_holds(path: str, *, goes_in: bool) -> None:
    assert package.is_artifact_file(PurePosixPath(path)) is goes_in


def test_native_code_is_refused_by_name(clone: Project) -> None:
    installed(clone, {"fast/core.cpython-313-x86_64-linux-gnu.so": ""})

    with pytest.raises(UserError, match=r"fast/core.*\.so is native code"):
        package.build_artifacts(clone)


def test_the_manifest_says_what_each_zip_is(clone: Project) -> None:
    package.build_artifacts(clone)

    content = (clone.artifacts / "counter.zip").read_bytes()
    assert json.loads((clone.artifacts / "manifest.json").read_text()) == {
        "functions": {
            "counter": {
                "file": "counter.zip",
                "sha256": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                "handler": "hello_retail.counter.handler.handler",
            }
        }
    }


def test_a_second_build_touches_nothing(clone: Project) -> None:
    package.build_artifacts(clone)
    before = {path: path.stat().st_mtime_ns for path in clone.artifacts.iterdir()}

    assert package.build_artifacts(clone) == []
    assert {path: path.stat().st_mtime_ns for path in clone.artifacts.iterdir()} == before


def test_only_the_function_that_changed_is_written_anew(clone: Project) -> None:
    write(clone.root, {"src/hello_retail/painter/handler.py": ""})
    package.build_artifacts(clone)
    write(clone.root, {"src/hello_retail/painter/handler.py": "# another\n"})

    assert {path.name for path in package.build_artifacts(clone)} == {"painter.zip", "manifest.json"}


def test_the_zip_of_a_function_that_is_gone_goes_too(clone: Project) -> None:
    write(clone.artifacts, {"ghost.zip": ""})

    package.build_artifacts(clone)

    assert {path.name for path in clone.artifacts.iterdir()} == {"counter.zip", "manifest.json"}


def test_new_requirements_are_installed_and_the_old_ones_go(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    package.build_artifacts(clone)
    write(clone.root, {"requirements/lambda.txt": "# others\n"})
    monkeypatch.setattr(
        package, "install_requirements", lambda _file, target: write(target, {"other.py": ""})
    )

    package.build_artifacts(clone)

    assert "other.py" in names(clone, "counter")
    assert len(list((clone.root / "build" / "dependencies").iterdir())) == 1


def test_what_pip_says_is_passed_on_when_it_fails(clone: Project) -> None:
    write(clone.root, {"requirements/lambda.txt": "boto3\n"})

    with pytest.raises(UserError, match=r"(?s)pip could not install lambda\.txt.*hash"):
        package.build_artifacts(clone)
    assert not list((clone.root / "build" / "dependencies").glob(".new-*"))


def test_a_missing_requirement_file_names_its_remedy(clone: Project) -> None:
    (clone.root / "requirements" / "lambda.txt").unlink()

    with pytest.raises(UserError, match="make lock"):
        package.build_artifacts(clone)


def test_package_says_what_it_wrote_and_then_that_nothing_changed(
    clone: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RETAIL_ROOT", str(clone.root))

    package.package_functions()
    first = capsys.readouterr().err
    package.package_functions()

    assert "counter.zip" in first
    assert "up to date" in capsys.readouterr().err
