"""The registry of metrics, and what counts as a sign of life."""

import pytest

from core.domain.device import DEVICE_ID, DeviceKind
from core.domain.metrics import METRICS, METRICS_BY_NUMBER
from core.domain.reading import is_life_sign


def test_every_metric_has_its_own_number_and_sane_limits() -> None:
    assert len(METRICS_BY_NUMBER) == len(METRICS)
    for metric in METRICS.values():
        assert metric.low < metric.high
        assert 0 < metric.number < 32767
        # The words of a metric are numbered from 0, so they fill its range.
        assert not metric.words or metric.high == len(metric.words) - 1


@pytest.mark.parametrize(
    ("kind", "metric", "value", "expected"),
    [
        (DeviceKind.MOTION, "motion", 1.0, True),
        # "Nobody seen" is made by a timer in the sensor.
        (DeviceKind.MOTION, "motion", 0.0, False),
        # Somebody opened it, somebody closed it.
        (DeviceKind.DOOR, "contact_open", 1.0, True),
        (DeviceKind.DOOR, "contact_open", 0.0, True),
        (DeviceKind.BED, "bed_occupied", 0.0, True),
        (DeviceKind.PLUG, "power_w", 1183.0, True),
        (DeviceKind.PLUG, "power_w", 0.4, False),
        # A meter on a fridge draws power with nobody home.
        (DeviceKind.OTHER, "power_w", 80.0, False),
        (DeviceKind.BUTTON, "button", 0.0, True),
        (DeviceKind.CLIMATE, "temperature_c", 24.0, False),
        (DeviceKind.MOTION, "battery_pct", 90.0, False),
        (DeviceKind.GATEWAY, "online", 1.0, False),
        # A tracker that moves may be in a taxi.
        (DeviceKind.TRACKER, "device_moving", 1.0, False),
    ],
)
def test_a_life_sign_is_a_reading_that_shows_a_person_acted(
    kind: DeviceKind, metric: str, value: float, expected: bool
) -> None:
    assert is_life_sign(kind, metric, value) is expected


@pytest.mark.parametrize("text", ["hall-1", "g12", "0", "a" * 64, "tihm-0d5ef-front-door"])
def test_a_device_id_is_short_and_plain(text: str) -> None:
    assert DEVICE_ID.match(text)


@pytest.mark.parametrize(
    "text", ["", "Hall", "hall 1", "-hall", "hall/1", "hall\n", "a" * 65, "+", "#", "居間"]
)
def test_a_device_id_cannot_leave_its_place_in_a_topic(text: str) -> None:
    assert not DEVICE_ID.match(text)
