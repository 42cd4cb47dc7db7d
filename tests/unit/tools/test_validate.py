"""What is validated."""

from __future__ import annotations

import pytest

from retailctl.errors import UserError
from retailctl.project import Project
from support.miniature import write
from tools import validate


def test_a_module_without_an_example_fails_the_validation(clone: Project) -> None:
    write(clone.root, {"modules/table/main.tf": "", "modules/testing/mocks/aws.tfmock.hcl": ""})

    with pytest.raises(UserError, match=r"These modules have no examples/basic: table\."):
        validate.list_targets(clone)
