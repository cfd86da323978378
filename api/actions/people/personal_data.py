"""Everything about one resident, given out or erased: administrators only, and each time it is written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain.records.erasure import PersonKeys
from core.domain.records.name_key import name_key
from core.domain.records.personal_data import OF_RESIDENTS, WhenErased
from core.formats.person_archive import WholePerson
from core.store.database import Database
from core.store.people import access_log
from core.store.people.access_log import Viewed
from core.store.people.personal import erasures, giving_out, keys, rows
from core.store.people.personal.keys import Person


@dataclass(frozen=True)
class AskedExport:
    """What is given out: of whom, and by what their rows are found."""

    name: str
    keys: PersonKeys

    @property
    def whose(self) -> WholePerson:
        """What the archive says of whose it is."""
        return WholePerson(self.name, self.keys.others_at_home)

    def tables(self, database: Database) -> Iterator[tuple[str, Iterator[Sequence[Mapping[str, Any]]]]]:
        """Give each table with their rows, in pieces and short transactions."""
        return giving_out.tables(database, self.keys)


@dataclass(frozen=True)
class ErasureAhead:
    """What an erasure would take: how many rows of each table, and how many others live in the home."""

    person: Person
    rows: Mapping[str, int]
    erasure: int | None


def export(context: ActionContext, resident: int) -> AskedExport:
    """Return what everything about a resident is found by; that it was given out stands among the looks at their data.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such resident.
    """
    visibility.require_admin(context.viewer, "export everything about somebody")
    found = keys.person(context.connection, resident, with_home=True)
    access_log.record(
        context.connection,
        user=context.viewer.number,
        resident=resident,
        what=Viewed.EXPORT,
        now=context.now,
    )
    return AskedExport(found.name, found.keys)


def ahead(context: ActionContext, resident: int) -> ErasureAhead:
    """Return what an erasure of a resident would take; nothing is done.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such resident.
    """
    visibility.require_admin(context.viewer, "erase somebody")
    found = keys.person(context.connection, resident)
    counted = {
        one.name: rows.count(context.connection, one, found.keys)
        for one in OF_RESIDENTS
        if one.when_erased is WhenErased.DELETED and one.is_given_out
    }
    asked = erasures.of_resident(context.connection, resident)
    return ErasureAhead(found, {name: number for name, number in counted.items() if number}, asked)


def ask_erasure(context: ActionContext, resident: int, name: str) -> int:
    """Ask for the erasure of a resident whose watch has ended, and return its number; whoever asks again gets the same.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such resident.
    RefusedError
        The name is not theirs, or the watch goes on.
    """
    visibility.require_admin(context.viewer, "erase somebody")
    found = keys.person(context.connection, resident)
    if name_key(name) != name_key(found.name):
        raise RefusedError("name", "erasure_name")
    if not found.has_ended:
        raise RefusedError("name", "erasure_watched")
    return erasures.ask(context.connection, resident, user=context.viewer.number, now=context.now)
