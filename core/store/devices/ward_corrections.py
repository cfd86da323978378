"""What a ward file says of offices, homes, people and contacts that are there already, and otherwise: listed, or corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.delivery.contact_channel import ContactChannel, shown_address
from core.domain.people import Channel
from core.domain.quiet_hours import QuietHours
from core.domain.records.import_plan import KnownChannel, channel_plans
from core.domain.records.name_key import name_key
from core.formats.ward_file import WardChannel, WardContact, WardDevice
from core.store.database import Connection
from core.store.devices.registry import Placement, device_in_use
from core.store.people import contact_channels
from core.store.people.records import people_import, record_lists, stored_records
from core.store.people.records.stored_records import CONTACT, Author, RecordKind
from core.store.people.watch_changes import Concerned

# Somebody at the machine.
_OPERATOR = 0
_IN_TABLES = frozenset({Channel.MAIL, Channel.SMS, Channel.VOICE})


@dataclass(frozen=True)
class Correction:
    """One field that the file states and that is otherwise in the database.

    `is_left` says that a file never changes it: devices move at a moment, and addresses of webhooks are encrypted.
    """

    where: str
    name: str
    before: str
    after: str
    is_left: bool = False


@dataclass
class Corrections:
    """Compares the parts of a file with what is there, and changes it if that is wanted, with its history."""

    connection: Connection
    now: datetime
    are_applied: bool
    found: list[Correction] = field(default_factory=list[Correction])

    def compare(
        self,
        where: str,
        kind: RecordKind[Any],
        number: int,
        stated: Mapping[str, object],
        concerned: Concerned | None = None,
    ) -> None:
        """Note each field that the file states (neither None nor empty) and that is otherwise; correct it if wanted."""
        record = stored_records.get(self.connection, kind, number)
        differing = {
            name: value
            for name, value in stated.items()
            if value not in {None, ""} and getattr(record.details, name) != value
        }
        for name, value in differing.items():
            self.note(where, name, getattr(record.details, name), value)
        if differing and self.are_applied:
            stored_records.change(
                self.connection,
                kind,
                number,
                differing,
                version=record.version,
                concerned=concerned or Concerned(),
                by=Author(_OPERATOR, self.now),
            )

    def note(self, where: str, name: str, before: object, after: object, *, is_left: bool = False) -> None:
        """Note one field that is otherwise."""
        self.found.append(Correction(where, name, _said(before), _said(after), is_left))

    def device(self, where: str, device: WardDevice, placement: Placement) -> None:
        """Note what the file states otherwise of a device in use; where it is changes by moving it."""
        there = device_in_use(self.connection, device.device_id)
        stated = {"place": device.place, "model": device.model, "home": placement.home}
        for name, value in stated.items():
            if value != "" and getattr(there, name) != value:
                self.note(where, name, getattr(there, name), value, is_left=True)

    def contact(
        self,
        where: str,
        contact: WardContact,
        ways: Sequence[WardChannel],
        quiet: QuietHours | None,
        whose: Concerned,
    ) -> bool:
        """Compare a contact with the one of that name, and return whether there is exactly one."""
        there = [
            one.number
            for one in record_lists.contacts(self.connection, resident=whose.resident, office=whose.office)
            if name_key(one.name) == name_key(contact.name)
        ]
        if len(there) != 1:
            return False
        concerned = Concerned(resident=whose.resident, office=whose.office, contact=there[0])
        stated: dict[str, object] = {
            "relation": contact.relation,
            "calls_resident": contact.calls_resident,
            "step": contact.step,
        }
        if contact.quiet_hours is not None and quiet is not None:
            stated |= {"quiet_from": quiet.begins, "quiet_until": quiet.ends}
        self.compare(where, CONTACT, there[0], stated, concerned)
        self._channels(where, ways, concerned, there[0])
        return True

    def _channels(self, where: str, ways: Sequence[WardChannel], concerned: Concerned, contact: int) -> None:
        present = contact_channels.of_contact(self.connection, contact)
        kept = [KnownChannel(one.number, contact, one.kind, one.address) for one in present]
        plans = list(channel_plans([(way.kind, way.address) for way in ways if way.kind in _IN_TABLES], kept))
        for plan in plans:
            before = "" if plan.corrects is None else f"{plan.corrects.kind} {plan.corrects.address}"
            self.note(where, "channel", before, f"{plan.kind} {plan.address}")
        for way in ways:
            if way.kind not in _IN_TABLES and not _is_there(way, present):
                # Its address is a secret: it is changed by its own command or page, which encrypt it.
                shown = f"{way.kind} {shown_address(way.kind, way.address)}"
                self.note(where, "channel", "", shown, is_left=True)
        if plans and self.are_applied:
            people_import.change_channels(self.connection, plans, concerned, Author(_OPERATOR, self.now))


def _is_there(way: WardChannel, present: Sequence[ContactChannel]) -> bool:
    shown = shown_address(way.kind, way.address)
    return any(one.kind is way.kind and one.address in {way.address, shown} for one in present)


def _said(value: object) -> str:
    return "" if value is None else str(value)
