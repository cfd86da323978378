"""How a device is read is chosen on its page and by JSON alike: profile, meaning, kind; and profiles are entered with their mistakes named."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.domain.device_proposal import ModelDescription, Proposed
from core.domain.evidence.device_profile import (
    DeviceProfile,
    FieldMeaning,
    ProfileField,
    ProfileSource,
)
from core.domain.metrics import BATTERY_V, MOTION, Evidence
from core.formats.profile_file import parse_profile
from core.store.devices import descriptions, profiles, proposals, registry
from tests.support.wards.api_ward import ApiWard, api_ward

_BUTTON = 'name = "my-button"\n[fields]\nAlarm = "sos"\n'
_DESCRIBED = DeviceProfile(
    "exposes.maker-pir.ab12cd",
    1,
    "",
    "Maker PIR",
    ProfileSource.EXPOSES,
    (ProfileField(BATTERY_V.name, unit="mV"), ProfileField(MOTION.name, Evidence.STATE)),
)
Choose = Callable[[TestClient, dict[str, str]], int]


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _on_the_page(client: TestClient, said: dict[str, str]) -> int:
    return client.post("/devices/hall-a/profile", data=said, follow_redirects=True).status_code


def _by_json(client: TestClient, said: dict[str, str]) -> int:
    body = {"profile": None, **{name: value or None for name, value in said.items()}}
    return client.put("/api/v1/devices/hall-a/profile", json=body).status_code


WAYS = pytest.mark.parametrize("choose", [_on_the_page, _by_json], ids=["page", "json"])


def followed(ward: ApiWard, device_id: str = "hall-a") -> tuple[str | None, str, str]:
    """Return which profile a device follows, what it means, and what it is."""
    with ward.database.transaction() as connection:
        device = registry.device_in_use(connection, device_id)
        found = profiles.followed_by(connection, device.number)
    return found.stored and found.stored.profile.name, found.meaning.value, device.kind.value


def follows(ward: ApiWard, profile: DeviceProfile) -> None:
    """Let the sensor in the hall follow a profile that came by itself."""
    with ward.database.transaction() as connection:
        number = registry.device_in_use(connection, "hall-a").number
        profiles.follow(connection, number, profiles.add(connection, profile, ward.clock.now()).number)


@WAYS
def test_an_administrator_chooses_profile_and_meaning_and_takes_them_back(
    ward: ApiWard, choose: Choose
) -> None:
    admin = ward.client("admin")
    assert choose(admin, {"profile": "emergency-button", "meaning": "call", "kind": "button"}) == 200
    assert followed(ward) == ("emergency-button", "call", "button")
    assert choose(admin, {"profile": "pulse"}) == 200
    assert followed(ward) == ("pulse", "call", "button"), "what was not said stays"
    assert choose(admin, {"profile": "", "meaning": "as_measured"}) == 200
    assert followed(ward) == (None, "as_measured", "button")


@WAYS
def test_what_means_a_bed_is_one_from_then_on(ward: ApiWard, choose: Choose) -> None:
    assert choose(ward.client("admin"), {"profile": "", "meaning": "bed"}) == 200
    # Of a device of another kind nothing about a bed is a life sign.
    assert followed(ward) == (None, "bed", "bed")


@WAYS
def test_a_meaning_that_nothing_measured_can_have_is_refused_and_changes_nothing(
    ward: ApiWard, choose: Choose
) -> None:
    ward.execute(
        "INSERT INTO device_latest SELECT device_number, %s, now(), 1 FROM device WHERE device_id = 'hall-a'",
        MOTION.number,
    )
    admin = ward.client("admin")
    assert choose(admin, {"profile": "", "meaning": "call"}) == 422, "movement is no press"
    assert followed(ward) == (None, "as_measured", "motion")
    assert choose(admin, {"profile": "emergency-button", "meaning": "call"}) == 200, (
        "its profile reads a press"
    )
    assert choose(admin, {"profile": "", "meaning": "call"}) == 200, "what it means already may stay"


@WAYS
def test_a_profile_that_speaks_of_a_bed_makes_it_one_too(ward: ApiWard, choose: Choose) -> None:
    assert choose(ward.client("admin"), {"profile": "tuya-bed-presence", "kind": "motion"}) == 200
    assert followed(ward)[2] == "bed"


@WAYS
def test_nobody_else_chooses_and_what_is_not_there_cannot_be_chosen(ward: ApiWard, choose: Choose) -> None:
    assert [
        choose(ward.client(login), {"profile": "pulse"}) for login in ("care_a", "care_b", "family_a")
    ] == [403] * 3
    assert choose(ward.client("admin"), {"profile": "no-such"}) == 404
    assert choose(ward.client("admin"), {"profile": "pulse", "meaning": "sofa"}) == 422
    assert followed(ward) == (None, "as_measured", "motion")


@WAYS
def test_pulses_are_added_to_what_the_bridge_describes(ward: ApiWard, choose: Choose) -> None:
    follows(ward, _DESCRIBED)
    for _ in range(2):
        assert choose(ward.client("admin"), {"profile": "pulse"}) == 200
        assert followed(ward)[0] == "pulse.ab12cd"
    with ward.database.transaction() as connection:
        found = profiles.get(connection, "pulse.ab12cd").profile
    assert found.evidence_of(MOTION.name) is Evidence.PULSE
    assert ProfileField(BATTERY_V.name, unit="mV") in found.fields


@WAYS
def test_a_profile_that_names_fields_is_followed_as_it_is_whatever_the_bridge_describes(
    ward: ApiWard, choose: Choose
) -> None:
    follows(ward, _DESCRIBED)
    with ward.database.transaction() as connection:
        profiles.add(connection, parse_profile(_BUTTON, "my-button"), ward.clock.now())
    assert choose(ward.client("admin"), {"profile": "my-button"}) == 200
    # What the staff entered so that a call is understood must not be lost.
    assert followed(ward)[0] == "my-button"


@WAYS
def test_what_a_bridge_describes_of_no_model_stays_when_only_the_meaning_changes(
    ward: ApiWard, choose: Choose
) -> None:
    follows(ward, replace(_DESCRIBED, model=""))
    assert choose(ward.client("admin"), {"profile": _DESCRIBED.name, "meaning": "chair"}) == 200
    assert followed(ward)[:2] == (_DESCRIBED.name, "chair")


def describes(ward: ApiWard, unit: str) -> str | None:
    """Let the bridge describe the sensor in the hall, and return the unit in which it is read then."""
    ward.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/hall' WHERE device_id = 'hall-a'")
    model = ModelDescription(("voltage -> battery_v",), (), (ProfileField(BATTERY_V.name, unit=unit),))
    said = Proposed("zigbee2mqtt:g1/hall", "hall", "Maker PIR", frozenset({"motion"}), "", model)
    with ward.database.transaction() as connection:
        descriptions.follow(connection, [said], ward.clock.now())
        number = registry.device_in_use(connection, "hall-a").number
        stored = profiles.followed_by(connection, number).stored
    field = None if stored is None else stored.profile.field_of(BATTERY_V.name)
    return None if field is None else field.unit


@WAYS
def test_a_profile_that_was_taken_away_stays_away_whatever_the_bridge_describes(
    ward: ApiWard, choose: Choose
) -> None:
    admin = ward.client("admin")
    assert describes(ward, "mV") == "mV"
    # What only means something goes on to be read as it describes itself.
    assert choose(admin, {"profile": followed(ward)[0] or "", "meaning": "chair"}) == 200
    assert describes(ward, "V") == "V"
    assert choose(admin, {"profile": ""}) == 200
    assert describes(ward, "mV") is None
    assert "いまは、中継機の説明が届いても「なし」のままです" in admin.get("/devices/hall-a").text
    assert choose(admin, {"profile": "described"}) == 200
    assert followed(ward)[0] is None, "it comes with the next description"
    assert describes(ward, "mV") == "mV"


@WAYS
def test_a_meaning_alone_keeps_no_description_away(ward: ApiWard, choose: Choose) -> None:
    assert choose(ward.client("admin"), {"profile": "", "meaning": "bed"}) == 200
    assert describes(ward, "mV") == "mV"


@WAYS
def test_pulses_that_were_added_stay_when_the_bridge_describes_something_new(
    ward: ApiWard, choose: Choose
) -> None:
    assert describes(ward, "mV") == "mV"
    assert choose(ward.client("admin"), {"profile": "pulse"}) == 200
    name = followed(ward)[0]
    assert describes(ward, "V") == "V"
    assert followed(ward)[0] == name
    with ward.database.transaction() as connection:
        found = profiles.get(connection, name or "").profile
    assert found.evidence_of(MOTION.name) is Evidence.PULSE
    assert found.version == 2


def test_a_profile_of_ones_own_is_not_changed_by_a_description_whatever_it_is_called(ward: ApiWard) -> None:
    own = 'name = "my.abc123"\n[fields]\nvoltage = { metric = "battery_v", unit = "mV" }\n'
    with ward.database.transaction() as connection:
        profiles.add(connection, parse_profile(_BUTTON.replace("my-button", "my"), "my"), ward.clock.now())
        profiles.add(connection, parse_profile(own, "own"), ward.clock.now())
    assert _by_json(ward.client("admin"), {"profile": "my.abc123"}) == 200
    assert describes(ward, "V") == "mV"


def test_pulses_chosen_with_a_proposal_are_added_to_what_its_bridge_describes(ward: ApiWard) -> None:
    model = ModelDescription(("voltage -> battery_v",), (), (ProfileField(BATTERY_V.name, unit="mV"),))
    said = Proposed("zigbee2mqtt:g1/pir", "pir", "Maker PIR", frozenset({"motion"}), "", model)
    with ward.database.transaction() as connection:
        proposals.keep(connection, [said], ward.clock.now())
        (number,) = [one.number for one in proposals.waiting(connection)]
    body = {"home": 1, "profile": "pulse"}
    answer = ward.client("admin").post(f"/api/v1/proposals/{number}/acceptance", json=body)
    assert answer.status_code == 201
    name = followed(ward, "pir")[0]
    assert name is not None
    with ward.database.transaction() as connection:
        found = profiles.get(connection, name).profile
    assert found.evidence_of(MOTION.name) is Evidence.PULSE
    assert ProfileField(BATTERY_V.name, unit="mV") in found.fields


def test_the_page_offers_what_suits_first_and_the_meanings_that_can_be(ward: ApiWard) -> None:
    ward.execute("UPDATE device SET model = 'OWON SPM915' WHERE device_id = 'hall-a'")
    ward.execute(
        "INSERT INTO device_latest SELECT device_number, %s, now(), 1 FROM device WHERE device_id = 'hall-a'",
        MOTION.number,
    )
    shown = ward.client("admin").get("/devices/hall-a").text
    assert shown.index("この機器に合うもの") < shown.index('value="owon-spm915"') < shown.index("そのほか")
    assert 'value="bed"' in shown
    # Movement is no press.
    assert 'value="call"' not in shown
    answer = ward.client("care_a").get("/api/v1/devices/hall-a/profile").json()
    assert answer["suitable"] == ["owon-spm915"]
    assert answer["meanings"] == ["as_measured", "bed", "chair"]
    care = ward.client("care_a").get("/devices/hall-a").text
    assert "変更は管理者ができます" in care
    assert "<select" not in care.split('id="reading"')[1]


def test_mistakes_of_a_profile_are_named_by_line_and_field_on_the_page_and_in_json(ward: ApiWard) -> None:
    admin, wrong = ward.client("admin"), 'name = "My Button"\n[fields]\nAlarm = "soss"\n'
    answer = admin.post("/api/v1/profiles", json={"toml": wrong})
    assert answer.status_code == 422
    assert [one["where"] for one in answer.json()["errors"]] == ["body.toml, line 1", "body.toml, line 3"]
    assert "did you mean 'sos'" in answer.json()["errors"][1]["what"]
    page = admin.post("/profiles", data={"toml": wrong})
    assert page.status_code == 422
    assert "3行目:" in page.text
    # In Japanese, as the page is; JSON and commands say it in English.
    assert (
        "fields.Alarm: &#39;soss&#39; という測るもの(metric)はありません(&#39;sos&#39; のことですか?)"
        in page.text
    )
    assert "半角の小文字・数字" in page.text
    assert "there is no metric" not in page.text
    assert "Alarm = &#34;soss&#34;" in page.text, "what was typed stays"
    assert admin.post("/profiles", data={"toml": "x" * 65_537}).status_code in {413, 422}


def test_an_entered_profile_is_a_version_and_no_device_follows_it_by_that(ward: ApiWard) -> None:
    admin = ward.client("admin")
    made = admin.post("/api/v1/profiles", json={"toml": _BUTTON}).json()
    assert (made["name"], made["version"], made["source"]) == ("my-button", 1, "by_hand")
    saved = admin.post(
        "/profiles", data={"toml": _BUTTON.replace("Alarm", "alarm")}, follow_redirects=True
    ).text
    assert "機種の設定を保存しました" in saved
    assert "my-button(第2版)" in saved
    assert [one["version"] for one in admin.get("/api/v1/profiles").json() if one["name"] == "my-button"] == [
        2
    ]
    assert followed(ward) == (None, "as_measured", "motion")


def test_a_proposal_is_accepted_with_its_profile_and_meaning(ward: ApiWard) -> None:
    said = Proposed("zigbee2mqtt:g1/pad", "pad", "Maker Pad", frozenset({"motion"}), "", ModelDescription())
    with ward.database.transaction() as connection:
        proposals.keep(connection, [said], ward.clock.now())
        (number,) = [one.number for one in proposals.waiting(connection)]
    body = {"home": 1, "profile": "pulse", "meaning": FieldMeaning.BED.value}
    answer = ward.client("admin").post(f"/api/v1/proposals/{number}/acceptance", json=body)
    assert answer.status_code == 201
    assert followed(ward, "pad") == ("pulse", "bed", "bed")


def test_what_somebody_entered_for_a_model_is_followed_by_its_devices_without_being_named(
    ward: ApiWard,
) -> None:
    field = ProfileField("sos", Evidence.PULSE, field="Alarm")
    entered = DeviceProfile("my-button", 1, "Maker", "B1", ProfileSource.BY_HAND, (field,))
    said = Proposed("zigbee2mqtt:g1/pad", "pad", "maker b-1", frozenset({"sos"}), "", ModelDescription())
    with ward.database.transaction() as connection:
        profiles.add(connection, entered, ward.clock.now())
        proposals.keep(connection, [said], ward.clock.now())
        (number,) = [one.number for one in proposals.waiting(connection)]
    admin = ward.client("admin")
    page = admin.get(f"/proposals/{number}").text
    first = page.split("<optgroup", 2)[1]
    assert 'value="my-button"' in first
    admin.post(f"/api/v1/proposals/{number}/acceptance", json={"home": 1})
    assert followed(ward, "pad")[0] == "my-button"


def test_a_device_is_registered_with_its_model_or_a_profile_of_its_own(ward: ApiWard) -> None:
    admin = ward.client("admin")
    new = {"device_id": "door-9", "kind": "door", "home": 1, "sender": "chirpstack:/0102030405060708"}
    assert admin.post("/api/v1/devices", json=new | {"model": "Browan TBDW100"}).status_code == 201
    assert followed(ward, "door-9") == ("browan-tbdw100", "as_measured", "door")
    cord = {"device_id": "cord-1", "kind": "button", "home": 1, "meaning": "call"}
    assert admin.post("/api/v1/devices", json=cord).status_code == 201
    assert followed(ward, "cord-1") == (None, "call", "button")
    assert (
        admin.post("/api/v1/devices", json=cord | {"device_id": "cord-2", "profile": "none-such"}).status_code
        == 404
    )


def _described(ward: ApiWard) -> int:
    described = ModelDescription(("fall_status: fall_alarm -> fall",), ("fall_status: calibrating",))
    said = Proposed("zigbee2mqtt:g1/radar", "Radar 1", "Maker R1", frozenset({"motion"}), "", described)
    with ward.database.transaction() as connection:
        proposals.keep(connection, [said], ward.clock.now())
        return proposals.waiting(connection)[0].number


def test_a_technician_sees_what_a_model_can_say_and_registers_it_on_the_page(ward: ApiWard) -> None:
    number, admin = _described(ward), ward.client("admin")
    assert f'href="/proposals/{number}"' in admin.get("/proposals").text
    shown = admin.get(f"/proposals/{number}").text
    read, not_read = shown.split("読み取れない知らせ")
    assert "fall_status: fall_alarm -&gt; fall" in read
    assert "fall_status: calibrating" in not_read
    assert 'value="radar-1"' in shown
    form = {
        "device_id": "radar-1",
        "home": "home A",
        "kind": "motion",
        "profile": "pulse",
        "meaning": "chair",
    }
    made = admin.post(f"/proposals/{number}/accept", data=form, follow_redirects=True)
    assert made.status_code == 200
    assert "機器を登録しました" in made.text
    assert followed(ward, "radar-1") == ("pulse", "chair", "motion")
    assert "候補はありません" in admin.get("/proposals").text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"device_id": "Radar 1"}, "device_id"),
        ({"device_id": "hall-a"}, "device_id"),
        ({"home": "no such home"}, "home"),
        ({"home": ""}, "home"),
        ({"resident": "1"}, "home"),
        ({"home": "", "resident": "x"}, "resident"),
    ],
)
def test_what_cannot_be_registered_is_named_beside_its_field(
    ward: ApiWard, wrong: dict[str, str], field: str
) -> None:
    number, admin = _described(ward), ward.client("admin")
    form = {"device_id": "radar-1", "home": "home A", "kind": "motion", "place": "hall"} | wrong
    answer = admin.post(f"/proposals/{number}/accept", data=form)
    assert answer.status_code == 422
    assert f'id="problem-{field}"' in answer.text
    assert 'value="廊下"' in answer.text, "what was typed stays"
    with ward.database.transaction() as connection:
        assert len(proposals.waiting(connection)) == 1


def test_a_proposal_is_dismissed_on_the_page(ward: ApiWard) -> None:
    number, admin = _described(ward), ward.client("admin")
    shown = admin.post(f"/proposals/{number}/dismiss", follow_redirects=True).text
    assert "候補から外しました" in shown
    assert "候補はありません" in shown
