"""Recordings as native messages: complete, numbered from the file, valid, and the same wherever one begins."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from core.formats.ward_file import read_ward
from simulator.network.lossy_channel import OutboundMessage
from simulator.replay.files import read_recording
from simulator.replay.publication import BY_MOMENT, Publication
from simulator.replay.recording import Recording
from simulator.replay.registration import ward_of
from tests.support.paths import REPOSITORY, TEST_DATA

SCHEMAS = REPOSITORY / "tests/contract/schemas"
WEEK = (datetime(2019, 6, 1, tzinfo=UTC), datetime(2019, 6, 8, tzinfo=UTC))


def validator(name: str) -> Any:
    return Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def homes() -> Recording:
    whole = read_recording(TEST_DATA / "tihm" / "activity.csv.gz")
    return whole.part(whole.homes[:3], None, None)


def contents(messages: list[OutboundMessage]) -> list[tuple[str, str]]:
    return sorted(
        (message.topic.split("/")[-2], reading["time"])
        for message in messages
        for reading in json.loads(message.payload)["readings"]
    )


def test_every_row_is_in_exactly_one_message(homes: Recording):
    reported = contents(Publication(homes).messages())
    rows = sorted(
        (homes.device_of(item).device_id, item.time.isoformat().replace("+00:00", "Z"))
        for item in homes.readings
    )
    assert reported == rows


def test_messages_keep_to_the_schema(homes: Recording):
    check = validator("readings")
    for message in Publication(homes).messages(*WEEK):
        assert [*check.iter_errors(json.loads(message.payload))] == []
    track = read_recording(TEST_DATA / "gps" / "zurich-phone-2012-12-18.csv")
    for message in Publication(track).messages():
        assert [*validator("fix").iter_errors(json.loads(message.payload))] == []


def test_a_part_holds_the_same_messages_as_the_whole(homes: Recording):
    whole = Publication(homes).messages()
    part = Publication(homes).messages(*WEEK)
    begin_ms, end_ms = (moment.timestamp() * 1000 for moment in WEEK)
    assert part == [message for message in whole if begin_ms <= message.time_ms < end_ms]
    assert Publication(homes).messages() == whole


@pytest.mark.parametrize("by_moment", [False, True])
def test_each_device_numbers_its_messages_without_a_gap(homes: Recording, by_moment: bool):
    publication = Publication(homes, BY_MOMENT) if by_moment else Publication(homes)
    seqs: dict[str, list[int]] = {}
    for message in publication.messages():
        seqs.setdefault(message.topic, []).append(json.loads(message.payload)["seq"])
    for numbers in seqs.values():
        assert numbers == list(range(1, len(numbers) + 1))


def test_two_equal_rows_come_in_two_messages(tmp_path: Path):
    path = tmp_path / "events.csv"
    path.write_text(
        "home,time,metric,place,value\n" + "a,2026-08-01T06:00:00Z,motion,hall,1\n" * 2, encoding="utf-8"
    )
    assert [
        json.loads(message.payload)["seq"] for message in Publication(read_recording(path)).messages()
    ] == [1, 2]


def test_values_are_published_as_their_metric_is_meant(tmp_path: Path):
    path = tmp_path / "events.csv"
    rows = ("motion,hall,1", "motion,hall,0", "button,hall,double", "temperature_c,hall,21.5")
    path.write_text(
        "home,time,metric,place,value\n"
        + "".join(f"a,2026-08-01T06:00:0{number}Z,{row}\n" for number, row in enumerate(rows)),
        encoding="utf-8",
    )
    values = [
        reading["value"]
        for message in Publication(read_recording(path), BY_MOMENT).messages()
        for reading in json.loads(message.payload)["readings"]
    ]
    assert values == [True, False, "double", 21.5]


def test_the_ward_file_of_a_recording_can_be_registered(homes: Recording, tmp_path: Path):
    body = ward_of(homes, ZoneInfo("UTC"))
    assert [*validator("ward").iter_errors(body)] == []
    path = tmp_path / "ward.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    ward = read_ward(path)
    assert [home.name for home in ward.homes] == [f"tihm-{home}" for home in homes.homes]
    first = min(item.time for item in homes.readings if item.home == homes.homes[0])
    assert ward.homes[0].residents[0].watched_from == first


def test_a_track_registers_its_walker_where_the_track_begins():
    track = read_recording(TEST_DATA / "gps" / "korita-zbevnica.gpx")
    body: Any = ward_of(track, ZoneInfo("UTC"))
    assert [*validator("ward").iter_errors(body)] == []
    assert body["homes"][0]["lat"] == pytest.approx(track.fixes[0].lat, abs=1e-5)
    assert body["homes"][0]["devices"][0]["resident"] == "gpx-korita-zbevnica"
