"""Events that another program did not take are listed with the reason, sent again by one press, and who pressed is kept."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.people import Channel
from core.store.people import contact_channels
from detectors.alerting import planner
from detectors.alerting.channels import DeliveryChannel
from detectors.alerting.delivery import Office, Sender
from detectors.alerting.providers.redelivery_sender import RedeliverySender
from tests.support.alerting import WebhookSink, webhook_sink
from tests.support.wards.api_ward import RESIDENT_B, ApiWard, api_ward

_OFFICE = Office("https://mimamori.example.jp", "", ZoneInfo("Asia/Tokyo"))
_LIST = "/api/v1/webhook-events"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        made.execute("UPDATE contact SET is_active = false WHERE name <> 'contact A'")
        yield made


def _fail(ward: ApiWard, hook: WebhookSink) -> int:
    """Let an event to contact A's receiver be given up, and return the delivery's number."""
    ((contact,),) = ward.execute("SELECT contact_id FROM contact WHERE is_active")
    ward.execute("DELETE FROM contact_channel WHERE contact_id = %s", contact)
    with ward.database.transaction() as connection:
        contact_channels.add(connection, contact, Channel.WEBHOOK, hook.url, sealer=None)
    ward.open_alert()
    worker = DeliveryChannel(None, "mimamori@localhost", allow_private_hosts=True)
    sender = Sender(ward.database, ward.clock, worker, _OFFICE)
    planner.plan_all(ward.database, ward.clock.now())
    while sender.send_one():
        pass
    ((number, state),) = ward.execute("SELECT delivery_id, state FROM delivery")
    assert state == "failed"
    return number


def _send(ward: ApiWard) -> bool:
    worker = DeliveryChannel(None, "mimamori@localhost", allow_private_hosts=True)
    return RedeliverySender(ward.database, ward.clock, worker, _OFFICE).send_one()


def test_an_event_is_sent_again_by_one_press_with_the_id_that_it_had(ward: ApiWard) -> None:
    care = ward.client("care_a")
    assert "届かなかったお知らせはありません" in care.get("/webhook-events").text
    with webhook_sink(status=404) as hook:
        number = _fail(ward, hook)
        page = care.get("/webhook-events").text
        assert "受け取られていません" in page
        assert "http_404" in page

        # Still not taken: the list says so, and who tried.
        assert care.post(f"/webhook-events/{number}/redelivery").status_code == 303
        assert "もう一度送っています" in care.get("/webhook-events").text
        care.post(f"/webhook-events/{number}/redelivery")
        assert _send(ward)
        assert not _send(ward)
        (event,) = care.get(_LIST).json()
        assert (event["state"], event["is_waiting"], event["type"]) == ("failed", False, "alert.opening")
        assert [(one["who"], one["result"]) for one in event["redeliveries"]] == [("支援 甲", "refused")]

        # What it says is how the alert is now, also after its end.
        hook.status = 200
        ward.execute("UPDATE alert SET handling = 'closed', closed_at = opened_at, outcome = 'other'")
        ward.clock.advance(minutes=5)
        assert ward.client("admin").post(f"{_LIST}/{number}/redelivery").status_code == 202
        assert _send(ward)
    ids = {headers["webhook-id"] for headers in hook.headers}
    assert (len(ids), len(hook.headers)) == (1, 3)
    assert hook.received[-1]["data"]["handling"] == "closed"
    (event,) = care.get(_LIST).json()
    assert (event["state"], event["error"]) == ("accepted", None)
    assert [one["result"] for one in event["redeliveries"]] == ["delivered", "refused"]
    page = care.get("/webhook-events").text
    assert "受け取られました" in page
    assert "管理 者" in page
    assert f"/webhook-events/{number}/redelivery" not in page


def test_only_staff_of_the_office_see_and_send_them_and_only_of_the_last_30_days(ward: ApiWard) -> None:
    with webhook_sink(status=404) as hook:
        number = _fail(ward, hook)
    assert ward.client("care_b").get(_LIST).json() == []
    assert ward.client("care_b").post(f"{_LIST}/{number}/redelivery").status_code == 404
    assert len(ward.client("admin").get(_LIST).json()) == 1
    ward.execute("UPDATE contact SET resident_id = %s WHERE is_active", RESIDENT_B)
    assert len(ward.client("care_b").get(_LIST).json()) == 1
    ward.clock.advance(days=31)
    assert ward.client("admin").get(_LIST).json() == []
    assert ward.client("admin").post(f"{_LIST}/{number}/redelivery").status_code == 404


def test_an_event_whose_address_is_gone_cannot_be_sent(ward: ApiWard) -> None:
    with webhook_sink(status=404) as hook:
        number = _fail(ward, hook)
    care = ward.client("care_a")
    care.post(f"{_LIST}/{number}/redelivery")
    ward.execute("DELETE FROM contact_channel WHERE kind = 'webhook'")
    # Asked for before: the attempt says why.
    assert _send(ward)
    (event,) = care.get(_LIST).json()
    assert (event["can_be_sent"], event["redeliveries"][0]["error"]) == (False, "no_channel")
    assert "送り先がなくなったため、送れません" in care.get("/webhook-events").text
    assert care.post(f"{_LIST}/{number}/redelivery").status_code == 409


def test_a_sender_that_died_leaves_it_to_the_next(ward: ApiWard) -> None:
    with webhook_sink(status=404) as hook:
        number = _fail(ward, hook)
        hook.status = 200
        ward.client("care_a").post(f"{_LIST}/{number}/redelivery")
        ward.execute("UPDATE webhook_redelivery SET lease_until = now() + interval '1 minute'")
        assert not _send(ward)
        ward.execute("UPDATE webhook_redelivery SET lease_until = now() - interval '1 second'")
        assert _send(ward)
    assert ward.client("care_a").get(_LIST).json()[0]["state"] == "accepted"
