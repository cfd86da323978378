"""Homes, offices and contacts as lists show them, and which home a name or an office has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg.rows import class_row

from core.domain.access_scope import AccessScope
from core.domain.people import OfficeRole
from core.domain.records.name_key import by_name, of_name
from core.store.database import Connection
from core.store.people.records import one_at_a_time
from core.store.queries import load

_LISTS = load("people/record_lists")


@dataclass(frozen=True)
class HomeLine:
    """A home of the list, with how many are watched there; where it stands is not shown."""

    number: int
    name: str
    area: str
    has_position: bool
    residents: int
    devices: int


@dataclass(frozen=True)
class OfficeLine:
    """An office of the list; `is_care` says that it may look after residents, as the ward's duty line does not."""

    number: int
    name: str
    phone: str
    is_active: bool
    is_care: bool
    residents: int
    staff: int


@dataclass(frozen=True)
class Relying:
    """What relies on an office: `is_above` says that all offices do, `offices` are those that it stands in for."""

    is_above: bool
    offices: list[str]
    alerts: int


@dataclass(frozen=True)
class LinkedResident:
    """A resident whom a family account is linked to."""

    number: int
    name: str
    office: int


@dataclass(frozen=True)
class ResidentByName:
    """A resident as a form finds them by name."""

    number: int
    name: str
    kana: str
    area: str
    has_ended: bool


@dataclass(frozen=True)
class FamilyAccount:
    """An account of a resident's family."""

    number: int
    name: str
    is_active: bool


@dataclass(frozen=True)
class ListedContact:
    """A contact of a resident or of an office's centre."""

    number: int
    name: str
    relation: str
    step: int
    is_active: bool


def homes(connection: Connection, scope: AccessScope) -> list[HomeLine]:
    """Return the homes that somebody may change, by name."""
    values = {"everything": scope.everything, "office": scope.office}
    return connection.cursor(row_factory=class_row(HomeLine)).execute(_LISTS["homes"], values).fetchall()


def may_change_home(connection: Connection, scope: AccessScope, home: int) -> bool:
    """Return whether a home is in a scope of staff: their office's, and nobody else's."""
    if scope.everything:
        return True
    values = {"home": home, "office": scope.office}
    row = connection.execute(_LISTS["may_change_home"], values).fetchone()
    return bool(row and row[0])


def home_names(connection: Connection) -> Mapping[str, int]:
    """Return all homes by their names, as `of_name` looks them up."""
    return by_name((row[0], row[1]) for row in connection.execute(_LISTS["home_names"]))


def home_named(connection: Connection, name: str) -> int | None:
    """Return the home of a name, however it is spelled; None if there is none."""
    return of_name(home_names(connection), name)


def lives_there(connection: Connection, home: int, name: str) -> int | None:
    """Return who of that name, however it is spelled, is watched in a home; None if nobody is."""
    rows = connection.execute(_LISTS["names_at_home"], {"home": home})
    return of_name(by_name((row[0], row[1]) for row in rows), name)


def residents_by_name(connection: Connection, scope: AccessScope) -> list[ResidentByName]:
    """Return the residents of a scope of staff, also those whose watch has ended."""
    values = {"everything": scope.everything, "office": scope.office}
    cursor = connection.cursor(row_factory=class_row(ResidentByName))
    return cursor.execute(_LISTS["residents_by_name"], values).fetchall()


def offices(connection: Connection) -> list[OfficeLine]:
    """Return all offices, by name."""
    return connection.cursor(row_factory=class_row(OfficeLine)).execute(_LISTS["offices"]).fetchall()


def office_of_role(connection: Connection, role: OfficeRole) -> int | None:
    """Return the ward's duty line or emergency plan; None if there is none. Nobody else adds one before the transaction ends."""
    one_at_a_time.hold(connection, "names")
    row = connection.execute(_LISTS["office_of_role"], {"role": role}).fetchone()
    return None if row is None else int(row[0])


def is_open_office(connection: Connection, office: int) -> bool | None:
    """Return whether residents and staff may belong to an office, which cannot end before this transaction; None: there is none."""
    row = connection.execute(_LISTS["is_open_office"], {"office": office}).fetchone()
    return None if row is None else bool(row[0])


def relying_on(connection: Connection, office: int) -> Relying | None:
    """Return what relies on an office, to which nobody is added before this transaction ends; None: there is none."""
    connection.execute(_LISTS["lock_office"], {"office": office})
    cursor = connection.cursor(row_factory=class_row(Relying))
    return cursor.execute(_LISTS["relying_on"], {"office": office}).fetchone()


def contacts(
    connection: Connection, *, resident: int | None = None, office: int | None = None
) -> list[ListedContact]:
    """Return the contacts of a resident or of an office's centre, also those who are notified no more."""
    cursor = connection.cursor(row_factory=class_row(ListedContact))
    return cursor.execute(_LISTS["contacts"], {"resident": resident, "office": office}).fetchall()


def accounts_for_contact(
    connection: Connection, *, resident: int | None = None, office: int | None = None
) -> dict[int, str]:
    """Return the names of the accounts that may belong to a contact, by number."""
    values = {"resident": resident, "office": office}
    rows = connection.execute(_LISTS["accounts_for_contact"], values).fetchall()
    return {row[0]: row[1] for row in rows}


def family_of(connection: Connection, account: int) -> list[LinkedResident]:
    """Return the residents whom an account is linked to."""
    cursor = connection.cursor(row_factory=class_row(LinkedResident))
    return cursor.execute(_LISTS["family_of"], {"user": account}).fetchall()


def family_accounts(connection: Connection, resident: int) -> list[FamilyAccount]:
    """Return the accounts of a resident's family."""
    cursor = connection.cursor(row_factory=class_row(FamilyAccount))
    return cursor.execute(_LISTS["family_accounts"], {"resident": resident}).fetchall()


def set_family(connection: Connection, account: int, residents: Collection[int]) -> None:
    """Link an account to exactly these residents."""
    values = {"user": account, "residents": sorted(residents)}
    connection.execute(_LISTS["unlink_family"], values)
    connection.execute(_LISTS["link_family"], values)


def close_centre(connection: Connection, office: int) -> list[int]:
    """Notify the contacts of an office's centre no more, and return who they were."""
    return [row[0] for row in connection.execute(_LISTS["close_centre"], {"office": office})]
