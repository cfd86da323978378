"""What is known about readings and fixes beside their values, and which show that a person acted."""

from enum import IntFlag

from core.domain import metrics
from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, MetricKind


class ReadingFlag(IntFlag):
    """What is known about a reading beside its value."""

    LIFE_SIGN = 1
    """It shows that a person acted."""
    RETAINED = 2
    """The broker had kept it; it holds an old state and never that somebody acted now."""
    RECEIVE_TIME = 4
    """The device sent no time; `time` is when we received it."""
    CLOCK_SUSPECT = 8
    """The device's time was outside the sane window; `time` is when we received it."""
    CLOCK_CORRECTED = 16
    """The device's time was shifted by the skew that was estimated for it."""


# A kettle, an iron or a microwave draws far more than this and what stands by far less (our choice).
APPLIANCE_IN_USE_W = 30.0


# All other metrics are never a life sign, whatever they say.
MAY_BE_LIFE = frozenset(
    metric.name
    for metric in METRICS.values()
    if metric.kind is MetricKind.LIFE or metric in {metrics.POWER_W, metrics.SWITCH_ON}
)


# What hangs on a wired input is known from what it was registered as.
_DOORS = frozenset({DeviceKind.DOOR, DeviceKind.FRIDGE, DeviceKind.OTHER})
_ONLY_OF = {
    metrics.CONTACT_OPEN.name: _DOORS,
    metrics.INPUT_ON.name: _DOORS | {DeviceKind.BUTTON, DeviceKind.MOTION},
    metrics.POWER_W.name: {DeviceKind.PLUG},
    # Both getting in and getting out.
    metrics.BED_OCCUPIED.name: {DeviceKind.BED},
    metrics.SWITCH_ON.name: {DeviceKind.BUTTON},
}


def is_life_sign(kind: DeviceKind, metric: str, value: float) -> bool:
    """Return whether a value can show that a person acted: it does so if it is new, or an edge (`core.domain.evidence`).

    A state that only says "nothing" (motion 0) does not, and neither does anything about the room or the device itself. An
    opened and a closed door both do. Power does only of a plug that a person switches by hand, so a plug
    under a fridge must be registered as `other`; and a switch only where it is registered as a button on the wall, because
    others are switched by timers too.

    Examples
    --------
    >>> is_life_sign(DeviceKind.MOTION, "motion", 1.0), is_life_sign(DeviceKind.MOTION, "motion", 0.0)
    (True, False)
    >>> is_life_sign(DeviceKind.PLUG, "power_w", 1183.0), is_life_sign(DeviceKind.OTHER, "power_w", 80.0)
    (True, False)
    """
    if kind is DeviceKind.CANARY:
        # A program, not a person.
        return False
    kinds = _ONLY_OF.get(metric)
    if kinds is not None:
        return kind in kinds and (metric != metrics.POWER_W.name or value >= APPLIANCE_IN_USE_W)
    if metric == metrics.BUTTON.name:
        return True
    return METRICS[metric].kind is MetricKind.LIFE and value > 0
