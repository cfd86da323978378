"""What the people of a simulated ward have laid down before: their days at the day centre."""

from datetime import time, timedelta

from core.domain.geofence import Hours
from core.domain.planned_absence import AbsenceKind
from core.store.database import Connection
from core.store.operation import simulation as store
from core.store.people import planned_absences
from simulator.people.persona import draw_persona
from simulator.ward_run import Simulation

# What staff would write down: people are picked up soon after, and brought back before.
_AT_DAY_CENTRE = (time(9), time(16))


def lay_down_day_services(connection: Connection, simulation: Simulation) -> None:
    """Enter the days at the day centre of everybody who takes part, as staff would have done when the devices were hung up."""
    origin = simulation.ward.origin
    since = origin - timedelta(days=simulation.history_days + 1)
    residents = store.first_residents(connection)
    for home in simulation.ward.homes:
        days = draw_persona(simulation.seed, home.resident).day_service
        if days:
            hours = Hours(days, *_AT_DAY_CENTRE)
            kind = AbsenceKind.DAY_SERVICE
            planned_absences.add(
                connection, residents[home.name], kind=kind, span=(since, None), hours=hours, now=origin
            )
