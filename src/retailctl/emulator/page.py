"""Serve a local cloud's page on the loopback interface."""

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
    """Return the address at which an environment's page is served, or None."""
    port = _port(_server(cloud, environment))
    return None if port is None else f"http://{page_proxy.LOOPBACK}:{port}"


def serve_page(cloud: Cloud, environment: str, domain: str) -> str:
    """Serve the distribution with ``domain`` on the loopback interface, and return the address.

    A server that already serves this distribution is kept. One of an earlier distribution is replaced on its port.

    Raises:
        UserError: where the server does not start, with the end of its log.

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
        port = None  # another process took the port first
    raise UserError(
        f"The page server did not start. {ministack.format_log_tail(log.read_text(errors='replace'))}"
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
            start_new_session=True,  # Ctrl-C in our terminal must not reach it
        )


def _server(cloud: Cloud, environment: str) -> processes.Process | None:
    """Return the process of the environment's page server."""
    of_environment = (
        process
        for process in processes.list_processes()
        if processes.is_page_server(process, cloud.home) and process.arguments[4:5] == (environment,)
    )
    return next(of_environment, None)


def _port(server: processes.Process | None) -> int | None:
    return None if server is None else int(server.arguments[5])


def _serves(port: int, wanted: page_proxy.Origin) -> bool:
    """Say whether the server on ``port`` is a page server of this page."""
    try:
        reply = send_request(f"http://{page_proxy.LOOPBACK}:{port}{page_proxy.WHOAMI}", timeout=2)
        return bool(json.loads(reply.body) == page_proxy.describe_server(wanted))
    except (NoReply, ValueError):
        return False
