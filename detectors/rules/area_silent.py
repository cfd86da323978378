"""Area silence: several homes of a neighbourhood fall silent together, as in a power cut, and the staff are notified once.

Each of these homes is blind by itself; this rule says that it is one cause and not many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain import reasons
from core.domain.alert import Finding, Severity, Subject
from core.domain.reason_card import Confidence, RuledOut, as_json
from core.domain.rules import AREA_SILENT
from detectors.features.availability import LinkOutage, delayed
from detectors.features.window import Blind
from detectors.rules.ward_silent import SOME_HOMES

NAME, VERSION = AREA_SILENT.name, AREA_SILENT.version
CAUSE = "together"
# With fewer homes than this, or less than half of those that are in contact, it does not concern the neighbourhood (our choice).
LEAST_HOMES = 3
_LEAST_SHARE = 0.5
# As shares of how long a home may be silent (three heartbeats). Homes that were cut off at one moment were last in contact up to a
# heartbeat apart, so when the first has missed 2.4 the last has missed 1.4. It is decided before the first would be raised by itself.
DECIDED_AFTER, OVERDUE_AFTER = 0.8, 0.45
_APART = 1 / 3
# Connections end, and last wills are published, a little apart.
_JITTER = timedelta(minutes=1)
# If so many of all homes are silent it concerns the ward, where that is evaluated.
WARD_SHARE = 0.8


@dataclass(frozen=True)
class SilentHome:
    """A home that is silent since a moment, and may be for so long."""

    since: datetime
    allowed: timedelta


@dataclass(frozen=True)
class AreaSilence:
    """Which homes of a neighbourhood are in contact.

    Attributes
    ----------
    area : str
        Its name.
    homes : int
        How many of its homes were in contact in the last day.
    quiet : sequence of QuietHome
        Those that are silent for at least `OVERDUE_AFTER` of what they may be, the longest first.
    """

    area: str
    homes: int
    quiet: Sequence[SilentHome]


@dataclass(frozen=True)
class AreaOutage:
    """Homes of a neighbourhood that fell silent together: when, when that was known, and how many of how many."""

    area: str
    began_at: datetime
    known_at: datetime
    silent: int
    homes: int


def outage(contact: AreaSilence, until: datetime, suppressed: Sequence[Blind] = ()) -> AreaOutage | None:
    """Return the outage of a neighbourhood that is known by `until`, None if there is none.

    What becomes known while nothing could be concluded (`suppressed`) waits like the silence of a single home.

    Examples
    --------
    >>> from datetime import UTC
    >>> cut = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
    >>> quarter = timedelta(minutes=15)
    >>> quiet = [SilentHome(cut + timedelta(minutes=minute), quarter) for minute in (0, 2, 4)]
    >>> found = outage(AreaSilence("3丁目", 5, quiet), cut + timedelta(minutes=12))
    >>> found.known_at - found.began_at, found.silent
    (datetime.timedelta(seconds=720), 3)
    >>> outage(AreaSilence("3丁目", 5, quiet), cut + timedelta(minutes=11)) is None
    True
    >>> outage(AreaSilence("3丁目", 7, quiet), cut + timedelta(minutes=12)) is None
    True
    """
    least = max(LEAST_HOMES, _LEAST_SHARE * contact.homes)
    for number, first in enumerate(contact.quiet):
        known = _sure_at(first, DECIDED_AFTER, suppressed)
        if known is None or known > until:
            continue
        latest = first.since + _APART * first.allowed + _JITTER
        together = [
            one
            for one in contact.quiet[number:]
            if one.since <= latest
            and known - one.since >= OVERDUE_AFTER * one.allowed
            and not _was_raised(one, known, suppressed)
        ]
        if len(together) >= least:
            return AreaOutage(contact.area, first.since, known, len(together), contact.homes)
    return None


def _sure_at(one: SilentHome, share: float, suppressed: Sequence[Blind]) -> datetime | None:
    """Return when a home has been silent for a share of what it may be; None while nothing can be concluded."""
    soon = one.since + share * one.allowed
    found = delayed(LinkOutage(one.since, one.since, soon, None, CAUSE), suppressed)
    return None if found is None else found.known_at


def _was_raised(one: SilentHome, known: datetime, suppressed: Sequence[Blind]) -> bool:
    """Return whether a home was raised by itself by then; it stays so."""
    sure = _sure_at(one, 1.0, suppressed)
    return sure is not None and sure <= known


def lasts(one: AreaOutage, contact: AreaSilence | None) -> bool:
    """Return whether an outage goes on: at least half of its homes were out of contact since."""
    still = (
        0 if contact is None else sum(one.began_at <= home.since <= one.known_at for home in contact.quiet)
    )
    return 2 * still >= one.silent


def is_of_ward(areas: Sequence[AreaSilence]) -> bool:
    """Return whether so many homes everywhere are silent that it concerns the ward; a small ward is never evaluated as a whole."""
    homes = sum(one.homes for one in areas)
    return homes >= SOME_HOMES and sum(len(one.quiet) for one in areas) >= WARD_SHARE * homes


def finding(one: AreaOutage, ended_at: datetime | None) -> Finding:
    """Return the finding of an outage, which lasts if `ended_at` is None."""
    return Finding(
        rule=NAME,
        subject=Subject.of_area(one.area),
        severity=Severity.CHECK_SOON,
        began_at=one.began_at,
        raised_at=one.known_at,
        cleared_at=ended_at,
        reason=as_json(
            reasons.AreaSilentReason(
                rule_version=VERSION,
                cause=CAUSE,
                area=one.area,
                last_heard=one.began_at,
                homes=one.silent,
                of_homes=one.homes,
                silent_min=round((one.known_at - one.began_at).total_seconds() / 60),
                ruled_out=(RuledOut.WARD_SILENT,),
                confidence=Confidence.HIGH,
            )
        ),
    )
