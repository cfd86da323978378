"""What is known about readings and fixes beside their values, and which show that a person acted."""

from enum import IntFlag

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


def is_life_sign(kind: DeviceKind, metric: str, value: float) -> bool:
    """Return whether a reading shows that a person acted.

    A state that only says "nothing" (motion 0) is none, and neither is anything about the room or the device itself. An
    opened and a closed door are both life signs. Power is one only from a plug that a person switches by hand, so a plug
    under a fridge must be registered as `other`.

    Examples
    --------
    >>> is_life_sign(DeviceKind.MOTION, "motion", 1.0), is_life_sign(DeviceKind.MOTION, "motion", 0.0)
    (True, False)
    >>> is_life_sign(DeviceKind.PLUG, "power_w", 1183.0), is_life_sign(DeviceKind.OTHER, "power_w", 80.0)
    (True, False)
    """
    if metric == "contact_open":
        return kind in {DeviceKind.DOOR, DeviceKind.FRIDGE, DeviceKind.OTHER}
    if metric == "input_on":
        # What hangs on a wired input is known from what it was registered as; like a door it counts when it changes.
        return kind in {
            DeviceKind.DOOR,
            DeviceKind.FRIDGE,
            DeviceKind.BUTTON,
            DeviceKind.MOTION,
            DeviceKind.OTHER,
        }
    if metric == "power_w":
        return kind is DeviceKind.PLUG and value >= APPLIANCE_IN_USE_W
    if metric == "bed_occupied":
        # Both getting in and getting out; a bed that repeats its state has it set only when it changes (see ingest).
        return kind is DeviceKind.BED
    if metric == "button":
        return True
    return METRICS[metric].kind is MetricKind.LIFE and value > 0
