"""The doctor's look at devices: what their bridges call them now, and who is cut off, and whose clock is wild."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from core.domain.evidence.single_state import SingleState, pulse_profile
from core.store.database import Connection
from core.store.devices import descriptions, unread_fields
from core.store.devices.single_states import single_states
from core.store.devices.unread_fields import UnreadOfDevice, UnreadOfStranger
from core.store.operation import connection_loops, health
from core.store.operation.connection_loops import ConnectionLoop
from deploy.doctor.check import Check, CheckResult

_RECENT = timedelta(days=7)
_NAMED = 5


def device_checks(connection: Connection, now: datetime) -> Iterator[Check]:
    """Look at senders that are cut off again and again, devices with wild clocks, and devices that were renamed."""
    yield from _loop_checks(connection_loops.kept(connection))
    suspect = health.suspect_clocks(connection, now)
    if suspect:
        worst, most = next(iter(suspect.items()))
        yield Check(
            "wild clocks", CheckResult.BAD,
            f"{len(suspect)} devices send times that cannot be, the most {worst} ({most}); what they say is no life sign and no place",
            "set the device's clock (network time, or a fix outdoors), or let it send sent_at: docs/time.md",
        )  # fmt: skip
    yield from _single_state_checks(single_states(connection))
    yield from _unread_checks(
        unread_fields.by_device(connection, now), unread_fields.of_strangers(connection)
    )
    renamed = descriptions.renames(connection, now - _RECENT)
    for one in [one for one in renamed if not one.is_followed][:_NAMED]:
        yield Check(
            "names", CheckResult.BAD,
            f"{one.device_id} sends as {one.sender} now, under which another device is registered",
            "name the two apart at the bridge, or retire the one that is gone: mimamori device list",
        )  # fmt: skip
    followed = [one for one in renamed if one.is_followed]
    if followed:
        named = ", ".join(f"{one.device_id} ({one.sender})" for one in followed[:_NAMED])
        more = f" and {len(followed) - _NAMED} more" if len(followed) > _NAMED else ""
        yield Check(
            "names",
            CheckResult.GOOD,
            f"{len(followed)} devices renamed at their bridge in 7 days: {named}{more}",
        )


def _single_state_checks(found: Sequence[SingleState]) -> Iterator[Check]:
    for one in found[:_NAMED]:
        part = f"#{one.channel}" if one.channel else ""
        profile = pulse_profile(one.metric)
        advice = f"let it say the end too, or follow its model's profile: mimamori device profile assign PROFILE {one.device_id}"
        if profile is not None:
            advice = f"if each message is a new one: mimamori device profile assign {profile} {one.device_id}"
        yield Check(
            "one state only", CheckResult.LOOK,
            f"{one.device_id} said {one.metric.name}{part} {one.said} times since {one.since.isoformat(timespec='minutes')} and never its"
            " end, so none of it is a life sign",
            advice,
        )  # fmt: skip
    if len(found) > _NAMED:
        yield Check(
            "one state only", CheckResult.LOOK,
            f"{len(found) - _NAMED} more sensors never say the end of a state", "the page of the devices lists them",
        )  # fmt: skip


def _unread_checks(found: Sequence[UnreadOfDevice], strangers: Sequence[UnreadOfStranger]) -> Iterator[Check]:
    """Say which fields are not read; bad are devices of which nothing else is read, for these prove nothing for ever."""
    mute = [one for one in found if one.is_all]
    for one in mute[:_NAMED]:
        yield Check(
            "unread fields", CheckResult.LOOK, f"of {one.device_id} nothing but its health is read, not: {_some(one.fields)}",
            f"give it the profile of its model: mimamori device profile list, then assign NAME {one.device_id}",
        )  # fmt: skip
    if len(mute) > _NAMED:
        yield Check(
            "unread fields",
            CheckResult.LOOK,
            f"nothing but their health is read of {len(mute) - _NAMED} more",
        )
    others = [one for one in found if not one.is_all]
    if others:
        named = "; ".join(f"{one.device_id}: {_some(one.fields)}" for one in others[:_NAMED])
        yield Check(
            "unread fields", CheckResult.GOOD, f"{len(others)} devices have fields that are not read: {named}{_more(others)}"
        )  # fmt: skip
    if strangers:
        named = "; ".join(f"{one.sender}: {_some(one.fields)}" for one in strangers[:_NAMED])
        yield Check(
            "unread fields", CheckResult.GOOD,
            f"{len(strangers)} senders that nobody registered have such fields: {named}{_more(strangers)}",
        )  # fmt: skip


def _some(fields: Sequence[str]) -> str:
    return f"{', '.join(fields[:_NAMED])}{_more(fields)}"


def _more(found: Sequence[object]) -> str:
    return f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""


def _loop_checks(loops: Sequence[ConnectionLoop]) -> Iterator[Check]:
    for loop in loops[:_NAMED]:
        who = f"everything behind {loop.sender}" if loop.sender.endswith("/") else loop.sender
        last_at = loop.last_at.isoformat(timespec="seconds")
        yield Check(
            "connections", CheckResult.BAD,
            f"{who} was cut off and came back {loop.returns} times in half an hour, the last time at {last_at}",
            "a message over the broker's limit, or two clients with one name: see docs/runbook.md, cut off again and again",
        )  # fmt: skip
    if len(loops) > _NAMED:
        yield Check(
            "connections", CheckResult.BAD, f"{len(loops) - _NAMED} more senders are cut off again and again"
        )
