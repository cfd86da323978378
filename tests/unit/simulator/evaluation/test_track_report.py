"""`mimamori evaluate` on files of positions: what it says, and how it refuses."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from typer.testing import CliRunner

from core.domain.geofence import Circle, Polygon
from core.errors import InputError
from detectors.features.window import moment
from simulator.evaluation.command import app
from simulator.evaluation.fence_trial import read_excursions, read_fence, try_fence
from simulator.evaluation.track_report import evaluate_tracks, wandering_line
from simulator.evaluation.walks import read_track_file
from simulator.replay.files import TRACK_FORMS, form_of
from simulator.replay.parsing.text_file import FileChoices
from tests.support.paths import TEST_DATA
from tests.support.recorded import read_tracks
from tests.synthetic.excursions import HOME, Walk, walks

FENCE = Circle(*HOME, 200)


def written(folder: Path, walk: Walk) -> Path:
    """Write a made-up walk as a CSV file of positions."""
    path = folder / "walk.csv"
    rows = ["user_id;tracked_at;latitude;longitude;elevation;accuracy"]
    track = walk.track
    for time, lat, lon, accuracy in zip(track.time, track.lat, track.lon, track.accuracy_m, strict=True):
        rows.append(f"hana;{moment(float(time)).isoformat()};{lat:.7f};{lon:.7f};;{accuracy:.1f}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def ground_truth(folder: Path, walk: Walk, radius_m: float = 200.0) -> Path:
    """Write when the walker really was outside."""
    outside = walk.distance_m > radius_m
    changes = np.flatnonzero(np.diff(outside.astype(np.int8)))
    rows = ["who,left_at,returned_at"]
    for left, back in zip(changes[::2], changes[1::2], strict=True):
        times = (moment(float(walk.track.time[one + 1])).isoformat() for one in (left, back))
        rows.append(f"hana,{','.join(times)}")
    path = folder / "truth.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_exits_are_held_against_what_really_happened(tmp_path: Path) -> None:
    (walk,) = walks(1, 4)
    report = evaluate_tracks(written(tmp_path, walk), FENCE, ground_truth(tmp_path, walk), seeds=(0,))
    (walker,) = report.walkers
    trial = walker.fence
    assert trial is not None
    assert trial.days == pytest.approx(4, abs=0.01)
    assert trial.excursions
    assert trial.found == 1.0
    assert trial.false_exits_30d == 0.0
    assert trial.median_s is not None
    assert 0 < trial.median_s <= 300
    assert all(one.is_true for one in trial.exits)


def test_without_truth_nothing_is_called_false(tmp_path: Path) -> None:
    (walk,) = walks(1, 3)
    trial = try_fence(walk.track, FENCE)
    assert trial.exits
    assert {one.is_true for one in trial.exits} == {None}
    assert trial.false_exits_30d is None
    assert trial.found is None


def test_an_excursion_that_is_not_raised_is_missed_and_what_is_raised_without_one_is_false(
    tmp_path: Path,
) -> None:
    (walk,) = walks(1, 3)
    path = written(tmp_path, walk)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        "who,left_at,returned_at\nhana,2024-01-01T02:00:00Z,2024-01-01T02:10:00Z\n", encoding="utf-8"
    )
    trial = try_fence(walk.track, FENCE, read_excursions(wrong, read_tracks(path)))
    assert trial.found == 0.0
    assert trial.false_exits_30d == pytest.approx(30 * len(trial.exits) / trial.days)


def test_hours_without_a_fix_do_not_count_as_time_watched() -> None:
    (walk,) = walks(1, 1)
    track = walk.track
    kept = (track.time < track.time[0] + 3600) | (track.time > track.time[-1] - 3600)
    rest = type(track)(track.time[kept], track.lat[kept], track.lon[kept], track.accuracy_m[kept])
    assert try_fence(rest, FENCE).days == pytest.approx(2 / 24, abs=0.01)


@pytest.mark.parametrize(
    "name", ["cerknicko-jezero.gpx", "korita-zbevnica.gpx", "zurich-phone-2012-12-18.csv"]
)
def test_recorded_tracks_are_evaluated_and_leave_no_position_behind(name: str, tmp_path: Path) -> None:
    path = TEST_DATA / "gps" / name
    track = next(iter(read_tracks(path).values()))
    fence = f"{track.lat[0]:.5f},{track.lon[0]:.5f},500"
    done = CliRunner().invoke(app, [str(path), "--fence", fence, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    text = (tmp_path / "tracks.json").read_text(encoding="utf-8")
    (report,) = json.loads(text)["files"]
    assert report["wandering"]["flagged"] == 0.0
    assert report["wandering"]["found"] >= 0.8
    assert len(report["walkers"][0]["fence"]["exits"]) >= 1
    assert f"{track.lat[0]:.3f}" not in text
    assert not (tmp_path / "evaluation.json").exists()


def test_a_track_too_short_for_a_trip_says_so(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text(
        "user_id;tracked_at;latitude;longitude\n1;2026-04-01T09:00:00Z;35.6;139.8\n1;2026-04-01T09:01:00Z;35.6;139.8\n",
        encoding="utf-8",
    )
    report = evaluate_tracks(path, None, None)
    assert report.wandering is None
    assert "nothing can be said" in wandering_line(report.wandering)


def test_tracks_without_times_say_why_nothing_can_be_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "散歩.gpx"
    path.write_text('<gpx><trk><trkseg><trkpt lat="35" lon="139"/></trkseg></trk></gpx>', encoding="utf-8")
    with pytest.raises(InputError, match="two positions and their times; 1 track points have no time"):
        evaluate_tracks(path, None, None)


def test_walkers_are_called_as_the_file_calls_them_and_several_files_are_summed_up(tmp_path: Path) -> None:
    (walk,) = walks(1, 1)
    # Five hours in the morning, with an outing.
    lines = written(tmp_path, walk).read_text(encoding="utf-8").replace("hana;", "花子;").splitlines()
    text = "\n".join([lines[0], *lines[420:720]])
    first = tmp_path / "one.csv"
    first.write_text(text, encoding="utf-8")
    second = tmp_path / "two.csv"
    # The same with commas, in other words, without a name, each line twice.
    others = [line.partition(";")[2].replace(";", ",") for line in text.splitlines()]
    doubled = [line for line in others[1:] for _ in range(2)]
    second.write_text("\n".join(["time,lat,lon,altitude,accuracy", *doubled]), encoding="utf-8")
    done = CliRunner().invoke(
        app, [str(first), str(second), "--fence", "35.7,139.7,200", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    assert "花子" in done.output
    assert "All 2 files: Losing the way" in done.output
    reported = json.loads((tmp_path / "tracks.json").read_text(encoding="utf-8"))
    one, two = (file["walkers"][0] for file in reported["files"])
    assert two["who"] == "two"
    assert {**two, "who": one["who"]} == one
    assert reported["wandering"]["trips"] == 2 * one["trips"]


def test_files_of_positions_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    gps = TEST_DATA / "gps"
    assert {form_of(path) for path in gps.iterdir()} <= TRACK_FORMS
    assert form_of(TEST_DATA / "tihm" / "activity.csv.gz") not in TRACK_FORMS
    packed = tmp_path / "walk.gz"
    packed.write_bytes(gzip.compress((gps / "korita-zbevnica.gpx").read_bytes()))
    assert form_of(packed) in TRACK_FORMS
    assert read_tracks(packed)


def test_a_safe_area_may_be_written_or_come_from_a_file(tmp_path: Path) -> None:
    assert read_fence("35.6,139.8,300") == Circle(35.6, 139.8, 300)
    path = tmp_path / "fence.json"
    path.write_text('{"lat": 35.6, "lon": 139.8, "radius_m": 300}', encoding="utf-8")
    assert read_fence(str(path)) == Circle(35.6, 139.8, 300)
    path.write_text('{"corners": [[35, 139], [35, 140], [36, 140]]}', encoding="utf-8")
    assert read_fence(str(path)) == Polygon(((35, 139), (35, 140), (36, 140)))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"lat": 35.6,\n "lon": }', "line 2"),
        ("[1, 2]", "no object"),
        ('{"lat": "x", "lon": 1, "radius_m": 100}', "must be numbers"),
        ('{"lat": true, "lon": 1, "radius_m": 100}', "must be numbers"),
        ('{"lat": NaN, "lon": 1, "radius_m": 100}', "no latitude"),
        ('{"lat": 35, "lon": 139, "radius_m": 5}', "radius"),
        ('{"corners": [[35, 139], [35, 140]]}', "three corners"),
        ('{"corners": [[35, 139], [35], [36, 140]]}', "corner 2"),
        ('{"corners": [[35, 139], [135, 139], [36, 140]]}', "corner 2"),
        ('{"corners": 7}', "three corners"),
    ],
)
def test_a_file_that_is_no_safe_area_is_refused(body: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "fence.json"
    path.write_text(body, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_fence(str(path))


@pytest.mark.parametrize("text", ["35.6,139.8,x", "95,139.8,300", "35.6,139.8,1", "nowhere.json"])
def test_a_safe_area_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--fence"):
        read_fence(text)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("who,left,back\n", "line 1"),
        (
            "who,left_at,returned_at\nhana,2024-01-01T08:00:00Z\n",
            "line 2: there are 2 fields, the header has 3",
        ),
        (
            "who,left_at,returned_at\n\nkiku,2024-01-01T08:00:00Z,2024-01-01T09:00:00Z\n",
            "line 3: nobody called 'kiku'",
        ),
        ("who,left_at,returned_at\nhana,eight,2024-01-01T09:00:00Z\n", "line 2: 'eight' is no time"),
        ("who,left_at,returned_at\nhana,2024-01-01T10:00:00Z,2024-01-01T09:00:00Z\n", "line 2: returned_at"),
        ("who,left_at,returned_at\nhana,2023-01-01T10:00:00Z,2023-01-01T11:00:00Z\n", "line 2: lies outside"),
        (
            "who,left_at,returned_at\nhana,2024-01-01T10:00:00Z,2024-01-01T11:00:00Z\n"
            "hana,2024-01-01T10:30:00Z,2024-01-01T12:00:00Z\n",
            "line 3: begins before the one of line 2",
        ),
    ],
)
def test_a_line_of_the_truth_that_cannot_be_used_is_reported(rows: str, says: str, tmp_path: Path) -> None:
    (walk,) = walks(1, 2)
    path = tmp_path / "truth.csv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(InputError, match=says):
        read_excursions(path, {"hana": walk.track})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--excursions", "truth.csv"], "give it with --fence"),
        (["--fence", "35,139,300"], "is for files of positions"),
    ],
)
def test_options_that_belong_to_tracks_are_refused_without_one(arguments: list[str], says: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)


def test_tracks_and_truth_of_a_japanese_excel_are_read_in_the_zone_that_is_said(tmp_path: Path) -> None:
    track, truth = tmp_path / "walk.csv", tmp_path / "truth.csv"
    rows = "".join(f"花子;2026/08/01 6:{minute:02}:00;35,68;139,76\n" for minute in range(60))
    track.write_bytes(f"UID;日時;緯度;経度\n{rows}".encode("cp932"))
    truth.write_bytes("利用者,Left_at,Returned_at\n花子,2026/08/01 6:10,2026/08/01 6:20\n".encode("utf-16"))
    arguments = [
        str(track),
        "--fence",
        "35.68,139.76,300",
        "--excursions",
        str(truth),
        "--out",
        str(tmp_path),
    ]
    done = CliRunner().invoke(app, [*arguments, "--time-zone", "Asia/Tokyo"])
    assert done.exit_code == 0, done.output
    shown = " ".join(done.output.split())
    assert "read as CP932" in shown
    assert "60 times say no zone and are taken as Asia/Tokyo" in shown
    (walker,) = json.loads((tmp_path / "tracks.json").read_text(encoding="utf-8"))["files"][0]["walkers"]
    assert walker["who"] == "花子"
    zone = FileChoices(ZoneInfo("Asia/Tokyo"))
    (excursion,) = read_excursions(truth, read_track_file(track, zone).tracks, zone)
    assert datetime.fromtimestamp(excursion.left, UTC) == datetime(2026, 7, 31, 21, 10, tzinfo=UTC)


def test_a_bad_row_of_a_track_is_reported_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    path.write_text(
        "user_id;tracked_at;latitude;longitude\n1;2026-04-01T09:00:00Z;95;139\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="line 2"):
        evaluate_tracks(path, None, None)
