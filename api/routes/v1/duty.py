"""The roster of an office: who is on duty when, who stands in, and where it has a gap."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from api.access import visibility
from api.actions import duty_roster as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, SettingsDep, Staff
from api.schemas.common import Number
from api.schemas.duty import (
    DutyGapOut,
    DutyPersonOut,
    DutyRosterOut,
    DutyShiftIn,
    DutyShiftOut,
    SubstitutionIn,
)
from api.views.duty_gaps import duty_gaps
from core.store.people import duty_roster

router = APIRouter(prefix="/offices/{number}/duty", tags=["escalation"])


@router.get("", summary="Who is on duty")
def read_roster(
    *,
    viewer: Staff,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    settings: SettingsDep,
    days: Annotated[int, Query(ge=1, le=62, description="How many days from now.")] = 14,
) -> DutyRosterOut:
    """Return the shifts of the next days, and the gaps: stretches in which the office's policy asks whoever is on duty, and nobody is."""
    visibility.office_for(connection, viewer, number)
    until = now + timedelta(days=days)
    shifts = duty_roster.shifts(connection, number, now, until)
    found = duty_gaps(connection, number, shifts, ZoneInfo(settings.time_zone), (now, until))
    return DutyRosterOut(
        shifts=[DutyShiftOut.of(one) for one in shifts],
        gaps=[DutyGapOut(began_at=began, ended_at=ended) for began, ended in found],
        people=[DutyPersonOut.model_validate(one) for one in duty_roster.people(connection, number)],
    )


@router.post("", status_code=201, summary="Put somebody on the roster")
def add_shift(
    *,
    viewer: Staff,
    number: Number,
    body: DutyShiftIn,
    connection: ConnectionDep,
    now: NowDep,
    settings: SettingsDep,
) -> list[DutyShiftOut]:
    """Return the new shifts, one for each week."""
    made = actions.add(
        ActionContext(connection, viewer, now),
        number,
        person=body.person,
        substitute=body.substitute,
        span=(body.began_at, body.ended_at),
        weeks=body.weeks,
        zone=ZoneInfo(settings.time_zone),
    )
    return [DutyShiftOut.of(one) for one in made]


@router.put("/{shift}/substitution", summary="Let the substitute take a shift, or give it back")
def hand_over(
    viewer: Staff, number: Number, shift: Number, body: SubstitutionIn, connection: ConnectionDep, now: NowDep
) -> DutyShiftOut:
    """From then on the other one is asked."""
    context = ActionContext(connection, viewer, now)
    return DutyShiftOut.of(actions.hand_over(context, number, shift, is_substituted=body.is_substituted))


@router.delete("/{shift}", status_code=204, summary="Take a shift off the roster")
def remove_shift(
    viewer: Staff, number: Number, shift: Number, connection: ConnectionDep, now: NowDep
) -> None:
    """Where nobody else is on duty then, the centre is asked."""
    actions.remove(ActionContext(connection, viewer, now), number, shift)
