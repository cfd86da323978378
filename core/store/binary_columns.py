"""Whole columns of values for PostgreSQL in binary form, many times faster than value by value."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

# PostgreSQL counts microseconds from 2000-01-01, Unix from 1970-01-01.
_EPOCH_US = 946_684_800_000_000
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Column:
    """An array parameter, ready to be sent."""

    data: bytes


class Smallints(Column):
    """A `smallint[]`."""


class Integers(Column):
    """An `integer[]`."""


class Bigints(Column):
    """A `bigint[]`."""


class Doubles(Column):
    """A `double precision[]`."""


class Times(Column):
    """A `timestamptz[]`."""


# Column -> (element's type number, array's type number, NumPy's name of the element in network order)
_TYPES: dict[type[Column], tuple[int, int, str]] = {
    Smallints: (21, 1005, ">i2"),
    Integers: (23, 1007, ">i4"),
    Bigints: (20, 1016, ">i8"),
    Doubles: (701, 1022, ">f8"),
    Times: (1184, 1185, ">i8"),
}


def column(kind: type[Column], values: NDArray[Any]) -> Column:
    """Return values as an array parameter; times are given as `microseconds` makes them."""
    element, _, name = _TYPES[kind]
    width = np.dtype(name).itemsize
    framed = np.empty(len(values), dtype=[("length", ">i4"), ("value", name)])
    framed["length"] = width
    framed["value"] = values
    # One dimension, no nulls, the element's type; so many elements, the first is number 1.
    return kind(struct.pack("!5i", 1, 0, element, len(values), 1) + framed.tobytes())


def copied(columns: Sequence[tuple[type[Column], NDArray[Any]]]) -> bytes:
    """Return columns of one length as rows for `COPY ... FROM STDIN (FORMAT binary)`."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for place, (kind, _) in enumerate(columns):
        fields += [(f"length{place}", ">i4"), (f"value{place}", _TYPES[kind][2])]
    rows = np.empty(len(columns[0][1]), dtype=fields)
    rows["fields"] = len(columns)
    for place, (kind, values) in enumerate(columns):
        rows[f"length{place}"] = np.dtype(_TYPES[kind][2]).itemsize
        rows[f"value{place}"] = values
    return b"".join((_COPY_HEADER, rows.tobytes(), _COPY_END))


def microsecond(time: datetime) -> int:
    """Return a time in PostgreSQL's own count, exact to the microsecond."""
    # A float of today's Unix seconds is good to a quarter of a microsecond, so rounding is exact.
    return round(time.timestamp() * 1e6) - _EPOCH_US


def moment(microsecond: int) -> datetime:
    """Return the time of PostgreSQL's own count."""
    return _EPOCH + timedelta(microseconds=int(microsecond))


def microseconds(times: Sequence[datetime]) -> NDArray[np.int64]:
    """Return times as `microsecond` does."""
    seconds = np.array([time.timestamp() for time in times], dtype=np.float64)
    return np.rint(seconds * 1e6).astype(np.int64) - _EPOCH_US


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> bytes:
        return obj.data

    def get_key(self, obj: Column, format: PyFormat) -> type[Column]:  # noqa: A002, ARG002 - the driver's signature
        return type(obj)


for _kind, (_, _oid, _) in _TYPES.items():
    psycopg.adapters.register_dumper(_kind, type(f"{_kind.__name__}Dumper", (_ColumnDumper,), {"oid": _oid}))
