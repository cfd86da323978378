"""What a tester sees in the terminal: how the simulation goes, what happens just now, and what comes next."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from core.clock import Clock
from simulator.network.lossy_channel import OutboundMessage
from simulator.scenarios.ground_truth import TrueEvent
from simulator.ward_file import SimWard

_RATE_OVER_S = 10.0
_LATEST, _NEXT = 6, 5


class View:
    """The terminal view; `sent` is called with each message, and the object itself draws when rich asks for it."""

    def __init__(self, ward: SimWard, clock: Clock, events: Sequence[TrueEvent]) -> None:
        self._clock = clock
        self._events = events
        self._zone = ward.homes[0].zone
        self._homes = len(ward.homes)
        self._devices = sum(len(home.devices) for home in ward.homes)
        self._lock = threading.Lock()
        self._count = 0
        self._behind_s = 0.0
        self._times: deque[float] = deque()
        self._latest: deque[OutboundMessage] = deque(maxlen=_LATEST)

    def sent(self, message: OutboundMessage) -> None:
        """Note a message that was published."""
        now = time.monotonic()
        behind_s = self._clock.now().timestamp() - message.time_ms / 1000
        with self._lock:
            self._count += 1
            self._behind_s = behind_s
            self._latest.append(message)
            self._times.append(now)
            while self._times[0] < now - _RATE_OVER_S:
                self._times.popleft()

    def __rich__(self) -> RenderableType:
        """Return what is shown now."""
        now = self._clock.now()
        with self._lock:
            cut = time.monotonic() - _RATE_OVER_S
            rate = sum(1 for at in self._times if at >= cut) / _RATE_OVER_S
            head = (
                f"{now.astimezone(self._zone):%Y-%m-%d %H:%M:%S}   {self._homes} homes, {self._devices} devices   "
                f"{self._count} messages, {rate:.1f}/s, {max(self._behind_s, 0.0):.1f} s behind"
            )
            latest = list(self._latest)
        return Group(
            Panel(head, title="Simulation"),
            self._lines(now),
            Panel(self._messages(latest), title="Messages"),
        )

    def _lines(self, now: datetime) -> Table:
        table = Table(title="What really happens", expand=True)
        for heading in ("when", "home", "what", "should be raised"):
            table.add_column(heading, overflow="fold")
        current = [
            event for event in self._events if event.begins <= now < max(event.ends, event.by or event.ends)
        ]
        ahead = [event for event in self._events if event.begins > now][:_NEXT]
        for event in (*current, *ahead):
            is_now = event in current
            due = "nobody should be disturbed"
            if event.by is not None:
                due = f"{' or '.join(event.raises)} by {event.by.astimezone(self._zone):%H:%M}"
            when = f"{event.begins.astimezone(self._zone):%a %H:%M}"
            # An own home's name is made up, like everything here.
            table.add_row(
                f"{when} now" if is_now else when,
                event.home or "the whole ward",
                event.says,
                due,
                style="bold" if is_now else "dim",
            )
        if not current and not ahead:
            table.add_row("", "", "ordinary life", "")
        return table

    def _messages(self, latest: Sequence[OutboundMessage]) -> Text:
        lines = (f"{message.topic}  {message.payload.decode()[:90]}" for message in latest)
        return Text("\n".join(lines) or "none yet", no_wrap=True, overflow="ellipsis")
