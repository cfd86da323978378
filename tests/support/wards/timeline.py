"""A day in a home as a small table of words, and what the rules find in it as another."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.alert import AlertKey, Finding
from core.domain.device import DeviceKind
from core.domain.geofence import Circle, Geofence, Hours
from detectors.features.availability import Link
from detectors.features.silence_threshold import SilenceBaseline, learn
from detectors.features.window import Blind, Interval, Press, Window, life_signs
from detectors.rules.emergency_call import SosCall
from detectors.rules.equipment_silent import evaluate_home
from detectors.rules.geofence_exit import GeofenceExit
from detectors.rules.inactivity import Inactivity
from detectors.windows.series import track

HOME = (35.6, 139.8)
AWAY = (35.61, 139.8)
_LINE = re.compile(r"(?:(?P<day>\d{4}-\d\d-\d\d) )?(?P<clock>\d\d:\d\d)(?P<second>\*)? (?P<what>.+)")
Sign = tuple[float, DeviceKind, str]


@dataclass
class Story:
    """What happened: life signs, fixes, presses, and what the equipment said."""

    zone: ZoneInfo
    signs: list[Sign] = field(default_factory=list[Sign])
    fixes: list[tuple[float, float, float, float]] = field(
        default_factory=list[tuple[float, float, float, float]]
    )
    presses: list[Press] = field(default_factory=list[Press])
    gateway: list[tuple[datetime, bool]] = field(default_factory=list[tuple[datetime, bool]])
    heartbeats: list[datetime] = field(default_factory=list[datetime])
    pauses: list[Interval] = field(default_factory=list[Interval])
    began_at: datetime | None = None
    ended_at: datetime | None = None

    def until(self, moment: datetime) -> "Story":
        """Return what of it had happened by a moment."""
        seconds = moment.timestamp()
        return replace(
            self,
            signs=[one for one in self.signs if one[0] <= seconds],
            fixes=[one for one in self.fixes if one[0] <= seconds],
            presses=[one for one in self.presses if one.received_at <= moment],
            gateway=[one for one in self.gateway if one[0] <= moment],
            heartbeats=[one for one in self.heartbeats if one <= moment],
        )


def read(text: str, zone: ZoneInfo) -> Story:
    """Read a table; each line is a time on the wall and what happened.

    A date stands where a day begins; `*` after the time means the second of two equal ones, where the clock is put back. The last
    line says `end`.
    """
    story = Story(zone)
    day: date | None = None
    for line in filter(None, (one.split("#")[0].strip() for one in text.splitlines())):
        match = _LINE.fullmatch(line)
        assert match is not None, line
        day = date.fromisoformat(match["day"]) if match["day"] else day
        assert day is not None, "the first line needs a date"
        clock = datetime.fromisoformat(f"{day} {match['clock']}")
        now = clock.replace(tzinfo=zone, fold=1 if match["second"] else 0)
        story.began_at = story.began_at or now
        _happen(story, now, match["what"].split())
    return story


def _happen(story: Story, now: datetime, what: list[str]) -> None:
    match what:
        case ["moves", place]:
            story.signs += [(now.timestamp() + wait, DeviceKind.MOTION, place) for wait in (0, 30)]
        case ["stirs", place]:
            story.signs.append((now.timestamp(), DeviceKind.MOTION, place))
        case ["door"]:
            story.signs.append((now.timestamp(), DeviceKind.DOOR, "front_door"))
        case ["sos"]:
            story.presses.append(Press(4, "", now, now, len(story.presses)))
        case ["sos", "clock", wrong]:
            pressed_at = now + timedelta(minutes=float(wrong))
            story.presses.append(Press(4, "", pressed_at, now, len(story.presses)))
        case ["gateway", "off" | "on" as state]:
            story.gateway.append((now, state == "on"))
        case ["battery", "lives"]:
            story.heartbeats.append(now)
        case ["in" | "out" as where, "for", minutes]:
            lat, lon = HOME if where == "in" else AWAY
            story.fixes += [(now.timestamp() + 60 * m, lat, lon, 15.0) for m in range(int(minutes))]
        case ["travels", "for", hours]:
            story.pauses.append(Interval(now, now + timedelta(hours=float(hours))))
        case ["end"]:
            story.ended_at = now
        case _:
            raise AssertionError(f"nobody knows what {' '.join(what)!r} means")


def usual_rhythm(first: date, days: int, zone: ZoneInfo) -> list[Sign]:
    """Return regular days by the clock on the wall: up at seven, in bed at ten, twice up at night."""
    found: list[Sign] = []
    for number in range(days):
        day = first + timedelta(days=number)
        for half_hours in (4, 9, *range(14, 45)):
            clock = datetime(
                day.year, day.month, day.day, half_hours // 2, 30 * (half_hours % 2), tzinfo=zone
            )
            found += [(clock.timestamp() + wait, DeviceKind.MOTION, "kitchen") for wait in (0, 30)]
    return found


@dataclass
class Resident:
    """Who lives there: how they lived before, and where they are expected at which hours."""

    history: Sequence[Sign] = ()
    hours: Hours | None = None
    _usual: dict[date, SilenceBaseline] = field(default_factory=dict[date, SilenceBaseline])

    def baseline_on(self, day: date, zone: ZoneInfo) -> SilenceBaseline:
        """Return what was learned for a day; without history, that nothing is known."""
        if day not in self._usual:
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            self._usual[day] = learn(life_signs(self.history), zone, (), midnight)
        return self._usual[day]


def findings(
    story: Story, resident: Resident, *, since: datetime | None = None, until: datetime | None = None
) -> list[Finding]:
    """Return what the rules find in one span of a story."""
    began_at, ended_at = story.began_at, until or story.ended_at
    assert began_at is not None
    assert ended_at is not None
    so_far = story.until(ended_at)
    links = [
        Link(1, DeviceKind.GATEWAY, "", None, (), tuple(so_far.gateway)),
        Link(2, DeviceKind.DOOR, "front_door", timedelta(hours=1), tuple(so_far.heartbeats), ()),
    ]
    equipment = evaluate_home(1, links, (), ended_at)
    window = _window(so_far, resident, equipment.blind)
    found = list(equipment.silent.findings)
    inactivity = Inactivity(lambda day: resident.baseline_on(day, story.zone))
    for rule in (inactivity, GeofenceExit(), SosCall()):
        found += rule.evaluate(window, since or began_at, ended_at).findings
    return found


def _window(story: Story, resident: Resident, blind: tuple[Blind, ...]) -> Window:
    assert story.began_at is not None
    hours = resident.hours
    return Window(
        resident=1,
        zone=story.zone,
        watched_from=story.began_at,
        life_signs=life_signs([*resident.history, *story.signs]),
        track=track(story.fixes),
        presses=story.presses,
        blind=blind,
        pauses=story.pauses,
        geofences=() if hours is None else (Geofence(1, 1, "home", Circle(*HOME, 200.0), hours),),
    )


def timeline_of(
    text: str, zone: str = "Asia/Tokyo", *, hours: Hours | None = None, knows: bool = True
) -> list[str]:
    """Return what the rules find in a table, as lines of time and words.

    Until the table begins life was as usual, for 30 days if the resident is known. Everything is evaluated twice: at once afterwards,
    and live every five minutes. Both must find the same.
    """
    story = read(text, ZoneInfo(zone))
    assert story.began_at is not None
    before = usual_rhythm(story.began_at.date() - timedelta(days=30), 31, story.zone) if knows else []
    resident = Resident([one for one in before if one[0] < story.began_at.timestamp()], hours)
    at_once = findings(story, resident)
    assert _words(live(story, resident), story.zone) == _words(at_once, story.zone)
    return _words(at_once, story.zone)


def live(story: Story, resident: Resident) -> list[Finding]:
    """Return what is found when somebody looks every five minutes, each episode as it was last seen."""
    assert story.began_at is not None
    assert story.ended_at is not None
    seen: dict[tuple[AlertKey, datetime], Finding] = {}
    since = story.began_at
    while since < story.ended_at:
        until = min(since + timedelta(minutes=5), story.ended_at)
        for one in findings(story, resident, since=since, until=until):
            seen[one.key, one.began_at] = one
        since = until
    return list(seen.values())


def _words(found: Sequence[Finding], zone: ZoneInfo) -> list[str]:
    lines: list[tuple[datetime, str]] = []
    for one in found:
        lines.append((one.raised_at, one.rule))
        if one.cleared_at is not None:
            lines.append((one.cleared_at, f"{one.rule} ends"))
    return [f"{moment.astimezone(zone):%H:%M} {what}" for moment, what in sorted(lines)]
