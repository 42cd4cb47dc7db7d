"""An environment's outputs, as the operator sees them."""

from __future__ import annotations

import pytest

from retailctl.environments import outputs
from retailctl.errors import UserError
from retailctl.project import Project
from support.miniature import a_cloud


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
    functions = {"b": "f-b", "long": "f-l"}
    outputs.print_outputs(
        {"stream_name": "events", "functions": functions, "shards": 2, "alarms": arns, "none": {}}
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
    with pytest.raises(UserError, match=r"prod is not applied .* \(applied: dev\): .*make up ENV=prod"):
        outputs.read_local_outputs(a_cloud(clone), "prod")
    with pytest.raises(UserError, match=r"There is no environment 'nosuch': set ENV .* to one of dev, prod"):
        outputs.read_local_outputs(a_cloud(clone), "nosuch")
