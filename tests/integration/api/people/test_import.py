"""The import of a table by page and interface: a dry run, a preview, all or nothing, and again with corrections."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.domain.alert import Severity
from core.store.people import contact_channels, residents
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward

_HEAD = "番号,名前,よみがな,生年月日,電話番号,担当窓口,住まい,町丁目,連絡先1名前,連絡先1続柄,連絡先1電話番号,連絡先1メール"
_NEW = ",佐々木 ミヨ,ささき みよ,S10.5.3,03-2222-0001,office A,三丁目 A-102,三丁目,佐々木 明,長男,090-1234-5678,akira@example.jp"
# The first contact of 田中 花子, with the address corrected.
_CHANGED = (
    ",田中 花子,たなか はなこ,1940-08-02,03-9999-0001,office A,home A,area A,contact A,長女,,right@example.jp"
)


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _table(*rows: str) -> bytes:
    return "\r\n".join((_HEAD, *rows, "")).encode("cp932")


def _check(client: TestClient, body: bytes) -> str:
    answer = client.post("/import", files={"file": ("residents.csv", body)})
    assert answer.status_code in {200, 422}
    return html.unescape(answer.text)


def _apply(client: TestClient, text: str) -> int:
    number = re.findall(r'action="/import/(\d+)"', text)[0]
    return client.post(f"/import/{number}").status_code


def _counts(ward: ApiWard) -> list[tuple[int, ...]]:
    return ward.execute(
        "SELECT (SELECT count(*) FROM resident), (SELECT count(*) FROM home), (SELECT count(*) FROM contact),"
        " (SELECT count(*) FROM watch_change)"
    )


def test_a_table_is_previewed_and_then_imported_whole(ward: ApiWard) -> None:
    care, before = ward.client("care_a"), _counts(ward)
    text = _check(care, _table(_NEW, _CHANGED))

    assert "新しく登録 1人 · 変更 1人 · 変わらない方 0人 · 新しい住まい 1件" in text
    assert "電話番号: 03-1111-000A → 03-9999-0001" in text
    assert "contact A メール: family-a@example.jp → right@example.jp" in text
    assert _counts(ward) == before
    assert _apply(care, text) == 200

    with ward.database.transaction() as connection:
        found = residents.contacts(connection, RESIDENT_A)
        corrected = next(one for one in found if one.name == "contact A")
        channels = contact_channels.of_contact(connection, corrected.number)
    assert (corrected.address, corrected.relation, len(channels)) == ("right@example.jp", "長女", 1)
    assert ward.execute("SELECT born_on::text, phone FROM resident WHERE name = '佐々木 ミヨ'") == [
        ("1935-05-03", "03-2222-0001")
    ]
    kinds = ward.execute(
        "SELECT ch.kind, ch.address FROM contact_channel AS ch JOIN contact USING (contact_id)"
        " WHERE contact.name = '佐々木 明' ORDER BY place"
    )
    assert kinds == [("sms", "+819012345678"), ("mail", "akira@example.jp")]
    record = html.unescape(care.get(f"/residents/{RESIDENT_A}/record").text)
    assert "メール family-a@example.jp → メール right@example.jp" in record


def test_the_same_table_again_changes_nothing(ward: ApiWard) -> None:
    care = ward.client("care_a")
    _apply(care, _check(care, _table(_NEW, _CHANGED)))
    before = _counts(ward)

    text = _check(care, _table(_NEW, _CHANGED))

    assert "変わるところはありません" in text
    assert 'action="/import/' not in text
    assert _counts(ward) == before


def test_one_mistake_and_nothing_is_imported(ward: ApiWard) -> None:
    care, before = ward.client("care_a"), _counts(ward)
    text = _check(care, _table(_NEW, _NEW.replace("S10.5.3", "昭和99年1月1日").replace("A-102", "A-103")))

    assert "直すところが 1件あります" in text
    assert "日付として読めません: 昭和99年1月1日" in text
    assert 'action="/import/' not in text
    assert _counts(ward) == before


def test_what_was_changed_since_the_check_is_not_overwritten(ward: ApiWard) -> None:
    care = ward.client("care_a")
    text = _check(care, _table(_CHANGED))
    ward.execute("UPDATE resident SET phone = '03-5', version = version + 1 WHERE resident_id = 1")

    assert _apply(care, text) == 409

    assert ward.execute("SELECT phone FROM resident WHERE resident_id = 1") == [("03-5",)]


def test_a_table_is_applied_once_and_by_whoever_gave_it(ward: ApiWard) -> None:
    care = ward.client("care_a")
    text = _check(care, _table(_NEW))
    assert _apply(ward.client("admin"), text) == 404
    assert _apply(care, text) == 200
    assert _apply(care, text) == 404

    text = _check(care, _table(_NEW.replace("A-102", "A-104")))
    ward.clock.advance(hours=1)
    assert _apply(care, text) == 404


def test_care_staff_import_for_their_office_alone(ward: ApiWard) -> None:
    rows = (
        _NEW.replace("office A", "office B"),
        _NEW.replace("三丁目 A-102", "home B").replace("佐々木 ミヨ", "別の人"),
        _NEW.replace(",佐々木 ミヨ", "2,佐々木 ミヨ").replace("A-102", "A-105"),
    )
    answer = ward.client("care_a").post("/api/v1/imports", files={"file": _table(*rows)}).json()
    assert [(one["row"], one["column"], one["code"]) for one in answer["problems"]] == [
        (2, "office", "office_of_others"),
        (3, "home", "home_of_others"),
        (4, "number", "no_such_number"),
    ]
    assert answer["number"] is None


def test_a_name_is_corrected_by_the_number(ward: ApiWard) -> None:
    care = ward.client("care_a")
    row = f"{RESIDENT_A},田中 華子,,,,,home A,,,,,"
    checked = care.post("/api/v1/imports", files={"file": _table(row)}).json()
    assert (checked["added"], checked["changed"]) == (0, 1)
    assert care.post(f"/api/v1/imports/{checked['number']}/application").status_code == 200
    found = ward.execute("SELECT name, kana, phone FROM resident WHERE resident_id = 1")
    assert found == [("田中 華子", "たなか はなこ", "03-1111-000A")]


def test_nobody_is_moved_to_another_home_by_a_table(ward: ApiWard) -> None:
    row = f"{RESIDENT_A},田中 花子,,,,,ほかの住まい,,,,,"
    answer = ward.client("care_a").post("/api/v1/imports", files={"file": _table(row)}).json()
    assert [(one["column"], one["code"]) for one in answer["problems"]] == [("home", "home_moved")]


def test_a_file_that_is_no_table_is_refused_in_words(ward: ApiWard) -> None:
    care = ward.client("care_a")
    for body, said in ((b"\xd0\xcf\x11\xe0", "古いExcel"), (b"%PDF-\x00\xff", "CSVでもExcelでもない")):
        answer = care.post("/import", files={"file": body})
        assert answer.status_code == 422
        assert said in answer.text
    assert care.post("/import", files={"file": b"x" * (9 * 1024 * 1024)}).status_code == 413
    assert care.post("/residents", data={"q": "x" * (65 * 1024)}).status_code == 413


def test_the_empty_table_has_all_heads_and_is_read_back(ward: ApiWard) -> None:
    care = ward.client("care_a")
    answer = care.get("/import/template.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    text = _check(care, answer.content)
    assert "見出しの下に、人の行がありません" in text


def test_whoever_is_imported_is_watched_and_their_contacts_are_notified(ward: ApiWard) -> None:
    care = ward.client("care_a")
    _apply(care, _check(care, _table(_NEW)))
    (number,) = ward.execute("SELECT resident_id FROM resident WHERE name = '佐々木 ミヨ'")[0]
    ward.open_alert(number, severity=Severity.CHECK_SOON)
    with ward.database.transaction() as connection:
        names = [one.name for one in residents.contacts(connection, number)]
    assert names == ["佐々木 明", "centre A"]


def test_a_contact_who_is_notified_no_more_or_two_of_one_name_are_a_problem(ward: ApiWard) -> None:
    care = ward.client("care_a")

    def problems() -> list[tuple[str, str]]:
        found = care.post("/api/v1/imports", files={"file": _table(_CHANGED)}).json()["problems"]
        return [(one["column"], one["code"]) for one in found]

    ward.execute("UPDATE contact SET is_active = false WHERE name = 'contact A'")
    assert problems() == [("contact1_name", "contact_ended")]
    assert "知らせは終わっています" in _check(care, _table(_CHANGED))
    # Another of that name is the one who is meant.
    ward.execute("INSERT INTO contact (resident_id, name, step) VALUES (1, 'contact A', 1)")
    assert problems() == []
    ward.execute("UPDATE contact SET is_active = true WHERE name = 'contact A'")
    assert problems() == [("contact1_name", "contact_ambiguous")]
    assert "2つ登録されている" in _check(care, _table(_CHANGED))


def test_a_table_that_gives_somebody_to_another_office_moves_what_is_open(ward: ApiWard) -> None:
    number, admin = ward.open_alert(), ward.client("admin")
    row = f"{RESIDENT_A},田中 花子,,,,office B,home A,,,,,"
    checked = admin.post("/api/v1/imports", files={"file": _table(row)}).json()
    assert admin.post(f"/api/v1/imports/{checked['number']}/application").status_code == 200
    assert ward.execute("SELECT office_id FROM alert WHERE alert_id = %s", number) == [(2,)]
