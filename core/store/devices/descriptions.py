"""What gateways say of registered devices: by which address they are known, how they are called now, and which profile that gives them."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row, dict_row

from core.domain.device import folded
from core.domain.device_proposal import ModelDescription, Proposed
from core.domain.evidence.device_profile import (
    DeviceProfile,
    ProfileField,
    ProfileSource,
    fields_from_json,
    fields_to_json,
)
from core.store.database import Connection
from core.store.devices import profiles, registry, unread_fields
from core.store.queries import load

_PROPOSALS = load("devices/proposals")
_OTHER_CHARACTERS = re.compile(r"[^a-z0-9]+")
_MARK_LENGTH = 6
_MARK = re.compile(rf"[0-9a-f]{{{_MARK_LENGTH}}}")


@dataclass(frozen=True)
class Rename:
    """A device that its bridge calls by another name; not followed where another device is registered under that."""

    device_id: str
    at: datetime
    former_sender: str
    sender: str
    is_followed: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """What descriptions changed: new names by the former ones, and whether a device follows another profile."""

    names: Mapping[str, str]
    has_new_profile: bool

    def __bool__(self) -> bool:
        """Return whether anything is otherwise than before."""
        return bool(self.names) or self.has_new_profile


@dataclass(frozen=True, slots=True)
class _Known:
    number: int
    sender: str
    address: str
    profile: int | None
    source: ProfileSource | None
    name: str
    follows_descriptions: bool


def follow(connection: Connection, said: Collection[Proposed], now: datetime) -> Changed:
    """Let registered devices be called, and read, as gateways describe them; return what changed.

    A device is known by its address, whatever it is called. One that follows a profile that a description gave, with or without pulses
    added to it, or none that a person took away, follows what is described now. One that is called in two ways was renamed in between: the first is taken before the second.
    """
    names: dict[str, str] = {}
    has_new_profile = False
    for together in _one_name_each(said):
        changed = _follow(connection, together, now)
        names |= changed.names
        has_new_profile |= changed.has_new_profile
    return Changed(names, has_new_profile)


def _one_name_each(said: Collection[Proposed]) -> Iterator[list[Proposed]]:
    """Give descriptions in their order, in parts in which each address has one name."""
    part: list[Proposed] = []
    called: dict[tuple[str, str], str] = {}
    for one in said:
        key = _bridge(one.sender), one.address
        if one.address and called.setdefault(key, one.sender) != one.sender:
            yield part
            part, called = [], {key: one.sender}
        part.append(one)
    yield part


def _follow(connection: Connection, said: Collection[Proposed], now: datetime) -> Changed:
    addressed = {(_bridge(one.sender), one.address): one for one in said if one.address}
    described = [one for one in said if one.address or one.described.fields]
    if not described:
        return Changed({}, has_new_profile=False)
    values = {
        "senders": [one.sender for one in described],
        "folded": [folded(one.sender) for one in described],
        "addresses": [address for _, address in addressed],
    }
    rows = connection.cursor(row_factory=dict_row).execute(_PROPOSALS["described_devices"], values)
    known = _meant([_known(**row) for row in rows], described)
    moved = _renamed(connection, known, addressed, now)
    spelled = _spelling(described)
    names = {one.number: spelled(moved.get(one.sender, one.sender)) for one in known}
    by_sender = {spelled(one.sender): one for one in described}
    _keep_addresses(connection, known, names, by_sender)
    changed = Changed(moved, has_new_profile=_follow_descriptions(connection, known, names, by_sender, now))
    if changed:
        registry.announce(connection)
    return changed


def renames(connection: Connection, since: datetime) -> list[Rename]:
    """Return how bridges renamed devices in use since a moment, the newest first."""
    cursor = connection.cursor(row_factory=class_row(Rename))
    return cursor.execute(_PROPOSALS["renames"], {"since": since}).fetchall()


def description_to_json(described: ModelDescription) -> str:
    """Return a description as it is stored."""
    if described == ModelDescription():
        return "{}"
    body = {
        "understood": described.understood,
        "unread": described.unread,
        "fields": fields_to_json(described.fields),
    }
    return msgspec.json.encode(body).decode().replace("\\u0000", "")


def description_from_json(stored: Mapping[str, Any]) -> ModelDescription:
    """Return a stored description."""
    fields = fields_from_json(stored.get("fields", ()))
    return ModelDescription(tuple(stored.get("understood", ())), tuple(stored.get("unread", ())), fields)


def _meant(known: list[_Known], said: Collection[Proposed]) -> list[_Known]:
    """Return the devices that are meant: of several whose names differ in their spelling only, those that are spelled as is said."""
    spelled = {one.sender for one in said}
    addresses = {(_bridge(one.sender), one.address) for one in said if one.address}
    several = Counter(folded(one.sender) for one in known)
    return [
        one
        for one in known
        if several[folded(one.sender)] == 1
        or one.sender in spelled
        or (_bridge(one.sender), one.address) in addresses
    ]


def _spelling(said: Collection[Proposed]) -> Callable[[str], str]:
    """Return how to write a name so that other spellings of it are the same, unless the bridge itself has two that differ so."""
    several = Counter(folded(sender) for sender in {one.sender for one in said})
    return lambda sender: folded(sender) if several[folded(sender)] <= 1 else sender


def _renamed(
    connection: Connection, known: list[_Known], addressed: Mapping[tuple[str, str], Proposed], now: datetime
) -> dict[str, str]:
    """Rename devices whose address comes under another name; a name that another device keeps is not taken."""
    wanted = {
        one.number: (one, addressed[_bridge(one.sender), one.address].sender)
        for one in known
        if (_bridge(one.sender), one.address) in addressed
        and addressed[_bridge(one.sender), one.address].sender != one.sender
    }
    staying = {one.sender for one in known if one.number not in wanted}
    free = {number for number, (_, sender) in wanted.items() if sender not in staying}
    if wanted:
        values = {
            "device": list(wanted),
            "former": [one.sender for one, _ in wanted.values()],
            "sender": [sender for _, sender in wanted.values()],
            "is_followed": [number in free for number in wanted],
            "now": now,
        }
        connection.execute(_PROPOSALS["note_rename"], values)
    moved = {one.sender: sender for number, (one, sender) in wanted.items() if number in free}
    if moved:
        connection.execute(_PROPOSALS["rename"], {"former": list(moved), "sender": list(moved.values())})
        unread_fields.forget(connection, moved.keys() | set(moved.values()))
    return moved


def _keep_addresses(
    connection: Connection, known: list[_Known], names: Mapping[int, str], said: Mapping[str, Proposed]
) -> None:
    """Keep by which address the device of a name is known; another one under an old name is the one that was put in its place."""
    found = {
        one.number: said[names[one.number]].address
        for one in known
        if names[one.number] in said and said[names[one.number]].address not in {"", one.address}
    }
    # An address that belongs to a device under a name that it cannot have stays with that device.
    taken = {one.address for one in known}
    fresh = {number: address for number, address in found.items() if address not in taken}
    if fresh:
        connection.execute(
            _PROPOSALS["set_address"], {"device": list(fresh), "address": list(fresh.values())}
        )


def _follow_descriptions(
    connection: Connection,
    known: list[_Known],
    names: Mapping[int, str],
    said: Mapping[str, Proposed],
    now: datetime,
) -> bool:
    changed = False
    for one in known:
        described = said.get(names[one.number])
        if described is None or not described.described.fields:
            continue
        pulses = _added_pulses(connection, one)
        is_chosen = one.source is not None and not one.source.is_description and pulses is None
        if is_chosen or (one.source is None and not one.follows_descriptions):
            continue
        profile = _profile_of(described)
        if profile.source is ProfileSource.DISCOVERY and one.profile is not None:
            before = profiles.by_key(connection, [one.profile])[one.profile]
            profile = replace(profile, fields=_with_more(before.fields, described.described))
        if pulses is not None:
            profile = profile.with_pulses_of(pulses)
        stored = profiles.add(connection, profile, now)
        if stored.number != one.profile:
            profiles.follow(connection, one.number, stored.number)
            changed = True
    return changed


def _added_pulses(connection: Connection, one: _Known) -> DeviceProfile | None:
    """Return the profile of mere pulses that a person added to what a device's bridge describes; None where there is none."""
    added, _, mark = one.name.rpartition(".")
    if one.source is not ProfileSource.BY_HAND or not added or not _MARK.fullmatch(mark):
        return None
    found = profiles.find(connection, added)
    return found.profile if found is not None and found.profile.says_only_pulses else None


def _profile_of(said: Proposed) -> DeviceProfile:
    source = ProfileSource.EXPOSES if said.sender.startswith("zigbee2mqtt:") else ProfileSource.DISCOVERY
    # What Zigbee2MQTT says is said of the model; what others say, of the one device.
    called = said.model if source is ProfileSource.EXPOSES and said.model else said.sender
    # Names that differ only in what a profile's name cannot hold must not be one.
    mark = hashlib.sha256(called.encode("utf-8", "replace")).hexdigest()[:_MARK_LENGTH]
    name = f"{source}.{_OTHER_CHARACTERS.sub('-', called.lower()).strip('-')[:40]}.{mark}"
    return DeviceProfile(name, 1, "", said.model, source, said.described.fields)


def _with_more(before: tuple[ProfileField, ...], more: ModelDescription) -> tuple[ProfileField, ...]:
    return ModelDescription(fields=before).with_more(more).fields


def _bridge(sender: str) -> str:
    """Return under which bridge a name is one: `zigbee2mqtt:g1`."""
    return sender.partition("/")[0]


def _known(
    *,
    device_number: int,
    sender: str,
    address: str,
    profile_id: int | None,
    source: str | None,
    profile: str | None,
    follows_descriptions: bool,
) -> _Known:
    known_source = None if source is None else ProfileSource(source)
    return _Known(
        device_number, sender, address, profile_id, known_source, profile or "", follows_descriptions
    )
