"""Evaluates neighbourhoods: homes that fall silent together, as in a power cut, are one alert for the staff and not many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

from core.domain.alert import Finding
from core.domain.device import LEAST_SILENCE, MISSED_HEARTBEATS
from core.store.database import Connection
from core.store.detection import areas, evaluation_queue
from core.store.detection.areas import AreaRow, AreaThresholds
from core.store.telemetry import blind_times
from core.store.telemetry.blind_times import BlindTime
from detectors.alerting.reconcile import reconcile
from detectors.engine import ward
from detectors.features.availability import RESTART_TIME
from detectors.features.window import Blind
from detectors.rules import area_silent
from detectors.rules.area_silent import (
    CAUSE,
    NAME,
    OVERDUE_AFTER,
    VERSION,
    AreaOutage,
    AreaSilence,
    SilentHome,
)

# Homes that were out of contact for longer are silent by themselves.
_CONTACT_WITHIN = timedelta(days=1)


def evaluate_areas(connection: Connection, until: datetime, now: datetime, slack: timedelta) -> None:
    """Evaluate the neighbourhoods up to `until`, after the ward; whoever holds the ward does this too.

    Parameters
    ----------
    connection : Connection
        Inside a transaction of its own.
    until : datetime
        Up to where is evaluated.
    now : datetime
        The service's time.
    slack : timedelta
        The least time that counts as silence, for clocks that run faster than the machine.
    """
    if evaluation_queue.claim_ward(connection, until) is None:
        return
    thresholds = AreaThresholds(MISSED_HEARTBEATS, LEAST_SILENCE, RESTART_TIME, slack)
    before = _lasting(evaluation_queue.ward_state(connection, NAME, VERSION))
    since = counts_since(until, before)
    rows = areas.last_contacts(connection, thresholds, OVERDUE_AFTER, since, until)
    contact = {row.area: _quiet(row) for row in rows}
    lasting = {one.area: one for one in before if area_silent.lasts(one, contact.get(one.area))}
    over = [one for one in before if one.area not in lasting]
    if not area_silent.is_of_ward(list(contact.values())):
        # No silence that counts began before, so blind time of the ward that ended earlier lies in none of them.
        suppressed = ward.view(connection, since, until).suppressed
        lasting |= _begun((one for one in contact.values() if one.area not in lasting), until, suppressed)
    findings = [*map(area_silent.finding, lasting.values(), repeat(None))]
    findings += map(area_silent.finding, over, repeat(until))
    for one in findings:
        _record(connection, one, until)
    evaluated = {one.key for one in findings}
    reconcile(connection, None, findings, evaluated=evaluated, until=until, now=now)
    if over:
        # Those that are still silent have a deadline of their own now.
        evaluation_queue.evaluate_everyone(connection)
    evaluation_queue.keep_ward_state(
        connection, NAME, VERSION, until, {"areas": [_kept(one) for one in lasting.values()]}
    )


def counts_since(until: datetime, lasting: Sequence[AreaOutage]) -> datetime:
    """Return since when a home must have had contact to count as one of its neighbourhood: a day, or as long as an outage lasts.

    A home that was silent before is silent by itself, and neither makes an outage nor keeps others from being one.
    """
    return min([until - _CONTACT_WITHIN, *(one.began_at for one in lasting)])


def _begun(
    silences: Iterable[AreaSilence], until: datetime, suppressed: Sequence[Blind]
) -> dict[str, AreaOutage]:
    """Return the outages of neighbourhoods that were not silent before."""
    found = (area_silent.outage(one, until, suppressed) for one in silences)
    return {one.area: one for one in found if one is not None}


def _record(connection: Connection, found: Finding, until: datetime) -> None:
    row = BlindTime(found.subject, found.began_at, found.cleared_at, found.raised_at, CAUSE)
    blind_times.record(connection, found.subject, [row], (CAUSE,), until)


def _quiet(row: AreaRow) -> AreaSilence:
    quiet = [
        SilentHome(since, timedelta(seconds=allowed_s))
        for since, allowed_s in zip(row.since, row.allowed_s, strict=True)
    ]
    return AreaSilence(row.area, row.homes, quiet)


def _kept(one: AreaOutage) -> dict[str, Any]:
    return asdict(one) | {"began_at": one.began_at.isoformat(), "known_at": one.known_at.isoformat()}


def _lasting(state: Mapping[str, Any]) -> Sequence[AreaOutage]:
    return [
        AreaOutage(**one | {name: _moment(one[name]) for name in ("began_at", "known_at")})
        for one in state.get("areas", ())
    ]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
