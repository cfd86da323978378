"""What a device said in the last days that can show that a person acted, with what it proves by the profile that the device follows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.evidence.device_profile import DeviceProfile
from core.domain.evidence.edges import Proof, proof_of
from core.store.database import Connection
from core.store.devices.devices import DeviceOverview
from core.store.telemetry import life_signs

_LATELY = timedelta(days=7)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class PartSigns:
    """What one part of a device said; `per_hour` is how often, by the times of its messages,
    since it said something first in these days or was registered, whichever is earlier.
    """

    metric: str
    channel: str
    proof: Proof
    readings: int
    per_hour: float
    last_at: datetime
    life_signs: int
    life_sign_at: datetime | None


def signs_of(
    connection: Connection, one: DeviceOverview, profile: DeviceProfile | None, now: datetime
) -> list[PartSigns]:
    """Return what a device said in the last week, and what of it showed that a person acted."""
    since = now - _LATELY
    is_numbered = one.sender.startswith("native:")
    return [
        PartSigns(
            said.metric.name,
            said.channel,
            proof_of(one.kind, said.metric, said.channel, is_numbered=is_numbered, profile=profile),
            said.readings,
            said.readings / max((now - max(since, min(one.registered_at, said.first_at))) / _HOUR, 1.0),
            said.last_at,
            said.life_signs,
            said.life_sign_at,
        )
        for said in life_signs.said_of_people(connection, one.number, since, now)
    ]
