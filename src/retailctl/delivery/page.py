"""Deploy an environment's page and, in a local cloud, serve it."""

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

import typer

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
from retailctl.options import DEFAULT_CLOUD, CloudName, EnvironmentName
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from retailctl.artifacts.package import Files
    from retailctl.environments.target import Target
    from retailctl.terraform.workspace import Workspace

_UPLOADS_AT_ONCE = 8

_NEEDED = ("cognito_url", "region", "site_bucket", "site_url", "user_pool_client_id", "user_pool_id")

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Put up the page.")


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """The settings of the page; none is secret.

    ``api_url`` is a URL or, where the site forwards requests, a path such as `/api`. ``cognito_url`` is the address
    of Cognito; None for AWS's address in ``region``. ``currency`` is that of the prices (ISO 4217); None where the
    environment has no shop. ``uploads_url`` is the address of the bucket that takes photographers' pictures; None
    where the environment has no studio. ``workshop`` says whether photographers may name a picture unasked, and
    customers a purchase without an order.
    """

    environment: str
    api_url: str
    region: str
    user_pool_id: str
    user_pool_client_id: str
    cognito_url: str | None = None
    currency: str | None = None
    uploads_url: str | None = None
    workshop: bool | None = None

    @property
    def cognito(self) -> str:
        """Return the address of Cognito."""
        return self.cognito_url or f"https://cognito-idp.{self.region}.amazonaws.com/"

    def render_file(self) -> SiteFile:
        """Return `config.json`, which is never cached."""
        fields = {_to_camel_case(name): value for name, value in asdict(self).items() if value is not None}
        return SiteFile(CONFIG, json.dumps(fields, indent=2).encode() + b"\n", TYPES[".json"], NEVER)


@dataclass(frozen=True, slots=True)
class EnvironmentPage:
    """The bucket, the distribution's URL and the settings of an environment's page."""

    bucket: str
    url: str
    config: SiteConfig

    @property
    def domain(self) -> str:
        """Return the domain of the distribution."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a deployment, by paths: ``kept`` existed already, ``removed`` were obsolete."""

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
    """Upload the page and remove obsolete files.

    The files that the index names come first, then `config.json`, then the index.

    Files with hashed names that already exist are not uploaded again. Files of the previous deployment are kept,
    because a browser may have loaded its index and request its files now.

    Args:
        s3: a boto3 client.
        bucket: the site's bucket, which contains nothing else below `assets/`.
        config: the settings of the page.
        folder: the page's sources; by default `src/web` of this clone.

    Raises:
        SiteError: as ``build_page``.

    """
    *assets, index = build_page(read_sources(folder or project.find_project().root / "src" / "web"))
    stored_paths = set(list_keys(s3, bucket, ASSETS))
    current_paths = {file.path for file in assets}
    previous_paths = _list_indexed_files(s3, bucket)
    missing = [file for file in assets if file.path not in stored_paths]
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        list(pool.map(lambda file: _put_file(s3, bucket, file), missing))
    uncached = [config.render_file(), index]
    for file in uncached:
        _put_file(s3, bucket, file)
    obsolete = sorted(stored_paths - current_paths - previous_paths)
    for key in obsolete:
        s3.delete_object(Bucket=bucket, Key=key)
    return Published(
        uploaded=tuple(file.path for file in [*missing, *uncached]),
        kept=tuple(sorted(current_paths & stored_paths)),
        removed=tuple(obsolete),
    )


def is_page_outdated(s3: Any, bucket: str, config: SiteConfig, folder: Path) -> bool:  # noqa: ANN401 - as publish
    """Say whether ``publish_page`` would change the page in its bucket.

    The index contains the hashed names of all other files except `config.json`.
    """
    index = build_page(read_sources(folder))[-1]
    return any(
        _read_stored(s3, bucket, file.path) != decode_content(file) for file in (index, config.render_file())
    )


def _put_file(s3: Any, bucket: str, file: SiteFile) -> None:  # noqa: ANN401 - as publish
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
    """Return the hashed names in the bucket's index; none without one."""
    content = _read_stored(s3, bucket, INDEX) or b""
    return {reference for _, reference in ATTRIBUTE.findall(content.decode()) if reference.startswith(ASSETS)}


def _read_stored(s3: Any, bucket: str, key: str) -> bytes | None:  # noqa: ANN401 - as publish
    """Return the decoded content of a file in the bucket, or None."""
    try:
        stored = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    content: bytes = stored["Body"].read()
    return gzip.decompress(content) if stored.get("ContentEncoding") == "gzip" else content


def _to_camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def find_page(environment: str, values: Mapping[str, Any]) -> EnvironmentPage | None:
    """Return the page in an environment's root outputs, or None."""
    if not values.keys() >= set(_NEEDED):
        return None
    config = SiteConfig(
        environment=environment,
        api_url="/",  # the distribution serves the API too, under any domain
        region=str(values["region"]),
        user_pool_id=str(values["user_pool_id"]),
        user_pool_client_id=str(values["user_pool_client_id"]),
        cognito_url=str(values["cognito_url"]),
        currency=values.get("currency"),
        uploads_url=values.get("uploads_url"),
        workshop=values.get("workshop"),
    )
    return EnvironmentPage(str(values["site_bucket"]), str(values["site_url"]), config)


def upload_page(target: Target, page: EnvironmentPage, folder: Path | None = None) -> Published:
    """Upload the page: this clone's, or that of the sources in ``folder``.

    Nothing needs invalidating: only files that are not cached keep their names.
    """
    with show_progress(f"Deploying the page of {target.environment}"):
        return publish_page(
            target.client("s3"), page.bucket, page.config, folder=folder or target.project.web
        )


def deploy_page(target: Target, page: EnvironmentPage, zipped: bytes | None = None) -> None:
    """Deploy the page and say where it is.

    It is the page of this clone, or the one that a build's zip holds.
    """
    with nullcontext(target.project.web) if zipped is None else _extract_page(zipped) as folder:
        published = upload_page(target, page, folder)
    url = (
        page.url
        if target.cloud is None
        else emulator_page.serve_page(target.cloud, target.environment, page.domain)
    )
    print_note(
        f"The page is at {url} ({len(published.uploaded)} files uploaded, {len(published.kept)} unchanged)."
    )


@app.callback()
def _site_commands() -> None:
    """Keep `deploy` a command of its own, though it is the only one."""


@app.command("deploy")
def deploy_site(environment: EnvironmentName = "dev", cloud: CloudName = DEFAULT_CLOUD) -> None:
    """Deploy the page of this clone, and change nothing else."""
    target = resolve_target(environment, cloud)
    environment_page = find_page(environment, terraform.read_root_outputs(initialise_workspace(target)))
    if environment_page is None:
        raise UserError(
            f"{environment} in {target.place} has no bucket for the page yet: update it with "
            f"`{target.update_command}`."
        )
    deploy_page(target, environment_page)


def has_other_page(target: Target, workspace: Workspace, files: Files) -> bool:
    """Say whether the environment has a page that differs from the build's."""
    environment_page = find_page(target.environment, terraform.read_root_outputs(workspace))
    if environment_page is None or package.PAGE not in files:
        return False
    with _extract_page(files[package.PAGE]) as folder:
        return is_page_outdated(target.client("s3"), environment_page.bucket, environment_page.config, folder)


@contextmanager
def _extract_page(zipped: bytes) -> Iterator[Path]:
    """Yield a folder with the sources of the page that a build holds."""
    with tempfile.TemporaryDirectory(prefix="retail-page-") as folder:
        package.extract_zip(zipped, Path(folder))
        yield Path(folder)
