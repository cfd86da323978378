"""What was not read is collected for the database: names only, within bounds, under the profile that counts now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import DeviceProfile, ProfileField, ProfileSource
from core.store.devices.unread_fields import MOST_OF_SENDER, UnreadField
from core.store.telemetry.batches import SendingDevice
from ingest.processing.unread_fields import Unread, UnreadFields, UnreadKey, field_name, note

AT = datetime(2026, 8, 3, 9, tzinfo=UTC)
HALL = SendingDevice(7, "hall", "zigbee2mqtt:/hall", DeviceKind.MOTION, None, None)
PROFILE = DeviceProfile("p", 1, "", "", ProfileSource.BY_HAND, (ProfileField("sos", field="Alarm"),))


def test_batches_add_up_until_they_are_taken() -> None:
    collected, batch = UnreadFields(), dict[UnreadKey, Unread]()
    note(batch, (HALL.sender, "Alarm"), AT + timedelta(minutes=1), HALL)
    note(batch, (HALL.sender, "Alarm"), AT, HALL)
    collected.add(batch)
    collected.add(batch)
    assert collected.is_due
    assert collected.take(lambda _: HALL) == [
        UnreadField(HALL.sender, "Alarm", 4, AT, AT + timedelta(minutes=1))
    ]
    assert not collected.is_due
    assert collected.take(lambda _: HALL) == []


def test_what_is_known_waits_for_its_minute_and_a_new_field_does_not() -> None:
    collected = UnreadFields()
    collected.add({(HALL.sender, "Alarm"): Unread(1, AT, AT)})
    collected.take(lambda _: None)
    collected.add({(HALL.sender, "Alarm"): Unread(1, AT, AT)})
    assert collected.has_some
    assert not collected.is_due


def test_a_count_under_a_profile_that_is_followed_no_more_is_left_out() -> None:
    collected = UnreadFields()
    collected.add({(HALL.sender, "Alarm"): Unread(3, AT, AT, None, is_registered=True)})
    followed = replace(HALL, profile=PROFILE)
    assert collected.take(lambda _: followed) == []
    collected.add({(HALL.sender, "Alarm"): Unread(3, AT, AT, None, is_registered=True)})
    collected.add({(HALL.sender, "Alarm"): Unread(1, AT, AT, PROFILE, is_registered=True)})
    assert [one.messages for one in collected.take(lambda _: followed)] == [1]


def test_a_sender_with_ever_new_names_does_not_fill_the_table() -> None:
    collected = UnreadFields()
    collected.add({("s", f"name {'x' * number}"): Unread(1, AT, AT) for number in range(2 * MOST_OF_SENDER)})
    assert len(collected.take(lambda _: None)) == MOST_OF_SENDER


def _unread(*, is_registered: bool = False) -> Unread:
    return Unread(1, AT, AT, is_registered=is_registered)


def test_made_up_senders_push_out_neither_devices_nor_those_of_another_gateway_and_are_counted() -> None:
    collected = UnreadFields(most=20)
    for number in range(10):
        collected.add({(f"zigbee2mqtt:g2/real_{number}", "Alarm"): _unread()})
    for number in range(500):
        collected.add({(f"zigbee2mqtt:g1/made_up_{number}", "x"): _unread()})
    collected.add({(HALL.sender, "Alarm"): _unread(is_registered=True)})

    kept = [one.sender for one in collected.take(lambda _: None)]
    assert {f"zigbee2mqtt:g2/real_{number}" for number in range(10)} <= set(kept)
    assert HALL.sender in kept
    assert [one for one in kept if "g1" in one] == [f"zigbee2mqtt:g1/made_up_{n}" for n in range(490, 500)]
    assert collected.left_out == 490


def test_a_sender_that_goes_on_is_not_given_up_for_one_that_comes_once() -> None:
    collected = UnreadFields(most=3)
    for number in range(50):
        collected.add({("shelly:/mine", "Alarm"): _unread(), (f"shelly:/other_{number}", "x"): _unread()})
    counts = {one.sender: one.messages for one in collected.take(lambda _: None)}
    assert counts["shelly:/mine"] == 50
    assert len(counts) == 3


def test_names_hold_no_numbers_addresses_or_places_and_can_be_stored() -> None:
    assert field_name("35.6581,139.7454") == "…,…"
    assert field_name("seen_aabbcc0011223344") == "seen_…"
    assert field_name("a\x00b") == "a�b"
    assert len(field_name("x" * 500)) == 100
    # As long as a message can be: a second of work for each name would stop the ward.
    assert field_name("a" * 250_000) == "a" * 100
    assert field_name("action_group_2") == "action_group_2"
