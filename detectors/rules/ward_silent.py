"""Ward silence: no life sign from any home, so the platform is blind and no resident can be evaluated."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.domain import reasons
from core.domain.alert import WARD, Finding, Severity
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import WARD_SILENT
from detectors.features.window import Blind

NAME, VERSION = WARD_SILENT.name, WARD_SILENT.version
DAY_BEGINS, DAY_ENDS = time(7), time(22)
# The longest natural silence of many recorded homes, in 48 days, was 6 minutes by day and 35 by night for 20 homes, and 14 and 65
# for 10.
MANY_HOMES, SOME_HOMES = 20, 10
# A home with a life sign in this time before counts as active.
ACTIVE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True)
class WardSilence:
    """A time between two life signs of the whole ward.

    `homes` is how many homes were active in the day before it.
    """

    began_at: datetime
    ended_at: datetime | None
    homes: int


def limits(homes: int) -> tuple[timedelta, timedelta] | None:
    """Return how long the ward may be silent by day and by night, None where there are too few homes to say."""
    if homes >= MANY_HOMES:
        return timedelta(minutes=15), timedelta(minutes=60)
    if homes >= SOME_HOMES:
        return timedelta(minutes=30), timedelta(minutes=120)
    return None


def known_at(silence: WardSilence, zone: ZoneInfo) -> datetime | None:
    """Return when a silence becomes an outage if it lasts, None if it never does.

    Examples
    --------
    >>> night = datetime.fromisoformat("2026-05-01T06:30+00:00")
    >>> known_at(WardSilence(night, None, 25), ZoneInfo("UTC")).isoformat()[11:16]
    '07:00'
    >>> known_at(WardSilence(night - timedelta(hours=5), None, 25), ZoneInfo("UTC")).isoformat()[11:16]
    '02:30'
    """
    allowed = limits(silence.homes)
    if allowed is None:
        return None
    by_day, by_night = allowed
    soon = (silence.began_at + by_day).astimezone(zone)
    if not DAY_BEGINS <= soon.time() < DAY_ENDS:
        # The day's limit is passed at night; it counts from the morning on.
        morning = soon if soon.time() < DAY_BEGINS else soon + timedelta(days=1)
        soon = morning.replace(hour=DAY_BEGINS.hour, minute=0, second=0, microsecond=0)
    return min(soon.astimezone(silence.began_at.tzinfo), silence.began_at + by_night)


def outage(silence: WardSilence, zone: ZoneInfo, until: datetime) -> Finding | None:
    """Return the finding if a silence of the ward is an outage by `until`."""
    known = known_at(silence, zone)
    if known is None or known > until or (silence.ended_at is not None and silence.ended_at <= known):
        return None
    return Finding(
        rule=NAME,
        subject=WARD,
        severity=Severity.CHECK_SOON,
        began_at=silence.began_at,
        raised_at=known,
        cleared_at=silence.ended_at,
        reason=as_json(
            reasons.WardSilentReason(
                rule_version=VERSION,
                cause="no_life_sign",
                last_heard=silence.began_at,
                homes=silence.homes,
                silent_min=round((known - silence.began_at).total_seconds() / 60),
                ruled_out=(),
                confidence=Confidence.HIGH,
            )
        ),
    )


def blind(finding: Finding) -> Blind:
    """Return the blind time of an outage; inactivity was held back from its beginning on."""
    return Blind(finding.began_at, finding.cleared_at, finding.began_at)
