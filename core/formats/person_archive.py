"""Everything about one person as a ZIP that is written while it is read: JSON Lines, CSV, a page to read, and a manifest."""

import csv
import hashlib
import html
import io
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

import msgspec

from core.domain.people import Language
from core.texts.catalogue import SHARED, LanguageTexts, read_catalogue

_TEXTS = Path(__file__).parent / "texts"
# What people read first, and which columns of it; all columns are in the files.
_READABLE: Mapping[str, Sequence[str]] = {
    "resident": ("name", "kana", "born_on", "phone", "note", "watched_from", "ended_at"),
    "home": ("name", "area", "lat", "lon"),
    "contact": ("name", "relation", "calls_resident", "step"),
    "contact_channel": ("contact_id", "kind", "address", "confirmed_at"),
    "user_account": ("name", "login"),
    "absence": ("kind", "began_at", "ended_at", "note"),
    "prompt_setting": ("is_on", "most_in_a_week", "agreed", "changed_at"),
    "prompt": ("asked_at", "sent_at", "answer", "answered_at"),
    "quiet_limit": ("place", "device_number", "quiet_min", "created_at", "deleted_at"),
    "geofence": ("name", "shape", "created_at", "deleted_at"),
    "alert": ("rule", "severity", "began_at", "closed_at", "outcome"),
    "alert_event": ("at", "alert_id", "kind", "detail"),
    "notification": ("sent_at", "contact_id", "status"),
    "access_log": ("at", "user_id", "what", "reason"),
    "watch_change": ("at", "what", "before", "after"),
    "device_assignment": ("device_number", "during"),
    "device": ("device_number", "device_id", "kind", "place"),
}
_BY_MONTH = ("reading", "fix")
# What somebody wrote stays as it is.
_PROSE = {"name", "note", "reason", "relation", "calls_resident", "kana", "phone", "address"}
_MOST_SHOWN = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COMPRESSION = 1
_COPIED = 1 << 20
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)")
Row = Mapping[str, Any]
InWords = Callable[[str, str, Row], str]
"""Returns what a column of a table says in a row, in words for its reader; empty where it is in words already."""


@cache
def _texts(language: Language) -> LanguageTexts:
    return LanguageTexts(language, read_catalogue(_TEXTS, SHARED))


@dataclass(frozen=True)
class WholePerson:
    """Whose archive it is, and how many others live in the home."""

    name: str
    others_at_home: int


@dataclass
class _Written:
    """What stands in the archive of one table."""

    rows: int = 0
    shown: list[Row] = field(default_factory=list[Row])
    months: Counter[str] = field(default_factory=Counter[str])


class _Sink(io.RawIOBase):
    """Takes what the ZIP writes until it is fetched; it cannot go back, so the ZIP is one that can be sent while it grows."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


class _Member:
    """A file of the archive, with the digest of what is written to it."""

    def __init__(self, archive: zipfile.ZipFile, name: str, made_at: datetime) -> None:
        entry = zipfile.ZipInfo(name, made_at.timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        self._file = archive.open(entry, "w", force_zip64=True)
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)

    def close(self) -> str:
        """End the file and return its SHA-256 in hexadecimal digits."""
        self._file.close()
        return self._digest.hexdigest()


def archive_of(
    whose: WholePerson,
    tables: Iterable[tuple[str, Iterable[Sequence[Row]]]],
    made_at: datetime,
    language: Language = Language.JA,
    in_words: InWords = lambda _table, _column, _row: "",
) -> Iterator[bytes]:
    """Give the bytes of the archive as they come to be.

    Parameters
    ----------
    whose : WholePerson
        The person.
    tables : iterable of (str, iterable of sequences of rows)
        Each table by name with its rows, in pieces that fit into memory.
    made_at : datetime
        When.
    language : Language
        Of the page to read.
    in_words : callable
        Puts codes into words, on that page.

    Notes
    -----
    CSV begins with a byte order mark, as Excel wants it; a text that a spreadsheet would run as a formula gets an apostrophe.
    """
    sink = _Sink()
    written: dict[str, _Written] = {}
    digests: dict[str, str] = {}
    with zipfile.ZipFile(cast("BinaryIO", sink), "w", compresslevel=_COMPRESSION) as archive:
        for name, pieces in tables:
            written[name] = one = _Written()
            yield from _table(archive, sink, name, pieces, one, digests, made_at)
        page = _page(
            whose, written, made_at, _Wording(_texts(language), _zone_in(written), in_words)
        ).encode()
        digests["index.html"] = _whole(archive, "index.html", page, made_at)
        _whole(archive, "manifest.json", _manifest(written, digests, made_at), made_at)
    yield sink.taken()


def _table(
    archive: zipfile.ZipFile,
    sink: _Sink,
    name: str,
    pieces: Iterable[Sequence[Row]],
    one: _Written,
    digests: dict[str, str],
    made_at: datetime,
) -> Iterator[bytes]:
    """Write the two files of a table; the second waits in an unnamed file, since one is written after the other."""
    encode = msgspec.json.Encoder().encode
    lines = _Member(archive, f"tables/{name}.jsonl", made_at)
    with tempfile.TemporaryFile() as waiting:
        waiting.write(b"\xef\xbb\xbf")
        heads: list[str] = []
        for piece in pieces:
            text = io.StringIO(newline="")
            table = csv.writer(text)
            if not heads and piece:
                heads = list(piece[0])
                table.writerow(heads)
            table.writerows(
                [
                    value if (cell := _CELLS.get(type(value))) is None else cell(value)
                    for value in cast("Iterable[object]", map(row.get, heads))
                ]
                for row in piece
            )
            lines.write(b"\n".join(map(encode, piece)) + b"\n" if piece else b"")
            waiting.write(text.getvalue().encode("utf-8", "replace"))
            _note(name, piece, one)
            yield sink.taken()
        digests[f"tables/{name}.jsonl"] = lines.close()
        waiting.seek(0)
        copy = _Member(archive, f"tables/{name}.csv", made_at)
        while part := waiting.read(_COPIED):
            copy.write(part)
            yield sink.taken()
        digests[f"tables/{name}.csv"] = copy.close()
    yield sink.taken()


def safe_cell(value: object) -> object:
    """Return a value as a cell of CSV that no spreadsheet runs as a formula.

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("- none"), safe_cell(-1.5), safe_cell(None), safe_cell({"a": 1})
    ("'=1+1", "'- none", -1.5, '', '{"a":1}')
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        value = msgspec.json.encode(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


# A year of readings has tens of millions of cells: what is not of these types is written as it is, None as nothing.
_CELLS: Mapping[type[object], Callable[[Any], object]] = {
    datetime: datetime.isoformat,
    str: safe_cell,
    list: safe_cell,
    dict: safe_cell,
}


def _note(name: str, piece: Sequence[Row], one: _Written) -> None:
    one.rows += len(piece)
    if name in _BY_MONTH:
        months = Counter(
            (at.year, at.month) if isinstance(at, datetime) else str(at)[:7]
            for at in (row["time"] for row in piece)
        )
        for month, count in months.items():
            one.months[month if isinstance(month, str) else f"{month[0]:04}-{month[1]:02}"] += count
    elif name in _READABLE:
        one.shown += piece[: _MOST_SHOWN - len(one.shown)]


def _whole(archive: zipfile.ZipFile, name: str, body: bytes, made_at: datetime) -> str:
    member = _Member(archive, name, made_at)
    member.write(body)
    return member.close()


def _manifest(written: Mapping[str, _Written], digests: Mapping[str, str], made_at: datetime) -> bytes:
    body = {
        "made_at": made_at.isoformat(),
        "rows": {name: one.rows for name, one in written.items()},
        "sha256": dict(digests),
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2)


@dataclass(frozen=True)
class _Wording:
    """How the page says something: in which language, by which clock, and codes in words."""

    words: LanguageTexts
    zone: ZoneInfo
    in_words: InWords

    def cell(self, table: str, column: str, row: Row) -> str:
        """Return what stands in a cell."""
        value = row.get(column)
        if value is None:
            return ""
        if said := self.in_words(table, column, row):
            return said
        text = msgspec.json.encode(value).decode() if isinstance(value, list | dict) else str(value)
        return text if column in _PROSE else self.times(text)

    def times(self, text: str) -> str:
        """Return a text with its times by the clock of the home, and a time from one to another in words."""
        said = _TIME.sub(lambda found: self.clock(datetime.fromisoformat(found[0])), text)
        if len(said) > 2 and said[0] in "[(" and said[-1] in "])" and "," in said and said != text:
            since, until = (part.strip('"') for part in said[1:-1].split(",", 1))
            return self.words("archive.until", since=since, until=until)
        return said

    def clock(self, time: datetime) -> str:
        """Return a time by the clock of the home."""
        return f"{time.astimezone(self.zone):%Y-%m-%d %H:%M}"


def _zone_in(written: Mapping[str, _Written]) -> ZoneInfo:
    """Return the zone of the home, whose row is among what was written."""
    shown = written["home"].shown if "home" in written else []
    return ZoneInfo(str(shown[0]["time_zone"]) if shown else "UTC")


def _page(whose: WholePerson, written: Mapping[str, _Written], made_at: datetime, wording: _Wording) -> str:
    words = wording.words
    title = words("archive.title", name=whose.name)
    notes = [words("archive.made", at=wording.clock(made_at), zone=wording.zone.key), words("archive.what")]
    notes += [words("archive.safe"), words("archive.hidden")]
    if whose.others_at_home:
        notes.append(words("archive.shared", n=whose.others_at_home))
    first = [name for name in (*_READABLE, *_BY_MONTH) if name in written]
    parts = [_section(name, written[name], wording) for name in first]
    others = [(name, one) for name, one in written.items() if name not in first and one.rows]
    if others:
        heads = [words("archive.kind"), words("archive.count"), words("archive.file")]
        rows = [[words(f"table.{name}"), one.rows, f"tables/{name}.csv"] for name, one in others]
        parts.append(f"<h2>{html.escape(words('archive.more'))}</h2>{_grid(heads, rows)}")
    said = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
    return (
        f'<!doctype html><html lang="{words.language.value}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>"
        "body{font:16px/1.7 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;"
        "vertical-align:top;overflow-wrap:anywhere}th{background:#f2f2f2}</style></head>"
        f"<body><h1>{html.escape(title)}</h1>{said}{''.join(parts)}</body></html>"
    )


def _section(name: str, one: _Written, wording: _Wording) -> str:
    words = wording.words
    count = words("archive.rows", n=one.rows)
    label = words("archive.devices") if name == "device" else words(f"table.{name}")
    head = f"<h2>{html.escape(label)} ({html.escape(count)})</h2>"
    if not one.rows:
        return head
    file = f"tables/{name}.csv"
    if name in _BY_MONTH:
        rows = [[month, number] for month, number in sorted(one.months.items())]
        note = words("archive.by_month", file=file)
        grid = _grid([words("archive.month"), words("archive.count")], rows)
        return f"{head}<p>{html.escape(note)}</p>{grid}"
    columns = _READABLE[name]
    key = "first" if one.rows > len(one.shown) else "all_in"
    note = words(f"archive.{key}", n=len(one.shown), file=file)
    rows = [[wording.cell(name, column, row) for column in columns] for row in one.shown]
    grid = _grid([words(f"column.{column}") for column in columns], rows)
    return f"{head}<p>{html.escape(note)}</p>{grid}"


def _grid(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    top = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
