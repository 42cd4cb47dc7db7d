"""Where an environment is applied, and by whose credentials."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from retailctl.environments import target
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.explanations import NETWORK_SETTINGS, explain_error
from retailctl.project import Project
from support.miniature import a_cloud


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


def test_another_projects_terraform_settings_have_no_effect_and_are_named(
    clone: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("TF_WORKSPACE", "TF_DATA_DIR", "TF_VAR_environment"):
        monkeypatch.setenv(name, "foo")

    for cloud in (None, a_cloud(clone)):
        workspace = Target(clone, "dev", cloud).build_app_workspace()
        environ = workspace.build_process_environ()
        assert "TF_WORKSPACE" not in environ
        assert "TF_VAR_environment" not in environ
        assert environ["TF_DATA_DIR"] == str(workspace.data)
    target.check_shell()
    assert "Ignored in this shell: TF_DATA_DIR, TF_VAR_environment, TF_WORKSPACE." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_S3", "http://localhost:4566"),
        ("AWS_SSE_CUSTOMER_KEY", "key"),
        ("AWS_S3_ENDPOINT", "https://s3.example"),
    ],
)
def test_a_shell_that_leads_elsewhere_than_to_aws_is_refused_before_anything_is_planned(
    clone: Project, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(target.installation, "find_terraform", lambda: "terraform")
    monkeypatch.setenv(name, value)

    with pytest.raises(
        UserError, match=rf"^{name} in this shell would lead calls elsewhere than to AWS: unset"
    ):
        target.resolve_target("dev", "aws")
    with pytest.raises(UserError, match=rf"^{name} "):
        Target(clone, "dev", None).build_app_workspace()
    assert Target(clone, "dev", a_cloud(clone)).build_app_workspace()


def test_an_endpoint_in_a_network_of_ones_own_is_no_other_place(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com")

    assert Target(clone, "dev", None).build_app_workspace()


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
        (NoCredentialsError(), "dev is in AWS, and there are no credentials"),
    ],
)
def test_credentials_that_do_not_do_are_a_sentence(
    clone: Project, error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "client", lambda *_arguments, **_settings: Caller(error))

    with pytest.raises(UserError, match=sentence):
        target.read_account_id(Target(clone, "dev", None))


def test_a_network_that_fails_is_not_blamed_on_the_credentials(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = EndpointConnectionError(endpoint_url="https://sts")
    monkeypatch.setattr(boto3, "client", lambda *_arguments, **_settings: Caller(error))
    for name in NETWORK_SETTINGS:
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(EndpointConnectionError):
        target.read_account_id(Target(clone, "dev", None))
    assert explain_error(error).endswith("check the network.")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:x")
    assert explain_error(error).endswith("check the network, and HTTPS_PROXY in this shell.")


MALFORMED = [
    "http://h/a b",
    "http://h/\n",
    "http://[",
    "http://",
    "h",
    "ftp://h",
    "http://h:99999",
    "http://h:x",
]


@pytest.mark.parametrize("address", MALFORMED)
def test_a_malformed_address_in_the_shell_is_named(address: str) -> None:
    for check in (target.check_addresses, target.check_aws_settings):
        with pytest.raises(UserError) as refused:
            check({"AWS_ENDPOINT_URL_STS": address})
        assert str(refused.value).startswith(
            f"AWS_ENDPOINT_URL_STS in this shell is {address!r}, a malformed address ("
        )
    target.check_addresses({"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "https://s3.example.com:8443/x"})


def test_a_bucket_that_is_not_ours_is_no_missing_bucket(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = ClientError({"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadBucket")
    monkeypatch.setattr(boto3, "client", lambda *_arguments, **_settings: Caller(error))

    with pytest.raises(
        UserError, match="These credentials may not access the bucket miniature-state for the state of dev"
    ):
        Target(clone, "dev", None).has_state_bucket()
