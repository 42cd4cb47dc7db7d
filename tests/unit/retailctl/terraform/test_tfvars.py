"""An environment's values, read by name."""

from __future__ import annotations

import pytest

from retailctl.errors import UserError
from retailctl.project import Project
from retailctl.terraform import tfvars
from support.miniature import write


def test_values_are_read_by_name(clone: Project) -> None:
    file = clone.values_file("dev")
    write(
        file.parent,
        {"terraform.tfvars": 'region = "eu-west-1"\nallowed_account_ids = ["111122223333", "2"]\n'},
    )

    assert tfvars.read_value(file, "region") == "eu-west-1"
    assert tfvars.read_list_value(file, "allowed_account_ids") == ["111122223333", "2"]
    assert tfvars.read_list_value(file, "others") == []
    with pytest.raises(UserError, match="does not set colour: add"):
        tfvars.read_value(file, "colour")


@pytest.mark.parametrize(
    "text",
    [
        'region="eu-west-1"',
        '# region = "us-east-1"\nregion = "eu-west-1" # here\n',
        '/*\nregion = "us-east-1"\n*/\nregion = "eu-west-1"\r\n',
        'note = "region = \\"us-east-1\\""\nregion = "eu-west-1"\n',
        'other = {\n  region = "us-east-1"\n}\nregion = "eu-west-1"\n',
        'note = <<EOT\nregion = "us-east-1"\nEOT\nregion = "eu-west-1"\n',
        '\ufeffregion = "eu-west-1"\n',
    ],
)
def test_a_value_is_what_terraform_takes_for_it(clone: Project, text: str) -> None:
    file = clone.values_file("dev")
    file.write_text(text, encoding="utf-8")

    assert tfvars.read_value(file, "region") == "eu-west-1"


@pytest.mark.parametrize("text", ['ids = ["1", "2"]', 'ids = [\n  "1", # one\n  "2",\n]\n'])
def test_a_list_may_have_a_line_for_each(clone: Project, text: str) -> None:
    file = clone.values_file("dev")
    file.write_text(text)

    assert tfvars.read_list_value(file, "ids") == ["1", "2"]


@pytest.mark.parametrize("text", ["region = 3", "region = null", 'region = ["eu-west-1"]', ""])
def test_what_is_no_text_is_not_set(clone: Project, text: str) -> None:
    file = clone.values_file("dev")
    file.write_text(text)

    with pytest.raises(UserError, match=r'does not set region: add `region = "…"`'):
        tfvars.read_value(file, "region")


@pytest.mark.parametrize(("text", "line"), [('a = "1"\nregion = "x\n', 2), ("region = \n", 1), ("}", 1)])
def test_what_is_no_hcl_is_told_with_its_line(clone: Project, text: str, line: int) -> None:
    file = clone.values_file("dev")
    file.write_text(text)

    with pytest.raises(UserError, match=rf"terraform\.tfvars, line {line}, is not HCL"):
        tfvars.read_value(file, "region")


def test_a_file_that_is_not_there_sets_nothing(clone: Project) -> None:
    assert tfvars.read_values(clone.root / "nowhere.tfvars") == {}
