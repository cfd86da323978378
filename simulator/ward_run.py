"""Runs the ward against a broker: the history at full speed, then live as the clock passes."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from core.clock import Clock
from simulator.incidents.incident import Incident
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.messages import HomeStream, Resume, history, live
from simulator.network.publisher import Publisher
from simulator.scenarios.ground_truth import TrueEvent, true_events
from simulator.town.ward import HISTORY_DAYS
from simulator.ward_file import SimWard
from simulator.world import make_world

# After a restart everything of so many hours is sent again, as gateways do that kept it: what is stored already has the
# same number and is recognised.
CATCH_UP = timedelta(hours=6)
_LONGEST_NAP_S = 0.5


@dataclass(frozen=True)
class Simulation:
    """A ward with its incidents, ready to be published."""

    ward: SimWard
    incidents: tuple[Incident, ...]
    seed: int
    history_days: int = HISTORY_DAYS

    def streams(self, resume: Mapping[str, Resume] | None = None) -> Sequence[HomeStream]:
        """Return one stream of messages per home; `resume` says by resident how numbers go on in changed homes."""
        world = make_world(self.ward, self.incidents, self.seed)
        on = resume or {}
        return [
            HomeStream(home, self.ward.origin, self.history_days, on.get(home.home.resident))
            for home in world
        ]

    def history(self) -> Iterator[tuple[int, OutboundMessage]]:
        """Yield (days ago, message) of the history, the oldest day first."""
        return history(self.streams(), self.history_days)

    def live(self, since: datetime, resume: Mapping[str, Resume] | None = None) -> Iterator[OutboundMessage]:
        """Yield the messages from `since` on, without end, in the order of time."""
        return live(self.streams(resume), since)

    def until(self, end: datetime) -> Iterator[OutboundMessage]:
        """Yield the live messages before `end`, in the order of time; those that are lost on their way are left out."""
        end_ms = end.timestamp() * 1000
        messages = takewhile(lambda message: message.time_ms < end_ms, self.live(self.ward.origin))
        return (message for message in messages if not message.is_lost)

    def ground_truth(self, end: datetime) -> list[TrueEvent]:
        """Return what really happens from the beginning of live watching up to `end`."""
        return true_events(self.ward, self.incidents, self.seed, self.ward.origin, end)


def publish_history(
    simulation: Simulation, publisher: Publisher, on_day_done: Callable[[int], None] | None = None
) -> int:
    """Publish the history as fast as the broker takes it; return the number of messages.

    Every message has been acknowledged by the broker when this returns, so what is published next comes after it.
    `on_day_done` is called with the number of messages whenever a day of the whole ward is done.
    """
    count, today = 0, simulation.history_days
    for days_ago, message in simulation.history():
        if days_ago != today and on_day_done is not None:
            on_day_done(count)
        today = days_ago
        publisher.publish(message)
        count += 1
    publisher.drain()
    if on_day_done is not None:
        on_day_done(count)
    return count


def publish_live(
    messages: Iterator[OutboundMessage],
    publisher: Publisher,
    clock: Clock,
    stop: threading.Event,
    on_published: Callable[[OutboundMessage], None] | None = None,
) -> None:
    """Publish each message when its time has come on the clock, until stopped or until there are no more."""
    for message in messages:
        due = datetime.fromtimestamp(message.time_ms / 1000, UTC)
        while (ahead := due - clock.now()) > timedelta(0):
            if stop.wait(min(clock.real_seconds(ahead), _LONGEST_NAP_S)):
                return
        if stop.is_set():
            return
        publisher.publish(message)
        if on_published is not None:
            on_published(message)
