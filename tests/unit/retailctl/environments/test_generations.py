"""Which generations stand: the values that say so, and the builds that they are pinned to."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retailctl import git
from retailctl.artifacts import builds, package
from retailctl.environments import generations
from retailctl.environments.generations import SHOP, WINNER, FoldedView, Generation, Generations, PinnedBuild
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.project import Project
from retailctl.replay import commands as replay
from retailctl.replay.view import hash_zip
from support.miniature import miniature, write

ROOT = Path(__file__).parents[4]
COMMIT = "0123456789" * 4
THREE = Generations({1: Generation(COMMIT), 2: Generation(), 3: Generation(COMMIT, enabled=False)}, live=2)
VALUES = 'a = 1\n\ngenerations = {\n  "1" = {}\n}\nlive_generation = 1\n\nz = 2\n'


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_every_environments_values_say_which_stand_and_are_written_back_the_same(environment: str) -> None:
    text = (ROOT / f"environments/{environment}/terraform.tfvars").read_text()
    found = generations.read_generations(ROOT / f"environments/{environment}/terraform.tfvars")

    assert found.live in found.standing
    assert generations.replace_generations(text, found) == text


@pytest.mark.parametrize("name", ["terraform.tfvars", generations.OWN_VALUES])
def test_what_is_written_is_read_and_all_else_stays(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text('{"shop_generations": {"1": {}}}' if name == generations.OWN_VALUES else VALUES)

    generations.write_generations(file, THREE)

    if name == generations.OWN_VALUES:
        assert generations.read_local_generations(file) == THREE
        assert json.loads(file.read_text())["shop_generations"] == {"1": {}}
    else:
        assert generations.read_generations(file) == THREE
        assert file.read_text() == VALUES.replace('  "1" = {}\n', THREE.as_hcl()[16:-2]).replace(
            "live_generation = 1", "live_generation = 2"
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        'generations = {\n  "1" = {}\n}\n',
        "generations = {}\nlive_generation = 1\n",
        "generations = { one = {} }\nlive_generation = 1\n",
        "generations = { 1 = 2 }\nlive_generation = 1\n",
        "generations = { 1 = {} }\nlive_generation = null\n",
    ],
)
def test_values_that_do_not_say_which_stand_are_refused_with_what_would_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "terraform.tfvars").write_text(text)

    with pytest.raises(UserError, match=r"does not say which generations stand .*`live_generation = 1`"):
        generations.read_generations(tmp_path / "terraform.tfvars")


FORMS = {
    "generations = { 1 = {} }\nlive_generation = 1\n": False,
    'generations = {\n  "1" = {\n  }\n}\nlive_generation = 1\n': True,
    "generations = {\n  # the first\n  1 = { enabled = true }\n}\nlive_generation = 1 # for now\n": False,
    "live_generation = 1\ngenerations = {\n  1 = { build = null }\n}\n": True,
}
"""Values that say the same, and whether other generations can be written in their place."""


@pytest.mark.parametrize("text", FORMS)
def test_values_are_read_in_every_form_of_hcl(tmp_path: Path, text: str) -> None:
    (tmp_path / "terraform.tfvars").write_text(text)

    assert generations.read_generations(tmp_path / "terraform.tfvars") == Generations(
        {1: Generation()}, live=1
    )


@pytest.mark.parametrize("text", [form for form, can_be_written in FORMS.items() if can_be_written])
def test_others_are_written_in_their_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text(text)

    generations.write_generations(file, THREE)

    assert generations.read_generations(file) == THREE


@pytest.mark.parametrize("text", [form for form, can_be_written in FORMS.items() if not can_be_written])
def test_a_form_that_cannot_be_written_stays_and_it_is_said_what_to_put_in(tmp_path: Path, text: str) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text(text)

    with pytest.raises(UserError) as refused:
        generations.write_generations(file, THREE)
    assert THREE.as_hcl() in str(refused.value)
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("text", "builds"),
    [
        ("", set()),
        ('generations = { 1 = {}, 2 = { build = "%s" } }\n', {COMMIT}),
        ('shop_generations = { 1 = { build = "%s" } }\n', set()),
        ('generations = {\n  "1" = { build = "%s", enabled = false }\n}\nlive_generation = 1\n', {COMMIT}),
    ],
)
def test_pinned_builds_are_found_whatever_else_the_values_lack(
    tmp_path: Path, text: str, builds: set[str]
) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text(text.replace("%s", COMMIT))

    assert generations.read_pinned_builds(file, WINNER) == {
        PinnedBuild("winner_view", each) for each in builds
    }


BOTH = f'{VALUES}\nshop_generations = {{\n  "1" = {{}}\n}}\nlive_shop_generation = 1\n'


@pytest.mark.parametrize("view", generations.VIEWS, ids=lambda view: view.name)
def test_the_generations_of_one_view_are_written_and_the_other_s_stay(
    tmp_path: Path, view: FoldedView
) -> None:
    file = tmp_path / "terraform.tfvars"
    file.write_text(BOTH)
    (other,) = {*generations.VIEWS} - {view}

    generations.write_generations(file, replace(THREE, view=view))

    assert generations.read_generations(file, view) == replace(THREE, view=view)
    assert generations.read_generations(file, other) == Generations({1: Generation()}, 1, other)
    assert generations.read_pinned_builds(file, view) == {PinnedBuild(view.function, COMMIT)}
    assert generations.read_pinned_builds(file, other) == set()


def test_a_local_cloud_may_have_generations_of_its_own_of_one_view_only(clone: Project) -> None:
    values = clone.values_file("dev")
    values.write_text(values.read_text() + BOTH)
    local = local_target(clone)

    generations.write_generations(local.generations_file, replace(THREE, view=SHOP))

    assert local.read_generations(SHOP) == replace(THREE, view=SHOP)
    assert local.read_generations(WINNER) == Generations({1: Generation()}, 1)
    assert local.pinned == {PinnedBuild("shop_view", COMMIT)}


def test_one_is_added_and_taken_away_in_order() -> None:
    assert list(THREE.without_generation(1).standing) == [2, 3]
    assert list(THREE.without_generation(1).with_generation(1, Generation()).standing) == [1, 2, 3]


@pytest.fixture
def clone(tmp_path: Path) -> Project:
    """Return a clone in miniature whose function is the view, with two commits: an old rule and a new one."""
    found = miniature(tmp_path / "clone")
    write(
        found.root,
        {".gitignore": "build/\n.retail/\n", "src/hello_retail/winner_view/handler.py": "OLD = 1\n"},
    )
    _git(found, "init", "--quiet")
    _commit(found)
    write(found.root, {"src/hello_retail/winner_view/handler.py": "NEW = 1\n"})
    _commit(found)
    return found


def _git(clone: Project, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(clone.root), "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _commit(clone: Project) -> None:
    _git(clone, "add", "--all")
    _git(clone, "commit", "--quiet", "--no-gpg-sign", "--message=rule")


def of_view(commit: str) -> PinnedBuild:
    return PinnedBuild("winner_view", commit)


def pin(clone: Project, commit: str) -> None:
    text = f'generations = {{\n  "1" = {{ build = "{commit}" }}\n  "2" = {{}}\n}}\nlive_generation = 1\n'
    values = clone.values_file("dev")
    values.write_text(values.read_text() + text)


def test_a_pinned_build_is_packaged_beside_todays_byte_for_byte_as_it_was(clone: Project) -> None:
    old = _git(clone, "rev-parse", "HEAD~1")
    pin(clone, old)
    package.build_artifacts(clone)
    pinned = (clone.artifacts / f"winner_view@{old}.zip").read_bytes()

    _git(clone, "stash", "--quiet")
    _git(clone, "checkout", "--quiet", old)
    package.build_artifacts(clone)

    assert (clone.artifacts / "winner_view.zip").read_bytes() == pinned
    assert package.build_pinned_zip(clone, of_view(old)) == pinned


def test_the_manifest_names_a_pinned_build_with_its_handler(clone: Project) -> None:
    old = _git(clone, "rev-parse", "HEAD~1")
    pin(clone, old)
    package.build_artifacts(clone)

    named = json.loads((clone.artifacts / "manifest.json").read_text())["functions"][f"winner_view@{old}"]
    assert named["file"] == f"winner_view@{old}.zip"
    assert named["handler"] == "hello_retail.winner_view.handler.handler"


def test_an_earlier_commit_of_the_same_line_is_older_and_nothing_else(clone: Project, tmp_path: Path) -> None:
    old, new = _git(clone, "rev-parse", "HEAD~1"), _git(clone, "rev-parse", "HEAD")
    _git(clone, "checkout", "--quiet", "-b", "other", old)
    write(clone.root, {"src/hello_retail/winner_view/handler.py": "OTHER = 1\n"})
    _commit(clone)
    other = _git(clone, "rev-parse", "HEAD")

    assert git.is_older_commit(clone, old, new)
    for commit, than in [(new, old), (new, new), (other, new), (COMMIT, new), (old, COMMIT)]:
        assert not git.is_older_commit(clone, commit, than)
    assert not git.is_older_commit(clone, f"{old}+changes", new)
    assert not git.is_older_commit(clone, git.UNKNOWN_COMMIT, new)
    assert not git.is_older_commit(Project(tmp_path), old, new)


def test_without_git_no_commit_is_older(clone: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = _git(clone, "rev-parse", "HEAD~1"), _git(clone, "rev-parse", "HEAD")
    monkeypatch.setenv("PATH", "")

    assert not git.is_older_commit(clone, old, new)


def test_a_build_that_the_clone_does_not_have_is_refused_by_name(clone: Project) -> None:
    pin(clone, COMMIT)

    with pytest.raises(UserError, match=rf"pinned to the build {COMMIT}, which this clone does not have"):
        package.build_artifacts(clone)


def test_a_build_from_before_the_view_is_refused_by_name(clone: Project) -> None:
    commit = _git(clone, "rev-parse", "HEAD")

    with pytest.raises(
        UserError, match=rf"The build {commit} has no function shop_view: pin .* later commit"
    ):
        package.build_pinned_zip(clone, PinnedBuild("shop_view", commit))


def test_a_build_from_before_a_pin_gets_the_pinned_zip_beside_its_own(clone: Project) -> None:
    old = _git(clone, "rev-parse", "HEAD~1")
    package.build_artifacts(clone)
    before, hashes = builds.read_artifacts(clone)

    files = package.add_pinned_zips(clone, before, {of_view(old)})

    assert builds.check_artifacts(files, "the build").keys() - hashes.keys() == {f"winner_view@{old}.zip"}
    assert files[f"winner_view@{old}.zip"] == package.build_pinned_zip(clone, of_view(old))
    pin(clone, old)
    package.build_artifacts(clone)
    assert files == builds.read_artifacts(clone)[0]
    assert package.add_pinned_zips(clone, files, {of_view(old)}) is files


def test_a_local_clouds_own_generations_are_packaged_too(clone: Project) -> None:
    old = _git(clone, "rev-parse", "HEAD~1")
    own = clone.scratch / "lab" / "terraform" / "dev" / generations.OWN_VALUES
    generations.write_generations(own, Generations({1: Generation(old)}, 1))

    assert generations.list_pinned_builds(clone) == {of_view(old)}


def test_a_commit_is_named_in_any_way_that_git_knows(clone: Project) -> None:
    assert git.resolve_commit(clone, "HEAD~1") == _git(clone, "rev-parse", "HEAD~1")
    with pytest.raises(UserError, match="'nowhere' names no commit"):
        git.resolve_commit(clone, "nowhere")


def test_without_git_there_are_no_earlier_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = miniature(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git.list_recent_commits(bare, 5) == []

    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="git is not installed"):
        git.list_recent_commits(bare, 5)


def target(clone: Project) -> Target:
    return Target(clone, "dev", None)


def local_target(clone: Project) -> Target:
    cloud: Any = type(
        "Cloud",
        (),
        {"home": clone.scratch / "lab", "name": "lab", "build_environ": lambda _: {}, "endpoint": ""},
    )()
    return Target(clone, "dev", cloud)


def running(clone: Project, commit: str) -> str:
    return hash_zip(package.build_pinned_zip(clone, of_view(commit)))


def test_what_runs_is_known_by_its_hash_where_the_code_has_changed(clone: Project) -> None:
    package.build_artifacts(clone)
    old = _git(clone, "rev-parse", "HEAD~1")

    assert replay.find_build(target(clone), running(clone, old), 1, WINNER) == old
    assert replay.find_build(target(clone), running(clone, "HEAD"), 1, WINNER) is None


def test_code_that_no_commit_leads_to_is_refused(clone: Project) -> None:
    package.build_artifacts(clone)

    with pytest.raises(UserError, match=r"Generation 1 runs code of none of the newest 50 commits"):
        replay.find_build(target(clone), "another", 1, WINNER)


def test_an_environments_generations_are_its_values_and_a_clouds_own_where_it_has_them(
    clone: Project,
) -> None:
    pin(clone, COMMIT)
    local = local_target(clone)
    assert local.read_generations(WINNER) == target(clone).read_generations(WINNER)

    generations.write_generations(local.generations_file, THREE)

    assert local.read_generations(WINNER) == THREE
    assert f"-var-file={local.generations_file}" in local.build_app_workspace().arguments
    assert target(clone).generations_file == clone.values_file("dev")
