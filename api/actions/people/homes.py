"""Homes: change, take a change back; administrators, and staff where only their own office looks after people."""

from collections.abc import Mapping
from typing import Any

from api.access import visibility
from api.actions.context import ActionContext
from core.domain.records.details import HomeDetails
from core.store.people import watch_changes
from core.store.people.records import stored_records
from core.store.people.records.stored_records import HOME, Author, Record
from core.store.people.watch_changes import Concerned


def change(
    context: ActionContext, home: int, changes: Mapping[str, Any], *, version: int
) -> Record[HomeDetails]:
    """Return a home with some fields changed.

    Raises
    ------
    NotFoundError
        There is no such home, or the viewer may not know.
    NameTakenError
        Another home has the name.
    StaleRecordError
        Somebody else changed it since `version`.
    """
    visibility.home_for(context.connection, context.viewer, home)
    by = Author(context.viewer.number, context.now)
    return stored_records.change(
        context.connection, HOME, home, changes, version=version, concerned=Concerned(), by=by
    )


def take_back(context: ActionContext, home: int, made: int) -> Record[HomeDetails]:
    """Return a home with the fields that one change set as they were before it.

    Raises
    ------
    NotFoundError
        There is no such home or change, or the viewer may not know.
    ConflictError
        The fields were changed again since, or it was no change of fields.
    """
    found = visibility.home_for(context.connection, context.viewer, home)
    one = watch_changes.one(context.connection, made, Concerned(home=home))
    former = stored_records.former(context.connection, HOME, home, one)
    return change(context, home, former, version=found.version)
