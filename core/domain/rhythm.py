"""A resident's rhythm as it is kept and shown: when, how long and how often what is usual happens, and from how many days that is known."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

NAME = "rhythm"
VERSION = 5
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Habit:
    """When something usually happens: median and median absolute deviation in minutes after midnight, from so many days.

    `latest_min` is by when it had happened on every known day but one: people who are up at night have a median in it, and their mornings
    still vary by hours.
    """

    at_min: float
    spread_min: float
    days: int
    latest_min: float = 0.0

    @property
    def by_min(self) -> float:
        """By when it has happened on about five days of six."""
        return self.at_min + _MAD_TO_SIGMA * self.spread_min

    def late_min(self, least_min: float) -> float:
        """Return from when on it is late: three sigmas, and never less than `least_min`, after the usual time; nor before all days but one."""
        return max(self.at_min + max(least_min, 3 * _MAD_TO_SIGMA * self.spread_min), self.latest_min)


@dataclass(frozen=True)
class Spans:
    """How long something usually lasts, in minutes: how often it was seen, a high quantile, and the longest."""

    count: int
    high_min: float
    longest_min: float


@dataclass(frozen=True)
class Appliance:
    """How an appliance is used: when first on a day, on how many of the days known, and how long it runs."""

    first: Habit | None
    days_used: int
    runs: Spans | None


@dataclass(frozen=True)
class Stillness:
    """How long somebody was seen somewhere without acting: on how many days, how often, and how long at most."""

    days: int
    count: int
    longest_min: float


@dataclass(frozen=True)
class Rhythm:
    """What was learned for one local day.

    Attributes
    ----------
    days : int
        On how many days it rests.
    up, down : Habit or None
        The first confirmed life sign after four, and the last one of the day.
    night_visits, nights : int
        Visits to the bathroom between 22:00 and 6:00, in all, and how many nights could be observed.
    night_spread : float
        The standard deviation of those visits between nights.
    last_nights : tuple of int or None
        The visits in the four nights before this day's, the oldest first; None where the home was out of contact.
    outings : mapping
        By `weekday` and `weekend`: how long outings last.
    nights_out : int
        Outings that were not over at 23:00.
    stays : mapping
        By `day` and `night`: how long visits to the bathroom last, until a life sign elsewhere; the longest counts.
    stay_days : int
        On how many days there was such a visit.
    still_times : mapping
        By the part of a device that sees who sits or lies still: its number, and its channel where it has one.
    appliances : mapping
        By the number of the plug.
    rooms_c : mapping
        By place: the median temperature of each hour of the day over the last 14 days; NaN where unknown.
    has_door : bool
        Whether an entrance door reported.
    night_exits : Spans or None
        In how many nights the door was used between 23:00 and 5:00 with nothing for ten minutes after it, and how long nothing was seen
        then; of more than two such nights the longest is left out.
    """

    days: int = 0
    up: Habit | None = None
    down: Habit | None = None
    night_visits: int = 0
    nights: int = 0
    night_spread: float = 0.0
    last_nights: tuple[int | None, ...] = ()
    outings: Mapping[str, Spans] = field(default_factory=dict[str, Spans])
    nights_out: int = 0
    stays: Mapping[str, Spans] = field(default_factory=dict[str, Spans])
    stay_days: int = 0
    still_times: Mapping[str, Stillness] = field(default_factory=dict[str, Stillness])
    appliances: Mapping[str, Appliance] = field(default_factory=dict[str, Appliance])
    rooms_c: Mapping[str, tuple[float | None, ...]] = field(
        default_factory=dict[str, tuple[float | None, ...]]
    )
    has_door: bool = False
    night_exits: Spans | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(body: Mapping[str, Any]) -> "Rhythm":
        """Return what `to_json` was made from."""
        return Rhythm(
            days=int(body["days"]),
            up=_habit(body["up"]),
            down=_habit(body["down"]),
            night_visits=int(body["night_visits"]),
            nights=int(body["nights"]),
            night_spread=float(body["night_spread"]),
            last_nights=tuple(body["last_nights"]),
            outings={name: Spans(**one) for name, one in body["outings"].items()},
            nights_out=int(body["nights_out"]),
            stays={name: Spans(**one) for name, one in body["stays"].items()},
            stay_days=int(body["stay_days"]),
            still_times={name: Stillness(**one) for name, one in body["still_times"].items()},
            appliances={
                name: Appliance(
                    _habit(one["first"]), one["days_used"], Spans(**one["runs"]) if one["runs"] else None
                )
                for name, one in body["appliances"].items()
            },
            rooms_c={name: tuple(hours) for name, hours in body["rooms_c"].items()},
            has_door=bool(body["has_door"]),
            night_exits=Spans(**body["night_exits"]) if body["night_exits"] else None,
        )


def _habit(body: Mapping[str, Any] | None) -> Habit | None:
    return None if body is None else Habit(**body)
