"""Evaluates the ward as a whole: when nothing is received from any home, nobody can be evaluated, and the staff are notified once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from core.domain import reasons
from core.domain.alert import WARD, AlertKey, Finding, Severity
from core.domain.reason_card import Confidence, as_json
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.operation.outward import canary_flights
from core.store.telemetry import blind_times, rule_windows
from core.store.telemetry.blind_times import BlindTime
from detectors.alerting.reconcile import reconcile
from detectors.engine import canary
from detectors.features.window import Blind, moment
from detectors.rules import ward_silent
from detectors.rules.ward_silent import ACTIVE_WITHIN, NAME, VERSION, WardSilence
from detectors.windows.loader import WardView

# Shorter silences of the ward can never be an outage.
_WORTH_A_LOOK = timedelta(minutes=10)
_CAUSE = "no_life_sign"
# Ingest itself stands still: what was sent waits in the broker, so this is no blind time, but the staff must know.
BEHIND = blind_times.INGEST_BEHIND
# How long the broker or ingest may be away before the staff are notified.
_RAISED_AFTER = timedelta(minutes=5)


def evaluate_ward(connection: Connection, zone: ZoneInfo, until: datetime, now: datetime) -> bool:
    """Evaluate the ward up to `until`; return False if another process does or has evaluated further.

    It is evaluated again at the same `until` too: while ingest stands still, the time does, but not what the staff must know.
    """
    evaluated_through = evaluation_queue.claim_ward(connection, until)
    if evaluated_through is None:
        return False
    before = evaluation_queue.ward_state(connection, NAME, VERSION)
    lasts = np.array(rule_windows.home_life_signs(connection), np.float64)
    contact_before = _moment(before.get("heard_through"))
    contact_through = _contact_through(connection, lasts, contact_before, until)
    outages: list[Finding] = []
    undecided_from: datetime | None = None
    if contact_through is not None:
        silences = _past_silences(connection, contact_before, contact_through, until)
        active = int(np.sum(lasts > (contact_through - ACTIVE_WITHIN).timestamp()))
        silences.append(WardSilence(contact_through, None, active))
        outages = [found for one in silences if (found := ward_silent.outage(one, zone, until)) is not None]
        if ward_silent.limits(active) is not None and all(one.cleared_at is not None for one in outages):
            undecided_from = contact_through
    found = [
        BlindTime(WARD, one.began_at, one.ended_at, one.known_at, _CAUSE)
        for one in map(ward_silent.blind, outages)
    ]
    blind_times.record(connection, WARD, found, (_CAUSE,), until)
    is_blind = any(one.ended_at is None for one in _blind_times(connection, until, now))
    findings = [*outages, *_other_causes(connection, evaluated_through, now)]
    canary_flights.note(connection, now)
    findings += canary.findings(connection, evaluated_through, until, is_blind=is_blind)
    evaluated = {AlertKey(NAME, WARD), canary.ALERT_KEY}
    reconcile(connection, None, findings, evaluated=evaluated, until=now, now=now)
    if before.get("is_blind") and not is_blind:
        # While the ward was blind nobody had a deadline.
        evaluation_queue.evaluate_everyone(connection)
    state = {
        "is_blind": is_blind,
        "heard_through": None if contact_through is None else contact_through.isoformat(),
        "undecided_from": None if undecided_from is None else undecided_from.isoformat(),
    }
    evaluation_queue.save_ward(connection, NAME, VERSION, until, state)
    return True


def view(connection: Connection, since: datetime, until: datetime) -> WardView:
    """Return what evaluating a resident over a span needs to know about the ward."""
    state = evaluation_queue.ward_state(connection, NAME, VERSION)
    blind = [
        Blind(one.began_at, one.ended_at, one.known_at) for one in _blind_times(connection, since, until)
    ]
    return WardView(tuple(blind), _moment(state.get("undecided_from")))


def note_lag(connection: Connection, watermark: datetime, now: datetime) -> None:
    """Record that ingest is behind, or that it is not any more; while it catches up it is the same time of being behind."""
    lasting: list[BlindTime] = []
    if now - watermark > _RAISED_AFTER:
        before = blind_times.of_subjects(connection, (WARD,), now, now)
        known = [one for one in before if one.cause == BEHIND and one.ended_at is None]
        lasting = known[:1] or [BlindTime(WARD, watermark, None, now, BEHIND)]
    blind_times.record(connection, WARD, lasting, (BEHIND,), now)


def _contact_through(
    connection: Connection, lasts: NDArray[np.float64], before: datetime | None, until: datetime
) -> datetime | None:
    """Return the last contact of the ward up to `until`; None if there was none."""
    limit = until.timestamp()
    found = list(lasts[lasts <= limit])
    if before is not None:
        found.append(min(before.timestamp(), limit))
    soon_enough = limit - _WORTH_A_LOOK.total_seconds()
    if len(lasts) > np.sum(lasts <= limit) and max(found, default=0.0) < soon_enough:
        # Only the newest life sign of a home is at hand, and that of some lies after `until`: what was before is looked up.
        since = until - ACTIVE_WITHIN if before is None else before
        found += [last for _, last in rule_windows.ward_minutes(connection, since, until)]
    return moment(max(found)) if found else None


def _past_silences(
    connection: Connection, before: datetime | None, contact_through: datetime, until: datetime
) -> list[WardSilence]:
    """Return the silences worth a look between the last evaluating and the latest life sign."""
    if before is None or contact_through - before < _WORTH_A_LOOK:
        return []
    minutes = rule_windows.ward_minutes(connection, before, until)
    found: list[WardSilence] = []
    for (_, last), (first, _) in pairwise(minutes):
        if first - last >= _WORTH_A_LOOK.total_seconds():
            began = moment(last)
            homes = rule_windows.active_homes(connection, began - ACTIVE_WITHIN, began)
            found.append(WardSilence(began, moment(first), homes))
    return found


def _other_causes(connection: Connection, since: datetime, now: datetime) -> list[Finding]:
    """Return what ingest recorded about itself and the broker, as findings about the ward."""
    return [
        Finding(
            rule=NAME,
            subject=WARD,
            severity=Severity.CHECK_SOON,
            began_at=one.began_at,
            raised_at=max(one.known_at, one.began_at + _RAISED_AFTER),
            cleared_at=one.ended_at,
            reason=as_json(
                reasons.OutOfContactReason(
                    rule_version=VERSION,
                    cause=one.cause,
                    last_heard=one.began_at,
                    ruled_out=(),
                    confidence=Confidence.HIGH,
                )
            ),
        )
        for one in blind_times.of_subjects(connection, (WARD,), since - _RAISED_AFTER, now)
        if one.cause != _CAUSE
        and (one.ended_at is None or one.ended_at - one.began_at > _RAISED_AFTER)
        and now - one.began_at > _RAISED_AFTER
    ]


def _blind_times(connection: Connection, since: datetime, until: datetime) -> list[BlindTime]:
    """Return when nothing could be received from the ward; what ingest had not read yet is no such time."""
    found = blind_times.of_subjects(connection, (WARD,), since, until)
    return [one for one in found if one.cause != BEHIND]


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if isinstance(text, str) else None
