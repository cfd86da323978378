"""Runs a ward live and meets its testers in the database: they start and stop it, make things happen, and see what should be raised.

`python -m deploy.playback.live_simulation --ward ward.json` does what `mimamori simulate live` does, and this besides. Not in production.
"""

import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from core.clock import Clock
from core.domain.simulation import Injectable
from core.errors import InputError, StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.process import exit_code_of, stop_on_signals
from core.settings import Settings, load_settings
from core.store.database import Database
from core.store.operation import simulation as store
from deploy.playback.planned_journeys import lay_down
from simulator.network.publisher import BrokerAddress, Publisher
from simulator.player import Player
from simulator.scenarios.binding import bind
from simulator.scenarios.ground_truth import TrueEvent
from simulator.scenarios.scenario import read_scenario
from simulator.ward_file import read_ward
from simulator.ward_run import CATCH_UP, Simulation

log = get_logger(__name__)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_LOOK_S = 0.5
_SCRIPT = timedelta(days=28)


class Bridge:
    """Between a player and the database."""

    def __init__(self, database: Database, player: Player, clock: Clock) -> None:
        self._database = database
        self._player = player
        self._clock = clock

    def begin(self, scenarios: list[str]) -> None:
        """Store what runs, and what really happens in the next four weeks."""
        now = self._clock.now()
        simulation = self._player.simulation
        since = now - CATCH_UP
        happens = [event for event in simulation.ground_truth(now + _SCRIPT) if event.ends >= since]
        script = [planned(event) for event in happens]
        with self._database.transaction() as connection:
            devices = sum(len(home.devices) for home in simulation.ward.homes)
            homes = len(simulation.ward.homes)
            store.begin(connection, homes=homes, devices=devices, scenarios=scenarios, now=now)
            store.write_script(connection, script, since)
            lay_down(connection, happens, now)

    def look(self) -> None:
        """Report how it goes, follow what is wanted, and make happen what was asked for."""
        now = self._clock.now()
        player = self._player
        with self._database.transaction() as connection:
            is_wanted = store.report(
                connection,
                is_running=player.is_running,
                messages=player.messages,
                problem=player.problem,
                now=now,
            )
            for request in store.open_injections(connection):
                problem = ""
                try:
                    happens = self._inject(request)
                    store.add_events(connection, [planned(event) for event in happens], is_injected=True)
                except InputError as error:
                    problem = str(error)
                store.mark_executed(connection, request.number, problem=problem, now=now)
        if is_wanted:
            player.start()
        else:
            player.stop()

    def _inject(self, request: store.OpenInjection) -> list[TrueEvent]:
        if request.kind not in set(Injectable):
            raise InputError(f"{request.kind} cannot be asked for; {', '.join(Injectable)} can")
        return self._player.inject(request.kind, request.home)


def planned(event: TrueEvent) -> store.PlannedEvent:
    """Return an event in the form in which it is stored."""
    return store.PlannedEvent(event.kind, event.home, event.begins, event.ends, event.raises, event.by)


@app.command()
def play(
    *,
    ward: Annotated[Path, typer.Option(help="The ward file to play.", show_default=False)],
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and messages.")] = 1,
    scenario: Annotated[list[str] | None, typer.Option(help="A scenario; the demo's own without it.")] = None,
) -> None:
    """Play a ward until stopped."""
    settings = load_settings()
    set_up_logs("simulator", settings.log_level, settings.log_format)
    if settings.environment == "production":
        raise InputError("a simulation does not run in production; set MIMAMORI_ENVIRONMENT to demo or test")
    names = scenario or (["demo"] if settings.environment == "demo" else [])
    made = read_ward(ward)
    simulation = Simulation(made, bind([read_scenario(name) for name in names], made, seed), seed)
    run(settings, simulation, names, stop_on_signals())


def run(settings: Settings, simulation: Simulation, names: list[str], stop: threading.Event) -> None:
    """Play until asked to stop; the database may come and go."""
    clock = settings.make_clock()
    address = BrokerAddress.of(settings)
    player = Player(simulation, lambda ending: Publisher(address, stop=ending), clock)
    url = settings.database_url.get_secret_value()
    with Database(url, size=1, application="mimamori-simulator") as database:
        bridge = Bridge(database, player, clock)
        bridge.begin(names)
        bridge.look()
        log.info("ready", homes=len(simulation.ward.homes), incidents=len(simulation.incidents))
        try:
            while not stop.wait(_LOOK_S):
                try:
                    bridge.look()
                except StoreUnavailableError:
                    # The ward goes on; its testers must wait.
                    continue
        finally:
            player.stop()
    log.info("stopped")


def main() -> int:
    """Run the command line; return the exit code."""
    return exit_code_of(lambda: app(prog_name="python -m deploy.playback.live_simulation"))


if __name__ == "__main__":
    sys.exit(main())
