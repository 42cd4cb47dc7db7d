"""The page as it is deployed: `src/web` turned into files with hashed names, and put into the site's bucket.

Everything but `index.html` and `config.json` is named for its content, so that a browser may keep it for ever and a
deployment never mixes old and new. There is no bundler: a file's references to others (a module's static imports,
`href` and `src` in the page) are rewritten to the names that those got, innermost first. Import maps would
need an inline script, which the Content-Security-Policy forbids.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from retailctl import project
from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

INDEX = "index.html"
CONFIG = "config.json"
ASSETS = "assets/"
"""The folder of the files with hashed names: the only one in which old files are removed."""

FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
NEVER = "no-store"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_HASH_LENGTH = 12
_COMPRESSION = 9
_UPLOADS_AT_ONCE = 8

# Only what a browser follows, not the JSDoc types, which name modules too: those lines begin with a star.
_IMPORT = re.compile(
    r"""^((?:(?:import|export)\b[^;"'=(]*\bfrom\s*|import\s*)["'])([^"']+)(?=["'])""", re.MULTILINE
)
_ATTRIBUTE = re.compile(r"""(\s(?:href|src)=")([^"#][^"]*)(?=")""")
_CSS_URL = re.compile(r"""(\burl\(["']?|@import\s+["'])([^"')]+)""")
_REFERENCES = {".js": _IMPORT, ".html": _ATTRIBUTE, ".css": _CSS_URL}


class SiteError(UserError):
    """The page's sources do not fit together."""


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file of the site: its ``path`` from the root, and ``content`` as it goes over the wire.

    ``content_encoding`` is ``gzip``, or None where the content is not compressed.
    """

    path: str
    content: bytes
    content_type: str
    cache_control: str
    content_encoding: str | None = None


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

    def as_file(self) -> SiteFile:
        """Return `config.json`, which no cache keeps."""
        fields = {_camel(name): value for name, value in asdict(self).items() if value is not None}
        return SiteFile(CONFIG, json.dumps(fields, indent=2).encode() + b"\n", _TYPES[".json"], NEVER)


@dataclass(frozen=True, slots=True)
class Published:
    """What a deployment did, by paths: ``kept`` were there already, ``removed`` were of earlier ones."""

    uploaded: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


def build(sources: Mapping[str, bytes]) -> tuple[SiteFile, ...]:
    """Return the files to deploy, `index.html` last: the same for the same sources on every machine.

    (gzip's bytes may differ from one zlib to another; the names do not, since they are of the plain content.)

    Args:
        sources: content by path from the root of `src/web`, `/` between its parts.

    Raises:
        SiteError: a reference leads nowhere or off the site, modules import each other in a circle, a file's type
            is not known, or there is no index.

    """
    if INDEX not in sources:
        raise SiteError(f"The page has no {INDEX}.")
    deployed: dict[str, SiteFile] = {}
    under_way: list[str] = []

    def deploy(path: str) -> str:
        """Deploy a file after all that it refers to; return its name."""
        if path in under_way:
            circle = " → ".join([*under_way[under_way.index(path) :], path])
            raise SiteError(f"These files of the page refer to each other in a circle: {circle}.")
        if path not in deployed:
            under_way.append(path)
            deployed[path] = _file(path, _rewritten(path, sources, deploy))
            under_way.pop()
        return deployed[path].path

    for path in sorted(sources):
        deploy(path)
    return tuple(sorted(deployed.values(), key=lambda file: (file.path == INDEX, file.path)))


def read_sources(folder: Path) -> dict[str, bytes]:
    """Return every file below ``folder`` (`src/web`) by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def publish(
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
    *assets, index = build(read_sources(folder or project.find().root / "src" / "web"))
    there = set(_keys(s3, bucket, ASSETS))
    named = {file.path for file in assets}
    before = _named_by_index(s3, bucket)
    new = [file for file in assets if file.path not in there]
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        list(pool.map(lambda file: _put(s3, bucket, file), new))
    last = [config.as_file(), index]
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


def differs(s3: Any, bucket: str, config: SiteConfig, folder: Path) -> bool:  # noqa: ANN401 - as publish
    """Say whether the page in its bucket is another than ``publish`` would put there.

    The index names the files that have hashed names, those name each other, and `config.json` is the rest.
    """
    index = build(read_sources(folder))[-1]
    return any(_stored(s3, bucket, file.path) != plain(file) for file in (index, config.as_file()))


def plain(file: SiteFile) -> bytes:
    """Return a file's content as a browser gets it."""
    return gzip.decompress(file.content) if file.content_encoding else file.content


def content_security_policy(api_url: str, cognito_url: str) -> str:
    """Return the policy that the page is served with: its own files, the API and Cognito, and nothing inline.

    An ``api_url`` that is a path (`/api`, passed on by the site itself) is the page's own origin already.
    """
    sources = ["'self'", *dict.fromkeys(filter(None, map(_origin, (api_url, cognito_url))))]
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            f"connect-src {' '.join(sources)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def security_headers(api_url: str, cognito_url: str) -> dict[str, str]:
    """Return the headers for every answer of the site, by name; `static-site` sets the same."""
    return {
        "content-security-policy": content_security_policy(api_url, cognito_url),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


def _rewritten(path: str, sources: Mapping[str, bytes], deploy: Callable[[str], str]) -> bytes:
    """Return a source with its references to other sources replaced by their deployed names."""
    content = sources[path]
    pattern = _REFERENCES.get(PurePosixPath(path).suffix)
    if pattern is None:
        return content
    own_folder = PurePosixPath(_folder(path))

    def renamed(match: re.Match[str]) -> str:
        reference = match[2]
        target = normpath((PurePosixPath(path).parent / reference).as_posix())
        if urlsplit(reference).scheme or reference.startswith("/") or target not in sources:
            raise SiteError(f"{path} refers to {reference}, which is no file of the page.")
        name = PurePosixPath(deploy(target)).relative_to(own_folder).as_posix()
        return match[1] + (f"./{name}" if reference.startswith("./") else name)

    return pattern.sub(renamed, content.decode()).encode()


def _file(path: str, content: bytes) -> SiteFile:
    """Return a file as deployed: named for its content, unless it is the index, and compressed where that helps."""
    suffix = PurePosixPath(path).suffix
    if suffix not in _TYPES:
        known = ", ".join(_TYPES)
        raise SiteError(f"{path} has no content type: site.py knows {known}.")
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
    name = path if path == INDEX else f"{_folder(path)}/{PurePosixPath(path).stem}-{digest}{suffix}"
    cache = ASK_EACH_TIME if path == INDEX else FOREVER
    compressed = gzip.compress(content, _COMPRESSION, mtime=0)
    if len(compressed) < len(content):
        return SiteFile(name, compressed, _TYPES[suffix], cache, "gzip")
    return SiteFile(name, content, _TYPES[suffix], cache)


def _folder(path: str) -> str:
    """Return the folder in which a source is deployed: one for all with hashed names."""
    return "." if path == INDEX else ASSETS.rstrip("/")


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


def _keys(s3: Any, bucket: str, prefix: str) -> Iterable[str]:  # noqa: ANN401 - as publish
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in page.get("Contents", []))


def _named_by_index(s3: Any, bucket: str) -> set[str]:  # noqa: ANN401 - as publish
    """Return the files with hashed names that the index in the bucket refers to; none where there is no index."""
    content = _stored(s3, bucket, INDEX) or b""
    return {
        reference for _, reference in _ATTRIBUTE.findall(content.decode()) if reference.startswith(ASSETS)
    }


def _stored(s3: Any, bucket: str, key: str) -> bytes | None:  # noqa: ANN401 - as publish
    """Return the content of a file in the bucket as a browser gets it, or None where there is none."""
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    content: bytes = found["Body"].read()
    return gzip.decompress(content) if found.get("ContentEncoding") == "gzip" else content


def _origin(url: str) -> str:
    """Return the origin of an address; "" for a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
