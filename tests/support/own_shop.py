"""docs/adopting.md, "Run the shop as your own", followed to the letter in a copy of the clone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "adopting.md").read_text().partition("\n## Run the shop as your own\n")[2]
MERGE, TABLE = ".github/workflows/merge.yml", "docs/environments.md"
RENAME, ADD, BRING = "Rename it", "Add an environment", "An existing key, boundary, mandatory tags"


def read_block(heading: str, language: str) -> str:
    """Return the first block of a language below a heading of the page."""
    section = re.search(rf"^### {re.escape(heading)}$(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section, f"docs/adopting.md has no section '{heading}'"
    block = re.search(rf"^```{language}\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)
    assert block, f"'{heading}' has no block of {language}"
    return block[1]


def run_commands(heading: str, root: Path) -> None:
    """Run what stands below a heading in ``root``, but for `make`, which a test does in its own way."""
    for line in read_block(heading, "console").splitlines():
        command = line.removeprefix("$ ")
        if not command.startswith("make "):
            subprocess.run(command, shell=True, cwd=root, check=True)  # noqa: S602 - the page's own line


def undo(root: Path) -> None:
    """Undo what the page's steps change, in a copy of a clone whose owner has followed them already."""
    file = root / "environments" / "project.json"
    content = json.loads(file.read_text())
    names = [name for name in content["environments"] if name != "qa"]
    content |= {"project": "hello-retail", "title": "Hello, Retail!", "environments": names, "tags": {}}
    file.write_text(json.dumps(content, ensure_ascii=False))
    shutil.rmtree(root / "environments" / "qa", ignore_errors=True)
    if (root / MERGE).is_file():
        text = re.sub(r"\n  qa:\n.*?(?=\n  prod:\n)", "", (root / MERGE).read_text(), flags=re.DOTALL)
        (root / MERGE).write_text(text.replace("needs: qa", "needs: staging"))
        page = (root / TABLE).read_text()
        (root / TABLE).write_text(page.replace("| staging | qa | prod |", "| staging | prod |"))


def rename(root: Path) -> None:
    """Follow "Rename it"."""
    undo(root)
    run_commands(RENAME, root)


def add_environment(root: Path) -> None:
    """Follow "Add an environment", first the commands, then the pipeline and the page, where ``root`` has them."""
    run_commands(ADD, root)
    if (root / MERGE).is_file():
        text = (root / MERGE).read_text()
        before, after = text.split("\n  prod:\n")
        job = read_block(ADD, "yaml")
        after = after.replace("needs: staging", "needs: qa")
        (root / MERGE).write_text(f"{before}\n{job}\n  prod:\n{after}")
        page = (root / TABLE).read_text()
        (root / TABLE).write_text(page.replace("| staging | prod |", "| staging | qa | prod |", 1))


def bring_key_boundary_and_tags(root: Path, environment: str) -> None:
    """Follow "An existing key, boundary, mandatory tags" for one environment."""
    run_commands(BRING, root)
    values = root / "environments" / environment / "terraform.tfvars"
    values.write_text(f"{values.read_text()}\n{read_block(BRING, 'hcl')}")
