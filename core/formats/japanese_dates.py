"""Dates as Japanese offices write them: years of an era or of the common calendar, in digits of any width."""

import re
import unicodedata
from datetime import date

# Each era's first day; it ends the day before the next one begins.
_ERAS = (
    ("明治", "M", date(1868, 1, 25)),
    ("大正", "T", date(1912, 7, 30)),
    ("昭和", "S", date(1926, 12, 25)),
    ("平成", "H", date(1989, 1, 8)),
    ("令和", "R", date(2019, 5, 1)),
)
_NAMES = {name: place for place, (long, short, _) in enumerate(_ERAS) for name in (long, short)}
_ERA_DATE = re.compile(
    r"(明治|大正|昭和|平成|令和|[MTSHR])\.?(元|\d{1,2})[年./-](\d{1,2})[月./-](\d{1,2})日?"
)
_DATE = re.compile(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?")
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")


def read_date(text: str) -> date:
    """Return the day that a text names.

    Raises
    ------
    ValueError
        It names none: another form, a day that does not exist, or one outside its era.

    Examples
    --------
    >>> read_date("昭和10年5月3日"), read_date("Ｓ１０．５．３"), read_date("1935/5/3")
    (datetime.date(1935, 5, 3), datetime.date(1935, 5, 3), datetime.date(1935, 5, 3))
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if found := _ERA_DATE.fullmatch(plain):
        return _of_era(found[1], 1 if found[2] == "元" else int(found[2]), int(found[3]), int(found[4]))
    if found := _DATE.fullmatch(plain) or _DIGITS.fullmatch(plain):
        return date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError(f"{text!r} is no date")


def _of_era(name: str, year: int, month: int, day: int) -> date:
    place = _NAMES[name]
    long, _, first = _ERAS[place]
    found = date(first.year + year - 1, month, day)
    ends = _ERAS[place + 1][2] if place + 1 < len(_ERAS) else date.max
    # Offices write the whole year of a change with either era's name; other years do not exist.
    if year < 1 or found.year < first.year or found.year > ends.year:
        raise ValueError(f"there was no {long}{year}")
    return found
