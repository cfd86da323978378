"""Everything that is kept of somebody, table by table, in pieces that fit into memory and short transactions."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.domain.metrics import METRICS_BY_NUMBER
from core.domain.records.erasure import ALWAYS_UNTIL, PersonKeys
from core.domain.records.personal_data import OF_RESIDENTS, PersonalTable
from core.store.database import Database
from core.store.people.personal import rows

_PIECE = 5_000
# What comes first is what somebody reads first.
_FIRST = ("resident", "home", "contact", "contact_channel", "absence", "geofence", "alert", "alert_event")


def tables(
    database: Database, keys: PersonKeys
) -> Iterator[tuple[str, Iterator[Sequence[Mapping[str, Any]]]]]:
    """Give each table that somebody is given, with their rows in pieces.

    Parameters
    ----------
    database : Database
        A transaction for each table, and for each week of readings: whoever takes long to receive it holds nothing up.
    keys : PersonKeys
        Whose, with the home.
    """
    given = [one for one in OF_RESIDENTS if one.is_given_out]
    order = {name: place for place, name in enumerate(_FIRST)}
    for table in sorted(given, key=lambda one: order.get(one.name, len(order))):
        yield (
            table.name,
            _weeks(database, table, keys) if table.is_timeline else _pieces(database, table, keys),
        )


def _pieces(
    database: Database, table: PersonalTable, keys: PersonKeys
) -> Iterator[Sequence[Mapping[str, Any]]]:
    # Whoever reads what the devices of the home measured wants to know what they are: they are given out, though they stay when somebody is erased.
    whose = replace(keys, own_devices=_all_devices(keys)) if table.name == "device" else keys
    with database.transaction() as connection:
        found = [_readable(one) for one in rows.read(connection, table, whose)]
    for begin in range(0, len(found), _PIECE):
        yield found[begin : begin + _PIECE]


def _all_devices(keys: PersonKeys) -> tuple[int, ...]:
    """Return their own devices and those that stand in their home now; what stood there once may be somebody else's by now."""
    here = {span.device for span in keys.spans if span.until == ALWAYS_UNTIL}
    return tuple(sorted(here.union(keys.own_devices)))


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose bytes, which the database writes in hexadecimal digits, are in the usual form."""
    payload = row.get("payload")
    if isinstance(payload, str) and payload.startswith("\\x"):
        row["payload"] = base64.b64encode(bytes.fromhex(payload[2:])).decode()
    return row


def _weeks(
    database: Database, table: PersonalTable, keys: PersonKeys
) -> Iterator[Sequence[Mapping[str, Any]]]:
    with database.transaction() as connection:
        ahead = rows.stretches(connection, table, keys)
    for stretch in ahead:
        with database.transaction() as connection:
            found = rows.read_stretch(connection, table, keys, stretch)
        for row in found:
            if "metric" in row:
                known = METRICS_BY_NUMBER.get(row["metric"])
                row["metric"] = row["metric"] if known is None else known.name
        if found:
            yield found
