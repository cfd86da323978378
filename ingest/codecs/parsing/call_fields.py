"""Calls and hazards in the fields of one message that no codec reads by their names."""

from collections.abc import Mapping
from typing import cast

from core.domain.metrics import CALLS
from ingest.codecs.parsing.call_pairs import (
    began_anew,
    call_in_part,
    call_of_pair,
    is_state,
    name_inside,
    says_why,
)
from ingest.codecs.parsing.event_words import (
    Call,
    call_in_field,
    call_in_words,
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
    """Collects what fields say of calls and hazards: a call that is raised in any of them counts.

    Parameters
    ----------
    whole : mapping, optional
        The message that they stand in, which may say that a device began anew.
    """

    def __init__(self, whole: Mapping[str, object] | None = None) -> None:
        self._found: dict[str, bool] = {}
        self._numbers: dict[str, bool] = {}
        self._unclear: dict[str, str] = {}
        self._pairs: dict[str, Call] = {}
        self._passed: list[str] = []
        self._whole = whole

    def add(self, name: str, value: object, channel: str = "") -> bool:
        """Add a field, and what it nests; return whether it speaks of a call or a hazard.

        While a call of one channel is raised, the end of another's is left out: both may belong to one device, whose call goes on.
        """
        if isinstance(value, (dict, list)):
            before = len(self._passed)
            is_call = self._add_inside(name, name, cast("object", value), 0)
            if not is_call:
                # Nothing in it was read, so it is the whole of it that was not.
                del self._passed[before:]
            return is_call
        return self._add_plain(name, value, channel)

    def _add_plain(self, name: str, value: object, channel: str = "") -> bool:
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
        self._whole = body
        pair = call_of_pair(body, is_entry=False)
        if pair is not None:
            self._pairs[pair[0]] = pair[1]

    def _add_inside(self, path: str, name: str, value: object, depth: int) -> bool:
        if not isinstance(value, (dict, list)):
            return self._add_plain(name, value)
        if depth >= _DEEPEST:
            return False
        if isinstance(value, list):
            found = [self._add_inside(path, name, entry, depth + 1) for entry in cast("list[object]", value)]
            return any(found)
        return self._add_entry(path, name, cast("Mapping[str, object]", value), depth + 1)

    def _add_entry(self, path: str, name: str, body: Mapping[str, object], depth: int) -> bool:
        """Add an object about one thing, and note which of its fields no call was read from."""
        pair = call_of_pair(body, is_entry=True)
        if pair is not None:
            self.add_call(pair[1], pair[0], None)
        is_any = pair is not None
        for key, value in body.items():
            if pair is not None and key == pair[0]:
                continue
            inside = f"{path}.{key}"
            before = len(self._passed)
            is_call = self._add_part(inside, name, key, value, depth)
            is_any |= is_call
            if not is_call and value is not None:
                del self._passed[before:]
                if pair is None or not is_state(key):
                    self._passed.append(inside)
        return is_any

    def _add_part(self, path: str, holder: str, key: str, value: object, depth: int) -> bool:
        if isinstance(value, (dict, list)):
            return self._add_inside(path, key, cast("object", value), depth)
        call = call_in_part(holder, key, value)
        if call is not None:
            self.add_call(call, f"{holder}.{key}", value)
            return self._add_plain(key, value) or True
        # A call by its own name is one, whatever holds it.
        is_named = isinstance(value, str) and call_in_words(value) is not None
        return self._add_plain(key if is_named else name_inside(holder, key), value)

    def add_call(self, call: Call, name: str, value: object, channel: str = "") -> None:
        """Add what a field was found to say."""
        call = self._pairs.get(name, call)
        if call.metric == "sos" and call.is_raised and says_why(name) and began_anew(self._whole):
            # `panic` is also how programs end.
            call = Call(call.metric, None)
        metric = f"{call.metric}#{channel}" if channel else call.metric
        if not call.metric or call.is_raised is None:
            self._unclear.setdefault(call.metric, name)
        elif is_number_of_gas(call.metric, value):
            self._numbers.setdefault(metric, call.is_raised)
        else:
            self._found[metric] = call.is_raised or self._found.get(metric, False)

    def merged(
        self, readings: list[Measured], refused: list[Rejected], unread: list[str] | None = None
    ) -> list[Measured]:
        """Return readings with the calls among them; what looks like a call and is not understood is added to `refused`.

        What stands beside a call inside of a field and says none is added to `unread`.
        """
        if self._passed and unread is not None:
            unread += self._passed
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
        if self._unclear:
            self._refuse_unclear(readings, found, refused)
        return readings

    def _refuse_unclear(
        self, readings: list[Measured], found: Mapping[str, bool], refused: list[Rejected]
    ) -> None:
        """Refuse what looks like a call and is explained by nothing else that the message says."""
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


def _without_other_ends(found: dict[str, bool]) -> dict[str, bool]:
    raised = {metric.partition("#")[0] for metric, is_raised in found.items() if is_raised}
    return {
        metric: is_raised
        for metric, is_raised in found.items()
        if is_raised or metric.partition("#")[0] not in raised
    }
