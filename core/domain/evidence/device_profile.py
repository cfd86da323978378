"""Device profiles: what each field of a model's messages measures and proves, settled when a device is registered."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec

from core.domain.metrics import Evidence, Metric
from core.errors import InputError


class ProfileSource(StrEnum):
    """Where a profile comes from."""

    EXPOSES = "exposes"
    """The bridge lists what the device exposes."""
    DISCOVERY = "discovery"
    """The device or its firmware announces itself."""
    MODEL_LIBRARY = "model_library"
    """What is known of the model."""
    BY_HAND = "by_hand"


class FieldMeaning(StrEnum):
    """What a value means in this home, which its metric cannot say."""

    AS_MEASURED = "as_measured"
    CALL = "call"
    """A press is a call for help."""
    BED = "bed"
    """Somebody there is somebody in bed."""
    CHAIR = "chair"
    """Somebody there is somebody in the chair."""


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One metric of a device, as its model reports it.

    Attributes
    ----------
    metric : str
        A name of the registry.
    evidence : Evidence
        What a reading proves. A movement that is never followed by a "clear" is a pulse.
    channel : str or None
        The component of the device; None stands for all that have no field of their own.
    hold : timedelta or None
        How long after the last movement the sensor still says that there is some; None where that is not known.
    meaning : FieldMeaning
        What it means in this home.
    """

    metric: str
    evidence: Evidence
    channel: str | None = None
    hold: timedelta | None = None
    meaning: FieldMeaning = FieldMeaning.AS_MEASURED


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """What the devices of a model report; a change is a new version.

    Attributes
    ----------
    name : str
        With the version, its key.
    version : int
        From 1 on.
    vendor, model : str
        As the maker or the bridge writes them; empty where nobody knows.
    source : ProfileSource
        Where it comes from.
    fields : tuple of ProfileField
        What is known; a metric without a field is taken as the registry says.
    """

    name: str
    version: int
    vendor: str
    model: str
    source: ProfileSource
    fields: tuple[ProfileField, ...]

    def field_of(self, metric: str, channel: str = "") -> ProfileField | None:
        """Return the field of a metric and channel; one for this channel counts before one for all."""
        found = [one for one in self.fields if one.metric == metric and one.channel in {channel, None}]
        return min(found, key=lambda one: one.channel is None, default=None)

    def evidence_of(self, metric: str, channel: str = "") -> Evidence | None:
        """Return what a reading proves; None where the profile does not say."""
        field = self.field_of(metric, channel)
        return None if field is None else field.evidence


def evidence_of(
    metric: Metric, channel: str = "", *, is_numbered: bool, profile: DeviceProfile | None = None
) -> Evidence:
    """Return what a reading proves: by the profile of its device, else by the registry.

    Examples
    --------
    >>> from core.domain.metrics import MOTION
    >>> evidence_of(MOTION, is_numbered=True).value, evidence_of(MOTION, is_numbered=False).value
    ('pulse', 'state')
    """
    known = None if profile is None else profile.evidence_of(metric.name, channel)
    if known is not None:
        return known
    return metric.evidence if is_numbered or metric.unnumbered is None else metric.unnumbered


def fields_from_json(stored: object) -> tuple[ProfileField, ...]:
    """Return stored fields; a hold is an ISO 8601 duration, and what is left out has its default.

    Raises
    ------
    InputError
        They are not in that form.
    """
    try:
        return msgspec.convert(stored, tuple[ProfileField, ...])
    except msgspec.ValidationError as error:
        raise InputError(f"the fields of the profile cannot be read: {error}") from error
