"""What looks like a call and is not understood: the staff are notified once for each device and field, until it is settled."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD, Alert, Condition, EventKind, Severity
from core.domain.reasons import UnclearCallReason
from core.domain.rules import read_reason
from core.formats.profile_file import parse_profile
from core.store.alerts import unclear_calls as stored_calls
from core.store.database import Database
from core.store.devices import profiles
from core.store.telemetry import quarantine
from core.store.telemetry.quarantine import Choice
from detectors.engine import unclear_calls
from ingest.commands.release import release
from tests.support.wards.evaluated_ward import at, home
from tests.support.wards.receiving_ward import RULES, ReceivingWard

NOW = at("2026-07-01 14:00")
_TOPIC, _SENDER = "gw/g1/zigbee2mqtt/x", "zigbee2mqtt:g1/x"
_PROFILE = 'name = "p"\n[fields]\nAlarm = { metric = "sos", raised = [7], over = [0] }\n'


class Ward(ReceivingWard):
    """A ward, and its alerts about what is not understood."""

    def unclear(self) -> list[Alert]:
        return self.alerts(unclear_calls.NAME)

    @staticmethod
    def named(alert: Alert) -> list[tuple[str, str, str]]:
        card = read_reason(alert.rule, alert.reason)
        assert isinstance(card, UnclearCallReason)
        return sorted((one.sender, one.device_id, one.field) for one in card.devices)

    def registers(self, sender: str) -> None:
        with self.database.transaction() as connection:
            connection.execute("UPDATE device SET sender = %s WHERE device_id = 'sos-1'", [sender])

    def gives_profile(self, text: str) -> None:
        with self.database.transaction() as connection:
            made = profiles.add(connection, parse_profile(text, "p"), self.clock.now())
            connection.execute("UPDATE device SET profile_id = %s WHERE device_id = 'sos-1'", [made.number])

    def releases(self) -> None:
        release(self.database, RULES, self.clock.now())

    def passes(self, **span: float) -> None:
        self.pass_to(self.clock.now() + timedelta(**span))


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    with Database(database_url) as database:
        yield Ward(database, tmp_path, [home(1, watched_from=NOW - timedelta(days=3))], NOW)


def test_the_staff_are_notified_once_of_a_device_however_often_it_says_it(ward: Ward) -> None:
    ward.registers(_SENDER)
    for minute in range(30):
        ward.receives_all((_TOPIC, {"Alarm": 7}), ("gw/g1/zigbee2mqtt/new", {"fall_state": "perhaps"}))
        ward.passes(minutes=minute / 2)

    (alert,) = ward.unclear()
    assert (alert.severity, alert.subject, alert.resident) == (Severity.CHECK_SOON, WARD, None)
    assert ward.named(alert) == [("zigbee2mqtt:g1/new", "", "fall_state"), (_SENDER, "sos-1", "Alarm")]
    assert ward.events(alert) == [EventKind.OPENED]
    assert not {"7", "perhaps"} & set(str(alert.reason).replace("'", " ").split())


@pytest.mark.parametrize(
    "body",
    [
        {"fall": False},
        {"alarm": "clear"},
        {"sos_count": 3},
        {"fallback": "x"},
        {"alarm_volume": "loud"},
        {"occupancy": True},
        {"sos": True},
    ],
)
def test_what_is_understood_or_speaks_of_no_call_notifies_nobody(ward: Ward, body: dict[str, object]) -> None:
    ward.registers(_SENDER)
    ward.receives_all((_TOPIC, body), ("gw/g1/zigbee2mqtt/new", body))
    ward.passes(minutes=1)
    assert ward.unclear() == []


def test_a_native_device_calls_under_a_metric_of_its_own_and_is_notified_where_it_is_not_understood(
    ward: Ward,
) -> None:
    when = NOW.isoformat()
    for seq, value in ((1, "perhaps"), (2, True)):
        said = {"metric": "panic", "value": value, "time": when}
        for device in ("sos-1", "sos-9"):
            ward.receives(f"mimamori/v1/{device}/readings", {"seq": seq, "readings": [said]})
    ward.passes(minutes=1)

    (alert,) = ward.unclear()
    assert ward.named(alert) == [("native:sos-1", "sos-1", "panic"), ("native:sos-9", "", "panic")]
    assert [one.resident is not None for one in ward.alerts("sos")] == [True]
    assert len(ward.alerts("stray_sos")) == 1


def test_what_the_broker_kept_notifies_nobody(ward: Ward) -> None:
    ward.receives(_TOPIC, {"Alarm": 7}, retained=True)
    ward.passes(minutes=1)
    assert ward.unclear() == []


def test_it_ends_when_the_messages_that_wait_are_understood_and_not_sooner(ward: Ward) -> None:
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.passes(minutes=1)
    ward.registers(_SENDER)
    ward.releases()
    ward.gives_profile(_PROFILE.replace("raised = [7]", "raised = [8]"))
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.releases()
    ward.passes(minutes=1)
    (alert,) = ward.unclear()
    assert alert.condition is Condition.ACTIVE

    ward.gives_profile(_PROFILE)
    ward.releases()
    ward.passes(minutes=1)
    (alert,) = ward.unclear()
    assert alert.condition is Condition.CLEARED
    # And what waited is the resident's call.
    assert [one.rule for one in ward.alerts("sos")] == ["sos"]


@pytest.mark.parametrize("field", ["Alarm", "sos_state"])
def test_what_was_not_chosen_for_a_release_is_not_taken_for_understood(ward: Ward, field: str) -> None:
    ward.registers(_SENDER)
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.receives(_TOPIC, {field: 9})
    ward.passes(minutes=1)
    ward.gives_profile(_PROFILE)
    with ward.database.transaction() as connection:
        first = quarantine.waiting(connection, Choice("unclear_call"), after=0, limit=1)[0].number
    release(ward.database, RULES, ward.clock.now(), Choice(number=first))
    ward.passes(minutes=1)
    (alert,) = ward.unclear()
    assert alert.condition is Condition.ACTIVE


def test_a_field_that_is_no_call_is_settled_by_leaving_it_out(ward: Ward) -> None:
    ward.registers(_SENDER)
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.passes(minutes=1)
    ward.gives_profile('name = "p"\n[fields]\nAlarm = { metric = "sos", ignored = true }\n')
    ward.releases()
    ward.passes(minutes=1)
    (alert,) = ward.unclear()
    assert alert.condition is Condition.CLEARED


def test_an_alert_names_only_what_still_waits(ward: Ward) -> None:
    ward.registers(_SENDER)
    ward.receives_all((_TOPIC, {"Alarm": 7}), ("gw/g1/zigbee2mqtt/new", {"Alarm": 9}))
    ward.passes(minutes=1)
    ward.gives_profile(_PROFILE)
    ward.releases()
    ward.passes(minutes=1)
    (alert,) = ward.unclear()
    assert alert.condition is Condition.ACTIVE
    assert ward.named(alert) == [("zigbee2mqtt:g1/new", "", "Alarm")]


def test_any_number_of_devices_are_one_alert_that_is_repeated_every_ten_minutes_at_most(ward: Ward) -> None:
    for minute in range(30):
        ward.receives(f"gw/g1/zigbee2mqtt/made_up_{minute}", {"Alarm": 7})
        ward.passes(minutes=1)
    (alert,) = ward.unclear()
    assert ward.events(alert) == [EventKind.OPENED, EventKind.REPEATED, EventKind.REPEATED]


def test_of_more_devices_than_are_kept_the_latest_are(ward: Ward) -> None:
    for first in (0, stored_calls.MOST // 2, stored_calls.MOST):
        numbers = range(first, first + stored_calls.MOST // 2)
        ward.receives_all(*((f"gw/g1/zigbee2mqtt/made_up_{number}", {"Alarm": 7}) for number in numbers))
        ward.passes(minutes=1)
    with ward.database.transaction() as connection:
        kept = {
            one.sender.rpartition("_")[2] for one in stored_calls.since(connection, NOW - timedelta(days=1))
        }
    assert kept == {str(number) for number in range(stored_calls.MOST // 2, stored_calls.MOST * 3 // 2)}


def test_more_devices_than_are_kept_are_no_flood(ward: Ward) -> None:
    many = [(f"gw/g1/zigbee2mqtt/new_{number}", {"Alarm": 7}) for number in range(stored_calls.MOST * 5 // 4)]
    for _ in range(4):
        ward.receives_all(*many[: len(many) // 2])
        ward.passes(minutes=8)
        ward.receives_all(*many[len(many) // 2 :])
        ward.passes(minutes=8)
    (alert,) = ward.unclear()
    assert ward.events(alert).count(EventKind.REPEATED) <= 1


def test_the_device_that_a_message_names_is_the_one_whose_moment_it_says(ward: Ward) -> None:
    ward.receives("gw/g1/zigbee2mqtt/first", {"Alarm": 7})
    ward.clock.advance(seconds=60)
    ward.receives("gw/g1/zigbee2mqtt/second", {"Alarm": 7})
    ward.passes(minutes=1)
    (alert,) = ward.unclear()
    card = read_reason(alert.rule, alert.reason)
    assert isinstance(card, UnclearCallReason)
    assert [one.sender.rpartition("/")[2] for one in card.devices] == ["first", "second"]
    assert card.devices[0].since == alert.began_at


def test_closed_by_a_person_it_is_not_raised_again_and_another_field_is(ward: Ward) -> None:
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.passes(minutes=1)
    ward.closes(ward.unclear()[0])
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.passes(minutes=30)
    assert len(ward.unclear()) == 1

    ward.receives(_TOPIC, {"Alarm": 7, "sos_state": "perhaps"})
    ward.passes(minutes=1)
    assert [ward.named(one)[0][2] for one in ward.unclear()] == ["Alarm", "sos_state"]


def test_what_nobody_says_for_a_month_ends(ward: Ward) -> None:
    ward.receives(_TOPIC, {"Alarm": 7})
    ward.passes(minutes=1)
    ward.passes(days=31)
    (alert,) = ward.unclear()
    assert alert.condition is Condition.CLEARED
