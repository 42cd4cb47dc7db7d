"""Start MiniStack, a local cloud's emulator, on loopback with IAM enforced."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from retailctl.emulator import (
    execution_roles,
    fan_out,
    iam,
    invocations,
    processes,
    refusals,
    state_machines,
    workers,
)
from retailctl.emulator.cloud import Cloud
from retailctl.emulator.retries import OncePerInvocation
from retailctl.errors import UserError
from retailctl.http import NoReply, send_request

REGION = "us-east-1"
ACCOUNT_ID = "000000000000"
ATTEMPTS = 5
PATIENCE_SECONDS = 30.0


def find_free_port() -> int:
    """Return a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def build_emulator_environ(cloud: Cloud) -> dict[str, str]:
    """Return all environment variables of the emulator.

    They do not include those of this process: the Lambda workers inherit them, and a variable that a function lacks
    must be missing here too.
    """
    return {
        "PATH": os.defpath,
        "HOME": str(cloud.home),
        "TMPDIR": str(cloud.home / "tmp"),
        "STATE_DIR": str(cloud.home / "state"),
        "S3_DATA_DIR": str(cloud.home / "s3"),
        "GATEWAY_PORT": str(cloud.port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",  # its port would be public
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": cloud.access_key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.secret_access_key,
        "MINISTACK_ACCOUNT_ID": cloud.account_id,
        "MINISTACK_REGION": cloud.region,
        "PYTHONUNBUFFERED": "1",
    }


def is_healthy(port: int) -> bool:
    """Say whether an emulator on ``port`` is ready."""
    try:
        reply = send_request(f"http://127.0.0.1:{port}/_ministack/health", timeout=2)
        return reply.status == HTTPStatus.OK and isinstance(json.loads(reply.body), dict)
    except (NoReply, ValueError):
        return False


def _spawn(home: Path, port: int, account_id: str, region: str) -> tuple[Cloud, subprocess.Popen[bytes]]:
    cloud = Cloud(
        name=home.name,
        home=home,
        pid=0,
        port=port,
        access_key_id=f"AKIA{secrets.token_hex(8).upper()}",
        secret_access_key=secrets.token_hex(20),
        account_id=account_id,
        region=region,
    )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)  # the keys of user pools are in there
    for folder in ("tmp", "state", "s3"):
        (home / folder).mkdir(exist_ok=True)
    with cloud.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", processes.EMULATOR_MODULE, str(home)],
            cwd=home,
            env=build_emulator_environ(cloud),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in our terminal must not reach it
        )
    return replace(cloud, pid=process.pid), process


def start_emulator(home: Path, *, account_id: str = ACCOUNT_ID, region: str = REGION) -> Cloud:
    """Start the emulator of the cloud in ``home``; wait until it is healthy.

    Raises:
        UserError: where it does not start, with the end of its log.

    """
    for _ in range(ATTEMPTS):
        cloud, process = _spawn(home, find_free_port(), account_id, region)
        cloud.save_state()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if is_healthy(cloud.port):
                return cloud
            time.sleep(0.05)
        log = cloud.log.read_text(errors="replace")
        processes.end_cloud_processes(home)
        if "already in use" not in log:  # otherwise another process took the port first
            break
    raise UserError(f"The emulator did not start. {format_log_tail(log)}")


start = start_emulator
"""The function's name before the rooms, by which tools outside this repository call it."""


def await_health(cloud: Cloud) -> bool:
    """Wait until a running emulator is healthy; say whether it is."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while cloud.is_running() and time.monotonic() < deadline:
        if is_healthy(cloud.port):
            return True
        time.sleep(0.05)
    return False


def format_log_tail(log: str) -> str:
    """Return the end of a log with a heading."""
    return "The end of its log:\n" + ("\n".join(log.splitlines()[-15:]) or "(it is empty)")


def main() -> None:
    """Run MiniStack; the only argument, the cloud's folder, identifies the process."""
    from ministack import app  # noqa: PLC0415 - importing it starts half of it

    iam.patch_emulator()
    refusals.patch_emulator()
    execution_roles.patch_emulator()
    fan_out.patch_emulator()
    invocations.patch_emulator()
    state_machines.patch_emulator()
    workers.patch_emulator(Path(sys.argv[1]))
    app.app = OncePerInvocation(app.app)
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
