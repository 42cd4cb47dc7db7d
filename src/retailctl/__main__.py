"""Start `retailctl`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line.

    Until it handles signals itself, Ctrl-C ends the process without a traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from retailctl import cli  # noqa: PLC0415 - importing it takes a while

    cli.main()


if __name__ == "__main__":
    main()
