from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailctl import project
from tools import module_readmes
from tools.module_readmes import DocsError, Input, Output

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = """
variable "retries" {
  description = "How often; \\"0\\" is never | at all."
  type        = number
  default     = 3
}

variable "name" {
  description = <<-EOT
    What it is called,
    whole.
  EOT
  type        = string
}
"""
OUTPUTS = """
output "id" {
  description = "Its id."
  value       = terraform_data.this.id
}
"""
EXAMPLE = """terraform {
  required_version = ">= 1.11"
}

provider "aws" {
  region = "us-east-1"
}

module "thing" {
  source = "../.."
  name   = "example"
}
"""
README = """# thing

What it is for.

<!-- BEGIN_USAGE -->
<!-- END_USAGE -->

<!-- BEGIN_TF_DOCS -->
<!-- END_TF_DOCS -->
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    module = tmp_path / "thing"
    (module / "examples" / "basic").mkdir(parents=True)
    (module / "variables.tf").write_text(VARIABLES)
    (module / "outputs.tf").write_text(OUTPUTS)
    (module / "examples" / "basic" / "main.tf").write_text(EXAMPLE)
    (module / "README.md").write_text(README)
    return module


def test_inputs_are_listed_by_name_after_those_that_have_to_be_given() -> None:
    assert module_readmes.parse_inputs(VARIABLES) == [
        Input("name", "What it is called, whole.", "string", None),
        Input("retries", 'How often; "0" is never | at all.', "number", "3"),
    ]


def test_outputs_are_listed_with_what_they_are() -> None:
    assert module_readmes.parse_outputs(OUTPUTS) == [Output("id", "Its id.")]


@pytest.mark.parametrize(
    ("hcl", "shown"),
    [
        ("null", "null"),
        ("true", "true"),
        ("1.5", "1.5"),
        ('"S"', '"S"'),
        ("{}", "{}"),
        ("[]", "[]"),
        ('["a", "b"]', '["a", "b"]'),
        ("{ days = 7, on = false }", "{ days = 7, on = false }"),
    ],
)
def test_a_default_is_shown_in_terraforms_words(hcl: str, shown: str) -> None:
    [found] = module_readmes.parse_inputs(f'variable "x" {{\n  default = {hcl}\n}}\n')

    assert found == Input("x", "", "any", shown)


def test_a_pipe_in_a_description_does_not_end_the_cell() -> None:
    assert "is never \\| at all" in module_readmes.render_tables(VARIABLES, OUTPUTS)


def test_a_short_type_stays_in_one_line() -> None:
    variables = 'variable "key" {\n  type = object({ name = string })\n}\n'

    assert "`object({name = string})`" in module_readmes.render_tables(variables, "")


def test_a_long_type_has_a_line_for_each_attribute_of_each_object() -> None:
    variables = """
variable "routes" {
  type = map(object({
    function = string
    cors     = optional(object({ origins = list(string), headers = optional(list(string), ["a", "b"]) }), {})
    label    = optional(string, "x, y")
  }))
}
"""
    lines = [
        "map(object({",
        "  function = string",
        "  cors = optional(object({",
        "    origins = list(string)",
        '    headers = optional(list(string), ["a", "b"])',
        "  }), {})",
        '  label = optional(string, "x, y")',
        "}))",
    ]

    assert f"<pre>{'<br>'.join(lines)}</pre>" in module_readmes.render_tables(variables, "")


def test_a_module_without_inputs_or_outputs_says_so() -> None:
    assert module_readmes.render_tables("", "") == "## Inputs\n\nNone.\n\n## Outputs\n\nNone."


def test_a_usage_is_what_the_example_says_after_its_provider_for_somebody_elsewhere() -> None:
    neighbour = 'module "key" {\n  source = "../../../encryption-key"\n}\n'
    base = "git::https://git.example.com/hello-retail.git//modules"

    assert module_readmes.render_usage(EXAMPLE + neighbour, "thing", "1.2.3") == (
        f'```hcl\nmodule "thing" {{\n  source = "{base}/thing?ref=v1.2.3"\n  name   = "example"\n}}\n'
        f'module "key" {{\n  source = "{base}/encryption-key?ref=v1.2.3"\n}}\n```'
    )


def test_a_readme_is_stale_until_it_is_written_and_when_the_code_has_changed(module: Path) -> None:
    assert module_readmes.is_readme_stale(module)
    assert module_readmes.write_readme(module)
    assert not module_readmes.is_readme_stale(module)
    assert not module_readmes.write_readme(module)

    (module / "outputs.tf").write_text(OUTPUTS.replace("Its id.", "The id."))

    assert module_readmes.is_readme_stale(module)


def test_writing_keeps_what_people_wrote(module: Path) -> None:
    module_readmes.write_readme(module)

    text = (module / "README.md").read_text()
    assert text.startswith("# thing\n\nWhat it is for.\n\n<!-- BEGIN_USAGE -->\n```hcl\nmodule ")
    assert text.endswith("| `id` | Its id. |\n<!-- END_TF_DOCS -->\n")


def test_a_usage_is_written_only_where_the_readme_has_a_place_for_it(module: Path) -> None:
    (module / "README.md").write_text("<!-- BEGIN_TF_DOCS --><!-- END_TF_DOCS -->")

    module_readmes.write_readme(module)

    assert "```hcl" not in (module / "README.md").read_text()


def add_example(module: Path, name: str) -> None:
    (module / "examples" / name).mkdir()
    (module / "examples" / name / "main.tf").write_text(EXAMPLE.replace('"example"', f'"{name}"'))


def test_a_further_example_stands_where_the_readme_names_it(module: Path) -> None:
    add_example(module, "large")
    begin, end = "<!-- BEGIN_USAGE large -->", "<!-- END_USAGE large -->"
    (module / "README.md").write_text(f"{README}{begin}\n{end}\n")

    module_readmes.write_readme(module)

    first, _, second = (module / "README.md").read_text().partition(begin)
    assert 'name   = "example"' in first
    assert 'name   = "large"' in second


def test_an_example_that_the_readme_leaves_out_is_refused(module: Path) -> None:
    add_example(module, "large")

    with pytest.raises(DocsError, match=r"leaves out examples: add <!-- BEGIN_USAGE large -->"):
        module_readmes.is_readme_stale(module)


@pytest.mark.parametrize(
    ("readme", "what"),
    [
        ("# thing\n", "does not say where its tables go"),
        ("<!-- BEGIN_TF_DOCS -->\n", "does not say where its tables go"),
        (
            "<!-- BEGIN_USAGE --><!-- BEGIN_TF_DOCS --><!-- END_TF_DOCS -->",
            "begins its usage and does not end it",
        ),
    ],
)
def test_a_readme_without_its_marks_is_refused(module: Path, readme: str, what: str) -> None:
    (module / "README.md").write_text(readme)

    with pytest.raises(DocsError, match=what):
        module_readmes.is_readme_stale(module)


def test_a_module_without_a_readme_is_refused(module: Path) -> None:
    (module / "README.md").unlink()

    with pytest.raises(DocsError, match=r"README\.md is missing"):
        module_readmes.write_readme(module)


def test_modules_are_the_folders_that_have_variables(module: Path) -> None:
    (module.parent / "testing" / "mocks").mkdir(parents=True)

    assert module_readmes.list_modules(module.parent) == [module]


def test_checking_names_each_stale_readme_and_writes_nothing(
    module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert module_readmes.main(["--check"], module.parent) == 1

    assert "thing/README.md is stale" in capsys.readouterr().err
    assert (module / "README.md").read_text() == README


def test_after_writing_the_check_is_silent(module: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert module_readmes.main([], module.parent) == 0
    assert "thing/README.md was written anew" in capsys.readouterr().err

    assert module_readmes.main(["--check"], module.parent) == 0
    assert capsys.readouterr().err == ""


def test_a_module_that_cannot_be_documented_fails_the_check_and_hides_no_other(
    module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (module.parent / "another").mkdir()
    (module.parent / "another" / "variables.tf").write_text("")

    assert module_readmes.main(["--check"], module.parent) == 1

    said = capsys.readouterr().err
    assert "another/outputs.tf is missing" in said
    assert "thing/README.md is stale" in said


def test_without_a_folder_the_modules_of_this_clone_are_meant(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (module.parent / "modules").mkdir()
    module.rename(module.parent / "modules" / "thing")
    (module.parent / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    monkeypatch.setattr(project, "find_project", lambda: project.Project(module.parent))

    assert module_readmes.main([]) == 0
    assert module_readmes.is_readme_stale(module.parent / "modules" / "thing") is False
