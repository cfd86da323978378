"""Writes and reads ward files; these are read as far as the simulator needs it: homes, who lives in them, and what hangs on their walls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.domain.device import DEVICE_ID, DeviceKind
from core.errors import InputError
from simulator.local_days import DEFAULT_ZONE
from simulator.town.streets import TOWN, Ground

_SENDERS = ("native", "zigbee2mqtt", "owntracks")
Json = dict[str, Any]


@dataclass(frozen=True)
class SimDevice:
    """A device to simulate. `sender` is how its messages come, `sender_name` its name there."""

    device_id: str
    sender: str
    sender_name: str
    kind: DeviceKind
    place: str
    gateway_id: str
    resident: str

    def is_called(self, word: str) -> bool:
        """Return whether a scenario means this device: by its place, its kind or its id."""
        return word in {self.place, self.kind.value, self.device_id}


@dataclass(frozen=True)
class SimHome:
    """A home to simulate. `resident` is the key of the person whose routine fills it; `ground` has its door at (0, 0)."""

    name: str
    resident: str
    zone: ZoneInfo
    ground: Ground
    devices: tuple[SimDevice, ...]
    area: str = ""

    def has(self, kind: DeviceKind) -> bool:
        """Return whether the home has a device of this kind."""
        return any(device.kind is kind for device in self.devices)


@dataclass(frozen=True)
class SimWard:
    """The homes to simulate, and when watching begins: history lies before `origin`, live data after it."""

    homes: tuple[SimHome, ...]
    origin: datetime
    _by_resident: dict[str, SimHome] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_resident", {home.resident: home for home in self.homes})

    def home_of(self, resident: str) -> SimHome:
        """Return the home of a resident, by key."""
        return self._by_resident[resident]


def write_ward(path: Path, ward: Mapping[str, object]) -> None:
    """Write a ward file.

    Raises
    ------
    InputError
        It cannot be written there.
    """
    try:
        path.write_text(json.dumps(ward, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot write the ward file: {error.strerror}") from error


def read_ward(path: Path) -> SimWard:
    """Read a ward file.

    Raises
    ------
    InputError
        The file cannot be read, is no JSON, or lacks what is needed; the message names the place inside the file.
    """
    try:
        body: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot read the ward file: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path}: is not a JSON ward file: {error}") from error
    try:
        return parse_ward(body)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse_ward(body: object) -> SimWard:
    """Return the ward that a ward file describes; homes without residents stay empty and are left out.

    Raises
    ------
    InputError
        Something needed is missing or not what it should be; the message names the place.
    """
    if not isinstance(body, dict):
        raise InputError("a ward file holds an object with offices and homes")
    homes: list[SimHome] = []
    origins: list[datetime] = []
    for number, entry in enumerate(_list(cast("Json", body), "homes", "")):
        where = f"homes[{number}]"
        residents = _list(entry, "residents", where)
        if not residents:
            continue
        homes.append(_home(entry, residents[0], where))
        origins.extend(_moment(person, f"{where}.residents") for person in residents)
    if not homes:
        raise InputError("homes: there is no home with a resident to play")
    return SimWard(tuple(homes), min(origins))


def _home(entry: Json, resident: Json, where: str) -> SimHome:
    zone_name = entry.get("time_zone", DEFAULT_ZONE.key)
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, TypeError):
        raise InputError(
            f"{where}.time_zone: {zone_name!r} is no IANA time zone such as Asia/Tokyo"
        ) from None
    devices = tuple(
        _device(device, f"{where}.devices[{number}]")
        for number, device in enumerate(_list(entry, "devices", where))
    )
    lat, lon = entry.get("lat", TOWN.lat), entry.get("lon", TOWN.lon)
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        raise InputError(f"{where}: lat and lon must be numbers")
    ground = Ground(float(lat), float(lon))
    return SimHome(
        _text(entry, "name", where),
        _text(resident, "key", where),
        zone,
        ground,
        devices,
        str(entry.get("area", "")),
    )


def _device(entry: Json, where: str) -> SimDevice:
    device_id = _text(entry, "device_id", where)
    if not DEVICE_ID.fullmatch(device_id):
        raise InputError(
            f"{where}.device_id: {device_id!r} may hold small letters, digits, hyphens and underscores"
        )
    sender, _, name = _text(entry, "sender", where).partition(":")
    if sender not in _SENDERS or not name:
        raise InputError(
            f"{where}.sender: the simulator speaks {', '.join(_SENDERS)}; write for example native:{device_id}"
        )
    kind = _text(entry, "kind", where)
    if kind not in set(DeviceKind):
        raise InputError(f"{where}.kind: {kind!r} is none of {', '.join(DeviceKind)}")
    return SimDevice(
        device_id,
        sender,
        name,
        DeviceKind(kind),
        str(entry.get("place", "")),
        str(entry.get("gateway_id", "")),
        str(entry.get("resident", "")),
    )


def _list(entry: Json, key: str, where: str) -> list[Json]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in cast("list[object]", value)):
        raise InputError(f"{where}.{key}".lstrip(".") + ": must be a list of objects")
    return cast("list[Json]", value)


def _text(entry: Json, key: str, where: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(f"{where}.{key}: is missing or no text")
    return value


def _moment(entry: Json, where: str) -> datetime:
    text = _text(entry, "watched_from", where)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError(
            f"{where}.watched_from: {text!r} is no time with an offset such as 2026-08-01T06:30:00+09:00"
        )
    return moment
