"""Reading files of events: both forms, what counts as a person acting, and errors that say where."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from core.domain.device import DeviceKind
from core.errors import InputError
from detectors.rules.judgement import LIFE_KINDS
from simulator.scoring.events import read_recordings


def written(folder: Path, text: str, name: str = "events.csv") -> Path:
    path = folder / name
    if name.endswith(".gz"):
        with gzip.open(path, "wt", encoding="utf-8") as file:
            file.write(text)
    else:
        path.write_text(text, encoding="utf-8")
    return path


def test_our_own_form_is_read_in_any_order(tmp_path: Path) -> None:
    text = (
        "home,time,metric,place,value\n"
        "b,2026-04-01 10:00:00,motion,kitchen,1\n"
        "a,2026-04-01 09:00:30,contact_open,front-door,0\n"
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
    )
    signs = read_recordings(written(tmp_path, text))[0].signs
    assert [LIFE_KINDS[kind] for kind in signs.kind] == [DeviceKind.MOTION, DeviceKind.BED]


def test_the_form_of_the_recorded_homes_is_read_packed_too(tmp_path: Path) -> None:
    text = (
        "patient_id,location_name,date\nx,fridge-door,2019-04-01 09:00:00\nx,back-door,2019-04-01 09:00:01\n"
    )
    signs = read_recordings(written(tmp_path, text, "activity.csv.gz"))[0].signs
    assert [LIFE_KINDS[kind] for kind in signs.kind] == [DeviceKind.FRIDGE, DeviceKind.DOOR]


def test_a_time_with_an_offset_keeps_what_the_clock_showed(tmp_path: Path) -> None:
    text = "home,time,place\na,2026-04-01T09:00:00+09:00,hall\na,2026-04-01T09:00:00Z,hall\n"
    signs = read_recordings(written(tmp_path, text))[0].signs
    assert (signs.time % 86_400 / 3600).tolist() == [9.0, 9.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("place,when\nhall,2026\n", "line 1: no column 'home'"),
        ("home,time,place\na,2026-04-01 09:00:00\n", "line 2: 2 columns"),
        ("home,time,place\na,yesterday,hall\n", "'yesterday' is no time"),
        ("home,time,metric,place,value\na,2026-04-01,steps,hall,1\n", "line 2: 'steps' is no metric"),
        ("home,time,metric,place,value\na,2026-04-01,motion,hall,much\n", "line 2: the value 'much'"),
        ("home,time,place\n", "holds no event"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_recordings(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv cannot be read"):
        read_recordings(tmp_path / "nothing.csv")
