"""A throw-away database with a ward whose past is stored; each scenario is run in a copy of it."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from core.formats.ward_file import read_ward
from core.store.database import Database
from core.store.devices.ward_registration import register_ward
from core.store.migrate import migrate
from core.store.operation import simulation
from deploy.local.postgres_cluster import Cluster
from deploy.playback.in_process_feed import Feed
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import SimHome, SimWard, parse_ward
from simulator.ward_file import read_ward as read_simulated
from simulator.ward_run import Simulation

_numbers = count(1)


# Always the same, so that the same command gives the same table: a Saturday morning in summer.
_BEGINS = datetime.fromisoformat("2026-08-01T06:30:00+09:00")


@dataclass(frozen=True)
class Grounds:
    """The ward in which scenarios are run.

    Attributes
    ----------
    body : mapping
        The ward file.
    ward : SimWard
        What the simulator reads in it.
    """

    body: Mapping[str, Any]
    ward: SimWard
    seed: int

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the ward."""
        return self.ward.homes[0].zone


def made_up(residents: int = 20, seed: int = 1) -> Grounds:
    """Return a ward that the seed makes up."""
    body = make_ward(WardOrder(residents, seed, _BEGINS))
    return Grounds(body, parse_ward(body), seed)


def from_file(path: Path, seed: int = 1) -> Grounds:
    """Return the ward of a ward file.

    Raises
    ------
    InputError
        It cannot be read, or something in it is not as it should be; the message names the place.
    """
    ward = read_simulated(path)
    return Grounds(cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8"))), ward, seed)


@dataclass(frozen=True)
class ScenarioTestBed:
    """A database with homes and so many days of their past, without the day on which the run begins."""

    cluster: Cluster
    name: str
    grounds: Grounds

    @contextmanager
    def copy(self, homes: Sequence[SimHome]) -> Generator[Database]:
        """Lend a database that holds nothing but these homes and their past; it is dropped afterwards."""
        name = f"{self.name}_{next(_numbers)}"
        self.cluster.create_database(name, self.name)
        try:
            with Database(self.cluster.url(name), size=2, application="mimamori-verify") as database:
                with database.transaction() as connection:
                    simulation.leave_out(connection, but=[home.name for home in homes])
                yield database
        finally:
            self.cluster.drop_database(name)


@contextmanager
def built(
    grounds: Grounds,
    homes: Sequence[SimHome],
    history_days: int,
    *,
    cluster: Cluster,
    folder: Path,
    template: str | None = None,
    on_home: Callable[[], None] = lambda: None,
) -> Generator[ScenarioTestBed]:
    """Lend a test bed with homes and their past; `on_home` is called after each of them.

    Parameters
    ----------
    cluster : Cluster
        A running server of our own; databases are made and dropped in it.
    folder : Path
        For the ward file.
    template : str, optional
        A database with the tables in it, to begin with.
    """
    name = f"verify_{next(_numbers)}"
    path = folder / f"{name}.json"
    path.write_text(json.dumps(_part(grounds, homes, history_days), ensure_ascii=False), encoding="utf-8")
    cluster.create_database(name, template)
    try:
        url = cluster.url(name)
        migrate(url)
        with Database(url, size=2, application="mimamori-verify") as database:
            _store_past(database, grounds, path, homes, history_days, on_home)
        yield ScenarioTestBed(cluster, name, grounds)
    finally:
        cluster.drop_database(name)


def _store_past(
    database: Database,
    grounds: Grounds,
    path: Path,
    homes: Sequence[SimHome],
    history_days: int,
    on_home: Callable[[], None],
) -> None:
    origin = grounds.ward.origin
    with database.transaction() as connection:
        # No password has this hash, so nobody can sign in.
        register_ward(
            connection,
            read_ward(path),
            now=origin,
            default_zone=grounds.zone.key,
            new_password=lambda _login: "",
        )
    feed = Feed(database, grounds.zone)
    for home in homes:
        alone = Simulation(replace(grounds.ward, homes=(home,)), (), grounds.seed, history_days)
        feed.past((message for days_ago, message in alone.history() if days_ago), origin)
        on_home()


def _part(grounds: Grounds, homes: Sequence[SimHome], history_days: int) -> dict[str, Any]:
    """Return the ward file with these homes alone, whose devices hang there since before their past begins."""
    wanted = {home.name for home in homes}
    first: str = (grounds.ward.origin - timedelta(days=history_days + 2)).isoformat()
    return {
        **grounds.body,
        "homes": [
            {**home, "devices": [{**device, "since": first} for device in home["devices"]]}
            for home in grounds.body["homes"]
            if home["name"] in wanted
        ],
    }
