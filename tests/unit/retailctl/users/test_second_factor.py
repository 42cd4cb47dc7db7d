"""The QR code for an authenticator app."""

from __future__ import annotations

import segno

from retailctl.users.second_factor import draw_qr_code, format_otpauth_uri

LONG = format_otpauth_uri("staging", "somebody.with.a.long.name@shop.example.com", "ABCD2345" * 6 + "WXYZ")
BORDER = 4
"""Light modules around a code, as ISO 18004 asks for."""


def test_the_code_on_the_terminal_is_that_of_the_address() -> None:
    drawn = draw_qr_code(LONG)
    light = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}
    rows = [
        [light[character][half] for character in line] for line in drawn.plain.splitlines() for half in (0, 1)
    ]
    code = segno.make_qr(LONG)
    width, height = code.symbol_size(border=BORDER)

    wanted = [[0 if dark else 1 for dark in row] for row in code.matrix_iter(border=BORDER)]
    assert rows[:height] == wanted
    assert {len(row) for row in rows} == {width}


def test_it_fits_a_terminal_of_80_columns_and_keeps_its_own_colours() -> None:
    drawn = draw_qr_code(LONG)

    assert max(len(line) for line in drawn.plain.splitlines()) <= 80
    assert drawn.style == "#ffffff on #000000", "whatever the terminal's own colours are"
