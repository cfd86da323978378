"""The ledger: who looked at whose data and who changed what, each entry sealed over the one before it.

A seal is SHA-256 over the seal before it and the entry as a JSON list, so that whoever has the entries can compute it anew with any
program. An entry holds a digest of its row, not what the row says: that goes when somebody is erased, and the seals stay whole.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from core.errors import InputError


class LedgerCause(StrEnum):
    """Why an entry was added."""

    WRITTEN = "written"
    """A row was written."""
    ERASURE = "erasure"
    """An erasure took the row, or words in it, away."""
    SIMULATION = "simulation"
    """The demo left out a simulated home, with its rows."""


class LedgerFault(StrEnum):
    """What is wrong with an entry."""

    GAP = "gap"
    SEAL = "seal"
    CHANGED = "changed"
    GONE = "gone"
    NO_ERASURE = "no_erasure"
    OUTSIDE = "outside"
    OTHER_SEAL = "other_seal"
    NOT_THERE = "not_there"
    TOO_OLD = "too_old"


_SAID = {
    LedgerFault.GAP: "it is not there: it was taken out",
    LedgerFault.SEAL: "its seal does not fit: it, or one before it, was changed",
    LedgerFault.CHANGED: "its row was changed, and no erasure did it",
    LedgerFault.GONE: "its row is gone, and no erasure took it",
    LedgerFault.NO_ERASURE: "the erasure that it names is not there",
    LedgerFault.OUTSIDE: "the row stands outside of the ledger: it was written past it, or its entry was taken out",
    LedgerFault.OTHER_SEAL: "its seal is another than the one written down: the ledger was written anew since",
    LedgerFault.NOT_THERE: "it is not there, though its seal was written down: the end of the ledger was cut off",
    LedgerFault.TOO_OLD: "it went because it was too old, so its seal cannot be compared",
}


@dataclass(frozen=True)
class LedgerEntry:
    """One entry.

    Attributes
    ----------
    number : int
        Without gaps.
    source : str
        The table of its row.
    row : int
        The number of its row there.
    at : datetime
        When that was written, or changed.
    cause : LedgerCause
        Why there is an entry.
    erasure : int or None
        Which erasure took something away.
    digest : bytes or None
        Of the row as it was then; None where it was gone.
    seal : bytes
        Over the seal before it and all of this.
    """

    number: int
    source: str
    row: int
    at: datetime
    cause: LedgerCause
    erasure: int | None
    digest: bytes | None
    seal: bytes = b""

    @property
    def text(self) -> bytes:
        """What is sealed: a JSON list without spaces."""
        digest = None if self.digest is None else self.digest.hex()
        listed = [
            self.number,
            self.source,
            self.row,
            moment_text(self.at),
            self.cause.value,
            self.erasure,
            digest,
        ]
        return json.dumps(listed, separators=(",", ":")).encode()

    def sealed_after(self, before: bytes) -> bytes:
        """Return the seal that it has after another."""
        return hashlib.sha256(before + self.text).digest()


@dataclass(frozen=True)
class Anchor:
    """A seal that an auditor wrote down, by the number of its entry."""

    number: int
    seal: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.seal.hex()}"


@dataclass(frozen=True)
class BrokenEntry:
    """The first entry that is wrong; without a number a row that has none."""

    number: int | None
    source: str
    row: int
    at: datetime | None
    fault: LedgerFault

    def __str__(self) -> str:
        which = "no entry" if self.number is None else f"entry {self.number}"
        row = (
            f" ({self.source} {self.row}{'' if self.at is None else f', {moment_text(self.at)}'})"
            if self.source
            else ""
        )
        return f"{which}{row}: {_SAID[self.fault]}"


@dataclass(frozen=True)
class LedgerCheck:
    """What a check of the whole ledger found.

    Attributes
    ----------
    entries : int
        How many were checked.
    first : int
        The number of the first that is kept.
    head : Anchor or None
        The last seal; None while there is none.
    broken : BrokenEntry or None
        The first that is wrong; what comes after it was not checked.
    erased : mapping of int to int
        By erasure how many rows, or words in them, it took away.
    left_out : int
        How many rows the demo took away with simulated homes.
    cuts : tuple of LedgerCut
        What went because it was too old, as far as it is on record.
    """

    entries: int
    first: int
    head: Anchor | None
    broken: BrokenEntry | None = None
    erased: dict[int, int] = field(default_factory=dict[int, int])
    left_out: int = 0
    cuts: tuple["LedgerCut", ...] = ()


@dataclass(frozen=True)
class LedgerCut:
    """The oldest entries went: `entries` of them, up to the one numbered `through`, whose seal is kept."""

    at: datetime
    before: datetime
    through: int
    entries: int
    seal: bytes


@dataclass(frozen=True)
class LedgerState:
    """How far the ledger is sealed; `oldest` waits the longest."""

    waiting: int
    oldest: datetime | None
    head: int


def digest_of(salt: UUID, content: str) -> bytes:
    """Return the digest of a row: SHA-256 over the 16 bytes of its salt and what it says."""
    return hashlib.sha256(salt.bytes + content.encode()).digest()


def moment_text(at: datetime) -> str:
    """Return a moment as entries hold it: UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def anchor_of(text: str) -> Anchor:
    """Return the anchor that somebody wrote down, such as `120:9f86d0…`, in full.

    Raises
    ------
    InputError
        It is none.
    """
    number, _, seal = text.strip().partition(":")
    try:
        found = Anchor(int(number), bytes.fromhex(seal))
    except ValueError as error:
        raise InputError(f"{text}: write it as verify prints it, number:seal") from error
    if found.number < 1 or len(found.seal) != hashlib.sha256().digest_size:
        raise InputError(f"{text}: a seal has 64 hexadecimal digits after its number and a colon")
    return found
