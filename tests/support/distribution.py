"""Which tests pytest-xdist gives to the same worker, since they share an expensive fixture, and in which order.

The marks that pytest-xdist has for it (``xdist_group``) do nothing under pytest 9.2 (pytest-xdist's issue 1386).
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    "tests/acceptance/test_access_log_upgrade.py",
    "tests/acceptance/test_ci_roles.py",
    "tests/acceptance/test_local_cloud_environments.py",
    "tests/acceptance/test_pipeline.py",
    "tests/acceptance/test_strangers.py",
    "tests/browser/",
    "tests/infrastructure/test_app_",
    "tests/infrastructure/test_docs.py",
    "tests/infrastructure/test_modules_together.py",
)
"""How the paths of these files begin."""
AS_ONE = {
    # The files that share the three environments (tests/acceptance/conftest.py); the last of them destroys one.
    "the three environments": (
        "tests/acceptance/test_studio.py",
        "tests/acceptance/test_three_environments.py",
    ),
    # The files that share dev (tests/e2e/conftest.py).
    "dev": (
        "tests/e2e/test_contract.py",
        "tests/e2e/test_front_door.py",
        "tests/e2e/test_orders.py",
        "tests/e2e/test_page.py",
        "tests/e2e/test_quiet_logs.py",
        "tests/e2e/test_whole_environment.py",
    ),
    # Those that share the environments and the bootstrap as they would be (tests/infrastructure/conftest.py).
    "the plans": (
        "tests/infrastructure/test_app_plan.py",
        "tests/infrastructure/test_ci_first_apply.py",
        "tests/infrastructure/test_ci_policies.py",
        "tests/infrastructure/test_cost_inventory.py",
    ),
}
"""The files that go to one worker, one after another."""
FIRST = (
    # `make test-acceptance`; an apply of an environment takes two gigabytes, so that test_readme.py waits
    "tests/acceptance/test_studio.py",
    "tests/acceptance/test_ci_roles.py",
    "tests/acceptance/test_strangers.py",
    "tests/acceptance/test_local_cloud_environments.py",
    "tests/acceptance/test_installs.py",
    "tests/acceptance/test_setup.py",
    "tests/acceptance/",
    # `make test`
    "tests/e2e/test_contract.py",
    "tests/infrastructure/test_module_changes.py",
    "tests/browser/",
    "tests/e2e/",
    "tests/infrastructure/",
)
"""How the paths of those begin that are handed out first, in this order; the many small tests fill the end.

What shares applied environments takes longest. pytest-xdist queues a second unit behind the first of each worker at
once: that is a small one.
"""
_GROUPS = {file: group for group, files in AS_ONE.items() for file in files}


def find_place(nodeid: str) -> int:
    """Return how early a test is handed out: 0 is first."""
    return next((place for place, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))


class Scheduling(LoadScopeScheduling):
    """Hand out the files of ``TOGETHER`` whole, each group of ``AS_ONE`` as one, and all other tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return _GROUPS.get(file) or (file if file.startswith(TOGETHER) else nodeid)
