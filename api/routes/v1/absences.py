"""Planned absences of a resident, and what is usual for them."""

from datetime import timedelta

from fastapi import APIRouter

from api.access.visibility import resident_for
from api.actions import absences as actions
from api.actions.context import ActionContext
from api.dependencies import ConnectionDep, NowDep, Watcher
from api.locale import words_of
from api.schemas.absences import AbsenceIn, AbsenceOut, HabitOut, UsualOut
from api.schemas.common import Number
from api.views import baseline
from api.wording.times import LocalTimes
from core.domain.rhythm import VERSION, Habit
from core.store.people import planned_absences

router = APIRouter(tags=["absences"])
_SHOWN_BACK = timedelta(days=60)


@router.get("/residents/{number}/absences", summary="The planned absences of a resident")
def list_absences(
    viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep
) -> list[AbsenceOut]:
    """Return what is planned, and what was in the last 60 days, in the order of the beginning."""
    resident_for(connection, viewer, number, now)
    found = planned_absences.of_resident(connection, number, now - _SHOWN_BACK, now + actions.SHOWN_AHEAD)
    return [AbsenceOut.of(one) for one in found]


@router.post("/residents/{number}/absences", status_code=201, summary="Plan an absence")
def add_absence(
    viewer: Watcher, number: Number, body: AbsenceIn, connection: ConnectionDep, now: NowDep
) -> AbsenceOut:
    """Plan a journey, a stay in hospital or the days of a day service: meanwhile silence at home is not raised.

    What a relative plans, or what is longer than 14 days or than half of every week, holds only when somebody else has confirmed it (`is_waiting`).
    """
    made = actions.plan(
        ActionContext(connection, viewer, now),
        number,
        kind=body.kind,
        span=(body.began_at, body.ended_at),
        hours=body.to_hours(),
        note=body.note,
    )
    return AbsenceOut.of(made)


@router.post("/absences/{number}/confirm", summary="Confirm an absence that somebody else planned")
def confirm_absence(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> AbsenceOut:
    """Let an absence hold that waits for a second person; until somebody does, the watch goes on. One that holds stays as it is."""
    return AbsenceOut.of(actions.confirm(ActionContext(connection, viewer, now), number))


@router.post("/absences/{number}/still", summary="Say that a stay in hospital without an end goes on")
def keep_absence(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> AbsenceOut:
    """Note that a stay goes on whose end nobody knows; those concerned are asked once a week otherwise."""
    actions.still(ActionContext(connection, viewer, now), number)
    return AbsenceOut.of(planned_absences.get(connection, number))


@router.delete("/absences/{number}", status_code=204, summary="End a planned absence, or take it back")
def end_absence(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> None:
    """End an absence now: from here on silence is raised again. One that has not begun is taken back."""
    actions.end(ActionContext(connection, viewer, now), number)


@router.get("/residents/{number}/usual", summary="What is usual for a resident")
def read_usual(viewer: Watcher, number: Number, connection: ConnectionDep, now: NowDep) -> UsualOut:
    """Return what was learned from the last four weeks, in numbers and in plain words."""
    one = resident_for(connection, viewer, number, now)
    found = baseline.learned(connection, one, now)
    outing = found.longest_outing
    times = LocalTimes(now, one.zone, words_of(viewer.user.language))
    return UsualOut(
        learned_for=None if found.day is None else found.day.isoformat(),
        version=VERSION,
        days=found.rhythm.days,
        up=_habit(found.rhythm.up),
        down=_habit(found.rhythm.down),
        night_visits=found.visits,
        longest_outing_min=None if outing is None else outing.total_seconds() / 60,
        sentences=baseline.sentences(found, times),
    )


def _habit(habit: Habit | None) -> HabitOut | None:
    if habit is None:
        return None
    return HabitOut(at=baseline.clock_of(habit.at_min), by=baseline.by(habit), days=habit.days)
