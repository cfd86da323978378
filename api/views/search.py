"""The search of the staff: everybody and every device they look after, however a name is written."""

from dataclasses import dataclass

from core.domain.access_scope import AccessScope
from core.store.database import Connection
from core.store.devices import devices
from core.store.devices.devices import DeviceOverview
from core.store.people import residents
from core.texts.search_key import search_key


@dataclass(frozen=True)
class Found:
    """What a search has found: residents by number, in the order of their reading, and devices.

    `people` holds those who match themselves and those in whose home a device matches.
    """

    people: tuple[int, ...]
    devices: tuple[DeviceOverview, ...]


def find(connection: Connection, scope: AccessScope, text: str, *, ended: bool = False) -> Found:
    """Return what matches a text by name, reading, town, home or device; nothing where it holds nothing to look for.

    With `ended` it looks among those who are watched no more.
    """
    wanted = search_key(text)
    if not wanted:
        return Found((), ())
    fitting = tuple(one for one in devices.overviews(connection, scope) if wanted in _of_device(one))
    homes = {one.home for one in fitting}
    people = tuple(
        one.number
        for one in residents.names(connection, scope, ended=ended)
        if one.home in homes or any(wanted in search_key(part) for part in (one.name, one.kana, one.area))
    )
    return Found(people, fitting)


def _of_device(one: DeviceOverview) -> str:
    parts = (one.device_id, one.sender, one.model, one.home_name or "")
    return "\n".join(search_key(part) for part in parts)
