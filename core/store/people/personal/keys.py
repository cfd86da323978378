"""By what somebody's rows are found: looked up once, before the first of them goes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from core.domain.broker_account import AccountKind, account_of
from core.domain.device import DeviceKind
from core.domain.records.erasure import (
    ALWAYS_FROM,
    ALWAYS_UNTIL,
    DeviceSpan,
    DeviceWord,
    PersonKeys,
    identifiers_of,
)
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.queries import load

_KEYS = load("people/personal_keys")


@dataclass(frozen=True)
class Person:
    """Who it is: what only whoever may know is shown."""

    keys: PersonKeys
    name: str
    has_ended: bool


def person(connection: Connection, resident: int, *, with_home: bool = False) -> Person:
    """Return by what everything about a resident is found.

    Parameters
    ----------
    connection : Connection
        Inside a transaction; the resident is locked.
    resident : int
        The number.
    with_home : bool
        Whether what is known of the home belongs to it also where others live there, as for what somebody is given about themselves.

    Raises
    ------
    NotFoundError
        There is no such resident.
    """
    row = _rows(connection, "resident", resident=resident)
    if not row:
        raise NotFoundError(f"there is no resident {resident}")
    one = row[0]
    is_home_theirs = with_home or one["others"] == 0
    home = one["home"] if is_home_theirs else None
    contacts = _rows(connection, "contacts", resident=resident)
    accounts = _rows(connection, "accounts", resident=resident)
    placed = _rows(connection, "spans", resident=resident, home=home)
    own = [found for found in placed if found["is_own"]]
    found = PersonKeys(
        resident=resident,
        home=one["home"],
        is_home_theirs=is_home_theirs,
        others_at_home=one["others"],
        contacts=tuple(contact["number"] for contact in contacts),
        geofences=tuple(row["geofence_id"] for row in _rows(connection, "geofences", resident=resident)),
        accounts=tuple(account["number"] for account in accounts),
        own_devices=tuple(dict.fromkeys(row["device"] for row in own)),
        spans=tuple(
            DeviceSpan(device=row["device"], since=_span(row)[0], until=_span(row)[1]) for row in placed
        ),
        senders=tuple(dict.fromkeys(row["sender"] for row in own)),
        broker_accounts=tuple(dict.fromkeys(_own_accounts(own))),
        words=tuple(_words(placed)),
        logins=tuple(account["login"] for account in accounts),
        identifiers=identifiers_of(_named(one, contacts, accounts)),
    )
    return Person(replace(found, alerts=_alerts(connection, found)), one["name"], one["has_ended"])


def _alerts(connection: Connection, keys: PersonKeys) -> tuple[int, ...]:
    found = _rows(
        connection,
        "alerts",
        resident=keys.resident,
        home=keys.home if keys.is_home_theirs else None,
        geofences=list(keys.geofences),
        own_devices=list(keys.own_devices),
        span_devices=[span.device for span in keys.spans],
        span_since=[span.since for span in keys.spans],
        span_until=[span.until for span in keys.spans],
    )
    return tuple(row["alert_id"] for row in found)


def _named(
    one: dict[str, Any], contacts: Iterable[dict[str, Any]], accounts: Iterable[dict[str, Any]]
) -> Iterable[str]:
    """Give the names and addresses by which somebody could be known; a home's name is theirs where nobody else lives there."""
    yield from (one["name"], one["kana"], one["phone"], one["public_id"])
    if one["others"] == 0:
        yield one["home_name"]
    for contact in contacts:
        yield from (contact["name"], *contact["addresses"])
    for account in accounts:
        yield from (account["name"], account["login"])


def _rows(connection: Connection, query: str, **values: object) -> list[dict[str, Any]]:
    return connection.cursor(row_factory=dict_row).execute(_KEYS[query], values).fetchall()


def _span(found: dict[str, Any]) -> tuple[datetime, datetime]:
    return found["since"] or ALWAYS_FROM, found["until"] or ALWAYS_UNTIL


def _own_accounts(own: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Give the accounts of the broker that only these devices use: gateways speak for others too."""
    for one in own:
        account = account_of(one["device_id"], one["sender"], DeviceKind(one["kind"]), one["gateway_id"])
        if account is not None and account.kind is not AccountKind.GATEWAY:
            yield account.name


def _words(placed: Iterable[dict[str, Any]]) -> Iterable[DeviceWord]:
    """Give the parts of topics by which messages of devices are known, while they were theirs; of own ones always."""
    for one in placed:
        since, until = (ALWAYS_FROM, ALWAYS_UNTIL) if one["is_own"] else _span(one)
        _, _, path = str(one["sender"]).partition(":")
        for word in dict.fromkeys((one["device_id"], path.rpartition("/")[2], one["address"])):
            if word:
                yield DeviceWord(word, since, until, one["is_elsewhere"])
