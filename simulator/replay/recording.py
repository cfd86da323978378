"""What a recording holds, whatever file it came from: readings and positions of devices in homes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from unicodedata import normalize
from zlib import crc32

from core.domain.device import DEVICE_ID, DeviceKind
from core.domain.metrics import METRICS
from core.errors import InputError
from simulator.replay.place_names import says_fridge
from simulator.replay.readings import NO_READINGS, ReadingSource, RecordedReading, RecordedReadings

# Of a file in which every line is wrong, ten lines say enough.
MOST_BAD_KEPT = 10
_DeviceKey = tuple[str, str, DeviceKind]


class RecordedFix(NamedTuple):
    """One position; what the file does not say is None."""

    time: datetime
    home: str
    lat: float
    lon: float
    accuracy_m: float | None
    altitude_m: float | None
    speed_kmh: float | None


class RecordedDevice(NamedTuple):
    """A device that the recording needs."""

    device_id: str
    home: str
    kind: DeviceKind
    place: str


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used: its line in the file, what is wrong, and in which column if that is known."""

    line: int
    problem: str
    column: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.problem}"


class BadRows:
    """Collects rows that cannot be used: all are counted, the first ten are kept."""

    def __init__(self) -> None:
        self.first: list[BadRow] = []
        self.count = 0

    def add(self, line: int, problem: str, column: str = "") -> None:
        """Take a row by its line in the file."""
        self.count += 1
        if len(self.first) < MOST_BAD_KEPT:
            self.first.append(BadRow(line, problem, column))


@dataclass(frozen=True)
class Recording:
    """A recording, in the order of time.

    Attributes
    ----------
    form : str
        Begins the ids of its devices and homes: tihm, csv, homeassistant, casas, gpx, positions.
    bad : tuple of BadRow
        Rows that cannot be used, the first ten; `bad_count` is how many there are.
    notes : tuple of str
        What a person should know: what was left out, what was assumed.
    names, place_names : mapping
        What the file calls its homes or walkers, and its places, by the names they have here.
    lines : int
        How many lines the file has that are no heading and not empty; 0 for tracks.
    without_offset : int
        How many times in the file say no offset from UTC, so that a zone was assumed.
    """

    form: str
    readings: RecordedReadings = NO_READINGS
    fixes: tuple[RecordedFix, ...] = ()
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    place_names: Mapping[str, str] = field(default_factory=dict[str, str])
    lines: int = 0
    bad_count: int = 0
    without_offset: int = 0

    @cached_property
    def _devices(self) -> dict[_DeviceKey, RecordedDevice]:
        """Each device by home, place and kind.

        Raises
        ------
        InputError
            The name of a home or a place is too long.
        """
        found = {(one.home, one.place, self._kind_of(one)) for _, one in self.readings.reporting()}
        found |= {(home, "", DeviceKind.TRACKER) for home in {item.home for item in self.fixes}}
        # Also of what reports only outside of this part: a device has one id in the whole and in all parts.
        kinds: dict[tuple[str, str], set[DeviceKind]] = defaultdict(set)
        for source in self.readings.sources:
            kinds[source.home, source.place].add(self._kind_of(source))
        return {
            (home, place, kind): self._device(home, place, kind, alone=len(kinds[home, place] | {kind}) == 1)
            for home, place, kind in sorted(found)
        }

    def _kind_of(self, source: ReadingSource) -> DeviceKind:
        return kind_of(source.metric, self.place_names.get(source.place, source.place))

    def _device(self, home: str, place: str, kind: DeviceKind, *, alone: bool) -> RecordedDevice:
        parts = [self.form, home, place.replace("_", "-")] + ([] if alone and place else [kind.value])
        device_id = "-".join(part for part in parts if part)
        if not DEVICE_ID.fullmatch(device_id):
            raise InputError(
                f"{device_id!r} is too long for a device id; shorten the names of homes and places"
            )
        return RecordedDevice(device_id, home, kind, place)

    @property
    def devices(self) -> tuple[RecordedDevice, ...]:
        """The devices that the recording needs, sorted by home and place."""
        return tuple(self._devices.values())

    def device_of(self, item: RecordedReading | RecordedFix) -> RecordedDevice:
        """Return the device that reported something."""
        if isinstance(item, RecordedFix):
            return self._devices[item.home, "", DeviceKind.TRACKER]
        return self._device_of(ReadingSource(item.home, item.place, item.metric))

    def _device_of(self, source: ReadingSource) -> RecordedDevice:
        return self._devices[source.home, source.place, self._kind_of(source)]

    def items_by_device(self) -> Iterator[tuple[str, list[RecordedReading] | list[RecordedFix]]]:
        """Yield the id of each device with all that it reported, one device at a time."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, source in self.readings.reporting():
            numbers[self._device_of(source).device_id].append(number)
        for device in self.devices:
            if device.kind is DeviceKind.TRACKER:
                yield device.device_id, [fix for fix in self.fixes if fix.home == device.home]
            else:
                yield device.device_id, list(self.readings.of(numbers[device.device_id]))

    @property
    def homes(self) -> tuple[str, ...]:
        """The homes, sorted."""
        return tuple(dict.fromkeys(device.home for device in self.devices))

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last moment."""
        edges = [items[end].time for items in (self.readings, self.fixes) if items for end in (0, -1)]
        return min(edges), max(edges)

    def firsts(self) -> dict[str, datetime]:
        """Return the first contact of each home."""
        firsts = self.readings.firsts()
        for fix in self.fixes:
            firsts[fix.home] = min(firsts.get(fix.home, fix.time), fix.time)
        return firsts

    def part(self, homes: Iterable[str], begin: datetime | None, end: datetime | None) -> "Recording":
        """Return what lies in `[begin, end)` and in these homes (all, if none are named)."""
        wanted = set(homes)
        readings = self.readings.within(begin, end)
        if wanted:
            readings = readings.of(
                [number for number, one in enumerate(readings.sources) if one.home in wanted]
            )
        fixes = tuple(
            fix
            for fix in self.fixes
            if (not wanted or fix.home in wanted)
            and (begin is None or fix.time >= begin)
            and (end is None or fix.time < end)
        )
        return replace(self, readings=readings, fixes=fixes)

    def checked(self, name: str, *, skip_bad: bool) -> "Recording":
        """Return itself if it can be used.

        Raises
        ------
        InputError
            It holds nothing, or rows that cannot be used and are not to be skipped; the message names file and lines.
        """
        if self.bad and not skip_bad:
            shown = [f"{name}, {row}" for row in self.bad]
            if self.bad_count > len(self.bad):
                shown.append(f"... and {self.bad_count - len(self.bad)} more")
            shown.append("Nothing of it was used. Mend the file, or leave these rows out with --skip-bad.")
            raise InputError("\n".join(shown))
        if not self.readings and not self.fixes:
            raise InputError(f"{name}: there is nothing in it to use")
        return self


def kind_of(metric: str, place: str) -> DeviceKind:
    """Return what device reports this metric at this place."""
    known = METRICS.get(metric)
    kind = DeviceKind.OTHER if known is None or known.device_kind is None else known.device_kind
    # The door of a fridge is no door of the home: it never shows that somebody went out.
    return DeviceKind.FRIDGE if kind is DeviceKind.DOOR and says_fridge(place) else kind


class Slugs:
    """Makes names fit for ids, and refuses two names that would become one."""

    def __init__(self) -> None:
        # The names as they were, by what became of them.
        self.names: dict[str, str] = {}

    def slug(self, text: str) -> str:
        """Return the name in small letters, digits and hyphens.

        Other scripts have no such letters: a name in one gets a short code of its own, the same in every file.

        Raises
        ------
        ValueError
            It is empty, or another name became the same.

        Examples
        --------
        >>> Slugs().slug("Front Door"), Slugs().slug("花子 2")
        ('front-door', '2-3792d074')
        """
        name = normalize("NFKC", text).strip().lower()
        slug = re.sub(r"[^a-z0-9]+", "-", name).strip("-")
        if not slug or not name.isascii():
            if not name:
                raise ValueError(f"{text!r} is no name")
            slug = "-".join(part for part in (slug, f"{crc32(name.encode()):08x}") if part)
        text = text.strip()
        if self.names.setdefault(slug, text) != text:
            raise ValueError(f"{text!r} and {self.names[slug]!r} would both become {slug!r}; rename one")
        return slug
