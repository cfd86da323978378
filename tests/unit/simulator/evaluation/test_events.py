"""The homes of a file of events: what counts as a person acting, which clock, and errors that say where."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.domain.device import DeviceKind
from core.errors import InputError
from detectors.features.window import LIFE_KINDS
from simulator.evaluation.homes import EvaluatedHomes, homes_of
from simulator.replay.files import read_recording
from simulator.replay.parsing.text_file import FileChoices
from tests.support.paths import TEST_DATA
from tests.support.recorded import read_recordings


def written(folder: Path, text: str, name: str = "events.csv") -> Path:
    path = folder / name
    if name.endswith(".gz"):
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")
    return path


def homes(path: Path, zone: ZoneInfo | None = None) -> EvaluatedHomes:
    recording = read_recording(path, choices=FileChoices(zone or ZoneInfo("UTC"))).checked(
        str(path), skip_bad=False
    )
    return homes_of(recording, str(path), zone)


def test_our_own_form_is_read_in_any_order(tmp_path: Path) -> None:
    text = (
        "home,time,metric,place,value\n"
        "b,2026-04-01 10:00:00,motion,kitchen,1\n"
        "a,2026-04-01 09:00:30,contact_open,front-door,0\n"
        "a,2026-04-01 08:00:00,contact_open,front-door,1\n"
        "a,2026-04-01 09:00:00,motion,hall,1\n"
    )
    recordings = read_recordings(written(tmp_path, text))
    assert [one.home for one in recordings] == ["a", "b"]
    signs = recordings[0].signs
    # Sorted by time; a door that closes is a life sign too.
    assert np.diff(signs.time).tolist() == [30.0]
    assert [LIFE_KINDS[kind] for kind in signs.kind] == [DeviceKind.MOTION, DeviceKind.DOOR]
    assert [signs.places[place] for place in signs.place] == ["hall", "front-door"]


def test_what_shows_no_person_acting_is_left_out(tmp_path: Path) -> None:
    text = (
        "home,time,metric,place,value\n"
        "a,2026-04-01 09:00:00,motion,hall,1\n"
        "a,2026-04-01 09:01:00,motion,hall,0\n"
        "a,2026-04-01 09:02:00,temperature_c,hall,21.5\n"
        "a,2026-04-01 09:03:00,bed_occupied,bedroom,true\n"
        "a,2026-04-01 09:04:00,bed_occupied,bedroom,false\n"
    )
    signs = read_recordings(written(tmp_path, text))[0].signs
    # What the bed says first may have been so for hours.
    assert [LIFE_KINDS[kind] for kind in signs.kind] == [DeviceKind.MOTION, DeviceKind.BED]
    assert np.diff(signs.time).tolist() == [240.0]


def test_a_state_that_is_said_again_is_no_life_sign_in_any_order_of_lines(tmp_path: Path) -> None:
    rows = [f"a,2026-04-01 09:{minute:02}:00,presence,hall,{minute > 4}\n" for minute in range(0, 60, 5)]
    rows += ["a,2026-04-01 09:58:00,motion,lounge,1\n", "a,2026-04-01 09:59:00,motion,lounge,1\n"]
    for lines in (rows, rows[::-1]):
        found = homes(written(tmp_path, "home,time,metric,place,value\n" + "".join(lines)))
        signs = found.homes[0].signs
        assert [signs.places[place] for place in signs.place] == ["hall", "lounge", "lounge"]
        # The first state says that nobody is there, so it is none of those that were left out.
        assert found.unchanged == 10


def test_evaluation_finds_the_last_life_sign_of_a_collapse_beside_a_radar_that_repeats() -> None:
    silent, beside_radar = (
        read_recordings(TEST_DATA / "cases" / f"collapse_{name}.csv.gz")[0].signs
        for name in ("silent", "radar_repeats")
    )
    assert beside_radar.time[-1] == silent.time[-1]


def test_the_form_of_the_recorded_homes_is_read_packed_too(tmp_path: Path) -> None:
    text = (
        "patient_id,location_name,date\nx,fridge-door,2019-04-01 09:00:00\nx,back-door,2019-04-01 09:00:01\n"
    )
    signs = read_recordings(written(tmp_path, text, "activity.csv.gz"))[0].signs
    assert [LIFE_KINDS[kind] for kind in signs.kind] == [DeviceKind.FRIDGE, DeviceKind.DOOR]


def test_a_time_with_an_offset_keeps_what_the_clock_showed(tmp_path: Path) -> None:
    text = "home,time,place\na,2026-04-01T09:00:00+09:00,hall\na,2026-04-01T09:00:00Z,lounge\n"
    signs = read_recordings(written(tmp_path, text))[0].signs
    assert (signs.time % 86_400 / 3600).tolist() == [9.0, 9.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("place,when\nhall,2026\n", "line 1: .* no column 'time'; found: place, when"),
        ("home,time,place\na,2026-04-01 09:00:00\n", "line 2: there are 2 fields, the header has 3"),
        (
            "home,time,place\na,2026-04-01,hall\na,yesterday,hall\n",
            "line 3, column time: 'yesterday' is no time",
        ),
        (
            "home,time,place\na,15541116,hall\n",
            "line 2, column time: '15541116' would be a time in the year 1554",
        ),
        ("home,time,place\n ,2026-04-01,hall\n", "line 2, column home: ' ' is no name"),
        ("time,place\n2026-04-01,hall\n", "line 1: no column says whose home a line is of"),
        ("", "is empty"),
        (
            "home,time,metric,place,value\na,2026-04-01,steps,hall,1\n",
            "line 2, column metric: the metric 'steps' is not known",
        ),
        (
            "home,time,metric,place,value\na,2026-04-01,motion,hall,much\n",
            "line 2, column value: the value 'much'",
        ),
        ("home,time,place\n", "there is nothing in it to use"),
        (
            "home,time,metric,place,value\na,2026-04-01,temperature_c,hall,21\n",
            "holds no event that shows a person acting",
        ),
    ],
)
def test_an_error_says_what_is_wrong_and_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_recordings(written(tmp_path, text))


def test_published_files_in_other_words_say_the_same(tmp_path: Path) -> None:
    ours = "home,time,place\nx,2019-04-01 09:00:00,fridge-door\nx,2019-04-01 09:05:00,front-door\nx,2019-04-01 09:09:00,lounge\n"
    published = (
        "\ufeffid,location,date-time,battery\r\n"
        '"x","Front Door","2019-04-01T09:05:00.000",90\r\n'
        '"x","Lounge","2019-04-01T09:09:00.000",90\r\n'
        '"x","Fridge Door","2019-04-01T09:00:00.000",90\r\n'
    )
    first, other = (
        read_recordings(written(tmp_path, text, name))[0].signs
        for text, name in ((ours, "ours.csv"), (published, "published.csv"))
    )
    assert first.time.tolist() == other.time.tolist()
    assert first.kind.tolist() == other.kind.tolist()


def test_the_kind_of_a_contact_does_not_hang_on_the_words_of_its_place(tmp_path: Path) -> None:
    text = (
        "home,time,metric,place,value\n"
        "a,2026-04-01 08:00:00,contact_open,玄関,closed\n"
        "a,2026-04-01 08:00:00,contact_open,冷蔵庫,closed\n"
        "a,2026-04-01 09:00:00,contact_open,玄関,open\n"
        "a,2026-04-01 09:01:00,contact_open,冷蔵庫,open\n"
        "a,2026-04-01 09:02:00,motion,玄関,on\n"
        "a,2026-04-01 09:03:00,motion,居間,no\n"
    )
    signs = read_recordings(written(tmp_path, text))[0].signs
    assert [LIFE_KINDS[kind] for kind in signs.kind] == [
        DeviceKind.DOOR,
        DeviceKind.FRIDGE,
        DeviceKind.MOTION,
    ]


def test_what_is_there_twice_counts_once_and_confirms_nothing(tmp_path: Path) -> None:
    line = "a,2026-04-01 09:00:00,hall\n"
    other = "a,2026-04-01 09:00:00,lounge\n"
    path = written(tmp_path, "home,time,place\n" + line + other + line)
    found = homes(path)
    assert found.homes[0].signs.time.size == 2
    assert (read_recording(path).lines, found.repeated) == (3, 1)


def test_times_can_be_moved_to_the_wall_clock_of_a_zone(tmp_path: Path) -> None:
    text = "home,time,place\na,2026-03-28T23:30:00Z,hall\na,2026-03-29T07:30:00Z,hall\n"
    path = written(tmp_path, text)
    signs = homes(path, ZoneInfo("Europe/Berlin")).homes[0].signs
    # The clocks went forward in between.
    assert (signs.time % 86_400 / 3600).tolist() == [0.5, 9.5]
    assert homes(path).in_utc
    assert not homes(path, ZoneInfo("Europe/Berlin")).in_utc


@pytest.mark.parametrize("zone", [None, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")])
def test_times_without_an_offset_are_those_of_the_wall_clock_in_every_zone(
    tmp_path: Path, zone: ZoneInfo | None
) -> None:
    path = written(tmp_path, "home,time,place\na,2026-07-01T06:30:00,hall\na,2026-12-01T06:30:00,hall\n")
    found = homes(path, zone)
    assert (found.homes[0].signs.time % 86_400 / 3600).tolist() == [6.5, 6.5]
    assert not found.in_utc


def test_lines_that_cannot_be_used_may_be_left_out_and_are_reported(tmp_path: Path) -> None:
    text = "home,time,place\n" + "a,soon,hall\n" * 12 + "a,2026-04-01 09:00:00,hall\n"
    found = read_recording(written(tmp_path, text)).checked("events.csv", skip_bad=True)
    assert (found.bad_count, len(found.bad), len(found.readings)) == (12, 10, 1)
    assert (found.bad[0].line, found.bad[0].problem[:17]) == (2, "'soon' is no time")


def test_a_column_that_is_no_place_is_refused(tmp_path: Path) -> None:
    lines = [f"a,2026-04-01 09:00:00,{number}" for number in range(300)]
    with pytest.raises(InputError, match="home a has more than 200 places"):
        read_recordings(written(tmp_path, "\n".join(["home,time,place", *lines])))


def test_a_packed_file_that_ends_too_soon_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "home,time,place\n" + "a,2026-04-01 09:00:00,hall\n" * 99, "events.csv.gz")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="cannot read the recording"):
        read_recordings(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv: cannot read the recording"):
        read_recordings(tmp_path / "nothing.csv")
