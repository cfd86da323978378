"""Offices, accounts and invitations by page and interface: nobody types a password for somebody else."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.actions.people.invitations import INVITATION_LASTS
from core.credentials.passwords import is_right
from core.store.people import users
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, ApiWard, api_ward

_CHOSEN = "a password of my own"
_FAMILY = {"name": "田中 次郎", "login": "jiro", "language": "ja", "residents": "田中 花子(番号 1)"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _number(ward: ApiWard, login: str) -> int:
    return int(ward.execute("SELECT user_id FROM user_account WHERE login = %s", login)[0][0])


def _code(text: str) -> str:
    return re.findall(r"/invitation#([0-9A-Z-]+)", html.unescape(text))[0]


def _accept(ward: ApiWard, code: str, password: str = _CHOSEN) -> int:
    form = {"code": code, "password": password, "again": password}
    return ward.client().post("/invitation", data=form).status_code


def _fits(ward: ApiWard, login: str) -> bool:
    with ward.database.transaction() as connection:
        found = users.find(connection, login)
    assert found is not None
    return is_right(_CHOSEN, found.password_hash)


def test_a_family_is_registered_by_its_office_and_chooses_its_own_password(ward: ApiWard) -> None:
    care = ward.client("care_a")
    answer = care.post("/accounts/new", data=_FAMILY)
    assert answer.status_code == 303
    account = _number(ward, "jiro")
    assert "まだ招待していません" in care.get(f"/accounts/{account}").text

    shown = care.post(f"/accounts/{account}/invitation").text
    assert 'class="qr"' in shown
    assert _accept(ward, _code(shown)) == 200

    assert _fits(ward, "jiro")
    assert ward.client("jiro").get(f"/residents/{RESIDENT_A}").status_code == 200
    assert ward.client("jiro").get(f"/residents/{RESIDENT_B}").status_code == 404
    # The page never shows it again, and the database has only its hash.
    assert "/invitation#" not in care.get(f"/accounts/{account}").text
    assert "パスワードを決めました" in care.get(f"/accounts/{account}").text


def test_an_invitation_is_good_once_and_for_a_week_and_the_next_one_ends_it(ward: ApiWard) -> None:
    admin, account = ward.client("admin"), _number(ward, "care_a")

    def invite() -> str:
        return _code(admin.post(f"/accounts/{account}/invitation").text)

    first, second = invite(), invite()
    assert _accept(ward, first) == 422
    assert _accept(ward, second) == 200
    assert _accept(ward, second) == 422

    late = invite()
    ward.machine.advance(seconds=INVITATION_LASTS.total_seconds())
    assert _accept(ward, late) == 422


def test_whoever_chooses_a_password_is_signed_out_everywhere_before(ward: ApiWard) -> None:
    client = ward.client("family_a")
    code = _code(ward.client("care_a").post(f"/accounts/{_number(ward, 'family_a')}/invitation").text)
    assert _accept(ward, code) == 200
    assert client.get("/family").status_code == 303


@pytest.mark.parametrize(("password", "status"), [("persimmon", 422), ("persimmons", 200)])
def test_a_password_has_at_least_ten_characters(ward: ApiWard, password: str, status: int) -> None:
    code = _code(ward.client("admin").post(f"/accounts/{_number(ward, 'care_a')}/invitation").text)
    assert _accept(ward, code, password) == status


def test_who_guesses_invitations_is_slowed_down(ward: ApiWard) -> None:
    answers = [_accept(ward, f"GUESS-{number}") for number in range(21)]
    assert answers == [422] * 20 + [429]


def test_whoever_is_kept_out_is_signed_out_and_their_invitation_ends(ward: ApiWard) -> None:
    care, family = ward.client("care_a"), ward.client("family_a")
    account = _number(ward, "family_a")
    code = _code(care.post(f"/accounts/{account}/invitation").text)
    form = {"version": "1", "name": "田中 太郎", "login": "family_a", "language": "ja"}
    assert care.post(f"/accounts/{account}", data=form).status_code == 303
    assert family.get("/family").status_code == 303
    assert _accept(ward, code) == 422
    # Being notified is another thing, and the page says so.
    assert "知らせはまだ届きます" in care.get(f"/accounts/{account}").text


def test_care_staff_make_nobody_staff_and_reach_no_family_of_others(ward: ApiWard) -> None:
    care = ward.client("care_a")
    body = {"login": "boss", "name": "x", "role": "admin"}
    assert care.post("/api/v1/accounts", json=body).status_code == 403
    family = {"login": "jiro", "name": "x", "role": "family", "residents": [RESIDENT_A, RESIDENT_B]}
    assert care.post("/api/v1/accounts", json=family).status_code == 404
    account = _number(ward, "family_a")
    assert care.patch(f"/api/v1/accounts/{account}", json={"version": 1, "role": "admin"}).status_code == 403
    links = {"residents": [RESIDENT_A, RESIDENT_B]}
    assert care.put(f"/api/v1/accounts/{account}/residents", json=links).status_code == 404


def test_an_administrator_does_not_lock_themselves_out(ward: ApiWard) -> None:
    admin, account = ward.client("admin"), _number(ward, "admin")
    answer = admin.patch(f"/api/v1/accounts/{account}", json={"version": 1, "is_active": False})
    assert answer.status_code == 422
    answer = admin.patch(f"/api/v1/accounts/{account}", json={"version": 1, "role": "care", "office": 1})
    assert answer.status_code == 422


def test_a_login_is_taken_in_whatever_case(ward: ApiWard) -> None:
    answer = ward.client("care_a").post("/accounts/new", data=_FAMILY | {"login": "FAMILY_A"})
    assert answer.status_code == 422
    assert 'id="problem-login"' in answer.text


def test_whom_a_family_may_see_stands_in_the_history_of_the_resident(ward: ApiWard) -> None:
    admin, account = ward.client("admin"), _number(ward, "family_a")
    admin.post(f"/accounts/{account}/residents", data={"residents": "田中 花子(番号 1)、鈴木 一郎(番号 2)"})
    text = admin.get(f"/residents/{RESIDENT_B}/record").text
    assert "田中 太郎さんが見られる方を変更" in text
    assert ward.client("family_a").get(f"/residents/{RESIDENT_B}").status_code == 200
    admin.post(f"/accounts/{account}/residents", data={"residents": "田中 花子(番号 1)"})
    assert ward.client("family_a").get(f"/residents/{RESIDENT_B}").status_code == 404


def test_an_office_is_registered_changed_and_ended_once_nobody_is_left(ward: ApiWard) -> None:
    admin = ward.client("admin")
    address = admin.post("/offices/new", data={"name": "西窓口", "phone": "０３-1"}).headers["location"]
    address = address.partition("?")[0]
    assert "だれにも連絡が行きません" in admin.get(address).text
    contact = {"name": "当直", "step": "2", "language": "ja", "kind": "mail", "address": "n@example.jp"}
    assert admin.post(address.replace("record", "contacts/new"), data=contact).status_code == 303
    ended = {"version": "1", "name": "西窓口", "phone": "03-1"}
    assert admin.post(address, data=ended).status_code == 303
    assert ward.execute("SELECT is_active FROM contact WHERE name = '当直'") == [(False,)]

    in_use = admin.post("/offices/1/record", data={"version": "1", "name": "office A", "phone": ""})
    assert in_use.status_code == 422
    assert "担当している方が1人、職員と設置担当が合わせて2人います" in in_use.text


def test_no_page_and_no_answer_holds_a_password(ward: ApiWard) -> None:
    admin = ward.client("admin")
    account = _number(ward, "care_a")
    (kept,) = ward.execute("SELECT password_hash FROM user_account WHERE login = 'care_a'")[0]
    for path in ("/admin/users", f"/accounts/{account}", "/api/v1/accounts", f"/api/v1/accounts/{account}"):
        text = admin.get(path).text
        assert kept not in text
        assert "password_hash" not in text


def test_a_family_account_without_residents_is_linked_by_administrators_alone(ward: ApiWard) -> None:
    account = _number(ward, "family_b")
    ward.execute("DELETE FROM family_link WHERE user_id = %s", account)
    address, links = f"/api/v1/accounts/{account}/residents", {"residents": [RESIDENT_A]}

    assert ward.client("care_a").put(address, json=links).status_code == 404
    assert ward.execute("SELECT count(*) FROM family_link WHERE user_id = %s", account) == [(0,)]
    assert ward.client("admin").put(address, json=links).is_success
    assert ward.client("family_b").get(f"/residents/{RESIDENT_A}").status_code == 200


def _office(ward: ApiWard, *, role: str = "care", is_active: bool = True) -> int:
    made = ward.execute(
        "INSERT INTO office (name, role, is_active) VALUES ('西窓口', %s, %s) RETURNING office_id",
        role,
        is_active,
    )
    return int(made[0][0])


_NOT_OPEN = [("care", False), ("ward_line", True), ("emergency_plan", True)]


@pytest.mark.parametrize(("role", "is_active"), _NOT_OPEN)
def test_no_staff_belong_to_an_office_that_ended_or_looks_after_nobody(
    ward: ApiWard, role: str, is_active: bool
) -> None:
    admin, office = ward.client("admin"), _office(ward, role=role, is_active=is_active)
    body = {"login": "new", "name": "x", "role": "care", "office": office}
    assert admin.post("/api/v1/accounts", json=body).status_code == 422
    account = _number(ward, "care_a")
    moved = {"version": 1, "office": office}
    assert admin.patch(f"/api/v1/accounts/{account}", json=moved).status_code == 422
    ward.execute("UPDATE office SET role = 'care', is_active = true WHERE office_id = %s", office)
    assert admin.patch(f"/api/v1/accounts/{account}", json=moved).is_success


@pytest.mark.parametrize(
    ("reliance", "freed", "said"),
    [
        (
            "UPDATE office SET next_office_id = %(office)s WHERE office_id = 1",
            "UPDATE office SET next_office_id = NULL",
            "office Aの代わりを受け持っています",
        ),
        ("UPDATE office SET role = 'ward_line' WHERE office_id = %(office)s", None, "緊急のときに頼る窓口"),
        (
            "UPDATE alert SET office_id = %(office)s",
            "UPDATE alert SET handling = 'closed', closed_at = now(), outcome = 'safe'",
            "お知らせが1件あります",
        ),
    ],
    ids=["next", "line", "alert"],
)
def test_an_office_that_others_rely_on_does_not_end(
    ward: ApiWard, reliance: str, freed: str | None, said: str
) -> None:
    admin, office = ward.client("admin"), _office(ward)
    ward.open_alert()
    with ward.database.transaction() as connection:
        connection.execute(reliance.encode(), {"office": office})
    form = {"version": "1", "name": "西窓口", "phone": ""}

    refused = admin.post(f"/offices/{office}/record", data=form)

    assert refused.status_code == 422
    assert said in refused.text
    assert (
        admin.patch(f"/api/v1/offices/{office}", json={"version": 1, "is_active": False}).status_code == 422
    )
    ended = "SELECT is_active FROM office WHERE office_id = %s"
    assert ward.execute(ended, office) == [(True,)]
    if freed is not None:
        ward.execute(freed)
        assert admin.post(f"/offices/{office}/record", data=form).status_code == 303
        assert ward.execute(ended, office) == [(False,)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1", "この方でよければ、もう一度押してください: 田中 花子(番号 1)"),
        ("たなか はなこ", "この方でよければ、もう一度押してください: 田中 花子(番号 1)"),
        ("田中花子、1", "もう一度押してください: 田中 花子(番号 1)、田中 花子(番号 1)"),
        ("鈴木 一郎(番号 1)", "この方でよければ、もう一度押してください: 田中 花子(番号 1)"),
        ("2", "見守られる方が見つかりません: 2"),
        ("そんな人", "見守られる方が見つかりません: そんな人"),
        ("田中", "2人います。番号で選んでください: 田中 花子(番号 1)・area A、田中 はる(番号 3)・area A"),
    ],
)
def test_nobody_is_linked_before_their_name_was_shown(ward: ApiWard, typed: str, said: str) -> None:
    new = {"name": "田中 はる", "kana": "たなか はる", "office": "1", "home": "home A"}
    care = ward.client("care_a")
    assert care.post("/residents/new", data=new).status_code == 303
    account, links = _number(ward, "family_a"), _count(ward, "family_link")

    for address, form in (("/accounts/new", _FAMILY), (f"/accounts/{account}/residents", {})):
        answer = care.post(address, data={**form, "residents": typed})
        assert answer.status_code == 422
        assert said in html.unescape(answer.text)
    assert _count(ward, "family_link") == links
    # From the resident's page the name stands there already.
    assert 'value="田中 花子(番号 1)"' in care.get(f"/accounts/new?resident={RESIDENT_A}").text


def _count(ward: ApiWard, table: str) -> int:
    return int(ward.execute(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608 - our own words


def test_desks_above_and_volunteers_of_a_roster_are_registered_by_page(ward: ApiWard) -> None:
    admin = ward.client("admin")
    form = {"name": "区の当直", "phone": "03-9", "office_role": "ward_line"}
    assert admin.post("/offices/new", data=form).status_code == 303
    assert ward.execute("SELECT role FROM office WHERE name = '区の当直'") == [("ward_line",)]
    twice = admin.post("/offices/new", data=form | {"name": "もうひとつ"})
    assert (twice.status_code, 'id="problem-office_role"' in twice.text) == (422, True)

    contact = {"name": "当番 三", "step": "1", "language": "ja", "kind": "mail", "address": "v@example.jp"}
    answer = admin.post("/offices/1/contacts/new", data=contact | {"is_duty_only": "on"})
    assert answer.status_code == 303
    assert ward.execute("SELECT is_duty_only FROM contact WHERE name = '当番 三'") == [(True,)]
    assert "当番 三" in admin.get("/offices/1/duty").text
    body = {"name": "x", "is_duty_only": True, "channel": {"kind": "mail", "address": "x@example.jp"}}
    assert admin.post("/api/v1/residents/1/contacts", json=body).status_code == 422


def test_fields_that_do_not_fit_together_are_refused_in_their_own_words(ward: ApiWard) -> None:
    admin = ward.client("admin")
    account = {"name": "x", "login": "x", "language": "ja", "role": "care", "office": ""}
    assert "担当窓口は、職員と機器の設置担当だけに必要です" in admin.post("/accounts/new", data=account).text
    home = {"version": "1", "name": "home A", "time_zone": "Asia/Tokyo", "lat": "35.6", "lon": ""}
    said = admin.post("/homes/1", data=home)
    assert (said.status_code, "緯度と経度は、両方を入れてください" in said.text) == (422, True)
    assert "おやすみの時間" not in said.text
    plan = {
        "kind": "day_service",
        "how": "weekly",
        "began": "2026-08-03T00:00",
        "start": "09:00",
        "end": "16:00",
    }
    said = admin.post(f"/residents/{RESIDENT_A}/absences", data=plan)
    assert 'id="problem-days"' in said.text
    assert "曜日を1つ以上" in said.text
    once = {"kind": "travel", "how": "once", "began": "2026-08-03T00:00", "ended": "2027-09-03T00:00"}
    assert "1年より長い予定は" in admin.post(f"/residents/{RESIDENT_A}/absences", data=once).text
    area = {"name": "x", "kind": "circle", "lat": "35.6", "lon": "139.7", "radius_m": "300", "start": "0:00"}
    said = admin.post(f"/residents/{RESIDENT_A}/zones", data=area | {"start": "00:00", "end": "00:00"})
    assert 'id="problem-days"' in said.text
