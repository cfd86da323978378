"""A call behind a network server of LoRaWAN is raised each time that somebody presses, whatever its device's clock says."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.formats.profile_file import parse_profile
from core.store.database import Database
from core.store.devices import profiles
from tests.support.wards.evaluated_ward import at, home
from tests.support.wards.receiving_ward import ReceivingWard

NOW = at("2026-07-01 14:00")
_EUI = "0102030405060708"


class Ward(ReceivingWard):
    """A ward whose SOS button is behind a network server."""

    def says(self, **values: object) -> None:
        """Take in what the button says now, and evaluate."""
        body = {"time": self.clock.now().isoformat(), "object": values}
        self.receives(f"gw/g1/application/1/device/{_EUI}/event/up", body)
        self.pass_to(self.clock.now() + timedelta(minutes=1))

    def calls_after_two_presses(self, **values: object) -> int:
        """Return how many calls there are after it said the same twice, an hour apart, and the first was closed."""
        self.says(**values)
        (first,) = self.alerts("sos")
        self.closes(first)
        self.pass_to(self.clock.now() + timedelta(hours=1))
        self.says(**values)
        return len(self.alerts("sos"))

    def gives_profile(self, text: str) -> None:
        with self.database.transaction() as connection:
            made = profiles.add(connection, parse_profile(text, "p"), self.clock.now())
            connection.execute("UPDATE device SET profile_id = %s WHERE device_id = 'sos-1'", [made.number])


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    with Database(database_url) as database:
        ward = Ward(database, tmp_path, [home(1, watched_from=NOW - timedelta(days=60))], NOW)
        with database.transaction() as connection:
            connection.execute(
                "UPDATE device SET sender = %s WHERE device_id = 'sos-1'", [f"chirpstack:g1/{_EUI}"]
            )
        yield ward


def stamp(**ago: int) -> int:
    return int((NOW - timedelta(**ago)).timestamp())


@pytest.mark.parametrize(
    "stamps",
    [
        *({"timestamp": stamp(hours=3)}, {"timestamp": stamp(hours=47)}, {"timestamp": stamp(days=3)}),
        *(
            {"timestamp": stamp(days=30)},
            {"event_time": stamp(days=3)},
            {"Date": "2026-6-28", "Time": "3:0:12"},
        ),
    ],
)
@pytest.mark.parametrize("by_profile", [False, True])
def test_a_second_press_with_the_time_of_the_first_is_raised_once_that_was_closed(
    ward: Ward, stamps: dict[str, object], *, by_profile: bool
) -> None:
    if by_profile:
        ward.gives_profile('name = "p"\n[fields]\nkey = { metric = "sos", raised = [7], over = [0] }\n')
    assert ward.calls_after_two_presses(**stamps, **({"key": 7} if by_profile else {"sos": True})) == 2


def test_a_message_that_was_kept_and_comes_twice_is_one_press(ward: Ward) -> None:
    assert ward.calls_after_two_presses(sos=True, buffered=True, timestamp=stamp(hours=3)) == 1


def test_a_fire_that_is_over_and_breaks_out_again_is_another_call(ward: Ward) -> None:
    ward.says(smoke=True, timestamp=stamp(days=3))
    (first,) = ward.alerts("smoke")
    ward.says(smoke=False, timestamp=stamp(days=3))
    ward.closes(first)
    ward.pass_to(NOW + timedelta(hours=1))
    ward.says(smoke=True, timestamp=stamp(days=3))
    assert len(ward.alerts("smoke")) == 2
