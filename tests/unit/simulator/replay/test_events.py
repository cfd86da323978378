"""Event files: what is read, and how an error in them is reported."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.errors import InputError
from simulator.replay.files import Form, read_recording
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.recording import Recording
from tests.support.paths import TEST_DATA

TIHM = "patient_id,location_name,date\n"
CSV = "home,time,metric,place,value\n"


def written(folder: Path, text: str, name: str = "events.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> Recording:
    return read_recording(written(folder, text))


def problems(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as raised:
        read(folder, text).checked("events.csv", skip_bad=False)
    return str(raised.value)


def test_the_recorded_homes_are_read_whole():
    recording = read_recording(TEST_DATA / "tihm" / "activity.csv.gz")
    assert recording.form == "tihm"
    assert len(recording.readings) == 507_216
    assert len(recording.homes) == 28
    assert recording.bad == ()
    assert recording.span[0] == datetime(2019, 4, 1, 1, 51, 16, tzinfo=UTC)


def test_locations_become_motion_sensors_doors_and_fridges(tmp_path: Path):
    rows = "ab12c,bedroom,2019-04-01 01:00:00\nab12c,front-door,2019-04-01 02:00:00\nab12c,fridge-door,2019-04-01 03:00:00\n"
    recording = read(tmp_path, TIHM + rows)
    assert [(device.device_id, device.kind, device.place) for device in recording.devices] == [
        ("tihm-ab12c-bedroom", DeviceKind.MOTION, "bedroom"),
        ("tihm-ab12c-fridge-door", DeviceKind.FRIDGE, "fridge_door"),
        ("tihm-ab12c-front-door", DeviceKind.DOOR, "front_door"),
    ]
    assert [item.metric for item in recording.readings] == ["motion", "contact_used", "contact_used"]


def test_the_published_spelling_of_locations_is_understood_too(tmp_path: Path):
    recording = read(tmp_path, TIHM + "X1,Fridge Door,2019-04-01 02:00:00\n")
    assert recording.devices[0].device_id == "tihm-x1-fridge-door"


def test_the_csv_form_takes_any_metric_of_the_registry(tmp_path: Path):
    rows = (
        "a,2026-08-01T06:00:00+09:00,temperature_c,living room,21.5\n"
        "a,2026-08-01T06:00:00+09:00,humidity_pct,living room,48\n"
        "a,2026-08-01T06:01:00+09:00,motion,living room,true\n"
        "a,2026-08-01T06:02:00+09:00,button,,double\n"
        "a,2026-08-01T06:03:00+09:00,contact_open,front door,open\n"
    )
    recording = read(tmp_path, CSV + rows)
    assert [item.value for item in recording.readings] == [21.5, 48.0, 1.0, 2.0, 1.0]
    assert {device.device_id for device in recording.devices} == {
        "csv-a-button",
        "csv-a-front-door",
        "csv-a-living-room-climate",
        "csv-a-living-room-motion",
    }


def test_columns_may_stand_in_any_order_with_others_between(tmp_path: Path):
    text = "value,note,home,place,time,metric\n1,x,a,hall,2026-08-01T06:00:00Z,motion\n"
    assert read(tmp_path, text).readings[0].place == "hall"


def test_times_without_an_offset_are_taken_in_the_zone_that_is_said(tmp_path: Path):
    path = written(tmp_path, TIHM + "a,hall,2019-06-01 12:00:00\n")
    assert read_recording(path).readings[0].time == datetime(2019, 6, 1, 12, tzinfo=UTC)
    london = read_recording(path, choices=FileChoices(ZoneInfo("Europe/London")))
    assert london.readings[0].time == datetime(2019, 6, 1, 11, tzinfo=UTC)


def test_rows_are_put_in_the_order_of_time(tmp_path: Path):
    recording = read(tmp_path, TIHM + "b,hall,2019-06-02 12:00:00\na,hall,2019-06-01 12:00:00\n")
    assert [item.home for item in recording.readings] == ["a", "b"]


def test_gzip_and_a_byte_order_mark_are_undone(tmp_path: Path):
    path = tmp_path / "events.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + (TIHM + "a,hall,2019-06-01 12:00:00\n").encode()))
    assert len(read_recording(path).readings) == 1


def test_names_in_japanese_get_ids_that_stay_the_same_and_apart(tmp_path: Path):
    rows = [
        f"{home},2026-08-01T06:00:00Z,motion,{place},1"
        for home in ("花子", "太郎")
        for place in ("居間", "台所")
    ]
    first, again = (read(tmp_path, CSV + "\n".join(some) + "\n") for some in (rows, rows[::-1]))
    assert len({device.device_id for device in first.devices}) == 4
    assert first.devices == again.devices


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,yesterday,motion,hall,1", "events.csv, line 3, column time: 'yesterday' is no time such as"),
        (
            "a,2026-08-01T06:00:00Z,movement,hall,1",
            "line 3, column metric: the metric 'movement' is not known",
        ),
        (
            "a,2026-08-01T06:00:00Z,temperature_c,hall,warm",
            "line 3, column value: the value 'warm' of temperature_c is no",
        ),
        (
            "a,2026-08-01T06:00:00Z,temperature_c,hall,nan",
            "line 3, column value: the value 'nan' of temperature_c lies outside",
        ),
        ("a,2026-08-01T06:00:00Z,temperature_c,hall,100", "lies outside -40 to 70"),
        (
            "a,2026-08-01T06:00:00Z,button,hall,press",
            "line 3, column value: 'press' is none of the words of button: other, single",
        ),
        *(
            (
                f"a,2026-08-01T06:00:00Z,{metric},hall,{value}",
                f"line 3, column value: the value {value!r} of {metric} is neither true nor false; write 1 or 0, on or off",
            )
            for metric in ("motion", "contact_open", "sos")
            for value in ("moved", "2", "0.5", "nan", "-1")
        ),
        ("a,2026-08-01T06:00:00Z,motion,hall", "line 3: there are 4 fields, the header has 5"),
        (" ,2026-08-01T06:00:00Z,motion,hall,1", "line 3, column home: ' ' is no name"),
        (
            "A,2026-08-01T06:00:00Z,motion,hall,1",
            "line 3, column home: 'A' and 'a' would both become 'a'; rename one",
        ),
    ],
)
def test_a_bad_row_is_reported_with_its_line_before_anything_is_published(
    tmp_path: Path, row: str, words: str
):
    text = CSV + "a,2026-08-01T05:00:00Z,motion,hall,1\n" + row + "\n"
    reported = problems(tmp_path, text)
    assert words in reported
    assert "Nothing of it was used" in reported
    # Left out on request, and the rest is there.
    skipped = read(tmp_path, text).checked("events.csv", skip_bad=True)
    assert [bad.line for bad in skipped.bad] == [3]
    assert len(skipped.readings) == 1


def test_many_bad_rows_are_counted_and_not_all_listed(tmp_path: Path):
    reported = problems(tmp_path, CSV + "a,never,motion,hall,1\n" * 40)
    assert reported.count("is no time") == 10
    assert "... and 30 more" in reported


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "thing.bin is empty"),
        (b"a,b,c\n1,2,3\n", "line 1: this is none of the known forms"),
        (b"\x1f\x8b\x00\x00", "cannot read the recording"),
    ],
)
def test_an_unknown_file_lists_the_known_forms(tmp_path: Path, data: bytes, words: str):
    path = tmp_path / "thing.bin"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words):
        read_recording(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"missing\.csv: cannot read the recording"):
        read_recording(tmp_path / "missing.csv")


def test_a_file_without_rows_has_nothing_to_replay(tmp_path: Path):
    assert "there is nothing in it to use" in problems(tmp_path, CSV)


def test_a_named_form_begins_the_ids(tmp_path: Path):
    path = written(tmp_path, TIHM + "a,hall,2019-06-01 12:00:00\n")
    assert read_recording(path, Form.CSV).devices[0].device_id == "csv-a-hall"


def test_a_named_form_that_does_not_fit_says_which_columns_it_needs(tmp_path: Path):
    path = written(tmp_path, "home,when\na,2019-06-01 12:00:00\n")
    with pytest.raises(InputError, match=r"line 1: no column 'time' \(or .*; found: home, when"):
        read_recording(path, Form.CSV)


def test_without_a_metric_a_door_is_used_and_elsewhere_somebody_moves(tmp_path: Path):
    rows = "a,2026-08-01T06:00:00Z,玄関ドア\na,2026-08-01T06:01:00Z,outdoor\na,2026-08-01T06:02:00Z,\n"
    recording = read(tmp_path, "home,time,place\n" + rows)
    assert [item.metric for item in recording.readings] == ["contact_used", "motion", "motion"]
    assert [item.value for item in recording.readings] == [1.0, 1.0, 1.0]


def test_a_fridge_is_no_door_of_the_home_in_japanese_too(tmp_path: Path):
    recording = read(tmp_path, CSV + "a,2026-08-01T06:00:00Z,contact_open,冷蔵庫,open\n")
    assert [device.kind for device in recording.devices] == [DeviceKind.FRIDGE]


def test_an_empty_value_says_that_it_happened_but_is_no_measurement(tmp_path: Path):
    rows = "a,2026-08-01T06:00:00Z,motion,hall,\na,2026-08-01T06:00:00Z,temperature_c,hall,\n"
    recording = read(tmp_path, CSV + rows)
    assert [(item.metric, item.value) for item in recording.readings] == [("motion", 1.0)]
    assert "the value '' of temperature_c is no number" in recording.bad[0].problem


def test_a_device_has_the_same_id_in_every_part_of_a_recording(tmp_path: Path):
    rows = "a,2026-08-01T06:00:00Z,motion,hall,1\na,2026-08-02T06:00:00Z,temperature_c,hall,21\n"
    whole = read(tmp_path, CSV + rows)
    part = whole.part(["a"], None, datetime(2026, 8, 2, tzinfo=UTC))
    assert [device.device_id for device in part.devices] == ["csv-a-hall-motion"]
    assert [part.device_of(item) for item in part.readings] == [*part.devices]


def test_readings_are_cut_out_by_place_and_by_time(tmp_path: Path):
    rows = "".join(f"a,2026-08-01T06:0{minute}:00.5Z,motion,hall,1\n" for minute in range(5))
    readings = read(tmp_path, CSV + rows).readings
    assert [item.time.minute for item in readings[1:3]] == [1, 2]
    begin = datetime(2026, 8, 1, 6, 3, 0, 500_000, tzinfo=UTC)
    assert [item.time.minute for item in readings.within(begin, None)] == [3, 4]
    assert [item.time.minute for item in readings.within(None, begin)] == [0, 1, 2]


def test_bytes_that_are_not_text_are_a_bad_row(tmp_path: Path):
    path = tmp_path / "events.csv"
    path.write_bytes(CSV.encode() + b"a,2026-08-01T05:00:00Z,motion,\xff\xfe,1\n")
    assert "holds bytes that are no text" in read_recording(path).bad[0].problem
