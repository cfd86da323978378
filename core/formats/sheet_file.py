"""Tables as offices have them, CSV or Excel, as rows of cells: in UTF-8, UTF-16 or CP932, bounded before they are unpacked."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.errors import InputError

LARGEST_FILE = 8 * 1024 * 1024
# Of a workbook, all its parts together; 5,000 residents take a twentieth of it.
_LARGEST_UNPACKED = 80 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS = 20_000, 200
_LONGEST_CELL = 2_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

Cell = str | int | float | date


class UnreadableSheetError(InputError):
    """A file that is no table; `code` says why, for whoever words it."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the file cannot be read: {code}")
        self.code = code


@dataclass(frozen=True)
class SheetRow:
    """A row that is not empty: its number in the file, from 1, and its cells."""

    number: int
    cells: tuple[Cell, ...]


def read_sheet(body: bytes) -> list[SheetRow]:
    """Return the rows of a file, or of the first sheet of a workbook, that are not empty.

    Raises
    ------
    UnreadableSheetError
        It is too large, packed beyond all measure, no text and no workbook.
    """
    if len(body) > LARGEST_FILE:
        raise UnreadableSheetError("too_large")
    if body.startswith(_OLD_EXCEL):
        raise UnreadableSheetError("old_excel")
    rows = _of_workbook(body) if body.startswith(_ZIP) else _of_text(body)
    return list(_kept(rows))


def _kept(rows: Iterable[Iterable[Any]]) -> Iterable[SheetRow]:
    count = 0
    for number, row in enumerate(rows, 1):
        # A sheet may say that it has a million rows.
        if number > MOST_ROWS * 2:
            raise UnreadableSheetError("too_many_rows")
        cells = tuple(_cell(one) for one in row)
        if len(cells) > MOST_COLUMNS and any(cell != "" for cell in cells[MOST_COLUMNS:]):
            raise UnreadableSheetError("too_many_columns")
        if any(cell != "" for cell in cells):
            count += 1
            if count > MOST_ROWS:
                raise UnreadableSheetError("too_many_rows")
            yield SheetRow(number, cells[:MOST_COLUMNS])


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = str(value).strip()
    if len(text) > _LONGEST_CELL:
        raise UnreadableSheetError("long_cell")
    return text


def _of_text(body: bytes) -> Iterable[list[str]]:
    text = _decoded(body)
    if "\x00" in text:
        raise UnreadableSheetError("no_text")
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableSheetError("no_table") from error


def _decoded(body: bytes) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return _in(body, name)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        # What Excel in Japan writes as "CSV".
        return _in(body, "cp932")


def _in(body: bytes, name: str) -> str:
    try:
        return body.decode(name)
    except UnicodeDecodeError as error:
        raise UnreadableSheetError("no_text") from error


def _of_workbook(body: bytes) -> Iterable[tuple[Any, ...]]:
    # Loaded when a workbook comes, which is seldom.
    from openpyxl import load_workbook

    _refuse_bomb(body)
    try:
        book: Any = load_workbook(io.BytesIO(body), read_only=True, data_only=False, keep_links=False)
        sheet: Any = book.worksheets[0]
        # What a sheet says of its size may be wrong or endless.
        sheet.reset_dimensions()
        # A row may have a cell far to the right and nothing between.
        yield from sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
    except Exception as error:  # a broken workbook raises whatever its parts do
        raise UnreadableSheetError("no_table") from error


def _refuse_bomb(body: bytes) -> None:
    """Refuse a workbook that unpacks to more than any real one; a part never yields more than it says."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableSheetError("no_table") from error
    if len(parts) > 2_000 or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
        raise UnreadableSheetError("bomb")
