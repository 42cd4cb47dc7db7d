"""The workflows: what they run works without GitHub, what they may is little, what they use is pinned.

check-jsonschema and zizmor are gates beside this; here is what neither can know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from retailctl import project
from retailctl.cli import app as command_line
from support import locks, makefile

ROOT = Path(__file__).parents[2]
FILES = sorted([*ROOT.glob(".github/workflows/*.y*ml"), *ROOT.glob(".github/actions/**/action.y*ml")])
WORKFLOWS = {file.name: yaml.safe_load(file.read_text()) for file in FILES if file.parent.name == "workflows"}
ACTIONS = {file.parent.name: yaml.safe_load(file.read_text()) for file in FILES if file.stem == "action"}
COMMANDS = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]
ENVIRONMENTS = project.find_project().environments
MAY_WRITE = {
    ("pull-request.yml", "plan"): {"id-token"},
    ("pull-request.yml", "comment"): {"pull-requests"},
    ("deploy.yml", "plan"): {"id-token"},
    ("deploy.yml", "apply"): {"id-token"},
    **{("merge.yml", name): {"id-token"} for name in ENVIRONMENTS},
    ("drift.yml", "drift"): {"id-token"},
    ("drift.yml", "issue"): {"issues"},
    ("set-up.yml", "issue"): {"issues"},
    ("rollback.yml", "rollback"): {"id-token"},
    ("destroy-dev.yml", "destroy"): {"id-token"},
}
"""Every permission to write that a job has: a token to be a role with, a comment, an issue."""
TAKES_NO_HISTORY = {
    "make smoke",
    "make builds",
    "retailctl environments",
    "retailctl plan-comment",
    "retailctl drift-issue",
    "python3 scripts/set_up_issue.py",
}
"""The commands that neither package, test nor compare commits."""
PARTS = tuple(re.findall(r"^parts=\(([a-z -]+)\)$", (ROOT / ".ci/run").read_text(), re.MULTILINE)[0].split())
"""What `.ci/run` runs where it is told no part."""
GATES = re.compile(rf"\.ci/run((?: (?:{'|'.join(PARTS)}))*)")
OTHER_PROGRAMS = {
    "python3 scripts/set_up_issue.py",  # where the set-up fails, neither make nor retailctl can tell of it
}
ENVIRONMENT_QUEUE = re.compile(r"environment-(\$\{\{ inputs\.environment \}\}|dev)")


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    """Return file, name and content of every job."""
    return [(file, name, job) for file, content in WORKFLOWS.items() for name, job in content["jobs"].items()]


def steps() -> list[tuple[str, dict[str, Any]]]:
    """Return every step, with the file that it is in."""
    found = [(f"{file}:{name}", step) for file, name, job in jobs() for step in job.get("steps", [])]
    actions = [(name, step) for name, content in ACTIONS.items() for step in content["runs"]["steps"]]
    return found + actions


def job(file: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = WORKFLOWS[file]["jobs"][name]
    return found


def using(content: dict[str, Any], action: str) -> list[dict[str, Any]]:
    """Return the inputs of a job's steps that use an action."""
    return [
        step.get("with", {}) for step in content.get("steps", []) if step.get("uses", "").startswith(action)
    ]


def ran(content: dict[str, Any]) -> list[str]:
    return [step["run"] for step in content.get("steps", []) if "run" in step]


def test_every_step_runs_a_make_target_or_a_command_of_retailctl_and_so_without_github() -> None:
    wrong = []
    for where, step in steps():
        for line in step.get("run", "").splitlines():
            make = re.match(r"make ([a-z-]+)(?: |$)", line)
            command = re.match(r"\.venv/bin/retailctl ([a-z-]+)(.*)", line)
            if make and make[1] in makefile.TARGETS:
                continue
            if command and command[1] in COMMANDS:
                known = {option for each in COMMANDS[command[1]].params for option in each.opts}
                if set(re.findall(r"(?<!\S)--[a-z-]+", command[2])) <= known:
                    continue
            if line not in OTHER_PROGRAMS and not GATES.fullmatch(line):
                wrong.append((where, line))
    assert not wrong


def test_what_a_step_sets_for_make_is_a_variable_of_the_makefile_or_of_terraform() -> None:
    set_for_make = {
        name for _, step in steps() if step.get("run", "").startswith("make") for name in step.get("env", {})
    }
    assert {name for name in set_for_make if not name.startswith("TF_CLI_ARGS_")} <= makefile.SETTINGS


@pytest.mark.parametrize("file", WORKFLOWS)
def test_nothing_may_be_done_but_what_a_job_says(file: str) -> None:
    assert WORKFLOWS[file]["permissions"] == {}
    assert all("permissions" in content for content in WORKFLOWS[file]["jobs"].values())


def test_a_job_may_write_no_more_than_is_written_down_here() -> None:
    found = {
        (file, name): {scope for scope, level in content["permissions"].items() if level != "read"}
        for file, name, content in jobs()
    }
    assert {key: scopes for key, scopes in found.items() if scopes} == MAY_WRITE
    read = {
        scope
        for _, _, content in jobs()
        for scope, level in content["permissions"].items()
        if level == "read"
    }
    assert read == {"contents"}


def test_whoever_may_be_a_role_writes_nothing_on_github() -> None:
    for file, name, content in jobs():
        if "id-token" in content["permissions"]:
            assert content["permissions"].keys() == {"contents", "id-token"}, f"{file}: {name}"


def test_every_action_is_pinned_by_its_full_hash_with_the_version_beside_it() -> None:
    lines = [
        (file.name, line.strip())
        for file in FILES
        for line in file.read_text().splitlines()
        if re.match(r"\s*(- )?uses: ", line) and "uses: $/.github/" not in line
    ]
    assert len(lines) > 10
    assert [
        each
        for each in lines
        if not re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", each[1])
    ] == []


def test_an_action_has_one_version_everywhere() -> None:
    pins = {
        found
        for file in FILES
        for found in re.findall(r"uses: ([\w-]+/[\w-]+)@([0-9a-f]{40})", file.read_text())
    }
    assert len(pins) == len({action for action, _ in pins})


FIRST_ON_NODE_24 = {
    "actions/checkout": 5,
    "actions/download-artifact": 7,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "aws-actions/configure-aws-credentials": 6,
    "hashicorp/setup-terraform": 4,
}
"""Each action's first major version that does not run on Node 20, which GitHub removed; by its changelog."""


def test_no_action_runs_on_a_node_that_github_removed() -> None:
    majors = {
        (action, int(major))
        for file in FILES
        for action, major in re.findall(r"uses: ([\w-]+/[\w-]+)@[0-9a-f]{40} # v(\d+)", file.read_text())
    }

    assert {action for action, _ in majors} == FIRST_ON_NODE_24.keys()
    assert [(action, major) for action, major in majors if major < FIRST_ON_NODE_24[action]] == []


def test_there_are_no_keys_and_no_secrets() -> None:
    text = "".join(file.read_text() for file in FILES)

    assert "secrets." not in text
    assert "aws-access-key-id" not in text
    assert "AWS_SECRET" not in text


def test_what_packages_tests_or_compares_commits_has_them_all() -> None:
    """Packaging a pinned generation takes any earlier commit, and a checkout brings the last one only."""
    found = {}
    for file, name, content in jobs():
        commands = {" ".join(line.removeprefix(".venv/bin/").split()[:2]) for line in ran(content)}
        if commands - TAKES_NO_HISTORY:
            found[file, name] = [given.get("fetch-depth") for given in using(content, "actions/checkout")]

    assert {("merge.yml", "package"), *(("gates.yml", name) for name in WORKFLOWS["gates.yml"]["jobs"])} <= (
        found.keys()
    )
    assert {where: depths for where, depths in found.items() if depths != [0]} == {}


def test_the_jobs_that_gate_run_every_part_of_the_gates_side_by_side() -> None:
    ran_parts: list[str] = []
    for content in WORKFLOWS["gates.yml"]["jobs"].values():
        (gates,) = (found for line in ran(content) if (found := GATES.fullmatch(line)))
        ran_parts += gates[1].split() or PARTS
        steps_and_job = [content, *content["steps"]]
        assert not {"needs", "if", "continue-on-error"} & {key for each in steps_and_job for key in each}

    assert sorted(ran_parts) == sorted(PARTS)
    for file in ("merge.yml", "pull-request.yml"):
        assert job(file, "gates")["uses"] == "$/.github/workflows/gates.yml"


def test_every_folder_of_tests_is_run_by_one_part_of_the_gates() -> None:
    folders = {
        f"tests/{file.relative_to(ROOT / 'tests').parts[0]}" for file in ROOT.glob("tests/**/test_*.py")
    }
    named = [word for part in PARTS for word in re.findall(r"tests/[a-z0-9]+", makefile.RECIPES[part])]

    assert sorted(named) == sorted(folders)
    testing = [part for part in PARTS if "pytest" in makefile.RECIPES[part]]
    assert {tuple(re.findall(r" -m '([^']+)'", makefile.RECIPES[part])) for part in testing} == {
        ("not nightly",)
    }
    assert "-m nightly" in makefile.RECIPES["test-nightly"]


def scripts(content: Any) -> Iterator[str]:
    """Yield what is run as a program's text, and what says which program and where, however deep it lies."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key in {"run", "script", "shell", "working-directory"} and isinstance(value, str):
                yield value
            yield from scripts(value)
    elif isinstance(content, list):
        for each in content:
            yield from scripts(each)


def test_no_template_expression_is_pasted_into_a_script() -> None:
    """A value from outside reaches a script as a variable of its environment, which is no command."""
    found = [script for content in (*WORKFLOWS.values(), *ACTIONS.values()) for script in scripts(content)]

    assert {step["run"] for _, step in steps() if "run" in step} <= set(found)
    assert [script for script in found if "${{" in script] == []


def test_a_template_expression_in_a_script_is_found_wherever_it_is() -> None:
    pasted = "make rollback TO=${{ inputs.build }}"
    for content in (
        {"jobs": {"one": {"steps": [{"run": pasted}]}}},
        {"runs": {"steps": [{"uses": "actions/github-script", "with": {"script": pasted}}]}},
        {"defaults": {"run": {"working-directory": pasted}}},
    ):
        assert list(scripts(content)) == [pasted]


def test_prod_and_every_other_environment_are_applied_only_behind_their_protection_and_one_at_a_time() -> (
    None
):
    applying = {"make apply", "make rollback", "make destroy"}
    found = [(file, name, content) for file, name, content in jobs() if applying & set(ran(content))]

    assert {(file, name) for file, name, _ in found} == {
        ("deploy.yml", "apply"),
        ("rollback.yml", "rollback"),
        ("destroy-dev.yml", "destroy"),
    }
    for file, name, content in found:
        assert content["environment"] in {"${{ inputs.environment }}", "dev"}
        queue = content.get("concurrency") or WORKFLOWS[file]["concurrency"]
        assert ENVIRONMENT_QUEUE.fullmatch(queue["group"]), f"{file}: {name}"
        assert queue["cancel-in-progress"] is False
        assert queue["queue"] == "max", "one that waits would be dropped without a word for a newer one"
        (role,) = using(content, "aws-actions/configure-aws-credentials")
        assert role["role-to-assume"] == "${{ vars.APPLY_ROLE_ARN }}"


def test_who_changes_an_environment_waits_for_the_lock_whatever_terraform_does() -> None:
    takes_the_lock = {
        "make plan": {"plan"},
        "make apply": {"apply"},  # the plan, and then the look at what is there
        "make rollback": {"plan", "apply"},
        "make destroy": {"state_rm", "destroy"},
    }
    for file, name, content in jobs():
        for step in content.get("steps", []):
            command = " ".join(step.get("run", "").split()[:2])
            for subcommand in takes_the_lock.get(command, set()):
                wanted = "-lock=false" if file == "pull-request.yml" else "-lock-timeout=10m"
                assert step["env"].get(f"TF_CLI_ARGS_{subcommand}") == wanted, f"{file}: {name}"


def test_a_change_goes_from_dev_to_staging_to_prod_with_artifacts_that_are_built_once() -> None:
    merge = WORKFLOWS["merge.yml"]["jobs"]
    building = [(file, name) for file, name, content in jobs() if "make package" in ran(content)]
    building.remove(("set-up.yml", "set-up"))  # which leaves what it builds where it is

    assert building == [("merge.yml", "package")]
    first, *others = ENVIRONMENTS
    assert merge[first]["needs"] == ["gates", "package"]
    assert [merge[name]["needs"] for name in others] == list(ENVIRONMENTS[:-1])
    assert [merge[name]["with"]["environment"] for name in ENVIRONMENTS] == list(ENVIRONMENTS)
    for name in ("plan", "apply"):
        downloads = using(job("deploy.yml", name), "actions/download-artifact")
        assert {"name": "artifacts", "path": "build/artifacts"} in downloads
    planning = next(step for step in job("deploy.yml", "plan")["steps"] if "make plan" in step.get("run", ""))
    assert planning["env"]["PREBUILT"] == "1"


def test_what_is_applied_is_the_plan_that_was_saved_and_then_it_is_looked_at() -> None:
    steps = {step["run"]: step["env"] for step in job("deploy.yml", "apply")["steps"] if "run" in step}
    (kept,) = using(job("deploy.yml", "plan"), "actions/upload-artifact")

    assert list(steps) == ["make apply", "make smoke"]
    assert Path(steps["make apply"]["PLAN"]).parent == Path(kept["path"])


def test_a_plan_is_kept_for_a_day_at_most() -> None:
    for file, name, content in jobs():
        for kept in using(content, "actions/upload-artifact"):
            if "plan" in kept["name"] or "plans" in kept["path"]:
                assert kept["retention-days"] == 1, f"{file}: {name}"


def test_a_pull_request_s_plan_leaves_its_machine_as_a_summary_only() -> None:
    (kept,) = using(job("pull-request.yml", "plan"), "actions/upload-artifact")

    assert kept["path"] == "build/summaries/${{ matrix.environment }}.md"


@pytest.mark.parametrize("file", ["pull-request.yml", "drift.yml"])
def test_the_environments_are_found_and_not_written_down(file: str) -> None:
    for content in WORKFLOWS[file]["jobs"].values():
        if "strategy" in content:
            assert content["strategy"]["matrix"] == {
                "include": "${{ fromJSON(needs.environments.outputs.matrix) }}"
            }
    assert not re.search(r"\b(staging|prod)\b", (ROOT / ".github/workflows" / file).read_text())


def test_the_set_up_is_tried_each_week_on_the_oldest_and_the_newest_python_with_empty_caches() -> None:
    workflow = WORKFLOWS["set-up.yml"]
    setting_up = job("set-up.yml", "set-up")
    (python,) = using(setting_up, "actions/setup-python")

    assert re.fullmatch(
        r"\d+ \d+ \* \* [0-6]", workflow[True]["schedule"][0]["cron"]
    )  # YAML reads `on` as true
    assert setting_up["strategy"]["matrix"] == {"python": [locks.PYTHONS[0], locks.PYTHONS[-1]]}
    assert python == {"python-version": "${{ matrix.python }}"}
    assert setting_up["env"] == {"PYTHON": "python${{ matrix.python }}"}, "else another Python is found first"
    assert ran(setting_up) == ["make setup", "make check", "make package"]
    assert "cache" not in "".join(step.get("uses", "") for step in setting_up["steps"])


def test_a_set_up_that_fails_is_told_by_a_job_that_sets_nothing_up() -> None:
    telling = job("set-up.yml", "issue")

    assert telling["needs"] == "set-up"
    assert telling["if"] == "${{ !cancelled() }}"
    assert [step["uses"].partition("@")[0] for step in telling["steps"] if "uses" in step] == [
        "actions/checkout"
    ]
    assert telling["steps"][-1]["env"]["RESULT"] == "${{ needs.set-up.result }}"


def test_what_a_job_installs_is_pinned_to_a_release() -> None:
    """The weekly set-up alone takes the newest release of a Python: it is there to see what that breaks."""
    found = [
        (where, str(value))
        for where, step in steps()
        for name, value in step.get("with", {}).items()
        if name in {"python-version", "terraform_version"}
    ]

    assert len(found) >= 3
    assert {each for each in found if not re.fullmatch(r"\d+\.\d+\.\d+", each[1])} == {
        ("set-up.yml:set-up", "${{ matrix.python }}")
    }


def test_terraform_is_one_version_everywhere() -> None:
    found = [
        step["with"]["terraform_version"]
        for _, step in steps()
        if "terraform_version" in step.get("with", {})
    ]
    assert len(set(found)) == 1


def test_dependabot_looks_after_every_kind_of_pin() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    watched = {
        (each["package-ecosystem"], folder)
        for each in updates
        for folder in each.get("directories", [each.get("directory")])
    }
    roots = {f"/{file.parent.relative_to(ROOT)}" for file in ROOT.glob("terraform/*/.terraform.lock.hcl")}
    actions = {f"/{file.parent.relative_to(ROOT)}" for file in ROOT.glob(".github/actions/*/action.yml")}
    (terraform,) = (each for each in updates if each["package-ecosystem"] == "terraform")

    assert watched == {
        ("uv", "/requirements"),
        ("npm", "/tests/browser"),
        *(("github-actions", folder) for folder in {"/", *actions}),
        *(("terraform", folder) for folder in roots),
    }
    assert {each["schedule"]["interval"] for each in updates} == {"weekly"}
    assert terraform["ignore"] == [
        {"dependency-name": "hashicorp/aws", "update-types": ["version-update:semver-major"]}
    ]


def test_dependabot_finds_the_options_that_a_requirement_file_was_made_with() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        first = file.read_text().partition("\n")[0]
        assert {"--universal", f"--python-version={locks.PYTHONS[0]}"} <= set(
            re.findall(r"--[\w=.-]+", first)
        )
