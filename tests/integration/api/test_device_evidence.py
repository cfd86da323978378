"""What a device's messages prove, on its page and in JSON: a sensor that has said one state only, and how to mend it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.device_proposal import ModelDescription, Proposed
from core.domain.metrics import MOTION, PRESENCE, Metric
from core.store.alerts import unclear_calls
from core.store.alerts.unclear_calls import UnclearCall
from core.store.devices import proposals, unread_fields
from core.store.devices.unread_fields import UnreadField
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
    assert "mimamori device profile assign pulse hall-a" in shown

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
    assert "mimamori quarantine release --reason unclear_call" in for_admin


def test_who_only_goes_on_saying_that_somebody_is_there_is_not_offered_to_be_believed(ward: ApiWard) -> None:
    say_only(ward, PRESENCE, hours=30)
    shown = ward.client("care_a").get("/devices/hall-a").text
    assert "「だれもいない」も知らせるように設定するか" in shown
    assert "assign PROFILE hall-a" in shown
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


def test_a_device_of_which_all_is_well_says_so(ward: ApiWard) -> None:
    assert "気になる点は見つかっていません" in ward.client("care_a").get("/devices/hall-a").text
