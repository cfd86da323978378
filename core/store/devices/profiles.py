"""Device profiles: what is stored about what a model's messages prove."""

from collections.abc import Collection
from typing import Any

from psycopg.rows import dict_row

from core.domain.evidence.device_profile import DeviceProfile, ProfileSource, fields_from_json
from core.store.database import Connection
from core.store.queries import load

_PROFILES = load("devices/profiles")


def by_key(connection: Connection, keys: Collection[int]) -> dict[int, DeviceProfile]:
    """Return stored profiles by their keys; a key without a profile is left out."""
    if not keys:
        return {}
    rows = connection.cursor(row_factory=dict_row).execute(_PROFILES["in_use"], {"profiles": list(keys)})
    return {row.pop("profile_id"): _profile(**row) for row in rows}


def _profile(*, source: str, fields: object, **columns: Any) -> DeviceProfile:
    return DeviceProfile(source=ProfileSource(source), fields=fields_from_json(fields), **columns)
