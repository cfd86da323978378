"""Whether the service sees anything and notifies anybody, and what to do if not: what monitors inside and outside are shown."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from api.views import status
from core.clock import Clock
from core.errors import StoreError
from core.settings import Settings
from core.store.database import Database
from core.store.operation import delivery_health, health, retention
from core.store.operation.delivery_health import DeliveryHealth
from core.store.operation.outward import canary_flights

ReadinessWord = Literal["ready", "blind", "mute"]


@dataclass(frozen=True)
class Readiness:
    """The state of the whole service at one moment; ages are in its own time, None where nothing is known.

    Attributes
    ----------
    word : str
        `ready`; `blind` while nothing new can be seen; `mute` while nobody would be notified.
    database, ingest, detectors, devices, messages : bool
        Whether each does its work; what waits for another is not to blame.
    canary, canary_call_age_s : bool, float or None
        Whether a call of a canary came through of late, where one is expected; and how long ago the latest did.
    is_retention_late : bool
        Whether what is too old did not go in time: no fault that keeps the service from its work.
    next : str
        What to do first; empty while the service is ready.
    """

    word: ReadinessWord
    next: str
    database: bool = True
    ingest: bool = False
    detectors: bool = False
    devices: bool = False
    messages: bool = False
    ingest_behind_s: float | None = None
    judging_behind_s: float | None = None
    last_reading_age_s: float | None = None
    failing_watches: int = 0
    unreachable_offices: int = 0
    unnotified_emergencies: int = 0
    overdue_messages: int = 0
    unplanned_events: int = 0
    exhausted_emergencies: int = 0
    is_retention_late: bool = False
    canary: bool = True
    canary_call_age_s: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the service can do its work."""
        return self.word == "ready"


def readiness(database: Database, settings: Settings, clock: Clock) -> Readiness:
    """Look at the service; a database that is away is an answer, not an error."""
    silent_after = status.silent_after(clock.factor)
    try:
        with database.transaction() as connection:
            found = health.health(connection)
            is_all_silent = health.is_all_silent(connection, clock.now(), 2 * silent_after)
            delivery = delivery_health.delivery_health(connection, clock.now(), clock.factor)
            offices = delivery_health.unreachable_offices(connection, settings.usable_channels)
            kept = retention.state(connection)
            flights = canary_flights.state(connection)
    except StoreError:
        advice = "check that PostgreSQL runs and that MIMAMORI_DATABASE_URL is right"
        return Readiness("blind", advice, database=False)
    # Only now: waiting for the database would make the present look like the future.
    now = clock.now()
    is_blind = status.is_blind(found, now, silent_after)
    is_ingest_silent = status.is_ingest_silent(found, now, silent_after)
    sees_nothing = is_blind or is_all_silent
    nobody_left = delivery.unnotified_emergencies + delivery.exhausted_emergencies
    is_expected = bool(settings.canary_sink.get_secret_value())
    is_call_late = is_expected and flights.is_late(now, clock.factor)
    is_mute = bool(offices) or nobody_left > 0 or delivery.stands_still or is_call_late
    return Readiness(
        "blind" if sees_nothing else "mute" if is_mute else "ready",
        _next(is_ingest_silent=is_ingest_silent, is_blind=is_blind, is_all_silent=is_all_silent)
        or _next_of_messages(delivery, is_office_unreachable=bool(offices), is_call_late=is_call_late),
        ingest=not is_ingest_silent,
        # Evaluation never goes further than ingest, so while that is silent it is not to blame.
        detectors=is_ingest_silent or not is_blind,
        devices=not is_all_silent,
        messages=not is_mute,
        ingest_behind_s=_age_s(found.ingest_watermark, now),
        judging_behind_s=_age_s(found.all_evaluated_through, now),
        last_reading_age_s=_age_s(found.last_received_at, now),
        failing_watches=found.failing_watches,
        unreachable_offices=len(offices),
        unnotified_emergencies=delivery.unnotified_emergencies,
        overdue_messages=delivery.overdue_messages,
        unplanned_events=delivery.unplanned_events,
        exhausted_emergencies=delivery.exhausted_emergencies,
        is_retention_late=kept.is_late(now),
        canary=not is_call_late,
        canary_call_age_s=_age_s(flights.accepted_at, now) if is_expected else None,
    )


def _next(*, is_ingest_silent: bool, is_blind: bool, is_all_silent: bool) -> str:
    if is_ingest_silent:
        return "start ingest, or read its log"
    if is_blind:
        return "start the detectors, or read their log"
    return "no device is in contact: check the broker, the network and the gateways" if is_all_silent else ""


def _next_of_messages(delivery: DeliveryHealth, *, is_office_unreachable: bool, is_call_late: bool) -> str:
    if delivery.unnotified_emergencies:
        return "an emergency has nobody to notify: look at the board, then register contacts"
    if delivery.exhausted_emergencies:
        return "an emergency has no desk that can be asked any more: take it on the board, then register the ward's duty line"
    if delivery.stands_still:
        return "messages wait: start the detectors, or read their log"
    if is_office_unreachable:
        return "no message reaches an office: `mimamori doctor` says which"
    return (
        "no call of a canary comes through: `mimamori canary ID --call` says where it falls"
        if is_call_late
        else ""
    )


def _age_s(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else round((now - moment).total_seconds(), 1)
