"""Device profiles as TOML: what a person writes for a model or one device, and what is exported.

::

    name = "browan-tbdw100"
    vendor = "Browan"
    model = "TBDW100"
    documents = ["https://..."]

    [fields]                 # a field's name in the message -> what it measures
    Alarm = "sos"
    status = { metric = "contact_open", bit = 0 }

    [readings]               # what the codec reads by itself -> what it means or proves here
    button = "call"
    motion = { evidence = "pulse" }
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, cast

import msgspec
from msgspec import Meta

from core.domain.device import folded_model
from core.domain.evidence.device_profile import (
    DeviceProfile,
    FieldMeaning,
    ProfileField,
    ProfileSource,
    can_mean,
)
from core.domain.evidence.sender_units import units_for
from core.domain.metrics import BUTTON, METRICS, Evidence, Metric
from core.domain.people import Language
from core.errors import InputError
from core.formats.profile_mistakes import (
    FieldMistakeError,
    Mistake,
    ProfileError,
    Sentence,
    metric_word,
    near_word,
    sentence,
    toml_reason,
    what_is_wrong,
)

LIBRARY = Path(__file__).parent / "models"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")
NO_PROFILE = "none"
"""In place of a profile's name: none, whatever a bridge describes."""

DESCRIBED = "described"
"""In place of a profile's name: whatever the device's bridge or firmware describes, from the next description on."""

_RESERVED = frozenset({NO_PROFILE, DESCRIBED})

_UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`")
_HEAD = ("name", "vendor", "model", "version", "source", "models", "documents", "fields", "readings")
# The words that are possible, as a person who writes TOML calls them.
_WORDS = {"evidence": Evidence, "meaning": FieldMeaning, "source": ProfileSource}
# A profile in words that another service understands has a few dozen of them.
_LARGEST = 64 * 1024
_MOST_FIELDS = 500


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    vendor: str = ""
    model: str = ""
    version: Annotated[int, Meta(ge=1)] = 1
    source: ProfileSource = ProfileSource.BY_HAND
    models: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    metric: str = ""
    channel: str | None = None
    evidence: Evidence | None = None
    hold_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    meaning: FieldMeaning = FieldMeaning.AS_MEASURED
    unit: str = ""
    scale: float = 1.0
    bit: Annotated[int, Meta(ge=0, le=63)] | None = None
    raised: tuple[str | int | bool, ...] = ()
    over: tuple[str | int | bool, ...] = ()
    ignored: bool = False


def read_profile(path: Path) -> DeviceProfile:
    """Read a profile from a file; see `parse_profile`.

    Raises
    ------
    InputError
        The file cannot be read, or holds no profile.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    try:
        return parse_profile(content.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8; save the file as UTF-8, which every editor can") from error


def parse_profile(text: str, name: str) -> DeviceProfile:
    """Return the profile in a TOML text; `name` stands for the file in errors.

    Raises
    ------
    ProfileError
        It is no profile: a line for every mistake, with its place, and what can be done.
    InputError
        It is too long for one.
    """
    if len(text) > _LARGEST:
        raise InputError(f"{name}: has {len(text)} characters; a profile has at most {_LARGEST}")
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place = _PLACE.search(said)
        line = place[1] if place is not None and place[1] else str(max(1, len(text.splitlines())))
        reason = said if place is None else said[: place.start()]
        raise ProfileError(
            name, [Mistake(int(line), sentence("not_toml", reason=toml_reason(reason)))]
        ) from error
    mistakes: list[Mistake] = []
    found = [field for field in _read_all(text, body, mistakes) if field is not None]
    head = _head(text, body, mistakes)
    if not mistakes and not found:
        mistakes.append(Mistake(1, sentence("no_fields")))
    if len(found) > _MOST_FIELDS:
        mistakes.append(Mistake(1, sentence("too_many_fields", count=len(found), most=_MOST_FIELDS)))
    if mistakes or head is None:
        raise ProfileError(name, mistakes)
    return DeviceProfile(
        head.name,
        head.version,
        head.vendor,
        head.model,
        head.source,
        tuple(found),
        head.models,
        head.documents,
    )


def profile_text(profile: DeviceProfile) -> str:
    """Return a profile as TOML that `parse_profile` reads."""
    lines = [f"{key} = {_toml(getattr(profile, key))}" for key in ("name", "version", "source")]
    lines += [
        f"{key} = {_toml(value)}"
        for key in ("vendor", "model", "models", "documents")
        if (value := getattr(profile, key))
    ]
    for table, is_named in (("fields", True), ("readings", False)):
        entries = [one for one in profile.fields if bool(one.field) is is_named]
        if entries:
            lines += ["", f"[{table}]", *(_entry_line(one) for one in entries)]
    return "\n".join(lines) + "\n"


@cache
def library() -> Mapping[str, DeviceProfile]:
    """Return what is known of models from their makers' or decoders' documents, by name."""
    found = [read_profile(path) for path in sorted(LIBRARY.glob("*.toml"))]
    return {one.name: replace(one, source=ProfileSource.MODEL_LIBRARY) for one in found}


def library_or_file(name: str) -> DeviceProfile:
    """Return the library's profile of a name, or the one in a file.

    Raises
    ------
    InputError
        There is neither, or the file holds no profile.
    """
    if name in library():
        return library()[name]
    if not name.endswith(".toml"):
        raise InputError(
            f"the library has no profile {name}{near_word(name, library()).in_words(Language.EN)}; `mimamori device profile list` shows them, or"
            " give a TOML file"
        )
    return read_profile(Path(name))


def for_model(model: str) -> DeviceProfile | None:
    """Return the library's profile of a model as a bridge, a server or a person calls it; None if it has none.

    Case, spaces, hyphens and the like make no difference, and the maker may be missing.
    """
    called = folded_model(model)
    return _by_model().get(called) if called else None


@cache
def _by_model() -> Mapping[str, DeviceProfile]:
    return {folded_model(called): one for one in library().values() for called in one.names_of_model}


def _head(text: str, body: Mapping[str, object], mistakes: list[Mistake]) -> _Head | None:
    mistakes += [
        Mistake(_line(text, key), sentence("unknown_key", key=key, near=near_word(key, _HEAD)))
        for key in body
        if key not in _HEAD
    ]
    kinds = {one.name: one.type for one in msgspec.structs.fields(_Head) if one.name in body}
    wrong = [] if "name" in body else [Mistake(1, sentence("needs_name"))]
    for key, kind in kinds.items():
        try:
            msgspec.convert(body[key], kind)
        except msgspec.ValidationError as error:
            what = sentence("of_key", key=key, what=what_is_wrong(error, _WORDS.get(key, ())))
            wrong.append(Mistake(_line(text, key), what))
    mistakes += wrong
    if wrong:
        return None
    head = msgspec.convert({key: body[key] for key in kinds}, _Head)
    problem = "reserved_name" if head.name in _RESERVED else ""
    if not _NAME.match(head.name):
        problem = "bad_name"
    if problem:
        mistakes.append(Mistake(_line(text, "name"), sentence(problem, name=head.name)))
    return head


def _read_all(
    text: str, body: Mapping[str, object], mistakes: list[Mistake]
) -> Iterator[ProfileField | None]:
    for table in ("fields", "readings"):
        entries = body.get(table, {})
        if not isinstance(entries, dict):
            mistakes.append(Mistake(_line(text, table), sentence("no_lines", table=table)))
            continue
        for key, value in cast("Mapping[str, object]", entries).items():
            try:
                yield _field(table, key, value)
            except FieldMistakeError as error:
                what = sentence("place", table=table, key=key, what=error.what)
                mistakes.append(Mistake(_line(text, key, table), what))


def _field(table: str, key: str, value: object) -> ProfileField:
    if isinstance(value, str):
        value = {"metric": value} if table == "fields" else {"meaning": value}
    try:
        entry = msgspec.convert(value, _Entry)
    except msgspec.ValidationError as error:
        raise FieldMistakeError(_wrong_entry(error)) from error
    metric, channel = entry.metric, entry.channel
    if table == "readings":
        if metric or channel is not None:
            raise FieldMistakeError(sentence("metric_in_readings"))
        metric, _, part = key.partition("#")
        channel = part or None
        if entry.ignored:
            raise FieldMistakeError(sentence("ignored_in_readings"))
    _check(metric, entry)
    return ProfileField(
        metric,
        entry.evidence,
        channel,
        None if entry.hold_s is None else timedelta(seconds=entry.hold_s),
        entry.meaning,
        key if table == "fields" else "",
        entry.unit,
        entry.scale,
        entry.bit,
        tuple(_word(one) for one in entry.raised),
        tuple(_word(one) for one in entry.over),
        entry.ignored,
    )


def _wrong_entry(error: msgspec.ValidationError) -> Sentence:
    said = str(error)
    unknown = _UNKNOWN.match(said)
    if unknown is not None:
        known = ", ".join(one.name for one in fields_of(ProfileField) if one.name not in {"field", "hold"})
        return sentence("unknown_part", part=unknown[1], known=known)
    part = said.partition("`$.")[2].partition("[")[0].rstrip("`")
    what = what_is_wrong(error, _WORDS.get(part, ()))
    return sentence("of_key", key=part, what=what) if part else what


def _check(name: str, entry: _Entry) -> None:
    if not name:
        raise FieldMistakeError(sentence("needs_metric"))
    metric = METRICS.get(name)
    if metric is None:
        raise FieldMistakeError(sentence("no_metric", name=name, near=near_word(name, METRICS)))
    if not can_mean(name, entry.meaning):
        raise FieldMistakeError(
            sentence("cannot_mean", metric=metric_word(name), meaning=entry.meaning.value)
        )
    _check_words(metric, entry)
    _check_scale(metric, entry)


def _check_words(metric: Metric, entry: _Entry) -> None:
    has_meaning = entry.meaning is not FieldMeaning.AS_MEASURED
    # Of a button, whether it is pressed.
    is_truth = metric.high == 1 or has_meaning or metric is BUTTON
    if (entry.raised or entry.over or entry.bit is not None) and not is_truth:
        raise FieldMistakeError(sentence("is_number", metric=metric_word(metric.name)))
    both = {_word(one) for one in entry.raised} & {_word(one) for one in entry.over}
    if both:
        raise FieldMistakeError(sentence("in_both", word=min(both)))


def _check_scale(metric: Metric, entry: _Entry) -> None:
    if (entry.unit or entry.scale != 1.0) and (metric.high == 1 or metric.words):
        raise FieldMistakeError(sentence("is_no_number", metric=metric_word(metric.name)))
    known = units_for(metric.unit)
    if entry.unit and entry.unit not in known:
        what = sentence("no_unit", said=entry.unit, unit=metric.unit, known=", ".join(known))
        raise FieldMistakeError(what)
    if entry.scale == 0:
        raise FieldMistakeError(sentence("scale_of_0"))


def _word(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip().lower()


def _line(text: str, key: str, table: str = "") -> int:
    """Return the line on which a key of a table stands, else that of the table, else the first."""
    is_inside, header = not table, 1
    pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]")
    for number, line in enumerate(text.splitlines(), 1):
        section = re.match(r"\s*\[+\s*[\"']?([^\]\"'.]+)(?:[\"']?\.[\"']?([^\]\"']+))?", line)
        if section is not None:
            is_inside = section[1].strip() == table
            if section[1].strip() == (table or key):
                header = number
            if is_inside and section[2] is not None and section[2].strip() == key:
                return number
        elif is_inside and pattern.match(line):
            return number
    return header


def _entry_line(one: ProfileField) -> str:
    named = {"metric": one.metric, "channel": one.channel} if one.field else {}
    values: dict[str, object] = {
        **named,
        "evidence": one.evidence,
        "hold_s": None if one.hold is None else one.hold.total_seconds(),
        "meaning": None if one.meaning is FieldMeaning.AS_MEASURED else one.meaning,
        "unit": one.unit,
        "scale": None if one.scale == 1.0 else one.scale,
        "bit": one.bit,
        "raised": one.raised,
        "over": one.over,
        "ignored": one.ignored or None,
    }
    parts = [f"{key} = {_toml(value)}" for key, value in values.items() if value not in (None, "", ())]
    key = one.field or (f"{one.metric}#{one.channel}" if one.channel is not None else one.metric)
    return f"{_toml(key)} = {{ {', '.join(parts)} }}"


def _toml(value: object) -> str:
    # A JSON text, number or list of these is one of TOML too.
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
