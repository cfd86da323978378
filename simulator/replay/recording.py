"""What a recording holds, whatever file it came from: readings and positions of devices in homes."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from unicodedata import normalize
from zlib import crc32

from core.domain.device import DEVICE_ID, DeviceKind
from core.domain.metrics import METRICS
from core.errors import InputError

_MOST_SHOWN = 10


class RecordedReading(NamedTuple):
    """One value of one metric; `home` and `place` as the file has them, made fit for an id."""

    time: datetime
    home: str
    place: str
    metric: str
    value: float


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
    """A row that cannot be used: its line in the file, and what is wrong."""

    line: int
    problem: str


@dataclass(frozen=True)
class Recording:
    """A recording, in the order of time.

    Attributes
    ----------
    form : str
        Begins the ids of its devices and homes: tihm, csv, gpx, positions.
    bad : tuple of BadRow
        Rows that cannot be used.
    notes : tuple of str
        What a person should know: what was left out, what was assumed.
    names : mapping
        What the file calls its homes or walkers, by the name they have here; of tracks only.
    """

    form: str
    readings: tuple[RecordedReading, ...] = ()
    fixes: tuple[RecordedFix, ...] = ()
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    _device_ids: dict[tuple[str, str, DeviceKind], RecordedDevice] = field(
        default_factory=dict[tuple[str, str, DeviceKind], RecordedDevice], init=False
    )

    def __post_init__(self) -> None:
        found: dict[str, dict[str, set[DeviceKind]]] = defaultdict(lambda: defaultdict(set))
        for home, place, metric in {(item.home, item.place, item.metric) for item in self.readings}:
            found[home][place].add(kind_of(metric, place))
        for home in {item.home for item in self.fixes}:
            found[home][""].add(DeviceKind.TRACKER)
        for home, places in sorted(found.items()):
            for place, kinds in sorted(places.items()):
                for kind in sorted(kinds):
                    self._add(home, place, kind, alone=len(kinds) == 1)

    def _add(self, home: str, place: str, kind: DeviceKind, *, alone: bool) -> None:
        parts = [self.form, home, place.replace("_", "-")] + ([] if alone and place else [kind.value])
        device_id = "-".join(part for part in parts if part)
        if not DEVICE_ID.fullmatch(device_id):
            raise InputError(
                f"{device_id!r} is too long for a device id; shorten the names of homes and places"
            )
        self._device_ids[home, place, kind] = RecordedDevice(device_id, home, kind, place)

    @property
    def devices(self) -> tuple[RecordedDevice, ...]:
        """The devices that the recording needs, sorted by home and place."""
        return tuple(self._device_ids.values())

    def device_of(self, item: RecordedReading | RecordedFix) -> RecordedDevice:
        """Return the device that reported something."""
        if isinstance(item, RecordedFix):
            return self._device_ids[item.home, "", DeviceKind.TRACKER]
        return self._device_ids[item.home, item.place, kind_of(item.metric, item.place)]

    @property
    def homes(self) -> tuple[str, ...]:
        """The homes, sorted."""
        return tuple(dict.fromkeys(device.home for device in self.devices))

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last moment."""
        edges = [items[end].time for items in (self.readings, self.fixes) if items for end in (0, -1)]
        return min(edges), max(edges)

    def part(self, homes: Iterable[str], begin: datetime | None, end: datetime | None) -> "Recording":
        """Return what lies in `[begin, end)` and in these homes (all, if none are named)."""
        wanted = set(homes)

        def fits(item: RecordedReading | RecordedFix) -> bool:
            return (
                (not wanted or item.home in wanted)
                and (begin is None or item.time >= begin)
                and (end is None or item.time < end)
            )

        return Recording(
            self.form,
            tuple(item for item in self.readings if fits(item)),
            tuple(item for item in self.fixes if fits(item)),
            self.bad,
            self.notes,
            self.names,
        )

    def checked(self, name: str, *, skip_bad: bool) -> "Recording":
        """Return itself if it can be published.

        Raises
        ------
        InputError
            It holds nothing, or rows that cannot be used and are not to be skipped; the message names file and lines.
        """
        if self.bad and not skip_bad:
            shown = [f"{name}, line {row.line}: {row.problem}" for row in self.bad[:_MOST_SHOWN]]
            if len(self.bad) > _MOST_SHOWN:
                shown.append(f"... and {len(self.bad) - _MOST_SHOWN} more")
            shown.append("Nothing was published. Mend the file, or leave these rows out with --skip-bad.")
            raise InputError("\n".join(shown))
        if not self.readings and not self.fixes:
            raise InputError(f"{name}: there is nothing in it to replay")
        return self


def kind_of(metric: str, place: str) -> DeviceKind:
    """Return what device reports this metric at this place."""
    known = METRICS.get(metric)
    kind = DeviceKind.OTHER if known is None or known.device_kind is None else known.device_kind
    # The door of a fridge is no door of the home: it never shows that somebody went out.
    return DeviceKind.FRIDGE if kind is DeviceKind.DOOR and "fridge" in place else kind


class Slugs:
    """Makes names fit for ids, and refuses two names that would become one."""

    def __init__(self) -> None:
        # The names as they were, by what became of them.
        self.names: dict[str, str] = {}
        # A recording says the same few names half a million times.
        self._known: dict[str, str] = {}

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
        if self.names.setdefault(slug, text) != text:
            raise ValueError(f"{text!r} and {self.names[slug]!r} would both become {slug!r}; rename one")
        return slug


Reader = Callable[..., Recording]
