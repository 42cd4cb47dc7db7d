"""The page of an environment: put into its bucket, and in a local cloud served where a browser finds it."""

from __future__ import annotations

import gzip
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from retailctl import project
from retailctl.artifacts import package
from retailctl.artifacts.page import (
    ASSETS,
    ATTRIBUTE,
    CONFIG,
    INDEX,
    NEVER,
    TYPES,
    SiteFile,
    build_page,
    decode_content,
    read_sources,
)
from retailctl.aws import list_keys
from retailctl.console import print_note
from retailctl.emulator import page as emulator_page
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.options import AnyCloud, EnvironmentName
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailctl.artifacts.package import Files
    from retailctl.environments.target import Target
    from retailctl.terraform.workspace import Workspace

_UPLOADS_AT_ONCE = 8

_NEEDED = ("cognito_url", "region", "site_bucket", "site_url", "user_pool_client_id", "user_pool_id")


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """What the page has to know of its environment; nothing of it is secret.

    ``api_url`` is whole or, where the site passes requests on, a path such as `/api`. ``cognito_url`` is where
    Cognito answers, None for AWS's own address in ``region``.
    """

    environment: str
    api_url: str
    region: str
    user_pool_id: str
    user_pool_client_id: str
    cognito_url: str | None = None

    @property
    def cognito(self) -> str:
        """Return the address that the page sends sign-ins to."""
        return self.cognito_url or f"https://cognito-idp.{self.region}.amazonaws.com/"

    def render_file(self) -> SiteFile:
        """Return `config.json`, which no cache keeps."""
        fields = {_camel(name): value for name, value in asdict(self).items() if value is not None}
        return SiteFile(CONFIG, json.dumps(fields, indent=2).encode() + b"\n", TYPES[".json"], NEVER)


@dataclass(frozen=True, slots=True)
class EnvironmentPage:
    """Where an environment's page goes: its bucket, the distribution's address, and what it has to know."""

    bucket: str
    url: str
    config: SiteConfig

    @property
    def domain(self) -> str:
        """Return the name that the distribution answers by."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Published:
    """What a deployment did, by paths: ``kept`` were there already, ``removed`` were of earlier ones."""

    uploaded: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def publish_page(
    s3: Any,  # noqa: ANN401 - boto3 makes its classes at run time
    bucket: str,
    config: SiteConfig,
    *,
    folder: Path | None = None,
) -> Published:
    """Put the page into its bucket: first what the index names, then `config.json`, then the index; then clear up.

    Files with hashed names that are there already are not sent again. Those that neither this deployment nor the
    one before it names are removed: a browser may just have got the index before, and ask for its files now.

    Args:
        s3: a boto3 client.
        bucket: the site's bucket, which holds nothing else below `assets/`.
        config: what the page has to know.
        folder: the page's sources; `src/web` of this clone if left out.

    Raises:
        SiteError: as ``build``.

    """
    *assets, index = build_page(read_sources(folder or project.find_project().root / "src" / "web"))
    there = set(list_keys(s3, bucket, ASSETS))
    named = {file.path for file in assets}
    before = _list_indexed_files(s3, bucket)
    new = [file for file in assets if file.path not in there]
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        list(pool.map(lambda file: _put(s3, bucket, file), new))
    last = [config.render_file(), index]
    for file in last:
        _put(s3, bucket, file)
    old = sorted(there - named - before)
    for key in old:
        s3.delete_object(Bucket=bucket, Key=key)
    return Published(
        uploaded=tuple(file.path for file in [*new, *last]),
        kept=tuple(sorted(named & there)),
        removed=tuple(old),
    )


def is_page_outdated(s3: Any, bucket: str, config: SiteConfig, folder: Path) -> bool:  # noqa: ANN401 - as publish
    """Say whether the page in its bucket is another than ``publish_page`` would put there.

    The index names the files that have hashed names, those name each other, and `config.json` is the rest.
    """
    index = build_page(read_sources(folder))[-1]
    return any(
        _read_stored(s3, bucket, file.path) != decode_content(file) for file in (index, config.render_file())
    )


def _put(s3: Any, bucket: str, file: SiteFile) -> None:  # noqa: ANN401 - as publish
    encoding = {"ContentEncoding": file.content_encoding} if file.content_encoding else {}
    s3.put_object(
        Bucket=bucket,
        Key=file.path,
        Body=file.content,
        ContentType=file.content_type,
        CacheControl=file.cache_control,
        **encoding,
    )


def _list_indexed_files(s3: Any, bucket: str) -> set[str]:  # noqa: ANN401 - as publish
    """Return the files with hashed names that the index in the bucket refers to; none where there is no index."""
    content = _read_stored(s3, bucket, INDEX) or b""
    return {reference for _, reference in ATTRIBUTE.findall(content.decode()) if reference.startswith(ASSETS)}


def _read_stored(s3: Any, bucket: str, key: str) -> bytes | None:  # noqa: ANN401 - as publish
    """Return the content of a file in the bucket as a browser gets it, or None where there is none."""
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    content: bytes = found["Body"].read()
    return gzip.decompress(content) if found.get("ContentEncoding") == "gzip" else content


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def find_page(environment: str, found: Mapping[str, Any]) -> EnvironmentPage | None:
    """Return the page that an environment's root outputs tell of; None where they tell of none."""
    if not found.keys() >= set(_NEEDED):
        return None
    config = SiteConfig(
        environment=environment,
        api_url="/",  # the distribution answers for the API too, whatever name the page is visited by
        region=str(found["region"]),
        user_pool_id=str(found["user_pool_id"]),
        user_pool_client_id=str(found["user_pool_client_id"]),
        cognito_url=str(found["cognito_url"]),
    )
    return EnvironmentPage(str(found["site_bucket"]), str(found["site_url"]), config)


def upload_page(target: Target, page: EnvironmentPage, folder: Path | None = None) -> Published:
    """Put the page into its bucket: this clone's, or that of the sources in ``folder``.

    Nothing needs invalidating: only files that are not cached keep their names.
    """
    with show_progress(f"Putting up the page of {target.environment}"):
        return publish_page(
            target.client("s3"), page.bucket, page.config, folder=folder or target.project.web
        )


def deploy_page(target: Target, page: EnvironmentPage, zipped: bytes | None = None) -> None:
    """Put up the page of this clone, or the one that a build's zip holds, and say where it is."""
    with nullcontext(target.project.web) if zipped is None else _extract_page(zipped) as folder:
        published = upload_page(target, page, folder)
    url = (
        page.url
        if target.cloud is None
        else emulator_page.serve_page(target.cloud, target.environment, page.domain)
    )
    print_note(
        f"The page is at {url} ({len(published.uploaded)} files sent, {len(published.kept)} were there)."
    )


def deploy_site(environment: EnvironmentName = "dev", cloud: AnyCloud = None) -> None:
    """Put the page up as it is in this clone, and change nothing else."""
    target = resolve_target(environment, cloud)
    found = find_page(environment, terraform.read_root_outputs(initialise_workspace(target)))
    if found is None:
        hint = f"make {'up' if target.cloud else 'apply'} ENV={environment}"
        raise UserError(
            f"{environment} in {target.place} has no place for a page yet: bring it up to date with `{hint}`."
        )
    deploy_page(target, found)


def has_other_page(target: Target, workspace: Workspace, files: Files) -> bool:
    """Say whether the environment has a place for a page, and another page there than the build's."""
    found = find_page(target.environment, terraform.read_root_outputs(workspace))
    if found is None or package.PAGE not in files:
        return False
    with _extract_page(files[package.PAGE]) as folder:
        return is_page_outdated(target.client("s3"), found.bucket, found.config, folder)


@contextmanager
def _extract_page(zipped: bytes) -> Iterator[Path]:
    """Yield a folder with the sources of the page that a build holds."""
    with tempfile.TemporaryDirectory(prefix="retail-page-") as folder:
        package.extract_zip(zipped, Path(folder))
        yield Path(folder)
