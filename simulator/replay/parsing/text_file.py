"""Opens files of text as people have them: packed or not, in the encodings of Japanese and Western machines."""

import codecs
import gzip
import re
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast
from zoneinfo import ZoneInfo

from core.errors import InputError
from simulator.replay.parsing.times import DateOrder, TimeReader

UTC_ZONE = ZoneInfo("UTC")
_GZIP = b"\x1f\x8b"
# How files begin that hold no text, what they are, and what to do.
_SAVE_AS_CSV = "in Excel, save the sheet as 'CSV UTF-8'"
_NO_TEXT_FILES = (
    (b"PK\x03\x04", f"an Excel workbook or a ZIP archive; {_SAVE_AS_CSV}, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", f"an old Excel workbook; {_SAVE_AS_CSV}"),
    (b"SQLite format 3\x00", "a database of SQLite; export what it holds as CSV"),
    (b"%PDF", "a PDF; ask whoever made it for the table as CSV"),
)
_CHUNK = 1 << 20
# A line of a recording has some hundred signs; a file without line ends must not be taken into memory whole.
_LONGEST_LINE, _LONGEST_HEADING = 100_000, 16_384
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tried in this order; a file of Windows in Western Europe can look like CP932, never the other way round.
_OTHERS = ("cp932", "euc_jp", "cp1252")
_SHOWN = {"cp932": "CP932 (Shift_JIS)", "euc_jp": "EUC-JP", "cp1252": "Windows-1252"}
# No text: what CP932 makes of bytes that it has no sign for.
_NO_SIGN = re.compile("[\x80-\x9f\ue000-\uf8ff]")
_BESIDE_A_LETTER = re.compile("(?<=[A-Za-z])[^\x00-\x7f]|[^\x00-\x7f](?=[A-Za-z])")
_TAKEN_APART = re.compile("[\uff61-\uff9f][^\x00-\x7f\uff61-\uff9f]|[^\x00-\x7f\uff61-\uff9f][\uff61-\uff9f]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


class Encoding(NamedTuple):
    """How bytes become text, and what a person should know about it."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class FileChoices:
    """What a person says about a file, where the file does not.

    Attributes
    ----------
    zone : ZoneInfo
        Of times without an offset.
    encoding : str
        As Python names it; empty: find it out.
    home_column : str
        The column that separates homes; `none`: all is of one home; empty: find it out.
    dates : DateOrder or None
        The order of dates that end in the year; None finds it out.
    """

    zone: ZoneInfo = UTC_ZONE
    encoding: str = ""
    home_column: str = ""
    dates: DateOrder | None = None

    def time_reader(self, column: str = "") -> TimeReader:
        """Return a reader of the times of a column, whose name may say UTC."""
        says_utc = "utc" in re.split(r"[\W_]+", column.lower())
        return TimeReader(UTC if says_utc else self.zone, self.dates, is_assumed=not says_utc)


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """Open a file for reading, unpacked if it is gzip.

    Raises
    ------
    InputError
        It cannot be read, also while it is read until it is closed; or it is no text, such as a workbook.
    """
    try:
        with path.open("rb") as file:
            is_packed = file.read(2) == _GZIP
            file.seek(0)
            if is_packed:
                with gzip.open(file) as unpacked:
                    yield _checked(path, cast("BinaryIO", unpacked))
            else:
                yield _checked(path, file)
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path}: cannot read the recording: {said}") from error


def _checked(path: Path, file: BinaryIO) -> BinaryIO:
    begins = file.read(16)
    file.seek(0)
    for first, what in _NO_TEXT_FILES:
        if begins.startswith(first):
            raise InputError(f"{path} is no text but {what}")
    return file


def encoding_of(path: Path, named: str = "") -> Encoding:
    """Return the encoding of a file: the one that is named or marked in it, else the first one in which all of it is text.

    Raises
    ------
    InputError
        The file cannot be read, or no encoding has that name.
    """
    if named:
        try:
            return Encoding(codecs.lookup(named).name)
        except (LookupError, ValueError):
            raise InputError(
                f"--encoding {named}: there is none of that name; for example utf-8, utf-16, cp932, euc_jp or cp1252"
            ) from None
    with opened(path) as file:
        marked = _marked(file.read(65_536))
        if marked is not None:
            return marked
        file.seek(0)
        if _is_text(file, "utf-8"):
            return Encoding("utf-8")
        file.seek(0)
        for name in () if _is_mostly_utf_8(file) else _OTHERS:
            if _fits(file, name) and not (name == "cp932" and _is_rather_euc_jp(file)):
                return Encoding(
                    name, f"not in UTF-8: read as {_SHOWN[name]}; --encoding names another encoding"
                )
    return Encoding("utf-8")


def _marked(begins: bytes) -> Encoding | None:
    """Return the encoding that the first bytes of a file show."""
    for mark, name in _MARKS:
        if begins.startswith(mark):
            return Encoding(name)
    if b"\x00" not in begins:
        return None
    # Signs of ASCII have a zero byte in UTF-16: the second one if the low byte comes first.
    low_first = begins[1::2].count(0) >= begins[::2].count(0)
    return Encoding("utf-16-le" if low_first else "utf-16-be", "no mark of an encoding: read as UTF-16")


def _fits(file: BinaryIO, name: str) -> bool:
    file.seek(0)
    return _is_text(file, name)


def _is_rather_euc_jp(file: BinaryIO) -> bool:
    """Return whether a file that fits CP932 is EUC-JP all the same.

    Each kana and most kanji of CP932 begin with a byte that EUC-JP does not have. What fits both is half-width kana as CP932, and where
    these stand beside other signs it is the kanji of EUC-JP taken apart; half-width kana alone stay what they are.
    """
    file.seek(0)
    with text_of(file, Encoding("cp932")) as text:
        if not any(_TAKEN_APART.search(chunk) for chunk in iter(lambda: text.read(_CHUNK), "")):
            return False
    return _fits(file, "euc_jp")


def _is_text(file: BinaryIO, name: str) -> bool:
    """Return whether a file is text in an encoding, and plausible: what stands beside Latin letters is Western."""
    decoder = codecs.getincrementaldecoder(name)()
    others = beside = 0
    try:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            text = decoder.decode(chunk)
            if name != "utf-8" and not text.isascii():
                if _NO_SIGN.search(text):
                    return False
                others += len(_NOT_ASCII.findall(text))
                beside += len(_BESIDE_A_LETTER.findall(text))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    if name == "cp1252":
        return 2 * beside >= others
    return name == "utf-8" or 2 * beside <= others


def _is_mostly_utf_8(file: BinaryIO) -> bool:
    """Return whether a file that is not UTF-8 has more signs of it than bytes that are none: it is damaged."""
    signs = damaged = 0
    for chunk in iter(lambda: file.read(_CHUNK), b""):
        if chunk.isascii():
            continue
        text = chunk.decode("utf-8", "surrogateescape")
        escaped = sum("\udc80" <= sign <= "\udcff" for sign in text)
        damaged += escaped
        signs += len(_NOT_ASCII.findall(text)) - escaped
    return signs > damaged


@contextmanager
def text_of(file: BinaryIO, encoding: Encoding) -> Generator[TextIOWrapper]:
    """Read a file as text from where it stands; it stays open. Bytes that are no text become U+FFFD."""
    text = TextIOWrapper(file, encoding=encoding.name, errors="replace", newline="")
    try:
        yield text
    finally:
        if not file.closed:
            text.detach()


def first_lines(path: Path, encoding: Encoding) -> list[str]:
    """Return the first two lines of a file, of which the second may be cut; a longer first line is cut too."""
    with opened(path) as file, text_of(file, encoding) as text:
        return text.read(_LONGEST_HEADING).removeprefix("\ufeff").splitlines(keepends=True)[:2]


def lines_of(file: BinaryIO, encoding: Encoding, name: str) -> Generator[str]:
    """Yield the lines of a file with their ends.

    Raises
    ------
    InputError
        A line has more than 100,000 signs.
    """
    with text_of(file, encoding) as text:
        for number, line in enumerate(iter(lambda: text.readline(_LONGEST_LINE), ""), 1):
            if len(line) >= _LONGEST_LINE:
                raise InputError(
                    f"{name}, line {number}: has more than {_LONGEST_LINE} signs; this is no table"
                )
            yield line.removeprefix("\ufeff") if number == 1 else line
