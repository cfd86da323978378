"""`mimamori decode` as a technician uses it: files, streams, garbage."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import InputError
from ingest.commands.decode import decode_messages
from tests.support.decoding import said_of_file

_GOOD = {"topic": "zigbee2mqtt/hall", "payload": {"occupancy": True}}


def _file(folder: Path, content: str | bytes) -> str:
    path = folder / "message.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_a_reading_says_what_it_can_tell(tmp_path: Path) -> None:
    text, exit_code = said_of_file(_file(tmp_path, json.dumps(_GOOD)))
    assert exit_code == 0
    assert json.loads(text)["readings"] == [
        {"metric": "motion", "value": True, "unit": "1", "kind": "life", "evidence": "state", "time": None}
    ]


def test_a_message_over_many_lines_is_one(tmp_path: Path) -> None:
    text, _ = said_of_file(_file(tmp_path, json.dumps(_GOOD, indent=4)))
    assert json.loads(text)["values"]["motion"] is True


def test_a_stream_is_answered_message_by_message(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [_GOOD, {"topic": "weather/tokyo", "payload": "rain"}, {**_GOOD, "retain": 1, "qos": 1}]
    stream = io.BytesIO("".join(json.dumps(line) + "\n" for line in lines).encode())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
    answers = decode_messages("-")
    first, first_code = next(answers)
    # The first answer does not wait for the end of the stream.
    assert stream.tell() < len(stream.getvalue())
    (second, second_code), (third, third_code) = list(answers)
    assert [first_code, second_code, third_code] == [0, 65, 0]
    assert json.loads(second)["problems"][0]["reason"] == "unknown_topic"
    assert "retained" not in json.loads(first)
    assert json.loads(third)["retained"] is True


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    _, exit_code = said_of_file(_file(tmp_path, b"\xef\xbb\xbf" + json.dumps(_GOOD).encode()))
    assert exit_code == 0


def test_bytes_that_are_no_text_come_as_base64(tmp_path: Path) -> None:
    text, exit_code = said_of_file(_file(tmp_path, '{"topic": "zigbee2mqtt/hall", "payload_base64": "//4A"}'))
    assert (exit_code, json.loads(text)["problems"][0]["reason"]) == (65, "not_utf8")


def test_half_a_character_in_a_topic_is_shown_as_what_can_be_printed(tmp_path: Path) -> None:
    text, exit_code = said_of_file(_file(tmp_path, '{"topic": "zigbee2mqtt/\\ud800", "payload": {}}'))
    assert (exit_code, json.loads(text)["topic"]) == (0, "zigbee2mqtt/?")
    text.encode()


def test_a_device_that_says_nothing_we_know_was_at_least_in_contact(tmp_path: Path) -> None:
    text, exit_code = said_of_file(_file(tmp_path, '{"topic": "zigbee2mqtt/hall", "payload": {"melody": 4}}'))
    assert exit_code == 0
    assert [(reported["metric"], reported["kind"]) for reported in json.loads(text)["readings"]] == [
        ("heartbeat", "health")
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"garbage", "is not JSON"),
        (b'{"topic": "zigbee2mqtt/hall", "payload": {}} and more', "is not JSON"),
        (b'{"topic": 5, "payload": {}}', "`topic` is missing"),
        (b"[]", "`topic` is missing"),
        (b'{"topic": "zigbee2mqtt/hall"}', "`payload` is missing"),
        (b'{"topic": "zigbee2mqtt/hall", "payload_base64": "!!"}', "is not base64"),
        ('{"topic": "zigbee2mqtt/hall", "payload_base64": "あ"}'.encode(), "is not base64"),
        (b"\xff\xfe\x00", "is not UTF-8"),
    ],
)
def test_what_is_no_message_says_what_to_write(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(decode_messages(_file(tmp_path, content)))


def test_an_empty_file_holds_no_message(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no message"):
        said_of_file(_file(tmp_path, b""))
