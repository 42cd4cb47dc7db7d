"""What a function is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hello_retail.settings import MissingSetting, read_settings


@dataclass(frozen=True)
class Settings:
    stream_name: str
    score_buckets: int


def test_each_field_is_the_variable_of_its_name_in_upper_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAM_NAME", "events")
    monkeypatch.setenv("SCORE_BUCKETS", "4")

    assert read_settings(Settings) == Settings("events", 4)


@pytest.mark.parametrize("absent", ["STREAM_NAME", "SCORE_BUCKETS"])
def test_a_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    for name in {"STREAM_NAME", "SCORE_BUCKETS"} - {absent}:
        monkeypatch.setenv(name, "1")
    monkeypatch.delenv(absent)

    with pytest.raises(MissingSetting, match=f"The environment variable {absent} is not set"):
        read_settings(Settings)


@pytest.mark.parametrize("text", ["0", "-1", "four", "1.5"])
def test_a_number_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("STREAM_NAME", "events")
    monkeypatch.setenv("SCORE_BUCKETS", text)

    with pytest.raises(MissingSetting, match="SCORE_BUCKETS must be a whole number of at least 1"):
        read_settings(Settings)
