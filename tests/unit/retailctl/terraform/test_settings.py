"""What leaks in from a shell: settings of Terraform that were meant for another project."""

from __future__ import annotations

import pytest

from retailctl.errors import UserError
from retailctl.terraform import settings


def test_another_projects_settings_have_no_effect_and_are_named() -> None:
    environ = {
        "HOME": "/home/ada",
        "TF_WORKSPACE": "foo",
        "TF_DATA_DIR": "/elsewhere",
        "TF_VAR_environment": "prod",
        "TF_VAR_region": "eu-west-1",
        "TF_REATTACH_PROVIDERS": "{}",
        "TF_SOMETHING_NEW": "1",
    }

    assert settings.select_settings(environ) == {"HOME": "/home/ada"}
    assert settings.list_ignored(environ) == sorted(environ.keys() - {"HOME"})


def test_settings_of_terraforms_own_working_stay() -> None:
    environ = {
        "TF_CLI_CONFIG_FILE": "/etc/terraform.rc",
        "TF_CLI_ARGS_plan": "-lock-timeout=10m -parallelism=2",
        "TF_CLI_ARGS_apply": "-lock=false",
        "TF_LOG": "debug",
        "TF_PLUGIN_CACHE_DIR": "/cache",
        "TF_TOKEN_app_terraform_io": "token",
        "TF_VAR_permissions_boundary_arn": "arn",
        "TF_VAR_default_branch": "trunk",
        "TF_VAR_oidc_provider_arn": "arn",
    }

    assert settings.select_settings(environ) == environ
    assert settings.list_ignored(environ) == []


@pytest.mark.parametrize(
    ("name", "value", "options"),
    [
        ("TF_CLI_ARGS", "-no-color", "-no-color"),
        ("TF_CLI_ARGS", "-lock=false", "-lock=false"),
        ("TF_CLI_ARGS_plan", "-lock=false -target=aws_s3_bucket.x", "-target=aws_s3_bucket.x"),
        ("TF_CLI_ARGS_apply", "-var environment=prod", "-var environment=prod"),
        ("TF_CLI_ARGS_destroy", "-state='odd", "-state='odd"),
    ],
)
def test_options_that_could_plan_something_else_are_refused_by_name(
    name: str, value: str, options: str
) -> None:
    with pytest.raises(UserError) as refused:
        settings.select_settings({name: value})
    assert str(refused.value).startswith(
        f"{name} in this shell would give Terraform the options {options}: unset"
    )


def test_an_empty_setting_is_none() -> None:
    assert settings.list_ignored({"TF_CLI_ARGS": "", "TF_CLI_ARGS_plan": ""}) == ["TF_CLI_ARGS"]
