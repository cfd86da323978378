"""Calls and hazards in the fields of one message that no codec reads by their names."""

from collections.abc import Mapping, Sequence
from typing import cast

from core.domain.metrics import CALLS
from ingest.codecs.parsing.call_pairs import call_in_part, call_of_pair
from ingest.codecs.parsing.event_words import (
    Call,
    call_in_field,
    is_number_of_gas,
    several_calls,
    speaks_of,
)
from ingest.codecs.result import Measured, Rejected, unclear_call

_DEEPEST = 6
# Beside one of these an alarm of nothing that is named is about it; somebody who is there, or a charger, is no reason for one.
_EXPLAINS = frozenset(
    {"contact_open", "motion", "vibration", "device_moving", "tamper", "battery_low", *CALLS}
)


class CallFields:
    """Collects what fields say of calls and hazards: a call that is raised in any of them counts."""

    def __init__(self) -> None:
        self._found: dict[str, bool] = {}
        self._numbers: dict[str, bool] = {}
        self._unclear: dict[str, str] = {}
        self._pairs: dict[str, Call] = {}

    def add(self, name: str, value: object, depth: int = 0, channel: str = "") -> bool:
        """Add a field, and what it nests; return whether it speaks of a call or a hazard.

        While a call of one channel is raised, the end of another's is left out: both may belong to one device, whose call goes on.
        """
        if isinstance(value, (dict, list)):
            body = cast("Mapping[str, object] | Sequence[object]", value)
            return depth < _DEEPEST and self._add_nested(name, body, depth + 1)
        # Most fields hold a number and speak of no call.
        if value is None or (not isinstance(value, str) and speaks_of(name) is None):
            return False
        call = call_in_field(name, value)
        if call is None:
            return False
        for one in several_calls(call, value):
            self.add_call(one, name, value, channel)
        return True

    def add_whole(self, body: Mapping[str, object]) -> None:
        """Take account of the fields of a whole message that say together what happened: what, and whether it is over."""
        pair = call_of_pair(body, is_entry=False)
        if pair is not None:
            self._pairs[pair[0]] = pair[1]

    def _add_nested(self, name: str, value: Mapping[str, object] | Sequence[object], depth: int) -> bool:
        if not isinstance(value, Mapping):
            found = [self.add(name, entry, depth) for entry in value]
            return any(found)
        pair = call_of_pair(value, is_entry=True)
        if pair is not None:
            self.add_call(pair[1], pair[0], None)
        is_call, is_holder = pair is not None, speaks_of(name) is not None
        for key, entry in value.items():
            if pair is not None and key == pair[0]:
                continue
            if is_holder and not isinstance(entry, (dict, list)):
                of_part = call_in_part(name, key, entry)
                if of_part is not None:
                    self.add_call(of_part, f"{name}.{key}", entry)
                    is_call = True
            is_call = self.add(key, cast("object", entry), depth) or is_call
        return is_call

    def add_call(self, call: Call, name: str, value: object, channel: str = "") -> None:
        """Add what a field was found to say."""
        call = self._pairs.get(name, call)
        metric = f"{call.metric}#{channel}" if channel else call.metric
        if not call.metric or call.is_raised is None:
            self._unclear.setdefault(call.metric, name)
        elif is_number_of_gas(call.metric, value):
            self._numbers.setdefault(metric, call.is_raised)
        else:
            self._found[metric] = call.is_raised or self._found.get(metric, False)

    def merged(self, readings: list[Measured], refused: list[Rejected]) -> list[Measured]:
        """Return readings with the calls among them; what looks like a call and is not understood is added to `refused`."""
        if not (self._found or self._numbers or self._unclear):
            return readings
        found = _without_other_ends(self._numbers | self._found)
        known = {reading.metric: reading for reading in readings}
        for metric, raised in found.items():
            reading = known.get(metric)
            if reading is None:
                readings = [*readings, Measured(metric, raised)]
            elif raised:
                reading.value = True
        said: dict[str, object] = {}
        for reading in readings:
            metric = reading.metric.partition("#")[0]
            said[metric] = said.get(metric) is True or reading.value
        calls = {metric.partition("#")[0] for metric in found}
        for metric, name in self._unclear.items():
            is_explained = (
                metric in said if metric else any(said.get(one) is True for one in calls or _EXPLAINS)
            )
            if not is_explained:
                refused.append(
                    unclear_call(
                        name, f"{name[:40]} looks like a call or an alarm; its value is not understood"
                    )
                )
        return readings


def _without_other_ends(found: dict[str, bool]) -> dict[str, bool]:
    raised = {metric.partition("#")[0] for metric, is_raised in found.items() if is_raised}
    return {
        metric: is_raised
        for metric, is_raised in found.items()
        if is_raised or metric.partition("#")[0] not in raised
    }
