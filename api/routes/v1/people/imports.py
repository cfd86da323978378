"""The import of residents with their contacts from a table: a dry run first, then all or nothing."""

from typing import Annotated

from fastapi import APIRouter, File

from api.actions.context import ActionContext
from api.actions.people import imports as actions
from api.dependencies import ConnectionDep, NowDep, SettingsDep, Staff
from api.http.request_size import LARGEST_TABLE
from api.schemas.common import Number
from api.schemas.people.imports import ImportOut, TableIn, TableProblemOut
from core.domain.records.import_plan import ImportPlan

router = APIRouter(prefix="/imports", tags=["people"])


@router.post("", status_code=201, summary="Check a table", max_body_size=LARGEST_TABLE)
def check_table(
    viewer: Staff, connection: ConnectionDep, now: NowDep, sent: Annotated[TableIn, File()]
) -> ImportOut:
    """Return what a CSV or Excel table would do, with every problem by row and column; nothing is changed."""
    checked = actions.check(ActionContext(connection, viewer, now), sent.file.file.read())
    problems = [TableProblemOut.model_validate(one) for one in checked.problems]
    return _out(checked.plan, checked.number, problems)


@router.post("/{number}/application", summary="Apply a checked table")
def apply_table(
    viewer: Staff, number: Number, connection: ConnectionDep, now: NowDep, settings: SettingsDep
) -> ImportOut:
    """Do what a checked table would do, all or nothing; 409 if something was changed since it was checked."""
    done = actions.apply(ActionContext(connection, viewer, now), number, settings.time_zone)
    return _out(done, number, [])


def _out(plan: ImportPlan, number: int | None, problems: list[TableProblemOut]) -> ImportOut:
    return ImportOut(
        number=number,
        added=plan.added,
        changed=plan.changed,
        same=plan.same,
        homes=len(plan.new_homes),
        problems=problems,
    )
