"""Single states: a sensor that has said one state only, so that none of its messages could show that a person acted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import DeviceProfile
from core.domain.evidence.edges import Proof, proof_of
from core.domain.metrics import (
    CALLS,
    CONTACT_OPEN,
    INPUT_ON,
    MOTION,
    VIBRATION,
    Evidence,
    Metric,
)

MANY = 20
"""A sensor that holds a movement for a minute or two says its end sooner than this (our choice)."""
# Whoever is in bed or in a room leaves it within a day, and a door is closed again.
_LASTS_LONG = timedelta(days=1)
_ENDED_BY_TIMER = timedelta(hours=1)
_PULSE_PROFILES = {
    MOTION.name: "pulse",
    VIBRATION.name: "pulse",
    CONTACT_OPEN.name: "pulse-contact",
    INPUT_ON.name: "pulse-input",
}


@dataclass(frozen=True)
class SingleState:
    """A state beside which a part of a device has said no other.

    Attributes
    ----------
    device : int
        The device's number.
    device_id, sender : str
        How it is called, and how its messages come.
    kind : DeviceKind
        What it is registered as.
    metric : Metric
        What it measures.
    channel : str
        Which part of it; empty: itself.
    said : int
        How often it said so.
    since, last_at : datetime
        When it did for the first and the last time.
    """

    device: int
    device_id: str
    sender: str
    kind: DeviceKind
    metric: Metric
    channel: str
    said: int
    since: datetime
    last_at: datetime

    @property
    def per_hour(self) -> float:
        """How often it is said in an hour, from the first to the last time."""
        hours = (self.last_at - self.since) / timedelta(hours=1)
        return (self.said - 1) / hours if hours > 0 else 0.0

    def proves_nothing(self, profile: DeviceProfile | None) -> bool:
        """Return whether a person cannot show in it as its device is read now, and it was said often and for long."""
        if self.metric.high != 1 or self.metric.name in CALLS or self.said < MANY:
            return False
        is_ended_by_timer = self.metric.unnumbered is Evidence.STATE
        if self.last_at - self.since < (_ENDED_BY_TIMER if is_ended_by_timer else _LASTS_LONG):
            return False
        is_numbered = self.sender.startswith("native:")
        proof = proof_of(self.kind, self.metric, self.channel, is_numbered=is_numbered, profile=profile)
        return proof is Proof.EDGE


def pulse_profile(metric: Metric) -> str | None:
    """Return the library's profile with which each message of a metric is a new sign; None where that would believe what is only said again.

    A radar or a mat that goes on saying that somebody is there says nothing new each time, whoever lies there.

    Examples
    --------
    >>> from core.domain.metrics import PRESENCE
    >>> pulse_profile(MOTION), pulse_profile(PRESENCE)
    ('pulse', None)
    """
    return _PULSE_PROFILES.get(metric.name)
