"""How the command line starts and ends."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from retailctl import cli
from retailctl.errors import UserError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("It is closed: come tomorrow."), "retailctl: It is closed: come tomorrow."),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "does not answer"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "Not you"}}, "ListObjectsV2"),
            "retailctl: AWS refused ListObjectsV2 (AccessDenied): Not you. `aws sts",
        ),
        (ResponseParserError("<html>"), "retailctl: What answers in the place of AWS is not AWS (<html>)"),
        (NoCredentialsError(), "retailctl: AWS cannot be asked: Unable to locate credentials. See"),
    ],
)
def test_what_the_operator_can_mend_is_one_sentence_and_exit_status_1(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)

    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert said in capsys.readouterr().err


def test_a_command_imports_only_what_it_needs() -> None:
    """What asks no AWS starts without its library, and no command imports the others."""
    code = (
        "import sys\nfrom retailctl import cli\n"
        "try: cli.main()\n"
        "finally: print(*{'botocore', 'segno', 'retailctl.simulation'} & set(sys.modules))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", code, "environments"], capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines()[-1] == ""
