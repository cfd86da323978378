"""A resident's call for help is never lost, and their answer belongs to the silence in which they were asked, wherever that begins."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.agreed.prompt import PROMPT_LASTS, AskedFirst, Prompt, PromptAnswer
from core.domain.alert import EventKind, Handling, Outcome
from core.store.alerts import alerts, handling
from core.store.database import Database
from core.store.people.agreed import prompts
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from tests.support.alerting import mail_sink
from tests.support.wards.api_ward import RESIDENT_A, api_ward
from tests.support.wards.asked_home import AskedHome
from tests.support.wards.evaluated_ward import Seen


@pytest.fixture
def asked(database: Database, tmp_path: Path) -> Iterator[AskedHome]:
    with mail_sink() as mail:
        one = AskedHome(database, tmp_path, mail)
        one.move("02:00", "04:30", "07:00", "08:00", "09:00", "09:30")
        one.agree()
        yield one


def test_every_press_for_help_repeats_the_alert_or_opens_another(asked: AskedHome) -> None:
    asked.live_until_asked()
    key, ward = asked.key(), asked.ward
    asked.press_on_line(key, "help", "1")
    ward.clock.advance(minutes=3)
    asked.press_on_line(key, "help", "2")
    asked.press_on_line(key, "help", "2")
    (first,) = ward.alerts("help_asked")
    assert (first.began_at, first.occurrences) == (ward.clock.now(), 2)
    with ward.database.transaction() as connection:
        kinds = [one.kind for one in alerts.events(connection, first.number)]
        assert kinds == [EventKind.OPENED, EventKind.REPEATED]
        connection.execute(
            "UPDATE alert SET handling = 'closed', condition = 'cleared', cleared_at = %(now)s, closed_at = %(now)s,"
            " outcome = 'safe_contacted' WHERE alert_id = %(alert)s",
            {"now": ward.clock.now(), "alert": first.number},
        )

    asked.live_to(ward.clock.now() + timedelta(hours=2))
    asked.press_on_line(key, "help", "3")

    found = {one.number: one.handling for one in ward.alerts("help_asked")}
    assert found.pop(first.number) is Handling.CLOSED
    assert list(found.values()) == [Handling.OPEN]


def test_a_call_for_help_counts_however_old_its_question_is_and_nothing_else_does(asked: AskedHome) -> None:
    asked.live_until_asked()
    key, ward = asked.key(), asked.ward
    ward.clock.advance(seconds=(PROMPT_LASTS + timedelta(minutes=1)).total_seconds())
    asked.press_on_line(key, "well", "1")
    asked.press_on_line(key, "help", "2", "U" + 32 * "b")
    assert ward.alerts("help_asked") == []
    assert asked.prompts()[0].answer is None
    asked.press_on_line(key, "help", "3")
    assert [one.handling for one in ward.alerts("help_asked")] == [Handling.OPEN]


def _late(asked: AskedHome, prompt: Prompt) -> None:
    """Let readings arrive late that move the beginning of the silence by two minutes."""
    moved = prompt.began_at + timedelta(minutes=2)
    asked.ward.store(
        [Seen("kitchen-1", "motion", 1, moved), Seen("hall-1", "motion", 1, moved + timedelta(seconds=30))]
    )


def test_a_silence_whose_beginning_late_readings_move_is_asked_about_once_and_the_answer_holds(
    asked: AskedHome,
) -> None:
    first = asked.live_until_asked()
    _late(asked, first)
    asked.live_to(first.asked_at + timedelta(minutes=10))
    (carried,) = asked.prompts()
    assert (carried.number, carried.asked_at) == (first.number, first.asked_at)
    assert timedelta(minutes=2) <= carried.began_at - first.began_at <= timedelta(minutes=3)
    asked.answer(PromptAnswer.SAFE)
    asked.live_to(first.line_at + timedelta(minutes=20))
    (answered,) = asked.prompts()
    assert answered.is_in_time
    assert asked.silences() == []


def test_an_answer_holds_for_a_silence_whose_beginning_is_moved_afterwards(asked: AskedHome) -> None:
    first = asked.live_until_asked()
    asked.answer(PromptAnswer.SAFE)
    _late(asked, first)
    asked.live_to(first.line_at + timedelta(minutes=20))
    assert asked.silences() == []
    assert [one.is_in_time for one in asked.prompts()] == [True]


def test_an_answer_after_an_alert_whose_beginning_was_moved_is_late_and_stands_on_it(
    asked: AskedHome,
) -> None:
    first = asked.live_until_asked()
    _late(asked, first)
    asked.live_to(first.line_at + timedelta(minutes=20))
    (alert,) = asked.silences()
    assert alert.began_at > first.began_at
    asked.answer(PromptAnswer.SAFE)
    (late,) = asked.prompts()
    assert not late.is_in_time
    with asked.ward.database.transaction() as connection:
        said = [one.detail.get("answered") for one in alerts.events(connection, alert.number)]
        about = prompts.about(connection, 1, alert.rule, alert.began_at, alert.seen_at)
    assert said.count("safe") == 1
    assert about == late


def test_the_page_says_that_help_is_called_while_the_call_is_open_and_keeps_its_button(
    database_url: str, tmp_path: Path
) -> None:
    with api_ward(database_url, tmp_path) as ward:
        now = ward.clock.now()
        ((contact,),) = ward.execute(
            "INSERT INTO contact (resident_id, name, step, is_resident) VALUES (%s, '本人', 1, true) RETURNING contact_id",
            RESIDENT_A,
        )
        ward.execute(
            "INSERT INTO contact_channel (contact_id, place, kind, address, confirmed_at) VALUES (%s, 1, 'mail', 'own@example.jp', %s)",
            *(contact, now),
        )
        with ward.database.transaction() as connection:
            prompt = prompts.add(
                connection,
                AskedFirst(RESIDENT_A, 3, contact, 0),
                "inactivity",
                now - timedelta(hours=3),
                now + timedelta(minutes=30),
                now,
            )
            link = contact_links.issue(
                connection,
                contact,
                LinkPurpose.PROMPT,
                prompt=prompt,
                expires_at=now + timedelta(hours=12),
                now=now,
            )
        browser, button = ward.client(), 'value="help"'

        def press() -> str:
            ward.clock.advance(minutes=1)
            assert browser.post(f"/c/{link}", data={"action": "help"}).status_code in (200, 303)
            return browser.get(f"/c/{link}").text

        called = press()
        assert "助けを呼んでいます" in called
        assert button in called
        with ward.database.transaction() as connection:
            ((number,),) = connection.execute(
                b"SELECT alert_id FROM alert WHERE rule = 'help_asked'"
            ).fetchall()
            handling.close(
                connection, number, contact=contact, outcome=Outcome.SAFE_CONTACTED, now=ward.clock.now()
            )
        closed = browser.get(f"/c/{link}").text
        assert "助けを呼んでいます" not in closed
        assert "助けの知らせは 終わっています" in closed
        assert button in closed
        assert "助けを呼んでいます" in press()
        assert ward.execute("SELECT count(*) FROM alert WHERE rule = 'help_asked' AND handling = 'open'") == [
            (1,)
        ]
