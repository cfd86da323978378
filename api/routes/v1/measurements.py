"""Devices, readings and fixes."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.access import location_gate
from api.access.refusals import FieldError
from api.access.visibility import device_for, resident_for
from api.dependencies import ConnectionDep, DeviceViewer, NowDep, Watcher
from api.schemas.common import Cursor, Limit, Moment, Number, ResultPage, from_cursor, to_cursor
from api.schemas.measurements import BlindTimeOut, DeviceOut, FixOut, FixPage, ReadingOut
from api.schemas.residents import LocationAccessOut
from core.domain.metrics import METRICS, TEMPERATURE_C
from core.store.devices import devices
from core.store.telemetry import blind_times, readings

router = APIRouter(tags=["measurements"])

_DAY = timedelta(days=1)
DeviceId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", examples=["hall-1"])]
Metric = Annotated[
    str | None, Query(max_length=50, description="Only this metric.", examples=[TEMPERATURE_C.name])
]
Since = Annotated[Moment | None, Query(alias="from", description="From when; by default a day before `to`.")]
Until = Annotated[Moment | None, Query(alias="to", description="Up to, not including; by default now.")]

_READING_KEY = (datetime, int, int, int)
_FIX_KEY = (datetime, int, int)


@router.get("/devices", summary="The devices you may know of")
def list_devices(
    viewer: DeviceViewer, connection: ConnectionDep, now: NowDep, limit: Limit = 100, cursor: Cursor = None
) -> ResultPage[DeviceOut]:
    """Return devices with where they are and their last contact, by device id."""
    after = from_cursor(cursor, str)
    found = devices.overviews(
        connection, viewer.equipment_scope, limit=limit + 1, after=None if after is None else after[0]
    )
    shown, is_more = found[:limit], len(found) > limit
    return ResultPage(
        items=[DeviceOut.of(one, now) for one in shown],
        next_cursor=to_cursor(shown[-1].device_id) if is_more else None,
    )


@router.get("/devices/{device_id}", summary="One device")
def read_device(
    viewer: DeviceViewer, device_id: DeviceId, connection: ConnectionDep, now: NowDep
) -> DeviceOut:
    """Return one device with where it is and its last contact."""
    return DeviceOut.of(device_for(connection, viewer, device_id), now)


@router.get("/residents/{number}/readings", summary="Readings of a resident's home")
def list_readings(
    *,
    viewer: Watcher,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    metric: Metric = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> ResultPage[ReadingOut]:
    """Return readings of a span, oldest first."""
    if metric is not None and metric not in METRICS:
        raise FieldError("query.metric", f"there is no such metric; known: {', '.join(sorted(METRICS))}")
    until = until or now
    since = since or until - _DAY
    _check_span(since, until)
    resident_for(connection, viewer, number, now)
    key = from_cursor(cursor, *_READING_KEY)
    found = readings.readings(
        connection,
        number,
        metric=metric,
        since=since,
        until=until,
        limit=limit + 1,
        after=None if key is None else (key[0], key[1], key[2], key[3]),
    )
    shown, is_more = found[:limit], len(found) > limit
    return ResultPage(
        items=[ReadingOut.of(one) for one in shown],
        next_cursor=to_cursor(*shown[-1].key) if is_more else None,
    )


@router.get("/residents/{number}/blind-times", summary="When a resident's home was out of contact")
def list_blind_times(
    *,
    viewer: Watcher,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    since: Since = None,
    until: Until = None,
) -> list[BlindTimeOut]:
    """Return the spans in which nothing could have been noticed, oldest first: silence in them says nothing."""
    until = until or now
    since = since or until - _DAY
    _check_span(since, until)
    resident_for(connection, viewer, number, now)
    found = blind_times.of_resident(connection, number, since, until)
    return [BlindTimeOut.model_validate(one) for one in found]


@router.get("/residents/{number}/fixes", summary="Positions of a resident")
def list_fixes(
    *,
    viewer: Watcher,
    number: Number,
    connection: ConnectionDep,
    now: NowDep,
    since: Since = None,
    until: Until = None,
    limit: Limit = 500,
    cursor: Cursor = None,
) -> FixPage:
    """Return positions of a span, oldest first: 500 m cells, or points where the location gate is open; that look is recorded."""
    until = until or now
    since = since or until - _DAY
    _check_span(since, until)
    resident_for(connection, viewer, number, now)
    key = from_cursor(cursor, *_FIX_KEY)
    access = location_gate.recorded_access(connection, viewer, number, now)
    found = readings.fixes(
        connection,
        number,
        since=since,
        until=until,
        limit=limit + 1,
        after=None if key is None else (key[0], key[1], key[2]),
    )
    shown, is_more = found[:limit], len(found) > limit
    fixes = shown if access.is_precise else [location_gate.coarse_fix(one) for one in shown]
    return FixPage(
        items=[FixOut.model_validate(one) for one in fixes],
        next_cursor=to_cursor(*shown[-1].key) if is_more else None,
        location=LocationAccessOut.model_validate(access),
    )


def _check_span(since: datetime, until: datetime) -> None:
    if since >= until:
        raise FieldError("query.from", "must be before `to`")
