"""Files as people have them: whatever program wrote them, the same is read; what may mean two things is asked."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.domain.device import DeviceKind
from core.errors import InputError
from simulator.replay.files import Form, read_recording
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.parsing.times import DateOrder
from simulator.replay.recording import Recording
from tests.support.paths import TEST_DATA

FILES = TEST_DATA / "recordings"
TOKYO = FileChoices(ZoneInfo("Asia/Tokyo"))
Said = tuple[str, str, str, str, float]
# What the tables say, with times in UTC.
EVENTS = [
    ("花子", "台所", "motion", "2026-07-31 21:00:12", 1.0),
    ("花子", "居間", "temperature_c", "2026-07-31 21:03:40", 26.5),
    ("太郎", "玄関ドア", "contact_open", "2026-08-13 13:10:02", 1.0),
]
TABLES = [
    "plain.csv",
    "excel-japanese-cp932.csv",
    "unix-japanese-euc-jp.csv",
    "excel-unicode-text-utf16.txt",
    "utf16-without-mark.csv",
    "excel-utf8-with-mark.csv",
    "excel-days.csv",
    "excel-german.csv",
    "excel-american.csv",
    "british-dates.csv",
    "japanese-dates.csv",
    "unix-times.csv",
    "date-and-time.tsv",
    "uid.csv",
]


def said(recording: Recording) -> list[Said]:
    return [
        (
            recording.names[item.home],
            recording.place_names.get(item.place, item.place),
            item.metric,
            f"{item.time:%Y-%m-%d %H:%M:%S}",
            item.value,
        )
        for item in recording.readings
    ]


def read(folder: Path, text: str, name: str = "a.csv", choices: FileChoices = TOKYO) -> Recording:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_recording(path, choices=choices)


@pytest.mark.parametrize("name", TABLES)
def test_every_program_s_table_says_the_same(name: str):
    recording = read_recording(FILES / name, choices=TOKYO)
    assert recording.bad == ()
    assert said(recording) == EVENTS


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("excel-japanese-cp932.csv", "read as CP932"),
        ("unix-japanese-euc-jp.csv", "read as EUC-JP"),
        ("utf16-without-mark.csv", "read as UTF-16"),
        ("excel-days.csv", "46235.2501388889 is 2026-08-01 06:00:12"),
        ("excel-american.csv", "dates are read month-first: '8/1/2026 6:00:12 AM'"),
        ("british-dates.csv", "dates are read day-first"),
    ],
)
def test_what_was_assumed_is_said(name: str, note: str):
    (only,) = read_recording(FILES / name, choices=TOKYO).notes
    assert note in only


def test_times_that_say_no_zone_are_counted():
    assert read_recording(FILES / "plain.csv").without_offset == 3
    assert read_recording(FILES / "uid.csv").without_offset == 0
    assert read_recording(FILES / "unix-times.csv").without_offset == 0


def test_people_of_one_column_are_kept_apart_in_tracks_too():
    recording = read_recording(FILES / "uid-positions.csv", choices=TOKYO)
    assert [(recording.names[fix.home], fix.lat, fix.lon) for fix in recording.fixes] == [
        ("花子", 35.6895, 139.6917),
        ("太郎", 35.0116, 135.7681),
    ]


@pytest.mark.parametrize(
    "column", ["uid", "User", "Patient ID", "person", "resident_no", "participant", "利用者"]
)
def test_two_people_in_a_home_are_asked_about_and_never_merged(tmp_path: Path, column: str):
    text = f"home,{column},time,place\nh,a,2026-08-01 06:00:12,hall\nh,b,2026-08-01 06:00:13,hall\n"
    with pytest.raises(
        InputError, match=rf"line 3, column {column}: 'b' after 'a' .* --home-column {column} to keep"
    ):
        read(tmp_path, text)
    apart = read(tmp_path, text, choices=FileChoices(home_column=column))
    assert apart.homes == ("a", "b")
    assert read(tmp_path, text, choices=FileChoices(home_column="home")).homes == ("h",)


def test_a_column_nobody_knows_is_said_where_all_is_taken_as_of_one(tmp_path: Path):
    text = "time;lat;lon;rider\n2026-08-01 06:00:12;35.1;139.2;a\n2026-08-01 06:00:13;35.2;139.3;b\n"
    recording = read(tmp_path, text, "walk.csv")
    assert recording.homes == ("walk",)
    assert recording.notes == (
        "no column names a home or a person: all of it is taken as of one, walk",
        "if column 'rider' (a, b) separates people, say --home-column rider",
    )
    assert read(tmp_path, text, choices=FileChoices(home_column="rider")).homes == ("a", "b")


def test_a_table_that_says_of_no_line_whose_it_is_needs_a_word(tmp_path: Path):
    text = "time,place\n2026-08-01 06:00:12,hall\n"
    with pytest.raises(
        InputError, match=r"no column says whose home .* --home-column none if all is of one home"
    ):
        read(tmp_path, text)
    assert read(tmp_path, text, "hana.csv", FileChoices(home_column="none")).homes == ("hana",)


def test_a_column_that_numbers_the_lines_is_no_home(tmp_path: Path):
    lines = "".join(f"{number},2026-08-01 06:00:1{number},hall\n" for number in range(4))
    with pytest.raises(InputError, match="column 'id' is another in each line, so it names no homes"):
        read(tmp_path, "id,time,place\n" + lines)


def test_a_home_column_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path):
    with pytest.raises(InputError, match=r"--home-column who: .*a\.csv has the columns home, time, place"):
        read(tmp_path, "home,time,place\nh,2026-08-01,hall\n", choices=FileChoices(home_column="who"))


def test_dates_that_may_mean_two_things_are_asked_about(tmp_path: Path):
    text = "home,time,place\nh,01/08/2026 06:00,hall\n"
    with pytest.raises(InputError, match=r"'01/08/2026 06:00' may be day/month/year .* --dates day-first or"):
        read(tmp_path, text)
    for order, month in ((DateOrder.DAY_FIRST, 8), (DateOrder.MONTH_FIRST, 1)):
        choices = FileChoices(dates=order)
        assert read(tmp_path, text, choices=choices).readings[0].time.month == month


def test_a_later_date_decides_the_order_of_all(tmp_path: Path):
    text = "home,time,place\nh,1/8/2026 06:00,hall\nh,1/31/2026 06:00,hall\nh,31/1/2026 06:00,hall\n"
    recording = read(tmp_path, text)
    assert [item.time.day for item in recording.readings] == [7, 30]
    assert [bad.line for bad in recording.bad] == [4]


def test_a_problem_names_line_and_column(tmp_path: Path):
    recording = read(tmp_path, "Home;Zeit/Datum;Timestamp;Room\nh;x;tomorrow;hall\n")
    (bad,) = recording.bad
    assert (bad.line, bad.column) == (2, "Timestamp")
    assert str(bad).startswith("line 2, column Timestamp: 'tomorrow' is no time such as 2026-08-01 06:00:12,")


def test_a_decimal_comma_that_splits_a_line_is_explained(tmp_path: Path):
    text = "home,time,metric,place,value\nh,2026-08-01,temperature_c,hall,21,5\n"
    assert (
        "there are 6 fields, the header has 5; a decimal comma needs quotes"
        in read(tmp_path, text).bad[0].problem
    )
    quoted = text.replace("21,5", '"21,5"')
    assert read(tmp_path, quoted).readings[0].value == 21.5


def test_points_between_thousands_beside_decimal_commas_are_not_guessed(tmp_path: Path):
    text = "home;time;metric;place;value\nh;2026-08-01;power_w;hall;1.234\nh;2026-08-01;power_w;hall;21,5\n"
    with pytest.raises(
        InputError, match=r"'21,5' has a decimal comma, so '1.234' may be a number of thousands"
    ):
        read(tmp_path, text)


def test_bytes_of_another_encoding_make_bad_rows_with_a_way_out(tmp_path: Path):
    path = tmp_path / "a.csv"
    text = "home,time,place\nh,2026-08-01 06:00:12,居間\nh,2026-08-01 06:00:13,台所\nh,2026-08-01 06:00:14,玄関\n"
    path.write_bytes(text.encode().replace("台".encode(), b"\xe5\x8f"))
    recording = read_recording(path)
    # One damaged line does not make UTF-8 something else.
    assert [(bad.line, "--encoding" in bad.problem) for bad in recording.bad] == [(3, True)]
    assert [recording.place_names[item.place] for item in recording.readings] == ["居間", "玄関"]


@pytest.mark.parametrize(
    ("place", "encoding"),
    [
        ("Küche", "cp1252"),
        ("Pièce à vivre", "cp1252"),
        ("1F居間", "cp932"),
        ("ﾘﾋﾞﾝｸﾞ", "cp932"),
        ("ﾄｲﾚ横の洗面所", "cp932"),
        ("台所", "euc_jp"),
    ],
)
def test_the_encoding_is_found_where_it_is_plain_and_can_be_named(tmp_path: Path, place: str, encoding: str):
    path = tmp_path / "a.csv"
    path.write_bytes(f"home,time,place\nh,2026-08-01 06:00:12,{place}\n".encode(encoding))
    for choices in (FileChoices(), FileChoices(encoding=encoding)):
        recording = read_recording(path, choices=choices)
        assert [*recording.place_names.values()] == [place]
    with pytest.raises(InputError, match="--encoding klingon: there is none of that name"):
        read_recording(path, choices=FileChoices(encoding="klingon"))


def test_a_line_without_end_is_not_taken_into_memory(tmp_path: Path):
    with pytest.raises(InputError, match="line 2: has more than 100000 signs"):
        read(tmp_path, "home,time,place\nh,2026-08-01," + "x" * 200_000)


def test_a_form_may_be_named_for_another_heading(tmp_path: Path):
    recording = read_recording(FILES / "plain.csv", Form.TIHM, TOKYO)
    assert recording.form == "tihm"


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (
            b"PK\x03\x04",
            "no text but an Excel workbook or a ZIP archive; in Excel, save the sheet as 'CSV UTF-8'",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "no text but an old Excel workbook"),
        (b"SQLite format 3\x00", "no text but a database of SQLite; export what it holds as CSV"),
        (b"%PDF-1.7", "no text but a PDF"),
    ],
)
def test_a_file_that_holds_no_text_is_refused_with_a_way_out(tmp_path: Path, begins: bytes, words: str):
    path = tmp_path / "events.xlsx"
    for data in (begins + bytes(100), gzip.compress(begins + bytes(100))):
        path.write_bytes(data)
        with pytest.raises(InputError, match=words):
            read_recording(path)


def test_a_title_above_the_headings_is_named_as_what_stands_in_the_way(tmp_path: Path):
    with pytest.raises(InputError, match="Line 1 must name the columns: delete what stands above them"):
        read(tmp_path, "2026年8月 センサー一覧,,\n\n日時,場所,値\n2026/08/01 6:00:12,hall,1\n")


def test_text_of_casas_is_read_with_what_is_left_out():
    recording = read_recording(FILES / "casas.txt", choices=TOKYO)
    assert recording.form == "casas"
    assert said(recording) == [
        ("casas", "M003", "motion", "2026-07-31 21:00:12", 1.0),
        ("casas", "M003", "motion", "2026-07-31 21:00:15", 0.0),
        ("casas", "T002", "temperature_c", "2026-07-31 21:03:40", 26.5),
        ("casas", "D001", "contact_open", "2026-07-31 21:10:02", 1.0),
    ]
    assert recording.readings[0].time == datetime(2026, 7, 31, 21, 0, 12, 209_589, tzinfo=UTC)
    assert any("L001 (1)" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-08-01 06:00:13 M003 OF", "M003 says 'OF', which is none of ON, OFF, OPEN, CLOSE"),
        ("2026-08-01 M003 ON", "is no line such as 2010-11-04 00:03:50.209589 M003 ON"),
        ("2026-08-01 06:00:13 T001 95", "the temperature '95' of T001 lies outside"),
        ("2026-08-01 26:00:13 M003 ON", "'2026-08-01 26:00:13' is no time"),
    ],
)
def test_a_bad_line_of_casas_is_reported_with_its_number(tmp_path: Path, line: str, words: str):
    recording = read(tmp_path, f"2026-08-01 06:00:12 M003 ON\n{line}\n", "casas.txt")
    assert [(bad.line, words in bad.problem) for bad in recording.bad] == [(2, True)]
    assert len(recording.readings) == 1


def test_a_history_of_home_assistant_holds_changes_of_sensors_we_know():
    recording = read_recording(FILES / "homeassistant.csv")
    assert said(recording) == [
        ("homeassistant", "kitchen", "motion", "2026-07-31 21:00:12", 1.0),
        ("homeassistant", "kitchen", "motion", "2026-07-31 21:01:12", 0.0),
        ("homeassistant", "living_room", "temperature_c", "2026-07-31 21:03:40", 26.5),
        # It was off before the break and on after it: she moved at some time in it.
        ("homeassistant", "kitchen", "motion", "2026-07-31 23:00:00", 1.0),
        ("homeassistant", "front_door", "contact_open", "2026-08-01 01:10:02", 1.0),
    ]
    notes = "\n".join(recording.notes)
    assert "media_player.tv (1)" in notes
    assert "2 states say unavailable" in notes
    assert "3 states that begin the history" in notes
    assert "the file has no units" in notes
    assert {device.kind for device in recording.devices} == {
        DeviceKind.MOTION,
        DeviceKind.CLIMATE,
        DeviceKind.DOOR,
    }


def test_the_json_of_home_assistant_brings_classes_and_units():
    recording = read_recording(FILES / "homeassistant.json")
    assert said(recording) == [
        ("homeassistant", "kuche", "motion", "2026-07-31 21:00:12", 1.0),
        # 79.7 degrees Fahrenheit.
        ("homeassistant", "living_room", "temperature_c", "2026-07-31 21:03:40", 26.5),
    ]
    minimal = read_recording(FILES / "homeassistant-minimal.json")
    assert [item.value for item in minimal.readings] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("entity", "place", "metric"),
    [
        ("binary_sensor.kitchen_pir_occupancy", "kitchen", "presence"),
        ("binary_sensor.bed_occupancy", "bed", "bed_occupied"),
        ("binary_sensor.front_door", "front_door", "contact_open"),
        ("binary_sensor.front_door_battery", "front_door", "battery_low"),
        ("binary_sensor.hall_smoke_detector", "hall", "smoke"),
        ("binary_sensor.co_carbon_monoxide", "co_carbon_monoxide", "carbon_monoxide"),
        ("switch.kettle", "kettle", "switch_on"),
    ],
)
def test_an_entity_is_known_by_its_name_where_the_file_has_no_class(
    tmp_path: Path, entity: str, place: str, metric: str
):
    rows = f"{entity},off,2026-08-01T06:00:01Z\n{entity},on,2026-08-01T06:10:00Z\n"
    recording = read(tmp_path, "entity_id,state,last_changed\n" + rows)
    assert {(item.place, item.metric) for item in recording.readings} == {(place, metric)}


def history_of(folder: Path, entity: str, *states: tuple[str, str]) -> list[tuple[str, float]]:
    rows = "".join(f"{entity},{state},2026-08-01T{clock}Z\n" for clock, state in states)
    recording = read(folder, "entity_id,state,last_changed\n" + rows)
    return [(f"{item.time:%H:%M:%S}", item.value) for item in recording.readings]


def test_only_a_change_of_a_state_shows_that_somebody_acted(tmp_path: Path):
    states = [("06:00:01", "on"), ("06:05:00", "on"), ("06:09:00", "off"), ("06:10:00", "unavailable")]
    states += [("06:11:00", "off"), ("06:20:00", "unavailable"), ("06:25:00", "on"), ("06:30:00", "on")]
    wanted = [("06:09:00", 0.0), ("06:20:00", 1.0)]
    assert history_of(tmp_path, "binary_sensor.hall_presence", *states) == wanted
    # Some have the newest above.
    assert history_of(tmp_path, "binary_sensor.hall_presence", *states[::-1]) == wanted


def test_a_call_that_is_on_is_kept_wherever_it_stands(tmp_path: Path):
    states = [
        ("06:00:01", "on"),
        ("06:00:01", "on"),
        ("06:05:00", "on"),
        ("06:09:00", "off"),
        ("06:20:00", "on"),
    ]
    calls = [clock for clock, value in history_of(tmp_path, "binary_sensor.hall_sos", *states) if value]
    assert calls == ["06:00:01", "06:05:00", "06:20:00"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[[{"entity_id": "binary_sensor.a_motion", "state": "on"}]]',
            "entry 1 has no entity_id, state or last",
        ),
        (
            '[[\n{"entity_id": "sensor.a_temperature", "state": "warm", "last_changed": "2026-08-01T06:00:00Z"}]]',
            "entry 1, sensor.a_temperature: the value 'warm' of temperature_c is no number",
        ),
    ],
)
def test_an_entry_that_cannot_be_used_is_a_bad_row(tmp_path: Path, text: str, words: str):
    recording = read(tmp_path, text, "history.json")
    assert words in recording.bad[0].problem
    assert recording.bad[0].line == text[: text.index('{"')].count("\n") + 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[{"entity_id": "a', "line 1: entry 1 is no whole JSON object; was the file cut off"),
        ("[\n[\n7]]", "line 3: '7\\]\\]' stands where an entry of the history must begin"),
        ('{"a": 1}', "stands where an entry of the history must begin"),
        ('[{"a": ' + "[" * 100_000, "entry 1 "),
    ],
)
def test_json_of_another_kind_is_refused_with_its_line(tmp_path: Path, text: str, words: str):
    with pytest.raises(InputError, match=words):
        read(tmp_path, text, "history.json")


def test_a_history_on_one_long_line_is_read(tmp_path: Path):
    states = [
        f'{{"entity_id": "sensor.hall_temperature", "state": "{number / 100}", "last_changed": "2026-08-01T06:00:{number % 60:02}Z"}}'
        for number in range(2000)
    ]
    recording = read(tmp_path, f"[[{', '.join(states)}]]", "history.json")
    assert (len(recording.readings), recording.lines, recording.bad) == (2000, 2000, ())


@pytest.mark.parametrize("name", ["homeassistant.json", "casas.txt"])
def test_a_home_column_of_a_file_without_columns_is_refused(name: str):
    with pytest.raises(InputError, match=rf"--home-column uid: .*{name} has no columns"):
        read_recording(FILES / name, choices=FileChoices(home_column="uid"))
    assert read_recording(FILES / name, choices=FileChoices(home_column="none")).bad == ()


def test_a_table_that_is_called_a_history_and_is_none_is_refused(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("home,time,place\nh,2026-08-01 06:00:12,hall\n", encoding="utf-8")
    with pytest.raises(
        InputError, match="line 1: a history of Home Assistant has the columns entity_id, state"
    ):
        read_recording(path, Form.HOME_ASSISTANT)
