"""Availability of devices: when each was in contact, and the outages that follow from that, by our own clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.device import LEAST_SILENCE, MISSED_HEARTBEATS, DeviceKind
from detectors.features.window import Blind, earliest

# A gateway that restarts says that it goes; it is given this long to come back (our choice).
RESTART_TIME = timedelta(minutes=5)
# A last will and the contact it makes carry nearly the same time.
_SAME_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Link:
    """What is known of the link to a device.

    Attributes
    ----------
    contacts : tuple of datetime
        Its contacts, in order; all times, or those that count: the last, and the one before a silence that is on record.
    status : tuple of (datetime, bool)
        When it said, or the broker said for it, that it is online or not, in order.
    """

    device: int
    kind: DeviceKind
    place: str
    heartbeat: timedelta | None
    contacts: tuple[datetime, ...]
    status: tuple[tuple[datetime, bool], ...]


@dataclass(frozen=True)
class LinkOutage:
    """A time in which a device was out of contact.

    Attributes
    ----------
    began_at, ended_at : datetime
        Its last contact, and when it was in contact again; None while it is not.
    suppressed_from : datetime
        From when on other rules must not conclude anything from silence.
    known_at : datetime
        When it was sure; an absence that ended before never was one.
    cause : str
        `offline` or `no_heartbeat`.
    """

    began_at: datetime
    suppressed_from: datetime
    known_at: datetime
    ended_at: datetime | None
    cause: str

    @property
    def is_real(self) -> bool:
        """Whether it lasted until it was sure."""
        return self.ended_at is None or self.ended_at > self.known_at

    def is_sure_by(self, at: datetime) -> bool:
        """Whether it lasted until it was sure, and that was not after a moment."""
        return self.is_real and self.known_at <= at


def limit(heartbeat: timedelta, slack: timedelta = timedelta(0)) -> timedelta:
    """Return how long a device may be silent.

    Examples
    --------
    >>> limit(timedelta(minutes=1)).seconds // 60, limit(timedelta(hours=1)).seconds // 60
    (10, 180)
    """
    return max(MISSED_HEARTBEATS * heartbeat, LEAST_SILENCE, slack)


def is_monitored(link: Link) -> bool:
    """Return whether it can be known of a device that it is silent."""
    return bool(link.status) or (link.heartbeat is not None and bool(link.contacts))


def outages_of(link: Link, until: datetime, slack: timedelta) -> list[LinkOutage]:
    """Return when a device was out of contact, as of `until`, in order."""
    return joined([*_offline(link, until), *_without_heartbeat(link, until, slack)])


def _offline(link: Link, until: datetime) -> Iterator[LinkOutage]:
    """Give when a device was said to be offline, until it was said to be back or was in contact."""
    for number, (since, is_online) in enumerate(link.status):
        if is_online or since > until or (number and not link.status[number - 1][1]):
            continue
        back = earliest(
            *(time for time, online in link.status[number + 1 :] if online and time <= until),
            *(time for time in link.contacts if since + _SAME_MOMENT < time <= until),
        )
        yield LinkOutage(since, since, since + RESTART_TIME, back, "offline")


def _without_heartbeat(link: Link, until: datetime, slack: timedelta) -> Iterator[LinkOutage]:
    """Give when a device with a heartbeat was out of contact for longer than it may be silent."""
    if link.heartbeat is None:
        return
    allowed = limit(link.heartbeat, slack)
    contacts = [time for time in link.contacts if time <= until]
    # No contact by then gives no pair: what has never spoken cannot have fallen silent.
    for last, back in zip(contacts, [*contacts[1:], None], strict=False):
        known = last + allowed
        if (back or until) > known or (back is None and known == until):
            yield LinkOutage(last, known, known, back, "no_heartbeat")


def joined(outages: Sequence[LinkOutage]) -> list[LinkOutage]:
    """Return absences in order, those that overlap as one that was sure when the first of them was."""
    kept: list[LinkOutage] = []
    for one in sorted(outages, key=lambda outage: (outage.began_at, outage.known_at)):
        before = kept[-1] if kept else None
        if before is None or (before.ended_at is not None and before.ended_at <= one.began_at):
            kept.append(one)
            continue
        ended = (
            None if before.ended_at is None or one.ended_at is None else max(before.ended_at, one.ended_at)
        )
        first = before if before.known_at <= one.known_at else one
        kept[-1] = replace(
            first,
            began_at=before.began_at,
            suppressed_from=min(before.suppressed_from, one.suppressed_from),
            ended_at=ended,
        )
    return kept


def both(some: Sequence[LinkOutage], others: Sequence[LinkOutage]) -> list[LinkOutage]:
    """Return when both were absent."""
    found: list[LinkOutage] = []
    for one in some:
        for other in others:
            ended = earliest(one.ended_at, other.ended_at)
            later = one if one.known_at >= other.known_at else other
            shared = LinkOutage(
                max(one.began_at, other.began_at),
                max(one.suppressed_from, other.suppressed_from),
                later.known_at,
                ended,
                later.cause,
            )
            if (ended is None or shared.began_at < ended) and shared.is_real:
                found.append(shared)
    return found


def delayed(outage: LinkOutage, suppressed: Sequence[Blind]) -> LinkOutage | None:
    """Return the absence as it counts when nothing could be concluded in `suppressed` time; None if it lasts to this day."""
    allowed = outage.known_at - outage.began_at
    known_at = outage.known_at
    for blind in sorted(suppressed, key=lambda one: one.began_at):
        if blind.began_at < known_at and (blind.ended_at is None or blind.ended_at > outage.began_at):
            if blind.ended_at is None:
                return None
            known_at = max(known_at, blind.ended_at + allowed)
    return replace(outage, known_at=known_at)
