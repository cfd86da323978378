"""Sensors that have said one state only, as far as anything was said under the profile that they follow."""

from typing import Any

from psycopg.rows import dict_row

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import FieldMeaning, with_meaning
from core.domain.evidence.single_state import MANY, SingleState
from core.domain.metrics import METRICS_BY_NUMBER
from core.store.database import Connection
from core.store.devices import profiles
from core.store.queries import load

_DEVICES = load("devices/devices")


def single_states(connection: Connection, device: int | None = None) -> list[SingleState]:
    """Return the states of devices in use, or of one, that prove nothing since no other is ever said; by device id."""
    rows = connection.cursor(row_factory=dict_row).execute(
        _DEVICES["single_states"], {"device": device, "many": MANY}
    )
    found = [_single_state(**row) for row in rows]
    known = profiles.by_key(connection, {key for _, key, _ in found if key is not None})
    return [
        state
        for state, key, meaning in found
        if state.proves_nothing(with_meaning(None if key is None else known[key], meaning))
    ]


def _single_state(
    *, kind: str, metric: int, profile_id: int | None, meaning: str, **columns: Any
) -> tuple[SingleState, int | None, FieldMeaning]:
    state = SingleState(kind=DeviceKind(kind), metric=METRICS_BY_NUMBER[metric], **columns)
    return state, profile_id, FieldMeaning(meaning)
