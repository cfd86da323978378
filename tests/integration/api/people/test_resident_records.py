"""Residents, homes and contacts by page and interface: registered, changed without overwriting anybody, taken back, ended."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.alert import Handling, Outcome, Severity, Subject
from core.errors import StoreUnavailableError
from core.store.alerts import alerts, notifications
from core.store.detection import evaluation_queue
from core.store.people import contacts, residents
from core.store.people.records import watch_end
from detectors.alerting import planner
from tests.support.wards.api_ward import OFFICE_A, RESIDENT_A, RESIDENT_B, ApiWard, api_ward

_RECORD = f"/residents/{RESIDENT_A}/record"
_NEW = {"name": "佐々木 ミヨ", "kana": "ささき みよ", "office": "1", "home": "A-102", "area": "三丁目"}
_FORM = {"name": "田中 花子", "kana": "たなか はなこ", "born_on": "1940-08-02", "phone": "03-1111-0009"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _version(ward: ApiWard, number: int = RESIDENT_A) -> int:
    return int(ward.execute("SELECT version FROM resident WHERE resident_id = %s", number)[0][0])


def _form(version: int, **changed: str) -> dict[str, str]:
    return {"version": str(version), **_FORM, "office": str(OFFICE_A), **changed}


def test_somebody_registered_by_page_is_watched_at_once_and_stands_in_the_lists(ward: ApiWard) -> None:
    answer = ward.client("care_a").post("/residents/new", data=_NEW)

    number = int(re.findall(r"/residents/(\d+)/record", answer.headers["location"])[0])
    assert "佐々木 ミヨ" in ward.client("care_a").get("/residents").text
    assert "佐々木 ミヨ" not in ward.client("care_b").get("/residents").text
    with ward.database.transaction() as connection:
        evaluation_queue.add_evaluations(connection, ward.clock.now())
        assert residents.home_of(connection, number).area == "三丁目"
    assert ward.execute("SELECT evaluated_through FROM evaluation WHERE resident_id = %s", number) == [
        (ward.clock.now(),)
    ]


def test_a_form_with_mistakes_says_each_beside_its_field_and_registers_nothing(ward: ApiWard) -> None:
    before = ward.execute("SELECT count(*) FROM home")
    answer = ward.client("care_a").post("/residents/new", data=_NEW | {"name": "", "phone": "電話なし"})

    assert answer.status_code == 422
    assert 'id="problem-name"' in answer.text
    assert 'id="problem-phone"' in answer.text
    assert ward.execute("SELECT count(*) FROM home") == before


def test_a_home_of_another_office_is_not_joined(ward: ApiWard) -> None:
    answer = ward.client("care_a").post("/residents/new", data=_NEW | {"home": "home B"})

    assert answer.status_code == 422
    assert "ほかの窓口が担当しています" in answer.text


def test_of_two_who_edit_the_second_sees_both_values_and_nothing_is_overwritten(ward: ApiWard) -> None:
    version = _version(ward)
    first, second = ward.client("care_a"), ward.client("admin")
    assert first.post(_RECORD, data=_form(version, phone="03-1111-0001")).status_code == 303

    late = second.post(_RECORD, data=_form(version, phone="03-1111-0002"))

    assert late.status_code == 409
    assert "03-1111-0001" in late.text
    assert "03-1111-0002" in late.text
    assert ward.execute("SELECT phone FROM resident WHERE resident_id = 1") == [("03-1111-0001",)]
    # Whoever has compared saves at the version that the form has now.
    shown = re.findall(r'name="version" value="(\d+)"', late.text)[0]
    assert int(shown) == version + 1
    assert second.post(_RECORD, data=_form(int(shown), phone="03-1111-0002")).status_code == 303
    assert ward.execute("SELECT phone FROM resident WHERE resident_id = 1") == [("03-1111-0002",)]


def test_the_interface_answers_a_stale_change_with_what_it_is_now(ward: ApiWard) -> None:
    care, address = ward.client("care_a"), f"/api/v1/residents/{RESIDENT_A}/record"
    version = care.get(address).json()["version"]
    care.patch(address, json={"version": version, "phone": "03-2"})

    late = care.patch(address, json={"version": version, "phone": "03-3"})

    assert late.status_code == 409
    assert late.json()["current"]["phone"] == "03-2"
    assert late.json()["current"]["version"] == version + 1


def test_a_change_stands_in_the_history_with_who_before_and_after_and_can_be_taken_back(
    ward: ApiWard,
) -> None:
    care, version = ward.client("care_a"), _version(ward)
    care.post(_RECORD, data=_form(version, phone="03-1111-0001"))
    text = care.get(_RECORD).text
    assert "支援 甲" in text
    assert "電話番号: 03-1111-000A → 03-1111-0001" in text

    change = re.findall(r'name="change" value="(\d+)"', text)[0]
    assert care.post(f"{_RECORD}/undo", data={"change": change}).status_code == 303

    assert ward.execute("SELECT phone FROM resident WHERE resident_id = 1") == [("03-1111-000A",)]
    assert "電話番号: 03-1111-0001 → 03-1111-000A" in care.get(_RECORD).text
    # What changed again since is not taken back over it.
    care.post(_RECORD, data=_form(_version(ward), phone="03-1111-0003"))
    assert care.post(f"{_RECORD}/undo", data={"change": change}).status_code == 409


def test_care_staff_give_nobody_to_another_office(ward: ApiWard) -> None:
    answer = ward.client("care_a").post(_RECORD, data=_form(_version(ward), office="2"))
    assert answer.status_code == 422
    assert ward.client("admin").post(_RECORD, data=_form(_version(ward), office="2")).status_code == 303
    assert ward.client("care_a").get(_RECORD).status_code == 404


@pytest.mark.parametrize("way", ["page", "json"])
def test_the_end_of_a_watch_closes_what_is_open_and_nobody_is_notified_again(ward: ApiWard, way: str) -> None:
    ward.execute(
        "INSERT INTO evaluation (resident_id, evaluated_through, due_at) VALUES (1, %s, %s)",
        ward.clock.now(),
        ward.clock.now(),
    )
    number = ward.open_alert()
    home = ward.open_alert(None, rule="home_silent", subject=Subject.of_home(1), office=OFFICE_A)
    planner.plan_all(ward.database, ward.clock.now())
    assert ward.execute("SELECT count(*) FROM notification WHERE status = 'pending'") != [(0,)]
    care, version = ward.client("care_a"), _version(ward)

    if way == "page":
        form = {"version": str(version), "reason": "moved"}
        assert care.post(f"/residents/{RESIDENT_A}/end", data=form).status_code == 303
    else:
        body = {"version": version, "reason": "moved"}
        ended = care.post(f"/api/v1/residents/{RESIDENT_A}/end", json=body).json()
        assert ended == {"alerts": 2, "links": 0, "devices": ["hall-a", "tracker-a"]}

    with ward.database.transaction() as connection:
        for one in (number, home):
            closed = alerts.get(connection, one)
            assert (closed.handling, closed.outcome) == (Handling.CLOSED, Outcome.OTHER)
        assert not notifications.hold_due_step(connection, ward.clock.now())
        evaluation_queue.add_evaluations(connection, ward.clock.now())
    assert ward.execute("SELECT count(*) FROM notification WHERE status = 'pending'") == [(0,)]
    assert ward.execute("SELECT count(*) FROM alert_event WHERE planned_at IS NULL") == [(0,)]
    assert ward.execute("SELECT count(*) FROM evaluation WHERE resident_id = 1") == [(0,)]
    assert ward.execute("SELECT count(*) FROM device_assignment WHERE home_id = 1 AND upper_inf(during)") == [
        (0,)
    ]
    assert "田中 花子" not in care.get("/residents").text
    assert "田中 花子" in care.get("/residents?state=ended").text
    assert "田中 花子" not in ward.client("family_a").get("/family").text
    said = "転出" if way == "page" else "moved"
    assert said in care.get(f"/alerts/{number}").text


def test_who_lives_on_in_the_home_keeps_its_devices_and_is_watched_on(ward: ApiWard) -> None:
    care = ward.client("care_a")
    care.post("/residents/new", data=_NEW | {"home": "home A", "area": ""})
    other = ward.execute("SELECT max(resident_id) FROM resident")[0][0]
    with ward.database.transaction() as connection:
        evaluation_queue.add_evaluations(connection, ward.clock.now())
    care.post(f"/residents/{RESIDENT_A}/end", data={"version": str(_version(ward)), "reason": "died"})

    there = ward.execute(
        "SELECT device_id FROM device JOIN device_assignment USING (device_number)"
        " WHERE home_id = 1 AND upper_inf(during)"
    )
    assert there == [("hall-a",)]
    with ward.database.transaction() as connection:
        claimed = evaluation_queue.claim_homes(connection, ward.clock.now(), 10)
    assert 1 in claimed, f"the home of resident {other} is not evaluated"


def test_a_watch_goes_on_within_a_day_and_begins_anew_later(ward: ApiWard) -> None:
    care = ward.client("care_a")
    end = {"reason": "left"}
    ended_at = ward.clock.now()
    care.post(f"/residents/{RESIDENT_A}/end", data=end | {"version": str(_version(ward))})
    ward.clock.advance(hours=2)
    assert care.post(f"/residents/{RESIDENT_A}/resume").status_code == 303
    through = "SELECT evaluated_through FROM evaluation WHERE resident_id = 1"
    assert ward.execute(through) == [(ended_at,)]

    care.post(f"/residents/{RESIDENT_A}/end", data=end | {"version": str(_version(ward))})
    ward.clock.advance(hours=25)
    care.post(f"/residents/{RESIDENT_A}/resume")
    assert ward.execute(through) == [(ward.clock.now(),)]
    assert ward.execute("SELECT watched_from FROM resident WHERE resident_id = 1") == [(ward.clock.now(),)]
    assert "見守りの終わり" in care.get(_RECORD).text


def test_a_watch_is_not_ended_by_somebody_who_saw_an_older_record(ward: ApiWard) -> None:
    care, version = ward.client("care_a"), _version(ward)
    care.post(_RECORD, data=_form(version, phone="03-9"))
    answer = care.post(f"/residents/{RESIDENT_A}/end", data={"version": str(version), "reason": "died"})
    assert answer.status_code == 422
    assert ward.execute("SELECT ended_at FROM resident WHERE resident_id = 1") == [(None,)]


def test_a_home_is_renamed_and_where_it_stands_is_never_shown(ward: ApiWard) -> None:
    care = ward.client("care_a")
    page = care.get("/homes/1").text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    form = {"version": version, "name": "三丁目 A-102", "area": "三丁目", "time_zone": "Asia/Tokyo"}
    assert care.post("/homes/1", data=form).status_code == 303
    assert ward.execute("SELECT name, lat FROM home WHERE home_id = 1") == [("三丁目 A-102", 35.65)]
    form |= {"version": str(int(version) + 1), "lat": "35.7", "lon": "139.8"}
    assert care.post("/homes/1", data=form).status_code == 303
    assert ward.execute("SELECT lat, lon FROM home WHERE home_id = 1") == [(35.7, 139.8)]
    for text in (page, care.get("/homes/1").text, care.get("/api/v1/homes/1").text):
        assert "35.6" not in text
        assert "35.7" not in text


def test_two_homes_never_have_one_name(ward: ApiWard) -> None:
    form = {"version": "1", "name": "home B", "area": "", "time_zone": "Asia/Tokyo"}
    answer = ward.client("care_a").post("/homes/1", data=form)
    assert answer.status_code == 422
    assert "同じ名前がもう使われています" in answer.text


_CONTACT = {
    "name": "田中 次女",
    "relation": "次女",
    "calls_resident": "母",
    "step": "2",
    "language": "ja",
    "kind": "sms",
    "address": "０９０-１２３４-５６７８",
}


def test_a_contact_is_registered_ordered_confirmed_and_ended_by_page(ward: ApiWard) -> None:
    care = ward.client("care_a")
    answer = care.post(f"/residents/{RESIDENT_A}/contacts/new", data=_CONTACT)
    address = answer.headers["location"].partition("?")[0]
    # Saved, but used only once somebody made sure of it: the page says so.
    shown = care.get(address).text
    assert "+819012345678" in shown
    assert 'id="unusable"' in shown
    care.post(f"{address}/channels", data={"kind": "mail", "address": "second@example.jp"})
    first, second = ward.execute(
        "SELECT contact_channel_id FROM contact_channel WHERE contact_id = %s ORDER BY place",
        int(address.rpartition("/")[2]),
    )
    care.post(f"{address}/channels/{first[0]}/confirm")
    care.post(f"{address}/channels/{second[0]}/first")
    text = care.get(address).text
    assert 'id="unusable"' not in text
    assert "届け方: SMS +819012345678、メール second@example.jp → SMS +819012345678 ✓" in text
    assert "メール second@example.jp、SMS +819012345678 ✓" in text

    version = re.findall(r'name="version" value="(\d+)"', text)[0]
    ended = {key: _CONTACT[key] for key in ("name", "relation", "calls_resident", "step", "language")}
    assert care.post(address, data=ended | {"version": version}).status_code == 303
    with ward.database.transaction() as connection:
        assert "田中 次女" not in [one.name for one in residents.contacts(connection, RESIDENT_A)]


def test_an_address_that_is_none_registers_no_contact(ward: ApiWard) -> None:
    care = ward.client("care_a")
    before = ward.execute("SELECT count(*) FROM contact")
    form = _CONTACT | {"kind": "mail", "address": "not an address"}
    answer = care.post(f"/residents/{RESIDENT_A}/contacts/new", data=form)
    assert answer.status_code == 422
    assert "taro@example.jp" in answer.text
    assert ward.execute("SELECT count(*) FROM contact") == before


def test_the_command_that_ends_a_contact_lets_no_page_overwrite_it_unseen(ward: ApiWard) -> None:
    care = ward.client("care_a")
    (number,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'contact A'")[0]
    version = re.findall(r'name="version" value="(\d+)"', care.get(f"/contacts/{number}").text)[0]
    with ward.database.transaction() as connection:
        contacts.disable(connection, number, ward.clock.now())
    form = {"version": version, "name": "contact A", "step": "1", "language": "ja", "is_active": "on"}
    assert care.post(f"/contacts/{number}", data=form).status_code == 409


def test_lists_come_in_pages_in_the_order_that_is_asked_for(ward: ApiWard) -> None:
    for number in range(60):
        ward.execute(
            "WITH made AS (INSERT INTO home (name, area) VALUES (%s, %s) RETURNING home_id)"
            " INSERT INTO resident (home_id, office_id, name, kana, watched_from)"
            " SELECT home_id, 1, %s, %s, '2026-07-01' FROM made",
            f"H{number:02}",
            f"{99 - number:02}丁目",
            f"人{number:02}",
            f"ひと{number:02}",
        )
    care = ward.client("care_a")

    def names(**form: str) -> list[str]:
        return re.findall(r"人\d\d", care.post("/residents", data=form).text)

    assert (names()[0], len(names())) == ("人00", 49), "the first of fifty is 田中 花子"
    assert names(page="2") == [f"人{number:02}" for number in range(49, 60)]
    assert names(page="99") == names(page="2")
    assert names(sort="area")[0] == "人59"
    assert names(q="人3") == [f"人{number}" for number in range(30, 40)]
    assert names(state="cannot_tell", page="2")[-1] == "人59"
    homes = care.post("/homes", data={"q": "H5"}).text
    assert re.findall(r">(H\d\d)<", homes) == [f"H5{number}" for number in range(10)]


def test_neither_homes_nor_contacts_of_others_are_listed(ward: ApiWard) -> None:
    assert "home B" not in ward.client("care_a").get("/homes").text
    assert [one["name"] for one in ward.client("care_b").get("/api/v1/homes").json()] == ["home B"]
    (number,) = ward.execute("SELECT min(contact_id) FROM contact WHERE resident_id = %s", RESIDENT_B)[0]
    assert ward.client("care_a").get(f"/api/v1/contacts/{number}").status_code == 404


@pytest.mark.parametrize(
    ("role", "is_active"), [("care", False), ("ward_line", True), ("emergency_plan", True)]
)
def test_nobody_is_put_under_an_office_that_ended_or_looks_after_nobody(
    ward: ApiWard, role: str, is_active: bool
) -> None:
    admin = ward.client("admin")
    made = ward.execute(
        "INSERT INTO office (name, role, is_active) VALUES ('西窓口', %s, %s) RETURNING office_id",
        role,
        is_active,
    )
    office = str(made[0][0])
    assert admin.post("/residents/new", data=_NEW | {"office": office}).status_code == 422
    assert admin.post(_RECORD, data=_form(_version(ward), office=office)).status_code == 422

    admin.post(f"/residents/{RESIDENT_A}/end", data={"version": str(_version(ward)), "reason": "left"})
    ward.execute("UPDATE resident SET office_id = %s WHERE resident_id = 1", int(office))
    refused = admin.post(f"/residents/{RESIDENT_A}/resume")
    assert refused.status_code == 422
    assert "利用者の担当をしない窓口です" in refused.text
    assert ward.execute("SELECT ended_at IS NULL FROM resident WHERE resident_id = 1") == [(False,)]


def test_what_is_open_goes_with_the_resident_to_another_office(ward: ApiWard) -> None:
    number, closed = ward.open_alert(), ward.open_alert(rule="left_area")
    ward.execute(
        "UPDATE alert SET handling = 'closed', closed_at = now(), outcome = 'other' WHERE alert_id = %s",
        closed,
    )
    home = ward.open_alert(None, rule="home_silent", subject=Subject.of_home(1), office=OFFICE_A)
    other = ward.open_alert(RESIDENT_B)
    planner.plan_all(ward.database, ward.clock.now())
    asked = ward.execute("SELECT count(*) FROM notification")
    new = ward.client("care_b")
    assert new.get(f"/alerts/{number}").status_code == 404

    answer = ward.client("admin").post(_RECORD, data=_form(_version(ward), office="2"))

    assert answer.status_code == 303
    offices = ward.execute("SELECT alert_id, office_id FROM alert ORDER BY alert_id")
    assert dict(offices) == {number: 2, closed: 1, home: 2, other: 2}
    assert new.get(f"/alerts/{number}").status_code == 200
    version = new.get(f"/api/v1/alerts/{number}").json()["version"]
    # Nobody is asked once more; the steps ahead ask the new centre.
    planner.plan_all(ward.database, ward.clock.now())
    assert ward.execute("SELECT count(*) FROM notification") == asked
    ward.clock.advance(hours=1)
    planner.plan_all(ward.database, ward.clock.now())
    names = ward.execute(
        "SELECT contact.name FROM notification JOIN contact USING (contact_id)"
        " WHERE alert_id = %s AND contact.office_id IS NOT NULL",
        number,
    )
    assert ("centre B",) in names
    assert ("centre A",) not in names
    claimed = new.post(f"/api/v1/alerts/{number}/claim", json={"version": version})
    assert claimed.is_success


def test_the_alerts_of_a_home_stay_while_somebody_of_the_office_lives_there(ward: ApiWard) -> None:
    ward.client("care_a").post("/residents/new", data=_NEW | {"home": "home A", "area": ""})
    home = ward.open_alert(None, rule="home_silent", subject=Subject.of_home(1), office=OFFICE_A)
    ward.client("admin").post(_RECORD, data=_form(_version(ward), office="2"))
    assert ward.execute("SELECT office_id FROM alert WHERE alert_id = %s", home) == [(OFFICE_A,)]


@pytest.mark.parametrize("way", ["page", "json"])
def test_a_watch_does_not_end_while_an_emergency_is_open(ward: ApiWard, way: str) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    care, version = ward.client("care_a"), _version(ward)

    def end() -> tuple[int, str]:
        if way == "page":
            form = {"version": str(version), "reason": "moved"}
            answer = care.post(f"/residents/{RESIDENT_A}/end", data=form)
        else:
            body = {"version": version, "reason": "moved"}
            answer = care.post(f"/api/v1/residents/{RESIDENT_A}/end", json=body)
        return answer.status_code, answer.text

    status, said = end()

    assert status == 422
    assert ("先にそのお知らせを完了に" if way == "page" else "close it first") in said
    assert ward.execute("SELECT ended_at FROM resident WHERE resident_id = 1") == [(None,)]
    assert ward.execute("SELECT handling FROM alert WHERE alert_id = %s", number) == [("open",)]
    ward.execute("UPDATE alert SET handling = 'closed', closed_at = now(), outcome = 'other'")
    assert end()[0] < 400


def test_of_two_in_a_home_who_are_ended_at_one_moment_the_second_waits_for_the_first(ward: ApiWard) -> None:
    ward.client("care_a").post("/residents/new", data=_NEW | {"home": "home A", "area": ""})
    (other,) = ward.execute("SELECT max(resident_id) FROM resident")[0]
    with ward.database.transaction() as first:
        assert watch_end.watch_of(first, RESIDENT_A).others_at_home == 1
        with (
            pytest.raises(StoreUnavailableError, match="LockNotAvailable"),
            ward.database.transaction() as second,
        ):
            second.execute(b"SET LOCAL lock_timeout = '50ms'")
            watch_end.watch_of(second, other)


def test_a_contact_has_the_account_of_the_family_or_the_office_alone(ward: ApiWard) -> None:
    admin = ward.client("admin")
    numbers = dict(ward.execute("SELECT login, user_id FROM user_account"))
    (contact,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'cousin A'")[0]
    (centre,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'centre A'")[0]
    for whose, login, status in (
        (contact, "family_b", 422),
        (contact, "care_b", 422),
        (centre, "family_a", 422),
        (contact, "family_a", 200),
        (centre, "care_a", 200),
    ):
        address = f"/api/v1/contacts/{whose}"
        version = admin.get(address).json()["version"]
        answer = admin.patch(address, json={"version": version, "user": numbers[login]})
        assert (login, answer.status_code) == (login, status)
    new = {"name": "x", "step": 1, "user": numbers["family_b"], "kind": "mail", "address": "x@example.jp"}
    assert admin.post(f"/api/v1/residents/{RESIDENT_A}/contacts", json=new).status_code == 422
    # What belongs to an account that has left since can still be changed.
    ward.execute("UPDATE contact SET user_id = %s WHERE contact_id = %s", numbers["family_b"], contact)
    version = admin.get(f"/api/v1/contacts/{contact}").json()["version"]
    assert admin.patch(f"/api/v1/contacts/{contact}", json={"version": version, "relation": "甥"}).is_success


def test_an_area_that_is_typed_for_a_known_home_is_kept_or_refused_and_never_dropped(ward: ApiWard) -> None:
    care = ward.client("care_a")
    ward.execute("UPDATE home SET area = '' WHERE name = 'home A'")
    joins = _NEW | {"home": "home A", "area": "海浜町一丁目", "phone": "０３ー１２３４―５６７８"}
    assert care.post("/residents/new", data=joins).status_code == 303
    assert ward.execute("SELECT area FROM home WHERE name = 'home A'") == [("海浜町一丁目",)]
    # A dash of whichever keyboard is a hyphen.
    assert ward.execute("SELECT phone FROM resident WHERE name = %s", joins["name"]) == [("03-1234-5678",)]
    answer = care.post("/residents/new", data=joins | {"name": "田中 次郎", "area": "海浜町二丁目"})
    assert (answer.status_code, 'id="problem-area"' in answer.text) == (422, True)
    assert "海浜町一丁目" in answer.text
    assert ward.execute("SELECT count(*) FROM resident WHERE name = '田中 次郎'") == [(0,)]


def test_the_day_of_a_confirmation_is_the_same_on_both_pages(ward: ApiWard) -> None:
    # Seven in the morning of the first of July in Tokyo is still June in UTC.
    ward.execute(
        "UPDATE contact_channel SET confirmed_at = '2026-06-30T22:00:00Z'"
        " WHERE contact_id = (SELECT min(contact_id) FROM contact WHERE resident_id = %s)",
        RESIDENT_A,
    )
    ((contact,),) = ward.execute("SELECT min(contact_id) FROM contact WHERE resident_id = %s", RESIDENT_A)
    care = ward.client("care_a")
    for page in (f"/residents/{RESIDENT_A}", f"/contacts/{contact}"):
        text = care.get(page).text
        assert "7/1(水)" in text
        assert "6/30(火)" not in text
    listed = care.get(f"/api/v1/residents/{RESIDENT_A}/contacts").json()
    (found,) = [one for one in listed if one["number"] == contact]
    assert found["channels"][0]["confirmed_on"] == "2026-07-01"
