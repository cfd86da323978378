"""The ward of a ward file as the simulator needs it: homes, who lives in them, and what hangs on their walls."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from core.domain.device import DeviceKind
from core.errors import InputError
from core.formats import ward_file
from core.formats.ward_file import Ward, WardDevice, WardHome
from simulator.local_days import DEFAULT_ZONE
from simulator.town.streets import TOWN, Ground

_SENDERS = ("native", "zigbee2mqtt", "owntracks")


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

    @classmethod
    def of(cls, device: WardDevice, where: str) -> Self:
        """Return a device of a ward file; errors begin with `where`."""
        sender, _, name = device.sender.partition(":")
        if sender not in _SENDERS:
            raise InputError(
                f"{where}.sender: the simulator speaks {', '.join(_SENDERS)}; write for example native:{device.device_id}"
            )
        return cls(
            device.device_id,
            sender,
            name,
            device.kind,
            device.place,
            device.gateway_id or "",
            device.resident or "",
        )

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

    @classmethod
    def of(cls, home: WardHome, where: str) -> Self:
        """Return a home of a ward file; errors begin with `where`. Without a zone or a place it is the made-up town's."""
        return cls(
            home.name,
            home.residents[0].key,
            ZoneInfo(home.time_zone) if home.time_zone else DEFAULT_ZONE,
            TOWN if home.lat is None or home.lon is None else Ground(home.lat, home.lon),
            tuple(SimDevice.of(one, f"{where}.devices[{number}]") for number, one in enumerate(home.devices)),
            home.area,
        )

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

    @classmethod
    def of(cls, ward: Ward) -> Self:
        """Return the ward of a ward file; homes without residents stay empty and are left out."""
        lived_in = [(number, home) for number, home in enumerate(ward.homes) if home.residents]
        if not lived_in:
            raise InputError("homes: there is no home with a resident to play")
        origin = min(resident.watched_from for _, home in lived_in for resident in home.residents)
        return cls(tuple(SimHome.of(home, f"homes[{number}]") for number, home in lived_in), origin)

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
        It cannot be read or is no ward file, nobody lives in it, or a device speaks what the simulator does not; the
        message names the place inside the file.
    """
    ward = ward_file.read_ward(path)
    try:
        return SimWard.of(ward)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse_ward(body: object) -> SimWard:
    """Return the ward that the JSON values of a ward file describe.

    Raises
    ------
    InputError
        As `read_ward`.
    """
    return SimWard.of(ward_file.parse_ward(body))
