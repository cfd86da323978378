"""All recorded device messages decode exactly as their files say."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from core.domain.device import SENDER_FORMATS, sender_mistake
from ingest.codecs import CODECS
from ingest.commands.decode import described
from tests.support.decoding import said_of_file
from tests.support.paths import TEST_DATA

_FILES = sorted((TEST_DATA / "payloads").glob("*.json"))


def _agree(expected: object, given: object) -> bool:
    if isinstance(expected, bool) or isinstance(given, bool):
        return expected is given
    if isinstance(expected, (int, float)) and isinstance(given, (int, float)):
        return math.isclose(given, expected, rel_tol=1e-3, abs_tol=0.01)
    if isinstance(expected, dict) and isinstance(given, dict):
        body = cast("Mapping[str, object]", given)
        return all(
            _agree(value, body.get(key)) for key, value in cast("Mapping[str, object]", expected).items()
        )
    return expected == given


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_format_has_recorded_messages() -> None:
    assert len(_FILES) >= 40
    formats = {
        described(json.loads(path.read_text(encoding="utf-8"))["topic"], b"{}")["format"] for path in _FILES
    }
    # Native messages have schemas.
    assert formats == set(CODECS) - {"native"}


def test_devices_are_registered_under_every_format_that_gives_readings() -> None:
    assert set(SENDER_FORMATS) == set(CODECS) - {"homeassistant"}


def test_every_sender_that_messages_come_from_may_be_registered() -> None:
    bodies = [json.loads(path.read_text(encoding="utf-8")) for path in _FILES]
    said = [json.loads(said_of_file(str(path))[0]) for path in _FILES]
    prefixed = [described(f"gw/g1/{one['topic']}", json.dumps(one["payload"]).encode()) for one in bodies]
    senders = {str(one["sender"]) for one in [*said, *prefixed] if one["sender"]}
    assert len(senders) > len(_FILES)
    assert [mistake for one in senders if (mistake := sender_mistake(one)) is not None] == []


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_device_message_decodes_as_its_file_says(path: Path) -> None:
    sample = json.loads(path.read_text(encoding="utf-8"))
    text, exit_code = said_of_file(str(path))
    said = json.loads(text)
    values = said["values"]

    # A message that cannot be understood says why.
    if sample.get("expect_error"):
        assert exit_code == 65
        assert said["problems"]
        return
    assert exit_code == 0, said["problems"]

    # Every expected value is there.
    for name, expected in sample["expect"].items():
        assert name in values, f"{name} is missing: {values}"
        if name == "time":
            assert abs((_moment(values[name]) - _moment(expected)).total_seconds()) <= 1
        else:
            assert _agree(expected, values[name]), f"{name} is {values[name]!r}, not {expected!r}"

    # Nothing is read into it.
    for name in sample.get("expect_absent", []):
        assert name not in values, f"{name} should not be there: {values[name]!r}"
