"""The page of an environment in a local cloud, served on the loopback where a browser finds it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from retailctl.emulator import ministack, page_proxy, processes
from retailctl.errors import UserError
from retailctl.http import NoReply, send_request

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.emulator.cloud import Cloud

ATTEMPTS = 5
PATIENCE_SECONDS = 20.0


def find_page_address(cloud: Cloud, environment: str) -> str | None:
    """Return where the page of an environment in a local cloud is served now; None where it is not."""
    port = _port(_server(cloud, environment))
    return None if port is None else f"http://{page_proxy.LOOPBACK}:{port}"


def serve_page(cloud: Cloud, environment: str, domain: str) -> str:
    """Serve what a distribution of a local cloud answers by ``domain`` on the loopback, and return its address.

    A server that serves this page already goes on; one of an earlier distribution gives its port to the new one.

    Raises:
        UserError: where the server does not come up, with the end of its log.

    """
    before = _server(cloud, environment)
    port = _port(before)
    wanted = page_proxy.Origin(cloud.port, domain)
    if before is not None and port is not None:
        if _serves(port, wanted):
            return f"http://{page_proxy.LOOPBACK}:{port}"
        processes.end_process(before)
    log = cloud.home / f"page-{environment}.log"
    for _ in range(ATTEMPTS):
        port = port or ministack.find_free_port()
        process = _spawn(cloud.home, environment, port, wanted, log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if _serves(port, wanted):
                return f"http://{page_proxy.LOOPBACK}:{port}"
            time.sleep(0.05)
        process.kill()
        port = None  # somebody took it between our look and the server's
    raise UserError(
        f"The page's server did not come up. {ministack.format_log_tail(log.read_text(errors='replace'))}"
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
        for process in processes.list_processes()
        if processes.is_page_server(process, cloud.home) and process.arguments[4:5] == (environment,)
    )
    return next(of_environment, None)


def _port(server: processes.Process | None) -> int | None:
    return None if server is None else int(server.arguments[5])


def _serves(port: int, wanted: page_proxy.Origin) -> bool:
    """Say whether the server on ``port`` is ours and serves this page."""
    try:
        reply = send_request(f"http://{page_proxy.LOOPBACK}:{port}{page_proxy.WHOAMI}", timeout=2)
        return bool(json.loads(reply.body) == page_proxy.describe_server(wanted))
    except (NoReply, ValueError):
        return False
