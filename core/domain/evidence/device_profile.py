"""Device profiles: what each field of a model's messages measures and proves, settled when a device is registered."""

from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

import msgspec

from core.domain import metrics
from core.domain.metrics import Evidence, Metric, MetricKind
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

    @property
    def is_description(self) -> bool:
        """Whether it came by itself, and follows what its bridge or firmware says anew."""
        return self in {ProfileSource.EXPOSES, ProfileSource.DISCOVERY}


class FieldMeaning(StrEnum):
    """What a value means in this home, which its metric cannot say."""

    AS_MEASURED = "as_measured"
    CALL = "call"
    """A press is a call for help."""
    BED = "bed"
    """Somebody there is somebody in bed."""
    CHAIR = "chair"
    """Somebody there is somebody in the chair."""


def _names(*chosen: Metric) -> frozenset[str]:
    return frozenset(one.name for one in chosen)


# What a mat or a cord may be wired to.
_ON_WIRES = (metrics.CONTACT_OPEN, metrics.INPUT_ON)
_SOMEBODY_THERE = (metrics.MOTION, metrics.PRESENCE)
# What is read in place of what a sensor measured, and of which metrics.
_READ_AS: Mapping[FieldMeaning, tuple[str, frozenset[str]]] = {
    FieldMeaning.CALL: (metrics.SOS.name, _names(metrics.BUTTON, *_ON_WIRES, metrics.SWITCH_ON)),
    FieldMeaning.BED: (metrics.BED_OCCUPIED.name, _names(*_SOMEBODY_THERE, *_ON_WIRES)),
    FieldMeaning.CHAIR: (
        metrics.PRESENCE.name,
        _names(*_SOMEBODY_THERE, *_ON_WIRES, metrics.BED_OCCUPIED),
    ),
}


def can_mean(metric: str, meaning: FieldMeaning) -> bool:
    """Return whether the readings of a metric can mean this.

    Examples
    --------
    >>> can_mean("button", FieldMeaning.CALL), can_mean("battery_pct", FieldMeaning.BED)
    (True, False)
    """
    return meaning is FieldMeaning.AS_MEASURED or metric in _READ_AS[meaning][1]


def meanings_of(names: Collection[str]) -> tuple[FieldMeaning, ...]:
    """Return what readings of some metrics can mean in a home; of a device that measured nothing of people yet, anything.

    Examples
    --------
    >>> [one.value for one in meanings_of(["button", "battery_pct"])]
    ['as_measured', 'call']
    >>> len(meanings_of(["battery_pct"]))
    4
    """
    of_people = [name for name in names if metrics.METRICS[name].kind in {MetricKind.LIFE, MetricKind.STATE}]
    return tuple(
        meaning
        for meaning in FieldMeaning
        if not of_people or any(can_mean(name, meaning) for name in of_people)
    )


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One field of a model's messages, or the readings of one metric, whichever field they came in.

    Attributes
    ----------
    metric : str
        A name of the registry: what the field measures, or whose readings it is about.
    evidence : Evidence or None
        What a reading proves; None: what the registry says. A movement that is never followed by a "clear" is a pulse.
    channel : str or None
        The component of the device; None stands for all that have no field of their own.
    hold : timedelta or None
        After how long a sensor that reports each movement reports the next one while somebody moves: so even, it does not chatter.
        None where that is not known. Of a state it says nothing: what is said again is no event, however soon.
    meaning : FieldMeaning
        What it means in this home.
    field : str
        The name of the field in the message, with dots into nested objects; empty: all readings of the metric.
    unit : str
        The unit in which the sender counts, if it is not the metric's.
    scale : float
        What one count of the sender is in that unit: 0.5 for half per cents.
    bit : int or None
        Which bit of a number holds the truth, from 0 on; None: the value itself.
    raised, over : tuple of str
        Values that stand for true and false, in small letters; "*" for all others. Where neither is given, the usual words.
    ignored : bool
        Nothing is read of the field, whatever it says: its words only sound like the metric's.
    """

    metric: str
    evidence: Evidence | None = None
    channel: str | None = None
    hold: timedelta | None = None
    meaning: FieldMeaning = FieldMeaning.AS_MEASURED
    field: str = ""
    unit: str = ""
    scale: float = 1.0
    bit: int | None = None
    raised: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    ignored: bool = False

    @property
    def reads_as(self) -> str:
        """The metric under which its values are stored."""
        return self.metric if self.meaning is FieldMeaning.AS_MEASURED else _READ_AS[self.meaning][0]

    @property
    def changes_values(self) -> bool:
        """Whether it says how a value is read, and not only what it proves."""
        says_how = self.field or self.unit or self.bit is not None or self.raised or self.over
        return bool(says_how) or self.scale != 1.0 or self.meaning is not FieldMeaning.AS_MEASURED


@dataclass(frozen=True)
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
    models : tuple of str
        Other names under which bridges and servers know the model, as "maker model".
    documents : tuple of str
        Addresses of the documents that say so.
    """

    name: str
    version: int
    vendor: str
    model: str
    source: ProfileSource
    fields: tuple[ProfileField, ...]
    models: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    def field_of(self, metric: str, channel: str = "") -> ProfileField | None:
        """Return the field of a stored metric and channel; one for this channel counts before one for all."""
        found = [
            one
            for one in self.fields
            if one.reads_as == metric and one.channel in {channel, None} and not one.ignored
        ]
        return min(found, key=lambda one: one.channel is None, default=None)

    def evidence_of(self, metric: str, channel: str = "") -> Evidence | None:
        """Return what a reading proves; None where the profile does not say."""
        field = self.field_of(metric, channel)
        return None if field is None else field.evidence

    @cached_property
    def named_fields(self) -> tuple[ProfileField, ...]:
        """What it says of fields by their names."""
        return tuple(one for one in self.fields if one.field)

    @cached_property
    def changed_readings(self) -> tuple[ProfileField, ...]:
        """What it changes in readings, whichever field they came in; those for one channel first."""
        found = [one for one in self.fields if not one.field and one.changes_values]
        return tuple(sorted(found, key=lambda one: one.channel is None))

    @property
    def names_of_model(self) -> tuple[str, ...]:
        """How makers, bridges and servers call the model; empty if it is of none."""
        own = (f"{self.vendor} {self.model}".strip(), self.model) if self.model else ()
        return (*own, *self.models)

    @property
    def says_bed(self) -> bool:
        """Whether somebody it sees is somebody in bed."""
        return any(one.meaning is FieldMeaning.BED for one in self.fields)

    @property
    def says_only_pulses(self) -> bool:
        """Whether it says nothing but that readings are pulses, of whatever model."""
        return not self.model and all(
            replace(one, hold=None) == ProfileField(one.metric, Evidence.PULSE) for one in self.fields
        )

    def with_pulses_of(self, other: "DeviceProfile") -> "DeviceProfile":
        """Return this profile, with what another one says to be pulses as pulses, under a name of both."""
        pulses = {one.metric: one for one in other.fields if one.evidence is Evidence.PULSE and not one.field}
        own = tuple(
            replace(one, evidence=Evidence.PULSE, hold=pulses[one.metric].hold)
            if one.metric in pulses
            else one
            for one in self.fields
        )
        covered = {one.metric for one in own if not one.field and one.channel is None}
        added = tuple(one for metric, one in pulses.items() if metric not in covered)
        # What a bridge describes is named by a mark of the model at its end.
        name = f"{other.name}.{self.name.rpartition('.')[2]}"
        return replace(self, name=name, version=1, source=ProfileSource.BY_HAND, fields=(*own, *added))

    def is_same_as(self, other: "DeviceProfile") -> bool:
        """Return whether two versions say the same."""
        return replace(self, version=other.version, source=other.source) == other


def with_meaning(profile: DeviceProfile | None, meaning: FieldMeaning) -> DeviceProfile | None:
    """Return the profile of a device whose presses or states mean something in its home.

    What the profile says itself of the meaning of a field stays.
    """
    if meaning is FieldMeaning.AS_MEASURED:
        return profile
    base = profile or DeviceProfile("", 0, "", "", ProfileSource.BY_HAND, ())
    target, sources = _READ_AS[meaning]
    known = tuple(
        replace(one, meaning=meaning)
        if one.changes_values and one.meaning is FieldMeaning.AS_MEASURED and one.metric in sources
        else one
        for one in base.fields
    )
    added = (ProfileField(metric, meaning=meaning) for metric in sorted(sources - {target}))
    return replace(base, fields=(*known, *added))


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


def fields_to_json(known: tuple[ProfileField, ...]) -> list[dict[str, object]]:
    """Return fields as they are stored; what has its default is left out."""
    return [
        {
            spec.name: value
            for spec in fields(one)
            if (value := stored.get(spec.name)) is not None
            and (spec.default is MISSING or getattr(one, spec.name) != spec.default)
        }
        for one in known
        for stored in [msgspec.to_builtins(one)]
    ]
