"""The checkers of the page that `tests/browser/package-lock.json` pins, and what axe finds with them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.browser import missing

if TYPE_CHECKING:
    from support.browser import Browser

ROOT = Path(__file__).parents[2]
PINNED = ROOT / "tests" / "browser"
AXE = Path("node_modules", "axe-core", "axe.min.js")
_SETTLED = (
    "document.getAnimations().filter(a => a.effect.getTiming().iterations !== Infinity).map(a => a.finished)"
)


def installed() -> Path:
    """Return the folder of the checkers, installed once for each state of the lock file."""
    npm = shutil.which("npm")
    if npm is None:
        missing(
            "The checks of the page need Node.js 18.19 or later with npm (`sudo apt-get install npm` on Debian)."
        )
    lock = (PINNED / "package-lock.json").read_bytes()
    folder = ROOT / "build" / "page-checks" / hashlib.sha256(lock).hexdigest()[:12]
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        made = Path(temporary) / folder.name
        made.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PINNED / name, made)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
        if done.returncode:
            missing(f"npm could not install the checks of the page:\n{done.stderr[-800:]}")
        with contextlib.suppress(OSError):  # another worker was first
            made.rename(folder)
    return folder


def evaluate(module: str, script: str) -> Any:
    """Return what a script says of a module of the page, as JSON on the standard output."""
    path = (ROOT / "src" / "web" / "js" / module).as_uri()
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def violations(browser: Browser, tools: Path) -> list[str]:
    """Return what axe finds in the page as it is, when all that moves for a while has come to rest."""
    if not browser.run("return 'axe' in window"):
        browser.run((tools / AXE).read_text())
    result = browser.driver.execute_async_script(
        f"const done = arguments[0]; Promise.allSettled({_SETTLED})"
        ".then(() => axe.run({resultTypes: ['violations']}))"  # what is well is checked too, but not described
        ".then(result => done(result.violations), error => done([{id: String(error), nodes: []}]))"
    )
    return [
        f"{found['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for found in result
        for node in found["nodes"] or [{"html": ""}]
    ]
