"""The ward generator: valid, repeatable, and believable."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.domain.device import DEVICE_ID, DeviceKind
from core.errors import InputError
from core.formats import ward_file
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from tests.support.paths import REPOSITORY

NOW = datetime.fromisoformat("2026-11-23T06:30:00+09:00")
SCHEMA = json.loads((REPOSITORY / "tests/contract/schemas/ward.schema.json").read_text(encoding="utf-8"))
VALIDATOR: Any = Draft202012Validator(SCHEMA)


def ward(residents: int = 20, seed: int = 1, **more: Any) -> Any:
    return make_ward(WardOrder(residents, seed, NOW, **more))


@pytest.mark.parametrize("residents", [1, 2, 5, 20, 70])
def test_a_ward_file_keeps_to_its_schema(residents: int):
    body = ward(residents, webhook_url="http://127.0.0.1:9/hook", has_telephones=True)
    errors: list[Any] = [*VALIDATOR.iter_errors(body)]
    assert errors == []


def test_the_same_seed_makes_the_same_ward_and_another_seed_another():
    assert json.dumps(ward(seed=3)) == json.dumps(ward(seed=3))
    assert json.dumps(ward(seed=3)) != json.dumps(ward(seed=4))


def test_a_larger_ward_begins_with_the_smaller_one():
    assert ward(20)["homes"][:10] == ward(10)["homes"]


def test_names_of_homes_people_and_devices_are_unique():
    homes = ward(70)["homes"]
    device_ids = [device["device_id"] for home in homes for device in home["devices"]]
    senders = [device["sender"] for home in homes for device in home["devices"]]
    assert len({home["name"] for home in homes}) == 70
    assert len(set(device_ids)) == len(device_ids)
    assert len(set(senders)) == len(senders)
    assert all(DEVICE_ID.fullmatch(device_id) for device_id in device_ids)


def test_residents_are_between_75_and_95_years_old():
    born = [date.fromisoformat(home["residents"][0]["born_on"]) for home in ward(70)["homes"]]
    ages = [(NOW.date() - day).days / 365.25 for day in born]
    assert min(ages) >= 75
    assert max(ages) <= 95.1
    assert max(ages) - min(ages) > 10


def test_homes_stand_apart_from_each_other():
    places = {(home["lat"], home["lon"]) for home in ward(70)["homes"]}
    assert len(places) == 70


def test_devices_belong_to_the_homes_before_the_history_begins():
    since = [
        datetime.fromisoformat(device["since"]) for home in ward()["homes"] for device in home["devices"]
    ]
    assert all((NOW - moment).days >= 29 for moment in since)


def test_the_ward_shows_off_the_shelf_senders_beside_native_ones():
    played = parse_ward(ward())
    senders = {device.sender for home in played.homes for device in home.devices}
    assert senders == {"native", "zigbee2mqtt", "owntracks"}


def test_every_home_has_what_the_rules_need():
    for home in parse_ward(ward()).homes:
        kinds = {device.kind for device in home.devices}
        assert {DeviceKind.MOTION, DeviceKind.DOOR, DeviceKind.BUTTON, DeviceKind.GATEWAY} <= kinds


def test_families_are_reached_by_mail_and_by_webhook_and_telephone_only_where_asked_for():
    def channels(body: Any) -> set[str]:
        return {
            way.kind
            for home in ward_file.parse_ward(body).homes
            for person in home.residents
            for contact in person.contacts
            for way in contact.ways
        }

    assert channels(ward()) == {"mail"}
    assert channels(ward(webhook_url="http://127.0.0.1:9/hook")) == {"mail", "webhook"}
    assert channels(ward(has_telephones=True)) == {"mail", "sms", "voice"}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("time_zone", "Mars/Olympus", "homes[0].time_zone: Mars/Olympus is not a time zone"),
        ("lat", "north", "homes[0].lat: Expected `float"),
        ("devices", {}, "homes[0].devices: Expected `array`"),
    ],
)
def test_an_unusable_ward_file_names_the_place(path: str, value: object, words: str):
    body = ward(1)
    body["homes"][0][path] = value
    with pytest.raises(InputError) as raised:
        parse_ward(body)
    assert words in str(raised.value)


def test_a_ward_in_which_nobody_lives_cannot_be_simulated():
    with pytest.raises(InputError, match="there is no home with a resident"):
        parse_ward({**ward(1), "homes": []})


def test_a_device_that_the_simulator_cannot_speak_for_is_named():
    body = ward(1)
    body["homes"][0]["devices"][3]["sender"] = "tasmota:g1/plug"
    with pytest.raises(InputError, match=r"homes\[0\]\.devices\[3\]\.sender: the simulator speaks native"):
        parse_ward(body)


def test_a_time_without_offset_is_refused():
    body = ward(1)
    body["homes"][0]["residents"][0]["watched_from"] = "2026-08-01T06:30:00"
    with pytest.raises(InputError, match="watched_from"):
        parse_ward(body)


def test_who_reads_english_is_notified_about_somebody_in_english():
    contacts = [
        contact for home in ward()["homes"] for one in home["residents"] for contact in one["contacts"]
    ]
    for contact in contacts:
        assert contact["calls_resident"].isascii() == (contact["language"] == "en")
    assert {contact["language"] for contact in contacts} == {"ja", "en"}
