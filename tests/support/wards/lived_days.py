"""Made-up days of some homes, as the messages that their devices would send: a month that teaches, then two days in which things happen."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from core.domain.geodesy import METRES_PER_DEGREE
from simulator.network.lossy_channel import OutboundMessage
from tests.support.wards.evaluated_ward import at

TAUGHT_DAYS, DAYS = 24, 2
WATCHED = at("2026-07-06 00:00")
END = WATCHED + timedelta(days=DAYS)
FIRST = WATCHED - timedelta(days=TAUGHT_DAYS)
_OFFICE = "中央地域包括支援センター"
_LAT, _LON = 35.6, 139.8
_DEGREES_PER_M = 1 / METRES_PER_DEGREE
# So much a device puts into one message when it sends what it has kept.
_AT_ONCE = 60
# The devices of each home: kind and place.
_DEVICES = {
    "hall": ("motion", "hall"),
    "kitchen": ("motion", "kitchen"),
    "bath": ("motion", "bathroom"),
    "door": ("door", "front_door"),
    "air": ("climate", "living_room"),
    "stove": ("plug", "kitchen"),
    "sos": ("button", ""),
    "phone": ("tracker", ""),
}
_OWN = ("sos", "phone")


@dataclass(frozen=True)
class ReportedMetric:
    """What a device reports one moment: a metric and its value, or a place as metres north and east of home."""

    device: str
    time: datetime
    content: tuple[str, object] | tuple[float, float]


@dataclass
class HomeLife:
    """The life of one home, drawn from a seed."""

    number: int
    rng: Random
    quiet: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    away: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    happened: list[ReportedMetric] = field(default_factory=list[ReportedMetric])

    def all(self) -> list[ReportedMetric]:
        """Return everything that was raised, in order of time."""
        events: list[Callable[[datetime], None]] = [
            self._lies_still,
            self._goes_out,
            self._stays_out_late,
            self._gets_hot,
            self._leaves_the_stove_on,
            self._stays_in_the_bathroom,
            self._calls_for_help,
            self._goes_out_at_night,
            self._paces,
            self._forgets_the_phone,
            self._gets_up_late,
        ]
        for day in range(DAYS):
            for event in self.rng.sample(events, self.rng.randint(2, 4)):
                event(WATCHED + timedelta(days=day))
        usual = [
            raised for day in range(TAUGHT_DAYS + DAYS) for raised in self._day(FIRST + timedelta(days=day))
        ]
        kept = [raised for raised in usual if not self._is_left_out(raised)]
        seen: dict[tuple[str, datetime, object], ReportedMetric] = {}
        for raised in sorted([*self.happened, *kept], key=lambda one: one.time):
            name = raised.content[0] if isinstance(raised.content[0], str) else ""
            seen.setdefault((raised.device, raised.time, name), raised)
        return [raised for raised in seen.values() if raised.time < END]

    def _is_left_out(self, raised: ReportedMetric) -> bool:
        if raised.device == "phone":
            return any(began <= raised.time < ended for began, ended in self.away)
        return raised.device not in {"air", "stove"} and any(
            began <= raised.time < ended for began, ended in self.quiet
        )

    def _day(self, day: datetime) -> Iterator[ReportedMetric]:
        """Give an ordinary day: up about half past six, meals, the bathroom now and then, to bed about ten."""
        up = day + timedelta(hours=6.5, seconds=self.rng.randint(0, 1200))
        for number in range(26):
            moment = up + timedelta(minutes=36 * number, seconds=self.rng.randint(0, 300))
            yield ReportedMetric("kitchen", moment, ("motion", True))
            yield ReportedMetric("hall", moment + timedelta(seconds=50), ("motion", True))
            if number % 6 == 2:
                yield from self._visit(moment + timedelta(minutes=8))
        yield from self._visit(day + timedelta(hours=2, seconds=self.rng.randint(0, 3600)))
        for hour in (7, 12, 18):
            on = day + timedelta(hours=hour, seconds=self.rng.randint(0, 1200))
            yield ReportedMetric("stove", on, ("power_w", 1100.0))
            yield ReportedMetric("stove", on + timedelta(minutes=self.rng.randint(5, 12)), ("power_w", 0.0))
        for half in range(48):
            moment = day + timedelta(minutes=30 * half, seconds=7)
            yield ReportedMetric("air", moment, ("temperature_c", round(24 + self.rng.random(), 1)))
            yield ReportedMetric("air", moment, ("humidity_pct", 55.0))
            if day >= WATCHED - timedelta(days=2):
                yield ReportedMetric("phone", moment, (self.rng.gauss(0, 6), self.rng.gauss(0, 6)))

    def _visit(self, moment: datetime) -> Iterator[ReportedMetric]:
        out = moment + timedelta(seconds=self.rng.randint(120, 600))
        yield ReportedMetric("bath", moment, ("motion", True))
        yield ReportedMetric("bath", moment + timedelta(seconds=60), ("motion", True))
        yield ReportedMetric("hall", out, ("motion", True))

    def _report(self, device: str, moment: datetime, metric: str, value: object) -> None:
        self.happened.append(ReportedMetric(device, moment, (metric, value)))

    def _door(self, moment: datetime) -> None:
        self._report("door", moment, "contact_open", value=True)
        self._report("door", moment + timedelta(seconds=9), "contact_open", value=False)

    def _moment(self, day: datetime, first_hour: int, last_hour: int) -> datetime:
        return day + timedelta(seconds=self.rng.randint(first_hour * 3600, last_hour * 3600))

    def _lies_still(self, day: datetime) -> None:
        began = self._moment(day, 8, 18)
        self.quiet.append((began, began + timedelta(hours=self.rng.randint(5, 15))))

    def _gets_up_late(self, day: datetime) -> None:
        self.quiet.append((day + timedelta(hours=4), self._moment(day, 8, 12)))

    def _goes_out(self, day: datetime) -> None:
        self._walk(self._moment(day, 9, 16), timedelta(minutes=self.rng.randint(15, 200)))

    def _stays_out_late(self, day: datetime) -> None:
        began = self._moment(day, 17, 20)
        self._walk(began, day + timedelta(hours=23, minutes=self.rng.randint(0, 55)) - began)

    def _walk(self, began: datetime, lasts: timedelta) -> None:
        """Go straight to a place some streets away, stay there, and come back."""
        far_m, length_s = self.rng.uniform(400, 1500), lasts.total_seconds()
        self.quiet.append((began, began + lasts))
        self.away.append((began, began + lasts))
        self._door(began)
        self._door(began + lasts)
        for second in range(0, int(length_s), 60 if length_s < 7200 else 180):
            there = min(1.0, second * 1.1 / far_m, (length_s - second) * 1.1 / far_m)
            self._stand(began + timedelta(seconds=second), there * far_m, 0.0)

    def _paces(self, day: datetime) -> None:
        """Walk to and fro in one street, for most of an hour."""
        began, lasts = self._moment(day, 9, 20), timedelta(minutes=self.rng.randint(45, 80))
        self.quiet.append((began, began + lasts))
        self.away.append((began, began + lasts))
        self._door(began)
        self._door(began + lasts)
        for second in range(0, int(lasts.total_seconds()), 30):
            self._stand(
                began + timedelta(seconds=second), 60 + 90 * math.sin(second / 90), 8 * math.cos(second / 90)
            )

    def _stand(self, moment: datetime, north_m: float, east_m: float) -> None:
        place = (north_m + self.rng.gauss(0, 5), east_m + self.rng.gauss(0, 5))
        self.happened.append(ReportedMetric("phone", moment, place))

    def _forgets_the_phone(self, day: datetime) -> None:
        began, lasts = self._moment(day, 9, 16), timedelta(minutes=self.rng.randint(50, 150))
        self.quiet.append((began, began + lasts))
        self._door(began)
        self._door(began + lasts)
        for minute in range(-60, int(lasts.total_seconds() / 60), 10):
            self._stand(began + timedelta(minutes=minute, seconds=3), 0.0, 0.0)

    def _gets_hot(self, day: datetime) -> None:
        began = self._moment(day, 10, 16)
        hot = self.rng.uniform(33, 39)
        for minute in range(0, self.rng.randint(60, 300), 10):
            self._report("air", began + timedelta(minutes=minute), "temperature_c", round(hot, 1))
            self._report("air", began + timedelta(minutes=minute), "humidity_pct", 60.0)

    def _leaves_the_stove_on(self, day: datetime) -> None:
        on = self._moment(day, 8, 21)
        self._report("stove", on, "power_w", 1100.0)
        self._report("stove", on + timedelta(minutes=self.rng.randint(30, 240)), "power_w", 0.0)

    def _stays_in_the_bathroom(self, day: datetime) -> None:
        began, lasts = self._moment(day, 8, 21), timedelta(minutes=self.rng.randint(20, 150))
        self.quiet.append((began, began + lasts))
        self.happened += [
            ReportedMetric("bath", began + timedelta(seconds=second), ("motion", True))
            for second in (0, 45, 400)
        ]

    def _calls_for_help(self, day: datetime) -> None:
        moment = self._moment(day, 0, 23)
        for press in range(self.rng.randint(1, 3)):
            self._report("sos", moment + timedelta(seconds=40 * press), "sos", value=True)

    def _goes_out_at_night(self, day: datetime) -> None:
        began = day + timedelta(hours=3.2, seconds=self.rng.randint(0, 4000))
        self.quiet.append((began, began + timedelta(minutes=self.rng.randint(5, 60))))
        self._door(began)


def homes_of(numbers: range) -> list[dict[str, Any]]:
    """Return the homes of a ward file; everybody has a safe area that holds always, and the door at night is raised."""
    return [
        {
            "name": f"3丁目 {number:03}",
            "office": _OFFICE,
            "area": "3丁目",
            "lat": _LAT,
            "lon": _LON,
            "residents": [
                {
                    "key": f"r{number}",
                    "name": f"山田{number}",
                    "watched_from": WATCHED.isoformat(),
                    "tells_night_exit": True,
                    "geofences": [
                        {
                            "name": "自宅のまわり",
                            "shape": {"kind": "circle", "lat": _LAT, "lon": _LON, "radius_m": 250},
                        }
                    ],
                }
            ],
            "devices": [
                {
                    "device_id": f"{name}-{number}",
                    "sender": f"native:{name}-{number}",
                    "kind": kind,
                    "place": place,
                    "since": "2026-01-01T00:00:00Z",
                    **({"resident": f"r{number}"} if name in _OWN else {}),
                }
                for name, (kind, place) in _DEVICES.items()
            ],
        }
        for number in numbers
    ]


def ward_of(homes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a ward file."""
    return {"offices": [{"name": _OFFICE}], "homes": homes}


def messages_of(number: int, seed: int) -> tuple[list[OutboundMessage], list[OutboundMessage]]:
    """Return what the devices of a home send: of the past in large messages, then each moment in its own."""
    past: list[OutboundMessage] = []
    live: list[OutboundMessage] = []
    raised = HomeLife(number, Random(f"{seed}/{number}")).all()
    for name in _DEVICES:
        seq = 0
        own = [one for one in raised if one.device == name]
        before = [one for one in own if one.time < WATCHED]
        for start in range(0, len(before), _AT_ONCE):
            seq += 1
            past.append(_message(f"{name}-{number}", seq, before[start : start + _AT_ONCE]))
        for _, moment in groupby((one for one in own if one.time >= WATCHED), key=lambda one: one.time):
            seq += 1
            live.append(_message(f"{name}-{number}", seq, list(moment)))
    return past, live


def _message(device_id: str, seq: int, raised: list[ReportedMetric]) -> OutboundMessage:
    kind = "fix" if device_id.startswith("phone") else "readings"
    rows = [_row(one) for one in raised]
    payload = json.dumps({"seq": seq, "fixes" if kind == "fix" else "readings": rows}).encode()
    return OutboundMessage(
        round(raised[-1].time.timestamp() * 1000), f"mimamori/v1/{device_id}/{kind}", payload
    )


def _row(raised: ReportedMetric) -> dict[str, object]:
    time = raised.time.isoformat().replace("+00:00", "Z")
    first, second = raised.content
    if isinstance(first, str):
        return {"metric": first, "value": second, "time": time}
    assert isinstance(second, float)
    lat, lon = _LAT + first * _DEGREES_PER_M, _LON + second * _DEGREES_PER_M
    return {"lat": round(lat, 7), "lon": round(lon, 7), "accuracy_m": 12.0, "time": time}
