"""Planned absences: travel, a stay in hospital, the days of a day service."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.domain.geofence import Hours


class AbsenceKind(StrEnum):
    """Why somebody will not be at home."""

    TRAVEL = "travel"
    HOSPITAL = "hospital"
    DAY_SERVICE = "day_service"
    OTHER = "other"


@dataclass(frozen=True)
class Absence:
    """A planned absence of a resident, once or every week.

    Attributes
    ----------
    began_at : datetime
        From when on it holds: the beginning, or the first day of a weekly one.
    ended_at : datetime or None
        The end; None for a weekly one that goes on.
    hours : Hours or None
        When it falls in each week, in the home's zone; None for one that is planned once.
    cancelled_at : datetime or None
        When it was taken back; what lay before stays planned.
    """

    number: int
    resident: int
    kind: AbsenceKind
    began_at: datetime
    ended_at: datetime | None
    hours: Hours | None
    note: str
    created_at: datetime
    created_by: str | None = None
    cancelled_at: datetime | None = None
