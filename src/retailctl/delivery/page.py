"""The page of an environment: put into its bucket, and in a local cloud served where a browser finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from retailctl.artifacts import page as site
from retailctl.emulator import ministack, page_proxy, processes
from retailctl.errors import UserError
from retailctl.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retailctl.emulator.cloud import Cloud
    from retailctl.environments.bootstrap import Target

ATTEMPTS = 5
PATIENCE_SECONDS = 20.0
_LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_NEEDED = ("cognito_url", "region", "site_bucket", "site_url", "user_pool_client_id", "user_pool_id")


@dataclass(frozen=True, slots=True)
class Page:
    """Where an environment's page goes: its bucket, the distribution's address, and what it has to know."""

    bucket: str
    url: str
    config: site.SiteConfig

    @property
    def domain(self) -> str:
        """Return the name that the distribution answers by."""
        return urlsplit(self.url).netloc


def of(environment: str, found: Mapping[str, Any]) -> Page | None:
    """Return the page that an environment's root outputs tell of; None where they tell of none."""
    if not found.keys() >= set(_NEEDED):
        return None
    config = site.SiteConfig(
        environment=environment,
        api_url="/",  # the distribution answers for the API too, whatever name the page is visited by
        region=str(found["region"]),
        user_pool_id=str(found["user_pool_id"]),
        user_pool_client_id=str(found["user_pool_client_id"]),
        cognito_url=str(found["cognito_url"]),
    )
    return Page(str(found["site_bucket"]), str(found["site_url"]), config)


def deploy(target: Target, page: Page) -> site.Published:
    """Put the page into its bucket. Nothing needs invalidating: only files that are not cached keep their names."""
    with step(f"Putting up the page of {target.environment}"):
        return site.publish(target.client("s3"), page.bucket, page.config, folder=target.project.web)


def address(cloud: Cloud, environment: str) -> str | None:
    """Return where the page of an environment in a local cloud is served now; None where it is not."""
    port = _port(_server(cloud, environment))
    return None if port is None else f"http://{page_proxy.LOOPBACK}:{port}"


def serve(cloud: Cloud, environment: str, page: Page) -> str:
    """Serve the page of an environment of a local cloud on the loopback, and return its address.

    A server that serves this page already goes on; one of an earlier distribution gives its port to the new one.

    Raises:
        UserError: where the server does not come up, with the end of its log.

    """
    before = _server(cloud, environment)
    port = _port(before)
    wanted = page_proxy.Origin(cloud.port, page.domain)
    if before is not None and port is not None:
        if _serves(port, wanted):
            return f"http://{page_proxy.LOOPBACK}:{port}"
        processes.end(before)
    log = cloud.home / f"page-{environment}.log"
    for _ in range(ATTEMPTS):
        port = port or ministack.free_port()
        process = _spawn(cloud.home, environment, port, wanted, log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if _serves(port, wanted):
                return f"http://{page_proxy.LOOPBACK}:{port}"
            time.sleep(0.05)
        process.kill()
        port = None  # somebody took it between our look and the server's
    raise UserError(
        f"The page's server did not come up. {ministack.last_words(log.read_text(errors='replace'))}"
    )


def _spawn(
    home: Path, environment: str, port: int, origin: page_proxy.Origin, log: Path
) -> subprocess.Popen[bytes]:
    arguments = [str(home), environment, str(port), str(origin.port), origin.domain]
    with log.open("wb") as file:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", processes.PAGE_SERVER_MODULE, *arguments],
            cwd=home,
            env={"PATH": os.defpath, "HOME": str(home), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at our terminal is not meant for it
        )


def _server(cloud: Cloud, environment: str) -> processes.Process | None:
    """Return the process that serves the environment's page."""
    of_environment = (
        process
        for process in processes.running()
        if processes.is_page_server(process, cloud.home) and process.arguments[4:5] == (environment,)
    )
    return next(of_environment, None)


def _port(server: processes.Process | None) -> int | None:
    return None if server is None else int(server.arguments[5])


def _serves(port: int, wanted: page_proxy.Origin) -> bool:
    """Say whether the server on ``port`` is ours and serves this page."""
    try:
        with _LOCAL.open(f"http://{page_proxy.LOOPBACK}:{port}{page_proxy.WHOAMI}", timeout=2) as answer:
            return bool(json.load(answer) == page_proxy.whoami(wanted))
    except (OSError, ValueError):
        return False
