"""What is entered twice, by a double press, in another spelling or by table, is there once; what cannot be is refused everywhere."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Response

from tests.support.wards.api_ward import OFFICE_A, RESIDENT_A, ApiWard, api_ward

_NEW = {"name": "佐々木 ミヨ", "kana": "ささき みよ", "office": "1", "home": "三丁目 A-102", "area": "三丁目"}
_HEAD = "名前,よみがな,生年月日,担当窓口,住まい,町丁目,連絡先1名前,連絡先1続柄,連絡先1電話番号"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _count(ward: ApiWard, what: str) -> int:
    return int(ward.execute(f"SELECT count(*) FROM {what}")[0][0])  # noqa: S608 - our own words


def _both_at_once(ward: ApiWard, address: str, data: dict[str, str]) -> list[Response]:
    answers: list[Response] = []
    presses = [
        threading.Thread(target=lambda: answers.append(ward.client("care_a").post(address, data=data)))
        for _ in range(2)
    ]
    for one in presses:
        one.start()
    for one in presses:
        one.join(20)
    return answers


def _table(ward: ApiWard, *rows: str) -> Response:
    body = "\r\n".join((_HEAD, *rows)).encode("utf-8-sig")
    files = {"file": ("a.csv", body, "text/csv")}
    answer: Response = ward.client("admin").post("/import", files=files)
    return answer


def test_a_resident_sent_twice_at_once_is_registered_once_and_both_lead_to_the_record(ward: ApiWard) -> None:
    before = _count(ward, "resident")
    answers = _both_at_once(ward, "/residents/new", _NEW)

    assert [one.status_code for one in answers] == [303, 303]
    assert len({re.findall(r"/residents/\d+/record", one.headers["location"])[0] for one in answers}) == 1
    assert sorted(one.headers["location"].partition("said=")[2] for one in answers) == [
        "resident_added",
        "there_already",
    ]
    assert _count(ward, "resident") == before + 1


def test_a_home_in_another_spelling_is_the_home_that_is_there(ward: ApiWard) -> None:
    admin = ward.client("admin")
    admin.post("/residents/new", data=_NEW)
    homes = _count(ward, "home")
    other = {"name": "佐々木 タカシ", "home": "三丁目　Ａ－１０２"}

    assert admin.post("/residents/new", data=_NEW | other).status_code == 303
    assert _count(ward, "home") == homes
    # The same person in another spelling is refused beside the name, not registered a second time.
    again = admin.post("/residents/new", data=_NEW | {"name": "佐々木ミヨ", "phone": "03-1"})
    assert again.status_code == 422
    assert "もう登録されています" in again.text
    json = {"name": "佐々木　ミヨ", "office": 1, "home": "三丁目A-102"}
    assert admin.post("/api/v1/residents", json=json).status_code == 422
    # Nor does another home take the name.
    home_a = ward.execute("SELECT version FROM home WHERE home_id = 1")[0][0]
    renamed = {"version": str(home_a), "name": "三丁目ａ-102", "time_zone": "Asia/Tokyo"}
    assert admin.post("/homes/1", data=renamed).status_code == 422
    assert admin.post("/offices/new", data={"name": "ＯＦＦＩＣＥ　Ａ"}).status_code == 422
    # A device is put into it too.
    device = {"device_id": "door-9", "device_kind": "door", "home": "三丁目 ａ－１０２"}
    assert admin.post("/register-device", data=device).status_code == 303


def test_a_table_in_another_spelling_changes_nobody_and_adds_no_home(ward: ApiWard) -> None:
    admin = ward.client("admin")
    admin.post("/residents/new", data=_NEW)
    homes, people = _count(ward, "home"), _count(ward, "resident")
    same = _table(ward, "佐々木　ミヨ,ささき みよ,,ｏｆｆｉｃｅ A,三丁目Ａ-１０２,三丁目,,,")
    assert "変わるところはありません" in same.text

    # A new home in two spellings is one home, and the second of one person is a mistake.
    rows = ("山田 一,,,office A,四丁目 B-1,,,,", "山田 二,,,office A,四丁目Ｂ－１,,,,")
    preview = _table(ward, *rows)
    number = re.findall(r'action="/import/(\d+)"', preview.text)[0]
    assert admin.post(f"/import/{number}").status_code == 200
    assert (_count(ward, "home"), _count(ward, "resident")) == (homes + 1, people + 2)
    assert "と同じ方です" in _table(ward, "山田 一,,,,五丁目,,,,", "山田一,,,,五 丁目,,,,").text


@pytest.mark.parametrize("born", ["2027-01-01", "1800-01-01"])
def test_nobody_is_born_in_the_future_or_too_long_ago_by_form_json_or_table(ward: ApiWard, born: str) -> None:
    admin, people = ward.client("admin"), _count(ward, "resident")
    form = admin.post("/residents/new", data=_NEW | {"born_on": born})
    assert form.status_code == 422
    assert 'id="problem-born_on"' in form.text
    json = {"name": "佐々木 ミヨ", "office": 1, "home": "x", "born_on": born}
    assert admin.post("/api/v1/residents", json=json).json()["errors"][0]["where"] == "body.born_on"
    address = f"/api/v1/residents/{RESIDENT_A}/record"
    version = admin.get(address).json()["version"]
    assert admin.patch(address, json={"version": version, "born_on": born}).status_code == 422
    table = _table(ward, f"佐々木 ミヨ,,{born},office A,三丁目,,,,")
    assert table.status_code == 422
    assert "生年月日" in table.text
    assert _count(ward, "resident") == people


def test_the_same_shift_absence_contact_and_area_are_there_once(ward: ApiWard) -> None:
    care = ward.client("care_a")
    person = ward.execute("SELECT contact_id FROM contact WHERE office_id = 1")[0][0]
    shift = {"person": str(person), "began": "2026-08-01T22:00", "ended": "2026-08-02T07:00", "weeks": "2"}
    plan = {"kind": "day_service", "how": "weekly", "began": "2026-08-01T00:00", "days": ["1"]}
    area = {"name": "公園", "kind": "circle", "lat": "35.65", "lon": "139.79", "radius_m": "300"}
    area |= {"start": "00:00", "end": "00:00", "days": ["0", "1"]}  # type: ignore[dict-item]
    contact = {"name": "田中 次郎", "step": "2", "language": "ja", "kind": "mail", "address": "j@example.jp"}
    for address, data, what, rows in (
        (f"/offices/{OFFICE_A}/duty", shift, "duty_shift", 2),
        (f"/residents/{RESIDENT_A}/absences", plan | {"start": "09:00", "end": "16:00"}, "absence", 1),
        (f"/residents/{RESIDENT_A}/zones", area, "geofence", 1),
        (f"/residents/{RESIDENT_A}/contacts/new", contact, "contact", 1),
    ):
        before = _count(ward, what)
        first, second = care.post(address, data=data), care.post(address, data=data)
        assert (first.status_code, second.status_code) == (303, 303), address
        assert "there_already" not in first.headers["location"]
        assert "said=there_already" in second.headers["location"], address
        assert _count(ward, what) == before + rows, address
    # What is missing of a longer row of weeks is added; the interface says what is there already.
    care.post(f"/offices/{OFFICE_A}/duty", data=shift | {"weeks": "3"})
    assert _count(ward, "duty_shift") == 3
    body = {"person": person, "began_at": "2026-08-01T22:00+09:00", "ended_at": "2026-08-02T07:00+09:00"}
    again = care.post(f"/api/v1/offices/{OFFICE_A}/duty", json=body)
    assert (again.status_code, again.json()["number"]) == (409, 1)
    # Somebody else of that name is not taken for the same contact.
    assert care.post(f"/residents/{RESIDENT_A}/contacts/new", data=contact | {"step": "3"}).status_code == 422
    # A channel that is there is not added again.
    number = ward.execute("SELECT contact_id FROM contact WHERE name = '田中 次郎'")[0][0]
    again = care.post(f"/contacts/{number}/channels", data={"kind": "mail", "address": "j@example.jp"})
    assert again.status_code == 303
    assert _count(ward, f"contact_channel WHERE contact_id = {number}") == 1


def test_a_second_press_of_ones_own_is_no_conflict_with_somebody_else(ward: ApiWard) -> None:
    care, record = ward.client("care_a"), f"/residents/{RESIDENT_A}/record"
    version = care.get(f"/api/v1/residents/{RESIDENT_A}/record").json()["version"]
    form = {"version": str(version), "name": "田中 花子", "kana": "たなか はなこ", "born_on": "1940-08-02"}
    form |= {"phone": "03-1", "office": "1"}
    assert [care.post(record, data=form).status_code for _ in range(2)] == [303, 303]
    change = re.findall(r'name="change" value="(\d+)"', care.get(record).text)[0]
    assert [care.post(f"{record}/undo", data={"change": change}).status_code for _ in range(2)] == [303, 303]
    version = care.get(f"/api/v1/residents/{RESIDENT_A}/record").json()["version"]
    end = {"version": str(version), "reason": "left"}
    address = f"/residents/{RESIDENT_A}/end"
    assert [care.post(address, data=end).status_code for _ in range(2)] == [303, 303]
    assert care.post(address, data=end | {"reason": "died"}).status_code == 409
    assert [care.post(f"/residents/{RESIDENT_A}/resume").status_code for _ in range(2)] == [303, 303]
    number = ward.execute("SELECT geofence_id FROM geofence WHERE resident_id = %s", RESIDENT_A)[0][0]
    remove = f"/residents/{RESIDENT_A}/zones/{number}/remove"
    assert care.post(remove).status_code == 303
    gone = care.post(remove)
    assert gone.status_code == 404
    assert "もう済んでいるか" in gone.text
    assert "ほかの方が先に" not in gone.text


def test_what_was_changed_again_offers_no_undo_and_history_speaks_in_words(ward: ApiWard) -> None:
    care = ward.client("care_a")
    number = ward.execute("SELECT contact_id FROM contact WHERE name = 'contact A'")[0][0]
    account = ward.execute("SELECT user_id FROM user_account WHERE login = 'family_a'")[0][0]
    address = f"/contacts/{number}"
    form = {
        "name": "contact A",
        "relation": "長女",
        "calls_resident": "お母さん",
        "step": "1",
        "language": "ja",
    }
    form |= {"is_active": "on", "user": ""}
    care.post(address, data=form | {"version": "1"})
    assert care.get(address).text.count('name="change"') == 1
    care.post(address, data=form | {"version": "2", "relation": "次女"})
    care.post(address, data=form | {"version": "3", "relation": "次女", "user": str(account)})
    care.post(f"{address}/channels", data={"kind": "voice", "address": "03-1234-5678"})

    text = care.get(address).text
    # Of three changes one was overtaken: the first also took the account away, which is given back since.
    assert text.count('name="change"') == 2
    history = text[text.index('id="history"') :]
    assert "電話 +81312345678" in history or "電話 03-1234-5678" in history
    assert "voice" not in history
    assert "田中 太郎" in history
    for change in re.findall(r'name="change" value="(\d+)"', text):
        assert care.post(f"{address}/undo", data={"change": change}).status_code == 303


def test_an_alert_names_its_rule_in_words(ward: ApiWard) -> None:
    number = ward.open_alert()
    text = ward.client("care_a").get(f"/alerts/{number}").text
    assert "この判定の規則:「動きがありません」" in text
    assert "inactivity" not in re.sub(r'(id|href|class|data-\w+|src)="[^"]*"', "", text)
