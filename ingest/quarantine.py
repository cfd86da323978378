"""Releasing quarantined messages after a device was registered or a codec mended, without storing anything twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.store import ingestion, quarantine
from core.store.database import Database
from core.store.quarantine import Quarantined
from ingest.assembly import Assembly, Rules
from ingest.codecs import decode
from ingest.codecs.decoded import Decoded
from ingest.devices import Devices
from ingest.message import Message

_PAGE = 500


@dataclass(frozen=True)
class Released:
    """What a release did: messages stored now, and messages that are still not understood."""

    stored: int
    kept: int


def release(
    database: Database, rules: Rules, now: datetime, *, reason: str | None = None, topic: str | None = None
) -> Released:
    """Take quarantined messages in again, as if they came now but at the time they were received.

    Parameters
    ----------
    database : Database
        Open.
    rules : Rules
        As the ingest worker has them.
    now : datetime
        When the release is recorded.
    reason, topic : str, optional
        Only messages refused for this reason, or on this topic.

    Notes
    -----
    A message goes through the same code and the same keys as one from the broker, so what is already stored stays once.
    """
    devices = Devices(database)
    stored = kept = last = 0
    while True:
        with database.transaction() as connection:
            page = quarantine.waiting(connection, reason=reason, topic=topic, after=last, limit=_PAGE)
            if not page:
                return Released(stored, kept)
            last = page[-1].number
            results = [(entry, decode(entry.topic, entry.payload)) for entry in page]
            devices.prepare((found.sender for _, found in results if isinstance(found, Decoded)), now)
            assembly = Assembly(rules, devices.find, devices.states, now - timedelta(days=1))
            good: list[int] = []
            for entry, found in results:
                before = len(assembly.batch.refused)
                assembly.add(_message(entry), found)
                if len(assembly.batch.refused) == before:
                    good.append(entry.number)
            # What is refused again is in quarantine already.
            assembly.batch.refused.clear()
            ingestion.store_batch(connection, assembly.batch, now)
            quarantine.mark_released(connection, good, now)
            devices.states.update(assembly.new_states)
        stored += len(good)
        kept += len(page) - len(good)


def _message(entry: Quarantined) -> Message:
    return Message(entry.topic, entry.payload, entry.retained, repeated=False, received_at=entry.received_at)
