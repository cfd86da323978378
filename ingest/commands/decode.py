"""What one message says, for a technician: `mimamori decode FILE`. Needs no broker and no database."""

import base64
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

from core.domain.evidence.device_profile import DeviceProfile, evidence_of
from core.domain.metrics import METRICS, CallPriority
from core.errors import InputError
from ingest.codecs import decode
from ingest.codecs.parsing.second_times import SUSPECT
from ingest.codecs.result import Decoded, Measured, Position, Rejected
from ingest.mqtt.topics import source_of
from ingest.processing.unclear_calls import with_named_calls
from ingest.processing.values import refused_position, stored_value

_UNDECODABLE = 65  # EX_DATAERR
_POSITION_FIELDS = ("lat", "lon", "accuracy_m", "altitude_m", "speed_kmh", "course_deg")


def decode_messages(name: str, profile: DeviceProfile | None = None) -> Iterator[tuple[str, int]]:
    """Give what every message in a file says as JSON, and its exit code, as soon as it is read.

    Parameters
    ----------
    name : str
        A file, or `-` for standard input, with one message after the other: `topic` and `payload` (JSON, or a text that is
        sent as it is; or `payload_base64`), and `retain` where the broker had retained it. What `mosquitto_sub -F %J` prints is
        of this form.
    profile : DeviceProfile, optional
        Of the device that sent them.

    Yields
    ------
    text : str
        JSON: `values` holds everything by name; `readings`, `fixes`, `events`, `proposals`, `unread` the fields that no value
        was read from, and `problems` with their reasons.
    exit_code : int
        0 if everything was understood, 65 if a part or all of it would go to quarantine.

    Raises
    ------
    InputError
        The file cannot be read or is not in that form.
    """
    where = "standard input" if name == "-" else name
    is_empty = True
    for body in _json_values(name, where):
        is_empty = False
        topic, payload, retained = _message(body, where)
        said = described(topic, payload, profile)
        if retained:
            said["retained"] = True
        yield json.dumps(said, ensure_ascii=False, indent=2), _UNDECODABLE if said["problems"] else 0
    if is_empty:
        raise InputError(f'{where}: holds no message; write {{"topic": ..., "payload": ...}}')


def described(topic: str, payload: bytes, profile: DeviceProfile | None = None) -> dict[str, object]:
    """Return what a message says as JSON values, by the profile of its device."""
    source = source_of(topic)
    result = decode(topic, payload, profile)
    if isinstance(result, Rejected):
        result = Decoded(sender="", name="", refused=[result])
    readings, problems = _checked(result)
    fixes: list[Position] = []
    for position in result.fixes:
        refusal = refused_position(position)
        if refusal is None:
            fixes.append(position)
        else:
            problems.append(refusal)
    return {
        "topic": topic,
        "format": source.codec if source else None,
        "gateway_id": source.gateway_id if source and source.gateway_id else None,
        "sender": result.sender or None,
        "values": _values(result, readings, fixes),
        "readings": [_reading(measured, result, profile) for measured in readings],
        "fixes": [_fix(position, result.time) for position in fixes],
        "events": result.notes,
        "unread": list(dict.fromkeys(result.unread)),
        "proposals": [
            {
                "sender": proposal.sender,
                "name": proposal.name,
                "model": proposal.model,
                "description": proposal.description,
            }
            for proposal in result.proposals
        ],
        "problems": [{"reason": problem.reason, "detail": problem.detail} for problem in problems],
    }


def _checked(result: Decoded) -> tuple[list[Measured], list[Rejected]]:
    good: list[Measured] = []
    problems = list(result.refused)
    result = with_named_calls(result, problems)
    for measured in result.readings:
        metric = METRICS.get(measured.metric.partition("#")[0])
        if metric is None:
            problems.append(Rejected("unknown_metric", f"there is no metric {measured.metric[:40]!r}"))
            continue
        value = stored_value(metric, measured.value, exact_words=result.seq > 0)
        if isinstance(value, Rejected):
            problems.append(value)
        else:
            good.append(measured)
    return good, problems


def _values(result: Decoded, readings: Iterable[Measured], fixes: list[Position]) -> dict[str, object]:
    values: dict[str, object] = {}
    for measured in readings:
        values[measured.metric] = _value(measured)
    for position in fixes[-1:]:
        for field in _POSITION_FIELDS:
            if getattr(position, field) is not None:
                values[field] = getattr(position, field)
    values.update(result.notes)
    if result.name:
        values["device_id"] = result.name
    times = [entry.time for entry in (*readings, *fixes) if entry.time is not None]
    # The time of the place, where it has its own, is older than the message's.
    moment = (fixes[-1].time if fixes else None) or result.time or (max(times) if times else None)
    if moment is not None:
        values["time"] = _text(moment)
    if result.local_time is not None:
        values["time_local"] = result.local_time.isoformat()
    return values


def _value(measured: Measured) -> object:
    metric = METRICS[measured.metric.partition("#")[0]]
    if metric.high == 1 and not metric.words and not isinstance(measured.value, str):
        return bool(measured.value)
    return measured.value


def _reading(measured: Measured, result: Decoded, profile: DeviceProfile | None) -> dict[str, object]:
    name, _, channel = measured.metric.partition("#")
    metric = METRICS[name]
    of_calls = result.calls_at if metric.call is not CallPriority.NONE else None
    moment = measured.time or of_calls or result.time
    return {
        "metric": measured.metric,
        "value": _value(measured),
        "unit": metric.unit,
        "kind": metric.kind.value,
        "evidence": evidence_of(metric, channel, is_numbered=result.seq > 0, profile=profile).value,
        **_when(moment),
    }


def _fix(position: Position, when: datetime | None) -> dict[str, object]:
    moment = position.time or when
    fields = {field: getattr(position, field) for field in _POSITION_FIELDS}
    return {**fields, **_when(moment)}


def _when(moment: datetime | None) -> dict[str, object]:
    """Return a time, and of one that its message contradicts that nobody knows when it was."""
    time: dict[str, object] = {"time": _text(moment) if moment else None}
    return {**time, "suspect": True} if moment == SUSPECT else time


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _json_values(name: str, where: str) -> Iterator[object]:
    """Give each JSON value of a text as soon as its last line has come: a subscription never ends."""
    waiting = ""
    for line in _lines(name, where):
        waiting += line
        if not line.rstrip().endswith(("}", "]")):
            continue
        value, waiting = _first_value(waiting)
        while value is not None:
            yield value
            value, waiting = _first_value(waiting)
    if waiting.strip():
        try:
            yield json.loads(waiting)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f'{where}: is not JSON: {error}; write {{"topic": ..., "payload": ...}}'
            ) from error


def _first_value(text: str) -> tuple[object, str]:
    text = text.lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None, text
    return value, text[end:]


def _lines(name: str, where: str) -> Iterator[str]:
    try:
        stream = sys.stdin.buffer if name == "-" else Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from error
    try:
        for place, line in enumerate(stream):
            # A file from Windows may begin with a byte order mark.
            yield line.decode("utf-8-sig" if place == 0 else "utf-8")
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: is not UTF-8 text; put other bytes into `payload_base64`") from error
    finally:
        if name != "-":
            stream.close()


def _message(body: object, where: str) -> tuple[str, bytes, bool]:
    message = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    topic = message.get("topic")
    if not isinstance(topic, str) or not topic:
        raise InputError(f'{where}: `topic` is missing; write {{"topic": ..., "payload": ...}}')
    # Half of a surrogate pair cannot be sent, nor printed; the replacement is what a device would show.
    topic = topic.encode("utf-8", "replace").decode()
    retained = message.get("retain") in (True, 1)
    if "payload_base64" in message:
        try:
            return topic, base64.b64decode(str(message["payload_base64"]), validate=True), retained
        except ValueError as error:
            raise InputError(f"{where}: `payload_base64` is not base64: {error}") from error
    if "payload" not in message:
        raise InputError(f"{where}: `payload` is missing; for a message without content write an empty text")
    payload = message["payload"]
    if isinstance(payload, str):
        return topic, payload.encode("utf-8", "replace"), retained
    return topic, json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"), retained
