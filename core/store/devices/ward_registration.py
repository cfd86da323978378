"""Registers a whole ward from its file, in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import msgspec

from core.credentials.sealed_values import Sealer
from core.domain import quiet_hours
from core.domain.delivery.contact_channel import UnusableAddressError, shown_address, usable_address
from core.domain.people import OfficeRole
from core.domain.quiet_hours import QuietHours
from core.domain.records.birthday import MOST_YEARS, birthday_mistake
from core.domain.records.name_key import by_name, of_name
from core.errors import ConflictError, InputError
from core.formats.ward_file import (
    Ward,
    WardChannel,
    WardContact,
    WardDevice,
    WardHome,
    WardOffice,
    WardResident,
    WardUser,
)
from core.store.database import Connection
from core.store.devices.registry import Placement, announce, insert_device, one_number
from core.store.devices.ward_corrections import Correction, Corrections
from core.store.people import contact_channels, geofences, users
from core.store.people.records import one_at_a_time, record_lists
from core.store.people.records.stored_records import ACCOUNT, HOME, OFFICE, RESIDENT
from core.store.people.watch_changes import Concerned
from core.store.queries import load

_REGISTRY = load("devices/registry")
# Any constant will do as long as nobody else locks it in this database.
_LOCK = 0x57415244
_BIRTHDAYS = {
    "born_in_future": "it lies ahead",
    "born_long_ago": f"nobody is older than {MOST_YEARS} years",
}


@dataclass(frozen=True)
class Registration:
    """What a ward file added, and what it states of what was there before and was otherwise."""

    added: Counter[str] = field(default_factory=Counter[str])
    new_logins: list[str] = field(default_factory=list[str])
    corrections: list[Correction] = field(default_factory=list[Correction])


class _Registrar:
    """Registers the parts of one ward file in one transaction."""

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        default_zone: str,
        new_password: Callable[[str], str],
        sealer: Sealer | None,
        corrects: bool,
    ) -> None:
        self._corrections = Corrections(connection, now, corrects)
        self._connection = connection
        self._offices = dict(by_name(self._named("offices")))
        self._homes = dict(record_lists.home_names(connection))
        self._now = now
        self._default_zone = default_zone
        self._new_password = new_password
        self._sealer = sealer
        self.result = Registration(corrections=self._corrections.found)

    def office(self, where: str, office: WardOffice) -> None:
        number = of_name(self._offices, office.name)
        if number is None:
            number = self._new_office(where, office)
            self._offices |= by_name([(office.name, number)])
        else:
            self._corrections.compare(where, OFFICE, number, {"phone": office.phone})
        names = Counter(one.name for one in office.centre)
        for place, contact in enumerate(office.centre):
            one = Concerned(office=number)
            self._contact(f"{where}.centre[{place}]", contact, one, is_alone=names[contact.name] == 1)

    def _new_office(self, where: str, office: WardOffice) -> int:
        if office.role is not OfficeRole.CARE and self._find("office_of_role", role=office.role) is not None:
            raise InputError(
                f"{where}.role: there is a {office.role} already; add its contacts to that office"
            )
        return self._add("offices", "add_office", name=office.name, phone=office.phone, role=office.role)

    def user(self, where: str, user: WardUser) -> None:
        office = self._office_of(f"{where}.office", user.office) if user.office is not None else None
        found = users.find(self._connection, user.login)
        if found is not None:
            stated = {"name": user.name, "role": user.role, "office": office}
            self._corrections.compare(where, ACCOUNT, found.user.number, stated)
            return
        users.add(
            self._connection,
            login=user.login,
            name=user.name,
            role=user.role,
            office=office,
            language=user.language,
            password_hash=self._new_password(user.login),
            now=self._now,
        )
        self.result.added["users"] += 1
        self.result.new_logins.append(user.login)

    def home(self, where: str, home: WardHome) -> None:
        office = self._office_of(f"{where}.office", home.office)
        number = of_name(self._homes, home.name)
        if number is None:
            number = self._add(
                "homes",
                "add_home",
                name=home.name,
                area=home.area,
                time_zone=home.time_zone or self._default_zone,
                lat=home.lat,
                lon=home.lon,
            )
            self._homes |= by_name([(home.name, number)])
        else:
            stated = {"area": home.area, "time_zone": home.time_zone, "lat": home.lat, "lon": home.lon}
            self._corrections.compare(where, HOME, number, stated)
        residents: dict[str, int] = {}
        for place, resident in enumerate(home.residents):
            residents[resident.key] = self._resident(f"{where}.residents[{place}]", resident, number, office)
        for place, device in enumerate(home.devices):
            own = residents[device.resident] if device.resident is not None else None
            self._device(f"{where}.devices[{place}]", device, Placement(number, own))

    def _resident(self, where: str, resident: WardResident, home: int, office: int) -> int:
        if mistake := birthday_mistake(resident.born_on, self._now.date()):
            raise InputError(f"{where}.born_on: {_BIRTHDAYS[mistake]}")
        number = of_name(by_name(self._named("residents_of_home", home=home)), resident.name)
        if number is None:
            number = self._add(
                "residents",
                "add_resident",
                home=home,
                office=office,
                name=resident.name,
                kana=resident.kana,
                born_on=resident.born_on,
                alert_on_night_exit=resident.tells_night_exit,
                phone=resident.phone,
                watched_from=resident.watched_from,
            )
        else:
            stated = {
                "kana": resident.kana,
                "born_on": resident.born_on,
                "phone": resident.phone,
                "office": office,
                # Without a word it is the default, which states nothing.
                "alert_on_night_exit": resident.tells_night_exit or None,
            }
            self._corrections.compare(where, RESIDENT, number, stated, Concerned(home=home))
        names = Counter(one.name for one in resident.contacts)
        for place, contact in enumerate(resident.contacts):
            one = Concerned(resident=number)
            self._contact(f"{where}.contacts[{place}]", contact, one, is_alone=names[contact.name] == 1)
        for place, login in enumerate(resident.family_users):
            users.link_family(
                self._connection, self._user_of(f"{where}.family_users[{place}]", login), number
            )
        for geofence in resident.geofences:
            if self._find("geofence", resident=number, name=geofence.name) is None:
                geofences.add(
                    self._connection,
                    number,
                    name=geofence.name,
                    shape=geofence.shape.to_shape(),
                    hours=geofence.to_hours(),
                    now=self._now,
                )
                self.result.added["geofences"] += 1
        return number

    def _contact(self, where: str, contact: WardContact, whose: Concerned, *, is_alone: bool) -> None:
        """Register a contact; one that `is_alone` with its name among the file's is compared with that of the name."""
        user = self._user_of(f"{where}.user", contact.user) if contact.user is not None else None
        quiet = _quiet_hours(where, contact, is_centre=whose.resident is None)
        ways = [self._readable(f"{where}.channels[{place}]", way) for place, way in enumerate(contact.ways)]
        first = ways[0]
        if is_alone and self._corrections.contact(where, contact, ways, quiet, whose):
            return
        row = self._connection.execute(
            _REGISTRY["add_contact"],
            {
                "resident": whose.resident,
                "office": whose.office,
                "user": user,
                "name": contact.name,
                "relation": contact.relation,
                "calls_resident": contact.calls_resident,
                "step": contact.step,
                "is_duty_only": contact.duty_only,
                "kind": first.kind,
                "address": first.address,
                "shown": shown_address(first.kind, first.address),
                "language": contact.language,
                "quiet_from": None if quiet is None else quiet.begins,
                "quiet_until": None if quiet is None else quiet.ends,
            },
        ).fetchone()
        if row is None:
            return
        self.result.added["contacts"] += 1
        for place, way in enumerate(contact.ways):
            self._channel(f"{where}.channels[{place}]", int(row[0]), way)

    def _channel(self, where: str, contact: int, way: WardChannel) -> None:
        day = way.confirmed_on
        try:
            contact_channels.add(
                self._connection,
                contact,
                way.kind,
                way.address,
                sealer=self._sealer,
                language=way.language,
                confirmed_at=None if day is None else datetime.combine(day, time(), UTC),
            )
        except InputError as error:
            raise InputError(f"{where}.address: {error}") from error

    def _readable(self, where: str, way: WardChannel) -> WardChannel:
        """Return a channel with its address in the form in which it is stored."""
        try:
            return msgspec.structs.replace(way, address=usable_address(way.kind, way.address))
        except UnusableAddressError as error:
            raise InputError(f"{where}.address: {error}") from error

    def _device(self, where: str, device: WardDevice, placement: Placement) -> None:
        row = self._connection.execute(_REGISTRY["device"], {"device_id": device.device_id}).fetchone()
        if row is not None:
            if row[0] != device.sender:
                raise InputError(
                    f"{where}.sender: the device {device.device_id} is registered as {row[0]}, not {device.sender}"
                )
            if not row[1]:
                self._corrections.device(where, device, placement)
            return
        try:
            insert_device(self._connection, device, placement, device.since or self._now, self._now)
        except ConflictError as error:
            raise InputError(f"{where}.sender: {error}") from error
        self.result.added["devices"] += 1

    def _office_of(self, where: str, name: str) -> int:
        number = of_name(self._offices, name)
        if number is None:
            raise InputError(f"{where}: there is no office {name}, neither in this file nor in the database")
        return number

    def _user_of(self, where: str, login: str) -> int:
        found = users.find(self._connection, login)
        if found is None:
            raise InputError(f"{where}: there is no user {login}, neither in this file nor in the database")
        return found.user.number

    def _named(self, query: str, **owner: object) -> Iterator[tuple[str, int]]:
        return ((row[0], row[1]) for row in self._connection.execute(_REGISTRY[query], owner))

    def _find(self, query: str, **names: object) -> int | None:
        row = self._connection.execute(_REGISTRY[query], names).fetchone()
        return None if row is None else int(row[0])

    def _add(self, what: str, query: str, **values: object) -> int:
        self.result.added[what] += 1
        return one_number(self._connection.execute(_REGISTRY[query], values).fetchone())


def register_ward(
    connection: Connection,
    ward: Ward,
    *,
    now: datetime,
    default_zone: str,
    new_password: Callable[[str], str],
    sealer: Sealer | None = None,
    on_progress: Callable[[], None] = lambda: None,
    corrects: bool = False,
) -> Registration:
    """Register all parts of a ward file that are not there yet; a second time changes nothing.

    What is known by its name (office, home, resident in a home, contact, login, device id) stays as it is, and what the file
    states of it otherwise is listed; with `corrects` it is changed to what the file states.

    Parameters
    ----------
    connection : Connection
        Inside a transaction, so that a file with a mistake leaves nothing behind.
    ward : Ward
        What `read_ward` returned.
    now : datetime
        When this happens.
    default_zone : str
        Time zone of homes that name none.
    new_password : callable
        Gets the login of each user to add and returns the hash of a password.
    sealer : Sealer or None
        Encrypts the addresses of webhooks and chats; None where no key is set: webhooks are then stored readable, chats refused.
    on_progress : callable
        Called after each office, user and home.
    corrects : bool
        Whether what is there is changed to what the file states.

    Raises
    ------
    InputError
        A part names an office or user that does not exist, or a sender that another device has.
    """
    connection.execute(_REGISTRY["lock"], {"key": _LOCK})
    one_at_a_time.hold(connection, "names")
    registrar = _Registrar(connection, now, default_zone, new_password, sealer, corrects)
    # A centre's contact may be a user and a user belongs to an office: offices without their centre come first.
    for office in ward.offices:
        registrar.office("offices", WardOffice(name=office.name, phone=office.phone, role=office.role))
    for number, user in enumerate(ward.users):
        registrar.user(f"users[{number}]", user)
        on_progress()
    for number, office in enumerate(ward.offices):
        registrar.office(f"offices[{number}]", office)
        on_progress()
    for number, home in enumerate(ward.homes):
        registrar.home(f"homes[{number}]", home)
        on_progress()
    announce(connection)
    return registrar.result


def _quiet_hours(where: str, contact: WardContact, *, is_centre: bool) -> QuietHours | None:
    if contact.quiet_hours is None:
        return None if is_centre else quiet_hours.DEFAULT
    try:
        quiet = quiet_hours.read(contact.quiet_hours)
    except ValueError as error:
        raise InputError(f"{where}.quiet_hours: {error}") from error
    if quiet is not None and is_centre:
        raise InputError(
            f"{where}.quiet_hours: a care centre has none; somebody must be notified at any hour"
        )
    return quiet
