"""What makes the watch of somebody weaker reaches the family and the centre once; what strengthens it does not."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from detectors.alerting.delivery import Office
from detectors.alerting.notices import expired_pauses, stay_question
from detectors.alerting.notices.notice_sender import NoticeSender
from tests.support.alerting import MailSink, mail_sink
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.notified_ward import mail_channel

_ZONES = f"/residents/{RESIDENT_A}/zones"
_ABSENCES = f"/residents/{RESIDENT_A}/absences"
_SENSITIVITY = f"/api/v1/residents/{RESIDENT_A}/sensitivity"
_AREA = {"name": "公園", "lat": "35.65", "lon": "139.79", "radius_m": "400", "start": "09:00", "end": "18:00"}
_TRAVEL = {"kind": "travel", "how": "once", "began": "2026-08-02T00:00", "ended": "2026-08-05T08:00"}
_BUTTON = "この予定を確認する"
_EVERYBODY = {"centre-a@example.jp", "family-a@example.jp", "cousin-a@example.jp"}


class Household:
    """A ward whose pages are used, and what leaves the outbox meanwhile."""

    def __init__(self, ward: ApiWard, mail: MailSink) -> None:
        self.ward = ward
        self.mail = mail
        office = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
        self.sender = NoticeSender(ward.database, ward.clock, mail_channel(mail.port), office)

    def by(self, login: str, address: str, data: dict[str, Any]) -> None:
        assert self.ward.client(login).post(address, data=data).status_code == 303

    def texts(self) -> dict[str, str]:
        """Return what arrived since the last time, by address; at most one message each."""
        while self.sender.send_one():
            pass
        found = {str(mail["To"]).lower(): mail.get_content() for mail in self.mail.messages}
        assert len(found) == len(self.mail.messages)
        self.mail.messages.clear()
        return found

    def area(self, **changes: object) -> None:
        """Change the newest area of the resident."""
        (number,) = self.ward.execute("SELECT max(geofence_id) FROM geofence")[0]
        self.by("care_a", f"{_ZONES}/{number}", {**_AREA, "days": ["0", "1"], **changes})


@pytest.fixture
def household(database_url: str, tmp_path: Path) -> Iterator[Household]:
    with api_ward(database_url, tmp_path) as ward, mail_sink() as mail:
        yield Household(ward, mail)


def test_a_planned_absence_is_reported_with_who_what_and_from_when_to_when(household: Household) -> None:
    household.by("care_a", _ABSENCES, _TRAVEL)
    texts = household.texts()
    assert set(texts) == _EVERYBODY
    family, centre = texts["family-a@example.jp"], texts["centre-a@example.jp"]
    assert "お母さんの見守りが弱くなることのある変更がありました" in family
    assert "田中 花子さんの見守りが" in centre
    for text in (family, centre):
        assert "変えた人: 支援 甲さん(" in text
        assert "「旅行・外泊」" in text
        assert "期間: 8/2(日) 0:00から8/5(水) 8:00まで" in text
        assert f"https://mimamori.example.jp{_ZONES}" in text
    # Taken back, the watch is as it was: nobody is notified, and nobody twice.
    (number,) = household.ward.execute("SELECT max(absence_id) FROM absence")[0]
    household.by("family_a", f"{_ABSENCES}/{number}/end", {})
    assert household.texts() == {}


def test_what_one_relative_plans_holds_when_somebody_else_has_confirmed_it(household: Household) -> None:
    ward, family, care = household.ward, household.ward.client("family_a"), household.ward.client("care_a")
    answer = family.post(_ABSENCES, data={**_TRAVEL, "began": "2026-08-01T09:00"})
    assert "別の方が確認するまで、見守りは続きます" in family.get(answer.headers["location"]).text
    listed = f"/api/v1{_ABSENCES}"
    (planned,) = family.get(listed).json()
    assert (planned["needs_second"], planned["is_waiting"]) == (True, True)

    def is_paused() -> bool:
        return family.get(f"/api/v1/residents/{RESIDENT_A}").json()["is_paused"]

    # All are asked but who planned it; the cousin cannot sign in and needs no account.
    texts = household.texts()
    assert set(texts) == _EVERYBODY - {"family-a@example.jp"}
    text = texts["centre-a@example.jp"]
    assert "別の方の確認が必要です。確認があるまで、見守りは続きます。期限は8/5(水) 8:00です" in text
    assert "入れた人: 田中 太郎さん(" in text
    assert (
        f"サインインが必要です。入れた人のほかの方が確認してください): https://mimamori.example.jp{_ABSENCES}"
        in text
    )
    assert _link_in(texts["cousin-a@example.jp"])
    assert not is_paused()
    assert "この予定を確認する" not in family.get(_ABSENCES).text
    confirm = f"/api/v1/absences/{planned['number']}/confirm"
    assert family.post(confirm, json={}).status_code == 422
    assert "確認待ち: 見守りは続いています" in care.get(_ABSENCES).text
    assert not is_paused()

    household.by("care_a", f"{_ABSENCES}/{planned['number']}/confirm", {})
    assert is_paused()
    (confirmed,) = family.get(listed).json()
    assert (confirmed["is_waiting"], confirmed["confirmed_by"]) == (False, "支援 甲")
    assert set(household.texts()) == _EVERYBODY
    # Twice is once.
    assert care.post(confirm, json={}).status_code == 200
    assert household.texts() == {}
    assert ward.execute("SELECT count(*) FROM watch_change") == [(1,)]


def _link_in(text: str) -> str:
    (link,) = re.findall(r"https://mimamori\.example\.jp(/c/[\w-]{32})\r?$", text, re.MULTILINE)
    return link


def test_a_contact_without_an_account_confirms_by_the_link_once_and_looking_changes_nothing(
    household: Household,
) -> None:
    ward, nobody = household.ward, household.ward.client()
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    ward.execute(
        "UPDATE contact SET user_id = (SELECT user_id FROM user_account WHERE login = 'care_a') WHERE name = 'centre A'"
    )
    texts = household.texts()
    link, other = (_link_in(texts[f"{name}-a@example.jp"]) for name in ("cousin", "centre"))
    page = [nobody.get(link).text for _ in range(20)][-1]
    assert _BUTTON in page
    assert "田中 花子" in page
    assert "記入: 田中 太郎さん" in page
    assert ward.execute("SELECT confirmed_at FROM absence") == [(None,)]

    for _ in range(2):
        assert nobody.post(link, data={"action": "confirm"}).status_code == 303
    page = nobody.get(link).text
    assert "確認がすみました" in page
    assert "確認: cousin Aさん" in page
    assert _BUTTON not in page
    (listed,) = ward.client("care_a").get(f"/api/v1{_ABSENCES}").json()
    assert (listed["is_waiting"], listed["confirmed_by"]) == (False, "cousin A")
    # The other link is of no more use, and everybody learns who confirmed it.
    assert _BUTTON not in nobody.get(other).text
    assert "変えた人: cousin Aさん" in household.texts()["family-a@example.jp"]
    assert ward.execute("SELECT count(*) FROM watch_change") == [(1,)]


def test_the_mailbox_of_an_office_confirms_nothing_since_who_planned_it_may_read_it(
    household: Household,
) -> None:
    ward, nobody = household.ward, household.ward.client()
    household.by("care_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00", "ended": "2026-10-01T09:00"})
    texts = household.texts()
    assert set(texts) == _EVERYBODY
    assert "/c/" not in texts["centre-a@example.jp"]
    assert ward.execute(
        "SELECT count(*) FROM contact_link JOIN contact USING (contact_id) WHERE office_id IS NOT NULL"
    ) == [(0,)]
    # Staff planned it, so any relative is somebody else; and one that was sent to the mailbox before does nothing.
    link = _link_in(texts["cousin-a@example.jp"])
    (cousin,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'cousin A'")
    ward.execute(
        "UPDATE contact_link SET contact_id = (SELECT contact_id FROM contact WHERE name = 'centre A')"
    )
    nobody.post(link, data={"action": "confirm"})
    assert ward.execute("SELECT confirmed_at FROM absence") == [(None,)]
    ward.execute("UPDATE contact_link SET contact_id = %s", cousin[0])
    nobody.post(link, data={"action": "confirm"})
    assert ward.execute("SELECT confirmed_at IS NOT NULL FROM absence") == [(True,)]


def test_a_relative_whose_row_is_not_tied_to_their_login_gets_no_link_to_their_own_pause(
    household: Household,
) -> None:
    ward, nobody = household.ward, household.ward.client()
    ward.execute("UPDATE contact SET user_id = NULL WHERE name = 'contact A'")
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    texts = household.texts()
    assert set(texts) == _EVERYBODY
    assert not any("/c/" in text for text in texts.values())
    assert ward.execute("SELECT count(*) FROM contact_link") == [(0,)]
    # Nor does one that was sent while the planner stood among the contacts.
    ward.execute("DELETE FROM notice")
    ward.execute(
        "UPDATE contact SET user_id = (SELECT user_id FROM user_account WHERE login = 'family_a') WHERE name = 'contact A'"
    )
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-02T09:00"})
    link = _link_in(household.texts()["cousin-a@example.jp"])
    ward.execute("UPDATE contact SET user_id = NULL WHERE name = 'contact A'")
    nobody.post(link, data={"action": "confirm"})
    assert ward.execute("SELECT count(confirmed_at) FROM absence") == [(0,)]


def test_a_link_that_ended_or_that_is_nobodys_any_more_shows_and_does_nothing(household: Household) -> None:
    ward, nobody = household.ward, household.ward.client()
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    link = _link_in(household.texts()["cousin-a@example.jp"])
    for change, undo in (
        (
            "UPDATE contact SET is_active = false WHERE name = 'cousin A'",
            "UPDATE contact SET is_active = true",
        ),
        ("UPDATE contact SET user_id = 4 WHERE name = 'cousin A'", "UPDATE contact SET user_id = NULL"),
        ("UPDATE absence SET cancelled_at = created_at", "UPDATE absence SET cancelled_at = NULL"),
        ("UPDATE absence SET created_at = created_at - interval '8 days'", "SELECT 1"),
    ):
        ward.execute(change)
        assert "このリンクは もう使えません" in nobody.get(link).text, change
        nobody.post(link, data={"action": "confirm"})
        assert ward.execute("SELECT confirmed_at FROM absence") == [(None,)], change
        ward.execute(undo)
    for unknown in ("/c/x", f"/c/{'x' * 5000}", link[:-1]):
        answer = nobody.get(unknown)
        assert answer.status_code == 200
        assert "田中" not in answer.text


def test_a_link_opens_and_acts_after_many_guesses_from_the_same_address(household: Household) -> None:
    ward, nobody = household.ward, household.ward.client()
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    link = _link_in(household.texts()["cousin-a@example.jp"])
    assert [nobody.get(f"/c/guess-{number}").status_code for number in range(21)] == [200] * 20 + [429]
    assert _BUTTON in nobody.get(link).text
    assert nobody.post(link, data={"action": "confirm"}).status_code == 303
    assert ward.execute("SELECT count(confirmed_at) FROM absence") == [(1,)]


def test_who_sleeps_until_it_is_too_late_is_not_asked_and_nobody_is_woken(household: Household) -> None:
    # 23:40 in Tokyo, and the pause is for this night.
    household.ward.clock.advance(hours=14)
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T23:50", "ended": "2026-08-02T07:20"})
    assert set(household.texts()) == {"centre-a@example.jp"}
    household.ward.clock.advance(hours=8)
    assert household.texts() == {}
    assert household.ward.execute("SELECT count(*) FROM notice") == [(1,)]


def test_who_planned_a_pause_and_the_centre_learn_once_that_nobody_confirmed_it(household: Household) -> None:
    ward = household.ward
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    household.texts()

    def report() -> int:
        return expired_pauses.report(ward.database, ward.clock.now())

    ward.clock.advance(days=3, hours=22)
    assert report() == 0
    ward.clock.advance(hours=1)
    assert report() == 1
    assert report() == 0
    texts = household.texts()
    assert set(texts) == {"family-a@example.jp", "centre-a@example.jp"}
    text = texts["family-a@example.jp"]
    assert "お母さんの見守りを休む予定「旅行・外泊」は、確認されませんでした" in text
    assert "8:00までに別の方の確認がなかったので、お休みは始まりません。見守りは続いています" in text
    # One that was confirmed, or taken back, expires for nobody.
    for act in ("confirm", "end"):
        household.by(
            "family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-06T09:00", "ended": "2026-08-07T09:00"}
        )
        (number,) = ward.execute("SELECT max(absence_id) FROM absence")[0]
        household.by("care_a", f"{_ABSENCES}/{number}/{act}", {})
    ward.clock.advance(days=8)
    assert report() == 0


def test_that_a_watch_became_weaker_is_not_said_any_more_once_it_has_ended(household: Household) -> None:
    ward, care = household.ward, household.ward.client("care_a")
    # Whoever sleeps has yet to be notified.
    ward.execute("UPDATE contact SET quiet_from = '08:00', quiet_until = '10:00' WHERE name = 'cousin A'")
    household.by("care_a", _ABSENCES, _TRAVEL)
    assert set(household.texts()) == _EVERYBODY - {"cousin-a@example.jp"}
    address = f"/api/v1/residents/{RESIDENT_A}"
    version = care.get(f"{address}/record").json()["version"]
    assert care.post(f"{address}/end", json={"version": version, "reason": "died"}).status_code == 200
    ward.clock.advance(hours=6)
    assert household.texts() == {}


@pytest.mark.parametrize("is_ended_here", [True, False])
def test_of_who_died_no_pause_waits_expires_or_is_confirmed_any_more(
    household: Household, is_ended_here: bool
) -> None:
    ward, nobody = household.ward, household.ward.client()
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    link = _link_in(household.texts()["cousin-a@example.jp"])
    # Another one, of which whoever sleeps has yet to be notified.
    ward.execute("UPDATE contact SET quiet_from = '08:00', quiet_until = '10:00' WHERE name = 'cousin A'")
    household.by("family_a", _ABSENCES, {**_TRAVEL, "ended": "2026-08-20T08:00"})
    assert set(household.texts()) == {"centre-a@example.jp"}
    if is_ended_here:
        care, address = ward.client("care_a"), f"/api/v1/residents/{RESIDENT_A}"
        version = care.get(f"{address}/record").json()["version"]
        assert care.post(f"{address}/end", json={"version": version, "reason": "died"}).status_code == 200
        assert ward.execute("SELECT count(*) FROM absence WHERE cancelled_at IS NULL") == [(0,)]
        # Were they not taken back, they would still be of nobody who is watched.
        ward.execute("UPDATE absence SET cancelled_at = NULL")
        ward.clock.advance(hours=6)
        assert household.texts() == {}
    else:
        # It ended before a watch took what waits along.
        ward.execute("UPDATE resident SET ended_at = %s, end_reason = 'died'", ward.clock.now())
        ward.clock.advance(hours=6)
    assert "このリンクは もう使えません" in nobody.get(link).text
    nobody.post(link, data={"action": "confirm"})
    assert ward.execute("SELECT count(confirmed_at) FROM absence") == [(0,)]
    ward.clock.advance(days=7)
    assert expired_pauses.report(ward.database, ward.clock.now()) == 0


def test_what_expired_long_ago_is_reported_to_nobody(household: Household) -> None:
    ward = household.ward
    household.by("family_a", _ABSENCES, {**_TRAVEL, "began": "2026-08-01T09:00"})
    household.texts()
    ward.clock.advance(days=300)
    assert expired_pauses.report(ward.database, ward.clock.now()) == 0
    assert household.texts() == {}


def _stay(household: Household) -> None:
    """Let a stay without an end begin at 9:00 that the cousin confirms, and take the messages about that."""
    household.by("family_a", _ABSENCES, {"kind": "hospital", "how": "once", "began": "2026-08-01T09:00"})
    link = _link_in(household.texts()["cousin-a@example.jp"])
    assert household.ward.client().post(link, data={"action": "confirm"}).status_code == 303
    assert "から、もとに戻すまで" in household.texts()["family-a@example.jp"]


def _ask(household: Household, **later: float) -> int:
    household.ward.clock.advance(**later)
    return stay_question.ask_where_due(household.ward.database, household.ward.clock.now())


def test_only_a_stay_in_hospital_may_have_no_end(household: Household) -> None:
    care = household.ward.client("care_a")
    body = {"began_at": "2026-08-01T00:00:00Z"}
    assert care.post(f"/api/v1{_ABSENCES}", json={**body, "kind": "travel"}).status_code == 422
    made = care.post(f"/api/v1{_ABSENCES}", json={**body, "kind": "hospital"}).json()
    # It is longer than 14 days for all that is known.
    assert (made["ended_at"], made["is_waiting"]) == (None, True)
    assert "終わりは決まっていません" in care.get(_ABSENCES).text


def test_a_stay_without_an_end_is_asked_about_once_a_week_in_the_daytime_and_one_press_goes_on_with_it(
    household: Household,
) -> None:
    ward, family = household.ward, household.ward.client("family_a")
    _stay(household)
    person = family.get(f"/api/v1/residents/{RESIDENT_A}").json()
    assert (person["is_paused"], person["paused_until"]) == (True, None)
    assert "終わりは決まっていません" in family.get(f"/residents/{RESIDENT_A}").text
    assert "終わりは決まっていません" in ward.client("care_a").get("/board").text
    assert _ask(household, days=6, hours=23) == 0
    # 9:40 in Tokyo, a week after it was confirmed.
    assert _ask(household, hours=1) == 1
    assert _ask(household) == 0
    texts = household.texts()
    assert set(texts) == _EVERYBODY
    assert "お母さんは、まだ入院していますか。" in texts["family-a@example.jp"]
    link = _link_in(texts["cousin-a@example.jp"])
    assert "まだ入院していますか" in ward.client().get(link).text
    assert ward.execute("SELECT still_at FROM absence") == [(None,)]
    for _ in range(2):
        ward.client().post(link, data={"action": "still"})
    assert "入院が続いています" in ward.client().get(link).text
    assert "入院が続いています" in ward.client().get(_link_in(texts["centre-a@example.jp"])).text
    # Once said, it is not taken back by the same link; and nothing weakened the watch.
    ward.client().post(link, data={"action": "home"})
    assert family.get(f"/api/v1/residents/{RESIDENT_A}").json()["is_paused"]
    assert household.texts() == {}
    assert _ask(household, days=6, hours=23) == 0
    # At night nobody is asked; in the morning they are.
    assert _ask(household, hours=14) == 0
    assert _ask(household, hours=11) == 1
    household.texts()
    # Whoever signs in may say it too.
    (planned,) = family.get(f"/api/v1{_ABSENCES}").json()
    assert family.post(f"/api/v1/absences/{planned['number']}/still", json={}).status_code == 200
    assert _ask(household, days=6, hours=23) == 0


def test_after_two_weeks_of_answers_by_one_person_alone_the_others_are_asked_and_may_end_the_stay(
    household: Household,
) -> None:
    ward, family = household.ward, household.ward.client("family_a")
    _stay(household)
    (planned,) = family.get(f"/api/v1{_ABSENCES}").json()
    still = f"/api/v1/absences/{planned['number']}/still"

    def say_still() -> None:
        assert family.post(still, json={}).status_code == 200

    for _ in range(3):
        assert _ask(household, days=6) == 0
        say_still()
    # It is two weeks since the family alone has said so, though they said it yesterday.
    assert _ask(household, days=1) == 0
    assert _ask(household, days=1) == 1
    assert _ask(household) == 0
    texts = household.texts()
    assert set(texts) == _EVERYBODY - {"family-a@example.jp"}
    # They go on saying so: the others are asked again after a week, and the link still ends it.
    say_still()
    link = _link_in(texts["cousin-a@example.jp"])
    page = ward.client().get(link).text
    assert "入院が続いています" in page
    assert 'value="home"' in page
    assert 'value="still"' not in page
    assert _ask(household, days=6) == 0
    say_still()
    assert _ask(household, days=1) == 1
    newer = _link_in(household.texts()["cousin-a@example.jp"])
    # Another person's answer counts: nobody is asked for a week.
    ward.client().post(newer, data={"action": "still"})
    assert _ask(household, days=6) == 0
    assert _ask(household, days=1) == 1
    newest = _link_in(household.texts()["cousin-a@example.jp"])
    say_still()
    ward.client().post(newest, data={"action": "home"})
    assert not family.get(f"/api/v1/residents/{RESIDENT_A}").json()["is_paused"]


def test_one_press_ends_a_stay_and_who_is_yet_to_be_asked_is_not(household: Household) -> None:
    ward = household.ward
    _stay(household)
    # Whoever sleeps is asked later; the centre answers at once.
    ward.execute("UPDATE contact SET quiet_from = '08:00', quiet_until = '20:00' WHERE resident_id = 1")
    assert _ask(household, days=7) == 1
    (text,) = household.texts().values()
    link = _link_in(text)
    ward.client().post(link, data={"action": "home"})
    assert "見守りを続けています" in ward.client().get(link).text
    assert not ward.client("care_a").get(f"/api/v1/residents/{RESIDENT_A}").json()["is_paused"]
    ward.clock.advance(hours=12)
    assert household.texts() == {}
    assert _ask(household, days=7) == 0
    ((who, after),) = ward.execute(
        "SELECT by_contact_id, after FROM watch_change ORDER BY watch_change_id DESC LIMIT 1"
    )
    assert who == ward.execute("SELECT contact_id FROM contact WHERE name = 'centre A'")[0][0]
    assert after["ended_at"] is not None


def test_what_nobody_confirms_in_time_never_holds_and_what_is_taken_back_asks_nobody(
    household: Household,
) -> None:
    ward, family, care = household.ward, household.ward.client("family_a"), household.ward.client("care_a")
    family.post(_ABSENCES, data={**_TRAVEL, "ended": "2026-08-20T08:00"})
    (number,) = ward.execute("SELECT max(absence_id) FROM absence")[0]
    ward.clock.advance(days=7)
    assert care.post(f"/api/v1/absences/{number}/confirm", json={}).status_code == 422
    assert "確認がなかったので、始まりません" in care.get(_ABSENCES).text
    assert not family.get(f"/api/v1/residents/{RESIDENT_A}").json()["is_paused"]
    household.by("family_a", f"{_ABSENCES}/{number}/end", {})
    assert household.texts() == {}
    assert ward.execute("SELECT count(*) FROM watch_change") == [(0,)]


def test_what_was_raised_while_a_pause_waited_is_not_taken_back_by_who_confirms_it(
    household: Household,
) -> None:
    ward, family, care = household.ward, household.ward.client("family_a"), household.ward.client("care_a")
    family.post(_ABSENCES, data={**_TRAVEL, "began": "2026-08-01T09:00", "ended": "2026-08-20T08:00"})
    (planned,) = family.get(f"/api/v1{_ABSENCES}").json()
    ward.clock.advance(days=6)
    confirmed = care.post(f"/api/v1/absences/{planned['number']}/confirm", json={}).json()
    began = datetime.fromisoformat(confirmed["began_at"])
    assert began == ward.clock.now() - timedelta(hours=24)


def test_a_pause_of_more_than_14_days_needs_a_second_person_also_in_parts(household: Household) -> None:
    care = household.ward.client("care_a")

    def plan(began: str, ended: str) -> bool:
        body = {
            "kind": "travel",
            "began_at": f"2026-{began}T00:00:00Z",
            "ended_at": f"2026-{ended}T00:00:00Z",
        }
        return care.post(f"/api/v1{_ABSENCES}", json=body).json()["is_waiting"]

    assert plan("08-10", "08-25")
    assert not plan("09-01", "09-15")
    # The next days of the same person go on with it.
    assert plan("09-15", "09-17")
    assert not plan("10-01", "10-03")
    # So does one that leaves five minutes of each day watched.
    every_day = {"days": [0, 1, 2, 3, 4, 5, 6], "start": "00:05", "end": "00:00"}
    body = {"kind": "other", "began_at": "2026-08-03T00:00:00Z", "hours": every_day}
    assert care.post(f"/api/v1{_ABSENCES}", json=body).json()["is_waiting"]


def test_a_weekly_absence_is_reported_with_its_hours(household: Household) -> None:
    weekly = {"kind": "day_service", "how": "weekly", "began": "2026-08-03T00:00", "days": ["0", "3"]}
    household.by("care_a", _ABSENCES, {**weekly, "start": "09:00", "end": "16:30"})
    text = household.texts()["family-a@example.jp"]
    assert "から、もとに戻すまで" in text
    assert "毎週 月・木 9:00–16:30" in text


def test_an_area_is_reported_when_it_is_lost_or_asks_less_and_only_then(household: Household) -> None:
    household.by("care_a", _ZONES, {**_AREA, "days": ["0", "1"]})
    household.area(name="公園と川")
    household.area(radius_m="350")
    household.area(radius_m="350", days=["0", "1", "2"], start="08:00")
    assert household.texts() == {}
    for weaker in (
        {"radius_m": "360", "days": ["0", "1", "2"], "start": "08:00"},
        {"radius_m": "360", "days": ["0", "1"], "start": "08:00"},
        {"radius_m": "360", "days": ["0", "1"], "start": "08:30"},
    ):
        household.area(**weaker)
        assert set(household.texts()) == _EVERYBODY, weaker
    (number,) = household.ward.execute("SELECT max(geofence_id) FROM geofence")[0]
    household.by("care_a", f"{_ZONES}/{number}/remove", {})
    text = household.texts()["cousin-a@example.jp"]
    assert "いつもの範囲「公園」を削除" in text
    assert "35.65" not in text
    household.by("care_a", f"{_ZONES}/{number}/restore", {})
    assert household.texts() == {}


def test_a_sensitivity_is_reported_when_it_becomes_slower_and_only_then(household: Household) -> None:
    care = household.ward.client("care_a")
    assert care.put(_SENSITIVITY, json={"sensitivity": "family"}).status_code == 200
    assert household.texts() == {}
    assert care.put(_SENSITIVITY, json={"sensitivity": "quiet"}).status_code == 200
    texts = household.texts()
    assert set(texts) == _EVERYBODY
    assert "「早めに知らせる」から「ひかえめに知らせる」に変更" in texts["centre-a@example.jp"]
    # The same again changes nothing.
    assert care.put(_SENSITIVITY, json={"sensitivity": "quiet"}).status_code == 200
    assert household.texts() == {}


def test_everybody_is_notified_of_another_policy_of_the_household(household: Household) -> None:
    steps = [{"asked": "contacts", "wait_min": 5}]
    body = {"branches": [{"severity": one, "steps": steps} for one in (1, 2)]}
    address = f"/api/v1/residents/{RESIDENT_A}/escalation-policy"
    assert household.ward.client("care_a").put(address, json=body).status_code == 200
    assert "この世帯の連絡の順番を変更" in household.texts()["family-a@example.jp"]


def test_who_sleeps_is_notified_in_the_morning_and_in_their_language(household: Household) -> None:
    household.ward.execute("UPDATE contact SET language = 'en' WHERE name = 'cousin A'")
    # 23:40 in Tokyo.
    household.ward.clock.advance(hours=14)
    household.by("care_a", _ABSENCES, _TRAVEL)
    assert set(household.texts()) == {"centre-a@example.jp"}
    household.ward.clock.advance(hours=7, minutes=19)
    assert household.texts() == {}
    household.ward.clock.advance(minutes=1)
    texts = household.texts()
    assert set(texts) == _EVERYBODY - {"centre-a@example.jp"}
    assert "What: an absence was planned (Travel)." in texts["cousin-a@example.jp"]


def test_the_outbox_holds_numbers_and_no_words(household: Household) -> None:
    household.by("care_a", _ABSENCES, _TRAVEL)
    bodies = household.ward.execute("SELECT DISTINCT body FROM notice")
    assert len(bodies) == 1
    assert bodies[0][0].keys() == {"resident", "change"}
    assert all(isinstance(value, int) for value in bodies[0][0].values())
    (due,) = household.ward.execute("SELECT max(due_at - created_at) FROM notice")[0]
    assert due == timedelta(0)
