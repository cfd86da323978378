"""How a device is read, and what it could be: the profile it follows, those that suit it first, and what it may mean in its home."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from core.domain.evidence.device_profile import (
    DeviceProfile,
    FieldMeaning,
    meanings_of,
)
from core.domain.evidence.single_state import SingleState, pulse_profile
from core.formats.profile_file import for_model, library
from core.store.database import Connection
from core.store.devices import devices, profiles
from core.store.devices.devices import DeviceOverview
from core.store.devices.profiles import Followed, StoredProfile


@dataclass(frozen=True)
class ProfileChoice:
    """A profile that a device can follow; `suits` says that its model, or what it said so far, speaks for it."""

    name: str
    vendor: str
    model: str
    suits: bool


@dataclass(frozen=True)
class DeviceReading:
    """How a device is read; `newest` is the version of the followed profile that came last."""

    followed: Followed
    newest: int | None
    choices: list[ProfileChoice]
    meanings: tuple[FieldMeaning, ...]

    @property
    def profile(self) -> DeviceProfile | None:
        """The profile that the device follows."""
        return None if self.followed.stored is None else self.followed.stored.profile


def all_profiles(connection: Connection) -> list[DeviceProfile]:
    """Return the newest version of every profile that a person may choose, by name."""
    return _choosable(profiles.newest(connection))


def _choosable(stored: Iterable[StoredProfile]) -> list[DeviceProfile]:
    known = {**library(), **{one.profile.name: one.profile for one in stored}}
    return [known[name] for name in sorted(known) if not known[name].source.is_description]


def choices_for(connection: Connection, model: str, suiting: Collection[str | None]) -> list[ProfileChoice]:
    """Return all profiles that can be chosen; first those of a model, and others that are known to suit."""
    stored = profiles.newest(connection)
    entered, known = profiles.entered_for_model(stored, model), for_model(model)
    names = {
        *suiting,
        None if entered is None else entered.profile.name,
        None if known is None else known.name,
    }
    choices = [
        ProfileChoice(each.name, each.vendor, each.model, suits=each.name in names)
        for each in _choosable(stored)
    ]
    return sorted(choices, key=lambda each: not each.suits)


def reading_of(connection: Connection, one: DeviceOverview, single: Iterable[SingleState]) -> DeviceReading:
    """Return how a device is read; `single` are its states beside which it said no other."""
    followed = profiles.followed_by(connection, one.number)
    profile = None if followed.stored is None else followed.stored.profile
    choices = choices_for(connection, one.model, {pulse_profile(state.metric) for state in single})
    latest = None if profile is None else profiles.find(connection, profile.name)
    return DeviceReading(
        followed,
        None if latest is None else latest.profile.version,
        choices,
        tuple(dict.fromkeys((*meanings_of(devices.measured(connection, one.number)), followed.meaning))),
    )
