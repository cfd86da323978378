"""Sensors that report nothing useful although they are in contact: stuck in one state, frozen at one value, chattering, or mute."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import DEVICE_STUCK
from detectors.features.chatter import SURROUNDINGS_S
from detectors.features.mute_devices import HOUR_S, Floats, mute_spells
from detectors.features.stuck_patterns import (
    BASELINE_S,
    LONGEST_LIMIT_S,
    ReportedMetric,
    Sensor,
    StuckSpell,
    lively,
    stuck_spells,
)
from detectors.features.window import moment
from detectors.rules.base import Evaluation

NAME, VERSION = DEVICE_STUCK.name, DEVICE_STUCK.version
CHECKED_AT = (time(4, 30), time(10, 30), time(16, 30), time(22, 30))
_RULED_OUT = {
    "lasting": (RuledOut.NOBODY_ABOUT,),
    "mute": (RuledOut.NOBODY_ABOUT,),
    "quiet": (RuledOut.HOME_SILENT,),
}
HISTORY = timedelta(seconds=BASELINE_S + LONGEST_LIMIT_S + SURROUNDINGS_S)
"""How far before the evaluated span, and before the beginning of what still lasts, readings must reach."""


def evaluate_sensors(
    sensors: Sequence[Sensor],
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
    *,
    watched_from: datetime,
    raised_from: datetime,
    reported_at: Mapping[int, Floats] | None = None,
) -> Evaluation:
    """Evaluate the sensors of a home at the checks of the span (since, until], four a day.

    What it claims, each compared with the device's own ten days before: that a sensor reports as no person makes it report (`chatter`); that
    its state has lasted for at least 12 hours, a bed's for 20 and presence for a day, and twice its longest, while others
    report life (`lasting`); that a temperature has not changed by a digit for 16 hours and 24 readings (`frozen`); that a sensor that spoke each day
    says nothing for 36 hours, a contact for 72, while the others report life for twice (three times) as long as in any of its silences (`mute`). It claims nothing about a device without three days
    of past, nor why: a door may stand open, a room may not be used any more. One finding for each device at a time; it ends when the device reports
    something else.

    What says nothing about people and has neither heartbeat nor status, such as a thermometer, is evaluated by its silence (`quiet`, see
    `detectors.features.mute_devices`), if it is given when each device of the home reported anything (`reported_at`, Unix seconds, rising).
    """
    since, until = span
    findings: list[Finding] = []
    sensors = [_up_to(sensor, until.timestamp()) for sensor in sensors]
    quarters = {sensor.device: lively(sensor) for sensor in sensors}
    for sensor in sensors:
        others = np.unique(
            np.concatenate([np.zeros(0), *(quarters[one] for one in quarters if one != sensor.device)])
        )
        found = [*stuck_spells(sensor, others, until.timestamp())]
        if reported_at is not None and is_evaluated_by_silence(sensor):
            found += _mute(sensor.device, reported_at, until.timestamp())
        for spell in _first_of_each_time(found):
            raised_at = next_check(zone, moment(spell.known - 1e-6))
            over = None if spell.ended is None else moment(spell.ended)
            if raised_at > until or raised_at < max(watched_from, raised_from):
                continue
            if over is not None and over <= max(raised_at, since):
                continue
            findings.append(_finding(sensor, spell, raised_at, over))
    findings.sort(key=lambda one: (one.raised_at, one.subject))
    return Evaluation(tuple(findings), next_check(zone, until), can_tell=True)


def next_check(zone: ZoneInfo, after: datetime) -> datetime:
    """Return when sensors are looked at next."""
    day = after.astimezone(zone).date()
    for ahead in (0, 1):
        for clock in CHECKED_AT:
            check = datetime.combine(day + timedelta(days=ahead), clock, zone)
            if check > after:
                return check
    raise AssertionError("a day has checks")  # pragma: no cover


def is_evaluated_by_silence(sensor: Sensor) -> bool:
    """Return whether nobody else would notice that a device is silent: it has no heartbeat, says of itself nothing, and reports no life."""
    return not (sensor.has_heartbeat or sensor.has_status) and not len(lively(sensor))


def _mute(device: int, reported_at: Mapping[int, Floats], until: float) -> Iterator[StuckSpell]:
    hours = [np.floor(reported / HOUR_S) * HOUR_S for one, reported in reported_at.items() if one != device]
    others = np.unique(np.concatenate([np.zeros(0), *hours]))
    return mute_spells(reported_at.get(device, np.zeros(0)), others, until)


def _up_to(sensor: Sensor, until: float) -> Sensor:
    reported: list[ReportedMetric] = []
    for one in sensor.reported:
        count = int(np.searchsorted(one.time, until, side="right"))
        reported.append(ReportedMetric(one.metric, one.time[:count], one.value[:count]))
    return replace(sensor, reported=reported)


def _first_of_each_time(found: Iterable[StuckSpell]) -> list[StuckSpell]:
    """Return the spells of one device without those that are sure while another one lasts."""
    kept: list[StuckSpell] = []
    for one in sorted(found, key=lambda spell: (spell.known, spell.cause)):
        if not any(other.ended is None or other.ended > one.known for other in kept):
            kept.append(one)
    return kept


def _finding(sensor: Sensor, spell: StuckSpell, raised_at: datetime, over: datetime | None) -> Finding:
    return Finding(
        rule=NAME,
        subject=Subject.of_device(sensor.device),
        severity=Severity.EQUIPMENT,
        began_at=moment(spell.began),
        raised_at=raised_at,
        cleared_at=over,
        reason=as_json(
            reasons.DeviceStuckReason(
                rule_version=VERSION,
                device=sensor.device,
                kind=sensor.kind.value,
                place=sensor.place,
                cause=spell.cause,
                usual=reasons.UsualHours(
                    longest_h=round(spell.baseline_s / 3600, 1),
                ),
                ruled_out=_RULED_OUT.get(spell.cause, ()),
                confidence=Confidence.HIGH if spell.cause in {"chatter", "frozen"} else Confidence.MEDIUM,
            )
        ),
    )
