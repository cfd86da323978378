"""The recorded homes through the pure rules: as good as published, and silent when the platform was."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from core.domain.alert import Finding
from detectors.features.local_time import midnight
from detectors.features.silence_threshold import SilenceBaseline, learn
from detectors.features.window import Blind, LifeSigns, Window, moment, no_track
from detectors.rules.inactivity import Inactivity
from detectors.rules.ward_silent import ACTIVE_WITHIN, WardSilence, blind, outage
from tests.support.wards.recorded_homes import recorded_homes

UTC_ZONE = ZoneInfo("UTC")
BEGIN, END = datetime(2019, 6, 12, tzinfo=UTC), datetime(2019, 6, 20, tzinfo=UTC)
OUTAGE = (datetime(2019, 6, 15, 4, 4, tzinfo=UTC), datetime(2019, 6, 17, 14, 16, tzinfo=UTC))


# Another one, of two hours at night. In the first one that is known, two days in April, one home was recorded, and that is no ward.
NIGHT = (datetime(2019, 5, 27, 2, 11, 26, tzinfo=UTC), datetime(2019, 5, 27, 4, 31, 54, tzinfo=UTC))


@cache
def all_outages() -> list[Finding]:
    """Return the outages of the ward in the whole recording, from the life signs of all homes."""
    times = np.unique(np.concatenate([signs.time for signs in recorded_homes().values()]))
    gaps = np.flatnonzero(np.diff(times) >= 600)
    silences = (
        WardSilence(moment(times[gap]), moment(times[gap + 1]), active_homes(float(times[gap])))
        for gap in gaps
    )
    found = (outage(one, UTC_ZONE, moment(times[-1])) for one in silences)
    return [one for one in found if one is not None]


def ward_outages() -> list[Finding]:
    return [one for one in all_outages() if BEGIN <= one.began_at <= END]


def active_homes(until: float) -> int:
    since = until - ACTIVE_WITHIN.total_seconds()
    return sum(
        bool(np.any((signs.time > since) & (signs.time <= until))) for signs in recorded_homes().values()
    )


def inactivity(
    signs: LifeSigns, blind_times: list[Blind], begin: datetime = BEGIN, end: datetime = END
) -> list[Finding]:
    """Return the alarms about one home in some days."""
    excluded = [(one.began_at.timestamp(), (one.ended_at or end).timestamp()) for one in blind_times]

    @cache
    def baseline_on(day: date) -> SilenceBaseline:
        return learn(signs, UTC_ZONE, excluded, midnight(UTC_ZONE, day) - timedelta(hours=2))

    window = Window(1, UTC_ZONE, begin, signs, no_track(), (), blind_times, (), ())
    return list(Inactivity(baseline_on).evaluate(window, begin, end).findings)


def test_the_outage_of_58_hours_is_one_alert_about_the_ward() -> None:
    (found,) = ward_outages()
    assert abs(found.began_at - OUTAGE[0]) < timedelta(minutes=2)
    # It began at night, so an hour of silence decides.
    assert found.raised_at - found.began_at == timedelta(minutes=60)
    assert found.cleared_at is not None
    assert abs(found.cleared_at - OUTAGE[1]) < timedelta(minutes=2)


def test_the_night_of_two_hours_is_one_alert_about_the_ward_and_none_about_people() -> None:
    night = [one for one in all_outages() if one.began_at < BEGIN]
    assert [(one.began_at, one.cleared_at) for one in night] == [NIGHT]
    assert night[0].raised_at - night[0].began_at == timedelta(minutes=60)
    blind_times = [blind(one) for one in night]
    begin, end = NIGHT[0] - timedelta(hours=6), NIGHT[1] + timedelta(hours=12)
    alarmed = [
        (home, one.began_at, one.raised_at)
        for home, signs in recorded_homes().items()
        for one in inactivity(signs, blind_times, begin, end)
        if one.raised_at >= NIGHT[0] and one.began_at <= NIGHT[1]
    ]
    assert alarmed == []


def test_nobody_is_said_to_lie_still_because_of_the_outage() -> None:
    blind_times = [blind(one) for one in ward_outages()]
    by_home = {home: inactivity(signs, blind_times) for home, signs in recorded_homes().items()}
    # No alarm in the outage, and none after it about a silence that began before its end.
    from_outage = [
        (home, one.began_at, one.raised_at)
        for home, found in by_home.items()
        for one in found
        if one.raised_at >= OUTAGE[0] and one.began_at <= OUTAGE[1]
    ]
    assert from_outage == []
    # The rule was awake all the same: on the other days there are alarms, but few.
    others = sum(len(found) for found in by_home.values())
    assert 0 < others < 45


def test_without_the_guard_the_outage_would_alarm_everybody() -> None:
    alarmed = [
        home
        for home, signs in recorded_homes().items()
        if any(OUTAGE[0] <= one.raised_at <= OUTAGE[1] for one in inactivity(signs, []))
    ]
    # Of the 28 homes 5 had not begun or had ended, and 4 were silent before.
    assert len(alarmed) >= 18
