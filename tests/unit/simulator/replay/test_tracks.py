"""Tracks: GPX of both versions and the CSV of phone positions, with errors reported by line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.domain.device import DeviceKind
from core.errors import InputError
from simulator.replay.files import read_recording
from simulator.replay.recording import Recording
from tests.support.paths import TEST_DATA

GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1" creator="test">
<wpt lat="1" lon="2"><time>2026-08-01T06:00:00Z</time></wpt>
<trk><name>walk</name><trkseg>
%s
</trkseg></trk>
</gpx>
"""
POSITIONS = "user_id;tracked_at;latitude;longitude;elevation;accuracy\n"


def read(folder: Path, text: str, name: str) -> Recording:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_recording(path)


def gpx(folder: Path, *points: str) -> Recording:
    return read(folder, GPX % "\n".join(points), "Morning Walk.gpx")


@pytest.mark.parametrize(
    ("name", "form", "fixes", "notes"),
    [
        ("korita-zbevnica.gpx", "gpx", 513, ("358 track points have no time and were left out",)),
        ("cerknicko-jezero.gpx", "gpx", 296, ()),
        ("zurich-phone-2012-12-18.csv", "positions", 416, ()),
    ],
)
def test_the_recorded_tracks_are_read_whole(name: str, form: str, fixes: int, notes: tuple[str, ...]):
    recording = read_recording(TEST_DATA / "gps" / name)
    assert (recording.form, len(recording.fixes), recording.notes) == (form, fixes, notes)
    assert recording.bad == ()
    times = [fix.time for fix in recording.fixes]
    assert times == sorted(times)


def test_track_points_become_fixes_of_one_tracker_and_waypoints_do_not(tmp_path: Path):
    recording = gpx(
        tmp_path,
        '<trkpt lat="35.1" lon="139.2"><ele>12.5</ele><time>2026-08-01T06:00:00Z</time></trkpt>',
        '<trkpt lat="35.2" lon="139.3"><time>2026-08-01T15:01:00+09:00</time><speed>1.5</speed></trkpt>',
    )
    first, second = recording.fixes
    assert (first.lat, first.lon, first.altitude_m, first.accuracy_m) == (35.1, 139.2, 12.5, None)
    assert second.time == datetime(2026, 8, 1, 6, 1, tzinfo=UTC)
    assert second.speed_kmh == 5.4
    assert [(device.device_id, device.kind) for device in recording.devices] == [
        ("gpx-morning-walk-tracker", DeviceKind.TRACKER)
    ]


def test_names_with_a_prefix_and_extensions_are_understood(tmp_path: Path):
    text = (
        '<g:gpx xmlns:g="http://www.topografix.com/GPX/1/1"><g:trk><g:trkseg><g:trkpt lat="1" lon="2">'
        "<g:time>2026-08-01T06:00:00Z</g:time><g:extensions><x><time>never</time></x></g:extensions>"
        "</g:trkpt></g:trkseg></g:trk></g:gpx>"
    )
    recording = read(tmp_path, text, "a.gpx")
    assert recording.bad == ()
    assert len(recording.fixes) == 1


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ('<trkpt lat="north" lon="2"><time>2026-08-01T06:00:00Z</time></trkpt>', "lat 'north' is no number"),
        ('<trkpt lon="2"><time>2026-08-01T06:00:00Z</time></trkpt>', "lat '' is no number"),
        (
            '<trkpt lat="95" lon="2"><time>2026-08-01T06:00:00Z</time></trkpt>',
            "lat '95' lies outside -90 to 90",
        ),
        ('<trkpt lat="1" lon="nan"><time>2026-08-01T06:00:00Z</time></trkpt>', "lon 'nan' lies outside"),
        ('<trkpt lat="1" lon="2"><time>noon</time></trkpt>', "'noon' is no time such as"),
        (
            '<trkpt lat="1" lon="2"><ele>high</ele><time>2026-08-01T06:00:00Z</time></trkpt>',
            "ele 'high' is no",
        ),
    ],
)
def test_a_bad_point_is_reported_with_its_line(tmp_path: Path, point: str, words: str):
    good = '<trkpt lat="1" lon="2"><time>2026-08-01T06:00:00Z</time></trkpt>'
    recording = gpx(tmp_path, good, point, good)
    assert [bad.line for bad in recording.bad] == [6]
    assert words in recording.bad[0].problem
    assert len(recording.fixes) == 2


def test_broken_xml_is_reported_with_its_line(tmp_path: Path):
    recording = read(tmp_path, "<gpx>\n<trk>\n<trkseg>\n</trk>", "a.gpx")
    assert recording.bad[0].line == 4
    assert "is not XML: mismatched tag" in recording.bad[0].problem


def test_other_xml_is_refused(tmp_path: Path):
    assert "begins with <kml>" in read(tmp_path, "<kml></kml>", "a.gpx").bad[0].problem


def test_a_document_type_with_growing_entities_is_refused(tmp_path: Path):
    text = '<?xml version="1.0"?>\n<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<gpx>&b;</gpx>'
    assert "no document type" in read(tmp_path, text, "a.gpx").bad[0].problem


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1;soon;47.3;8.5;0;20", "line 2: 'soon' is no time"),
        ("1;2012-12-18T21:30:35Z;x;8.5;0;20", "line 2: latitude 'x' is no number"),
        ("1;2012-12-18T21:30:35Z;47.3;8.5;0;good", "line 2: accuracy 'good' is no number"),
        ("1;2012-12-18T21:30:35Z;47.3", "line 2: "),
    ],
)
def test_a_bad_position_is_reported_with_its_line(tmp_path: Path, row: str, words: str):
    recording = read(tmp_path, POSITIONS + row + "\n", "phone.csv")
    assert words in f"line {recording.bad[0].line}: {recording.bad[0].problem}"


def test_positions_keep_their_accuracy(tmp_path: Path):
    text = POSITIONS + "1;2012-12-18T21:30:35Z;47.3766094;8.5484732;0;1001\n"
    fix = read(tmp_path, text, "phone.csv").fixes[0]
    assert (fix.accuracy_m, fix.altitude_m) == (1001.0, 0.0)


def test_positions_may_come_with_commas_and_in_other_words(tmp_path: Path):
    ours = read(tmp_path, POSITIONS + "hana;2026-08-01T06:00:00Z;35.1;139.2;12;20\n", "ours.csv")
    text = "\ufeffTime,Lat,Lon,note,Altitude,Accuracy,User\n2026-08-01T06:00:00Z,35.1,139.2,x,12,20,hana\n"
    assert read(tmp_path, text, "other.csv").fixes == ours.fixes
    nameless = read(tmp_path, "lat\tlon\ttimestamp\n35.1\t139.2\t2026-08-01T06:00:00Z\n", "Morning.tsv")
    assert [fix.home for fix in nameless.fixes] == ["morning"]


@pytest.mark.parametrize("name", ["phone.csv", "a.plt", "a.gpx"])
def test_more_positions_than_fit_into_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setattr("simulator.replay.tracks._MOST_FIXES", 1)
    point = '<trkpt lat="1" lon="2"><time>2026-08-01T06:00:00Z</time></trkpt>'
    text = {
        "phone.csv": POSITIONS + "1;2026-08-01T06:00:00Z;1;2;0;5\n" * 2,
        "a.plt": PLT + "1,2,0,492,39744.1,2008-10-23,02:53:04\r\n" * 2,
        "a.gpx": GPX % (point + point),
    }[name]
    with pytest.raises(InputError, match="more than 1 positions in one file; cut it into parts"):
        read(tmp_path, text, name)


PLT = "Geolife trajectory\r\nWGS 84\r\nAltitude is in Feet\r\nReserved 3\r\n0,2,255,My Track,0,0,2,8421376\r\n0\r\n"


def test_a_file_of_geolife_is_read_and_called_after_its_folder(tmp_path: Path):
    folder = tmp_path / "007" / "Trajectory"
    folder.mkdir(parents=True)
    text = PLT + "39.984702,116.318417,0,492,39744.1201851852,2008-10-23,02:53:04\r\n\r\n"
    recording = read(folder, text, "20081023025304.plt")
    (fix,) = recording.fixes
    assert (recording.form, fix.home, fix.lat, fix.lon) == ("plt", "007", 39.984702, 116.318417)
    assert fix.time == datetime(2008, 10, 23, 2, 53, 4, tzinfo=UTC)
    assert fix.accuracy_m is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("39.9,116.3,0,492,39744.1", "is no lat,lon,0,altitude,days,date,time"),
        ("399,116.3,0,492,39744.1,2008-10-23,02:53:04", "latitude '399' lies outside"),
        ("39.9,116.3,0,492,39744.1,2008-10-23,noon", "'2008-10-23Tnoon' is no time"),
    ],
)
def test_a_bad_line_of_geolife_is_reported_with_its_number(tmp_path: Path, row: str, words: str):
    (bad,) = read(tmp_path, PLT + row + "\r\n", "a.plt").bad
    assert bad.line == 7
    assert words in bad.problem
