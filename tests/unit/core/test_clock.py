"""The clocks: the accelerated one is the same in every process, the one in a file moves when it is written."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.clock import AcceleratedClock, FileClock, SystemClock, clock_from_setting
from core.errors import SettingsError

START = datetime(2026, 8, 1, 6, 0, tzinfo=UTC)


def test_an_accelerated_clock_shows_its_start_at_the_anchor_and_runs_faster_from_there() -> None:
    machine = [1000.0]
    clock = AcceleratedClock(START, 120.0, anchor=1000.0, machine_time=lambda: machine[0])

    assert clock.now() == START

    # Half a minute of the machine is an hour there.
    machine[0] = 1030.0
    assert clock.now() == START + timedelta(hours=1)
    assert clock.real_seconds(timedelta(hours=1)) == pytest.approx(30.0)


def test_the_setting_names_start_and_factor_and_the_start_is_turned_into_utc() -> None:
    clock = clock_from_setting("2026-08-01T15:00:00+09:00@120x", 1000.0)

    assert isinstance(clock, AcceleratedClock)
    assert (clock.start, clock.factor, clock.anchor) == (START, 120.0, 1000.0)


def test_no_setting_means_the_machines_clock() -> None:
    assert isinstance(clock_from_setting("", None), SystemClock)


@pytest.mark.parametrize(
    ("text", "anchor", "complaint"),
    [
        ("soon", 0.0, "neither START@FACTORx"),
        ("2026-08-01T06:00:00Z@0x", 0.0, "neither START@FACTORx"),
        ("2026-08-01T06:00:00@2x", 0.0, "has no offset"),
        ("yesterday@2x", 0.0, "is not a time"),
        ("2026-08-01T06:00:00Z@2x", None, "MIMAMORI_CLOCK_ANCHOR is missing"),
    ],
)
def test_a_wrong_clock_setting_is_refused_with_what_would_be_right(
    text: str, anchor: float | None, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        clock_from_setting(text, anchor)


def test_a_clock_in_a_file_stands_still_until_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "now"
    FileClock.write(file, START)
    clock = clock_from_setting(f"file:{file}", None)

    assert clock.now() == clock.now() == START

    FileClock.write(file, START + timedelta(hours=3))
    assert clock.now() == START + timedelta(hours=3)

    # Whoever drives the clock may be gone: time stands still, it does not jump to the machine's.
    file.unlink()
    assert clock.now() == START + timedelta(hours=3)


def test_a_missing_or_empty_clock_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the clock file"):
        FileClock(tmp_path / "nothing").now()

    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(SettingsError, match="is empty"):
        FileClock(empty).now()
