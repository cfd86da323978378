"""Is the process alive, and does the service see anything?"""

from fastapi import APIRouter, Response
from pydantic import Field

from api.dependencies import NOBODY_ASKED, ClockDep, DatabaseDep, SettingsDep
from api.schemas.common import Output
from api.views import readiness

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
    judging_behind_s: float | None = Field(
        description="For how long the resident whose evaluation is most overdue has waited; the ward's own lag while nobody is overdue."
    )
    last_reading_age_s: float | None
    failing_watches: int
    messages: bool = Field(
        description="Whether messages leave: every office can be reached, no emergency is without one, and none waits too long."
    )
    unreachable_offices: int
    unnotified_emergencies: int
    exhausted_emergencies: int
    overdue_messages: int
    canary: bool = Field(
        description="Whether a canary's call came through to its sink within 15 minutes; true where none is expected."
    )
    canary_call_age_s: float | None
    retention_late: bool = Field(
        description="Whether raw data that are too old did not go in time; the service is ready all the same."
    )
    next: str


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Alive:
    """Answers as long as the process does; it asks nobody else."""
    return Alive(status="alive")


@router.get("/readyz", summary="Does the service see anything?", responses={503: {"model": Ready}})
def readyz(database: DatabaseDep, clock: ClockDep, settings: SettingsDep, response: Response) -> Ready:
    """Answers 503 while nothing new can be seen: the database is away, ingest or the detectors stand still, or no device says a word.

    Also while nobody would be notified: no message reaches an office, an emergency has none, senders stand still, or no call of a canary
    came through for 15 minutes where one is expected.

    Devices are silent when nothing came of any of them (but the canary) for two of the shortest heartbeats and a minute.
    """
    found = readiness.readiness(database, settings, clock)
    response.status_code = 200 if found.is_ready else 503
    return Ready(
        status=found.word,
        database=found.database,
        ingest=found.ingest,
        ingest_behind_s=found.ingest_behind_s,
        detectors=found.detectors,
        devices=found.devices,
        judging_behind_s=found.judging_behind_s,
        last_reading_age_s=found.last_reading_age_s,
        failing_watches=found.failing_watches,
        messages=found.messages,
        unreachable_offices=found.unreachable_offices,
        unnotified_emergencies=found.unnotified_emergencies,
        exhausted_emergencies=found.exhausted_emergencies,
        overdue_messages=found.overdue_messages,
        canary=found.canary,
        canary_call_age_s=found.canary_call_age_s,
        retention_late=found.is_retention_late,
        next=found.next,
    )
