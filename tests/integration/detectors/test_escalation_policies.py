"""Policies as data on a real database: the household's own, the office's, what everybody has; and an emergency that goes up."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import NotificationKind, Outcome, Severity
from core.domain.escalation.policy import (
    EscalationPolicy,
    HoursOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)
from core.store.alerts import handling, notifications
from core.store.database import Database
from core.store.people import escalation_policies, offices
from detectors.alerting import planner
from tests.support.alerting import CENTRE, TARO, HandClock, open_alert, ward_file
from tests.support.wards import ward_files

OWN, NEXT, WARD_LINE, PLAN = 1, 2, 3, 4
P1, P2 = Severity.EMERGENCY, Severity.CHECK_SOON
OPENING, REMINDER = NotificationKind.OPENING, NotificationKind.REMINDER
# Monday 09:40 in Tokyo.
MORNING = datetime(2026, 8, 3, 0, 40, tzinfo=UTC)


def _desk(name: str, **more: Any) -> dict[str, Any]:
    contact = {"name": name, "step": 1, "channel": "mail", "address": f"{len(name)}{name[-1:]}@example.jp"}
    return {"name": name, "centre": [contact | {"address": f"{more.get('role', 'next')}@example.jp"}], **more}


class Ward:
    """A resident with a son and a centre, and three desks above it; messages count as sent as soon as they are planned."""

    def __init__(self, database: Database, folder: Path, *, above: bool) -> None:
        self.database = database
        self.clock = HandClock(MORNING)
        self._shown = 0
        volunteer = {**CENTRE, "name": "当番", "address": "duty@example.jp", "duty_only": True}
        volunteer.pop("user")
        file = ward_file([TARO], [CENTRE, volunteer])
        if above:
            file["offices"] += [
                _desk("となりの事業所"),
                _desk("区の当直", role="ward_line"),
                _desk("緊急時の計画", role="emergency_plan"),
            ]
        with database.transaction() as connection:
            ward_files.register(connection, ward_files.write_ward(folder, file))
            if above:
                offices.set_cover(connection, OWN, next_office=NEXT, staffed=None)

    def open(self, severity: Severity = P1, **changes: Any) -> int:
        with self.database.transaction() as connection:
            return open_alert(connection, self.clock.now(), severity=severity, **changes)

    def after(self, **span: float) -> list[tuple[str, str]]:
        """Let time pass, plan, and return who was newly notified of what."""
        self.clock.advance(**span)
        planner.plan_all(self.database, self.clock.now())
        with self.database.transaction() as connection:
            connection.execute("UPDATE notification SET status = 'sent', attempts = 1")
            rows = connection.execute(
                "SELECT notification_id, contact.name, kind FROM notification JOIN contact USING (contact_id)"
                " WHERE notification_id > %s ORDER BY notification_id",
                (self._shown,),
            ).fetchall()
        self._shown = max([self._shown, *(row[0] for row in rows)])
        return [(row[1], row[2]) for row in rows]

    def put(self, *branches: PolicyBranch, home: bool = False) -> None:
        usual = [PolicyBranch(one, (PolicyStep(Recipients.OFFICE, 3),)) for one in (P1, P2)]
        kept = [
            one
            for one in usual
            if one.severity not in {given.severity for given in branches if given.hours is HoursOfDay.ANY}
        ]
        policy = EscalationPolicy((*kept, *branches))
        with self.database.transaction() as connection:
            if home:
                escalation_policies.put_for_home(connection, 1, policy, self.clock.now())
            else:
                escalation_policies.put_for_office(connection, OWN, policy, self.clock.now())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, size=2) as made:
        yield made


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> Ward:
    return Ward(database, tmp_path, above=True)


TARO_NAME, CENTRE_NAME = "佐藤 太郎", "見守りセンター"


def test_an_emergency_that_nobody_answers_goes_up_every_two_minutes_to_the_emergency_plan(ward: Ward) -> None:
    ward.open()
    assert ward.after(seconds=0) == [(TARO_NAME, OPENING)]
    for name in (CENTRE_NAME, "となりの事業所", "区の当直", "緊急時の計画"):
        assert ward.after(minutes=1, seconds=59) == []
        assert ward.after(seconds=1) == [(name, OPENING)]


def test_desks_above_are_asked_every_hour_for_as_long_as_nobody_takes_an_emergency_on(ward: Ward) -> None:
    number = ward.open()
    for minutes in (0, 2, 2, 2, 2, 5, 10, 20):
        ward.after(minutes=minutes)
    asked = [sorted({name for name, kind in ward.after(hours=1) if kind == REMINDER}) for _ in range(24)]
    desks = ["となりの事業所", "区の当直", "緊急時の計画"]
    up = [sorted(desks)] * 3
    assert asked[:8] == [*up, [TARO_NAME], *up, sorted([CENTRE_NAME, *desks])]
    # People have had their share of the day by then; the desks have not.
    assert all(set(desks) <= set(found) for found in asked[8:11])
    with ward.database.transaction() as connection:
        handling.claim(connection, number, contact=1, now=ward.clock.now())
    ward.after(seconds=0)
    with ward.database.transaction() as connection:
        assert not [one for one in notifications.steps(connection, number) if one.is_ahead]


def test_what_can_wait_ten_minutes_stays_with_family_and_centre(ward: Ward) -> None:
    ward.open(P2)
    ward.after(seconds=0)
    assert ward.after(minutes=10) == [(CENTRE_NAME, OPENING)]
    assert ward.after(minutes=29) == []


def test_desks_above_do_not_learn_of_an_end_that_they_were_not_asked_about(ward: Ward) -> None:
    number = ward.open()
    ward.after(seconds=0)
    with ward.database.transaction() as connection:
        # The son, whose number follows those of the centre, the volunteer and the three desks.
        (son,) = connection.execute("SELECT contact_id FROM contact WHERE resident_id = 1").fetchone() or (0,)
        handling.close(connection, number, contact=son, outcome=Outcome.SAFE_CONTACTED, now=ward.clock.now())
    assert [name for name, _ in ward.after(seconds=0)] == [CENTRE_NAME]


def test_without_desks_above_an_emergency_ends_at_the_centre_as_before(
    database: Database, tmp_path: Path
) -> None:
    ward = Ward(database, tmp_path, above=False)
    ward.open()
    assert ward.after(seconds=0) == [(TARO_NAME, OPENING)]
    assert ward.after(minutes=2) == [(CENTRE_NAME, OPENING)]
    assert ward.after(minutes=4, seconds=59) == []
    assert ward.after(seconds=1) == [(CENTRE_NAME, REMINDER), (TARO_NAME, REMINDER)]


def test_a_households_own_policy_comes_before_its_offices_and_that_before_what_everybody_has(
    ward: Ward,
) -> None:
    ward.put(PolicyBranch(P2, (PolicyStep(Recipients.OFFICE, 5),)))
    ward.open(P2)
    assert ward.after(seconds=0) == [(CENTRE_NAME, OPENING)]

    ward.put(
        PolicyBranch(P2, (PolicyStep(Recipients.FAMILY, 7), PolicyStep(Recipients.NEXT_OFFICE, 1))), home=True
    )
    ward.open(P2, rule="heat")
    assert ward.after(seconds=0) == [(TARO_NAME, OPENING)]
    assert ward.after(minutes=6, seconds=59) == []
    assert ward.after(seconds=1) == [("となりの事業所", OPENING)]


def test_at_night_the_policy_of_the_night_holds_by_the_clock_of_the_home(ward: Ward) -> None:
    night = PolicyBranch(P1, (PolicyStep(Recipients.WARD_LINE, 2),), HoursOfDay.NIGHT)
    ward.put(night)
    ward.open()
    assert ward.after(seconds=0) == [(CENTRE_NAME, OPENING)]
    # 22:00 in Tokyo.
    ward.clock.advance(hours=12, minutes=20)
    ward.after(seconds=0)
    ward.open(rule="fall")
    assert ("区の当直", OPENING) in ward.after(seconds=0)


def test_where_nobody_is_on_the_roster_the_centre_is_asked_at_that_step(ward: Ward) -> None:
    ward.put(PolicyBranch(P2, (PolicyStep(Recipients.DUTY, 5), PolicyStep(Recipients.WARD_LINE, 5))))
    ward.open(P2)
    assert ward.after(seconds=0) == [(CENTRE_NAME, OPENING)]
    assert ward.after(minutes=5) == [("区の当直", OPENING)]


def test_a_policy_says_how_often_others_are_asked_in_turn(ward: Ward) -> None:
    ward.put(
        PolicyBranch(P2, (PolicyStep(Recipients.FAMILY, 5), PolicyStep(Recipients.OFFICE, 5)), again_min=15)
    )
    ward.open(P2)
    ward.after(seconds=0)
    ward.after(minutes=5)
    turns: list[list[str]] = []
    for _ in range(3):
        assert ward.after(minutes=14) == []
        turns.append([name for name, _ in ward.after(minutes=1)])
    assert turns == [[CENTRE_NAME, TARO_NAME], [TARO_NAME], [CENTRE_NAME]]


def test_a_policy_that_cannot_be_read_does_not_keep_an_alert_from_being_planned(ward: Ward) -> None:
    with ward.database.transaction() as connection:
        connection.execute(
            "INSERT INTO escalation_policy (office_id, body, changed_at) VALUES (1, '{\"night\": 5}', now())"
        )
    ward.open()
    assert ward.after(seconds=0) == [(TARO_NAME, OPENING)]


def test_a_home_whose_time_zone_nobody_knows_is_planned_by_what_everybody_has(ward: Ward) -> None:
    ward.put(PolicyBranch(P1, (PolicyStep(Recipients.WARD_LINE, 5),)))
    with ward.database.transaction() as connection:
        connection.execute("UPDATE home SET time_zone = 'Mars/Olympus'")
    ward.open()
    assert ward.after(seconds=0) == [(TARO_NAME, OPENING)]


def test_a_claim_given_back_goes_on_upwards_with_the_next_desk_at_once(ward: Ward) -> None:
    number = ward.open()
    ward.after(seconds=0)
    ward.after(minutes=2)
    with ward.database.transaction() as connection:
        handling.claim(connection, number, user=2, now=ward.clock.now())
        handling.release(connection, number, user=2, now=ward.clock.now())
    found = ward.after(seconds=0)
    assert ("となりの事業所", OPENING) in found
    assert ("区の当直", OPENING) in ward.after(minutes=2)
    assert ("緊急時の計画", OPENING) in ward.after(minutes=2)
