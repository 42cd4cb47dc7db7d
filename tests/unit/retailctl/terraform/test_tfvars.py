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
