"""The root's own tests (`terraform test`), which plan whole environments."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import planned_app, shared_provider, variables_only


@pytest.mark.slow
def test_the_roots_own_tests_pass(tmp_path: Path) -> None:
    app = planned_app.initialised(planned_app.copy_of_the_app(tmp_path))
    (app / "tests" / variables_only.REFUSALS).unlink()  # tests/infrastructure/test_refusals.py has those

    done = planned_app.run(app, "test", "-no-color", **shared_provider.attached(app))

    assert done.returncode == 0, done.stdout + done.stderr
