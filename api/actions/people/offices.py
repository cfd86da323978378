"""Offices: add, change, end, take a change back; administrators only."""

from collections.abc import Mapping
from typing import Any

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain.people import OfficeRole
from core.domain.records.details import OfficeDetails
from core.store.people import contacts, watch_changes
from core.store.people.records import record_lists, stored_records
from core.store.people.records.stored_records import OFFICE, Author, Record
from core.store.people.watch_changes import Concerned


def add(context: ActionContext, details: OfficeDetails) -> Record[OfficeDetails]:
    """Return a new office.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NameTakenError
        Another office has the name.
    RefusedError
        There is a duty line, or an emergency plan, already.
    """
    visibility.require_admin(context.viewer, "register offices")
    if details.role is not OfficeRole.CARE and record_lists.office_of_role(context.connection, details.role):
        raise RefusedError("office_role", "office_role_taken")
    by = Author(context.viewer.number, context.now)
    return stored_records.add(context.connection, OFFICE, details, Concerned(), by)


def change(
    context: ActionContext, office: int, changes: Mapping[str, Any], *, version: int
) -> Record[OfficeDetails]:
    """Return an office with some fields changed; one that ends has nobody left, and its centre is notified no more.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such office.
    RefusedError
        It would end while it looks after residents, has staff or open alerts, or is asked for others.
    NameTakenError
        Another office has the name.
    StaleRecordError
        Somebody else changed it since `version`.
    """
    visibility.require_admin(context.viewer, "change offices")
    if changes.get("is_active") is False:
        _require_empty(context, office)
    by = Author(context.viewer.number, context.now)
    changed = stored_records.change(
        context.connection, OFFICE, office, changes, version=version, concerned=Concerned(), by=by
    )
    if not changed.details.is_active:
        for contact in record_lists.close_centre(context.connection, office):
            contacts.withdraw(context.connection, contact, context.now)
    return changed


def take_back(context: ActionContext, office: int, made: int) -> Record[OfficeDetails]:
    """Return an office with the fields that one change set as they were before it.

    Raises
    ------
    ForbiddenError
        The viewer is no administrator.
    NotFoundError
        There is no such office or change.
    ConflictError
        The fields were changed again since, or it was no change of fields.
    """
    visibility.require_admin(context.viewer, "change offices")
    one = watch_changes.one(context.connection, made, Concerned(office=office))
    former = stored_records.former(context.connection, OFFICE, office, one)
    version = stored_records.get(context.connection, OFFICE, office).version
    return change(context, office, former, version=version)


def require_open(context: ActionContext, office: int) -> None:
    """Refuse an office that looks after nobody: none of that number, one that has ended, a desk of the ward.

    Raises
    ------
    RefusedError
        It is none that residents and staff may belong to.
    """
    is_open = record_lists.is_open_office(context.connection, office)
    if is_open is None:
        raise RefusedError("office", "no_such_office")
    if not is_open:
        raise RefusedError("office", "office_not_open")


def _require_empty(context: ActionContext, office: int) -> None:
    relying = record_lists.relying_on(context.connection, office)
    found = next((one for one in record_lists.offices(context.connection) if one.number == office), None)
    if found is not None and (found.residents or found.staff):
        raise RefusedError("is_active", "office_in_use", residents=found.residents, staff=found.staff)
    if relying is None:
        return
    if relying.is_above:
        raise RefusedError("is_active", "office_above")
    if relying.offices:
        raise RefusedError("is_active", "office_stands_in", offices="、".join(relying.offices))
    if relying.alerts:
        raise RefusedError("is_active", "office_has_alerts", alerts=relying.alerts)
