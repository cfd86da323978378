"""Device profiles: what is stored about what a model's messages prove."""

from collections.abc import Collection

from core.domain.evidence.device_profile import DeviceProfile, ProfileSource, fields_from_json
from core.store.database import Connection
from core.store.queries import load

_PROFILES = load("devices/profiles")


def by_key(connection: Connection, keys: Collection[int]) -> dict[int, DeviceProfile]:
    """Return stored profiles by their keys; a key without a profile is left out."""
    if not keys:
        return {}
    rows = connection.execute(_PROFILES["in_use"], {"profiles": list(keys)})
    return {
        key: DeviceProfile(name, version, vendor, model, ProfileSource(source), fields_from_json(fields))
        for key, name, version, vendor, model, source, fields in rows
    }
