"""The erasure of a resident: what it looks for, how far it is, and what it proves."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

# Shorter ones stand in every other text, and numbers in every other figure: nothing is proven by them.
_SHORTEST, _SHORTEST_NUMBER = 3, 8
ALWAYS_FROM, ALWAYS_UNTIL = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class ErasureState(StrEnum):
    """How far an erasure is."""

    WAITING = "waiting"
    """Nobody has begun it."""
    RUNNING = "running"
    """Begun; whoever takes it up goes on where it stopped."""
    DONE = "done"
    """Everything is gone, and that was proven."""
    UNPROVEN = "unproven"
    """The rows are gone, and the search found a name or address of theirs somewhere: the report says where."""

    @property
    def is_open(self) -> bool:
        """Whether there is work left."""
        return self in {ErasureState.WAITING, ErasureState.RUNNING}


@dataclass(frozen=True)
class DeviceSpan:
    """A time in which a device was theirs, or their home's."""

    device: int
    since: datetime
    until: datetime


@dataclass(frozen=True)
class DeviceWord:
    """A part of topics by which messages of a device are known, when it was theirs, and whether it is somebody else's by now."""

    word: str
    since: datetime
    until: datetime
    is_elsewhere: bool = False


@dataclass(frozen=True)
class PersonKeys:
    """Everything by which somebody's rows are found, looked up before the first of them goes.

    Attributes
    ----------
    resident : int
        The number.
    home : int
        Where they live or lived.
    is_home_theirs : bool
        What is known of the home is theirs.
    others_at_home : int
        How many others are registered there.
    contacts, geofences, alerts, accounts : tuple of int
        By number; accounts are those of the family that see nobody else.
    own_devices : tuple of int
        Devices that were never anybody else's.
    spans : tuple of DeviceSpan
        When which device was theirs, or their home's.
    senders : tuple of str
        As what the own devices speak.
    broker_accounts : tuple of str
        With what they sign in to the broker.
    words : tuple of DeviceWord
        By what their messages are known in topics.
    logins : tuple of str
        Of the accounts.
    identifiers : tuple of str
        Names, readings, telephone numbers, addresses: what is searched for at the end.
    """

    resident: int
    home: int
    is_home_theirs: bool
    others_at_home: int = 0
    contacts: tuple[int, ...] = ()
    geofences: tuple[int, ...] = ()
    alerts: tuple[int, ...] = ()
    accounts: tuple[int, ...] = ()
    own_devices: tuple[int, ...] = ()
    spans: tuple[DeviceSpan, ...] = ()
    senders: tuple[str, ...] = ()
    broker_accounts: tuple[str, ...] = ()
    words: tuple[DeviceWord, ...] = ()
    logins: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeftText:
    """A text in which the search found a name or address of theirs: in which column, and how many rows."""

    table: str
    column: str
    rows: int


@dataclass(frozen=True)
class ErasureReport:
    """What an erasure did and proves; it names nobody.

    Attributes
    ----------
    deleted, blanked, kept : mapping of str to int
        Rows by table.
    mended : mapping of str to int
        Rows of others in whose texts a name or address of theirs was blotted out, by table.
    left_rows : mapping of str to int
        Rows that are there all the same, by table: empty, or it is not done.
    left_texts : tuple of LeftText
        Texts with a name or address of theirs: empty, or it is not proven.
    searched : int
        How many columns were searched for how many names and addresses (`identifiers`).
    shared : int
        How many of these somebody else has too, so that they say nothing.
    others_at_home : int
        How many others are registered in the home, whose data stay.
    retained_cleared, retained_left : int
        Messages that the broker had kept of their devices, and those that it would not give up.
    is_broker_asked : bool
        Whether the broker could be asked.
    sha256 : str
        Of all the figures above.
    """

    deleted: Mapping[str, int]
    blanked: Mapping[str, int]
    kept: Mapping[str, int]
    mended: Mapping[str, int]
    left_rows: Mapping[str, int]
    left_texts: tuple[LeftText, ...]
    searched: int
    identifiers: int
    shared: int
    others_at_home: int
    retained_cleared: int = 0
    retained_left: int = 0
    is_broker_asked: bool = False
    sha256: str = ""

    @property
    def is_proven(self) -> bool:
        """Whether nothing of theirs was found any more."""
        return not self.left_rows and not self.left_texts and not self.retained_left


@dataclass(frozen=True)
class Erasure:
    """One erasure: of whom by number, who asked for it (None: somebody at the machine), and how it goes."""

    number: int
    resident: int
    asked_at: datetime
    asked_by: str | None
    state: ErasureState
    removed: Mapping[str, int] = field(default_factory=dict[str, int])
    report: ErasureReport | None = None
    done_at: datetime | None = None


@dataclass(frozen=True)
class ListedErasure:
    """An entry of the list that is applied after a backup was restored."""

    resident: int
    asked_at: datetime


def identifiers_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return how names, numbers and addresses may stand in texts: as they are, without spaces, in the other width, as JSON; no short ones.

    Examples
    --------
    >>> identifiers_of(["03-1111-2222", "Ed"])
    ('+81311112222', '03-1111-2222', '0311112222')
    """
    found: set[str] = set()
    for text in texts:
        plain = unicodedata.normalize("NFKC", text).strip()
        tight = "".join(plain.split())
        forms = {text.strip(), plain, tight, plain.replace(" ", "\u3000")}
        if plain and not plain.strip("0123456789+-() ."):
            digits = "".join(one for one in plain if one.isdecimal())
            forms.add(digits)
            if digits.startswith("0") and len(digits) >= _SHORTEST_NUMBER:
                # As it is stored for calls, with the country's number.
                forms.add("+81" + digits[1:])
        found |= forms
        # As most programs write it in JSON.
        found |= {json.dumps(one)[1:-1] for one in forms if not one.isascii()}
    shortest = {one: _SHORTEST_NUMBER if one.isdecimal() else _SHORTEST for one in found}
    return tuple(sorted(one for one in found if len(one) >= shortest[one]))
