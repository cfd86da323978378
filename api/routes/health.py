"""Is the process alive, and does the service see anything?"""

from datetime import datetime, timedelta

from fastapi import APIRouter, Response

from api.dependencies import NOBODY_ASKED, ClockDep, DatabaseDep
from api.schemas.common import Output
from api.views import status
from core.errors import StoreError
from core.store.operation import health

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
    detectors: bool
    devices: bool
    judging_behind_s: float | None
    last_reading_age_s: float | None
    failing_watches: int
    next: str


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Alive:
    """Answers as long as the process does; it asks nobody else."""
    return Alive(status="alive")


@router.get("/readyz", summary="Does the service see anything?", responses={503: {"model": Ready}})
def readyz(database: DatabaseDep, clock: ClockDep, response: Response) -> Ready:
    """Answers 503 while nothing new can be seen: the database is away, ingest or the detectors stand still, or no device says a word.

    Devices are silent when nothing came of any of them (but the canary) for two of the shortest heartbeats and a minute.
    """
    silent_after: timedelta = status.silent_after(clock.factor)
    try:
        with database.transaction() as connection:
            found = health.health(connection)
            is_all_silent = health.is_all_silent(connection, clock.now(), 2 * silent_after)
    except StoreError:
        response.status_code = 503
        return Ready(
            status="blind",
            database=False,
            ingest=False,
            ingest_behind_s=None,
            detectors=False,
            devices=False,
            judging_behind_s=None,
            last_reading_age_s=None,
            failing_watches=0,
            next="check that PostgreSQL runs and that MIMAMORI_DATABASE_URL is right",
        )
    # Only now: waiting for the database would make the present look like the future.
    now = clock.now()
    is_blind = status.is_blind(found, now, silent_after)
    is_ingest_silent = status.is_ingest_silent(found, now, silent_after)
    sees_nothing = is_blind or is_all_silent
    response.status_code = 503 if sees_nothing else 200
    return Ready(
        status="blind" if sees_nothing else "ready",
        database=True,
        ingest=not is_ingest_silent,
        ingest_behind_s=_age_s(found.ingest_watermark, now),
        # Evaluation never goes further than ingest, so while that is silent it is not to blame.
        detectors=is_ingest_silent or not is_blind,
        devices=not is_all_silent,
        judging_behind_s=_age_s(found.evaluated_through, now),
        last_reading_age_s=_age_s(found.last_received_at, now),
        failing_watches=found.failing_watches,
        next=_next(is_ingest_silent=is_ingest_silent, is_blind=is_blind, is_all_silent=is_all_silent),
    )


def _next(*, is_ingest_silent: bool, is_blind: bool, is_all_silent: bool) -> str:
    if is_ingest_silent:
        return "start ingest, or read its log"
    if is_blind:
        return "start the detectors, or read their log"
    return "no device is in contact: check the broker, the network and the gateways" if is_all_silent else ""


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 1)
