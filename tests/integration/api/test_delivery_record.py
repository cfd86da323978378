"""What became of a message stands on the page and in the interface, and the service says so when nobody is notified."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.views.service_figures import ServiceFigures
from core.domain.alert import Severity
from core.domain.people import Channel
from core.monitoring.tally import Tally
from core.store.people import contact_channels
from detectors.alerting import planner
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.delivery import Office, Sender
from tests.support.provider_stand_in import BASE_URL, provider_stand_in
from tests.support.wards.api_ward import ApiWard, api_ward

OFFICE = Office(BASE_URL, "", ZoneInfo("Asia/Tokyo"))


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_page_and_interface_say_of_each_channel_what_is_known_and_no_more(ward: ApiWard) -> None:
    now = ward.clock.now()
    ward.execute("UPDATE contact SET is_active = false WHERE name <> 'contact A'")
    (contact,) = ward.execute("SELECT contact_id FROM contact WHERE name = 'contact A'")[0]
    with ward.database.transaction() as connection:
        sms = contact_channels.add(
            connection, contact, Channel.SMS, "090-1234-5678", sealer=None, confirmed_at=now
        )
        contact_channels.put_first(connection, sms.number)
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    with provider_stand_in(mode="blocked") as sink:
        channel = DeliveryChannel(
            None, "mimamori@localhost", allow_private_hosts=True, telephone=sink.telephone
        )
        sender = Sender(ward.database, ward.clock, channel, OFFICE)
        planner.plan_all(ward.database, now)
        while sender.send_one():
            pass

    found = ward.client("care_a").get(f"/api/v1/alerts/{number}/deliveries").json()
    assert [(one["kind"], one["state"], one["error"]) for one in found] == [
        ("sms", "failed", "twilio_21610"),
        ("mail", "waiting", "mail_not_configured"),
    ]
    assert all(one["accepted_at"] is None and one["arrived_at"] is None for one in found)
    # The whole record: what the service called it, when it failed, and of the rest that nobody knows.
    page = ward.client("care_a").get(f"/alerts/{number}/deliveries").text
    whole = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "contact A 最初のお知らせ 予定 9:40 · 送ります" in whole
    assert "SMS 届きませんでした: twilio_21610 送信 1回, 最初は 9:40" in whole
    assert "到着 分かりません 読まれた 分かりません 返事 分かりません 届かなかった 9:40" in whole
    ward.execute("UPDATE delivery SET provider_id = 'SM123', accepted_at = planned_at WHERE kind = 'sms'")
    page = ward.client("care_a").get(f"/alerts/{number}/deliveries").text
    assert "SM123" in page
    assert ward.client("care_b").get(f"/alerts/{number}/deliveries").status_code == 404
    page = ward.client("care_a").get(f"/alerts/{number}").text
    assert f"/alerts/{number}/deliveries" in page
    assert "SMS: " in page
    assert "届きませんでした、理由: twilio_21610" in page
    assert "メール: もう一度送ります、理由: メールの設定がありません" in page


def at(ward: ApiWard, number: int, kind: str, minutes: int, error: str | None = None) -> None:
    """Store that contact A was asked `minutes` after the alert, by a call that nobody took if there is an error, or else by LINE."""
    sent = ward.clock.now() + timedelta(minutes=minutes)
    (message,) = ward.execute(
        "INSERT INTO notification (alert_id, contact_id, kind, key, status, attempts, due_at, created_at, sent_at)"
        " SELECT %s, contact_id, %s, %s, 'sent', 1, %s, %s, %s FROM contact WHERE name = 'contact A'"
        " RETURNING notification_id",
        number, kind, f"{kind}{minutes}", sent, sent, sent,
    )[0]  # fmt: skip
    ward.execute(
        "INSERT INTO delivery (notification_id, kind, state, request_key, attempts, planned_at, accepted_at, failed_at, error)"
        " VALUES (%s, %s, %s, gen_random_uuid(), 1, %s, %s, %s, %s)",
        message, "voice" if error else "line", "failed" if error else "accepted",
        sent, None if error else sent, sent if error else None, error,
    )  # fmt: skip


def said(ward: ApiWard, number: int, language: str = "ja") -> str:
    """Return what the alert's page says of whom was notified, without its marks."""
    client = ward.client("care_a")
    client.cookies.set("mimamori_language", language)
    page = client.get(f"/alerts/{number}").text
    part = page[page.index('id="escalation"') :].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", part).split())


def test_the_alert_page_shows_every_call_and_reminder_of_a_person(ward: ApiWard) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, ward.clock.now())
    ward.execute("DELETE FROM notification")
    at(ward, number, "opening", 0)
    at(ward, number, "reminder", 5, error="receipt_no_answer")
    at(ward, number, "reminder", 10, error="receipt_no_answer")
    page = said(ward, number)
    assert "contact A 3回 試しました。最後は 送りました 9:50 LINE: 9:40 送信先のサービスが受け付け" in page
    assert "電話: 9:50 届きませんでした、理由: 電話に出ませんでした(2回)" in page
    assert "contact A tried 3 times, latest" in said(ward, number, "en")
    assert "nobody picked up (2 times)" in said(ward, number, "en")


def test_a_step_that_sent_nothing_does_not_say_that_it_notified(ward: ApiWard) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, ward.clock.now())
    ward.execute("DELETE FROM notification")
    assert "9:40 順番になりました(送れた記録はありません)" in said(ward, number)
    assert "their turn came at 9:40 ; no message is recorded as sent" in said(ward, number, "en")
    at(ward, number, "opening", -30)
    # The alert's own steps began at 9:40, after its people had been asked.
    assert "9:10 連絡しました contact A 送りました 9:10" in said(ward, number)


def test_those_after_their_quiet_hours_were_notified_when_their_message_left(ward: ApiWard) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, ward.clock.now())
    ward.execute("DELETE FROM notification")
    ward.execute(
        "INSERT INTO escalation_step (alert_id, kind, step, cycle, due_at, executed_at)"
        " SELECT alert_id, 'after_quiet_hours', 0, cycle, %s, %s FROM escalation_step WHERE step = 1",
        ward.clock.now(),
        ward.clock.now(),
    )
    assert "おやすみの時間の方 9:40 順番になりました" in said(ward, number)
    at(ward, number, "opening", 0)
    assert "おやすみの時間の方 9:40 連絡しました" in said(ward, number)
    # A step that is ahead is due when it is, whatever was sent before.
    ward.execute("UPDATE escalation_step SET executed_at = NULL WHERE kind = 'contacts' AND step = 1")
    ward.execute("UPDATE escalation_step SET due_at = due_at + interval '9 minutes' WHERE step = 1")
    assert "9:49 に連絡します" in said(ward, number)


def readiness(ward: ApiWard) -> tuple[str, int, int, int]:
    found = ward.client().get("/readyz").json()
    return (
        found["status"],
        found["unreachable_offices"],
        found["unnotified_emergencies"],
        found["overdue_messages"],
    )


def test_the_service_is_not_ready_while_an_emergency_has_nobody_to_notify_or_senders_stand_still(
    ward: ApiWard,
) -> None:
    now = ward.clock.now()
    ward.execute(
        "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('ingest', %s, %s)",
        now + timedelta(hours=1),
        now + timedelta(hours=1),
    )
    ward.execute(
        "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)", now + timedelta(hours=1), now
    )
    assert readiness(ward) == ("ready", 0, 0, 0)

    ward.execute(
        "UPDATE contact_channel SET unreachable_since = now(), unreachable_reason = 'smtp_550'"
        " WHERE address = 'centre-A@example.jp'"
    )
    assert readiness(ward) == ("mute", 1, 0, 0)
    ward.execute("UPDATE contact_channel SET unreachable_since = NULL, unreachable_reason = NULL")

    ward.open_alert(rule="sos", severity=Severity.EMERGENCY)
    planner.plan_all(ward.database, now)
    ward.clock.advance(minutes=2, seconds=1)
    status, _, _, overdue = readiness(ward)
    assert status == "mute"
    assert overdue > 0
    ward.execute("UPDATE notification SET status = 'sent'")
    assert readiness(ward) == ("ready", 0, 0, 0)

    ward.execute("DELETE FROM notification")
    assert readiness(ward) == ("mute", 0, 1, 0)
    assert "nobody to notify" in ward.client().get("/readyz").json()["next"]


def test_an_office_whose_only_channel_is_not_set_up_is_reached_by_nothing(ward: ApiWard) -> None:
    settings = ward.app.state.settings
    ward.app.state.settings = settings.model_copy(update={"mail_url": type(settings.mail_url)("")})
    assert ward.client().get("/readyz").json()["unreachable_offices"] == 2


@pytest.mark.parametrize(
    ("change", "unreachable"),
    [
        ("INSERT INTO office (name) VALUES ('new')", 0),
        ("INSERT INTO office (name, role) VALUES ('line', 'ward_line')", 1),
        (
            "WITH made AS (INSERT INTO office (name) VALUES ('new') RETURNING office_id)"
            " INSERT INTO resident (home_id, office_id, name, watched_from)"
            " SELECT 1, office_id, 'x', '2026-07-01' FROM made",
            1,
        ),
        (
            "WITH made AS (INSERT INTO office (name) VALUES ('new') RETURNING office_id)"
            " UPDATE office SET next_office_id = made.office_id FROM made WHERE office.office_id = 1",
            1,
        ),
        ("UPDATE contact SET is_duty_only = true WHERE name = 'centre A'", 1),
    ],
    ids=["new", "line", "watches", "stands_in", "roster"],
)
def test_an_office_counts_as_unreachable_once_somebody_relies_on_it(
    ward: ApiWard, change: str, unreachable: int
) -> None:
    ward.execute(change)
    assert ward.client().get("/readyz").json()["unreachable_offices"] == unreachable


def test_the_service_is_mute_while_no_call_of_a_canary_comes_through_where_one_is_expected(
    database_url: str, tmp_path: Path
) -> None:
    with api_ward(database_url, tmp_path, canary_sink="https://sink.example.jp/canary") as ward:
        now = ward.clock.now()
        ward.execute(
            "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('ingest', %s, %s)",
            now + timedelta(hours=1), now + timedelta(hours=1),
        )  # fmt: skip
        ward.execute(
            "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)",
            now + timedelta(hours=1),
            now,
        )
        ward.execute(
            "INSERT INTO device_contact (device_number, last_received_at, last_time) VALUES (1, %s, %s)",
            now + timedelta(hours=1), now,
        )  # fmt: skip

        def readyz() -> tuple[str, bool, float | None]:
            found = ward.client().get("/readyz").json()
            return found["status"], found["canary"], found["canary_call_age_s"]

        assert readyz() == ("mute", False, None)
        assert "no call of a canary comes through" in ward.client().get("/readyz").json()["next"]
        ward.execute(
            "INSERT INTO canary_flight (device_number, pressed_at, found_at, accepted_at) VALUES (1, %s, %s, %s)",
            now - timedelta(seconds=3), now, now,
        )  # fmt: skip
        assert readyz() == ("ready", True, 0.0)
        figures = ServiceFigures(
            ward.database, ward.app.state.settings, ward.clock, ward.app.state.change_feed, Tally()
        )
        found = {one.name: one.value for one in figures.samples()}
        assert found["service_canary_call_seconds"] == 3
        assert found["service_canary_call_delivered_timestamp_seconds"] == now.timestamp()
        ward.clock.advance(minutes=15, seconds=1)
        assert readyz()[:2] == ("mute", False)
