"""Silent equipment: a device, or a whole home, that is not heard of, so that nobody can tell how the resident is (D2).

These rules look at when we heard of a device at all, by our own clock, and not at what it measured. A silent home is not a silent
resident: it ends in "cannot tell", which is shown and told as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.alert import Finding, JsonObject, Severity
from core.domain.device import DeviceKind
from detectors.rules.judgement import Blind, Judgement, earliest

HOME_SILENT = "home_silent"
DEVICE_SILENT = "device_silent"
VERSION = 1
# D2: this many heartbeats missed, and never less than the least.
MISSED_HEARTBEATS = 3
LEAST_LIMIT = timedelta(minutes=10)
# A gateway that restarts says that it goes; it is given this long to come back (our choice).
RESTART_TIME = timedelta(minutes=5)
# What waits until the ward is heard is looked at again so soon, and ever more rarely the longer the ward is quiet (our choice).
_HELD_FOR, _HELD_SHARE = timedelta(seconds=10), 0.25
# A last will and the contact it makes carry nearly the same time.
_SAME_MOMENT = timedelta(seconds=1)
# It leaves the home with its wearer, so it says nothing about the home.
_CARRIED = {DeviceKind.TRACKER}


@dataclass(frozen=True)
class Link:
    """What is known of the link to a device.

    Attributes
    ----------
    heard : tuple of datetime
        When we heard of it, in order; all times, or those that matter: the last, and the one before a silence that is on record.
    status : tuple of (datetime, bool)
        When it said, or the broker said for it, that it is online or not, in order.
    """

    device: int
    kind: DeviceKind
    place: str
    heartbeat: timedelta | None
    heard: tuple[datetime, ...]
    status: tuple[tuple[datetime, bool], ...]


@dataclass(frozen=True)
class Absence:
    """A time in which something was not heard.

    Attributes
    ----------
    began_at, ended_at : datetime
        When it was last heard, and when it was heard again; None while it is not.
    hushed_from : datetime
        From when on other rules must not conclude anything from silence.
    known_at : datetime
        When it was sure; an absence that ended before never was one.
    cause : str
        `offline` or `no_heartbeat`.
    """

    began_at: datetime
    hushed_from: datetime
    known_at: datetime
    ended_at: datetime | None
    cause: str

    @property
    def is_real(self) -> bool:
        """Whether it lasted until it was sure."""
        return self.ended_at is None or self.ended_at > self.known_at


@dataclass(frozen=True)
class HomeLinks:
    """What was judged about the equipment of a home.

    Attributes
    ----------
    silent : Judgement
        `home_silent` for the home and `device_silent` for its devices.
    blind : tuple of Blind
        When the home could not be heard, or may not be concluded about.
    home_absences : tuple of Absence
        The home's absences that were sure by `until`, to be kept on record.
    device_absences : tuple of (int, Absence)
        Those of its devices that still last.
    is_awaited : bool
        Whether a device with a heartbeat was never heard: its first message starts a deadline.
    """

    silent: Judgement
    blind: tuple[Blind, ...]
    home_absences: tuple[Absence, ...]
    device_absences: tuple[tuple[int, Absence], ...]
    is_awaited: bool = False


def limit(heartbeat: timedelta, slack: timedelta = timedelta(0)) -> timedelta:
    """Return how long a device may be silent.

    Examples
    --------
    >>> limit(timedelta(minutes=1)).seconds // 60, limit(timedelta(hours=1)).seconds // 60
    (10, 180)
    """
    return max(MISSED_HEARTBEATS * heartbeat, LEAST_LIMIT, slack)


def judge_home(
    home: int,
    links: Sequence[Link],
    ward: Sequence[Blind],
    until: datetime,
    *,
    area: Sequence[Blind] = (),
    undecided_from: datetime | None = None,
    slack: timedelta = timedelta(0),
) -> HomeLinks:
    """Judge the equipment of a home as of `until`.

    The home is silent when its gateway is, or when all its devices are that would be heard regularly. A silence that becomes sure
    while the whole ward is silent is not raised: once the ward is heard again, the home gets its full time to be heard too. In the
    same way a device is given time after its home was silent.

    Parameters
    ----------
    home : int
        The home's key.
    links : sequence of Link
        Its devices. One without heartbeat and status can never be told to be silent.
    ward : sequence of Blind
        When the whole ward could not be heard.
    area : sequence of Blind
        When the neighbourhood fell silent together. The home is blind all the same, but it is not told by itself until it has had its
        full time to be heard again.
    undecided_from : datetime or None
        When the whole ward was last heard, if it is not yet decided whether it is silent: what would be sure after this moment waits.
    slack : timedelta
        The least time that counts as silence, for clocks that run faster than the machine.
    """
    per_device = {link.device: _absences(link, until, slack) for link in links if _tells(link)}
    fixed = [link for link in links if _tells(link) and link.kind not in _CARRIED]
    found: list[Absence] = []
    for link in fixed:
        if link.kind is DeviceKind.GATEWAY:
            found += per_device[link.device]
    if fixed:
        common = per_device[fixed[0].device]
        for link in fixed[1:]:
            common = _both(common, per_device[link.device])
        found += common
    known = [after for one in _joined(found) if (after := delayed(one, ward)) is not None]
    blind = tuple(
        Blind(one.began_at, one.ended_at, one.hushed_from)
        for one in known
        if (one.is_real and one.known_at <= until) or (one.ended_at is None and one.hushed_from <= until)
    )
    held = [one for one in known if _is_held(one, undecided_from, until)]
    absences = [one for one in known if one not in held]
    sure = tuple(one for one in absences if one.is_real and one.known_at <= until)
    told = [after for one in absences if (after := delayed(one, area)) is not None]
    findings = [_home_finding(home, one, len(fixed)) for one in told if one.is_real and one.known_at <= until]
    lasting: list[tuple[int, Absence]] = []
    pending = [one.known_at for one in (*absences, *told) if one.ended_at is None]
    hushed = (*ward, *(Blind(one.began_at, one.ended_at, one.began_at) for one in (*sure, *held)))
    for link in links:
        if link.kind is DeviceKind.GATEWAY:
            continue
        for one in per_device.get(link.device, []):
            after = delayed(one, hushed)
            if after is None or not after.is_real:
                continue
            if after.known_at > until:
                pending.append(after.known_at)
                continue
            if _is_held(after, undecided_from, until):
                held.append(after)
                continue
            findings.append(_device_finding(link, after))
            if after.ended_at is None:
                lasting.append((link.device, after))
    next_limits = [
        link.heard[-1] + limit(link.heartbeat, slack) for link in links if link.heartbeat and link.heard
    ]
    if held and undecided_from is not None:
        pending.append(until + max(_HELD_FOR, _HELD_SHARE * (until - undecided_from)))
    due = earliest(*(one for one in (*pending, *next_limits) if one > until))
    is_heard = not any(one.ended_at is None for one in sure)
    findings.sort(key=lambda finding: (finding.raised_at, finding.subject))
    is_awaited = any(link.heartbeat and not link.heard for link in links)
    silent = Judgement(tuple(findings), due, can_tell=is_heard)
    return HomeLinks(silent, blind, sure, tuple(lasting), is_awaited)


def _is_held(absence: Absence, undecided_from: datetime | None, until: datetime) -> bool:
    """Tell whether an absence would be sure by now, but for the ward, which may be silent as a whole."""
    return absence.is_real and undecided_from is not None and undecided_from < absence.known_at <= until


def _tells(link: Link) -> bool:
    return bool(link.status) or (link.heartbeat is not None and bool(link.heard))


def _absences(link: Link, until: datetime, slack: timedelta) -> list[Absence]:
    found: list[Absence] = []
    for number, (since, is_online) in enumerate(link.status):
        if is_online or since > until or (number and not link.status[number - 1][1]):
            continue
        back = earliest(
            *(time for time, online in link.status[number + 1 :] if online and time <= until),
            *(time for time in link.heard if since + _SAME_MOMENT < time <= until),
        )
        found.append(Absence(since, since, since + RESTART_TIME, back, "offline"))
    if link.heartbeat is not None:
        allowed = limit(link.heartbeat, slack)
        heard = [time for time in link.heard if time <= until]
        # Nothing heard by then gives no pair: what has never spoken cannot have fallen silent.
        for last, back in zip(heard, [*heard[1:], None], strict=False):
            known = last + allowed
            if (back or until) > known or (back is None and known == until):
                found.append(Absence(last, known, known, back, "no_heartbeat"))
    return _joined(found)


def _joined(absences: Sequence[Absence]) -> list[Absence]:
    """Return absences in order, those that overlap as one that was sure when the first of them was."""
    joined: list[Absence] = []
    for one in sorted(absences, key=lambda absence: (absence.began_at, absence.known_at)):
        before = joined[-1] if joined else None
        if before is None or (before.ended_at is not None and before.ended_at <= one.began_at):
            joined.append(one)
            continue
        ended = (
            None if before.ended_at is None or one.ended_at is None else max(before.ended_at, one.ended_at)
        )
        first = before if before.known_at <= one.known_at else one
        joined[-1] = replace(
            first,
            began_at=before.began_at,
            hushed_from=min(before.hushed_from, one.hushed_from),
            ended_at=ended,
        )
    return joined


def _both(some: Sequence[Absence], others: Sequence[Absence]) -> list[Absence]:
    """Return when both were absent."""
    found: list[Absence] = []
    for one in some:
        for other in others:
            ended = earliest(one.ended_at, other.ended_at)
            later = one if one.known_at >= other.known_at else other
            both = Absence(
                max(one.began_at, other.began_at),
                max(one.hushed_from, other.hushed_from),
                later.known_at,
                ended,
                later.cause,
            )
            if (ended is None or both.began_at < ended) and both.is_real:
                found.append(both)
    return found


def delayed(absence: Absence, hushed: Sequence[Blind]) -> Absence | None:
    """Return the absence as it counts when nothing could be concluded in `hushed` time; None if it lasts to this day."""
    patience = absence.known_at - absence.began_at
    known_at = absence.known_at
    for blind in sorted(hushed, key=lambda one: one.began_at):
        if blind.began_at < known_at and (blind.ended_at is None or blind.ended_at > absence.began_at):
            if blind.ended_at is None:
                return None
            known_at = max(known_at, blind.ended_at + patience)
    return replace(absence, known_at=known_at)


def _home_finding(home: int, absence: Absence, devices: int) -> Finding:
    return Finding(
        rule=HOME_SILENT,
        subject=f"home:{home}",
        severity=Severity.CHECK_SOON,
        began_at=absence.began_at,
        raised_at=absence.known_at,
        cleared_at=absence.ended_at,
        reason=_reason(absence, devices=devices),
    )


def _device_finding(link: Link, absence: Absence) -> Finding:
    return Finding(
        rule=DEVICE_SILENT,
        subject=f"device:{link.device}",
        severity=Severity.EQUIPMENT,
        began_at=absence.began_at,
        raised_at=absence.known_at,
        cleared_at=absence.ended_at,
        reason=_reason(absence, kind=link.kind.value, place=link.place),
    )


def _reason(absence: Absence, **more: object) -> JsonObject:
    return {
        "rule_version": VERSION,
        "cause": absence.cause,
        "last_heard": absence.began_at.isoformat(),
        **more,
        "ruled_out": ["ward_silent"],
        "confidence": "high",
    }
