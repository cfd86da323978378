"""Devices, readings and fixes."""

from datetime import datetime

from pydantic import Field

from api.schemas.common import Output, ResultPage
from api.schemas.residents import LocationAccessOut
from core.domain.device import DeviceKind
from core.domain.metrics import METRICS, TEMPERATURE_C
from core.domain.reading import ReadingFlag
from core.store.devices.devices import DeviceOverview
from core.store.telemetry.readings import StoredReading


class BlindTimeOut(Output):
    """A span in which something could not have been noticed."""

    began_at: datetime
    ended_at: datetime | None = Field(description="Null: it lasts.")
    cause: str = Field(description="Stable code.", examples=["messages_missing", "broker_unreachable"])


class DeviceOut(Output):
    """A device with where it is and its last contact."""

    device_id: str = Field(examples=["hall-1"])
    kind: DeviceKind
    place: str
    model: str
    sender: str
    gateway_id: str | None
    heartbeat_s: float | None = Field(
        description="The longest time between two messages of a healthy device."
    )
    home_name: str | None
    area: str | None
    resident: int | None = Field(description="Whose own device it is; null if it is everybody's in the home.")
    last_received_at: datetime | None
    is_heard: bool | None = Field(description="Null where it is unknown, since the device has no heartbeat.")
    battery_pct: float | None
    battery_low: bool | None

    @staticmethod
    def of(one: DeviceOverview, now: datetime) -> "DeviceOut":
        """Return a device as seen at `now`."""
        given = {name: getattr(one, name) for name in DeviceOut.model_fields if hasattr(one, name)}
        heartbeat_s = None if one.heartbeat is None else one.heartbeat.total_seconds()
        return DeviceOut.model_validate(
            given | {"heartbeat_s": heartbeat_s, "is_heard": one.is_in_contact(now)}
        )


class ReadingOut(Output):
    """One value of one metric of one device."""

    device_id: str
    kind: DeviceKind
    place: str
    metric: str = Field(examples=[TEMPERATURE_C.name])
    unit: str = Field(description="UCUM code.", examples=["Cel"])
    time: datetime = Field(description="When it happened at the device.")
    received_at: datetime
    value: float
    is_life_sign: bool

    @staticmethod
    def of(one: StoredReading) -> "ReadingOut":
        """Return a stored reading."""
        return ReadingOut(
            device_id=one.device_id,
            kind=one.kind,
            place=one.place,
            metric=one.metric,
            unit=METRICS[one.metric].unit,
            time=one.time,
            received_at=one.received_at,
            value=one.value,
            is_life_sign=ReadingFlag.LIFE_SIGN in one.flags,
        )


class FixOut(Output):
    """A position, WGS 84; behind the closed location gate it is the centre of a 500 m cell."""

    device_id: str
    time: datetime
    lat: float
    lon: float
    accuracy_m: float | None = Field(description="Radius of 68 % confidence; 500 for a cell.")
    speed_kmh: float | None
    course_deg: float | None
    received_at: datetime


class FixPage(ResultPage[FixOut]):
    """A part of a trail, and how precisely it is shown."""

    location: LocationAccessOut
