"""What the operator is asked and told."""

from __future__ import annotations

import io
import sys

import pytest
import typer

from retailctl import console
from retailctl.errors import UserError


def test_a_name_that_is_typed_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", type("Terminal", (io.StringIO,), {"isatty": lambda _self: True})())
    monkeypatch.setattr(typer, "prompt", lambda _question, **_options: "prod")

    console.require_confirmation("prod", "destroying prod", None)
    with pytest.raises(UserError, match="'prod' does not confirm destroying dev, which wants 'dev'"):
        console.require_confirmation("dev", "destroying dev", None)
