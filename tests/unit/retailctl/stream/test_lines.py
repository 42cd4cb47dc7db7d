"""Line numbers as ranges: read, written, merged and cut, whatever their length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailctl.stream.lines import LineRanges, LineSelection, parse_ranges

LINES = st.frozensets(st.integers(min_value=1, max_value=60))


@given(LINES, LINES, st.integers(min_value=1, max_value=60))
def test_ranges_are_sets_of_lines(some: frozenset[int], others: frozenset[int], line: int) -> None:
    ranges = LineRanges.from_lines(some)
    assert parse_ranges(str(ranges)) == ranges
    assert {n for n in range(70) if n in ranges} == some
    assert ranges | LineRanges.from_lines(others) == LineRanges.from_lines(some | others)
    assert ranges.cut_before(line) == LineRanges.from_lines(n for n in some if n >= line)


@pytest.mark.parametrize(
    ("lines", "text"), [((), ""), ((3,), "3"), ((3, 4, 5, 9), "3-5,9"), ((7, 1, 2), "1-2,7")]
)
def test_line_numbers_are_written_as_ranges(lines: tuple[int, ...], text: str) -> None:
    assert str(LineRanges.from_lines(lines)) == text


def test_a_long_range_takes_no_room() -> None:
    ranges = parse_ranges("1-9999999999,4")
    assert 9_999_999_999 in ranges
    assert str(ranges) == "1-9999999999"


@pytest.mark.parametrize("text", ["x", "3-", "-3", "5-3", "1.5", "1;2", "\u0663"])
def test_what_is_no_list_of_lines_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no line number"):
        parse_ranges(text)


def test_a_number_of_very_many_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="has more than 18 digits"):
        parse_ranges("9" * 5000)


def test_the_rest_of_a_selection_remembers_what_was_skipped_before() -> None:
    selection = LineSelection(4, parse_ranges("5,12"))
    rest = selection.select_rest(7, [9])
    assert rest.format_options() == ["--from-line", "7", "--skip-lines", "9,12"]
    assert [n for n in range(1, 15) if n in rest] == [7, 8, 10, 11, 13, 14]
