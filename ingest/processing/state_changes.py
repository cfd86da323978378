"""What states said last: of these only an edge shows that somebody acted, dated at the earliest moment that the data allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isnan

from core.domain.evidence.edges import EDGES
from core.domain.metrics import ONLINE as ONLINE_METRIC
from core.store.telemetry.batches import SendingDevice
from core.store.telemetry.state_edges import LateState, StateCount, StateKey
from ingest.processing.connections import Connections, links_of

ONLINE = ONLINE_METRIC.number

State = tuple[datetime, float]
_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class Sign:
    """That a person acted, at the reading's own time or (`acted_from`) at some time between that and then."""

    acted_from: datetime | None = None


NOW = Sign()
"""Somebody acted at the reading's own time."""


class StateChanges:
    """The states that are known while a batch is made.

    Parameters
    ----------
    known : mapping
        The latest by device, metric and channel before the batch; not changed here.
    late : list of LateState
        Gets what only the database can evaluate.
    connections : Connections
        When the devices were out of contact.
    doubt : timedelta
        The same state said again this soon is one saying: radio senders repeat themselves within a burst.
    is_shared : bool
        Other workers get a part of the messages, so only the database knows what a door or a bed said before.

    Attributes
    ----------
    new : dict
        The latest states of the batch.
    counts : dict
        How often the batch says states.
    """

    def __init__(
        self,
        known: Mapping[StateKey, State],
        late: list[LateState],
        connections: Connections,
        *,
        doubt: timedelta = timedelta(0),
        is_shared: bool,
    ) -> None:
        self.new: dict[StateKey, State] = {}
        self.counts: dict[StateKey, StateCount] = {}
        self._doubt = doubt
        self._known = known
        # Made when it is asked for first: most batches fill no gap.
        self._keys_of: dict[int, list[StateKey]] | None = None
        self._late = late
        self._connections = connections
        self._is_shared = is_shared

    def known_now(self) -> dict[StateKey, State]:
        """Return what the batch says newly of states, as far as that is certain."""
        return {key: state for key, state in self.new.items() if not isnan(state[1])}

    def time_of_connection(self, device: int, value: float, claimed: datetime | None) -> datetime | None:
        """Return when a connection began or broke; None for a last will, which was written when it began."""
        if claimed is None:
            return None
        key = (device, ONLINE, "")
        known = self.new.get(key) or self._known.get(key)
        if known is None or claimed > known[0]:
            self.new[key] = (claimed, value)
            return claimed
        return None if value == 0 and known[1] == 1 else claimed

    def edge(
        self,
        device: SendingDevice,
        key: StateKey,
        state: State,
        *,
        is_unbroken: bool,
        may_be_known: bool = False,
    ) -> Sign | None:
        """Return that a state shows that somebody acted, as far as that can be said here; None if it does not.

        Parameters
        ----------
        device : SendingDevice
            Whose state it is.
        key : tuple
            Device, metric and channel.
        state : tuple
            Its time and value.
        is_unbroken : bool
            Whether the device numbers its messages and none is missing before this one.
        may_be_known : bool
            Whether the message may have come before, so that it is not stored again.
        """
        known = self.new.get(key) or self._known.get(key)
        is_late = known is not None and _is_before(state, known)
        if not may_be_known:
            self._count(key, state, known)
        if not is_late:
            self.new[key] = (state[0], _UNKNOWN) if may_be_known else state
        is_numbered = device.sender.startswith("native:")
        is_certain = is_unbroken if is_numbered else not may_be_known
        if self._is_shared or is_late or not is_certain or (known is not None and isnan(known[1])):
            # Only the neighbours in time can tell, and those are in the database.
            self._late.append(
                LateState(key, state[0], numbered_with=device.numbered_with)
                if is_numbered
                else LateState(key, state[0], links_of(device.sender))
            )
            return None
        if known is None or not EDGES[key[1]].is_between(known[1], state[1]):
            return None
        return NOW if is_numbered else Sign(self._connections.began_at(device.sender, known[0], state[0]))

    def _count(self, key: StateKey, state: State, known: State | None) -> None:
        at, value = state
        if known is not None and known[1] == value and timedelta(0) <= at - known[0] < self._doubt:
            return
        count = self.counts.get(key)
        if count is None:
            self.counts[key] = StateCount(1, at, value, value)
        else:
            count.add(at, value)

    def look_again(self, device: SendingDevice, at: datetime) -> None:
        """Let the database evaluate anew what the states of a device, of all its parts, say around a moment: a missing message came."""
        if self._keys_of is None:
            self._keys_of = {}
            for key in self._known:
                self._keys_of.setdefault(key[0], []).append(key)
        numbers = device.numbered_with
        keys = {key for number in numbers for key in self._keys_of.get(number, ())}
        keys |= {key for key in self.new if key[0] in numbers}
        self._late += [LateState(key, at, numbered_with=numbers) for key in sorted(keys) if key[1] in EDGES]


def _is_before(state: State, known: State) -> bool:
    return state[0] < known[0] or (state[0] == known[0] and state[1] != known[1])
