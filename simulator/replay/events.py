"""Reads event files: the form of the TIHM data set, and the documented CSV of events."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from math import isfinite

from core.domain.metrics import METRICS, Metric
from simulator.replay.recording import BadRow, RecordedReading, Recording, Slugs

TIHM_COLUMNS = ("patient_id", "location_name", "date")
EVENT_COLUMNS = ("home", "time", "metric", "place", "value")
_TRUE, _FALSE = {"true", "on", "open", "yes"}, {"false", "off", "closed", "no"}


def read_tihm(lines: Iterator[str], zone: tzinfo) -> Recording:
    """Read `patient_id,location_name,date`: one line each time a sensor fired, all from one hub."""

    def reading(row: list[str], homes: Slugs, places: Slugs) -> RecordedReading:
        patient, location, moment = row
        place = places.slug(location).replace("-", "_")
        metric = "contact_used" if place.endswith("_door") else "motion"
        return RecordedReading(_moment(moment, zone), homes.slug(patient), place, metric, 1.0)

    return _read("tihm", lines, TIHM_COLUMNS, reading)


def read_events(lines: Iterator[str], zone: tzinfo) -> Recording:
    """Read `home,time,metric,place,value`, with metrics of the registry."""

    def reading(row: list[str], homes: Slugs, places: Slugs) -> RecordedReading:
        home, moment, metric_name, place, value = row
        metric = METRICS.get(metric_name.strip())
        if metric is None:
            raise ValueError(
                f"the metric {metric_name!r} is not known; docs/replay.md lists them, for example motion"
            )
        slug = places.slug(place).replace("-", "_") if place.strip() else ""
        return RecordedReading(
            _moment(moment, zone), homes.slug(home), slug, metric.name, _value(value, metric)
        )

    return _read("csv", lines, EVENT_COLUMNS, reading)


def _read(
    form: str,
    lines: Iterator[str],
    columns: tuple[str, ...],
    reading: Callable[[list[str], Slugs, Slugs], RecordedReading],
) -> Recording:
    rows = csv.reader(lines)
    homes, places = Slugs(), Slugs()
    readings: list[RecordedReading] = []
    bad: list[BadRow] = []
    try:
        header = [name.strip() for name in next(rows, list[str]())]
        order = [header.index(name) for name in columns] if set(columns) <= set(header) else None
        if order is None:
            return Recording(
                form, bad=(BadRow(1, f"the first line must name the columns {','.join(columns)}"),)
            )
        for row in rows:
            if not row:
                continue
            try:
                if len(row) != len(header):
                    raise ValueError(f"there are {len(row)} fields, the header has {len(header)}")  # noqa: TRY301
                readings.append(reading([row[place] for place in order], homes, places))
            except ValueError as error:
                bad.append(BadRow(rows.line_num, str(error)))
    except (csv.Error, UnicodeDecodeError) as error:
        bad.append(BadRow(rows.line_num + 1, f"is not CSV in UTF-8: {error}"))
    # Sorting by the whole row would compare places where only the order in the file is known.
    readings.sort(key=lambda item: item.time)
    return Recording(form, tuple(readings), bad=tuple(bad))


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text!r} is no time such as 2019-04-01 13:44:10 or 2019-04-01T13:44:10+01:00"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _value(text: str, metric: Metric) -> float:
    word = text.strip().lower()
    if metric.words:
        if word not in metric.words:
            raise ValueError(f"{text!r} is none of the words of {metric.name}: {', '.join(metric.words)}")
        return float(metric.words.index(word))
    if word in _TRUE | _FALSE:
        number = 1.0 if word in _TRUE else 0.0
    else:
        try:
            number = float(word)
        except ValueError:
            raise ValueError(f"the value {text!r} of {metric.name} is no number") from None
    if not isfinite(number) or not metric.low <= number <= metric.high:
        raise ValueError(
            f"the value {text!r} of {metric.name} lies outside {metric.low:g} to {metric.high:g}"
        )
    return number
