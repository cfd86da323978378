"""What a device's messages prove, on its page and in JSON: a sensor that has said one state only, and how to mend it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.domain.metrics import MOTION, PRESENCE, Metric
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


def test_a_device_of_which_all_is_well_says_so(ward: ApiWard) -> None:
    assert "気になる点は見つかっていません" in ward.client("care_a").get("/devices/hall-a").text
