"""What staff tried: settings on the past of one of the seeded people, and a profile on a model; one is answered, one waits."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import Finding, Severity, Subject
from core.domain.backtest import BacktestSettings
from core.domain.evidence.profile_trial import TrialTarget
from core.domain.sensitivity import Sensitivity
from core.formats.profile_file import library
from core.store.database import Database
from core.store.detection import backtest_requests
from core.store.devices import profile_trials, profiles
from detectors.backtest.result import as_bounded_body
from detectors.backtest.run import Backtest
from detectors.backtest.statistics import Label

_RESIDENT, _CARE, _ADMIN = 2, 2, 1
_WEEKS = 8


def seed(database: Database, now: datetime) -> tuple[int, int]:
    """Ask for two, answer the first, and return their numbers."""
    since = now - timedelta(weeks=_WEEKS)
    early, usual, late = (_silences(since, count, hours) for count, hours in ((9, 7.5), (4, 9.0), (1, 12.0)))
    left = _left_the_area(since)
    trials = {
        Sensitivity.STANDARD: (*usual, left),
        Sensitivity.FAMILY: (*early, left),
        Sensitivity.QUIET: (*late, left),
    }
    rules = ("inactivity", "geofence_exit")
    watched_from, learning_until = since + timedelta(weeks=4), since + timedelta(weeks=2)
    tokyo = ZoneInfo("Asia/Tokyo")
    tested = Backtest(
        _RESIDENT,
        tokyo,
        since,
        now,
        rules,
        trials,
        (),
        watched_from=watched_from,
        learning_until=learning_until,
        places_from=since + timedelta(weeks=3),
    )
    labels = [Label(since + timedelta(days=6, hours=1), "did not get up")]
    wish = BacktestSettings(_WEEKS, rules, tuple(Sensitivity), 2)
    with database.transaction() as connection:
        done, waiting = (
            backtest_requests.add(
                connection, _RESIDENT, wish, user=_CARE, now=now - timedelta(minutes=minutes)
            )
            for minutes in (9, 1)
        )
        backtest_requests.take(connection)
        backtest_requests.finish(connection, done, as_bounded_body(tested, labels, 2), now)
    return done, waiting


def _silences(since: datetime, count: int, hours: float) -> list[Finding]:
    """Give silences of half a day, raised after some hours."""
    found: list[Finding] = []
    for number in range(count):
        began_at = since + timedelta(days=6 * (number + 1))
        usual = {"days": 28, "active_by": (began_at + timedelta(hours=6)).isoformat(), "longest_min": 95}
        found.append(
            Finding(
                rule="inactivity",
                subject=Subject.of_resident(_RESIDENT),
                severity=Severity.CHECK_SOON,
                began_at=began_at,
                raised_at=began_at + timedelta(hours=hours),
                cleared_at=began_at + timedelta(hours=13),
                reason={"rule_version": 1, "usual": usual, "last_life_sign": {"place": "bedroom"}},
            )
        )
    return found


def _left_the_area(since: datetime) -> Finding:
    began_at = since + timedelta(days=20, hours=5)
    return Finding(
        rule="geofence_exit",
        subject=Subject.of_geofence(2),
        severity=Severity.CHECK_SOON,
        began_at=began_at,
        raised_at=began_at + timedelta(minutes=6),
        cleared_at=began_at + timedelta(minutes=50),
        reason={
            "rule_version": 2,
            "geofence": {"number": 2, "name": "自宅のまわり"},
            "outside_m": 240,
            "position": {"lat": 35.65, "lon": 139.79, "accuracy_m": 12.0},
        },
    )


def seed_profile_trials(database: Database, machine_now: datetime) -> tuple[int, int]:
    """Ask for two trials of a profile on the quarantine, answer the first, and return their numbers."""
    said = {"was": "", "metric": "sos", "value": "true", "is_call": True, "count": 12}
    was = {
        "was": "input_on#2 true",
        "metric": "bed_occupied#2",
        "value": "true",
        "is_call": False,
        "count": 1843,
    }
    long = "zigbee2mqtt:gateway-of-the-third-block/廊下のいちばん奥の押しボタン"
    found = {
        "looked_at": 10_000,
        "is_whole": False,
        "device_count": 2,
        "devices": [
            {"sender": long, "device_id": None, "messages": 14, "read_messages": 12},
            {
                "sender": "native:motion-kitchen-11",
                "device_id": "motion-kitchen-11",
                "messages": 1,
                "read_messages": 0,
            },
        ],
        "messages": 15,
        "read_messages": 12,
        "read": [said],
        "stored": [was],
        "is_stored_whole": False,
        "refused": [{"reason": "not_in_profile", "count": 2}],
        "unread": [{"field": "an_unread_field_with_a_long_name.inside.another", "count": 9}],
    }
    with database.transaction() as connection:
        profile = profiles.add(connection, library()["emergency-button"], machine_now).number
        done, waiting = (
            profile_trials.add(connection, profile, target, user=_ADMIN, now=machine_now)
            for target in (TrialTarget(model="Daewoo WKE502Z"), TrialTarget(sender=long))
        )
        profile_trials.take(connection, machine_now)
        profile_trials.finish(connection, done, found)
    return done, waiting
