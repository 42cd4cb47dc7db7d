"""`make test-laws`: run the property tests at full length, with a seed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from retailctl.errors import UserError


def choose_seed(text: str, now: float) -> int:
    """Return the seed in SEED, or one from the time if empty.

    Raises:
        UserError: where it is no whole number.

    """
    if not text:
        return int(now)
    if not (text.isascii() and text.isdigit()):
        raise UserError(f"SEED={text!r} is no seed: give a whole number, such as SEED=1.")
    return int(text)


def main() -> None:
    """Run the laws in pytest, in place of this process."""
    try:
        seed = choose_seed(os.environ.get("SEED", ""), time.time())
    except UserError as error:
        sys.exit(f"make: {error}")
    print(f"SEED={seed} repeats these histories.", flush=True)  # noqa: T201 - what the command is to say
    pytest = str(Path(sys.executable).with_name("pytest"))
    options = ["-n", "2", "--hypothesis-profile", "laws", "--hypothesis-seed", str(seed), "tests/property"]
    os.execv(pytest, [pytest, *options])  # noqa: S606 - our own program, without a shell


if __name__ == "__main__":
    main()
