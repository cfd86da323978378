"""The table of residents with their contacts that an office imports: its columns, and each row with every problem in it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.domain.delivery import telephone
from core.domain.delivery.contact_channel import UnusableAddressError, usable_address
from core.domain.people import Channel
from core.domain.records.name_key import name_key
from core.formats.japanese_dates import read_date
from core.formats.sheet_file import Cell, SheetRow

MOST_CONTACTS = 3
# The head may stand below a title, and in two rows whose upper one names groups.
_HEAD_WITHIN = 10
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("番号", "number"),
    "name": ("名前", "氏名", "name"),
    "kana": ("よみがな", "ふりがな", "フリガナ", "氏名カナ", "カナ", "reading", "kana"),
    "born_on": ("生年月日", "dateofbirth", "bornon"),
    "phone": ("電話番号", "電話", "telephone", "phone"),
    "office": ("担当窓口", "窓口", "office"),
    "home": ("住まい", "住居", "home"),
    "area": ("町丁目", "町", "area"),
}
_CONTACT: Mapping[str, tuple[str, ...]] = {
    "name": ("名前", "氏名", "name"),
    "relation": ("続柄", "関係", "relation"),
    "phone": ("電話番号", "電話", "phone"),
    "mail": ("メール", "メールアドレス", "mail"),
    "step": ("順番", "step"),
}
_GROUPS = ("連絡先", "contact")
TEMPLATE_HEAD = (
    "番号", "名前", "よみがな", "生年月日", "電話番号", "担当窓口", "住まい", "町丁目",
    *(f"連絡先{n}{one}" for n in (1, 2, 3) for one in ("名前", "続柄", "電話番号", "メール", "順番")),
)  # fmt: skip
_FORMULA = re.compile(r"[=@]|[+-](?![\d\s(])")
_PHONE = re.compile(r"[0-9+() .-]*")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class TableProblem:
    """What is wrong in one cell: the row of the file, the head of the column, and a code."""

    row: int
    column: str
    code: str
    shown: str = ""


@dataclass(frozen=True)
class ContactRow:
    """A contact of a row; addresses are as they are stored, `place` is that of its columns."""

    name: str
    relation: str
    step: int
    channels: tuple[tuple[Channel, str], ...]
    place: int


@dataclass(frozen=True)
class PersonRow:
    """A resident of a row; an empty text or None is a column that is empty or not there, and changes nothing."""

    row: int
    number: int | None
    name: str
    kana: str
    born_on: date | None
    phone: str
    office: str
    home: str
    area: str
    contacts: tuple[ContactRow, ...] = ()


@dataclass
class PeopleTable:
    """What was read: the rows, and every problem; with one problem nothing is taken."""

    rows: list[PersonRow] = field(default_factory=list[PersonRow])
    problems: list[TableProblem] = field(default_factory=list[TableProblem])


def read_people(sheet: Sequence[SheetRow]) -> PeopleTable:
    """Return the residents of a sheet, with every problem by row and column."""
    table = PeopleTable()
    head = _head(sheet)
    if head is None:
        table.problems.append(TableProblem(sheet[0].number if sheet else 1, "", "no_head"))
        return table
    place, columns = head
    for row in sheet[place + 1 :]:
        table.rows.append(_Row(row, columns, table.problems).person())
    if not table.rows:
        table.problems.append(TableProblem(sheet[place].number, "", "no_rows"))
    _repeats(table)
    return table


def _head(sheet: Sequence[SheetRow]) -> tuple[int, dict[str, int]] | None:
    """Return which row is the head, and the place of each column; None where no row names people and homes."""
    best: tuple[int, dict[str, int]] | None = None
    for place, row in enumerate(sheet[:_HEAD_WITHIN]):
        found = _columns_of(row, sheet[place - 1] if place else None)
        if {"name", "home"} <= found.keys() and (best is None or len(found) > len(best[1])):
            best = (place, found)
    return best


def _columns_of(row: SheetRow, above: SheetRow | None) -> dict[str, int]:
    found: dict[str, int] = {}
    group = ""
    for place, cell in enumerate(row.cells):
        upper = _plain(above.cells[place]) if above is not None and place < len(above.cells) else ""
        # A merged cell has its text in its first place only.
        group = upper or group
        own = _plain(cell)
        name = (own and (_named(group + own) or _named(own))) or (not own and _named(upper)) or ""
        if name and name not in found:
            found[name] = place
    return found


def _named(text: str) -> str:
    for column, names in _COLUMNS.items():
        if text in map(_plain, names):
            return column
    for group in _GROUPS:
        if match := re.fullmatch(rf"{group}([1-{MOST_CONTACTS}])(?:の)?(.+)", text):
            for column, names in _CONTACT.items():
                if match[2] in map(_plain, names):
                    return f"contact{match[1]}_{column}"
    return ""


def _plain(cell: Cell) -> str:
    return re.sub(r"[\s_・:()*※必須]", "", unicodedata.normalize("NFKC", str(cell))).lower()


class _Row:
    """Reads one row, and notes what is wrong in it."""

    def __init__(self, row: SheetRow, columns: Mapping[str, int], problems: list[TableProblem]) -> None:
        self._row = row
        self._columns = columns
        self._problems = problems

    def person(self) -> PersonRow:
        return PersonRow(
            row=self._row.number,
            number=self._whole("number", 2**31 - 1),
            name=self._text("name", is_required=True),
            kana=self._text("kana"),
            born_on=self._date("born_on"),
            phone=self._phone("phone"),
            office=self._text("office"),
            home=self._text("home", is_required=True),
            area=self._text("area"),
            contacts=tuple(self._contacts()),
        )

    def _contacts(self) -> Iterator[ContactRow]:
        seen: set[str] = set()
        for place in range(1, MOST_CONTACTS + 1):
            prefix = f"contact{place}_"
            parts = {one: self._cell(prefix + one) for one in _CONTACT}
            if all(part == "" for part in parts.values()):
                continue
            name = self._text(f"{prefix}name", is_required=True)
            channels = tuple(self._channels(prefix))
            if not channels and name:
                self._wrong(f"{prefix}phone", "no_channel")
            if name_key(name) in seen:
                self._wrong(f"{prefix}name", "contact_twice", name)
            seen.add(name_key(name))
            step = self._whole(f"{prefix}step", 9)
            yield ContactRow(name, self._text(f"{prefix}relation"), step or place, channels, place)

    def _channels(self, prefix: str) -> Iterator[tuple[Channel, str]]:
        if phone := self._phone(f"{prefix}phone"):
            for kind in (Channel.SMS, Channel.VOICE):
                try:
                    yield kind, usable_address(kind, phone)
                    break
                except UnusableAddressError:
                    if kind is Channel.VOICE:
                        self._wrong(f"{prefix}phone", "phone", phone)
        if mail := self._text(f"{prefix}mail"):
            try:
                yield Channel.MAIL, usable_address(Channel.MAIL, mail)
            except UnusableAddressError:
                self._wrong(f"{prefix}mail", "mail", mail)

    def _cell(self, column: str) -> Cell:
        place = self._columns.get(column)
        return "" if place is None or place >= len(self._row.cells) else self._row.cells[place]

    def _text(self, column: str, *, is_required: bool = False) -> str:
        cell = self._cell(column)
        text = unicodedata.normalize("NFC", str(cell)).replace("\u3000", " ").strip()
        if is_required and not text:
            self._wrong(column, "missing")
        if _FORMULA.match(text):
            self._wrong(column, "formula", text[:20])
        if len(text) > _LONGEST_NAME:
            self._wrong(column, "too_long", text[:20])
        if any(ord(one) < 0x20 for one in text):
            self._wrong(column, "line_break")
        return text

    def _date(self, column: str) -> date | None:
        cell = self._cell(column)
        if cell == "":
            return None
        if isinstance(cell, date):
            return cell
        try:
            return read_date(str(cell))
        except ValueError:
            self._wrong(column, "date", str(cell)[:20])
            return None

    def _phone(self, column: str) -> str:
        cell = self._cell(column)
        if isinstance(cell, int | float):
            # A number has no leading zero: Excel has taken it away.
            self._wrong(column, "lost_zero", str(cell))
            return ""
        text = telephone.written(self._text(column))
        if not _PHONE.fullmatch(text):
            self._wrong(column, "phone", text[:20])
            return ""
        return text

    def _whole(self, column: str, most: int) -> int | None:
        cell = self._cell(column)
        text = unicodedata.normalize("NFKC", str(int(cell) if isinstance(cell, float) else cell)).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) < 11 and 1 <= int(text) <= most):
            self._wrong(column, "number", text[:20])
            return None
        return int(text)

    def _wrong(self, column: str, code: str, shown: str = "") -> None:
        self._problems.append(TableProblem(self._row.number, column, code, shown))


def _repeats(table: PeopleTable) -> None:
    """Note residents that stand twice in the table."""
    seen: dict[tuple[str, str] | int, int] = {}
    for one in table.rows:
        for key in ((name_key(one.home), name_key(one.name)), one.number):
            if key is None or key == ("", ""):
                continue
            if key in seen:
                table.problems.append(TableProblem(one.row, "name", "twice", str(seen[key])))
            seen.setdefault(key, one.row)
