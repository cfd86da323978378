"""Accounts of staff and families: add, change, end, link to residents; administrators, and staff for families of their office."""

from collections.abc import Collection, Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from api.access import visibility
from api.access.refusals import ForbiddenError, RefusedError
from api.actions.context import ActionContext
from api.actions.people.offices import require_open
from core.credentials.passwords import hash_password
from core.domain.people import Role
from core.domain.records.details import AccountDetails
from core.store.people import users, watch_changes
from core.store.people.records import invitations, record_lists, stored_records
from core.store.people.records.stored_records import ACCOUNT, Author, Record
from core.store.people.watch_changes import Concerned, Watched

# More residents of one family account than this are a mistake.
MOST_RESIDENTS = 30


def add(
    context: ActionContext, details: AccountDetails, residents: Collection[int] = ()
) -> Record[AccountDetails]:
    """Return a new account, whose password nobody knows before its invitation is used.

    Raises
    ------
    ForbiddenError
        The viewer is not staff, or is no administrator and it is no family's.
    NotFoundError
        There is no such resident, or the viewer may not know.
    RefusedError
        A family account has no resident, another has one, or there is no such office.
    NameTakenError
        The login is taken.
    """
    _check(context, details)
    if details.office is not None:
        require_open(context, details.office)
    _require_family(context, details, residents)
    by = Author(context.viewer.number, context.now)
    unknown = hash_password(token_urlsafe(32))
    made = stored_records.add(
        context.connection, ACCOUNT, details, Concerned(), by, now=context.now, password_hash=unknown
    )
    if residents:
        _set_family(context, made.number, details, residents)
    return made


def change(
    context: ActionContext, account: int, changes: Mapping[str, Any], *, version: int, machine_now: datetime
) -> Record[AccountDetails]:
    """Return an account with some fields changed; one that is kept out is signed out everywhere, its invitation ends.

    Raises
    ------
    NotFoundError
        There is no such account, or the viewer may not know.
    ForbiddenError
        The viewer is no administrator and would make it more than a family's.
    RefusedError
        Somebody would keep themselves out, or there is no such office.
    NameTakenError
        The new login is taken.
    StaleRecordError
        Somebody else changed it since `version`.
    """
    found = visibility.account_for(context.connection, context.viewer, account)
    wanted = AccountDetails(**{**vars(found.details), **changes})
    _check(context, wanted)
    returns = wanted.is_active and not found.details.is_active
    if wanted.office is not None and (wanted.office != found.details.office or returns):
        require_open(context, wanted.office)
    if account == context.viewer.number and (not wanted.is_active or wanted.role is not found.details.role):
        raise RefusedError("is_active", "own_account")
    if wanted.role is not Role.FAMILY and record_lists.family_of(context.connection, account):
        raise RefusedError("role", "has_residents")
    changed = stored_records.change(
        context.connection,
        ACCOUNT,
        account,
        changes,
        version=version,
        concerned=Concerned(),
        by=Author(context.viewer.number, context.now),
    )
    if not wanted.is_active:
        users.end_sessions(context.connection, account)
        invitations.withdraw(context.connection, account, machine_now)
    return changed


def take_back(
    context: ActionContext, account: int, made: int, *, machine_now: datetime
) -> Record[AccountDetails]:
    """Return an account with the fields that one change set as they were before it.

    Raises
    ------
    NotFoundError
        There is no such account or change, or the viewer may not know.
    ConflictError
        The fields were changed again since, or it was no change of fields.
    """
    found = visibility.account_for(context.connection, context.viewer, account)
    one = watch_changes.one(context.connection, made, Concerned(account=account))
    former = stored_records.former(context.connection, ACCOUNT, account, one)
    return change(context, account, former, version=found.version, machine_now=machine_now)


def link(context: ActionContext, account: int, residents: Collection[int]) -> None:
    """Let a family account see exactly these residents.

    Raises
    ------
    NotFoundError
        There is no such account or resident, or the viewer may not know; one without residents only administrators do.
    RefusedError
        It is no family's, would have no resident, or too many.
    """
    details = visibility.account_for(context.connection, context.viewer, account).details
    _require_family(context, details, residents)
    _set_family(context, account, details, residents)


def _set_family(
    context: ActionContext, account: int, details: AccountDetails, residents: Collection[int]
) -> None:
    before = record_lists.family_of(context.connection, account)
    record_lists.set_family(context.connection, account, residents)
    after = record_lists.family_of(context.connection, account)
    if before == after:
        return
    for resident in {one.number for one in (*before, *after)}:
        watch_changes.record(
            context.connection,
            Concerned(resident=resident, account=account),
            Watched.FAMILY,
            before={"name": details.name, "residents": [one.name for one in before]},
            after={"name": details.name, "residents": [one.name for one in after]},
            user=context.viewer.number,
            now=context.now,
        )


def _check(context: ActionContext, details: AccountDetails) -> None:
    visibility.require_staff(context.viewer, "register accounts")
    if context.viewer.role is not Role.ADMIN and details.role is not Role.FAMILY:
        raise ForbiddenError("only administrators register staff")
    if details.role.has_office != (details.office is not None):
        raise RefusedError("office", "office_of_care_only")


def _require_family(context: ActionContext, details: AccountDetails, residents: Collection[int]) -> None:
    """Refuse residents of an account that is no family's, and a family's without any."""
    if (details.role is Role.FAMILY) != bool(residents):
        raise RefusedError("residents", "residents_of_family_only")
    if len(residents) > MOST_RESIDENTS:
        raise RefusedError("residents", "residents_many", most=MOST_RESIDENTS)
    for resident in residents:
        visibility.resident_for(context.connection, context.viewer, resident, context.now, is_recorded=False)
