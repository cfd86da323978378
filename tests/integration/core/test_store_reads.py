"""What the store reads for boards and pages: rhythm, absence, blind time, positions, hearing, states."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.access_scope import AccessScope
from core.domain.alert import WARD, Subject
from core.domain.device import DeviceKind
from core.domain.people import WatchState
from core.store.devices import devices
from core.store.operation import health
from core.store.people import residents
from core.store.telemetry import blind_times, readings, rule_windows
from core.store.telemetry.readings import ActivityBin
from tests.support.wards.api_ward import HOME_A, OFFICE_A, RESIDENT_A, RESIDENT_B, ApiWard, api_ward

PART = timedelta(minutes=30)
ALL = AccessScope(everything=True)
# About 400 m to the north of the home.
NORTH = (HOME_A[0] + 0.0036, HOME_A[1])


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_the_rhythm_distinguishes_life_signs_from_mere_messages_and_leaves_silent_parts_out(
    ward: ApiWard,
) -> None:
    start = ward.clock.now().replace(hour=0, minute=0)
    for minute, life_sign in ((1, True), (2, True), (29, False), (65, False)):
        ward.read(
            "hall-a", "motion", float(life_sign), start + timedelta(minutes=minute), life_sign=life_sign
        )
    # Another home's motion, and what the broker had only kept, are nobody's here.
    ward.read("hall-b", "motion", 1, start + timedelta(minutes=100), life_sign=True)
    ward.read("hall-a", "battery_pct", 80, start + timedelta(minutes=130))
    ward.execute("UPDATE reading SET flags = 2 WHERE time = %s", start + timedelta(minutes=130))

    with ward.database.transaction() as connection:
        found = readings.rhythm(connection, RESIDENT_A, start, start + timedelta(hours=3), PART)

    assert found == [ActivityBin(start, 2, 3), ActivityBin(start + 2 * PART, 0, 1)]


def test_away_is_only_what_is_clearly_not_at_home(ward: ApiWard) -> None:
    start = ward.clock.now().replace(hour=0, minute=0)
    for part, (lat, lon), accuracy_m in (
        (0, HOME_A, 10.0),
        (1, NORTH, 20.0),
        # Too poor to be used, and within its own error of home.
        (2, NORTH, 300.0),
        (3, (HOME_A[0] + 0.0020, HOME_A[1]), 90.0),
    ):
        ward.fix("tracker-a", lat, lon, start + part * PART, accuracy_m)

    with ward.database.transaction() as connection:
        found = readings.away(connection, RESIDENT_A, start, start + timedelta(hours=3), PART)
        nobody = readings.away(connection, RESIDENT_B, start, start + timedelta(hours=3), PART)

    assert found == [start + PART]
    assert nobody == []


def test_blind_time_is_that_of_the_own_home_and_of_the_ward(ward: ApiWard) -> None:
    now = ward.clock.now()
    for kind, home, began, ended in (
        ("home", 1, now - 4 * PART, now - 3 * PART),
        ("home", 2, now - 4 * PART, None),
        ("ward", None, now - PART, None),
        ("home", 1, now - 90 * PART, now - 80 * PART),
    ):
        ward.execute(
            "INSERT INTO blind_time (subject_kind, home_id, began_at, ended_at, cause) VALUES (%s, %s, %s, %s, 'gateway')",
            kind,
            home,
            began,
            ended,
        )

    with ward.database.transaction() as connection:
        found = blind_times.of_resident(connection, RESIDENT_A, now - 10 * PART, now)

    assert [(one.subject, one.began_at, one.ended_at, one.cause) for one in found] == [
        (Subject.of_home(1), now - 4 * PART, now - 3 * PART, "gateway"),
        (WARD, now - PART, None, "gateway"),
    ]


def test_the_latest_position_is_never_one_of_the_future_or_long_ago(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.fix("tracker-a", *HOME_A, now - timedelta(days=8))
    with ward.database.transaction() as connection:
        assert readings.latest_fix(connection, RESIDENT_A, now) is None
    ward.fix("tracker-a", *NORTH, now - timedelta(minutes=5))
    ward.fix("tracker-a", *HOME_A, now + timedelta(minutes=5))

    with ward.database.transaction() as connection:
        found = readings.latest_fix(connection, RESIDENT_A, now)

    assert found is not None
    assert (found.lat, found.lon, found.time) == (*NORTH, now - timedelta(minutes=5))


def test_a_place_whose_time_nobody_knows_is_nowhere_where_the_person_is(ward: ApiWard) -> None:
    now = ward.clock.now()
    began = now - timedelta(hours=2)
    ward.fix("tracker-a", *HOME_A, now - timedelta(minutes=9), 10.0)
    ward.fix("tracker-a", *NORTH, now - timedelta(minutes=1), 10.0)
    # As ingest marks a fix whose clock is years off: it is stored when it came.
    ward.execute("UPDATE fix SET flags = 8 WHERE time = %s", now - timedelta(minutes=1))
    for minute in (1, 2):
        ward.read("hall-a", "motion", 1, now - timedelta(minutes=minute))
        ward.execute("UPDATE reading SET flags = 8 WHERE time = %s", now - timedelta(minutes=minute))

    with ward.database.transaction() as connection:
        latest = readings.latest_fix(connection, RESIDENT_A, now)
        track = rule_windows.track(connection, 1, RESIDENT_A, began, now, is_lead=True)
        away = readings.away(connection, RESIDENT_A, began, now, PART)
        shown = readings.fixes(connection, RESIDENT_A, since=began, until=now, limit=10)
        suspect = health.suspect_clocks(connection, now)
    assert latest is not None
    assert (latest.lat, latest.lon) == HOME_A
    assert [(lat, lon) for _, lat, lon, _ in track] == [HOME_A]
    assert away == []
    assert [(one.lat, one.lon) for one in shown] == [HOME_A]
    # Nor is it dropped in silence.
    assert suspect == {"hall-a": 2, "tracker-a": 1}


def test_the_newest_value_of_each_room_is_returned(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.execute(
        "INSERT INTO device_latest (device_number, metric, time, value)"
        " SELECT device_number, 20, %s, 24.1 FROM device WHERE device_id IN ('hall-a', 'hall-b')",
        now,
    )

    with ward.database.transaction() as connection:
        found = readings.latest_values(connection, RESIDENT_A, ["temperature_c", "humidity_pct"])

    assert [(one.device_id, one.place, one.metric, one.value) for one in found] == [
        ("hall-a", "hall", "temperature_c", 24.1)
    ]


def test_a_device_is_in_contact_while_its_heartbeats_come(ward: ApiWard) -> None:
    now = ward.clock.now()
    with ward.database.transaction() as connection:
        never = devices.contact_count(devices.overviews(connection, ALL), now)
        ward.execute(
            "INSERT INTO device_contact (device_number, last_received_at, last_time)"
            " SELECT device_number, %s, %s FROM device WHERE device_id = 'hall-a'",
            now,
            now,
        )
        some = devices.contact_count_in(connection, ALL, now)
        # Three missed heartbeats of ten minutes.
        limit = devices.contact_count_in(connection, ALL, now + timedelta(minutes=30))
        silent = devices.contact_count_in(connection, ALL, now + timedelta(minutes=30, seconds=1))
        office = devices.contact_count_in(connection, AccessScope(office=OFFICE_A), now)

    # Trackers have no heartbeat here, so nothing is expected of them.
    assert (never.in_contact, never.expected, never.last_received_at) == (0, 2, None)
    assert (some.in_contact, some.expected, some.last_received_at) == (1, 2, now)
    assert (limit.in_contact, silent.in_contact) == (1, 0)
    assert (office.in_contact, office.expected) == (1, 1)


def test_counting_gives_the_same_as_looking_at_each(ward: ApiWard) -> None:
    now = ward.clock.now()
    _evaluate(ward, ward_through=now)
    for moment in (now, now + timedelta(hours=2)):
        for scope in (ALL, AccessScope(office=OFFICE_A), AccessScope(family_user=4), AccessScope()):
            with ward.database.transaction() as connection:
                assert devices.contact_count_in(connection, scope, moment) == devices.contact_count(
                    devices.overviews(connection, scope), moment
                )
                for known_since in (now, now + PART):
                    assert residents.counts_in(connection, scope, moment, known_since) == residents.counts(
                        residents.overviews(connection, scope), moment, known_since
                    )


def test_each_resident_counts_in_one_state_only(ward: ApiWard) -> None:
    now = ward.clock.now()
    _evaluate(ward, ward_through=now)
    with ward.database.transaction() as connection:
        calm = residents.counts_in(connection, ALL, now, now)
        assert residents.overview(connection, ALL, RESIDENT_A).state_at(now) is WatchState.AS_USUAL
    ward.open_alert(RESIDENT_A)
    ward.execute("UPDATE resident SET paused_from = %s, paused_until = %s", now, now + PART)
    with ward.database.transaction() as connection:
        busy = residents.counts_in(connection, ALL, now, now)

    assert (calm.as_usual, calm.different, calm.with_alert, calm.paused) == (1, 1, 0, 0)
    assert (busy.as_usual, busy.different, busy.with_alert, busy.paused) == (0, 0, 1, 1)


def test_the_state_is_unknown_of_whom_the_last_evaluation_is_too_old(ward: ApiWard) -> None:
    now = ward.clock.now()

    def states(known_since: datetime) -> list[str]:
        with ward.database.transaction() as connection:
            return [one.state_at(known_since).value for one in residents.overviews(connection, ALL)]

    assert states(now) == ["cannot_tell", "cannot_tell"]
    _evaluate(ward, ward_through=now)
    assert sorted(states(now)) == ["as_usual", "different"]
    # Nobody evaluates the ward any more.
    assert states(now + timedelta(seconds=1)) == ["cannot_tell", "cannot_tell"]
    # The ward is evaluated, but one resident was due long ago.
    ward.execute("UPDATE evaluation SET evaluated_through = %s WHERE resident_id IS NULL", now + PART)
    ward.execute("UPDATE evaluation SET due_at = %s WHERE resident_id = 1", now)
    assert sorted(states(now + PART)) == ["cannot_tell", "different"]


def _evaluate(ward: ApiWard, *, ward_through: datetime) -> None:
    """Say that everybody was evaluated and is not due for a day."""
    for resident, state in (
        (1, "as_usual"),
        (2, "different"),
        (None, "as_usual"),
    ):
        ward.execute(
            "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state) VALUES (%s, %s, %s, %s)",
            resident,
            ward_through,
            ward_through + timedelta(days=1),
            state,
        )


def test_the_last_life_sign_shows_where_it_was(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.execute(
        "INSERT INTO home_latest (home_id, life_sign_at, device_number)"
        " SELECT 1, %s, device_number FROM device WHERE device_id = 'hall-a'",
        now,
    )

    with ward.database.transaction() as connection:
        found = residents.overview(connection, AccessScope(office=OFFICE_A), RESIDENT_A)

    assert (found.last_life_sign_at, found.last_life_sign_kind, found.last_life_sign_place) == (
        now,
        DeviceKind.MOTION,
        "hall",
    )
