"""Is the process alive, and does the service see anything?"""

from datetime import datetime, timedelta

from fastapi import APIRouter, Response
from pydantic import Field

from api.dependencies import NOBODY_ASKED, ClockDep, DatabaseDep, SettingsDep
from api.schemas.common import Output
from api.views import status
from core.errors import StoreError
from core.store.operation import delivery_health, health
from core.store.operation.delivery_health import DeliveryHealth

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
    messages: bool = Field(
        description="Whether messages leave: every office can be reached, no emergency is without one, and none waits too long."
    )
    unreachable_offices: int
    unnotified_emergencies: int
    overdue_messages: int
    next: str


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Alive:
    """Answers as long as the process does; it asks nobody else."""
    return Alive(status="alive")


@router.get("/readyz", summary="Does the service see anything?", responses={503: {"model": Ready}})
def readyz(database: DatabaseDep, clock: ClockDep, settings: SettingsDep, response: Response) -> Ready:
    """Answers 503 while nothing new can be seen: the database is away, ingest or the detectors stand still, or no device says a word.

    Also while nobody would be notified: no message reaches an office, an emergency has none, or senders stand still.

    Devices are silent when nothing came of any of them (but the canary) for two of the shortest heartbeats and a minute.
    """
    silent_after: timedelta = status.silent_after(clock.factor)
    try:
        with database.transaction() as connection:
            found = health.health(connection)
            is_all_silent = health.is_all_silent(connection, clock.now(), 2 * silent_after)
            delivery = delivery_health.delivery_health(connection, clock.now(), clock.factor)
            offices = delivery_health.unreachable_offices(connection, settings.usable_channels)
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
            messages=False,
            unreachable_offices=0,
            unnotified_emergencies=0,
            overdue_messages=0,
            next="check that PostgreSQL runs and that MIMAMORI_DATABASE_URL is right",
        )
    # Only now: waiting for the database would make the present look like the future.
    now = clock.now()
    is_blind = status.is_blind(found, now, silent_after)
    is_ingest_silent = status.is_ingest_silent(found, now, silent_after)
    sees_nothing = is_blind or is_all_silent
    is_mute = bool(offices) or delivery.unnotified_emergencies > 0 or delivery.stands_still
    response.status_code = 503 if sees_nothing or is_mute else 200
    return Ready(
        status="blind" if sees_nothing else "mute" if is_mute else "ready",
        database=True,
        ingest=not is_ingest_silent,
        ingest_behind_s=_age_s(found.ingest_watermark, now),
        # Evaluation never goes further than ingest, so while that is silent it is not to blame.
        detectors=is_ingest_silent or not is_blind,
        devices=not is_all_silent,
        judging_behind_s=_age_s(found.evaluated_through, now),
        last_reading_age_s=_age_s(found.last_received_at, now),
        failing_watches=found.failing_watches,
        messages=not is_mute,
        unreachable_offices=len(offices),
        unnotified_emergencies=delivery.unnotified_emergencies,
        overdue_messages=delivery.overdue_messages,
        next=_next(is_ingest_silent=is_ingest_silent, is_blind=is_blind, is_all_silent=is_all_silent)
        or _next_of_messages(delivery, is_office_unreachable=bool(offices)),
    )


def _next(*, is_ingest_silent: bool, is_blind: bool, is_all_silent: bool) -> str:
    if is_ingest_silent:
        return "start ingest, or read its log"
    if is_blind:
        return "start the detectors, or read their log"
    return "no device is in contact: check the broker, the network and the gateways" if is_all_silent else ""


def _next_of_messages(delivery: DeliveryHealth, *, is_office_unreachable: bool) -> str:
    if delivery.unnotified_emergencies:
        return "an emergency has nobody to notify: look at the board, then register contacts"
    if delivery.stands_still:
        return "messages wait: start the detectors, or read their log"
    return "no message reaches an office: `mimamori doctor` says which" if is_office_unreachable else ""


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 1)
