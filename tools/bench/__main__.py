"""`python -m tools.bench`."""

from retailctl import cli
from tools.bench.run import app

if __name__ == "__main__":  # pragma: no cover - one line, run by make
    cli.run_program(app)
