"""The columns of a table as people name them: which holds what, and which one says whose a line is."""

import re
from collections.abc import Mapping, Sequence
from unicodedata import normalize

from core.errors import InputError
from simulator.replay.parsing.table import FileRow

NO_HOME_COLUMN = "none"
# The words that files use for the same columns, the surest first; see `plain`.
HOME_WORDS = (
    "home",
    "home_id",
    "home_name",
    "house",
    "house_id",
    "household",
    "household_id",
    "住まい",
    "住居",
    "住宅",
    "世帯",
)
PERSON_WORDS = (
    *(
        "patient_id",
        "patient",
        "user_id",
        "uid",
        "user",
        "userid",
        "user_name",
        "username",
        "resident",
        "resident_id",
    ),
    *(
        "person",
        "person_id",
        "participant",
        "participant_id",
        "subject",
        "subject_id",
        "client",
        "client_id",
        "who",
        "pid",
    ),
    *("利用者", "利用者名", "利用者id", "入居者", "居住者", "対象者", "氏名", "名前"),
)
# One may as well number the lines, the other may be one of several of a person.
_NUMBERS_LINES, DEVICE_WORDS = ("id",), ("device",)
TIME_WORDS = (
    *(
        "tracked_at",
        "time",
        "date_time",
        "datetime",
        "timestamp",
        "last_changed",
        "last_updated",
        "time_utc",
        "recorded_at",
    ),
    *("日時", "計測日時", "記録日時", "発生日時", "時刻", "date", "日付", "年月日"),
)
DATE_WORDS, CLOCK_WORDS = ("date", "日付", "年月日"), ("time", "時刻", "clock", "time_of_day")
EVENT_WORDS: Mapping[str, Sequence[str]] = {
    "time": TIME_WORDS,
    "place": (
        "place",
        "location_name",
        "location",
        "room",
        "場所",
        "部屋",
        "設置場所",
        "sensor",
        "sensor_name",
        "sensor_id",
    ),
    "metric": ("metric", "measurement", "項目", "計測項目"),
    "value": ("value", "state", "reading", "値", "計測値", "状態"),
}
POSITION_WORDS: Mapping[str, Sequence[str]] = {
    "time": TIME_WORDS,
    "latitude": ("latitude", "lat", "緯度"),
    "longitude": ("longitude", "lon", "lng", "long", "経度"),
    "elevation": ("elevation", "altitude", "ele", "alt", "標高", "高度"),
    "accuracy": ("accuracy", "accuracy_m", "acc"),
}
# Word parts of columns that separate people under a name of their own, such as `resident_no`.
_PERSON_PARTS = frozenset(
    {"patient", "user", "uid", "resident", "person", "participant", "subject", "client", "利用者", "入居者"}
)
_UNREAD_WATCHED, _MOST_HOMES = 50, 20_000
_NUMBER = re.compile(r"[-+0-9.,:/ TZ]*")


def plain(name: str) -> str:
    """Return the name of a column in small letters and plain width, with _ for what separates words.

    Examples
    --------
    >>> [plain(one) for one in ("Date-Time", " Patient ID ", "\ufeffHOME", "Ｔｉｍｅ (UTC)")]
    ['date_time', 'patient_id', 'home', 'time_utc']
    """
    return re.sub(r"[\W_]+", "_", normalize("NFKC", name).lower()).strip("_")


def find(header: Sequence[str], words: Sequence[str]) -> int:
    """Return where the first column of these words stands, by the order of the words; -1 if there is none."""
    names = [plain(one) for one in header]
    return next((names.index(word) for word in words if word in names), -1)


class HomeColumn:
    """Says whose a row is, and never takes the rows of several people for those of one.

    Parameters
    ----------
    header : sequence of str
        The heading.
    chosen : str
        The column that separates homes, as somebody named it; `none`: all is of one home; empty: find it out.
    default : str
        What the home is called where no column names it.
    name : str
        The file, for errors.
    read : set of int
        Columns that are read for something else.
    last_words : sequence of str
        Words for a column that separates homes if no other does.

    Raises
    ------
    InputError
        No column has the name that was chosen.
    """

    def __init__(
        self,
        header: Sequence[str],
        chosen: str,
        default: str,
        name: str,
        read: set[int],
        last_words: Sequence[str] = (),
    ) -> None:
        self._header, self._default, self._name = header, default, name
        self._is_chosen = bool(chosen)
        self._column, self._others = -1, list[int]()
        self._of: dict[tuple[int, str], str] = {}
        self._homes: set[str] = set()
        self._watched: dict[int, set[str]] = {}
        if not chosen:
            self._find(read, last_words)
        elif plain(chosen) != NO_HOME_COLUMN:
            self._column = find(header, (plain(chosen),))
            if self._column < 0:
                raise InputError(f"--home-column {chosen}: {name} has the columns {', '.join(header)}")

    @property
    def is_found(self) -> bool:
        """Whether a column names the home, or somebody said that none does."""
        return self._is_chosen or self._column >= 0

    @property
    def column(self) -> int:
        """Where the column stands; -1 if there is none."""
        return self._column

    def home_of(self, row: FileRow) -> str:
        """Return the name of the home of a row, or of its walker.

        Raises
        ------
        InputError
            Another column separates people whom this one does not separate, or there are too many homes.
        """
        home = row.fields[self._column] if self._column >= 0 else self._default
        if home not in self._homes:
            self._homes.add(home)
            if len(self._homes) > _MOST_HOMES:
                raise InputError(
                    f"{self._name}: column {self._header[self._column]!r} has more than {_MOST_HOMES} different values, so it"
                    f" names no homes; {self._way_out()}"
                )
        for other in self._others:
            said = row.fields[other].strip()
            if said and self._of.setdefault((other, home), said) != said:
                self._refuse(row.line, other, home, said)
        for column, words in self._watched.items():
            if len(words) <= _UNREAD_WATCHED:
                words.add(row.fields[column].strip())
        return home

    def notes(self, rows: int) -> list[str]:
        """Return what a person should know after all rows were read.

        Raises
        ------
        InputError
            The column only numbers the rows.
        """
        if (
            self._column >= 0
            and plain(self._header[self._column]) in _NUMBERS_LINES
            and len(self._homes) == rows > 2
        ):
            raise InputError(
                f"{self._name}: column {self._header[self._column]!r} is another in each line, so it names no homes;"
                f" {self._way_out()}"
            )
        notes: list[str] = []
        if self._column < 0 and not self._is_chosen:
            notes.append(f"no column names a home or a person: all of it is taken as of one, {self._default}")
        for column, words in self._watched.items():
            if 1 < len(words) <= _UNREAD_WATCHED and not any(_NUMBER.fullmatch(word) for word in words):
                shown = ", ".join(sorted(words)[:3])
                notes.append(
                    f"if column {self._header[column]!r} ({shown}) separates people, say"
                    f" --home-column {self._header[column]}"
                )
        return notes

    def _find(self, read: set[int], last_words: Sequence[str]) -> None:
        sure = [find(self._header, (word,)) for word in (*HOME_WORDS, *PERSON_WORDS)]
        unsure = [find(self._header, (word,)) for word in (*_NUMBERS_LINES, *last_words)]
        found = [one for one in (*sure, *unsure) if one >= 0 and one not in read]
        if found:
            self._column = found[0]
        parts = [
            number for number, one in enumerate(self._header) if _PERSON_PARTS & set(plain(one).split("_"))
        ]
        known = {-1, self._column, *read}
        self._others = [one for one in dict.fromkeys([*sure, *parts]) if one not in known]
        if self._column < 0:
            self._watched = {
                one: set() for one in range(len(self._header)) if one not in known and one not in self._others
            }

    def _refuse(self, line: int, other: int, home: str, said: str) -> None:
        known, column = self._of[other, home], self._header[other]
        whose = f"home {home!r}" if self._column >= 0 else "this file"
        merged = self._header[self._column] if self._column >= 0 else NO_HOME_COLUMN
        raise InputError(
            f"{self._name}, line {line}, column {column}: {said!r} after {known!r} in {whose}: these may be two people. Say"
            f" --home-column {column} to keep them apart, or --home-column {merged} if they are one"
        )

    def _way_out(self) -> str:
        return f"say which does with --home-column, or --home-column {NO_HOME_COLUMN} if all is of one home"
