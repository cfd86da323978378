"""Whatever encoding, separator, style of dates and numbers, and headings a file has: the same events are read."""

import csv
import io
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.replay.files import read_recording
from simulator.replay.parsing.text_file import FileChoices

ZONE = ZoneInfo("Asia/Tokyo")
CHOICES = FileChoices(ZONE)
_FIRST = datetime(2020, 1, 1)  # noqa: DTZ001 - the wall clock's
_HEADINGS = [
    ("home", "time", "metric", "place", "value"),
    ("HOME", "Date-Time", "Metric", "Location", "Value"),
    ("uid", "Timestamp", "metric", "Room", "State"),
    ("住まい", "日時", "項目", "場所", "値"),
]
Event = tuple[str, datetime, str, str, float]
moments = st.integers(0, 200_000_000).map(lambda seconds: _FIRST + timedelta(seconds=seconds))
homes, places = (
    st.sampled_from(["花子", "太郎", "Anna"]),
    st.sampled_from(["台所", "玄関ドア", "living room", "Bad"]),
)
events = st.one_of(
    st.tuples(homes, moments, st.just("motion"), places, st.sampled_from([0.0, 1.0])),
    st.tuples(homes, moments, st.just("temperature_c"), places, st.integers(-200, 500).map(lambda n: n / 10)),
    st.tuples(homes, moments, st.just("power_w"), places, st.integers(-30_000, 30_000).map(lambda n: n / 4)),
)


def _excel(moment: datetime) -> str:
    return f"{(moment - datetime(1899, 12, 30)) / timedelta(days=1):.10f}"  # noqa: DTZ001 - the wall clock's


def _american(moment: datetime) -> str:
    return moment.strftime("%m/%d/%Y %I:%M:%S %p")


STYLES: list[Callable[[datetime], str]] = [
    lambda moment: moment.isoformat(),
    lambda moment: f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment:%M:%S}",
    lambda moment: moment.strftime("%d.%m.%Y %H:%M:%S"),
    lambda moment: moment.strftime("%d/%m/%Y %H:%M:%S"),
    _american,
    _excel,
    lambda moment: moment.replace(tzinfo=ZONE).astimezone(UTC).isoformat(),
    lambda moment: str(int(moment.replace(tzinfo=ZONE).timestamp())),
    lambda moment: (
        f"{moment.year}年{moment.month}月{moment.day}日{moment.hour}時{moment.minute}分{moment.second}秒"
    ),
]


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(events, min_size=1, max_size=12),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932", "euc_jp"]),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    heading=st.sampled_from(_HEADINGS),
    style=st.sampled_from(STYLES),
    has_comma=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_the_style_of_a_file_never_changes_what_is_read(
    rows: list[Event],
    encoding: str,
    separator: str,
    heading: tuple[str, ...],
    style: Callable[[datetime], str],
    has_comma: bool,
    line_end: str,
):
    # Of dates such as 01/08/2026 one at least must show the order, and a few signs do not show an encoding.
    rows = [*rows, ("花子", datetime(2026, 8, 13, 6, 0), "motion", "台所", 1.0)]  # noqa: DTZ001
    text = io.StringIO()
    table = csv.writer(text, delimiter=separator, lineterminator=line_end)
    table.writerow(heading)
    for home, moment, metric, place, value in rows:
        number = f"{value:g}" if value == int(value) else str(value)
        table.writerow(
            [home, style(moment), metric, place, number.replace(".", ",") if has_comma else number]
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        recording = read_recording(path, choices=CHOICES)
    assert recording.bad == ()
    found = [
        (recording.names[one.home], one.time, one.metric, recording.place_names[one.place], one.value)
        for one in recording.readings
    ]
    wanted = [
        (home, moment.replace(tzinfo=ZONE), metric, place, value)
        for home, moment, metric, place, value in rows
    ]
    assert sorted(found) == sorted(wanted)
