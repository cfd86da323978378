"""Edges: which change of a value shows that a person acted."""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.device import DeviceKind
from core.domain.evidence.device_profile import DeviceProfile, evidence_of
from core.domain.metrics import (
    BED_OCCUPIED,
    BUTTON,
    CONTACT_OPEN,
    INPUT_ON,
    METRICS,
    POWER_W,
    SWITCH_ON,
    Evidence,
    Metric,
)
from core.domain.reading import APPLIANCE_IN_USE_W, MAY_BE_LIFE, is_life_sign


class Proof(StrEnum):
    """By what the values of a metric of a device show that a person acted."""

    NOTHING = "nothing"
    EACH = "each"
    """Each new one."""
    EDGE = "edge"
    """One that differs from the one before in the way that the metric's `Edge` says."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Which change from one value to the next is an edge.

    Attributes
    ----------
    rises_only : bool
        Whether a fall is none: a sensor that sees nobody any more says so by a timer.
    threshold : float or None
        What has to be reached from below; None where any other value is an edge.
    """

    rises_only: bool = True
    threshold: float | None = None

    def is_between(self, before: float, value: float) -> bool:
        """Return whether going from one value to the next is an edge.

        Examples
        --------
        >>> Edge().is_between(0.0, 1.0), Edge().is_between(1.0, 1.0), Edge().is_between(1.0, 0.0)
        (True, False, False)
        >>> Edge(threshold=30.0).is_between(40.0, 1180.0)
        False
        """
        if value == before or (self.rises_only and value < before):
            return False
        return self.threshold is None or before < self.threshold <= value


_BOTH_WAYS = Edge(rises_only=False)
EDGES: dict[int, Edge] = {
    **{METRICS[name].number: Edge() for name in MAY_BE_LIFE},
    # Opened and closed, got in and got out, switched on and off: each is done by a person.
    **{one.number: _BOTH_WAYS for one in (CONTACT_OPEN, BED_OCCUPIED, INPUT_ON, SWITCH_ON, BUTTON)},
    POWER_W.number: Edge(threshold=APPLIANCE_IN_USE_W),
}
"""The edge of each metric that can show a person, by the metric's number."""


def proof_of(
    kind: DeviceKind,
    metric: Metric,
    channel: str = "",
    *,
    is_numbered: bool,
    profile: DeviceProfile | None = None,
) -> Proof:
    """Return by what the values of a metric of a device show that a person acted.

    Parameters
    ----------
    kind : DeviceKind
        What the device is registered as.
    metric, channel
        What is measured, and by which part of the device.
    is_numbered : bool
        Whether the device numbers its messages.
    profile : DeviceProfile, optional
        What is known of its model.

    Examples
    --------
    >>> proof_of(DeviceKind.MOTION, METRICS["motion"], is_numbered=True).value
    'each'
    >>> proof_of(DeviceKind.MOTION, METRICS["motion"], is_numbered=False).value
    'edge'
    >>> proof_of(DeviceKind.OTHER, METRICS["power_w"], is_numbered=True).value
    'nothing'
    """
    if metric.name not in MAY_BE_LIFE or not is_life_sign(kind, metric.name, metric.high):
        return Proof.NOTHING
    evidence = evidence_of(metric, channel, is_numbered=is_numbered, profile=profile)
    if evidence is Evidence.PULSE:
        return Proof.EACH
    if evidence is Evidence.STATE or evidence is metric.evidence is Evidence.LEVEL:
        return Proof.EDGE
    return Proof.NOTHING
