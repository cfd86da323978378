"""Devices that gateways describe, until somebody registers them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import dict_row, kwargs_row

from core.domain.device import DeviceKind
from core.domain.device_proposal import DeviceProposal, Proposed
from core.domain.quarantine import SENDER_OF_DETAIL
from core.errors import InputError, NotFoundError
from core.store.database import Connection
from core.store.devices import descriptions, registry
from core.store.devices.registry import DeviceInUse, Placement
from core.store.queries import load

_PROPOSALS = load("devices/proposals")
# More than a ward's gateways have; what a gateway gone wild says beyond them is left out.
MOST = 10_000
_LONGEST = 200
# Of the messages that wait, the latest are looked through for their senders.
_LOOKED_AT = 2_000
_MOST_STRANGERS = 100


def keep(connection: Connection, said: Iterable[Proposed], now: datetime) -> None:
    """Keep what gateways said of devices that are not registered.

    What they say of registered ones is followed before, in the order in which it came (`descriptions.follow`): a batch is stored when
    the next one may have been followed already.
    """
    by_sender: dict[str, Proposed] = {}
    for one in said:
        if _storable(one.sender) != one.sender:
            # Under a changed name its messages would not be found.
            continue
        known = by_sender.get(one.sender)
        by_sender[one.sender] = one if known is None else _joined(known, one)
    if not by_sender:
        return
    found = _with_what_was_said(connection, list(by_sender.values()))
    connection.execute(
        _PROPOSALS["keep"],
        {
            "sender": [one.sender for one in found],
            "name": [_storable(one.name) for one in found],
            "model": [_storable(one.model) for one in found],
            "classes": [",".join(sorted(_storable(word) for word in one.device_classes)) for one in found],
            "address": [_storable(one.address) for one in found],
            "described": [descriptions.description_to_json(one.described) for one in found],
            "most": MOST,
            "now": now,
        },
    )


def _joined(before: Proposed, more: Proposed) -> Proposed:
    return Proposed(
        more.sender,
        more.name,
        more.model or before.model,
        before.device_classes | more.device_classes,
        more.address or before.address,
        before.described.with_more(more.described),
    )


def _with_what_was_said(connection: Connection, said: list[Proposed]) -> list[Proposed]:
    """Add to descriptions that come in parts what was said before; a bridge that lists all devices says all of each."""
    senders = [
        one.sender for one in said if one.described.fields and not one.sender.startswith("zigbee2mqtt:")
    ]
    if not senders:
        return said
    rows = connection.cursor(row_factory=dict_row).execute(_PROPOSALS["described"], {"senders": senders})
    before = {row["sender"]: descriptions.description_from_json(row["described"]) for row in rows}
    return [
        replace(one, described=before[one.sender].with_more(one.described)) if one.sender in before else one
        for one in said
    ]


def waiting(connection: Connection) -> list[DeviceProposal]:
    """Return what nobody has registered or dismissed, by sender."""
    cursor = connection.cursor(row_factory=kwargs_row(_proposal))
    return cursor.execute(_PROPOSALS["waiting"], {"number": None}).fetchall()


def get(connection: Connection, number: int) -> DeviceProposal:
    """Return one proposal that waits.

    Raises
    ------
    NotFoundError
        There is none of that number, or somebody was faster.
    """
    cursor = connection.cursor(row_factory=kwargs_row(_proposal))
    found = cursor.execute(_PROPOSALS["waiting"], {"number": number}).fetchone()
    if found is None:
        raise NotFoundError(f"no proposal {number} waits; `mimamori device proposals` shows those that do")
    return found


@dataclass(frozen=True)
class Stranger:
    """A sender that said something and is neither registered nor described; `is_call` says that it called, or may have."""

    sender: str
    last_at: datetime
    is_call: bool


def strangers(connection: Connection) -> list[Stranger]:
    """Return senders that nobody registered, that wait as no proposal and were not dismissed, those that call first."""
    return _strangers(connection, None)


def _strangers(connection: Connection, sender: str | None) -> list[Stranger]:
    values = {
        "sender": sender,
        "sender_of_detail": SENDER_OF_DETAIL,
        "looked_at": _LOOKED_AT,
        "most": _MOST_STRANGERS,
    }
    cursor = connection.cursor(row_factory=kwargs_row(Stranger))
    return cursor.execute(_PROPOSALS["strangers"], values).fetchall()


def propose(connection: Connection, sender: str, now: datetime) -> int:
    """Return the number of the proposal of a sender that said something; one that was dismissed waits again.

    Raises
    ------
    NotFoundError
        Nothing came from it, or it is registered.
    """
    for one in waiting(connection):
        if one.sender == sender:
            return one.number
    if not _strangers(connection, sender):
        raise NotFoundError(f"nothing came from {sender} that nobody registered")
    name = sender.partition(":")[2].rpartition("/")[2]
    row = connection.execute(_PROPOSALS["propose"], {"sender": sender, "name": name, "now": now}).fetchone()
    return registry.one_number(row)


def accept(
    connection: Connection,
    number: int,
    placement: Placement,
    now: datetime,
    *,
    device_id: str | None = None,
    kind: DeviceKind | None = None,
    place: str = "",
) -> DeviceInUse:
    """Register a proposed device from now on.

    Raises
    ------
    NotFoundError
        No such proposal waits.
    InputError
        Its name cannot be made into an id, so one must be given.
    ConflictError
        The id or the sender belongs to a device already.
    """
    proposal = get(connection, number)
    device_id = device_id or proposal.device_id
    if device_id is None:
        raise InputError(f"the gateway calls it {proposal.name!r}, which cannot be an id; give one")
    registry.add_device(
        connection,
        device_id=device_id,
        sender=proposal.sender,
        kind=kind or proposal.kind,
        place=place,
        model=proposal.model,
        gateway_id=None,
        heartbeat_s=None,
        placement=placement,
        now=now,
    )
    said = Proposed(
        proposal.sender, proposal.name, proposal.model, frozenset(), proposal.address, proposal.described
    )
    descriptions.follow(connection, [said], now)
    connection.execute(_PROPOSALS["forget"], {"number": number})
    return registry.device_in_use(connection, device_id)


def dismiss(connection: Connection, number: int, now: datetime) -> None:
    """Do not propose a device any more, however often its gateway does.

    Raises
    ------
    NotFoundError
        No such proposal waits.
    """
    get(connection, number)
    connection.execute(_PROPOSALS["dismiss"], {"number": number, "now": now})


def _proposal(
    *, device_classes: Iterable[str], described: Mapping[str, Any], **columns: Any
) -> DeviceProposal:
    return DeviceProposal(
        device_classes=tuple(device_classes),
        described=descriptions.description_from_json(described),
        **columns,
    )


def _storable(text: str) -> str:
    # A gateway's words: PostgreSQL takes no NUL, and the comma separates classes.
    return text.replace("\x00", "�")[:_LONGEST]
