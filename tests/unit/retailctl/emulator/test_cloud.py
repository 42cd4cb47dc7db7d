"""What is known of a local cloud, and how it and an environment's place are reached."""

from __future__ import annotations

import io
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from retailctl import cli, console, files, progress, project
from retailctl.emulator import cloud, ministack
from retailctl.emulator.cloud import Cloud
from retailctl.environments import outputs, target
from retailctl.environments.target import Target
from retailctl.errors import CloudNotRunning, UserError
from retailctl.local_cloud import up_down
from retailctl.project import Project
from retailctl.terraform import tfvars
from support.miniature import miniature, write
from tools import validate


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("RETAIL_ROOT", str(tmp_path))
    return miniature(tmp_path)


def a_cloud(clone: Project, **fields: Any) -> Cloud:
    known = {
        "name": "local",
        "home": clone.cloud_folder("local"),
        "pid": 2**22 + 1,
        "port": 4566,
        "access_key_id": "AKIA1",
        "secret_access_key": "secret",
        "account_id": "000000000000",
        "region": "us-east-1",
        "environments": ("dev",),
    }
    return Cloud(**{**known, **fields})


def test_what_is_saved_is_read_again(clone: Project) -> None:
    saved = a_cloud(clone)
    saved.save_state()

    assert cloud.read_cloud(saved.home) == saved
    assert (saved.home / "state.json").stat().st_mode & 0o777 == 0o600
    assert "name" not in json.loads((saved.home / "state.json").read_text())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"environments": 1}', '{"environments": [], "odd": 1}'])
def test_a_state_that_cannot_be_read_is_none(clone: Project, content: str) -> None:
    write(clone.cloud_folder("local"), {"state.json": content})

    assert cloud.read_cloud(clone.cloud_folder("local")) is None


def test_a_cloud_that_was_never_started_or_has_died_names_the_remedy(clone: Project) -> None:
    with pytest.raises(CloudNotRunning, match="'local' is not running: start it with `make up`"):
        cloud.load_cloud("local")
    with pytest.raises(CloudNotRunning, match="`make up CLOUD=two`"):
        cloud.load_cloud("two")
    a_cloud(clone).save_state()
    with pytest.raises(CloudNotRunning, match=r"'local' has died \(see .*emulator\.log\)"):
        cloud.load_cloud("local", clone)


def test_its_client_reaches_it_whatever_the_ambient_settings(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.example")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")

    client = a_cloud(clone).client("kinesis", read_timeout=5)

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.config.proxies == {}
    assert client.meta.config.read_timeout == 5


def test_nothing_ambient_leads_from_a_local_cloud_to_an_account(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/bundle")

    environ = Target(clone, "dev", a_cloud(clone)).environ

    assert {name for name in environ if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_CA_BUNDLE",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_MAX_ATTEMPTS",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
    }
    assert Target(clone, "dev", None).environ["AWS_PROFILE"] == "prod"


def test_the_emulator_s_environment_holds_nothing_of_ours(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCORES_TABLE", "ours")

    environ = ministack.build_emulator_environ(a_cloud(clone))

    assert "SCORES_TABLE" not in environ
    assert environ["BIND_HOST"] == "127.0.0.1"
    assert environ["AUTH"] == "true"
    assert all(
        Path(environ[name]).is_relative_to(clone.cloud_folder("local"))
        for name in ("TMPDIR", "STATE_DIR", "HOME")
    )


@pytest.mark.parametrize(
    ("api_url", "reachable"),
    [
        ("http://ab12.execute-api.localhost:4566", "/_aws/execute-api/ab12/%24default"),
        ("https://ab12.execute-api.us-east-1.amazonaws.com/", "/_aws/execute-api/ab12/%24default"),
        ("https://ab12.execute-api.us-east-1.amazonaws.com/v1", "/_aws/execute-api/ab12/v1"),
        ("https://ab12.execute-api.us-east-1.amazonaws.com/v1/x", "/_aws/execute-api/ab12/v1/x"),
    ],
)
def test_an_api_s_address_becomes_one_that_works_here(clone: Project, api_url: str, reachable: str) -> None:
    assert outputs.resolve_api_url(api_url, a_cloud(clone)) == f"http://127.0.0.1:4566{reachable}"
    assert outputs.resolve_api_url("https://shop.example/api", a_cloud(clone)) == "https://shop.example/api"


def test_outputs_are_shown_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    arns = ["arn:1", "arn:2"]
    outputs.print_outputs(
        {
            "stream_name": "events",
            "functions": {"b": "f-b", "long": "f-l"},
            "shards": 2,
            "alarms": arns,
            "none": {},
        }
    )
    outputs.print_outputs({})

    assert capsys.readouterr().out.splitlines() == [
        "shards       2",
        "stream_name  events",
        "alarms:",
        "  arn:1",
        "  arn:2",
        "functions:",
        "  b     f-b",
        "  long  f-l",
        "none:",
        "  (none)",
    ]


def test_outputs_of_an_environment_that_is_not_applied_name_the_remedy(clone: Project) -> None:
    with pytest.raises(UserError, match=r"staging is not applied .* \(applied: dev\): .*make up ENV=staging"):
        outputs.read_local_outputs(a_cloud(clone), "staging")


def test_a_clone_knows_its_environments_and_refuses_others(clone: Project) -> None:
    assert clone.environments == ("dev", "prod")
    assert clone.check_environment("dev") == "dev"
    with pytest.raises(UserError, match=r"no environment 'test': set ENV .* to one of dev, prod"):
        clone.check_environment("test")


@pytest.mark.parametrize("name", ["", "../up", "Local", "a b", "-x"])
def test_a_name_that_would_not_do_as_a_folder_is_refused(clone: Project, name: str) -> None:
    with pytest.raises(UserError, match="cannot name a local cloud"):
        clone.cloud_folder(name)


def test_a_command_for_local_clouds_only_does_not_take_aws(clone: Project) -> None:
    with pytest.raises(UserError, match="acts on a local cloud only: leave out --cloud aws"):
        clone.cloud_folder("aws")


def test_outside_of_a_clone_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIL_ROOT", str(tmp_path))

    with pytest.raises(UserError, match="clone it and run `make setup`"):
        project.find_project()


def test_values_are_read_by_name(clone: Project) -> None:
    file = clone.values_file("dev")
    write(
        file.parent,
        {"terraform.tfvars": 'region = "eu-west-1"\nallowed_account_ids = ["111122223333", "2"]\n'},
    )

    assert tfvars.read_value(file, "region") == "eu-west-1"
    assert tfvars.read_list_value(file, "allowed_account_ids") == ["111122223333", "2"]
    assert tfvars.read_list_value(file, "others") == []
    assert up_down._account(clone, "dev") == {"region": "eu-west-1", "account_id": "111122223333"}
    with pytest.raises(UserError, match="does not set colour: add"):
        tfvars.read_value(file, "colour")


def test_every_bucket_for_states_has_a_bootstrap_state_of_its_own(clone: Project) -> None:
    in_aws, here = Target(clone, "dev", None), Target(clone, "dev", a_cloud(clone))

    assert in_aws.bootstrap_state == clone.bootstrap / "miniature-state.tfstate"
    assert here.bootstrap_state.is_relative_to(clone.cloud_folder("local"))
    assert in_aws.place == "AWS"


class Caller:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_caller_identity(self) -> None:
        raise self.error

    def head_bucket(self, **_: str) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            ClientError({"Error": {"Code": "ExpiredToken"}}, "GetCallerIdentity"),
            r"AWS refuses the credentials \(ExpiredToken\): log in again",
        ),
        (
            EndpointConnectionError(endpoint_url="https://sts"),
            "dev is in AWS, and there are no credentials",
        ),
    ],
)
def test_credentials_that_do_not_do_are_a_sentence(
    clone: Project, error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_arguments, **_settings: Caller(error))

    with pytest.raises(UserError, match=sentence):
        target.read_account_id(Target(clone, "dev", None))


def test_a_bucket_that_is_not_ours_is_no_missing_bucket(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ClientError({"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadBucket")
    monkeypatch.setattr(boto3, "client", lambda *_arguments, **_settings: Caller(error))

    with pytest.raises(
        UserError, match="These credentials may not access the bucket miniature-state for the state of dev"
    ):
        Target(clone, "dev", None).has_state_bucket()


def test_a_name_that_is_typed_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _self: True})())
    monkeypatch.setattr(typer, "prompt", lambda _question, **_options: "prod")

    console.require_confirmation("prod", "destroying prod", None)
    with pytest.raises(UserError, match="'prod' does not confirm destroying dev, which wants 'dev'"):
        console.require_confirmation("dev", "destroying dev", None)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "file"
    assert files.write_atomically(path, "one")
    assert not files.write_atomically(path, b"one")

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError):  # noqa: PT011 - ours, raised above
        files.write_atomically(path, "two")
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert path.read_text() == "one"


def test_a_lock_is_for_one_at_a_time(clone: Project) -> None:
    with (
        files.hold_lock(clone, "till"),
        pytest.raises(UserError, match="somebody is at it"),
        files.hold_lock(clone, "till", or_else="somebody is at it"),
    ):
        pass
    with files.hold_lock(clone, "till", or_else="nobody is"):
        pass


def test_steps_may_overlap_and_each_says_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.show_progress("One") as first:
        first(1, None)
        with progress.show_progress("Two") as second:
            second(1, 2)
    with pytest.raises(UserError), progress.show_progress("Three"):
        raise UserError

    printed = capsys.readouterr().err
    assert re.findall(r"✓ (\w+) \(\d+\.\d s\)", printed) == ["Two", "One"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("It is closed: come tomorrow."), "retailctl: It is closed: come tomorrow."),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "does not answer"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "Not you"}}, "ListObjectsV2"),
            "retailctl: AWS refused ListObjectsV2 (AccessDenied): Not you. `aws sts",
        ),
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


def test_the_shell_is_told_how_to_reach_a_cloud(
    clone: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cloud, "load_cloud", lambda _name: a_cloud(clone))

    up_down.print_exports()

    printed = capsys.readouterr().out
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in printed
    assert printed.endswith("unset AWS_PROFILE AWS_SESSION_TOKEN\n")


def test_down_on_what_does_not_run_says_so(clone: Project, capsys: pytest.CaptureFixture[str]) -> None:
    up_down.stop_local_cloud()

    assert "The local cloud 'local' was not running." in capsys.readouterr().err
    assert clone.scratch.is_dir()


def test_the_emulator_s_process_runs_ministack_with_no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack import app  # noqa: PLC0415 - importing it starts half of it

    seen: list[list[str]] = []
    monkeypatch.setattr(app, "main", lambda: seen.append(list(sys.argv)))
    monkeypatch.setattr(sys, "argv", ["retailctl.emulator.ministack", "/clone/.retail/local"])

    ministack.main()

    assert seen == [["ministack"]]


@pytest.mark.parametrize(
    ("stays", "words"),
    [(True, "stays; `make down` stops it"), (False, "What it had started has been stopped")],
)
def test_an_up_whose_emulator_died_shows_its_last_words(
    clone: Project, capsys: pytest.CaptureFixture[str], words: str, *, stays: bool
) -> None:
    dead = a_cloud(clone)
    write(dead.home, {"emulator.log": "Traceback\nMemoryError\n"})

    up_down._end_unfinished(dead.home, dead, ["the emulator is up"], stays=stays)

    said = capsys.readouterr().err
    assert "The emulator has died. The end of its log:\nTraceback\nMemoryError" in said
    assert "`up` did not finish: the emulator is up." in said
    assert words in said
    assert dead.home.exists() is stays


def test_a_bootstrap_that_fails_fails_the_up(clone: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_target: Target) -> None:
        raise UserError("no bucket for you")

    monkeypatch.setattr(up_down.environments_state, "apply_bootstrap", fail)
    monkeypatch.setattr(Target, "has_state_bucket", lambda _self: False)

    with ThreadPoolExecutor(1) as aside, pytest.raises(UserError, match="no bucket for you"):
        up_down._apply_environment(Target(clone, "dev", a_cloud(clone)), aside, [])


def test_a_module_without_an_example_fails_the_validation(clone: Project) -> None:
    write(clone.root, {"modules/table/main.tf": "", "modules/testing/mocks/aws.tfmock.hcl": ""})

    with pytest.raises(UserError, match=r"These modules have no examples/basic: table\."):
        validate.list_targets(clone)
