"""What a quiet board says to prove that it is alive: what was received, from how many, and who is in which state."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.access_scope import AccessScope
from core.store.database import Connection
from core.store.devices import devices
from core.store.operation import evaluation_gaps, health
from core.store.operation.evaluation_gaps import EvaluationGap
from core.store.people import residents
from core.store.people.residents import StateCounts
from core.store.telemetry.blind_times import INGEST_BEHIND

# Ingest and the detectors report at least once a second; this long without a word is a fault, not a pause.
SILENT_AFTER = timedelta(seconds=30)
# So far back outages are listed (our choice): longer than anybody asks for, and short enough to read.
_UNWATCHED_LISTED = timedelta(days=30)


@dataclass(frozen=True)
class Status:
    """The state of what a viewer may see, at one moment.

    Attributes
    ----------
    now : datetime
        The service's time.
    last_received_at : datetime or None
        The last contact of any device of the scope.
    devices_heard, devices_expected : int
        Devices with a heartbeat that are in contact, of all of them.
    is_blind : bool
        Nothing new is stored, or nobody evaluates it: a board must not look calm.
    states : StateCounts
        How many residents are in each state.
    """

    now: datetime
    last_received_at: datetime | None
    devices_heard: int
    devices_expected: int
    is_blind: bool
    states: StateCounts


def status(connection: Connection, scope: AccessScope, now: datetime, silent_after: timedelta) -> Status:
    """Return the state of a scope.

    Parameters
    ----------
    connection : Connection
        Where to read.
    scope : Scope
        Which residents and devices.
    now : datetime
        The service's time.
    silent_after : timedelta
        How long ingest and the detectors may report nothing, in the service's time.
    """
    contact = devices.contact_count_in(connection, scope, now)
    return Status(
        now,
        contact.last_received_at,
        contact.in_contact,
        contact.expected,
        is_blind(health.health(connection), now, silent_after),
        residents.counts_in(connection, scope, now, now - silent_after),
    )


def is_blind(found: health.Health, now: datetime, silent_after: timedelta) -> bool:
    """Return whether nothing was stored, or nothing evaluated, for too long."""
    return is_ingest_silent(found, now, silent_after) or _is_old(found.evaluated_through, now, silent_after)


def is_ingest_silent(found: health.Health, now: datetime, silent_after: timedelta) -> bool:
    """Return whether ingest has reported nothing, or finished nothing, for too long."""
    reports = (found.ingest_reported_at, found.ingest_watermark)
    return any(_is_old(moment, now, silent_after) for moment in reports)


def silent_after(factor: float) -> timedelta:
    """Return how long nothing may be received from a process on a clock that runs `factor` times as fast as the machine's."""
    return SILENT_AFTER * max(1.0, factor)


def unwatched_spans(connection: Connection, now: datetime, silent_after: timedelta) -> list[EvaluationGap]:
    """Return when no home was watched in the last 30 days, also while none is, the newest first.

    The detectors may look at nobody for `silent_after`, in the service's time.
    """
    return evaluation_gaps.spans(
        connection, now - _UNWATCHED_LISTED, now, silent_after=silent_after, behind=INGEST_BEHIND
    )


def _is_old(moment: datetime | None, now: datetime, silent_after: timedelta) -> bool:
    return moment is None or now - moment > silent_after
