"""A package index on the loopback, and tiny wheels to put in it."""

from __future__ import annotations

import hashlib
import http.server
import io
import re
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, parse_wheel_filename

if TYPE_CHECKING:
    import importlib.metadata
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class Wheel:
    """A wheel's file name and content."""

    file: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def _zip_wheel(name: str, version: str, files: Mapping[str, bytes], info: str) -> Wheel:
    record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return Wheel(f"{name.replace('-', '_')}-{version}-py3-none-any.whl", buffer.getvalue())


def make_wheel(name: str, version: str, requires: Iterable[str]) -> Wheel:
    """Return a wheel that holds nothing but its metadata."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    extras = sorted(set(re.findall(r"extra == ['\"]([^'\"]+)", " ".join(requires))))
    head += "".join(f"Provides-Extra: {extra}\n" for extra in extras)
    head += "".join(f"Requires-Dist: {each}\n" for each in requires)
    kind = "Wheel-Version: 1.0\nGenerator: stub\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return _zip_wheel(
        name, version, {f"{info}/METADATA": head.encode(), f"{info}/WHEEL": kind.encode()}, info
    )


def repack(distribution: importlib.metadata.Distribution) -> Wheel:
    """Return a wheel of a pure-Python distribution as it is installed."""
    left_out = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
    files = {
        path.as_posix(): path.locate().read_bytes()  # type: ignore[union-attr]
        for path in distribution.files or ()
        if path.suffix != ".pyc" and path.parts[0] != ".." and path.name not in left_out
    }
    (info,) = {path.split("/")[0] for path in files if path.split("/")[0].endswith(".dist-info")}
    return _zip_wheel(canonicalize_name(distribution.name), distribution.version, files, info)


@dataclass
class StubIndex:
    """What an index offers, and what was fetched from it."""

    wheels: dict[str, Wheel] = field(default_factory=dict)
    address: str = ""
    fetched: list[str] = field(default_factory=list)

    def offer(self, wheel: Wheel) -> Wheel:
        self.wheels[wheel.file] = wheel
        return wheel

    def write_page(self, name: str) -> str:
        """Return the index's page of a project: a link with its hash for each wheel."""
        return "".join(
            f'<a href="/files/{wheel.file}#sha256={wheel.digest}">{wheel.file}</a>\n'
            for wheel in self.wheels.values()
            if parse_wheel_filename(wheel.file)[0] == name
        )


@contextmanager
def serve_index() -> Iterator[StubIndex]:
    """Yield an index that answers on the loopback."""
    index = StubIndex()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, or each answer waits for an acknowledgement

        def do_GET(self) -> None:
            kind, _, name = self.path.strip("/").partition("/")
            if kind == "files" and name in index.wheels:
                index.fetched.append(name)
                self._answer(index.wheels[name].content, "application/octet-stream")
            else:
                page = index.write_page(name) if kind == "simple" else ""
                self._answer(page.encode(), "text/html", 200 if page else 404)

        def _answer(self, content: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.address = f"http://127.0.0.1:{server.server_port}/simple/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
