"""What detectors look back is kept at least, whatever an operator sets; what was learned lives on without it."""

from datetime import timedelta

import pytest

from core.domain import weekly_report
from core.domain.records.retention import LEAST_FIX_DAYS, LEAST_READING_DAYS
from core.errors import SettingsError
from core.settings import load_settings
from detectors.engine.daily import decline as daily_decline
from detectors.features import (
    daily_rhythm,
    mute_devices,
    significant_places,
    silence_profile,
    silence_threshold,
)
from detectors.rules import battery, decline
from detectors.windows import loader

_DAY = timedelta(days=1)


def test_no_detector_looks_further_back_than_the_least_that_can_be_set() -> None:
    looked_back = {
        "counts of days": timedelta(days=daily_decline._DAYS),  # pyright: ignore[reportPrivateUsage]
        "decline": timedelta(days=decline.BASELINE_DAYS + decline.BASELINE_GAP_DAYS),
        "weekly report": timedelta(days=weekly_report.BASELINE_DAYS + weekly_report.BASELINE_GAP_DAYS + 7),
        "rhythm": timedelta(days=daily_rhythm.LEARNED_DAYS),
        "silences": timedelta(days=max(silence_profile.LINE_DAYS, silence_threshold.LEARNED_DAYS)),
        "battery": timedelta(days=battery.SLOPE_DAYS),
        "mute devices": timedelta(seconds=mute_devices.BASELINE_S),
        "life signs": max(loader._LOOK_BACK),  # pyright: ignore[reportPrivateUsage]
        "blind time": loader.BLIND_BACK,
    }
    assert max(looked_back.values()) + 7 * _DAY <= LEAST_READING_DAYS * _DAY, looked_back
    of_places = {
        "usual places": timedelta(days=significant_places.DAYS),
        "outings": max(loader._OUTING_BACK),  # pyright: ignore[reportPrivateUsage]
    }
    assert max(of_places.values()) < LEAST_FIX_DAYS * _DAY, of_places


@pytest.mark.parametrize(
    ("name", "least"), [("READING_DAYS", LEAST_READING_DAYS), ("FIX_DAYS", LEAST_FIX_DAYS)]
)
def test_less_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, least: int) -> None:
    monkeypatch.setenv("MIMAMORI_ENVIRONMENT", "test")
    monkeypatch.setenv("MIMAMORI_DATABASE_URL", "postgresql:///x")
    monkeypatch.setenv(f"MIMAMORI_{name}", str(least))
    load_settings()
    monkeypatch.setenv(f"MIMAMORI_{name}", str(least - 1))
    with pytest.raises(SettingsError, match=f"MIMAMORI_{name}"):
        load_settings()
