"""Planned absences: all that were planned, once or weekly, and the one that holds now or comes next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import kwargs_row
from psycopg.types.json import Jsonb

from core.domain.geofence import Hours, holding_times
from core.domain.planned_absence import (
    ASKED_EVERY,
    CONFIRMED_WITHIN,
    LONGEST_ALONE,
    NO_END,
    Absence,
    AbsenceKind,
)
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.people.geofences import hours_from_json, hours_to_json
from core.store.queries import load

_ABSENCES = load("people/planned_absences")
# Weekly absences are looked for this far ahead.
AHEAD = timedelta(days=8)


def of_resident(connection: Connection, resident: int, since: datetime, until: datetime) -> list[Absence]:
    """Return the absences of a resident that touch a span."""
    return of_residents(connection, [resident], since, until)


def of_residents(
    connection: Connection, residents: Sequence[int], since: datetime, until: datetime
) -> list[Absence]:
    """Return the absences of several residents that touch a span."""
    cursor = connection.cursor(row_factory=kwargs_row(_absence))
    values = {"residents": list(residents), "since": since, "until": until}
    return cursor.execute(_ABSENCES["absences"], values).fetchall()


def get(connection: Connection, absence: int, *, also_ended: bool = False) -> Absence:
    """Return one absence.

    Raises
    ------
    NotFoundError
        There is none, or it was ended or taken back and is not asked for.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_absence))
    values = {"absence": absence, "also_ended": also_ended}
    found = cursor.execute(_ABSENCES["absence"], values).fetchone()
    if found is None:
        raise _not_found(absence)
    return found


def add(
    connection: Connection,
    resident: int,
    *,
    kind: AbsenceKind,
    span: tuple[datetime, datetime | None],
    hours: Hours | None = None,
    note: str = "",
    user: int | None = None,
    needs_second: bool = False,
    now: datetime,
) -> Absence:
    """Plan an absence: once from `span[0]` to `span[1]`, or in `hours` of every week from `span[0]` on.

    One that `needs_second` holds when somebody else has confirmed it.
    """
    began_at, ended_at = span
    values = {
        "resident": resident,
        "kind": kind,
        "began_at": began_at,
        "ended_at": ended_at,
        "hours": None if hours is None else Jsonb(hours_to_json(hours)),
        "note": note,
        "now": now,
        "user": user,
        "needs_second": needs_second,
    }
    row = connection.execute(_ABSENCES["add"], values).fetchone()
    if row is None:
        raise _not_found(resident)
    show_pause(connection, resident, now)
    evaluation_queue.evaluate_again(connection, resident)
    return get(connection, row[0])


def end(connection: Connection, absence: int, now: datetime) -> None:
    """End an absence now, or take it back if it has not begun; what lay before stays as it was.

    Raises
    ------
    NotFoundError
        There is none, or it was ended already.
    """
    row = connection.execute(_ABSENCES["end"], {"absence": absence, "now": now}).fetchone()
    if row is None:
        raise _not_found(absence)
    show_pause(connection, row[0], now)
    evaluation_queue.evaluate_again(connection, row[0])


def confirm(
    connection: Connection,
    absence: int,
    *,
    user: int | None = None,
    contact: int | None = None,
    began_at: datetime,
    now: datetime,
) -> None:
    """Let an absence hold from a moment on that waited for a second person, who is a user or a contact; one that holds already stays as it is."""
    values = {"absence": absence, "user": user, "contact": contact, "began_at": began_at, "now": now}
    row = connection.execute(_ABSENCES["confirm"], values).fetchone()
    if row is not None:
        show_pause(connection, row[0], now)
        evaluation_queue.evaluate_again(connection, row[0])


def end_waiting(connection: Connection, resident: int, now: datetime) -> None:
    """Take back the absences of a resident that wait for a second person; what holds stays as it is."""
    connection.execute(_ABSENCES["end_waiting"], {"resident": resident, "now": now})


def take_expired(connection: Connection, now: datetime) -> list[Absence]:
    """Return, once each, the absences of who is watched that nobody confirmed in time, within the last week: they never begin."""
    values = {"within": CONFIRMED_WITHIN, "now": now}
    rows = connection.execute(_ABSENCES["take_expired"], values).fetchall()
    return [get(connection, number) for (number,) in sorted(rows)]


def due_questions(connection: Connection, now: datetime) -> list[tuple[int, ZoneInfo]]:
    """Return, locked, the stays without an end that nobody was asked about, or said anything about, for a week, each with its home's zone.

    So are those of which one person alone has said for two weeks that they go on.
    """
    values = {"now": now, "every": ASKED_EVERY, "longest_alone": LONGEST_ALONE}
    rows = connection.execute(_ABSENCES["due_questions"], values).fetchall()
    return [(number, ZoneInfo(zone)) for number, zone in rows]


def note_question(connection: Connection, absence: int, now: datetime) -> None:
    """Write down that somebody is asked whether a stay goes on."""
    connection.execute(_ABSENCES["note_question"], {"absence": absence, "now": now})


def still(
    connection: Connection,
    absence: int,
    now: datetime,
    *,
    user: int | None = None,
    contact: int | None = None,
) -> bool:
    """Write down that somebody, a user or a contact without a login, says that a stay goes on; return False where none without an end does."""
    values = {"absence": absence, "user": user, "contact": contact, "now": now}
    return connection.execute(_ABSENCES["still"], values).rowcount == 1


def spans(
    absence: Absence, zone: ZoneInfo, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when an absence falls on the calendar, as far as it touches [since, until], cut where it was ended.

    While it waits for a second person it does not hold at all.
    """
    if absence.is_waiting:
        return []
    ended_at = min((one for one in (absence.ended_at, absence.cancelled_at) if one is not None), default=None)
    if absence.hours is None:
        found = [(absence.began_at, absence.ended_at or until)]
    else:
        found = holding_times(absence.hours, zone, max(since, absence.began_at), until)
        found = [span for span in found if span[0] >= absence.began_at]
    cut = [(began, ended if ended_at is None else min(ended, ended_at)) for began, ended in found]
    return [(began, ended) for began, ended in cut if began < ended and ended >= since and began <= until]


def times(
    connection: Connection, resident: int, zone: ZoneInfo, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return when a resident was, or is, planned to be away in a span."""
    return sorted(
        span
        for absence in of_resident(connection, resident, since, until)
        for span in spans(absence, zone, since, until)
    )


def show_pause(connection: Connection, resident: int, now: datetime) -> None:
    """Show on the resident which absence holds now or comes next; what pages and lists read."""
    row = connection.execute(_ABSENCES["zone"], {"resident": resident}).fetchone()
    zone = ZoneInfo(row[0] if row else "UTC")
    found = [
        span
        for absence in of_resident(connection, resident, now, now + timedelta(days=400))
        for span in spans(absence, zone, now, _shown_until(absence, now))
        if span[1] > now
    ]
    first = min(found) if found else None
    values = {
        "resident": resident,
        "paused_from": first[0] if first else None,
        "paused_until": first[1] if first else None,
    }
    connection.execute(_ABSENCES["show_pause"], values)


def _shown_until(absence: Absence, now: datetime) -> datetime:
    if absence.has_no_end:
        return NO_END
    return now + (AHEAD if absence.hours else timedelta(days=400))


def _absence(*, kind: str, hours: Mapping[str, Any] | None, **columns: Any) -> Absence:
    return Absence(kind=AbsenceKind(kind), hours=None if hours is None else hours_from_json(hours), **columns)


def _not_found(absence: int) -> NotFoundError:
    return NotFoundError(f"there is no planned absence {absence} that you may see")
