"""Silent equipment: a device, or a whole home, that is out of contact, so that nobody can tell how the resident is.

These rules look at the last contact of a device, by our own clock, and not at what it measured. A silent home is not a silent
resident: it ends in "cannot tell", which is shown and notified as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain import reasons, rules
from core.domain.alert import Finding, Severity, Subject
from core.domain.device import DeviceKind
from core.domain.reason_card import Confidence, RuledOut, as_json
from detectors.features.availability import (
    Link,
    LinkOutage,
    both,
    delayed,
    is_monitored,
    joined,
    limit,
    outages_of,
)
from detectors.features.window import Blind, earliest
from detectors.rules.base import Evaluation

HOME_SILENT, DEVICE_SILENT = rules.HOME_SILENT.name, rules.DEVICE_SILENT.name
# What waits until the ward is in contact is looked at again so soon, and ever more rarely the longer the ward is quiet (our choice).
_HELD_FOR, _HELD_SHARE = timedelta(seconds=10), 0.25
# It leaves the home with its wearer, so it says nothing about the home.
_CARRIED = {DeviceKind.TRACKER}


@dataclass(frozen=True)
class HomeLinks:
    """What was evaluated about the equipment of a home.

    Attributes
    ----------
    silent : Evaluation
        `home_silent` for the home and `device_silent` for its devices.
    blind : tuple of Blind
        When the home was out of contact, or may not be concluded about.
    home_outages : tuple of LinkOutage
        The outages of the home that were sure by `until`, to be kept on record.
    device_outages : tuple of (int, LinkOutage)
        Those of its devices that still last.
    is_awaited : bool
        Whether a device with a heartbeat never had contact: its first message starts a deadline.
    """

    silent: Evaluation
    blind: tuple[Blind, ...]
    home_outages: tuple[LinkOutage, ...]
    device_outages: tuple[tuple[int, LinkOutage], ...]
    is_awaited: bool = False


def evaluate_home(
    home: int,
    links: Sequence[Link],
    ward: Sequence[Blind],
    until: datetime,
    *,
    area: Sequence[Blind] = (),
    undecided_from: datetime | None = None,
    slack: timedelta = timedelta(0),
) -> HomeLinks:
    """Evaluate the equipment of a home as of `until`.

    The home is silent when its gateway is, or when all its devices are that should report regularly. A silence that becomes sure
    while the whole ward is silent is not raised: once the ward is in contact again, the home gets its full time to be in contact too. In the
    same way a device is given time after its home was silent.

    Parameters
    ----------
    home : int
        The home's key.
    links : sequence of Link
        Its devices. One without heartbeat and status can never be known to be silent.
    ward : sequence of Blind
        When the whole ward was out of contact.
    area : sequence of Blind
        When the neighbourhood fell silent together. The home is blind all the same, but it is not raised by itself until it has had its
        full time to be in contact again.
    undecided_from : datetime or None
        When the whole ward was last in contact, if it is not yet decided whether it is silent: what would be sure after this moment waits.
    slack : timedelta
        The least time that counts as silence, for clocks that run faster than the machine.
    """
    per_device = {link.device: outages_of(link, until, slack) for link in links if is_monitored(link)}
    fixed = [link for link in links if link.device in per_device and link.kind not in _CARRIED]
    known = _outages_of_home(fixed, per_device, ward)
    held, decided = _undecided(known, undecided_from, until)
    sure = tuple(one for one in decided if one.is_sure_by(until))
    raised = _delayed(decided, area)
    devices = _outages_of_devices(
        links, per_device, (*ward, *map(_suppression, (*sure, *held))), undecided_from, until
    )
    held_from = undecided_from if held or devices.is_held else None
    due = _next_due(links, (*_lasting((*decided, *raised)), *devices.pending), held_from, until, slack)
    silent = [
        *(_home_finding(home, one, len(fixed)) for one in raised if one.is_sure_by(until)),
        *(_device_finding(link, one) for link, one in devices.raised),
    ]
    return HomeLinks(
        Evaluation(_in_order(silent), due, can_tell=not _lasting(sure)),
        _blind(known, until),
        sure,
        devices.lasting,
        is_awaited=_is_awaited(links),
    )


def _outages_of_home(
    fixed: Sequence[Link], per_device: Mapping[int, Sequence[LinkOutage]], ward: Sequence[Blind]
) -> list[LinkOutage]:
    """Return when a home was out of contact: its gateway, or all of its devices that stay in it; not while the ward was not."""
    found: list[LinkOutage] = []
    for link in fixed:
        if link.kind is DeviceKind.GATEWAY:
            found += per_device[link.device]
    if fixed:
        common = per_device[fixed[0].device]
        for link in fixed[1:]:
            common = both(common, per_device[link.device])
        found += common
    return _delayed(joined(found), ward)


def _delayed(outages: Sequence[LinkOutage], suppressed: Sequence[Blind]) -> list[LinkOutage]:
    return [after for one in outages if (after := delayed(one, suppressed)) is not None]


def _undecided(
    outages: Sequence[LinkOutage], undecided_from: datetime | None, until: datetime
) -> tuple[list[LinkOutage], list[LinkOutage]]:
    """Return the outages that are held back because the ward may be silent as a whole, and the others."""
    held = [one for one in outages if _is_held(one, undecided_from, until)]
    return held, [one for one in outages if one not in held]


def _is_held(outage: LinkOutage, undecided_from: datetime | None, until: datetime) -> bool:
    """Return whether an outage would be sure by now, but for the ward, which may be silent as a whole."""
    return undecided_from is not None and outage.is_sure_by(until) and undecided_from < outage.known_at


def _suppression(outage: LinkOutage) -> Blind:
    """Return the time in which nothing is concluded about single devices because their home was out of contact."""
    return Blind(outage.began_at, outage.ended_at, outage.began_at)


@dataclass(frozen=True)
class _DeviceOutages:
    """Outages of single devices: those that are raised, those that are not sure yet, and whether others are held back for the ward."""

    raised: list[tuple[Link, LinkOutage]]
    pending: list[LinkOutage]
    is_held: bool

    @property
    def lasting(self) -> tuple[tuple[int, LinkOutage], ...]:
        """Those that are raised and last."""
        return tuple((link.device, one) for link, one in self.raised if one.ended_at is None)


def _outages_of_devices(
    links: Sequence[Link],
    per_device: Mapping[int, Sequence[LinkOutage]],
    suppressed: Sequence[Blind],
    undecided_from: datetime | None,
    until: datetime,
) -> _DeviceOutages:
    """Return when devices were out of contact by themselves, as it counts; gateways speak for their home."""
    raised: list[tuple[Link, LinkOutage]] = []
    pending: list[LinkOutage] = []
    is_held = False
    for link in links:
        if link.kind is DeviceKind.GATEWAY:
            continue
        for one in _delayed(per_device.get(link.device, ()), suppressed):
            if not one.is_real:
                continue
            if one.known_at > until:
                pending.append(one)
            elif _is_held(one, undecided_from, until):
                is_held = True
            else:
                raised.append((link, one))
    return _DeviceOutages(raised, pending, is_held)


def _next_due(
    links: Sequence[Link],
    pending: Sequence[LinkOutage],
    held_from: datetime | None,
    until: datetime,
    slack: timedelta,
) -> datetime | None:
    """Return when something becomes sure, a device has been silent for as long as it may, or what is held back is looked at again."""
    limits = (
        link.contacts[-1] + limit(link.heartbeat, slack) for link in links if link.heartbeat and link.contacts
    )
    again = None if held_from is None else until + max(_HELD_FOR, _HELD_SHARE * (until - held_from))
    return earliest(again, *(one for one in (*(each.known_at for each in pending), *limits) if one > until))


def _blind(known: Sequence[LinkOutage], until: datetime) -> tuple[Blind, ...]:
    """Return when the home was out of contact, or may not be concluded about."""
    return tuple(
        Blind(one.began_at, one.ended_at, one.suppressed_from)
        for one in known
        if one.is_sure_by(until) or (one.ended_at is None and one.suppressed_from <= until)
    )


def _lasting(outages: Sequence[LinkOutage]) -> list[LinkOutage]:
    return [one for one in outages if one.ended_at is None]


def _is_awaited(links: Sequence[Link]) -> bool:
    return any(link.heartbeat and not link.contacts for link in links)


def _in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.raised_at, finding.subject)))


def _home_finding(home: int, outage: LinkOutage, devices: int) -> Finding:
    return Finding(
        rule=HOME_SILENT,
        subject=Subject.of_home(home),
        severity=Severity.CHECK_SOON,
        began_at=outage.began_at,
        raised_at=outage.known_at,
        cleared_at=outage.ended_at,
        reason=as_json(
            reasons.HomeSilentReason(
                rule_version=rules.HOME_SILENT.version,
                cause=outage.cause,
                last_heard=outage.began_at,
                devices=devices,
                ruled_out=(RuledOut.WARD_SILENT,),
                confidence=Confidence.HIGH,
            )
        ),
    )


def _device_finding(link: Link, outage: LinkOutage) -> Finding:
    return Finding(
        rule=DEVICE_SILENT,
        subject=Subject.of_device(link.device),
        severity=Severity.EQUIPMENT,
        began_at=outage.began_at,
        raised_at=outage.known_at,
        cleared_at=outage.ended_at,
        reason=as_json(
            reasons.DeviceSilentReason(
                rule_version=rules.DEVICE_SILENT.version,
                cause=outage.cause,
                last_heard=outage.began_at,
                kind=link.kind.value,
                place=link.place,
                ruled_out=(RuledOut.WARD_SILENT,),
                confidence=Confidence.HIGH,
            )
        ),
    )
