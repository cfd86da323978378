"""What became of a message stands on the page and in the interface, and the service says so when nobody is notified."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.alert import Severity
from core.domain.people import Channel
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
    page = ward.client("care_a").get(f"/alerts/{number}").text
    assert "SMS: " in page
    assert "届きませんでした、理由: twilio_21610" in page
    assert "メール: もう一度送ります、理由: メールの設定がありません" in page


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
