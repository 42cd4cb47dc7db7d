"""The page of an environment: which one is put up, and that it is said where."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.delivery import page
from retailctl.delivery.page import EnvironmentPage, Published, SiteConfig
from retailctl.environments.target import Target
from support.miniature import a_cloud, write

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.project import Project

CONFIG = SiteConfig("dev", "/", "us-east-1", "pool", "client")
PAGE = EnvironmentPage("site", "https://d123.cloudfront.net", CONFIG)


def zip_of(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.html", text)
    return packed.getvalue()


@pytest.fixture
def uploaded(clone: Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the index said of each page that was put up; this clone's says "of the clone"."""
    write(clone.web, {"index.html": "of the clone"})
    texts: list[str] = []

    def publish(_s3: Any, bucket: str, config: SiteConfig, *, folder: Path) -> Published:
        assert (bucket, config) == ("site", CONFIG)
        texts.append((folder / "index.html").read_text())
        return Published(("index.html",), (), ())

    monkeypatch.setattr(page, "publish_page", publish)
    monkeypatch.setattr(Target, "client", lambda _self, _service: None)
    monkeypatch.setattr(
        page.emulator_page, "serve_page", lambda _cloud, name, domain: f"http://{name}/{domain}"
    )
    return texts


@pytest.mark.parametrize(("zipped", "text"), [(None, "of the clone"), (zip_of("of a build"), "of a build")])
def test_the_page_of_the_clone_or_of_a_build_is_put_up_and_it_is_said_where(
    clone: Project,
    uploaded: list[str],
    capsys: pytest.CaptureFixture[str],
    zipped: bytes | None,
    text: str,
) -> None:
    page.deploy_page(Target(clone, "dev", a_cloud(clone)), PAGE, zipped)

    assert uploaded == [text]
    assert (
        "The page is at http://dev/d123.cloudfront.net (1 files uploaded, 0 unchanged)."
        in capsys.readouterr().err
    )


def test_in_aws_nothing_is_served_here(
    clone: Project, uploaded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    page.deploy_page(Target(clone, "dev", None), PAGE)

    assert uploaded == ["of the clone"]
    assert "The page is at https://d123.cloudfront.net (" in capsys.readouterr().err
