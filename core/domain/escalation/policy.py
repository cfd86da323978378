"""The escalation policy as data: by severity and kind of hour, who is asked one after the other, and how long each may take to answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.domain.alert import Severity
from core.domain.escalation.public_holidays import is_day_off
from core.domain.geofence import Hours
from core.domain.quiet_hours import QuietHours


class Recipients(StrEnum):
    """Whom a step asks."""

    CONTACTS = "contacts"
    """Family and centre in the order in which they are registered, each number in it a step of its own."""
    FAMILY = "family"
    """The resident's own contacts, all at once."""
    OFFICE = "office"
    """The centre of the resident's office, all at once."""
    DUTY = "duty"
    """Whoever is on the office's roster at that moment; the centre where the roster has a gap."""
    NEXT_OFFICE = "next_office"
    """The centre of the office that stands in for the resident's."""
    WARD_LINE = "ward_line"
    """The ward's duty line."""
    EMERGENCY_PLAN = "emergency_plan"
    """Whom the operator's emergency plan names."""


# Desks above the resident's own office, from the nearest up. An emergency that nobody answers goes up through them.
ABOVE = (Recipients.NEXT_OFFICE, Recipients.WARD_LINE, Recipients.EMERGENCY_PLAN)
# Only these can be the last to be asked: somebody sits there. A family sleeps, and a roster may have a gap.
_DESKS = frozenset({Recipients.CONTACTS, Recipients.OFFICE, *ABOVE})


class HoursOfDay(StrEnum):
    """In which part of the day a branch holds."""

    ANY = "any"
    DAY = "day"
    NIGHT = "night"


class KindOfDay(StrEnum):
    """On which days a branch holds; Saturdays, Sundays and public holidays are days off."""

    ANY = "any"
    WORKDAY = "workday"
    DAY_OFF = "day_off"


@dataclass(frozen=True)
class PolicyStep:
    """Who is asked, and how many minutes they may take to answer before the next step is taken."""

    asked: Recipients
    wait_min: int


@dataclass(frozen=True)
class PolicyBranch:
    """The steps for one severity in one kind of hour.

    Attributes
    ----------
    severity : Severity
        `EMERGENCY` or `CHECK_SOON`; what is less urgent has one step and no policy.
    hours, days : HoursOfDay, KindOfDay
        When it holds, by the clock of the home.
    steps : tuple of PolicyStep
        In order.
    again_min : int or None
        When all were asked: others are asked again, three times in turn, after so many minutes each; then, and with None always,
        as the service does it by itself.
    """

    severity: Severity
    steps: tuple[PolicyStep, ...]
    hours: HoursOfDay = HoursOfDay.ANY
    days: KindOfDay = KindOfDay.ANY
    again_min: int | None = None

    @property
    def key(self) -> tuple[Severity, HoursOfDay, KindOfDay]:
        """For what it holds; a policy has one branch for each."""
        return self.severity, self.hours, self.days

    @property
    def again(self) -> timedelta | None:
        """The pause before each of the first reminders; None: as the service does it by itself."""
        return None if self.again_min is None else timedelta(minutes=self.again_min)


# When it is night for a policy that says nothing else.
NIGHT = QuietHours(time(22), time(7))


@dataclass(frozen=True)
class EscalationPolicy:
    """All branches, and when it is night for them."""

    branches: tuple[PolicyBranch, ...]
    night: QuietHours = NIGHT

    def branch_at(self, severity: Severity, moment: datetime, zone: ZoneInfo) -> PolicyBranch | None:
        """Return the branch that holds at a moment where the home is: the one that says most about when; None of a severity without any.

        Examples
        --------
        >>> night = PolicyBranch(Severity.EMERGENCY, (), HoursOfDay.NIGHT)
        >>> policy = EscalationPolicy((PolicyBranch(Severity.EMERGENCY, ()), night))
        >>> tokyo = ZoneInfo("Asia/Tokyo")
        >>> policy.branch_at(Severity.EMERGENCY, datetime(2026, 8, 2, 3, tzinfo=tokyo), tokyo) is night
        True
        """
        own = [one for one in self.branches if one.severity is severity]
        is_night = self.night.end_after(moment, zone) is not None
        hours = {HoursOfDay.ANY, HoursOfDay.NIGHT if is_night else HoursOfDay.DAY}
        days = {KindOfDay.ANY}
        if any(one.days not in days for one in own):
            is_off = is_day_off(moment.astimezone(zone).date(), zone)
            days.add(KindOfDay.DAY_OFF if is_off else KindOfDay.WORKDAY)
        holding = [one for one in own if one.hours in hours and one.days in days]
        return max(holding, key=_exactness, default=None)

    def with_branch(self, branch: PolicyBranch) -> "EscalationPolicy":
        """Return the policy with a branch in place of the one for the same severity and kind of hour; one without steps is taken out."""
        others = [one for one in self.branches if one.key != branch.key]
        return EscalationPolicy((*others, branch) if branch.steps else tuple(others), self.night)

    def with_desks(self, desks: Mapping[Recipients, "Desk"]) -> "EscalationPolicy":
        """Return the policy without steps that ask a desk where nobody is registered."""
        return EscalationPolicy(
            tuple(
                replace(
                    one,
                    steps=tuple(
                        step
                        for step in one.steps
                        if step.asked is Recipients.FAMILY or _is_there(desks, step.asked)
                    ),
                )
                for one in self.branches
            ),
            self.night,
        )


def _exactness(branch: PolicyBranch) -> tuple[int, bool]:
    """Return how much a branch says about when it holds; hours count before days where both say one thing."""
    says_hours, says_days = branch.hours is not HoursOfDay.ANY, branch.days is not KindOfDay.ANY
    return says_hours + says_days, says_hours


# What holds where nobody wrote a policy: family and centre in their order, an emergency goes on upwards through the desks that exist.
DEFAULT = EscalationPolicy(
    (
        PolicyBranch(
            Severity.EMERGENCY,
            (PolicyStep(Recipients.CONTACTS, 2), *(PolicyStep(desk, 2) for desk in ABOVE)),
        ),
        PolicyBranch(Severity.CHECK_SOON, (PolicyStep(Recipients.CONTACTS, 10),)),
    )
)

# More steps than this are a mistake.
MOST_STEPS = 9
# So long may a step wait at most: an emergency is somebody else's soon.
LONGEST_WAIT_MIN = {Severity.EMERGENCY: 10, Severity.CHECK_SOON: 120}
# And so long the pause before each of the first reminders.
LONGEST_AGAIN_MIN = {Severity.EMERGENCY: 60, Severity.CHECK_SOON: 480}
SHORTEST_AGAIN_MIN = 5


@dataclass(frozen=True)
class Desk:
    """A place that a step can ask: whether anybody is registered there, and when somebody sits there (None: at any hour)."""

    is_there: bool
    staffed: Hours | None = None


def has_desk_above(desks: Mapping[Recipients, Desk]) -> bool:
    """Return whether somebody is registered at any desk above an office: where nobody is, an emergency that nobody answers ends there."""
    return any(asked in desks and desks[asked].is_there for asked in ABOVE)


@dataclass(frozen=True)
class PolicyMistake:
    """Why a policy is refused: a stable code, and the branch and step that are wrong (None: the whole policy, the whole branch)."""

    code: str
    branch: int | None = None
    step: int | None = None


def mistakes(policy: EscalationPolicy, desks: Mapping[Recipients, Desk]) -> Iterator[PolicyMistake]:
    """Give what is wrong with a policy where these desks exist.

    Every severity needs a branch that holds at any hour; nobody is asked twice in a branch; every desk exists; and the last to be
    asked is a desk where somebody sits whenever the branch holds.
    """
    kept = [one.key for one in policy.branches]
    for severity in LONGEST_WAIT_MIN:
        if (severity, HoursOfDay.ANY, KindOfDay.ANY) not in kept:
            yield PolicyMistake("escalation_no_usual")
    for number, branch in enumerate(policy.branches):
        if branch.severity not in LONGEST_WAIT_MIN:
            yield PolicyMistake("escalation_severity", number)
        elif kept.index(kept[number]) != number:
            yield PolicyMistake("escalation_branch_twice", number)
        else:
            yield from _branch_mistakes(number, branch, policy.night, desks)


def _is_there(desks: Mapping[Recipients, Desk], asked: Recipients) -> bool:
    return asked in desks and desks[asked].is_there


def _branch_mistakes(
    number: int, branch: PolicyBranch, night: QuietHours, desks: Mapping[Recipients, Desk]
) -> Iterator[PolicyMistake]:
    asked = [step.asked for step in branch.steps]
    if not 1 <= len(asked) <= MOST_STEPS:
        yield PolicyMistake("escalation_steps", number)
        return
    longest = LONGEST_WAIT_MIN[branch.severity]
    for place, step in enumerate(branch.steps):
        if not 1 <= step.wait_min <= longest:
            yield PolicyMistake("escalation_wait", number, place)
        if asked.index(step.asked) != place:
            yield PolicyMistake("escalation_asked_twice", number, place)
        if step.asked is not Recipients.FAMILY and not _is_there(desks, step.asked):
            yield PolicyMistake("escalation_nobody_there", number, place)
    if branch.again_min is not None and not (
        SHORTEST_AGAIN_MIN <= branch.again_min <= LONGEST_AGAIN_MIN[branch.severity]
    ):
        yield PolicyMistake("escalation_again", number)
    last = branch.steps[-1].asked
    staffed = desks[last].staffed if last in desks else None
    if last not in _DESKS or (staffed is not None and not _covers(staffed, branch, night)):
        yield PolicyMistake("escalation_end_not_staffed", number, len(asked) - 1)


def _covers(staffed: Hours, branch: PolicyBranch, night: QuietHours) -> bool:
    """Return whether somebody sits there whenever the branch holds, to the quarter of an hour; a public holiday may be any weekday."""
    days = range(5) if branch.days is KindOfDay.WORKDAY else range(7)
    for day in days:
        for quarter in range(96):
            clock = time(quarter // 4, quarter % 4 * 15)
            wanted = HoursOfDay.NIGHT if _lies_in(clock, night.begins, night.ends) else HoursOfDay.DAY
            if branch.hours in {HoursOfDay.ANY, wanted} and not is_staffed(staffed, day, clock):
                return False
    return True


def is_staffed(hours: Hours, weekday: int, clock: time) -> bool:
    """Return whether hours of a week hold on a weekday (Monday 0) at a time; those that run over midnight belong to the day before."""
    if hours.start == hours.end:
        return weekday in hours.days
    if hours.start < hours.end:
        return weekday in hours.days and hours.start <= clock < hours.end
    before = (weekday - 1) % 7
    return (weekday in hours.days and clock >= hours.start) or (before in hours.days and clock < hours.end)


def _lies_in(clock: time, begins: time, ends: time) -> bool:
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


@dataclass(frozen=True)
class TimedStep:
    """A step of an escalation: whom it asks, `level` the number in the order of contacts (else its place), when, and how long it waits."""

    asked: Recipients
    level: int
    after: timedelta
    wait: timedelta


def timed_steps(
    branch: PolicyBranch, levels: Sequence[int], is_there: Mapping[Recipients, bool]
) -> tuple[TimedStep, ...]:
    """Return the steps of a branch with their times, from the moment at which the alert opens.

    Parameters
    ----------
    branch : PolicyBranch
        What the policy says for this hour.
    levels : sequence of int
        The numbers in the order of the contacts whom the alert concerns, lowest first; each is a step of its own.
    is_there : mapping of Recipients to bool
        Whether anybody is there to ask; a step that would reach nobody is left out, and those after it come earlier. Where no desk is
        left, the centre is asked last.
    """
    found: list[TimedStep] = []
    after = timedelta()
    for place, step in enumerate(branch.steps):
        wait = timedelta(minutes=step.wait_min)
        numbers = levels if step.asked is Recipients.CONTACTS else [place] * is_there.get(step.asked, False)
        for number in numbers:
            found.append(TimedStep(step.asked, number, after, wait))
            after += wait
    if is_there.get(Recipients.OFFICE, False) and not any(step.asked in _DESKS for step in found):
        found.append(
            TimedStep(Recipients.OFFICE, len(branch.steps), after, found[-1].wait if found else after)
        )
    return tuple(found)
