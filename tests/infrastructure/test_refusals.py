"""What the variables of the modules and roots refuse, each on a copy that has only the variables."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import hcl2
import pytest

from support import planned_app, variables_only
from tools import module_readmes

ROOT = Path(__file__).parents[2]
APP = ROOT / "terraform" / "app"
FOLDERS = (*module_readmes.list_modules(ROOT / "modules"), APP, ROOT / "terraform" / "bootstrap")

every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@every_folder
def test_every_refusal_is_one(folder: Path, tmp_path: Path) -> None:
    runs = re.findall(r'^run "', (folder / "tests" / variables_only.REFUSALS).read_text(), re.MULTILINE)

    done = planned_app.run(variables_only.copy_of(folder, tmp_path / folder.name), "test", "-no-color")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Success! {len(runs)} passed, 0 failed." in done.stdout


@every_folder
def test_each_validation_is_shown_to_refuse_something(folder: Path) -> None:
    validations = Counter(
        {
            label.strip('"'): len(body.get("validation", []))
            for block in hcl2.loads((folder / "variables.tf").read_text())["variable"]
            for label, body in block.items()
        }
    )
    refusals: Counter[str] = Counter()
    for file in (folder / "tests").glob("*.tftest.hcl"):
        for expected in re.findall(r"expect_failures\s*=\s*\[(.*?)\]", file.read_text(), re.DOTALL):
            refusals.update(re.findall(r"var\.(\w+)", expected))

    assert not validations - refusals, "these variables have more validations than refusals tried"


# The words of a refusal


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return the variables of the root that is an environment, beside stand-ins for the zips."""
    app = variables_only.copy_of(APP, tmp_path / "terraform" / "app")
    (app / "tests" / "artifacts").rename(tmp_path / "artifacts")
    return app


def refusal_of(app: Path, *arguments: str) -> str:
    """Return how a plan of dev's values is refused, as one line."""
    values = f"-var-file={ROOT}/environments/dev/terraform.tfvars"
    zips = f"-var=artifacts_dir={app.parents[1]}/artifacts"
    done = planned_app.run(app, "plan", "-input=false", "-no-color", values, zips, *arguments)
    assert done.returncode == 1, done.stdout
    return " ".join(done.stderr.replace("│", "").split())


@pytest.mark.parametrize("key", ["winer_api", "winner_view"])
def test_a_canary_of_what_is_no_function_of_the_api_is_refused_by_its_name(app: Path, key: str) -> None:
    said = refusal_of(app, f'-var=canary={{{key}={{version="7",weight=0.1}}}}')

    assert (
        f"canary has {key}; a version can be tried of catalog_api, event_writer, shop_api, "
        "studio_api, trending_api, winner_api" in said
    )


def test_a_missing_zip_is_refused_at_plan_in_words(app: Path) -> None:
    (app.parents[1] / "artifacts" / "winner_view.zip").unlink()

    said = refusal_of(app)

    assert f"These zips are missing in {app.parents[1]}/artifacts: winner_view.zip." in said
    assert "Run `make package` first." in said


def rename(app: Path, **changes: object) -> None:
    """Change what the copy's project.json says."""
    file = app / "project.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_project_whose_name_makes_a_bucket_or_function_too_long_is_told_the_longest_that_fits(
    app: Path,
) -> None:
    rename(app, project="a-shop-with-quite-a-long-name-here")

    assert "which has 34 characters; give at most 35. With dev" not in refusal_of(app, "-var=log_level=LOUD")
    rename(app, project="a-shop-with-quite-a-long-name-heres1")
    assert (
        'environments/project.json names the project "a-shop-with-quite-a-long-name-heres1", which has 36 '
        "characters; give at most 35. With dev and what follows, a bucket's name may have 63 and a function's 64."
    ) in refusal_of(app)
    rename(app, project="Shop", environments=["dev"])
    assert 'names the project "Shop" and an environment "dev"; both have lower-case' in refusal_of(app)
    rename(app, project="shop", tags={"Team": "a", "Stack": "b"})
    assert "Environment, ManagedBy, Project and Stack are set here: take them out." in refusal_of(app)
    rename(app, tags={}, environments=["qa", "prod"])
    assert 'environment is "dev"; environments/project.json lists qa, prod.' in refusal_of(app)


def test_a_protected_environment_has_every_rule_by_the_value_and_not_by_the_name(app: Path) -> None:
    rules = (APP / "variables.tf").read_text().count("= !var.protected ||")
    lax = [
        '-var=sign_in={totp="optional",token_minutes=90,session_hours=12,deletion_protection=false}',
        '-var=winner_api={memory_mb=512,timeout_seconds=10,throttle={burst=50,rate_per_second=25},cors_origins=["*"]}',
    ]

    protected = refusal_of(app, "-var=protected=true", *lax)
    assert protected.count("Error:") == rules
    assert protected.count("dev is protected") == rules - 1
    assert "in a protected environment tokens are good for an hour at most" in protected
    free = refusal_of(app, "-var=environment=prod", *lax, "-var=log_level=LOUD")
    assert free.count("Error:") == 1, "prod without the value has none of its rules"
