"""Is the process alive, and does the service see anything?"""

from datetime import datetime, timedelta

from fastapi import APIRouter, Response

from api import status
from api.deps import NOBODY_ASKED, ClockDep, DatabaseDep
from api.schemas.common import Output
from core.errors import StoreError
from core.store import health

router = APIRouter(tags=["operation"], dependencies=[NOBODY_ASKED])


class Alive(Output):
    """The process answers."""

    status: str


class Ready(Output):
    """Whether the service can do its work; the ages are in the service's time."""

    status: str
    database: bool
    ingest: bool
    ingest_behind_s: float | None
    last_reading_age_s: float | None
    failing_watches: int
    next: str


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Alive:
    """Answers as long as the process does; it asks nobody else."""
    return Alive(status="alive")


@router.get("/readyz", summary="Does the service see anything?", responses={503: {"model": Ready}})
def readyz(database: DatabaseDep, clock: ClockDep, response: Response) -> Ready:
    """Answers 503 while the database is away, or while ingest reports nothing, for then nothing new can be seen."""
    now = clock.now()
    try:
        with database.transaction() as connection:
            found = health.health(connection)
    except StoreError:
        response.status_code = 503
        return Ready(
            status="blind",
            database=False,
            ingest=False,
            ingest_behind_s=None,
            last_reading_age_s=None,
            failing_watches=0,
            next="check that PostgreSQL runs and that MIMAMORI_DATABASE_URL is right",
        )
    silent_after: timedelta = status.silent_after(clock.factor)
    is_blind = status.is_blind(found, now, silent_after)
    response.status_code = 503 if is_blind else 200
    return Ready(
        status="blind" if is_blind else "ready",
        database=True,
        ingest=not is_blind,
        ingest_behind_s=_age_s(found.ingest_complete_through, now),
        last_reading_age_s=_age_s(found.last_received_at, now),
        failing_watches=found.failing_watches,
        next="start ingest, or read its log" if is_blind else "",
    )


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 1)
