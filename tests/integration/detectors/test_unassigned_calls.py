"""A button or detector that belongs to nobody: the staff are notified at once, and nobody can bury them under it."""

import itertools
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD, Alert, Condition, EventKind, Severity
from core.domain.metrics import CALLS, METRICS
from core.domain.reasons import UnassignedSosReason
from core.domain.rules import read_reason
from core.store.alerts import unassigned_calls as stored_calls
from core.store.alerts.unassigned_calls import SaidCall
from core.store.database import Database
from detectors.engine import unassigned_calls as unassigned
from ingest.commands.release import release
from tests.support.wards.evaluated_ward import at, home
from tests.support.wards.receiving_ward import RULES, ReceivingWard

NOW = at("2026-07-01 14:00")


class Ward(ReceivingWard):
    """A ward, and its alerts about calls of nobody."""

    def calls(self) -> list[Alert]:
        return self.alerts(unassigned.NAME)

    @staticmethod
    def named(alert: Alert) -> list[tuple[str, str]]:
        card = read_reason(alert.rule, alert.reason)
        assert isinstance(card, UnassignedSosReason)
        return [(one.sender, one.metric) for one in card.buttons]


def press(button: str = "button_7") -> tuple[str, dict[str, object]]:
    return f"gw/g1/zigbee2mqtt/{button}", {"action": "emergency"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    with Database(database_url) as database:
        yield Ward(database, tmp_path, [home(1, watched_from=NOW - timedelta(days=3))], NOW)


def test_the_staff_are_notified_at_once_of_a_call_from_a_button_that_nobody_registered(ward: Ward) -> None:
    ward.receives(*press())
    ward.pass_to(NOW + timedelta(seconds=2))

    (alert,) = ward.calls()
    assert (alert.severity, alert.subject, alert.resident) == (Severity.EMERGENCY, WARD, None)
    assert [one["sender"] for one in alert.reason["buttons"]] == ["zigbee2mqtt:g1/button_7"]  # pyright: ignore[reportIndexIssue, reportUnknownVariableType, reportGeneralTypeIssues]
    # Evaluating again raises nothing new.
    ward.pass_to(NOW + timedelta(minutes=1))
    assert ward.calls() == [alert]


_SAID: dict[str, dict[str, object]] = {
    "sos": {"sos": True},
    "fall": {"fall_status": "fall_alarm"},
    "smoke": {"smoke": True},
    "gas_leak": {"gas": True},
    "carbon_monoxide": {"carbon_monoxide": True},
    "water_leak": {"water_leak_1": True},
}


@pytest.mark.parametrize("metric", CALLS)
def test_every_call_and_hazard_of_a_device_that_nobody_registered_notifies_the_staff(
    ward: Ward, metric: str
) -> None:
    ward.receives("gw/g1/zigbee2mqtt/x", _SAID[metric])
    ward.pass_to(NOW + timedelta(seconds=2))

    (alert,) = ward.calls()
    assert ward.named(alert) == [("zigbee2mqtt:g1/x", metric)]
    # Water on the floor concerns the next hour, not the next minute.
    assert alert.severity is (Severity.CHECK_SOON if metric == "water_leak" else Severity.EMERGENCY)


def test_a_detector_that_repeats_itself_is_one_call_until_it_says_that_it_is_over(ward: Ward) -> None:
    for minute in range(0, 60, 3):
        ward.receives("gw/g1/zigbee2mqtt/smoke", {"smoke": True, "battery": 90})
        ward.pass_to(NOW + timedelta(minutes=minute, seconds=5))
    (alert,) = ward.calls()
    assert ward.events(alert).count(EventKind.REPEATED) == 0

    ward.receives("gw/g1/zigbee2mqtt/smoke", {"smoke": False, "battery": 90})
    ward.pass_to(NOW + timedelta(minutes=60))
    ward.receives("gw/g1/zigbee2mqtt/smoke", {"smoke": True, "battery": 90})
    ward.pass_to(NOW + timedelta(minutes=63))
    assert ward.events(alert).count(EventKind.REPEATED) == 1


def test_an_end_and_a_new_alarm_in_one_batch_are_another_call(ward: Ward) -> None:
    ward.receives("gw/g1/zigbee2mqtt/smoke", {"smoke": True})
    ward.pass_to(NOW + timedelta(seconds=5))
    (alert,) = ward.calls()
    ward.pass_to(NOW + timedelta(minutes=5))
    ward.receives_all(
        ("gw/g1/zigbee2mqtt/smoke", {"smoke": False}), ("gw/g1/zigbee2mqtt/smoke", {"smoke": True})
    )
    ward.pass_to(NOW + timedelta(minutes=6))
    assert ward.events(alert).count(EventKind.REPEATED) == 1


_RAISED_AT, _OVER_AT = NOW, NOW + timedelta(minutes=5)
_SMOKE = METRICS["smoke"].number


def said(*, at: datetime, is_raised: bool) -> SaidCall:
    call = SaidCall("zigbee2mqtt:g1/smoke", _SMOKE, "unknown_device", at, at)
    call.add(at, is_raised=is_raised)
    return call


@pytest.mark.parametrize("first", ["raised", "over"])
@pytest.mark.parametrize(("age_min", "presses", "began_min"), [(15, 1, 20), (-2, 2, 0)])
def test_whichever_worker_stores_first_an_alarm_after_the_end_is_another_call_and_one_before_it_is_not(
    database_url: str, first: str, age_min: int, presses: int, began_min: int
) -> None:
    with Database(database_url) as one, Database(database_url) as other:
        raised, over = said(at=_RAISED_AT, is_raised=True), said(at=_OVER_AT, is_raised=False)
        order = [(one, raised), (other, over)] if first == "raised" else [(other, over), (one, raised)]
        for database, call in order:
            with database.transaction() as connection:
                stored_calls.note(connection, [call])
        again = _OVER_AT + timedelta(minutes=age_min)
        with one.transaction() as connection:
            stored_calls.note(connection, [said(at=again, is_raised=True)])
            (found,) = stored_calls.since(connection, NOW - timedelta(days=1))
    assert (found.began_at, found.last_at, found.presses) == (
        NOW + timedelta(minutes=began_min),
        again,
        presses,
    )


def test_two_workers_that_store_an_alarm_and_its_end_at_once_keep_both(database_url: str) -> None:
    with (
        Database(database_url) as one,
        Database(database_url) as other,
        ThreadPoolExecutor(max_workers=1) as worker,
    ):

        def end() -> None:
            with other.transaction() as connection:
                stored_calls.note(connection, [said(at=_OVER_AT, is_raised=False)])

        with one.transaction() as connection:
            stored_calls.note(connection, [said(at=_RAISED_AT, is_raised=True)])
            ended = worker.submit(end)
        ended.result(timeout=20)
        again = _OVER_AT + timedelta(minutes=1)
        with one.transaction() as connection:
            stored_calls.note(connection, [said(at=again, is_raised=True)])
            (found,) = stored_calls.since(connection, NOW - timedelta(days=1))
    assert (found.began_at, found.presses) == (again, 1)


def test_ends_that_nobody_called_before_are_no_calls_and_push_none_out(ward: Ward) -> None:
    ward.receives("gw/g1/zigbee2mqtt/bath", {"water_leak": True})
    ward.receives_all(*((f"gw/g1/zigbee2mqtt/s_{number}", {"smoke": False}) for number in range(120)))
    ward.pass_to(NOW + timedelta(seconds=5))
    (alert,) = ward.calls()
    assert ward.named(alert) == [("zigbee2mqtt:g1/bath", "water_leak")]


def test_water_that_becomes_smoke_becomes_an_emergency(ward: Ward) -> None:
    ward.receives("gw/g1/zigbee2mqtt/bath", {"water_leak": True})
    ward.pass_to(NOW + timedelta(seconds=5))
    ward.pass_to(NOW + timedelta(minutes=4))
    ward.receives("gw/g1/zigbee2mqtt/kitchen", {"smoke": True})
    ward.pass_to(NOW + timedelta(minutes=5))

    (alert,) = ward.calls()
    assert alert.severity is Severity.EMERGENCY
    assert [metric for _, metric in ward.named(alert)] == ["smoke", "water_leak"]
    assert EventKind.SEVERITY_RAISED in ward.events(alert)


def test_an_emergency_does_not_wait_because_the_staff_were_just_notified_of_water(ward: Ward) -> None:
    ward.receives("gw/g1/zigbee2mqtt/bath", {"water_leak": True})
    ward.pass_to(NOW + timedelta(seconds=5))
    ward.receives("gw/g1/zigbee2mqtt/kitchen", {"smoke": True})
    ward.pass_to(NOW + timedelta(seconds=70))

    (alert,) = ward.calls()
    assert alert.severity is Severity.EMERGENCY


def test_no_number_of_leaks_hides_an_emergency(ward: Ward) -> None:
    leaks = [(f"gw/g1/zigbee2mqtt/bath_{number}", {"water_leak": True}) for number in range(25)]
    ward.receives_all(*leaks, press())
    for first in range(25, 150, 25):
        ward.pass_to(NOW + timedelta(milliseconds=first))
        ward.receives_all(
            *(
                (f"gw/g1/zigbee2mqtt/bath_{number}", {"water_leak": True})
                for number in range(first, first + 25)
            )
        )
    with ward.database.transaction() as connection:
        kept = stored_calls.since(connection, NOW - timedelta(days=1))
    assert "zigbee2mqtt:g1/button_7" in {one.sender for one in kept}


def test_an_alarm_that_goes_on_after_somebody_closed_it_is_raised_again_after_half_an_hour(
    ward: Ward,
) -> None:
    def leaks(minute: int) -> None:
        ward.receives("gw/g1/zigbee2mqtt/bath", {"water_leak": True})
        ward.pass_to(NOW + timedelta(minutes=minute))

    leaks(1)
    (alert,) = ward.calls()
    ward.closes(alert)
    for minute in (11, 21, 30):
        leaks(minute)
    assert len(ward.calls()) == 1
    leaks(32)
    leaks(33)
    assert len(ward.calls()) == 2


def test_a_registered_button_that_stands_in_no_home_calls_as_well(ward: Ward) -> None:
    with ward.database.transaction() as connection:
        connection.execute("DELETE FROM device_assignment")
    ward.receives(
        "mimamori/v1/sos-1/readings",
        {"seq": 1, "readings": [{"metric": "sos", "value": True, "time": NOW.isoformat()}]},
    )
    ward.pass_to(NOW + timedelta(seconds=2))

    assert len(ward.calls()) == 1


def test_what_the_broker_kept_and_what_is_no_call_notifies_nobody(ward: Ward) -> None:
    ward.receives(*press(), retained=True)
    ward.receives("gw/g1/zigbee2mqtt/hall_9", {"occupancy": True})
    ward.pass_to(NOW + timedelta(minutes=1))

    assert ward.calls() == []


def test_of_any_number_of_made_up_buttons_comes_one_alert_that_names_a_few(ward: Ward) -> None:
    for number in range(150):
        ward.receives(*press(f"made_up_{number}"))
    ward.pass_to(NOW + timedelta(seconds=2))
    for number in range(20):
        ward.receives(*press(f"more_{number}"))
    ward.pass_to(NOW + timedelta(seconds=40))

    (alert,) = ward.calls()
    assert len(alert.reason["buttons"]) == 10  # pyright: ignore[reportArgumentType]
    with ward.database.transaction() as connection:
        assert len(stored_calls.since(connection, NOW - timedelta(days=1))) == stored_calls.MOST

    # What came meanwhile is raised in the same alert, after a pause.
    ward.pass_to(NOW + timedelta(minutes=3))
    (raised,) = ward.calls()
    assert raised.number == alert.number
    assert raised.reason["buttons"][0]["sender"].startswith("zigbee2mqtt:g1/more_")  # pyright: ignore[reportIndexIssue, reportUnknownMemberType]


def test_buttons_that_go_on_being_pressed_are_raised_every_two_minutes_and_no_sooner(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Only the ward's own time counts here, however slow the machine is.
    monkeypatch.setattr("detectors.engine.scheduler._WARD_EVERY_S", math.inf)
    raised: list[float] = []
    seen = ""
    for second in range(0, 301, 60):
        ward.receives(*press(f"made_up_{second}"))
        ward.pass_to(NOW + timedelta(seconds=second + 5))
        for alert in ward.calls():
            if str(alert.reason["told_through"]) != seen:
                seen = str(alert.reason["told_through"])
                raised.append(second)

    assert len(raised) == 3
    assert [later - sooner for sooner, later in itertools.pairwise(raised)] == [120, 120]


def test_pressed_again_after_somebody_closed_it_it_calls_again(ward: Ward) -> None:
    ward.receives(*press())
    ward.pass_to(NOW + timedelta(seconds=2))
    (alert,) = ward.calls()
    assert alert.condition is Condition.ACTIVE
    ward.closes(alert)

    ward.pass_to(NOW + timedelta(seconds=80))
    assert len(ward.calls()) == 1
    ward.receives(*press())
    ward.pass_to(NOW + timedelta(minutes=3))
    assert len(ward.calls()) == 2


def test_released_from_the_quarantine_after_the_button_was_registered_it_is_the_residents_call(
    ward: Ward,
) -> None:
    ward.receives(*press())
    ward.pass_to(NOW + timedelta(seconds=2))
    with ward.database.transaction() as connection:
        connection.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/button_7' WHERE device_id = 'sos-1'")

    assert release(ward.database, RULES, ward.clock.now()).stored == 1
    ward.pass_to(NOW + timedelta(minutes=1))

    assert sorted(one.rule for one in ward.alerts()) == ["sos", "stray_sos"]
