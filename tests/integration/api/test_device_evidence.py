"""What a device's messages prove, on its page and in JSON: a sensor that has said one state only, and how to mend it."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain import reasons
from core.domain.alert import WARD, Finding
from core.domain.device_proposal import ModelDescription, Proposed
from core.domain.metrics import MOTION, PRESENCE, SOS, Metric
from core.domain.quarantine import unknown_sender
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import STRAY_SOS, UNCLEAR_CALL
from core.store.alerts import episodes, unassigned_calls, unclear_calls
from core.store.alerts.unassigned_calls import SaidCall
from core.store.alerts.unclear_calls import UnclearCall
from core.store.devices import proposals, unread_fields
from core.store.devices.unread_fields import UnreadField
from core.store.operation import connection_loops
from core.store.operation.connection_loops import ConnectionLoop
from tests.support.wards.api_ward import ApiWard, api_ward


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def say_only(ward: ApiWard, metric: Metric, *, hours: int, device: str = "hall-a") -> None:
    """Let a sensor of a bridge have said one state four times an hour."""
    until = ward.clock.now() - timedelta(minutes=2)
    ward.execute("UPDATE device SET sender = %s WHERE device_id = %s", f"zigbee2mqtt:g1/{device}", device)
    ward.execute(
        "INSERT INTO device_state (device_number, metric, time, value, said, said_since, lowest, highest)"
        " SELECT device_number, %s, %s, 1, %s, %s, 1, 1 FROM device WHERE device_id = %s",
        metric.number,
        until,
        4 * hours + 1,
        until - timedelta(hours=hours),
        device,
    )


def test_the_page_says_that_movement_never_ends_and_how_to_mend_it(ward: ApiWard) -> None:
    say_only(ward, MOTION, hours=6)
    shown = ward.client("care_a").get("/devices/hall-a").text
    assert "「動きあり」だけを25回知らせ、「動きなし」を一度も知らせていません" in shown
    assert "1時間に約4回" in shown
    assert "機種の設定、または「pulse」を選んでください" in shown

    english = ward.client("care_a")
    english.cookies.set("mimamori_language", "en")
    shown = english.get("/devices/hall-a").text
    assert "has said only “movement”, 25 times, and never “no movement”" in shown
    assert "its messages do not count as life signs" in shown


def test_the_page_names_what_may_be_a_call_and_is_not_understood_with_the_next_step(ward: ApiWard) -> None:
    ward.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/cord' WHERE device_id = 'hall-a'")
    began = ward.clock.now() - timedelta(hours=1)
    fields = [
        UnclearCall("zigbee2mqtt:g1/cord", "Alarm", began, began),
        UnclearCall("zigbee2mqtt:g1/cord#2", "fall_kind", began, began),
        UnclearCall("zigbee2mqtt:g1/cord_2", "of_another", began, began),
    ]
    with ward.database.transaction() as connection:
        unclear_calls.note(connection, fields)

    shown = ward.client("care_a").get("/devices/hall-a").text
    assert "気になる点は見つかっていません" not in shown
    assert "項目: Alarm(" in shown
    assert "項目: fall_kind(" in shown
    assert "of_another" not in shown
    assert "管理者に知らせてください" in shown
    for_admin = ward.client("admin").get("/devices/hall-a").text
    assert "その機種の設定を選んでください" in for_admin
    assert "保留中の知らせの取り込み直しを運用の担当者に頼んで" in for_admin
    assert "mimamori quarantine" not in for_admin


def test_the_alert_leads_to_where_it_is_settled_of_those_devices_that_the_viewer_may_see(
    ward: ApiWard,
) -> None:
    began = ward.clock.now() - timedelta(hours=1)
    card = reasons.UnclearCallReason(
        rule_version=UNCLEAR_CALL.version,
        devices=tuple(
            reasons.UnclearDevice(sender=f"zigbee2mqtt:g1/{name}", device_id=name, field=field, since=began)
            for name, field in [("hall-a", "Alarm"), ("hall-a", "fall"), ("hall-b", "Alarm"), ("", "sos")]
        ),
        told_at=began,
        ruled_out=(),
        confidence=Confidence.HIGH,
    )
    finding = Finding(
        rule=UNCLEAR_CALL.name,
        subject=WARD,
        severity=UNCLEAR_CALL.highest,
        began_at=began,
        raised_at=began,
        cleared_at=None,
        reason=as_json(card),
    )
    with ward.database.transaction() as connection:
        number = episodes.open_or_update(connection, finding, None, None, ward.clock.now())

    def links(login: str) -> list[str]:
        shown = ward.client(login).get(f"/alerts/{number}").text
        settled = shown.partition('id="to-settle"')[2]
        return re.findall(r'(?:href="(?=/devices/)|name="sender" value=")([^"]+)"', settled)

    assert links("admin") == ["/devices/hall-a#reading", "/devices/hall-b#reading", "zigbee2mqtt:g1/"]
    assert links("care_a") == ["/devices/hall-a#reading"]
    assert 'id="reading"' in ward.client("care_a").get("/devices/hall-a").text


def test_who_only_goes_on_saying_that_somebody_is_there_is_not_offered_to_be_believed(ward: ApiWard) -> None:
    say_only(ward, PRESENCE, hours=30)
    shown = ward.client("care_a").get("/devices/hall-a").text
    assert "「だれもいない」も知らせるように設定するか" in shown
    assert "pulse" not in shown


def test_the_list_marks_such_devices_and_shows_them_alone(ward: ApiWard) -> None:
    say_only(ward, MOTION, hours=6)
    care = ward.client("care_a")
    assert care.get("/devices").text.count("動きに数えていません") == 1
    only = care.get("/devices?show=unproven").text
    assert 'href="/devices/hall-a"' in only
    assert 'href="/devices/tracker-a"' not in only
    # Another office's is not counted either.
    say_only(ward, MOTION, hours=6, device="hall-b")
    assert 'href="/devices/hall-b"' not in care.get("/devices?show=unproven").text


def test_json_says_the_same(ward: ApiWard) -> None:
    assert ward.client("care_a").get("/api/v1/devices/hall-a/evidence").json()["single_states"] == []
    say_only(ward, MOTION, hours=6)
    (one,) = ward.client("care_a").get("/api/v1/devices/hall-a/evidence").json()["single_states"]
    assert (one["metric"], one["said"], one["per_hour"], one["profile"]) == ("motion", 25, 4.0, "pulse")


def leave_unread(ward: ApiWard, *names: str, sender: str = "native:hall-a") -> None:
    """Let fields of a sender have come unread, each once more than the one after it."""
    at = ward.clock.now() - timedelta(minutes=3)
    with ward.database.transaction() as connection:
        unread_fields.add(
            connection,
            [UnreadField(sender, name, len(names) - place, at, at) for place, name in enumerate(names)],
        )


def test_the_page_names_the_fields_that_are_not_read(ward: ApiWard) -> None:
    care = ward.client("care_a")
    assert "読み取れなかった項目は、いまのところ届いていません" in care.get("/devices/hall-a").text
    leave_unread(ward, "work_state", "<b>Alarm</b>")
    shown = care.get("/devices/hall-a").text
    assert shown.index("work_state") < shown.index("&lt;b&gt;Alarm&lt;/b&gt;")
    assert "名前と回数だけを記録し、値は記録していません" in shown
    care.cookies.set("mimamori_language", "en")
    assert "Only their names and numbers are kept" in care.get("/devices/hall-a").text
    fields = care.get("/api/v1/devices/hall-a/evidence").json()["unread_fields"]
    assert [(one["field"], one["messages"]) for one in fields] == [("work_state", 2), ("<b>Alarm</b>", 1)]


def test_a_part_that_is_a_device_of_its_own_shows_what_is_not_read_of_the_whole(ward: ApiWard) -> None:
    leave_unread(ward, "work_state", sender="tasmota:g1/board")
    ward.execute("UPDATE device SET sender = 'tasmota:g1/board#2' WHERE device_id = 'hall-a'")
    assert "work_state" in ward.client("care_a").get("/devices/hall-a").text


def test_a_proposal_says_what_its_model_can_say_and_what_of_it_is_read(ward: ApiWard) -> None:
    described = ModelDescription(("fall_status: fall_alarm -> fall",), ("fall_status: calibrating",))
    said = Proposed("zigbee2mqtt:g1/radar", "radar", "Maker R1", frozenset({"motion"}), "", described)
    with ward.database.transaction() as connection:
        proposals.keep(connection, [said], ward.clock.now())
    leave_unread(ward, "Alarm", sender=said.sender)
    (one,) = ward.client("admin").get("/api/v1/proposals").json()
    assert one["understood"] == ["fall_status: fall_alarm -> fall"]
    assert one["unread"] == ["fall_status: calibrating", "Alarm"]
    assert one["pulse_profile"] == "pulse"


def test_a_device_of_which_all_is_well_says_so_once_it_has_reported(ward: ApiWard) -> None:
    care, well = ward.client("care_a"), "気になる点は見つかっていません"
    assert well not in care.get("/devices/hall-a").text
    ward.execute(
        "INSERT INTO device_contact (device_number, last_received_at, last_time)"
        " SELECT device_number, %s, %s FROM device WHERE device_id = 'hall-a'",
        *[ward.clock.now()] * 2,
    )
    assert well in care.get("/devices/hall-a").text


def test_the_page_says_what_of_a_week_counted_as_movement_and_by_which_class(ward: ApiWard) -> None:
    ward.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/hall' WHERE device_id = 'hall-a'")
    ward.execute("UPDATE device SET registered_at = %s", ward.clock.now() - timedelta(days=30))
    for minute in range(84):
        at = ward.clock.now() - timedelta(hours=2, minutes=minute)
        ward.read("hall-a", "motion", minute % 2, at, life_sign=minute in {0, 40})
    # What was before these days, and what says nothing of people, is left out.
    ward.read("hall-a", "motion", 1, ward.clock.now() - timedelta(days=8), life_sign=True)
    ward.read("hall-a", "battery_pct", 80, ward.clock.now() - timedelta(hours=1))
    care = ward.client("care_a")
    (sign,) = care.get("/api/v1/devices/hall-a/evidence").json()["signs"]
    newest = ward.clock.now() - timedelta(hours=2)
    assert (sign["metric"], sign["channel"], sign["proof"]) == ("motion", "", "edge")
    assert (sign["readings"], sign["per_hour"], sign["life_signs"]) == (84, 0.5, 2)
    assert (datetime.fromisoformat(sign["last_at"]), datetime.fromisoformat(sign["life_sign_at"])) == (
        newest,
        newest,
    )
    # Of a device that was registered an hour ago: over the hours that its messages speak of, not the one since.
    ward.execute("UPDATE device SET registered_at = %s", ward.clock.now() - timedelta(hours=1))
    (late,) = care.get("/api/v1/devices/hall-a/evidence").json()["signs"]
    assert (late["readings"], late["per_hour"]) == (84, pytest.approx(84 / (2 + 83 / 60)))
    shown = care.get("/devices/hall-a").text
    assert "変わったときだけ" in shown
    ward.execute("UPDATE device SET sender = 'native:hall-a' WHERE device_id = 'hall-a'")
    assert "1回ごとに" in care.get("/devices/hall-a").text
    ward.execute("DELETE FROM reading")
    assert "この7日間に、人の動きを示すことができる知らせはありません" in care.get("/devices/hall-a").text


def test_the_page_says_that_a_device_is_cut_off_again_and_again(ward: ApiWard) -> None:
    ward.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/hall' WHERE device_id = 'hall-a'")
    care = ward.client("care_a")
    for bridge, is_cut_off in (("zigbee2mqtt:g12/", False), ("zigbee2mqtt:g1/", True)):
        loop = ConnectionLoop(bridge, 9, ward.clock.now() - timedelta(minutes=9), ward.clock.now())
        with ward.database.transaction() as connection:
            connection_loops.keep(connection, [loop], ward.clock.now() - timedelta(minutes=30))
        assert ("接続が切れ続けています" in care.get("/devices/hall-a").text) is is_cut_off
        assert care.get("/api/v1/devices/hall-a/evidence").json()["is_cut_off"] is is_cut_off


def test_a_sender_that_nobody_announced_is_registered_or_dismissed_from_where_it_stands(
    ward: ApiWard,
) -> None:
    admin, now = ward.client("admin"), ward.clock.now()
    ward.execute(
        "INSERT INTO quarantine (received_at, topic, payload, retained, reason, detail)"
        " VALUES (%s, 'gw/g1/zigbee2mqtt/sos', '', false, 'unknown_device', %s)",
        now,
        unknown_sender("zigbee2mqtt:g1/sos"),
    )
    said = SaidCall("zigbee2mqtt:g1/pendant", SOS.number, "unknown_device", now, now, 1)
    with ward.database.transaction() as connection:
        unassigned_calls.note(connection, [said])
        card = reasons.UnassignedSosReason(
            rule_version=STRAY_SOS.version,
            buttons=(
                reasons.UnassignedButton(sender=said.sender, metric="sos", cause=said.why, last_at=now),
            ),
            told_through=now,
            ruled_out=(),
            confidence=Confidence.HIGH,
        )
        finding = Finding(STRAY_SOS.name, WARD, STRAY_SOS.highest, now, now, None, as_json(card))
        number = episodes.open_or_update(connection, finding, None, None, now)
    # What calls comes first; the alert leads to it.
    shown = admin.get("/proposals").text.partition('id="strangers"')[2]
    assert re.findall(r'name="sender" value="([^"]+)"', shown) == [said.sender, "zigbee2mqtt:g1/sos"]
    assert f'value="{said.sender}"' in admin.get(f"/alerts/{number}").text
    page = admin.post("/proposals", data={"sender": said.sender}).headers["location"]
    assert admin.post("/proposals", data={"sender": said.sender}).headers["location"] == page
    form = {"device_id": "pendant", "kind": "button", "home": "home A", "meaning": "as_measured"}
    assert admin.post(f"{page}/accept", data=form).status_code == 303
    assert "登録ずみになりました: pendant" in admin.get(f"/alerts/{number}").text
    # Not ours: it is listed no more, and can be taken up again.
    other = admin.post("/proposals", data={"sender": "zigbee2mqtt:g1/sos"}).headers["location"]
    admin.post(f"{other}/dismiss")
    assert 'id="strangers"' not in admin.get("/proposals").text
    assert admin.post("/proposals", data={"sender": "zigbee2mqtt:g1/sos"}).headers["location"] == other
    assert admin.post("/proposals", data={"sender": "zigbee2mqtt:g1/never-came"}).status_code == 404
