"""What keeps an apply off the wrong environment, and the root's own rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import hcl2
import pytest
from moto.server import ThreadedMotoServer

from retailctl.terraform import failures
from support import planned_app, variables_only

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
APP = ROOT / "terraform" / "app"
PIN = "terraform_data.environment_pin"
slow = pytest.mark.slow


def values(environment: str) -> str:
    return f"-var-file={ROOT}/environments/{environment}/terraform.tfvars"


def copy_of_the_variables(folder: Path) -> Path:
    """Copy the root's variables and guards, with stand-ins for the zips, and return the copy's root.

    The pin and the provider's block are planned with them as with all the rest, in a tenth of the time.
    """
    app = variables_only.copy_of(APP, folder / "terraform" / "app")
    (app / "tests" / "artifacts").rename(folder / "artifacts")
    return app


def run(app: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run Terraform for values that need the zips, and return what it said."""
    zips = f"-var=artifacts_dir={app.parents[1]}/artifacts"
    return planned_app.run(app, *arguments, "-input=false", "-no-color", zips, **extra)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a root whose state is dev's, as far as the pin goes."""
    app = copy_of_the_variables(tmp_path_factory.mktemp("clone"))
    done = run(app, "apply", "-auto-approve", values("dev"))
    assert done.returncode == 0, done.stderr
    return app


# The pin


@slow
@pytest.mark.parametrize("other", ["staging", "prod"])
def test_another_environments_values_are_refused_by_devs_state(dev: Path, other: str) -> None:
    done = run(dev, "plan", values(other))

    assert done.returncode == 1
    assert "Instance cannot be destroyed" in done.stderr
    assert PIN in done.stderr


@slow
def test_the_refusal_is_given_the_sentence_that_it_lacks(dev: Path) -> None:
    done = run(dev, "plan", values("prod"))

    assert "belong to different environments" in (failures.explain_failure(done.stderr, "prod") or "")


@slow
def test_its_own_values_change_nothing_of_the_pin(dev: Path) -> None:
    done = run(dev, "plan", "-detailed-exitcode", values("dev"))

    assert done.returncode == 0, done.stdout + done.stderr


@slow
def test_the_pin_says_whose_state_it_is(dev: Path) -> None:
    state = json.loads(planned_app.run(dev, "show", "-json").stdout)

    assert state["values"]["root_module"]["resources"][0]["values"]["input"] == "dev"


# The account


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """Yield the address of an AWS whose account is 123456789012."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def asking(aws: str) -> dict[str, str]:
    """Return the settings that reach that AWS."""
    return {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }


@slow
def test_an_account_that_the_environment_does_not_live_in_is_refused(
    tmp_path: Path, asking: dict[str, str]
) -> None:
    app = copy_of_the_variables(tmp_path)
    for name in ("versions.tf", ".terraform.lock.hcl"):
        shutil.copy(APP / name, app)
    planned_app.initialised(app, with_provider=True)

    done = run(app, "plan", values("prod"), '-var=allowed_account_ids=["999999999999"]', **asking)

    assert done.returncode == 1
    assert "AWS account ID not allowed: 123456789012" in done.stderr


@slow
def test_a_state_in_an_account_that_is_not_the_environments_is_refused(
    tmp_path: Path, asking: dict[str, str]
) -> None:
    app = planned_app.copy_of_the_app(tmp_path)
    backend = tmp_path / "environments" / "prod" / "backend.hcl"
    text = backend.read_text()
    backend.write_text(
        re.sub(r"allowed_account_ids\s*=\s*\[\]", 'allowed_account_ids = ["999999999999"]', text)
    )
    assert backend.read_text() != text

    place = ["-backend-config=bucket=state", "-backend-config=key=prod.tfstate"]
    options = ["-input=false", "-no-color", f"-backend-config={backend}", *place]
    done = planned_app.run(app, "init", *options, **asking)

    assert done.returncode == 1
    assert "123456789012" in done.stderr
    assert "not allowed" in done.stderr


# The rules


def test_every_input_of_the_root_says_what_it_is() -> None:
    for block in hcl2.loads((APP / "variables.tf").read_text())["variable"]:
        for label, body in block.items():
            assert body["description"].strip().rstrip('"').rstrip().endswith((".", "EOT")), label
            assert body["nullable"] is False, label
