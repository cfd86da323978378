"""Recorded homes and tracks through broker, ingest, database and detectors, on a clock that the replay moves."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.store.telemetry.replay_progress import ReplayedAlert
from deploy.local.mosquitto import Broker
from deploy.playback.recording_report import reason_line
from deploy.playback.recording_run import ReplayPlan, ReplayResult, ReplayRun
from simulator.replay.files import read_recording
from simulator.replay.parsing.text_file import FileChoices
from tests.support.paths import TEST_DATA

OUTAGE_BEGAN = datetime(2019, 6, 15, 4, 4, tzinfo=UTC)
OUTAGE_ENDED = datetime(2019, 6, 17, 14, 16, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
COLLAPSED = datetime(2026, 9, 12, 23, 49, tzinfo=UTC)


def raised(result: ReplayResult, rule: str) -> list[ReplayedAlert]:
    return [alert for alert in result.alerts if alert.rule == rule]


# Four days of all homes around the two and a half days in which the whole platform was silent.
@pytest.mark.timeout(240)
def test_an_outage_of_the_platform_is_one_alert_about_the_ward_and_none_about_people(
    database_url: str, broker: Broker, tmp_path: Path
):
    plan = ReplayPlan(
        whole=read_recording(TEST_DATA / "tihm" / "activity.csv.gz"),
        homes=(),
        begin=datetime(2019, 6, 14, tzinfo=UTC),
        end=datetime(2019, 6, 18, tzinfo=UTC),
        step=timedelta(hours=4),
        zone=UTC_ZONE,
    )
    result = ReplayRun(plan, database_url, broker, tmp_path).run()

    # The database holds the file, row for row.
    assert result.difference.missing == ()
    assert result.difference.surplus == ()
    assert result.difference.stored == len(plan.part.readings) > 10_000

    # The outage is raised once, soon after it began, and is over when the platform is back.
    (outage,) = raised(result, "ward_silent")
    assert abs(outage.began_at - OUTAGE_BEGAN) < timedelta(minutes=2)
    assert outage.raised_at - outage.began_at <= timedelta(minutes=61)
    assert outage.cleared_at is not None
    assert abs(outage.cleared_at - OUTAGE_ENDED) < timedelta(minutes=2)

    # Nobody is said to be lying still because the platform was down.
    during = [
        alert
        for alert in raised(result, "inactivity")
        if OUTAGE_BEGAN <= alert.raised_at <= OUTAGE_ENDED + timedelta(minutes=5)
    ]
    assert during == []

    # Every alert says why.
    assert all(alert.reason and reason_line(alert) for alert in result.alerts)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["korita-zbevnica.gpx", "zurich-phone-2012-12-18.csv"])
def test_a_recorded_track_is_stored_point_for_point(
    database_url: str, broker: Broker, tmp_path: Path, name: str
):
    whole = read_recording(TEST_DATA / "gps" / name)
    begin, end = (moment.replace(minute=0, second=0, microsecond=0) for moment in whole.span)
    plan = ReplayPlan(whole, (), begin, end + timedelta(hours=1), timedelta(hours=6), UTC_ZONE)
    result = ReplayRun(plan, database_url, broker, tmp_path).run()
    assert result.difference.is_none
    assert result.difference.stored == len(whole.fixes)


# 12 usual days, and on the 13th she lies on the floor from 8:49 on, in silence or before a radar that says so every five minutes.
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ["collapse_silent", "collapse_radar_repeats"])
def test_a_collapse_is_raised_and_stays_open_whatever_a_radar_goes_on_saying(
    database_url: str, broker: Broker, tmp_path: Path, name: str
):
    path = TEST_DATA / "cases" / f"{name}.csv.gz"
    whole = read_recording(path, None, FileChoices(UTC_ZONE))
    begin, end = (moment.replace(minute=0, second=0, microsecond=0) for moment in whole.span)
    end = max(end + timedelta(hours=1), COLLAPSED + timedelta(hours=12))
    plan = ReplayPlan(whole, (), begin, end, timedelta(hours=8), ZoneInfo("Asia/Tokyo"))
    result = ReplayRun(plan, database_url, broker, tmp_path).run()
    assert result.difference.is_none
    after = [one for one in raised(result, "inactivity") if one.raised_at > COLLAPSED]
    assert [one.cleared_at for one in after] == [None]
    # By 2:20 UTC in the silent home, and no more than ten minutes later in the other.
    late = timedelta(minutes=0 if name == "collapse_silent" else 10)
    assert after[0].raised_at <= datetime(2026, 9, 13, 2, 20, tzinfo=UTC) + late
