"""Build the page from `src/web`: files with hashed names.

Everything but `index.html` and `config.json` is named for its content, so that a browser may keep it for ever and a
deployment never mixes old and new. There is no bundler: a file's references to others (a module's imports, `href`
and `src` in the page) are rewritten to the names that those got, innermost first. Import maps would need an inline
script, which the Content-Security-Policy forbids. Modules lose their comments, which are a quarter of their bytes,
and all texts lose their indentation; the lines stay, so that a browser's error names a line of the source.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from retailctl.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

INDEX = "index.html"
CONFIG = "config.json"
ASSETS = "assets/"
"""The folder of the files with hashed names: the only one in which old files are removed."""

FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
NEVER = "no-store"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_HASH_LENGTH = 12
_COMPRESSION = 9

# Only what a browser follows, not the JSDoc types, which name modules too: `import("./a.js").Type`.
_IMPORT = re.compile(
    r"""^((?:(?:import|export)\b[^;"'=(]*\bfrom\s*|import\s*)["']|.*?\bimport\((?=["'][^"']+["']\)(?!\.[A-Z]))["'])"""
    r"""([^"']+)(?=["'])""",
    re.MULTILINE,
)
ATTRIBUTE = re.compile(r"""(\s(?:href|src)=")([^"#][^"]*)(?=")""")
# On lines of their own; types within a line; behind a statement or a part of one, without quotes.
_COMMENT = re.compile(
    r"""^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*)$"""
    r"""|/\*\* @(?:type|param) (?:[^*\n]|\*(?!/))*\*/[ ]?"""
    r"""|(?<=[;{(,)\]}])[ ]//[ ][^"'`\n]*$""",
    re.MULTILINE,
)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
_CSS_URL = re.compile(r"""(\burl\(["']?|@import\s+["'])([^"')]+)""")
_REFERENCES = {".js": _IMPORT, ".html": ATTRIBUTE, ".css": _CSS_URL}


class SiteError(UserError):
    """The page's sources do not fit together."""


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file of the site; ``content`` is as sent, perhaps compressed.

    ``content_encoding`` is ``gzip``, or None where the content is not compressed.
    """

    path: str
    content: bytes
    content_type: str
    cache_control: str
    content_encoding: str | None = None


def build_page(sources: Mapping[str, bytes]) -> tuple[SiteFile, ...]:
    """Return the files to deploy, `index.html` last; the result is reproducible.

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
            deployed[path] = _file(path, _shorten(path, _rewrite_references(path, sources, deploy)))
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


def decode_content(file: SiteFile) -> bytes:
    """Return a file's content as a browser gets it."""
    return gzip.decompress(file.content) if file.content_encoding else file.content


def build_security_policy(api_url: str, cognito_url: str, uploads_url: str | None = None) -> str:
    """Return the page's Content-Security-Policy: itself, the API, Cognito and the bucket for uploads.

    An ``api_url`` that is a path (`/api`, passed on by the site itself) is the page's own origin already. Where
    pictures are uploaded, the page shows them before they are sent (`blob:`).
    """
    urls = (api_url, cognito_url, uploads_url or "")
    sources = ["'self'", *dict.fromkeys(filter(None, map(_origin, urls)))]
    pictures = "'self' blob:" if uploads_url else "'self'"
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src {pictures}",
            f"connect-src {' '.join(sources)}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


def build_security_headers(api_url: str, cognito_url: str, uploads_url: str | None = None) -> dict[str, str]:
    """Return the site's security headers, as `static-site` sets them."""
    return {
        "content-security-policy": build_security_policy(api_url, cognito_url, uploads_url),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


def _rewrite_references(path: str, sources: Mapping[str, bytes], deploy: Callable[[str], str]) -> bytes:
    """Return a source with references replaced by deployed names."""
    content = sources[path]
    pattern = _REFERENCES.get(PurePosixPath(path).suffix)
    if pattern is None:
        return content
    own_folder = PurePosixPath(_folder(path))

    def rename_reference(match: re.Match[str]) -> str:
        reference = match[2]
        target = normpath((PurePosixPath(path).parent / reference).as_posix())
        if urlsplit(reference).scheme or reference.startswith("/") or target not in sources:
            raise SiteError(f"{path} refers to {reference}, which is no file of the page.")
        name = PurePosixPath(deploy(target)).relative_to(own_folder).as_posix()
        return match[1] + (f"./{name}" if reference.startswith("./") else name)

    return pattern.sub(rename_reference, content.decode()).encode()


def _shorten(path: str, content: bytes) -> bytes:
    """Return a text without indentation, a module without comments too, with as many lines as before."""
    suffix = PurePosixPath(path).suffix
    if suffix not in _REFERENCES:
        return content
    text = content.decode()
    if suffix == ".js":
        text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    return _INDENTATION.sub("", text).encode()


def _file(path: str, content: bytes) -> SiteFile:
    """Return a file as deployed: hashed name (except the index), compressed."""
    suffix = PurePosixPath(path).suffix
    if suffix not in TYPES:
        known_types = ", ".join(TYPES)
        raise SiteError(f"{path} has no content type: site.py knows {known_types}.")
    digest = hashlib.sha256(content).hexdigest()[:_HASH_LENGTH]
    name = path if path == INDEX else f"{_folder(path)}/{PurePosixPath(path).stem}-{digest}{suffix}"
    cache = ASK_EACH_TIME if path == INDEX else FOREVER
    compressed = gzip.compress(content, _COMPRESSION, mtime=0)
    if len(compressed) < len(content):
        return SiteFile(name, compressed, TYPES[suffix], cache, "gzip")
    return SiteFile(name, content, TYPES[suffix], cache)


def _folder(path: str) -> str:
    """Return the folder in which a source is deployed."""
    return "." if path == INDEX else ASSETS.rstrip("/")


def _origin(url: str) -> str:
    """Return the origin of an address; "" for a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
