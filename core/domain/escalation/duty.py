"""The duty roster: who of an office is asked in which hours, who stands in, and where nobody is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from core.domain.escalation.policy import LONGEST_WAIT_MIN, EscalationPolicy, Recipients

# Nights begin at any minute, mostly at a full quarter of an hour: looked at by the clock, to this.
_PACE = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DutyPerson:
    """Somebody of an office who can be on its roster; `is_able`: notified at all, on a channel that may be used and is not dead.

    `is_sure`: somebody made sure that messages on one of them arrive.
    """

    number: int
    name: str
    is_able: bool
    is_duty_only: bool
    is_sure: bool = False


@dataclass(frozen=True)
class DutyShift:
    """A stretch of time with who is on duty; `is_substituted`: the substitute takes it, if there is one."""

    number: int
    office: int
    began_at: datetime
    ended_at: datetime
    person: DutyPerson
    substitute: DutyPerson | None
    is_substituted: bool

    @property
    def asked(self) -> DutyPerson | None:
        """Who is asked: the substitute where they took over, or where the other cannot be reached; None where neither can."""
        order = [self.person, self.substitute]
        if self.is_substituted:
            order.reverse()
        return next((one for one in order if one is not None and one.is_able), None)


def on_duty(shifts: Iterable[DutyShift], at: datetime) -> list[int]:
    """Return the contacts who are asked at a moment; a shift ends before the moment at which the next begins."""
    asked = [one.asked for one in shifts if one.began_at <= at < one.ended_at]
    return sorted({one.number for one in asked if one is not None})


def asks_duty(policy: EscalationPolicy, at: datetime, zone: ZoneInfo) -> bool:
    """Return whether a policy asks whoever is on duty at a moment."""
    branches = [policy.branch_at(severity, at, zone) for severity in LONGEST_WAIT_MIN]
    return any(step.asked is Recipients.DUTY for one in branches if one is not None for step in one.steps)


def gaps(
    policy: EscalationPolicy,
    shifts: Sequence[DutyShift],
    zone: ZoneInfo,
    since: datetime,
    until: datetime,
) -> list[tuple[datetime, datetime]]:
    """Return the stretches in which the policy asks whoever is on duty, and nobody is who can be reached; to a quarter of an hour.

    Parameters
    ----------
    policy : EscalationPolicy
        Says at which hours the roster counts.
    shifts : sequence of DutyShift
        Those that touch the time.
    zone : ZoneInfo
        The clock of the policy.
    since, until : datetime
        The time that is looked at.
    """
    found: list[tuple[datetime, datetime]] = []
    # Shifts begin and end at any minute; the moments between which nothing changes are looked at once.
    edges = {since, until, *(edge for one in shifts for edge in (one.began_at, one.ended_at))}
    moment = since - (since - _EPOCH) % _PACE
    while moment < until:
        edges.add(moment)
        moment += _PACE
    ordered = sorted(edge for edge in edges if since <= edge <= until)
    for began, ended in pairwise(ordered):
        if asks_duty(policy, began, zone) and not on_duty(shifts, began):
            if found and found[-1][1] == began:
                found[-1] = (found[-1][0], ended)
            else:
                found.append((began, ended))
    return found
