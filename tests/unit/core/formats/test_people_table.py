"""Tables of residents as offices have them: encodings, eras, widths, heads in two rows, and what is refused."""

import io
import tracemalloc
import zipfile
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from core.domain.people import Channel
from core.formats.japanese_dates import read_date
from core.formats.people_table import PeopleTable, read_people
from core.formats.sheet_file import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS, UnreadableSheetError, read_sheet

_HEAD = "名前,よみがな,生年月日,電話番号,住まい,町丁目,連絡先1名前,連絡先1続柄,連絡先1電話番号,連絡先1メール"
_ROW = "田中 花子,たなか はなこ,昭和10年5月3日,03-1111-0001,三丁目 A-102,三丁目,田中 太郎,長男,090-1234-5678,taro@example.jp"


def _read(body: bytes) -> PeopleTable:
    return read_people(read_sheet(body))


def _codes(table: PeopleTable) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code) for one in table.problems]


def _workbook(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_table_is_read_in_the_encodings_of_offices(encoding: str) -> None:
    table = _read(f"{_HEAD}\r\n\r\n{_ROW}\r\n".encode(encoding))

    (one,) = table.rows
    assert table.problems == []
    assert (one.row, one.name, one.home, one.area) == (3, "田中 花子", "三丁目 A-102", "三丁目")
    assert one.born_on == date(1935, 5, 3)
    (contact,) = one.contacts
    assert contact.channels == ((Channel.SMS, "+819012345678"), (Channel.MAIL, "taro@example.jp"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("昭和10年5月3日", date(1935, 5, 3)),
        ("S10.5.3", date(1935, 5, 3)),
        ("ｓ１０／５／３", date(1935, 5, 3)),
        ("昭和 64年 1月 7日", date(1989, 1, 7)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("大正15.12.24", date(1926, 12, 24)),
        ("１９３５年５月３日", date(1935, 5, 3)),
        ("1935-05-03", date(1935, 5, 3)),
        ("19350503", date(1935, 5, 3)),
    ],
)
def test_dates_are_read_as_offices_write_them(text: str, day: date) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    "text", ["昭和65年1月1日", "S10.2.30", "昭和0年5月3日", "10.5.3", "きのう", "1935/13/1", ""]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_date(text)


def test_heads_in_two_rows_with_merged_groups_below_a_title_are_understood() -> None:
    body = _workbook(
        ("見守り名簿", None, None, None, None, None, None, None),
        ("名前", "生年月日", "住まい", "連絡先１", None, None, "連絡先２", None),
        (None, None, None, "名前", "電話", "続柄", "氏名", "メール"),
        (
            "田中 花子",
            date(1935, 5, 3),
            "A-102",
            "田中 太郎",
            "０９０－１２３４－５６７８",
            "長男",
            "鈴木",
            "s@example.jp",
        ),
        (None, None, None, None, None, None, None, None),
    )
    table = _read(body)

    assert table.problems == []
    (one,) = table.rows
    assert one.born_on == date(1935, 5, 3)
    assert [(contact.name, contact.step, contact.channels) for contact in one.contacts] == [
        ("田中 太郎", 1, ((Channel.SMS, "+819012345678"),)),
        ("鈴木", 2, ((Channel.MAIL, "s@example.jp"),)),
    ]


def test_every_problem_is_named_by_row_and_column() -> None:
    rows = [
        _HEAD,
        ",たなか,昭和99年5月3日,電話なし,A-1,,,,,",
        "鈴木 一郎,,,,,,連絡する人,,,",
        "高橋 トメ,,,,A-2,,=cmd(),,090-1,not a mail",
        "高橋 トメ,,,,A-2,,,,,",
    ]
    assert _codes(_read("\n".join(rows).encode())) == [
        (2, "name", "missing"),
        (2, "born_on", "date"),
        (2, "phone", "phone"),
        (3, "home", "missing"),
        (3, "contact1_phone", "no_channel"),
        (4, "contact1_name", "formula"),
        (4, "contact1_phone", "phone"),
        (4, "contact1_mail", "mail"),
        (4, "contact1_phone", "no_channel"),
        (5, "name", "twice"),
    ]


def test_a_telephone_number_that_excel_took_for_a_number_is_refused() -> None:
    table = _read(_workbook(("名前", "住まい", "電話番号"), ("田中", "A-1", 311110001)))
    assert _codes(table) == [(2, "phone", "lost_zero")]


def test_a_formula_in_a_workbook_is_refused() -> None:
    table = _read(_workbook(("名前", "住まい"), ("=HYPERLINK(1)", "A-1")))
    assert _codes(table) == [(2, "name", "formula")]


def test_a_table_without_heads_says_so() -> None:
    assert _codes(_read("田中,A-1\n".encode())) == [(1, "", "no_head")]


def _bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (81 * 1024 * 1024))
    return written.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"x" * (LARGEST_FILE + 1), "too_large"),
        (b"\xd0\xcf\x11\xe0rest", "old_excel"),
        (b"PK\x03\x04 and no more", "no_table"),
        (b"\xff\x00\x81", "no_text"),
        (b"a,b\n" * (MOST_ROWS + 1), "too_many_rows"),
        (b"a," * 300 + b"b\n", "too_many_columns"),
        (b"x" * 2001 + b",b\n", "long_cell"),
    ],
    ids=["large", "old", "broken", "binary", "rows", "columns", "cell"],
)
def test_what_is_no_table_or_too_large_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(UnreadableSheetError) as refused:
        read_sheet(body)
    assert refused.value.code == code


def test_a_workbook_that_unpacks_without_measure_is_refused_before_it_is_unpacked() -> None:
    body = _bomb()
    assert len(body) < LARGEST_FILE
    with pytest.raises(UnreadableSheetError) as refused:
        read_sheet(body)
    assert refused.value.code == "bomb"


def _of_sheet(sheet: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(_workbook(("名前", "住まい")))) as read:
        parts = {name: read.read(name) for name in read.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return written.getvalue()


def test_entities_in_a_workbook_expand_to_nothing_large() -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 20}">' for n in range(8)
    )
    with pytest.raises(UnreadableSheetError) as refused:
        read_sheet(_of_sheet(laughs + "]><worksheet>&i;</worksheet>"))
    assert refused.value.code == "no_table"


def test_cells_far_to_the_right_take_no_memory() -> None:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>x</t></is></c><c r="XFD{n}"/></row>'
        for n in range(1, 301)
    )
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    tracemalloc.start()
    try:
        read = read_sheet(_of_sheet(f"{head}{rows}</sheetData></worksheet>"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [len(one.cells) for one in read] == [MOST_COLUMNS] * 300
    assert peak < 8 * 1024 * 1024


def test_a_workbook_that_breaks_after_some_rows_is_no_table() -> None:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    with pytest.raises(UnreadableSheetError) as refused:
        read_sheet(_of_sheet(f'{head}<row r="1"><c r="A1"><v>1</v></c></row><row'))
    assert refused.value.code == "no_table"
