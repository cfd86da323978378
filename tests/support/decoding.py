"""What a message says, for tests that state it as a sentence, a message and what must and must not come out."""

import json
from dataclasses import dataclass
from typing import Any

from core.domain.evidence.device_profile import DeviceProfile
from ingest.commands.decode import decode_messages, described


@dataclass(frozen=True)
class Case:
    """One message and what it says.

    Attributes
    ----------
    sentence : str
        What is shown, in words.
    topic : str
        Where it came.
    body : object
        A text is sent as it is, everything else as JSON.
    values : dict
        What must come out, by name.
    absent : tuple of str
        What must not.
    """

    sentence: str
    topic: str
    body: object
    values: dict[str, object]
    absent: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.sentence


def said(topic: str, body: object, profile: DeviceProfile | None = None) -> dict[str, Any]:
    """Return what `mimamori decode` says of a message, by the profile of its device."""
    payload = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return described(topic, payload, profile)


def said_of_file(path: str) -> tuple[str, int]:
    """Return what `mimamori decode` prints of a file with one message, and its exit code."""
    (answer,) = decode_messages(path)
    return answer


def assert_says(case: Case) -> None:
    """Hold a message to its case: nothing refused, every value there, nothing read into it."""
    found = said(case.topic, case.body)
    assert found["problems"] == []
    values = found["values"]
    assert {name: values.get(name) for name in case.values} == case.values
    assert not {reading.partition("#")[0] for reading in values}.intersection(case.absent)
