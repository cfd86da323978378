"""Records with a version: read, added, changed unless somebody else was first, and each change kept with what it was before."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from psycopg import errors
from psycopg.rows import dict_row

from core.domain.records.details import (
    AccountDetails,
    ContactDetails,
    HomeDetails,
    OfficeDetails,
    ResidentDetails,
)
from core.domain.records.name_key import name_key
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.people import watch_changes
from core.store.people.records import one_at_a_time
from core.store.people.watch_changes import Concerned, WatchChange, Watched
from core.store.queries import load

_RECORDS = load("people/records")
D = TypeVar("D", ResidentDetails, HomeDetails, ContactDetails, OfficeDetails, AccountDetails)


@dataclass(frozen=True)
class RecordKind(Generic[D]):
    """A kind of record: what its fields are, how it is read, changed and added, and which names are others' already (None: any may repeat)."""

    what: Watched
    details: type[D]
    read: bytes
    write: bytes
    insert: bytes
    names: bytes | None = None


RESIDENT = RecordKind(
    Watched.RESIDENT,
    ResidentDetails,
    _RECORDS["resident"],
    _RECORDS["change_resident"],
    _RECORDS["add_resident"],
)
HOME = RecordKind(
    Watched.HOME,
    HomeDetails,
    _RECORDS["home"],
    _RECORDS["change_home"],
    _RECORDS["add_home"],
    _RECORDS["home_names"],
)
CONTACT = RecordKind(
    Watched.CONTACT, ContactDetails, _RECORDS["contact"], _RECORDS["change_contact"], _RECORDS["add_contact"]
)
OFFICE = RecordKind(
    Watched.OFFICE,
    OfficeDetails,
    _RECORDS["office"],
    _RECORDS["change_office"],
    _RECORDS["add_office"],
    _RECORDS["office_names"],
)
ACCOUNT = RecordKind(
    Watched.ACCOUNT, AccountDetails, _RECORDS["account"], _RECORDS["change_account"], _RECORDS["add_account"]
)


@dataclass(frozen=True)
class Record(Generic[D]):
    """A record as it is: its number, its version, its fields."""

    number: int
    version: int
    details: D

    @property
    def values(self) -> Mapping[str, Any]:
        """The fields as they stand in history and JSON."""
        return _kept(self.details)


class StaleRecordError(ConflictError):
    """Somebody else changed a record first; `version` and `values` are its present state."""

    def __init__(self, what: Watched, version: int, values: Mapping[str, Any]) -> None:
        super().__init__(f"this {what} has changed in the meantime; read it again and decide anew")
        self.version = version
        self.values = values


class NameTakenError(ConflictError):
    """Another record has this name or login already."""


@dataclass(frozen=True)
class Author:
    """Who changes something, and when; user 0 is somebody at the machine, unless a `contact` does it from a message."""

    user: int
    now: datetime
    contact: int | None = None


def get(connection: Connection, kind: RecordKind[D], number: int) -> Record[D]:
    """Return a record.

    Raises
    ------
    NotFoundError
        There is none of this number.
    """
    row = connection.cursor(row_factory=dict_row).execute(kind.read, {"number": number}).fetchone()
    if row is None:
        raise NotFoundError(f"there is no {kind.what} {number}")
    key, version = row.pop("number"), row.pop("version")
    return Record(key, version, msgspec.convert(row, kind.details))


def add(
    connection: Connection,
    kind: RecordKind[D],
    details: D,
    concerned: Concerned,
    by: Author,
    **besides: object,
) -> Record[D]:
    """Register a record and return it; `besides` is what its insert needs beyond the fields.

    Raises
    ------
    NameTakenError
        Its name is another's.
    """
    _refuse_taken_name(connection, kind, details)
    try:
        with connection.transaction():
            row = connection.execute(kind.insert, {**asdict(details), **besides}).fetchone()
    except errors.UniqueViolation as error:
        raise NameTakenError(f"another {kind.what} has this name already; choose another") from error
    if row is None:
        raise ConflictError(f"the {kind.what} could not be added; try again")
    made = get(connection, kind, int(row[0]))
    _note(connection, kind, made.number, concerned, by, before=None, after=made.values)
    return made


def change(
    connection: Connection,
    kind: RecordKind[D],
    number: int,
    changes: Mapping[str, Any],
    *,
    version: int,
    concerned: Concerned,
    by: Author,
) -> Record[D]:
    """Change fields of a record that is at `version`, keep what they were, and return it; the same values change nothing at any version.

    Raises
    ------
    NotFoundError
        There is none of this number.
    StaleRecordError
        It is at another version.
    NameTakenError
        Its new name is another's.
    """
    found = get(connection, kind, number)
    wanted: D = replace(found.details, **changes)
    # Nobody is overwritten by what is there already: a form that was sent twice is no conflict.
    if wanted == found.details:
        return found
    if found.version != version:
        raise StaleRecordError(kind.what, found.version, found.values)
    _refuse_taken_name(connection, kind, wanted, found)
    values = {**asdict(wanted), "number": number, "version": version}
    try:
        with connection.transaction():
            done = connection.execute(kind.write, values).rowcount
    except errors.UniqueViolation as error:
        raise NameTakenError(f"another {kind.what} has this name already; choose another") from error
    if not done:
        found = get(connection, kind, number)
        raise StaleRecordError(kind.what, found.version, found.values)
    changed = get(connection, kind, number)
    _note(connection, kind, number, concerned, by, before=found.values, after=changed.values)
    return changed


def _refuse_taken_name(
    connection: Connection, kind: RecordKind[D], wanted: D, before: Record[D] | None = None
) -> None:
    """Refuse a name that another record of a kind has in some spelling; each of the kind has its own."""
    if kind.names is None or (before is not None and before.details.name == wanted.name):
        return
    one_at_a_time.hold(connection, "names")
    own = None if before is None else before.number
    key = name_key(wanted.name)
    for number, name in connection.execute(kind.names):
        if number != own and name_key(name) == key:
            raise NameTakenError(f"another {kind.what} has this name already; choose another")


def former(connection: Connection, kind: RecordKind[D], number: int, made: WatchChange) -> dict[str, object]:
    """Return the fields that undo a change of a record; none where it was taken back already.

    Raises
    ------
    ConflictError
        It is no change of fields, or one of them was changed again since.
    """
    before = made.before
    if made.what is not kind.what or before is None or made.after is None:
        raise ConflictError("this cannot be taken back; change the fields instead")
    found = get(connection, kind, number).values
    differing = _differing(made)
    if differing and all(found.get(name) == before.get(name) for name in differing):
        return {}
    if not may_be_undone(made, kind.what, found):
        raise ConflictError("this was changed again since; change the fields instead")
    # Fields that came with a later version are not in an old change.
    known = {one.name for one in fields(kind.details)}
    kept = msgspec.convert({**found, **{k: v for k, v in before.items() if k in known}}, kind.details)
    return {name: getattr(kept, name) for name in differing if name in known}


def may_be_undone(made: WatchChange, what: Watched, present: Mapping[str, Any]) -> bool:
    """Return whether a change of a kind of record can be taken back: all its fields are still as it set them."""
    if made.what is not what or made.before is None or made.after is None:
        return False
    differing = _differing(made)
    return bool(differing) and all(
        name in present and present[name] == made.after.get(name) for name in differing
    )


def _differing(made: WatchChange) -> list[str]:
    before, after = made.before or {}, made.after or {}
    return [name for name in after if before.get(name) != after[name]]


def owner_of_contact(connection: Connection, contact: int) -> Concerned:
    """Return the resident or the office whose contact this is.

    Raises
    ------
    NotFoundError
        There is no such contact.
    """
    row = connection.cursor(row_factory=dict_row).execute(_RECORDS["owner_of_contact"], {"number": contact})
    found = row.fetchone()
    if found is None:
        raise NotFoundError(f"there is no contact {contact}")
    return Concerned(resident=found["resident"], office=found["office"], contact=contact)


def note_channels(
    connection: Connection, concerned: Concerned, by: Author, *, before: list[str], after: list[str]
) -> None:
    """Keep how a contact was reached before and after, in order, and count it as a change of the contact."""
    if concerned.contact is None or before == after:
        return
    connection.execute(_RECORDS["touch_contact"], {"number": concerned.contact})
    watch_changes.record(
        connection,
        concerned,
        Watched.CHANNELS,
        before={"channels": before},
        after={"channels": after},
        user=by.user,
        contact=by.contact,
        now=by.now,
    )


def _note(
    connection: Connection,
    kind: RecordKind[Any],
    number: int,
    concerned: Concerned,
    by: Author,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    # The record itself is concerned by its own change.
    whole = replace(concerned, **{kind.what.value: number})
    watch_changes.record(
        connection,
        whole,
        kind.what,
        before=before,
        after=after,
        user=by.user,
        contact=by.contact,
        now=by.now,
    )


def _kept(details: object) -> Mapping[str, Any]:
    kept: dict[str, Any] = msgspec.to_builtins(details)
    return kept
