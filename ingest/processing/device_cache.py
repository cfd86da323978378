"""The registered devices by sender, in memory, with their states and connections; looked up again when an unknown sender appears."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.device import folded
from core.domain.device_proposal import Proposed
from core.store.database import Database
from core.store.devices import descriptions
from core.store.telemetry import batches, connection_breaks
from core.store.telemetry.batches import SendingDevice
from core.store.telemetry.connection_breaks import ConnectionBreak
from ingest.processing.connections import by_name
from ingest.processing.links import Links

# Retired or changed devices are noticed within this time, or ten times what reading them all takes.
_REFRESH_S = 5.0
_REFRESH_SHARE = 10
# A state that was last said before is dated by what the database knows.
_BREAKS_BACK = timedelta(days=7)


class Devices:
    """Which device a sender is, what its doors and beds last said, and when it were out of contact."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_sender: dict[str, SendingDevice] = {}
        # Where it can be only one.
        self._by_folded: dict[str, SendingDevice] = {}
        self.links = Links()
        self._knows_breaks = False
        self._next_refresh = 0.0

    def __len__(self) -> int:
        return len(self._by_sender)

    def find(self, sender: str) -> SendingDevice | None:
        """Return the registered device of a sender, as far as `prepare` looked; its name may be written in other case or form."""
        return self._by_sender.get(sender) or self._by_folded.get(folded(sender))

    def all(self) -> Iterable[SendingDevice]:
        """Return all registered devices that are known here."""
        return self._by_sender.values()

    def prepare(self, senders: Iterable[str], now: datetime) -> None:
        """Make sure that these senders were looked up, and that what is known is not old."""
        if time.monotonic() >= self._next_refresh:
            self._refresh(now)
        # One that is in no home may have been given to one a moment ago: whoever fits a button tries it at once.
        missing = {
            sender
            for sender in senders
            if sender and ((one := self.find(sender)) is None or one.zone is None)
        }
        if missing:
            with self._database.transaction() as connection:
                found = batches.sending_devices(connection, now, missing)
            self._keep({**self._by_sender, **{device.sender: device for device in found}})

    def follow_descriptions(self, said: Sequence[Proposed], now: datetime) -> None:
        """Let devices be called as their gateways call them now, before the messages that come under their new names."""
        with self._database.transaction() as connection:
            changed = descriptions.follow(connection, said, now)
        if not changed:
            return
        before = dict(self._by_sender)
        self._refresh(now)
        # What the bridge still sends under the old name, until that is another device's.
        self._keep(
            {**{sender: before[sender] for sender in changed.names if sender in before}, **self._by_sender}
        )

    def forget(self) -> None:
        """Read everything anew the next time."""
        self._next_refresh = 0.0

    def note_break(self, one: ConnectionBreak) -> None:
        """Take note of a break of a connection, or of its end."""
        known = [other for other in self.links.breaks.get(one.senders, ()) if other.began_at != one.began_at]
        breaks = {**self.links.breaks, one.senders: [*known, one]}
        self.links = replace(self.links, breaks=breaks)

    def _refresh(self, now: datetime) -> None:
        began = time.monotonic()
        with self._database.transaction() as connection:
            found = batches.sending_devices(connection, now)
            stored = batches.latest_states(connection)
            if not self._knows_breaks:
                breaks = by_name(connection_breaks.since(connection, now - _BREAKS_BACK))
                self.links = replace(self.links, breaks={**breaks, **self.links.breaks})
                self._knows_breaks = True
        # A batch that is still being committed is known here and not yet there.
        ahead = {
            key: state
            for key, state in self.links.states.items()
            if key not in stored or state[0] > stored[key][0]
        }
        self.links = replace(self.links, states=stored | ahead)
        self._keep({device.sender: device for device in found})
        ended = time.monotonic()
        self._next_refresh = ended + max(_REFRESH_S, _REFRESH_SHARE * (ended - began))

    def _keep(self, by_sender: dict[str, SendingDevice]) -> None:
        by_sender = with_parts(by_sender)
        self._by_sender = by_sender
        several = Counter(folded(sender) for sender in by_sender)
        self._by_folded = {
            name: device for sender, device in by_sender.items() if several[name := folded(sender)] == 1
        }


def with_parts(by_sender: dict[str, SendingDevice]) -> dict[str, SendingDevice]:
    """Return devices by sender, where parts of one are registered by themselves each with the numbers of all of them."""
    parts: dict[str, list[SendingDevice]] = {}
    for sender, device in by_sender.items():
        whole, mark, _ = device.sender.partition("#")
        if mark and sender == device.sender:
            parts.setdefault(whole, []).append(device)
    if not parts:
        return by_sender
    found = dict(by_sender)
    for whole, of_it in parts.items():
        together = [by_sender[whole], *of_it] if whole in by_sender else of_it
        numbers = tuple(sorted({one.number for one in together}))
        found |= {one.sender: replace(one, parts=numbers) for one in together if one.parts != numbers}
    return found
