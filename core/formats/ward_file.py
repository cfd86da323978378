"""The ward file: offices, users, homes, residents, contacts, geofences and devices to register at once.

Its form is `tests/contract/schemas/ward.schema.json`; every error names its place in the file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from core.domain.delivery.contact_channel import STAFF_ONLY
from core.domain.device import DeviceKind, sender_mistake
from core.domain.geofence import ALWAYS, Circle, Hours, Polygon
from core.domain.people import Channel, Language, OfficeRole, Role
from core.domain.records.name_key import name_key
from core.errors import InputError

_Text = Annotated[str, Meta(min_length=1)]
_Latitude = Annotated[float, Meta(ge=-90, le=90)]
_Longitude = Annotated[float, Meta(ge=-180, le=180)]
_Instant = Annotated[datetime, Meta(tz=True)]
_LocalTime = Annotated[str, Meta(pattern="^[0-2][0-9]:[0-5][0-9]$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Any part of a ward file: an unknown name in it is a mistake."""


class WardChannel(_Part, frozen=True):
    """One way to reach a contact; those of LINE come by linking the phone, and are not written in files."""

    kind: Channel
    address: _Text
    language: Language | None = None
    # When the operator made sure, by a call or on paper, that this address is the contact's.
    confirmed_on: date | None = None


class WardContact(_Part, frozen=True):
    """Somebody who is notified, by one `channel` and `address`, or by several `channels` in their order."""

    name: _Text
    step: Annotated[int, Meta(ge=1, le=9)]
    channel: Channel | None = None
    address: Annotated[str, Meta(min_length=1)] | None = None
    channels: Annotated[tuple[WardChannel, ...], Meta(max_length=9)] = ()
    relation: str = ""
    calls_resident: str = ""
    language: Language = Language.JA
    user: str | None = None
    # Unless it is written, those of a resident's contact are the usual ones; a centre has none.
    quiet_hours: (
        Annotated[str, Meta(pattern="^(never|[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9])$")] | None
    ) = None
    # Of an office: asked only while on its roster.
    duty_only: bool = False

    @property
    def ways(self) -> tuple[WardChannel, ...]:
        """All its channels, in the order in which they are tried."""
        if self.channel is None or self.address is None:
            return self.channels
        return (WardChannel(kind=self.channel, address=self.address), *self.channels)


class WardCircle(_Part, frozen=True, tag_field="kind", tag="circle"):
    """A circle on the ground."""

    lat: _Latitude
    lon: _Longitude
    radius_m: Annotated[float, Meta(ge=30, le=50_000)]

    def to_shape(self) -> Circle:
        """Return it as the domain has it."""
        return Circle(self.lat, self.lon, self.radius_m)


class WardPolygon(_Part, frozen=True, tag_field="kind", tag="polygon"):
    """A polygon on the ground."""

    corners: Annotated[tuple[tuple[_Latitude, _Longitude], ...], Meta(min_length=3, max_length=500)]

    def to_shape(self) -> Polygon:
        """Return it as the domain has it."""
        return Polygon(self.corners)


class WardHours(_Part, frozen=True):
    """When a geofence holds."""

    days: tuple[Annotated[int, Meta(ge=0, le=6)], ...]
    start: _LocalTime
    end: _LocalTime


class WardGeofence(_Part, frozen=True):
    """Where a resident is expected to stay."""

    name: _Text
    shape: WardCircle | WardPolygon
    hours: WardHours | None = None

    def to_hours(self) -> Hours:
        """Return its hours as the domain has them; always, when the file names none."""
        if self.hours is None:
            return ALWAYS
        return Hours(
            frozenset(self.hours.days),
            time.fromisoformat(self.hours.start),
            time.fromisoformat(self.hours.end),
        )


class WardResident(_Part, frozen=True):
    """A person watched over."""

    key: _Text
    name: _Text
    watched_from: _Instant
    kana: str = ""
    born_on: date | None = None
    tells_night_exit: bool = False
    phone: str = ""
    contacts: tuple[WardContact, ...] = ()
    family_users: tuple[str, ...] = ()
    geofences: tuple[WardGeofence, ...] = ()


class WardDevice(_Part, frozen=True):
    """A sensor, tracker or gateway."""

    device_id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
    sender: Annotated[str, Meta(pattern="^[a-z0-9_]+:.+")]
    kind: DeviceKind
    place: str = ""
    model: str = ""
    gateway_id: str | None = None
    heartbeat_s: Annotated[int, Meta(ge=1)] | None = None
    resident: str | None = None
    since: _Instant | None = None


class WardHome(_Part, frozen=True):
    """A place where residents live."""

    name: _Text
    office: _Text
    area: str = ""
    time_zone: str = ""
    lat: _Latitude | None = None
    lon: _Longitude | None = None
    residents: tuple[WardResident, ...] = ()
    devices: tuple[WardDevice, ...] = ()


class WardOffice(_Part, frozen=True):
    """Who looks after homes; its centre is notified when a family does not answer.

    One may be the ward's duty line and one the operator's emergency plan: they look after nobody and are asked last.
    """

    name: _Text
    phone: str = ""
    role: OfficeRole = OfficeRole.CARE
    centre: tuple[WardContact, ...] = ()


class WardUser(_Part, frozen=True):
    """Somebody who signs in."""

    login: _Text
    name: _Text
    role: Role
    office: str | None = None
    language: Language = Language.JA


class Ward(_Part, frozen=True):
    """A whole ward file."""

    offices: tuple[WardOffice, ...]
    homes: tuple[WardHome, ...]
    users: tuple[WardUser, ...] = ()

    @property
    def size(self) -> int:
        """How many steps registering takes, for a progress bar."""
        return len(self.offices) + len(self.users) + len(self.homes)


@dataclass(frozen=True)
class _Mistake:
    where: str
    what: str


def read_ward(path: Path) -> Ward:
    """Read and check a ward file.

    Raises
    ------
    InputError
        It cannot be read, is not JSON, has another form, or its parts do not fit together; with one line per mistake
        that says where in the file.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    try:
        ward = msgspec.json.decode(body, type=Ward)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {_in_words(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    if mistakes := list(_mistakes(ward)):
        raise InputError("\n".join(f"{path}: {mistake.where}: {mistake.what}" for mistake in mistakes))
    return ward


def parse_ward(body: object) -> Ward:
    """Return the ward that the JSON values of a ward file describe.

    Raises
    ------
    InputError
        As `read_ward`, without the name of a file.
    """
    try:
        ward = msgspec.convert(body, Ward)
    except msgspec.ValidationError as error:
        raise InputError(_in_words(error)) from error
    if mistakes := list(_mistakes(ward)):
        raise InputError("\n".join(f"{mistake.where}: {mistake.what}" for mistake in mistakes))
    return ward


def _in_words(error: msgspec.ValidationError) -> str:
    """Return the place in the file and what is wrong there."""
    what, _, where = str(error).partition(" - at `$")
    return f"{where.rstrip('`').lstrip('.') or 'the file'}: {what}"


def _mistakes(ward: Ward) -> Iterator[_Mistake]:
    yield from _repeats("offices", "name", [office.name for office in ward.offices], name_key)
    yield from _repeats("users", "login", [user.login.lower() for user in ward.users])
    yield from _repeats("homes", "name", [home.name for home in ward.homes], name_key)
    devices = [device for home in ward.homes for device in home.devices]
    yield from _repeats("devices", "device_id", [device.device_id for device in devices])
    yield from _repeats("devices", "sender", [device.sender for device in devices])
    keys = [resident.key for home in ward.homes for resident in home.residents]
    yield from _repeats("residents", "key", keys)
    for number, user in enumerate(ward.users):
        if user.role.has_office and user.office is None:
            yield _Mistake(
                f"users[{number}].office", "care staff and technicians belong to an office; name it"
            )
    yield from _office_mistakes(ward.offices)
    for number, home in enumerate(ward.homes):
        yield from _home_mistakes(f"homes[{number}]", home)


def _office_mistakes(offices: Sequence[WardOffice]) -> Iterator[_Mistake]:
    yield from _repeats("offices", "role", [one.role for one in offices if one.role is not OfficeRole.CARE])
    for number, office in enumerate(offices):
        for place, contact in enumerate(office.centre):
            yield from _contact_mistakes(f"offices[{number}].centre[{place}]", contact, is_centre=True)


def _repeats(
    where: str, field: str, names: Sequence[str], key: Callable[[str], str] = str
) -> Iterator[_Mistake]:
    seen: set[str] = set()
    for name in names:
        if key(name) in seen:
            yield _Mistake(where, f"the {field} {name} is there twice")
        seen.add(key(name))


def _home_mistakes(where: str, home: WardHome) -> Iterator[_Mistake]:
    if home.time_zone and not _is_zone(home.time_zone):
        yield _Mistake(f"{where}.time_zone", f"{home.time_zone} is not a time zone such as Asia/Tokyo")
    if (home.lat is None) != (home.lon is None):
        yield _Mistake(where, "lat and lon go together; give both or neither")
    names = [resident.name for resident in home.residents]
    yield from _repeats(f"{where}.residents", "name", names, name_key)
    keys = {resident.key for resident in home.residents}
    for number, device in enumerate(home.devices):
        if mistake := sender_mistake(device.sender):
            yield _Mistake(f"{where}.devices[{number}].sender", mistake)
        if device.resident is not None and device.resident not in keys:
            yield _Mistake(
                f"{where}.devices[{number}].resident",
                f"no resident of this home has the key {device.resident}",
            )
    for number, resident in enumerate(home.residents):
        for place, contact in enumerate(resident.contacts):
            yield from _contact_mistakes(
                f"{where}.residents[{number}].contacts[{place}]", contact, is_centre=False
            )
        for place, geofence in enumerate(resident.geofences):
            if geofence.hours and max(geofence.hours.start, geofence.hours.end) > "23:59":
                yield _Mistake(
                    f"{where}.residents[{number}].geofences[{place}].hours", "times run from 00:00 to 23:59"
                )


def _contact_mistakes(where: str, contact: WardContact, *, is_centre: bool) -> Iterator[_Mistake]:
    if (contact.channel is None) != (contact.address is None):
        yield _Mistake(where, "channel and address go together; give both, or a list of channels")
    elif contact.duty_only and not is_centre:
        yield _Mistake(f"{where}.duty_only", "only contacts of an office can be on its roster")
    elif not contact.ways:
        yield _Mistake(where, "give channel and address, or a list of channels")
    for place, way in enumerate(contact.channels):
        if way.kind in STAFF_ONLY and not is_centre:
            yield _Mistake(f"{where}.channels[{place}].kind", f"{way.kind} is for a care centre's contacts")
        if way.kind is Channel.LINE:
            yield _Mistake(
                f"{where}.channels[{place}].kind",
                "LINE is linked by a code that the contact sends; leave it out here",
            )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
