"""The registered devices by sender, in memory; looked up again when an unknown sender appears."""

import time
from collections.abc import Iterable
from datetime import datetime

from core.store.database import Database
from core.store.telemetry import batches
from core.store.telemetry.batches import SendingDevice
from ingest.processing.fast_path import KNOWN_METRICS
from ingest.processing.state_changes import State

# Retired or changed devices are noticed within this time, or ten times what reading them all takes.
_REFRESH_S = 5.0
_REFRESH_SHARE = 10


class Devices:
    """Which device a sender is, and what its doors and beds last said."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_sender: dict[str, SendingDevice] = {}
        self.states: dict[tuple[int, int], State] = {}
        self._next_refresh = 0.0

    def __len__(self) -> int:
        return len(self._by_sender)

    def find(self, sender: str) -> SendingDevice | None:
        """Return the registered device of a sender, as far as `prepare` looked."""
        return self._by_sender.get(sender)

    def all(self) -> Iterable[SendingDevice]:
        """Return all registered devices that are known here."""
        return self._by_sender.values()

    def prepare(self, senders: Iterable[str], now: datetime) -> None:
        """Make sure that these senders were looked up, and that what is known is not old."""
        if time.monotonic() >= self._next_refresh:
            self._refresh(now)
        missing = {sender for sender in senders if sender and sender not in self._by_sender}
        if missing:
            with self._database.transaction() as connection:
                found = batches.sending_devices(connection, now, missing)
            self._by_sender.update((device.sender, device) for device in found)

    def forget(self) -> None:
        """Read everything anew the next time."""
        self._next_refresh = 0.0

    def _refresh(self, now: datetime) -> None:
        began = time.monotonic()
        with self._database.transaction() as connection:
            found = batches.sending_devices(connection, now)
            stored = batches.latest_states(connection, KNOWN_METRICS)
        # A batch that is still being committed is known here and not yet there.
        ahead = {
            key: state for key, state in self.states.items() if key not in stored or state[0] > stored[key][0]
        }
        self.states = stored | ahead
        self._by_sender = {device.sender: device for device in found}
        ended = time.monotonic()
        self._next_refresh = ended + max(_REFRESH_S, _REFRESH_SHARE * (ended - began))
