"""The page in its bucket (moto's): what is sent, with which headers, and what is cleared away."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from retailctl.artifacts.page import ASSETS
from retailctl.delivery.page import SiteConfig, publish_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

BUCKET = "hello-retail-dev-site"
CONFIG = SiteConfig("dev", "https://api.example.com", "us-east-1", "us-east-1_Abc", "client123")


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(
        '<script type="module" src="main.js"></script>' + "<p>words</p>" * 30
    )
    (tmp_path / "main.js").write_text("export const version = 1;\n" * 30)
    return tmp_path


def change(folder: Path, version: int) -> None:
    (folder / "main.js").write_text(f"export const version = {version};\n" * 30)


def scripts(s3: Any) -> set[str]:
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=ASSETS).get("Contents", [])
    return {item["Key"] for item in found}


def test_the_page_is_put_up_with_its_headers(s3: Any, folder: Path) -> None:
    done = publish_page(s3, BUCKET, CONFIG, folder=folder)
    assert done.uploaded[-2:] == ("config.json", "index.html")
    index = s3.get_object(Bucket=BUCKET, Key="index.html")
    assert (index["ContentType"], index["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    assert index["ContentEncoding"] == "gzip"
    assert done.uploaded[0] in gzip.decompress(index["Body"].read()).decode()
    script = s3.get_object(Bucket=BUCKET, Key=done.uploaded[0])
    assert script["CacheControl"] == "public, max-age=31536000, immutable"
    config = s3.get_object(Bucket=BUCKET, Key="config.json")
    assert config["CacheControl"] == "no-store"
    assert json.loads(config["Body"].read())["apiUrl"] == "https://api.example.com"


def test_what_is_there_already_is_not_sent_again(s3: Any, folder: Path) -> None:
    first = publish_page(s3, BUCKET, CONFIG, folder=folder)
    again = publish_page(s3, BUCKET, CONFIG, folder=folder)
    assert again.uploaded == ("config.json", "index.html")
    assert again.kept == first.uploaded[:1]
    assert again.removed == ()


def test_the_files_of_the_deployment_before_stay_and_older_ones_go(s3: Any, folder: Path) -> None:
    one = publish_page(s3, BUCKET, CONFIG, folder=folder).uploaded[0]
    change(folder, 2)
    two = publish_page(s3, BUCKET, CONFIG, folder=folder).uploaded[0]
    assert scripts(s3) == {one, two}
    change(folder, 3)
    done = publish_page(s3, BUCKET, CONFIG, folder=folder)
    assert done.removed == (one,)
    assert scripts(s3) == {two, done.uploaded[0]}


def test_what_is_not_below_assets_is_left_alone(s3: Any, folder: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="robots.txt", Body=b"")
    publish_page(s3, BUCKET, CONFIG, folder=folder)
    assert s3.head_object(Bucket=BUCKET, Key="robots.txt")
