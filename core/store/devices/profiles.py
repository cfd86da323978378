"""Device profiles: what is stored about what a model's messages say and prove, and which devices follow them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.domain.device import folded_model
from core.domain.evidence.device_profile import (
    DeviceProfile,
    FieldMeaning,
    ProfileSource,
    fields_from_json,
    fields_to_json,
)
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.devices import unread_fields
from core.store.queries import load

_PROFILES = load("devices/profiles")
# Known to all who number versions, to nothing else.
_LOCK = 7_240_611


@dataclass(frozen=True)
class StoredProfile:
    """A profile with its key; `devices` is how many in use follow any version of it, where that was asked."""

    number: int
    profile: DeviceProfile
    devices: int = 0


@dataclass(frozen=True)
class Followed:
    """The profile that a device follows, None for none, and what its presses or states mean in its home.

    `follows_descriptions` says whether a device that follows none gets one from what its bridge describes.
    """

    stored: StoredProfile | None
    meaning: FieldMeaning
    follows_descriptions: bool = True


def by_key(connection: Connection, keys: Collection[int]) -> dict[int, DeviceProfile]:
    """Return stored profiles by their keys; a key without a profile is left out."""
    if not keys:
        return {}
    rows = connection.cursor(row_factory=dict_row).execute(_PROFILES["in_use"], {"profiles": list(keys)})
    return {found.number: found.profile for found in (_stored(**row) for row in rows)}


def newest(connection: Connection) -> list[StoredProfile]:
    """Return the newest version of every profile, by name."""
    rows = connection.cursor(row_factory=dict_row).execute(_PROFILES["newest"])
    return [_stored(**row) for row in rows]


def entered_for_model(stored: Iterable[StoredProfile], model: str) -> StoredProfile | None:
    """Return of the newest versions what people entered for a model, as a bridge, a server or a person calls it; None if nobody did."""
    called = folded_model(model)
    if not called:
        return None
    for one in stored:
        named = {folded_model(name) for name in one.profile.names_of_model}
        if one.profile.source is ProfileSource.BY_HAND and called in named:
            return one
    return None


def find(connection: Connection, name: str, version: int | None = None) -> StoredProfile | None:
    """Return a version of a profile, the newest if none is named; None if there is none."""
    cursor = connection.cursor(row_factory=dict_row)
    row = cursor.execute(_PROFILES["version"], {"name": name, "version": version}).fetchone()
    return None if row is None else _stored(**row)


def get(connection: Connection, name: str, version: int | None = None) -> StoredProfile:
    """Return a version of a profile, the newest if none is named.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = find(connection, name, version)
    if found is None:
        which = name if version is None else f"{name}, version {version}"
        raise NotFoundError(f"there is no profile {which}; `mimamori device profile list` shows them all")
    return found


def add(connection: Connection, profile: DeviceProfile, now: datetime) -> StoredProfile:
    """Return a profile stored as the next version of its name; if the newest says the same, that one."""
    connection.execute(_PROFILES["lock"], {"key": _LOCK})
    latest = find(connection, profile.name)
    if latest is not None and latest.profile.is_same_as(profile):
        return latest
    made = replace(profile, version=1 if latest is None else latest.profile.version + 1)
    values = {
        "name": made.name,
        "version": made.version,
        "vendor": made.vendor,
        "model": made.model,
        "source": made.source,
        "fields": Jsonb(fields_to_json(made.fields)),
        "models": list(made.models),
        "documents": list(made.documents),
        "now": now,
    }
    (number,) = connection.execute(_PROFILES["add"], values).fetchone() or (0,)
    return StoredProfile(int(number), made)


def follow(
    connection: Connection,
    device: int,
    profile: int | None,
    meaning: FieldMeaning | None = None,
    *,
    follows_descriptions: bool | None = None,
) -> None:
    """Let a device follow a stored profile, by its key, or none; what is None beside it stays as it is.

    What its messages said, and what of them was not read, is counted anew.
    """
    values = {
        "device": device,
        "profile": profile,
        "meaning": meaning,
        "follows_descriptions": follows_descriptions,
    }
    connection.execute(_PROFILES["follow"], values)
    connection.execute(_PROFILES["count_anew"], {"device": device})
    row = connection.execute(_PROFILES["sender"], {"device": device}).fetchone()
    if row is not None:
        unread_fields.forget(connection, [row[0]])


def followed_by(connection: Connection, device: int) -> Followed:
    """Return what a device follows."""
    row = (
        connection.cursor(row_factory=dict_row).execute(_PROFILES["followed"], {"device": device}).fetchone()
    )
    if row is None:
        return Followed(None, FieldMeaning.AS_MEASURED)
    key = row["profile_id"]
    known = None if key is None else StoredProfile(key, by_key(connection, [key])[key])
    return Followed(known, FieldMeaning(row["meaning"]), row["follows_descriptions"])


def _stored(
    *,
    profile_id: int,
    source: str,
    fields: object,
    models: list[str],
    documents: list[str],
    devices: int = 0,
    **columns: Any,
) -> StoredProfile:
    profile = DeviceProfile(
        source=ProfileSource(source),
        fields=fields_from_json(fields),
        models=tuple(models),
        documents=tuple(documents),
        **columns,
    )
    return StoredProfile(profile_id, profile, devices)
