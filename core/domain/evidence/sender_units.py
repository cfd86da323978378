"""Units in which senders count, and how they become those of the registry of metrics."""

from collections.abc import Mapping

# (sender's unit, metric's unit in UCUM) -> factor, and what is subtracted before.
_CONVERSIONS: Mapping[tuple[str, str], tuple[float, float]] = {
    ("mA", "A"): (1e-3, 0.0),
    ("mV", "V"): (1e-3, 0.0),
    ("kW", "W"): (1e3, 0.0),
    ("mW", "W"): (1e-3, 0.0),
    ("kWh", "kW.h"): (1.0, 0.0),
    ("Wh", "kW.h"): (1e-3, 0.0),
    ("°C", "Cel"): (1.0, 0.0),
    ("°F", "Cel"): (1 / 1.8, 32.0),
    ("K", "Cel"): (1.0, 273.15),
    ("Pa", "hPa"): (1e-2, 0.0),
    ("kPa", "hPa"): (10.0, 0.0),
    ("mbar", "hPa"): (1.0, 0.0),
    ("ppm", "[ppm]"): (1.0, 0.0),
    ("dBm", "dB[mW]"): (1.0, 0.0),
}


def units_for(unit: str) -> tuple[str, ...]:
    """Return the senders' units that can be read as a metric's unit, that one first."""
    return (unit, *(said for said, meant in _CONVERSIONS if meant == unit))


def in_unit(number: float, said: str, unit: str) -> float:
    """Return a sender's number in a metric's unit; without a unit, or in the same, it is the number itself.

    Raises
    ------
    KeyError
        There is no way from the one to the other.

    Examples
    --------
    >>> in_unit(212.0, "°F", "Cel"), in_unit(230.0, "mA", "A"), in_unit(5.0, "", "W")
    (100.0, 0.23, 5.0)
    """
    if said in {"", unit}:
        return number
    factor, less = _CONVERSIONS[said, unit]
    return (number - less) * factor
