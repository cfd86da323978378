"""What really happens in a simulated ward, and what a good system should raise about it: the ground truth file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.errors import InputError
from simulator.incidents.incident import ON_FOOT, Incident, IncidentKind
from simulator.incidents.kinds import KINDS
from simulator.local_days import DAY_S, HOUR_S, LocalDay, local_day
from simulator.people.routine import DayPlan
from simulator.ward_file import SimWard
from simulator.world import HomeWorld, make_world

_GOES_OUT = ON_FOOT | {IncidentKind.DOES_NOT_RETURN, IncidentKind.TRACKER_LEFT}


@dataclass(frozen=True)
class TrueEvent:
    """One thing that really happens.

    Attributes
    ----------
    resident, home : str
        Whom it concerns, by key and by name; both empty for the whole ward.
    begins, ends : datetime
        From when to when; the same moment for a press of a button.
    raises : tuple of str
        The rules of which one should raise an alert about it; none: nobody should be disturbed because of it.
    by : datetime or None
        Until when it should be raised.
    says : str
        What happens, in words.
    """

    kind: IncidentKind
    resident: str
    home: str
    begins: datetime
    ends: datetime
    raises: tuple[str, ...]
    by: datetime | None
    says: str

    def line(self) -> str:
        """Return the event as a line of a ground truth file."""
        body: dict[str, object] = {
            "event": self.kind.value,
            "resident": self.resident or None,
            "home": self.home or None,
            "from": _text(self.begins),
            "to": _text(self.ends),
            "raise": list(self.raises),
            "by": None if self.by is None else _text(self.by),
            "says": self.says,
        }
        return json.dumps(body, ensure_ascii=False)


def true_events(
    ward: SimWard, incidents: Sequence[Incident], seed: int, begin: datetime, end: datetime
) -> list[TrueEvent]:
    """Return what happens in `[begin, end)` or lasts into it, in the order of time.

    An incident for which the day leaves no room (a walk that would last past the next getting up) does not happen, and is left out.
    """
    events: list[TrueEvent] = []
    happening = [incident for incident in incidents if incident.resident]
    concerned = {incident.resident for incident in happening}
    homes = [home for home in ward.homes if home.resident in concerned]
    for home in make_world(SimWard(tuple(homes), ward.origin), happening, seed):
        events.extend(_of_home(home, begin, end))
    for incident in incidents:
        if not incident.resident:
            day = local_day(begin, ward.homes[0].zone).before(1)
            events.extend(_of_ward(incident, day, begin, end))
    return sorted(events, key=lambda event: (event.begins, event.home, event.kind))


def write_ground_truth(path: Path, events: Sequence[TrueEvent]) -> None:
    """Write a ground truth file.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    try:
        path.write_text("".join(f"{event.line()}\n" for event in events), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write the truth file: {error.strerror}") from error


def _of_home(home: HomeWorld, begin: datetime, end: datetime) -> Iterator[TrueEvent]:
    day = home.day_of(begin).before(1)
    while day.ms(0.0) < end.timestamp() * 1000:
        # What begins after midnight and before getting up belongs to the day before.
        happening = [one for one in home.incidents if one.is_on(day) or one.is_on(day.next())]
        if happening:
            yield from _of_day(home, day, happening, begin, end)
        day = day.next()


def _of_day(
    home: HomeWorld, day: LocalDay, incidents: Sequence[Incident], begin: datetime, end: datetime
) -> Iterator[TrueEvent]:
    plan = home.plan(day)
    for incident in incidents:
        for from_s, until_s in _occurrences(incident, plan, day):
            begins, ends = _at(day, from_s), _at(day, until_s)
            if begins < end and ends >= begin:
                shows = _from_when(incident, plan, day, from_s)
                yield _true(incident, home.home.name, begins, ends, shows)


def _of_ward(incident: Incident, day: LocalDay, begin: datetime, end: datetime) -> Iterator[TrueEvent]:
    while day.ms(0.0) < end.timestamp() * 1000:
        if incident.is_on(day):
            begins, ends = _at(day, incident.at_s), _at(day, incident.at_s + incident.for_s)
            if begins < end and ends >= begin:
                yield _true(incident, "", begins, ends)
        day = day.next()


def _occurrences(incident: Incident, plan: DayPlan, day: LocalDay) -> Iterator[tuple[float, float]]:
    """Yield from when to when an incident happens that begins between getting up on a day and on the next."""
    if incident.kind in _GOES_OUT:
        for start_s in incident.starts_s(day, plan.wake_s, plan.end_s):
            yield from ((span.start_s, span.end_s) for span in plan.spans if span.start_s == start_s)
    elif incident.kind is IncidentKind.DOES_NOT_GET_UP:
        if plan.still_until_s > plan.wake_s and incident.is_on(day):
            yield plan.last_sign_s, plan.still_until_s
    elif incident.kind is IncidentKind.SLEEPS_IN:
        if incident.is_on(day):
            yield plan.wake_s, plan.wake_s + incident.for_s
    else:
        # What lasts for days begins at midnight, which may be before the resident gets up.
        begin_s, end_s = (0.0, DAY_S) if incident.at_s == 0.0 else (plan.wake_s, plan.end_s)
        for start_s in incident.starts_s(day, begin_s, end_s):
            yield start_s, start_s + incident.for_s


def _from_when(incident: Incident, plan: DayPlan, day: LocalDay, from_s: float) -> datetime | None:
    """Return when it can be noticed at the earliest, if that is not when it begins: who lies still at night seems to sleep."""
    if incident.kind is not IncidentKind.COLLAPSE or from_s < plan.bed_s:
        return None
    return _at(day, plan.end_s)


def _true(
    incident: Incident, home: str, begins: datetime, ends: datetime, shows: datetime | None = None
) -> TrueEvent:
    kind = KINDS[incident.kind]
    raises, within_h = kind.raises, kind.within_h
    by = None
    if raises:
        by = begins + timedelta(seconds=within_h * HOUR_S)
    if by is not None and shows is not None:
        by = max(by, shows + timedelta(seconds=KINDS[IncidentKind.DOES_NOT_GET_UP].within_h * HOUR_S))
    return TrueEvent(incident.kind, incident.resident, home, begins, ends, raises, by, kind.says)


def _at(day: LocalDay, wall_s: float) -> datetime:
    return datetime.fromtimestamp(day.ms(wall_s) / 1000, UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
