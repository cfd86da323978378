"""A resident is asked before anybody else is notified of a silence: in time or not at all, and no alert is later for want of an answer."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.actions.people import prompts as actions
from core.domain.agreed.prompt import PromptAnswer, PromptSetting
from core.domain.alert import Condition, Severity
from core.domain.people import Channel
from core.store.alerts import alerts, notifications
from core.store.database import Database
from core.store.people import residents
from core.store.people.agreed import prompts
from detectors.alerting.delivery import Office
from detectors.alerting.notices.notice_sender import NoticeSender
from detectors.features.prompt_time import LEAD
from tests.support.alerting import mail_sink
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward
from tests.support.wards.asked_home import BASE_URL, LINE_USER, TODAY, AskedHome
from tests.support.wards.evaluated_ward import ZONE, Seen
from tests.support.wards.notified_ward import mail_channel


@pytest.fixture
def asked(database: Database, tmp_path: Path) -> Iterator[AskedHome]:
    with mail_sink() as mail:
        one = AskedHome(database, tmp_path, mail)
        one.move("02:00", "04:30", "07:00", "08:00", "09:00", "09:30")
        yield one


def _raised_unasked(asked: AskedHome) -> datetime:
    asked.live("2026-07-01 15:00")
    (alert,) = asked.silences()
    return alert.raised_at


def test_nobody_is_asked_without_an_agreement_or_a_confirmed_channel(asked: AskedHome) -> None:
    with asked.ward.database.transaction() as connection:
        connection.execute(b"UPDATE contact_channel SET confirmed_at = NULL")
    asked.agree()
    _raised_unasked(asked)
    assert (asked.prompts(), asked.mail.messages) == ([], [])


def test_without_an_answer_the_alert_comes_when_it_would_have_come_and_names_the_question(
    asked: AskedHome, database: Database
) -> None:
    raised_at = _raised_unasked(asked)
    with database.transaction() as connection:
        connection.execute(b"DELETE FROM alert")
        connection.execute(b"UPDATE evaluation SET evaluated_through = %s, due_at = %s", (TODAY, TODAY))
    asked.ward.clock.advance(seconds=(TODAY - asked.ward.clock.now()).total_seconds())
    asked.agree()
    asked.live("2026-07-01 15:00")

    (alert,), (prompt,) = asked.silences(), asked.prompts()
    assert alert.raised_at == raised_at
    assert (prompt.began_at, prompt.line_at) == (alert.began_at, alert.raised_at)
    assert timedelta() <= prompt.asked_at - (raised_at - LEAD) <= timedelta(minutes=5)
    assert (prompt.channel, prompt.answer) == (Channel.MAIL, None)
    (mail,) = asked.mail.messages
    assert (mail["To"], mail["Subject"]) == ("hanako@example.jp", "【見守り】だいじょうぶですか")
    assert "「大丈夫です」を押してください" in mail.get_content()
    assert re.search(rf"{BASE_URL}/c/[\w-]{{32}}", mail.get_content())
    with database.transaction() as connection:
        about = prompts.about(connection, 1, alert.rule, alert.began_at, alert.seen_at)
    assert about == prompt


def test_an_answer_in_time_begins_the_count_anew_by_the_usual_line_and_no_longer(asked: AskedHome) -> None:
    asked.agree()
    prompt = asked.live_until_asked()
    asked.answer(PromptAnswer.SAFE)
    answered_at = asked.ward.clock.now()
    asked.live_to(prompt.line_at + timedelta(minutes=20))
    assert asked.silences() == []
    (prompt,) = asked.prompts()
    assert (prompt.answer, prompt.is_in_time) == (PromptAnswer.SAFE, True)
    # And it is asked about, then raised, as a silence of its own, within what is usual from the answer on.
    asked.live("2026-07-01 20:00")
    (alert,), (again, _) = asked.silences(), asked.prompts()
    assert alert.began_at == again.began_at == answered_at
    assert alert.raised_at - answered_at <= prompt.line_at - prompt.began_at + timedelta(hours=1)
    assert alert.reason["answered_at"] == answered_at.isoformat()
    assert alert.reason.get("said_safe_at") is None


def test_an_answer_after_the_alert_ends_nothing(asked: AskedHome) -> None:
    asked.agree()
    asked.live("2026-07-01 15:00")
    (before,) = asked.silences()
    asked.answer(PromptAnswer.SAFE)
    asked.live("2026-07-01 15:30")
    (prompt,), (alert,) = asked.prompts(), asked.silences()
    assert (prompt.answer, prompt.is_in_time) == (PromptAnswer.SAFE, False)
    assert alert.condition is before.condition is Condition.ACTIVE
    # Whoever handles it sees the answer.
    with asked.ward.database.transaction() as connection:
        said = [one.detail.get("answered") for one in alerts.events(connection, alert.number)]
    assert said.count("safe") == 1


def test_a_call_for_help_is_raised_at_once_and_only_a_person_ends_it(asked: AskedHome) -> None:
    asked.agree()
    asked.live("2026-07-01 15:00")
    asked.answer(PromptAnswer.SAFE)
    asked.answer(PromptAnswer.HELP)
    asked.answer(PromptAnswer.HELP)
    (call,) = asked.ward.alerts("help_asked")
    assert (call.severity, call.resident, call.began_at) == (
        Severity.EMERGENCY,
        1,
        asked.ward.clock.now(),
    )
    asked.move("15:10")
    asked.live("2026-07-01 16:00")
    (call,) = asked.ward.alerts("help_asked")
    assert call.condition is Condition.ACTIVE


def test_whoever_was_asked_as_often_as_agreed_is_not_asked_again_that_week(asked: AskedHome) -> None:
    asked.agree(most_in_a_week=1)
    asked.live("2026-07-01 15:00")
    asked.move("15:10", "15:20")
    asked.live("2026-07-02 07:00", every_min=60)
    asked.move("07:00", day="2026-07-02")
    asked.live("2026-07-02 15:00")
    assert len(asked.silences()) >= 1
    assert len(asked.prompts()) == 1


def test_a_movement_after_the_question_is_an_answer_too(asked: AskedHome) -> None:
    asked.agree()
    prompt = asked.live_until_asked()
    moved = prompt.asked_at + timedelta(minutes=6)
    asked.ward.pass_to(moved - timedelta(minutes=1))
    asked.ward.store(
        [Seen("kitchen-1", "motion", 1, moved), Seen("hall-1", "motion", 1, moved + timedelta(seconds=20))]
    )
    asked.ward.pass_to(prompt.line_at + timedelta(minutes=10))
    assert asked.silences() == []


@pytest.mark.parametrize("what", ["moved", "stopped", "ended", "paused", "late"])
def test_a_question_that_says_nothing_any_more_is_not_sent(
    asked: AskedHome, database: Database, what: str
) -> None:
    asked.agree()
    prompt, ward = asked.wait_until_due(), asked.ward
    now = ward.clock.now() + timedelta(minutes=1)
    ward.clock.advance(minutes=1)
    with database.transaction() as connection:
        if what == "stopped":
            prompts.put_setting(connection, 1, PromptSetting(is_on=False, agreed="hanako"), now)
        if what == "ended":
            connection.execute("UPDATE resident SET ended_at = %s, end_reason = 'died'", (now,))
        if what == "paused":
            until = now + timedelta(hours=1)
            connection.execute("UPDATE resident SET paused_from = %s, paused_until = %s", (now, until))
    if what == "moved":
        ward.store([Seen("kitchen-1", "motion", 1, now)])
    if what == "late":
        ward.clock.advance(seconds=(prompt.line_at - now).total_seconds())
    while asked.sender.send_one():
        pass
    assert asked.mail.messages == []
    assert asked.prompts()[0].sent_at is None
    # And it is not tried again.
    ward.clock.advance(minutes=2)
    assert not asked.sender.send_one()


def test_a_press_on_line_answers_only_from_the_telephone_that_was_asked(asked: AskedHome) -> None:
    asked.agree()
    asked.live("2026-07-01 15:00")
    key = asked.key()

    def press(user: str, action: str, number: str) -> None:
        asked.press_on_line(key, action, number, user)

    press("U" + 32 * "b", "help", "1")
    press(LINE_USER, "claim", "2")
    assert asked.prompts()[0].answer is None
    press(LINE_USER, "well", "3")
    assert asked.prompts()[0].answer is PromptAnswer.SAFE
    press(LINE_USER, "help", "4")
    assert [one.severity for one in asked.ward.alerts("help_asked")] == [Severity.EMERGENCY]


def test_the_resident_is_part_of_no_escalation(asked: AskedHome, database: Database) -> None:
    asked.live("2026-07-01 15:00")
    (alert,) = asked.silences()
    with database.transaction() as connection:
        assert asked.contact not in [one.number for one in notifications.audience(connection, alert)]
        assert asked.contact not in [one.number for one in residents.contacts(connection, 1)]


@pytest.fixture
def pages(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as ward:
        yield ward


def test_it_needs_staff_an_agreement_and_a_confirmed_channel_and_the_family_learns_of_it(
    pages: ApiWard,
) -> None:
    api, care = f"/api/v1/residents/{RESIDENT_A}/prompts", pages.client("care_a")

    def put(**body: Any) -> tuple[int, str]:
        said = care.put(api, json=body)
        errors = said.json().get("errors") if said.status_code == 422 else None
        return said.status_code, errors[0]["where"] if errors else ""

    assert put(is_on=True, agreed="") == (422, "body.agreed")
    assert put(is_on=True, agreed="hanako") == (422, "body.is_on")
    contact = {
        "name": "本人",
        "is_resident": True,
        "channel": {"kind": "mail", "address": "hanako@example.jp"},
    }
    contacts = f"/api/v1/residents/{RESIDENT_A}/contacts"
    number = care.post(contacts, json=contact).json()["number"]
    assert care.post(contacts, json=contact | {"name": "another"}).status_code == 422
    assert put(is_on=True, agreed="hanako") == (422, "body.is_on")
    ((channel,),) = pages.execute(
        "SELECT contact_channel_id FROM contact_channel WHERE contact_id = %s", number
    )
    care.post(f"/contacts/{number}/channels/{channel}/confirm")
    assert pages.client("family_a").put(api, json={"is_on": True, "agreed": "x"}).status_code == 403
    assert put(is_on=True, agreed="hanako, 8/1") == (200, "")
    shown = pages.client("family_a").get(f"/residents/{RESIDENT_A}/prompts").text
    assert "hanako, 8/1" in shown
    assert "まず本人にたずねる設定" in shown
    weakenings = "SELECT count(*) FROM notice WHERE kind = 'weakening' AND contact_id <> %s"
    assert pages.execute(weakenings, number)[0][0] > 0
    with mail_sink() as mail:
        sender = NoticeSender(
            pages.database, pages.clock, mail_channel(mail.port), Office(BASE_URL, "", ZONE)
        )
        while sender.send_one():
            pass
        written = [one.get_content() for one in mail.messages if one["To"] != "hanako@example.jp"]
    assert any("まず本人にたずねます(週に3回まで)" in one for one in written)
    assert pages.execute("SELECT count(*) FROM notice WHERE contact_id = %s", number) == [(0,)]
    page = care.post(
        f"/residents/{RESIDENT_A}/prompts", data={"most_in_a_week": "2", "agreed": "hanako, 8/1"}
    )
    assert page.status_code == 303
    assert care.get(api).json()["is_on"] is False


def test_the_question_stands_on_the_alert_the_resident_and_the_board(pages: ApiWard) -> None:
    now, care = pages.clock.now(), pages.client("care_a")
    number = pages.open_alert(RESIDENT_A)
    ((began_at, rule),) = pages.execute("SELECT began_at, rule FROM alert WHERE alert_id = %s", number)
    ((prompt,),) = pages.execute(
        "INSERT INTO prompt (resident_id, rule, began_at, asked_at, line_at, channel, sent_at)"
        " VALUES (%s, %s, %s, %s, %s, 'line', %s) RETURNING prompt_id",
        *(RESIDENT_A, rule, began_at, now - timedelta(minutes=31), now - timedelta(minutes=1), now),
    )
    for login in ("care_a", "family_a"):
        shown = pages.client(login).get(f"/alerts/{number}").text
        assert "に本人にたずねましたが(LINE)、返事はありません。" in shown
        assert "本人が押したかどうかは分かりません" in shown
    assert "返事はありません" in care.get(f"/residents/{RESIDENT_A}").text
    with pages.database.transaction() as connection:
        actions.answer(connection, prompts.get(connection, prompt), PromptAnswer.SAFE, now)
    assert "知らせたあとの" in care.get(f"/alerts/{number}").text
    assert "本人への確認に「大丈夫です」と返事がありました" in care.get(f"/alerts/{number}").text

    # Whoever is asked stands among those who are a little different, until they move.
    pages.execute("UPDATE alert SET handling = 'closed', closed_at = opened_at, outcome = 'drill'")
    pages.execute(
        "UPDATE prompt SET answer = NULL, answered_at = NULL, is_in_time = NULL, line_at = %s", now + LEAD
    )
    pages.execute("DELETE FROM evaluation")
    pages.execute(
        "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state) VALUES (NULL, %s, %s, 'as_usual'), (%s, %s, %s, 'different')",
        *(now, now, RESIDENT_A, now, now + timedelta(hours=1)),
    )
    assert "返事を待っています" in care.get("/board/groups").text
