"""The local cloud as an operator meets it: up, down, side by side, and after every kind of accident."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from retailctl.emulator import cloud as clouds
from retailctl.emulator import ministack, processes
from support.command import Operator, wait_for
from support.miniature import BROKEN, miniature, write
from support.own_cloud import operate_clone

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("signals_heard")]


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with operate_clone(miniature(tmp_path / "clone"), tmp_path / "outside") as someone:
        yield someone


def state_of(operator: Operator, cloud: str = "local") -> clouds.Cloud:
    found = clouds.read_cloud(operator.project.cloud_folder(cloud))
    assert found is not None
    return found


def exported(text: str) -> dict[str, str]:
    script = f"{text}\nenv -0"
    path = {"PATH": os.environ["PATH"]}
    out = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env=path)
    return dict(line.split("=", 1) for line in out.stdout.split("\0") if "=" in line)


def listeners(pid: int) -> set[str]:
    """Return the addresses that a process listens on, as /proc shows them (hexadecimal)."""
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {line[1].split(":")[0] for line in lines if line[3] == "0A" and f"socket:[{line[9]}]" in sockets}


SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch ${path.module}/applying; exec sleep 100" }
}
"""


def is_applying(operator: Operator) -> bool:
    return (operator.project.app / "applying").exists()


def test_up_and_down_leave_nothing_behind(operator: Operator) -> None:
    printed = operator.do("up")
    cloud = state_of(operator)

    assert "scores_table  miniature-dev-board" in operator.do("outputs")
    assert f"{cloud.endpoint}/_aws/execute-api/abcdef01/%24default" in printed
    found = json.loads(operator.do("outputs", "--json"))
    assert found["functions"] == {"counter": "miniature-dev-counter"}
    assert found["api_url"] == f"{cloud.endpoint}/_aws/execute-api/abcdef01/%24default"
    assert clouds.load_cloud("local", operator.project) == cloud
    assert listeners(cloud.pid) == {"0100007F"}, "only the loopback interface may be listened on"
    assert (cloud.home / "state.json").stat().st_mode & 0o077 == 0

    reached = exported(operator.do("env"))
    client = boto3.client(
        "s3",
        endpoint_url=reached["AWS_ENDPOINT_URL"],
        region_name=reached["AWS_REGION"],
        aws_access_key_id=reached["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=reached["AWS_SECRET_ACCESS_KEY"],
    )
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == ["miniature-state"]

    operator.do("down")
    assert operator.running("local") == []
    assert not cloud.home.exists()
    assert operator.left_outside() == []
    assert "is not running: start it with `make up`" in operator.run("outputs").stderr


def test_up_again_applies_what_changed_and_further_environments_join(operator: Operator) -> None:
    operator.do("up")
    first = state_of(operator)
    app = operator.project.app / "main.tf"
    app.write_text(app.read_text() + '\noutput "stream_name" { value = "new" }\n')

    operator.do("up")
    assert "stream_name   new" in operator.do("outputs")
    assert "apply it with `make up ENV=prod`" in operator.run("outputs", "--env", "prod").stderr
    assert "retailctl outputs --env prod" in operator.do("up", "--env", "prod")
    assert "scores_table  miniature-prod-board" in operator.do("outputs", "--env", "prod")
    assert operator.do("up", "--if-needed", "--env", "prod") == ""

    second = state_of(operator)
    assert (second.pid, second.environments) == (first.pid, ("dev", "prod"))


def test_two_clouds_of_one_clone_live_side_by_side(operator: Operator) -> None:
    both = [operator.start("up"), operator.start("up", "--cloud", "two")]
    for process in both:
        _, complaint = process.communicate(timeout=240)
        assert process.returncode == 0, complaint
    one, two = state_of(operator), state_of(operator, "two")
    assert one.port != two.port

    one.client("s3").create_bucket(Bucket="of-one")
    assert "of-one" not in {bucket["Name"] for bucket in two.client("s3").list_buckets()["Buckets"]}

    operator.do("down")
    assert not one.is_running()
    assert two.is_running()
    operator.do("down", "--all")
    assert not two.is_running()


def test_an_emulator_that_died_is_named_and_up_starts_anew(operator: Operator) -> None:
    operator.do("up")
    before = state_of(operator)
    os.kill(before.pid, signal.SIGKILL)
    wait_for(lambda: not before.is_running())

    complaint = operator.run("outputs")
    assert complaint.returncode == 1
    assert "The local cloud 'local' has died" in complaint.stderr
    again = operator.run("up")
    assert "had died: removing its remains" in again.stderr
    after = state_of(operator)
    assert after.is_running()
    assert after.pid != before.pid

    os.kill(after.pid, signal.SIGKILL)
    operator.do("down")
    assert operator.running("local") == []
    assert not after.home.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_stops_what_it_started(operator: Operator, number: signal.Signals) -> None:
    write(operator.project.root, {"terraform/app/slow.tf": SLOW})
    process = operator.start("up")
    wait_for(lambda: is_applying(operator), process)

    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, complaint = process.communicate(timeout=60)

    assert process.returncode != 0
    assert "`up` did not finish: the emulator is up, the functions are packaged" in complaint
    assert "What it had started has been stopped" in complaint
    assert operator.running("local") == []
    assert not operator.project.cloud_folder("local").exists()


def test_down_ends_what_a_killed_up_has_left_running(operator: Operator) -> None:
    write(operator.project.root, {"terraform/app/slow.tf": SLOW})
    home = operator.project.cloud_folder("local")
    process = operator.start("up")
    wait_for(lambda: is_applying(operator), process)
    process.kill()
    process.communicate(timeout=60)
    bystander = subprocess.Popen(["sleep", "100"])

    try:
        operator.do("down")
        assert processes.list_cloud_processes(home) == []
        assert not home.exists()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_an_up_that_fails_stops_what_it_started_and_shows_the_error_in_full(operator: Operator) -> None:
    write(operator.project.root, {"terraform/app/broken.tf": BROKEN})

    failed = operator.run("up")

    assert failed.returncode == 1
    assert "Applying dev failed" in failed.stderr
    assert "no-such-file" in failed.stderr
    assert "on broken.tf line 2" in failed.stderr
    assert "Terraform has its state in the cloud. What it had started has been stopped" in failed.stderr
    assert operator.running("local") == []
    assert not operator.project.cloud_folder("local").exists()

    kept = operator.run("up", "--keep")
    assert "The local cloud 'local' stays; `make down` stops it" in kept.stderr
    assert state_of(operator).is_running()
    (operator.project.app / "broken.tf").unlink()
    operator.do("up")


def test_one_command_at_a_time_works_on_a_cloud(operator: Operator) -> None:
    process = operator.start("up")
    wait_for(lambda: clouds.read_cloud(operator.project.cloud_folder("local")), process)

    refused = operator.run("down")
    process.communicate(timeout=240)

    assert refused.returncode == 1
    assert "Another command is using the local cloud 'local'" in refused.stderr
    assert process.returncode == 0


def test_a_port_that_is_taken_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ".retail" / "local"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], ministack.find_free_port()])
        monkeypatch.setattr(ministack, "find_free_port", lambda: next(ports))
        try:
            cloud = ministack.start_emulator(home)
            assert cloud.port != taken.getsockname()[1]
            assert ministack.is_healthy(cloud.port)
        finally:
            assert processes.end_cloud_processes(home) >= 1


def test_an_emulator_that_does_not_come_up_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ministack, "build_emulator_environ", lambda _cloud: {"GATEWAY_PORT": "none"})

    with pytest.raises(ministack.UserError, match=r"(?s)did not start\. The end of its log:.*none"):
        ministack.start_emulator(tmp_path / ".retail" / "local")
    assert processes.list_cloud_processes(tmp_path / ".retail" / "local") == []
