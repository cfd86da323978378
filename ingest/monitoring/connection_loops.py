"""Connection loops: senders that connect and are cut off again and again, as for a message over the broker's limit."""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from core.domain.metrics import BRIDGE_ONLINE, ONLINE
from core.logs import get_logger
from core.store.operation.connection_loops import ConnectionLoop
from ingest.codecs.result import Decoded
from ingest.mqtt.message import InboundMessage

_log = get_logger(__name__)

WINDOW = timedelta(minutes=30)
# A line that fails now and then is lost twice or three times in half an hour; who is cut off for what it sends, or shares a name
# with another client, is back within seconds each time (our choice).
LOOP_RETURNS = 6
_MOST_SENDERS = 1000
# Of these `online` is said by the bridge or the server, of a device that has no connection of its own to the broker.
_SAID_BY_OTHERS = ("zigbee2mqtt:", "traccar:")


class ConnectionLoops:
    """Counts how often each sender came back after its last will, within the last half hour."""

    def __init__(self) -> None:
        self._is_lost: dict[str, bool] = {}
        self._returns: dict[str, deque[datetime]] = {}
        self._noted_until: dict[str, datetime] = {}

    def note_all(self, decoded: Iterable[tuple[InboundMessage, Decoded]]) -> None:
        """Take note of messages in the order of their arrival."""
        for message, result in decoded:
            self.note(message, result)

    def note(self, message: InboundMessage, result: Decoded) -> None:
        """Take note of a message that says whether its sender is connected; all others say nothing here."""
        said = next((one for one in result.readings if one.metric in {ONLINE.name, BRIDGE_ONLINE.name}), None)
        if said is None or message.retained:
            return
        if said.metric == ONLINE.name and result.sender.startswith(_SAID_BY_OTHERS):
            return
        # All that comes through a bridge is cut off with it.
        is_bridge = said.metric == BRIDGE_ONLINE.name
        name = f"{result.sender.partition('/')[0]}/" if is_bridge else result.sender
        at = message.received_at
        # A batch that could not be stored is prepared again.
        if at <= self._noted_until.get(name, at - WINDOW) or (
            name not in self._is_lost and len(self._is_lost) >= _MOST_SENDERS
        ):
            return
        self._noted_until[name] = at
        came_back = said.value is True and self._is_lost.get(name, False)
        self._is_lost[name] = said.value is not True
        if came_back:
            self._note_return(name, at)

    def current(self, now: datetime) -> list[ConnectionLoop]:
        """Return the loops that go on, by sender."""
        return sorted(self._current(now), key=lambda loop: loop.sender)

    def _current(self, now: datetime) -> Iterator[ConnectionLoop]:
        # A copy: a monitor asks while the writer takes note.
        for name, returns in list(self._returns.items()):
            within = [at for at in list(returns) if at > now - WINDOW]
            if len(within) >= LOOP_RETURNS:
                yield ConnectionLoop(name, len(within), within[0], within[-1])

    def _note_return(self, name: str, at: datetime) -> None:
        returns = self._returns.setdefault(name, deque(maxlen=_MOST_SENDERS))
        while returns and returns[0] <= at - WINDOW:
            returns.popleft()
        returns.append(at)
        if len(returns) == LOOP_RETURNS:
            _log.warning("connection_loop", sender=name, returns=len(returns))
