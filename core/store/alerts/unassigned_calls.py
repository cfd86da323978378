"""Calls for help from buttons that belong to nobody: not registered, at the wrong gateway, or in no home.

Ingest notes them, since their messages wait in quarantine or belong to no resident; the detectors notify the staff.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Connection
from core.store.queries import load
from core.store.rows import build

_CALLS = load("alerts/unassigned_calls")
# Somebody who makes up buttons fills no table: beyond these the oldest is forgotten.
MOST = 100
# Of one batch no more are kept than an alert can name.
_MOST_AT_ONCE = 20
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class UnassignedCall:
    """Presses of one button, close together; `why` it belongs to nobody."""

    sender: str
    why: str
    began_at: datetime
    last_at: datetime
    presses: int


def note(connection: Connection, calls: Iterable[UnassignedCall]) -> None:
    """Keep the calls of a batch, one for each button."""
    kept = list({_storable(call.sender): call for call in calls}.items())[:_MOST_AT_ONCE]
    if not kept:
        return
    connection.execute(
        _CALLS["note"],
        {
            "sender": [sender for sender, _ in kept],
            "why": [call.why for _, call in kept],
            "began_at": [call.began_at for _, call in kept],
            "last_at": [call.last_at for _, call in kept],
            "presses": [call.presses for _, call in kept],
        },
    )
    connection.execute(_CALLS["forget"], {"most": MOST})


def since(connection: Connection, moment: datetime) -> list[UnassignedCall]:
    """Return the calls received after a moment, the latest first."""
    return [build(UnassignedCall, row) for row in connection.execute(_CALLS["since"], {"since": moment})]


def _storable(text: str) -> str:
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()[:_LONGEST]
