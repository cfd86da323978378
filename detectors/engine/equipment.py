"""Evaluates the equipment of a home: which devices are silent, and since when nothing can be concluded from that."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from core.domain.alert import AlertKey, Subject
from core.domain.device import DeviceKind
from core.store.telemetry import blind_times
from core.store.telemetry.blind_times import BlindTime
from detectors.engine.daily import batteries, stuck_devices
from detectors.engine.daily.schedule import DailyCheck
from detectors.engine.home_context import HomeContext
from detectors.features.availability import is_monitored
from detectors.features.door_presence import DoorWatch
from detectors.features.window import Blind
from detectors.rules.equipment_silent import DEVICE_SILENT, HOME_SILENT, HomeLinks, evaluate_home
from detectors.windows.loader import BLIND_BACK, HomeView, blind_on_record

_SILENT_CAUSES = ("offline", "no_heartbeat")
# A door that nobody uses says nothing, so it is waited for longer than for a device that reports regularly (our choice).
_MUTE_AFTER = timedelta(days=7)
_TRACKERS = frozenset({DeviceKind.TRACKER, DeviceKind.OTHER})


class Equipment(NamedTuple):
    """What was found about the equipment of a home, and what its residents are evaluated by because of it."""

    links: HomeLinks
    view: HomeView


def evaluate_equipment(context: HomeContext) -> Equipment:
    """Evaluate the devices of a home, and bring their alerts and the blind time on record in line."""
    record, span = context.record, context.span
    found = evaluate_home(
        span.home,
        record.links,
        record.ward.blind,
        span.until,
        # What was raised about the home before stays so.
        area=[Blind(one.known_at, one.ended_at, one.known_at) for one in record.area],
        undecided_from=record.ward.undecided_from,
        slack=span.slack,
    )
    blind = _record_home(context, found)
    _record_devices(context, found)
    _raise_alerts(context, found)
    for check in checks(context):
        check.ask(context, record.evaluated_from)
    silent = {device for device, _ in found.device_outages}
    kinds = {link.kind for link in record.links if link.device not in silent}
    view = HomeView(
        span.home,
        (*record.ward.blind, *blind_on_record(blind), *found.blind),
        record.ward.undecided_from,
        has_door=DeviceKind.DOOR in kinds,
        has_tracker=any(link.kind in _TRACKERS for link in record.links),
        doors=_doors(context, found),
    )
    return Equipment(found, view)


def _doors(context: HomeContext, found: HomeLinks) -> DoorWatch:
    """Return what is known of the sensors at the entrance doors: when one was silent, as far as that can be noticed."""
    record, until = context.record, context.span.until
    doors = [link for link in record.links if link.kind is DeviceKind.DOOR]
    numbers = frozenset(link.device for link in doors)
    silent = list(blind_on_record(record.door_blind))
    silent += [
        Blind(one.began_at, one.ended_at, one.known_at)
        for device, one in found.device_outages
        if device in numbers
    ]
    # One that says nothing regularly is believed as long as it said something lately.
    for link in doors:
        last = link.contacts[-1] if link.contacts else None
        if last is None or (not is_monitored(link) and until - last > _MUTE_AFTER):
            silent.append(Blind(last or until, None, until))
    return DoorWatch(bool(doors), tuple(silent), len(record.people), numbers)


def checks(context: HomeContext) -> list[DailyCheck]:
    """Return what is looked at at fixed hours about the equipment of a home."""
    return [batteries.check(context), stuck_devices.check(context)]


def _record_home(context: HomeContext, found: HomeLinks) -> Sequence[BlindTime]:
    """Keep on record when the whole home was silent; return all its blind time that is on record."""
    subject, until = _subject(context), context.span.until
    silent = [
        BlindTime(subject, one.began_at, one.ended_at, one.suppressed_from, one.cause)
        for one in found.home_outages
    ]
    blind = context.record.blind
    if not silent and not any(one.ended_at is None and one.cause in _SILENT_CAUSES for one in blind):
        return blind
    blind_times.record(context.connection, subject, silent, _SILENT_CAUSES, until)
    since = context.record.evaluated_from - BLIND_BACK
    return blind_times.of_subjects(context.connection, (subject,), since, until)


def _record_devices(context: HomeContext, found: HomeLinks) -> None:
    """Keep on record which devices are silent, and that others are not any more."""
    lasting = dict(found.device_outages)
    for link in context.record.links:
        subject = Subject.of_device(link.device)
        if (one := lasting.get(link.device)) is not None:
            row = BlindTime(subject, one.began_at, None, one.known_at, one.cause)
            blind_times.record(context.connection, subject, [row], _SILENT_CAUSES, context.span.until)
        elif len(link.contacts) > 1:
            blind_times.record(context.connection, subject, [], _SILENT_CAUSES, link.contacts[-1])


def _raise_alerts(context: HomeContext, found: HomeLinks) -> None:
    # A device that was taken away is evaluated too: its alert ends.
    evaluated = {AlertKey(DEVICE_SILENT, one) for one in context.record.devices}
    evaluated |= context.active_keys(context.lead, HOME_SILENT) | context.active_keys(
        context.lead, DEVICE_SILENT
    )
    context.reconcile(
        context.lead, found.silent.findings, {*evaluated, AlertKey(HOME_SILENT, _subject(context))}
    )


def _subject(context: HomeContext) -> Subject:
    return Subject.of_home(context.span.home)
