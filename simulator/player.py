"""Runs a ward on behalf of testers: start, stop, and make something happen now."""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.clock import Clock
from core.errors import InputError, MimamoriError
from core.logs import get_logger
from simulator.local_days import local_day
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.messages import Resume
from simulator.network.publisher import Publisher
from simulator.scenarios.binding import bind
from simulator.scenarios.ground_truth import TrueEvent
from simulator.scenarios.scenario import Scenario, event_of
from simulator.ward_file import SimHome
from simulator.ward_run import CATCH_UP, Simulation, publish_live

log = get_logger(__name__)
# Something that is asked for happens a moment later, so that nothing that was sent already must be changed.
LEAD = timedelta(seconds=20)
_STOP_TIMEOUT_S = 10.0
_NUMBERED = re.compile(rb'\{"seq":([0-9]+)')
Connect = Callable[[threading.Event], AbstractContextManager[Publisher]]


class Player:
    """A simulation that can be stopped, started and changed; one thread publishes.

    Parameters
    ----------
    simulation : Simulation
        What runs.
    connect : callable
        Opens a connection to the broker that ends waiting when the event given to it is set.
    """

    def __init__(self, simulation: Simulation, connect: Connect, clock: Clock) -> None:
        self._simulation = simulation
        self._connect = connect
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._since = clock.now() - CATCH_UP
        self._last_seqs: dict[str, int] = {}
        self._resume: dict[str, Resume] = {}
        self.messages = 0
        self.problem = ""

    @property
    def is_running(self) -> bool:
        """Whether messages are published."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def simulation(self) -> Simulation:
        """What runs now, with all that testers added."""
        return self._simulation

    def start(self) -> None:
        """Publish on; does nothing while it runs. What happened while it stood still is sent late, as devices do."""
        if self.is_running:
            return
        self._stop = threading.Event()
        self.problem = ""
        self._thread = threading.Thread(target=self._play, args=(self._stop,), name="player", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop publishing and wait until that is so."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_TIMEOUT_S)

    def inject(self, kind: str, home: str) -> list[TrueEvent]:
        """Make something happen in a home a moment from now; return what really happens.

        Raises
        ------
        InputError
            The simulation plays no such home, it does not have what is needed, or the day leaves no room for it.
        """
        played = next((one for one in self._simulation.ward.homes if one.name == home), None)
        if played is None:
            raise InputError(f"the simulation does not play the home {home}")
        was_running = self.is_running
        # First of all, so that nothing goes out any more that the request would change.
        self.stop()
        try:
            return self._change(kind, played, self._clock.now() + LEAD)
        finally:
            if was_running:
                self.start()

    def _change(self, kind: str, home: SimHome, at: datetime) -> list[TrueEvent]:
        local = at.astimezone(home.zone)
        requested = event_of(
            {"kind": kind, "resident": home.resident, "at": f"{local:%H:%M}"},
            lambda key: f"the request, {key}",
        )
        (incident,) = bind([Scenario(kind, (requested,))], self._simulation.ward, self._simulation.seed)
        first = local_day(at, home.zone)
        at_s = float(round((at.timestamp() * 1000 - first.ms(0.0)) / 1000))
        incident = replace(incident, first=first.date, at_s=at_s)
        changed = replace(self._simulation, incidents=(*self._simulation.incidents, incident))
        alone = replace(
            changed, incidents=tuple(one for one in changed.incidents if one.resident == home.resident)
        )
        happens = [
            event
            for event in alone.ground_truth(at + timedelta(minutes=1))
            if event.kind is incident.kind and abs((event.begins - at).total_seconds()) <= 1.0
        ]
        if not happens:
            raise InputError(f"the day of {home.resident} leaves no room for {kind} now")
        self._simulation = changed
        after_ms = round(self._since.timestamp() * 1000) + 1
        self._resume[home.resident] = Resume(after_ms, dict(self._last_seqs))
        return happens

    def _play(self, stop: threading.Event) -> None:
        try:
            with self._connect(stop) as publisher:
                messages = self._simulation.live(self._since, self._resume)
                publish_live(messages, publisher, self._clock, stop, self._note)
        except MimamoriError as error:
            self.problem = str(error)
            log.warning("simulation_stopped", problem=str(error))

    def _note(self, message: OutboundMessage) -> None:
        self.messages += 1
        # From here on again: what is sent twice is recognised, what was not sent yet is not left out.
        self._since = datetime.fromtimestamp(message.time_ms / 1000, UTC)
        numbered = _NUMBERED.match(message.payload)
        if numbered is not None:
            device = message.topic.split("/")[-2]
            self._last_seqs[device] = max(int(numbered[1]), self._last_seqs.get(device, 0))
