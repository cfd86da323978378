"""The commands of replay as a person types them, against parts that already run."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import InputError
from core.store.database import Database
from core.store.telemetry import replay_progress
from deploy.local.mosquitto import SIMULATOR, Broker
from deploy.playback.clock_stepping import ReplayError, SteppedProcesses
from deploy.playback.replay_command import app
from simulator.replay.files import read_recording
from tests.support.paths import TEST_DATA
from tests.support.services.processes import service_settings
from tests.support.wait import wait_until
from tests.support.wards.ward_files import register

TRACK = TEST_DATA / "gps" / "zurich-phone-2012-12-18.csv"


def command(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    return result.output


def refused(*arguments: str) -> str:
    with pytest.raises((InputError, ReplayError)) as raised:
        command(*arguments)
    return str(raised.value)


@pytest.fixture
def environment(database_url: str, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in service_settings(database_url, broker, SIMULATOR).items():
        monkeypatch.setenv(name, value)


def stored_points(database_url: str) -> int:
    recording = read_recording(TRACK)
    with Database(database_url, size=1) as database, database.transaction() as connection:
        device_ids = [device.device_id for device in recording.devices]
        first, last = recording.span
        return len(
            [*replay_progress.stored_fixes(connection, device_ids, first, last + timedelta(seconds=1))]
        )


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("environment")
def test_a_track_is_registered_and_published_twice_and_stored_once(
    database_url: str, broker: Broker, tmp_path: Path
):
    ward = tmp_path / "replay-ward.json"
    assert "Wrote 1 homes with 1 devices" in command("ward", str(TRACK), "--out", str(ward))
    with Database(database_url, size=1) as database, database.transaction() as connection:
        register(connection, ward)
    begin = read_recording(TRACK).span[0].replace(minute=0, second=0)
    with SteppedProcesses(
        database_url, broker, tmp_path, begin=begin, zone="UTC", with_one_clock=True
    ) as processes:
        answer = command("publish", str(TRACK), "--clock-file", str(processes.clock))
        assert "Published 11 of 11 messages, acknowledged by the broker" in answer
        # With the clock behind the data, all of it is stored when the command ends.
        assert stored_points(database_url) == 416
        # The same once more is recognised, at full speed.
        assert "Published 11 of 11 messages" in command("publish", str(TRACK))
        with Database(database_url, size=1) as database:
            wait_until(lambda: stored_points(database_url) == 416, 10, "the same points")
            with database.transaction() as connection:
                assert replay_progress.over_but_open(connection) == []


@pytest.mark.usefixtures("environment")
def test_nothing_is_published_of_a_file_with_a_bad_row(tmp_path: Path):
    path = tmp_path / "events.csv"
    path.write_text(
        "home,time,metric,place,value\na,2026-08-01T06:00:00Z,movement,hall,1\n", encoding="utf-8"
    )
    answer = refused("publish", str(path))
    assert f"{path}, line 2, column metric: the metric 'movement' is not known" in answer
    assert "Nothing of it was used" in answer


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--speed", "fast"), "--speed: 'fast' is neither max nor a number above 0"),
        (("--speed", "0"), "--speed: '0' is neither"),
        (("--speed", "2", "--clock-file", "clock"), "exclude each other"),
        (("--home", "nobody"), "--home nobody: the recording has 1"),
        (("--from", "someday"), "--from: 'someday' is no date or time such as 2019-06-10"),
        (("--from", "2020-01-01"), "there is nothing between 2020-01-01 00:00 and 2012-12-18 22:00"),
        (("--time-zone", "Moon"), "--time-zone: 'Moon' is no IANA time zone"),
    ],
)
def test_an_option_that_cannot_be_is_reported(arguments: tuple[str, ...], words: str):
    assert words in refused("publish", str(TRACK), *arguments)


def test_rows_left_out_are_listed(tmp_path: Path):
    path = tmp_path / "events.csv"
    rows = "a,2026-08-01T06:00:00Z,motion,hall,1\na,never,motion,hall,1\n"
    path.write_text("home,time,metric,place,value\n" + rows, encoding="utf-8")
    out = tmp_path / "ward.json"
    shown = " ".join(command("ward", str(path), "--out", str(out), "--skip-bad").split())
    assert "line 3, column time: 'never' is no time" in shown
    assert "; left out" in shown
    assert [home["name"] for home in json.loads(out.read_text(encoding="utf-8"))["homes"]] == ["csv-a"]


def test_a_file_of_a_japanese_excel_gives_a_ward_and_what_was_assumed_is_shown(tmp_path: Path):
    out = tmp_path / "ward.json"
    path = TEST_DATA / "recordings" / "excel-japanese-cp932.csv"
    shown = " ".join(command("ward", str(path), "--out", str(out)).split())
    assert "read as CP932" in shown
    assert "3 times say no zone and are taken as UTC; --time-zone takes them as another" in shown
    homes = json.loads(out.read_text(encoding="utf-8"))["homes"]
    assert [len(home["devices"]) for home in homes] == [2, 1]
    shown = " ".join(
        command(
            "ward", str(path), "--out", str(out), "--time-zone", "Asia/Tokyo", "--encoding", "cp932"
        ).split()
    )
    assert "are taken as Asia/Tokyo" in shown
    assert "read as CP932" not in shown


def test_homes_have_the_clock_that_the_offsets_of_the_file_say(tmp_path: Path):
    path, out = tmp_path / "events.csv", tmp_path / "ward.json"
    rows = "a,2026-08-01T06:00:00+09:00,motion,hall,1\na,2026-08-01T07:00:00+09:00,motion,hall,1\n"
    path.write_text("home,time,metric,place,value\n" + rows, encoding="utf-8")
    shown = " ".join(command("ward", str(path), "--out", str(out)).split())
    assert "its times say that the homes' clocks are those of Asia/Tokyo; --time-zone says another" in shown
    assert json.loads(out.read_text(encoding="utf-8"))["homes"][0]["time_zone"] == "Asia/Tokyo"
    command("ward", str(path), "--out", str(out), "--time-zone", "UTC")
    assert json.loads(out.read_text(encoding="utf-8"))["homes"][0]["time_zone"] == "UTC"


def test_homes_are_chosen_by_their_names_in_the_file(tmp_path: Path):
    out, path = tmp_path / "ward.json", TEST_DATA / "recordings" / "excel-japanese-cp932.csv"
    assert "Wrote 1 homes with 2 devices" in command("ward", str(path), "--out", str(out), "--home", "花子")
    assert "--home 次郎: the recording has 花子, 太郎" in refused(
        "ward", str(path), "--out", str(out), "--home", "次郎"
    )


def test_two_people_in_a_home_are_kept_apart_when_the_column_is_named(tmp_path: Path):
    path, out = tmp_path / "events.csv", tmp_path / "ward.json"
    rows = "h,a,2026-08-01T06:00:00Z,hall\nh,b,2026-08-01T06:01:00Z,hall\n"
    path.write_text("home,uid,time,place\n" + rows, encoding="utf-8")
    assert "line 3, column uid: 'b' after 'a' in home 'h': these may be two people" in refused(
        "ward", str(path), "--out", str(out)
    )
    assert "Wrote 2 homes" in command("ward", str(path), "--out", str(out), "--home-column", "uid")
    assert "Wrote 1 homes" in command("ward", str(path), "--out", str(out), "--home-column", "home")


def test_dates_that_may_mean_two_days_are_read_as_somebody_says(tmp_path: Path):
    path, out = tmp_path / "events.csv", tmp_path / "ward.json"
    path.write_text("home,time,place\nh,01/08/2026 06:00,hall\n", encoding="utf-8")
    assert "say --dates day-first or --dates month-first" in refused("ward", str(path), "--out", str(out))
    assert "Wrote 1 homes" in command("ward", str(path), "--out", str(out), "--dates", "month-first")
