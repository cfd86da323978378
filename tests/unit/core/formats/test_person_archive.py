"""The archive of everything about one person: complete, readable, safe in a spreadsheet, and provably what it says."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from core.domain.people import Language
from core.domain.records.personal_data import OF_RESIDENTS
from core.formats import person_archive
from core.formats.person_archive import WholePerson, archive_of
from core.texts.catalogue import SHARED, read_catalogue

_NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
_TABLES: list[tuple[str, list[list[dict[str, Any]]]]] = [
    (
        "resident",
        [[{"name": "田中 <b>花子</b>", "kana": "たなか", "phone": "=cmd|' /C calc'!A0", "note": "+1"}]],
    ),
    ("watch_change", [[{"at": "2026-07-01", "what": "x", "before": None, "after": {"a": ["@b"]}}]]),
    ("reading", [[{"time": _NOW + timedelta(days=n), "value": -n, "channel": "-x"} for n in range(40)]]),
    ("unread_field", [[{"field": "a", "sender": "b"}], [{"field": "c", "sender": "d"}]]),
    ("absence", []),
]


def _archive(language: Language = Language.JA) -> zipfile.ZipFile:
    tables = ((name, iter(pieces)) for name, pieces in _TABLES)
    return zipfile.ZipFile(
        io.BytesIO(b"".join(archive_of(WholePerson("田中 花子", 1), tables, _NOW, language)))
    )


def test_every_row_stands_in_both_files_and_the_manifest_has_their_digests() -> None:
    with _archive() as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["rows"] == {name: sum(map(len, pieces)) for name, pieces in _TABLES}
        for name, digest in manifest["sha256"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest, name
        assert {f"tables/{name}.{kind}" for name, _ in _TABLES for kind in ("csv", "jsonl")} < set(
            archive.namelist()
        )
        for name, pieces in _TABLES:
            lines = archive.read(f"tables/{name}.jsonl").decode().splitlines()
            assert len(lines) == sum(map(len, pieces))
        assert json.loads(archive.read("tables/resident.jsonl"))["phone"] == "=cmd|' /C calc'!A0"


def test_no_cell_of_a_table_is_run_by_a_spreadsheet_and_numbers_stay_numbers() -> None:
    with _archive() as archive:
        for name, _ in _TABLES:
            body = archive.read(f"tables/{name}.csv")
            assert body.startswith(b"\xef\xbb\xbf")
            for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")):
                for cell in row:
                    is_number = cell.lstrip("-").replace(".", "", 1).isdecimal()
                    assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
        assert "-39" in archive.read("tables/reading.csv").decode()


def test_the_page_says_in_words_what_is_there_and_runs_nothing() -> None:
    with _archive() as archive:
        page = archive.read("index.html").decode()
    assert "田中 花子さんについて保存されている記録" in page
    assert "田中 &lt;b&gt;花子&lt;/b&gt;" in page
    assert "<b>花子" not in page
    assert "<script" not in page
    assert "よみがな" in page
    # Of what is too much to read the page says how much there is in each month.
    assert "<td>2026-07</td><td>31</td>" in page
    assert "ほかの方が1人登録されています" in page
    with _archive(Language.EN) as archive:
        assert "What is kept of 田中 花子" in archive.read("index.html").decode()


def test_the_page_has_the_times_of_the_home_and_words_for_codes_and_leaves_what_people_wrote() -> None:
    tables: list[tuple[str, list[list[dict[str, Any]]]]] = [
        ("home", [[{"name": "六丁目", "time_zone": "Asia/Tokyo"}]]),
        (
            "access_log",
            [[{"at": "2026-07-01T09:00:00+00:00", "what": "export", "reason": "2026-07-01 09:00Z"}]],
        ),
        ("device_assignment", [[{"device_number": 3, "during": '["2026-06-30 15:00:00+00",)'}]]),
    ]

    def in_words(table: str, column: str, _row: Mapping[str, Any]) -> str:
        return "書き出した" if (table, column) == ("access_log", "what") else ""

    parts = archive_of(WholePerson("x", 0), tables, _NOW, Language.JA, in_words)
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        page = archive.read("index.html").decode()
        line = archive.read("tables/access_log.jsonl").decode()
    assert "2026-07-01 18:00に作りました" in page
    assert "<td>2026-07-01 18:00</td><td></td><td>書き出した</td><td>2026-07-01 09:00Z</td>" in page
    assert "<td>3</td><td>2026-07-01 00:00 ~ </td>" in page
    assert json.loads(line)["at"] == "2026-07-01T09:00:00+00:00"


def test_it_is_written_while_it_is_read() -> None:
    seen: list[int] = []

    def pieces() -> Iterator[Sequence[dict[str, Any]]]:
        for number in range(50):
            seen.append(number)
            yield [{"time": _NOW, "value": one} for one in range(2000)]

    parts = archive_of(WholePerson("x", 0), [("reading", pieces())], _NOW)
    given = 0
    while given < 10_000:
        given += len(next(parts))
    # The first bytes are on their way while most of it has yet to be asked for.
    assert len(seen) < 25


def test_every_table_that_is_given_out_has_a_name_in_words() -> None:
    texts = read_catalogue(SHARED)
    assert [one.name for one in OF_RESIDENTS if f"table.{one.name}" not in texts] == []
    known = {one.name for one in OF_RESIDENTS if one.is_given_out}
    assert person_archive._READABLE.keys() <= known  # pyright: ignore[reportPrivateUsage] - or it would never be shown
