"""Registering a ward file and single devices in a real database."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.domain.access_scope import AccessScope
from core.domain.device import DeviceKind
from core.errors import ConflictError, InputError, NotFoundError
from core.formats.ward_file import Ward, read_ward
from core.store.database import Database
from core.store.devices import devices
from core.store.devices.moves import move_device
from core.store.devices.registry import Placement, add_device, placement_of, retire_device
from core.store.devices.ward_registration import register_ward
from core.store.people import geofences, residents, users
from tests.support.wards.api_ward import register_two_offices, two_offices
from tests.support.wards.ward_files import NOW, register, small_ward, write_ward

EVERYTHING = AccessScope(everything=True)


def test_a_ward_file_is_registered_whole(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        result = register(connection, write_ward(tmp_path, small_ward()))
    assert dict(result.added) == {
        "offices": 1, "users": 3, "homes": 1, "residents": 1, "contacts": 2, "geofences": 1, "devices": 4
    }  # fmt: skip
    with database.transaction() as connection:
        (resident,) = residents.overviews(connection, EVERYTHING)
        assert (resident.name, resident.area, resident.zone.key) == ("山田花子", "3丁目", "Asia/Tokyo")
        # The family user sees her, the centre's contact comes after the family's.
        taro = users.by_login(connection, "taro")
        assert residents.visible_numbers(connection, AccessScope(family_user=taro.number)) == {
            resident.number
        }
        assert [c.address for c in residents.contacts(connection, resident.number)] == [
            "taro@example.jp",
            "centre@example.jp",
        ]
        assert [g.name for g in geofences.of_resident(connection, resident.number)] == ["自宅のまわり"]
        # Her own devices are hers, the others everybody's in the home.
        placed = {d.device_id: d.resident for d in devices.overviews(connection, EVERYTHING)}
        assert placed == {
            "hall-1": None, "door-1": None, "sos-1": resident.number, "phone-1": resident.number
        }  # fmt: skip


def test_registering_a_file_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = write_ward(tmp_path, small_ward())
    with database.transaction() as connection:
        register(connection, path)
    with database.transaction() as connection:
        again = register(connection, path)
    assert again.new_logins == []
    assert sum(again.added.values()) == 0


def test_a_file_with_a_mistake_late_in_it_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    ward = small_ward()
    ward["homes"][0]["residents"][0]["family_users"] = ["jiro"]
    with (
        pytest.raises(
            InputError, match=r"homes\[0\]\.residents\[0\]\.family_users\[0\]: there is no user jiro"
        ),
        database.transaction() as connection,
    ):
        register(connection, write_ward(tmp_path, ward))
    with database.transaction() as connection:
        assert users.list_all(connection) == []


def _set(part: Any, **values: object) -> None:
    part.update(values)


Change = Callable[[dict[str, Any]], None]


def _home(ward: dict[str, Any]) -> Any:
    return ward["homes"][0]


MISTAKES: list[tuple[Change, str]] = [
    (lambda ward: _set(_home(ward), office="東"), r"homes\[0\]\.office: there is no office 東"),
    (
        lambda ward: _set(_home(ward)["residents"][0]["contacts"][0], step=0),
        r"homes\[0\]\.residents\[0\]\.contacts\[0\]\.step: Expected `int` >= 1",
    ),
    (lambda ward: _set(_home(ward), colour="red"), r"homes\[0\]: .*unknown field `colour`"),
    (lambda ward: ward.pop("offices"), "the file: .*missing required field `offices`"),
    (lambda ward: _set(_home(ward), time_zone="Mars/North"), r"homes\[0\]\.time_zone: Mars/North"),
    (lambda ward: _home(ward).pop("lat"), r"homes\[0\]: lat and lon go together"),
    (lambda ward: _set(_home(ward)["devices"][0], resident="r9"), r"devices\[0\]\.resident: no resident"),
    (lambda ward: _set(_home(ward)["devices"][0], device_id="Hall 1"), r"devices\[0\]\.device_id"),
    (lambda ward: ward["homes"].append(_home(ward)), "homes: the name 3丁目 A-101 is there twice"),
    (
        lambda ward: ward["users"][1].pop("office"),
        r"users\[1\]\.office: care staff and technicians belong to an office",
    ),
]


@pytest.mark.parametrize(("change", "raised"), MISTAKES)
def test_a_mistake_is_reported_with_its_place_in_the_file(
    database: Database, tmp_path: Path, change: Change, raised: str
) -> None:
    ward = small_ward()
    change(ward)
    with pytest.raises(InputError, match=raised), database.transaction() as connection:
        register(connection, write_ward(tmp_path, ward))


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b""])
def test_a_file_that_is_no_ward_is_refused(database: Database, tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "ward.json"
    path.write_bytes(body)
    with pytest.raises(InputError, match=r"ward\.json"), database.transaction() as connection:
        register(connection, path)


def test_the_small_ward_is_what_the_schema_allows() -> None:
    schema = json.loads(Path("tests/contract/schemas/ward.schema.json").read_text(encoding="utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(small_ward())) == []  # pyright: ignore[reportUnknownMemberType]


def test_a_device_moves_and_is_retired_without_losing_where_it_was(
    database: Database, tmp_path: Path
) -> None:
    ward = small_ward()
    ward["homes"].append({"name": "3丁目 A-102", "office": "中央地域包括支援センター"})
    with database.transaction() as connection:
        register(connection, write_ward(tmp_path, ward))
    with database.transaction() as connection:
        there = placement_of(connection, home="3丁目 A-102", resident=None)
        move_device(connection, "hall-1", there, NOW + timedelta(days=1))
        assert devices.overview(connection, EVERYTHING, "hall-1").home_name == "3丁目 A-102"
        retire_device(connection, "hall-1", NOW + timedelta(days=2))
    with pytest.raises(NotFoundError, match="no device hall-1 in use"), database.transaction() as connection:
        move_device(connection, "hall-1", there, NOW + timedelta(days=3))


def test_a_ward_file_with_a_sender_that_nothing_reads_is_refused_with_its_place(
    database: Database, tmp_path: Path
) -> None:
    ward = small_ward()
    ward["homes"][0]["devices"][0]["sender"] = "zigbee:g1/hall"
    raised = r"homes\[0\]\.devices\[0\]\.sender: .*did you mean zigbee2mqtt"
    with pytest.raises(InputError, match=raised), database.transaction() as connection:
        register(connection, write_ward(tmp_path, ward))


def test_two_devices_never_share_an_id_or_a_sender(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        register(connection, write_ward(tmp_path, small_ward()))
        place: Placement = placement_of(connection, home="3丁目 A-101", resident=None)
    for device_id, sender, raised in (
        ("hall-1", "native:other", "hall-1 is registered already"),
        ("other", "native:hall-1", "belong to the device hall-1 already"),
    ):
        with pytest.raises(ConflictError, match=raised), database.transaction() as connection:
            add_device(
                connection,
                device_id=device_id,
                sender=sender,
                kind=DeviceKind.MOTION,
                place="",
                gateway_id=None,
                heartbeat_s=None,
                placement=place,
                now=NOW,
            )


def _with_corrections(folder: Path) -> Ward:
    """Return the two offices with a telephone number, a mail address, an area and a name corrected."""
    body = two_offices()
    home = body["homes"][0]
    home["area"] = "area C"
    home["residents"][0]["phone"] = "03-9999-0001"
    home["residents"][0]["contacts"][0]["address"] = "right@example.jp"
    body["users"][1]["name"] = "支援 丙"
    return read_ward(write_ward(folder, body))


def test_what_a_file_states_otherwise_is_listed_and_stays(database: Database, tmp_path: Path) -> None:
    register_two_offices(database, tmp_path)
    with database.transaction() as connection:
        result = register_ward(
            connection,
            _with_corrections(tmp_path),
            now=NOW,
            default_zone="Asia/Tokyo",
            new_password=lambda _login: "",
        )
        kept = connection.execute(b"SELECT phone FROM resident WHERE resident_id = 1").fetchone()
    assert kept == ("03-1111-000A",)
    assert [(one.where, one.name, one.before, one.after) for one in result.corrections] == [
        ("users[1]", "name", "支援 甲", "支援 丙"),
        ("homes[0]", "area", "area A", "area C"),
        ("homes[0].residents[0]", "phone", "03-1111-000A", "03-9999-0001"),
        ("homes[0].residents[0].contacts[0]", "channel", "mail family-a@example.jp", "mail right@example.jp"),
    ]
    assert not result.added


def test_what_a_file_states_otherwise_is_corrected_with_its_history(
    database: Database, tmp_path: Path
) -> None:
    register_two_offices(database, tmp_path)
    for expected in (4, 0):
        with database.transaction() as connection:
            result = register_ward(
                connection,
                _with_corrections(tmp_path),
                now=NOW,
                default_zone="Asia/Tokyo",
                new_password=lambda _login: "",
                corrects=True,
            )
        assert len(result.corrections) == expected
    with database.transaction() as connection:
        phone = connection.execute(b"SELECT phone FROM resident WHERE resident_id = 1").fetchone()
        addresses = connection.execute(
            b"SELECT contact_channel.address FROM contact_channel JOIN contact USING (contact_id) WHERE contact.name = 'contact A'"
        ).fetchall()
        kept = connection.execute(
            b"SELECT what, user_id FROM watch_change WHERE before IS NOT NULL ORDER BY what"
        ).fetchall()
    assert phone == ("03-9999-0001",)
    assert addresses == [("right@example.jp",)]
    assert kept == [("account", None), ("channels", None), ("home", None), ("resident", None)]
