"""What a field proves: by the profile of its device, else by the registry."""

from datetime import timedelta

import pytest

from core.domain.evidence.device_profile import (
    DeviceProfile,
    FieldMeaning,
    ProfileField,
    ProfileSource,
    evidence_of,
    fields_from_json,
)
from core.domain.metrics import METRICS, Evidence
from core.errors import InputError

_FIELDS = (
    ProfileField("motion", Evidence.PULSE),
    ProfileField("input_on", Evidence.STATE, channel="1", meaning=FieldMeaning.BED),
    ProfileField("input_on", Evidence.LEVEL, channel="3"),
    ProfileField("input_on", Evidence.HEALTH),
    ProfileField("presence", Evidence.STATE, hold=timedelta(seconds=90)),
)
_PROFILE = DeviceProfile("maker radar", 2, "maker", "radar", ProfileSource.BY_HAND, _FIELDS)


@pytest.mark.parametrize(
    ("metric", "is_numbered", "evidence"),
    [
        ("motion", True, Evidence.PULSE),
        ("motion", False, Evidence.STATE),
        ("presence", True, Evidence.STATE),
        ("button", False, Evidence.PULSE),
        ("power_w", False, Evidence.LEVEL),
        ("battery_low", False, Evidence.HEALTH),
    ],
)
def test_without_a_profile_the_registry_says_what_a_reading_proves(
    metric: str, is_numbered: bool, evidence: Evidence
) -> None:
    assert evidence_of(METRICS[metric], is_numbered=is_numbered) is evidence


def test_a_profile_decides_for_its_own_fields_only() -> None:
    motion, contact = METRICS["motion"], METRICS["contact_open"]
    assert evidence_of(motion, is_numbered=False, profile=_PROFILE) is Evidence.PULSE
    assert evidence_of(contact, is_numbered=False, profile=_PROFILE) is Evidence.STATE


def test_the_field_of_a_channel_counts_before_the_one_for_all_channels() -> None:
    # What it is stored as counts: on channel 1 the input is a bed.
    assert _PROFILE.evidence_of("bed_occupied", "1") is Evidence.STATE
    assert _PROFILE.evidence_of("input_on", "3") is Evidence.LEVEL
    assert _PROFILE.evidence_of("input_on", "2") is Evidence.HEALTH
    assert _PROFILE.evidence_of("input_on") is Evidence.HEALTH
    assert _PROFILE.evidence_of("contact_open") is None


def test_stored_fields_are_read_with_their_defaults() -> None:
    stored = [
        {"metric": "motion", "evidence": "pulse"},
        {"metric": "input_on", "evidence": "state", "channel": "1", "meaning": "bed"},
        {"metric": "input_on", "evidence": "level", "channel": "3"},
        {"metric": "input_on", "evidence": "health"},
        {"metric": "presence", "evidence": "state", "hold": "PT90S"},
    ]
    assert fields_from_json(stored) == _FIELDS


def test_fields_that_cannot_be_read_are_named() -> None:
    with pytest.raises(InputError, match="evidence"):
        fields_from_json([{"metric": "motion", "evidence": "guess"}])
