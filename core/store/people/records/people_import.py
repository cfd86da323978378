"""The import of residents: what is there to compare with, what is added at once, and tables that wait to be applied."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import msgspec
from psycopg.rows import class_row, dict_row, kwargs_row
from psycopg.types.json import Jsonb

from core.domain import quiet_hours
from core.domain.access_scope import AccessScope
from core.domain.people import Channel, Language
from core.domain.records.details import ContactDetails, HomeDetails, ResidentDetails
from core.domain.records.import_plan import (
    ChannelPlan,
    ContactPlan,
    ImportPlan,
    KnownChannel,
    KnownContact,
    KnownHome,
    KnownPeople,
    KnownResident,
    PersonPlan,
)
from core.domain.records.name_key import by_name, name_key
from core.store.alerts import notices, office_moves
from core.store.database import Connection
from core.store.people import contact_channels
from core.store.people.records import one_at_a_time, stored_records
from core.store.people.records.stored_records import CONTACT, HOME, RESIDENT, Author
from core.store.people.watch_changes import Concerned, Watched
from core.store.queries import load

_IMPORT = load("people/people_import")
# Whoever looks at a preview for longer gives the table anew.
DRAFT_LASTS = timedelta(hours=1)


def lock(connection: Connection) -> None:
    """Let one import at a time run, and nobody else add a home or a resident, until the transaction ends."""
    connection.execute(_IMPORT["lock"])
    one_at_a_time.hold(connection, "names")


def known_people(connection: Connection, scope: AccessScope) -> KnownPeople:
    """Return all that is there in a scope of staff."""
    values = {"everything": scope.everything, "office": scope.office}
    homes = connection.cursor(row_factory=class_row(KnownHome)).execute(_IMPORT["homes"], values)
    people = connection.cursor(row_factory=class_row(KnownResident)).execute(_IMPORT["residents"], values)
    contacts = connection.cursor(row_factory=class_row(KnownContact)).execute(_IMPORT["contacts"], values)
    channels = connection.cursor(row_factory=kwargs_row(_channel)).execute(_IMPORT["channels"], values)
    by_contact: dict[int, list[KnownChannel]] = {}
    for one in channels:
        by_contact.setdefault(one.contact, []).append(one)
    namesakes: dict[tuple[int, str], list[KnownContact]] = {}
    for one in contacts:
        namesakes.setdefault((one.resident, name_key(one.name)), []).append(one)
    return KnownPeople(
        homes=by_name((one.name, one) for one in homes),
        residents={one.number: one for one in people},
        contacts=namesakes,
        channels=by_contact,
    )


def apply(connection: Connection, plan: ImportPlan, known: KnownPeople, time_zone: str, by: Author) -> None:
    """Do all that a plan says, in the transaction of the caller, with the history of each change."""
    homes = {one.name: one.number for one in known.homes.values()}
    homes |= _add_homes(connection, plan, time_zone, by)
    for name, area in plan.moved_areas.items():
        home = known.homes[name]
        changes = {"area": area}
        stored_records.change(
            connection, HOME, home.number, changes, version=home.version, concerned=Concerned(), by=by
        )
    new = [one for one in plan.people if one.known is None]
    numbers = _add_residents(connection, new, homes, by)
    contacts = [(numbers[homes[one.home], one.name], contact) for one in new for contact in one.contacts]
    for one in plan.people:
        if one.known is not None and not one.is_same:
            contacts += _change(connection, one, one.known.number, by)
    _add_contacts(connection, contacts, by)
    office_moves.follow(connection, [one.known.number for one in plan.people if one.known is not None])


def keep_draft(connection: Connection, body: bytes, fingerprint: str, by: Author) -> int:
    """Keep a table until it is applied, and return its number; older ones are forgotten."""
    forget_drafts(connection, 0, by.now)
    values = {"user": by.user, "now": by.now, "body": body, "fingerprint": fingerprint}
    row = connection.execute(_IMPORT["keep_draft"], values).fetchone()
    assert row is not None  # noqa: S101 - an insert that returns
    return int(row[0])


def draft(connection: Connection, number: int, by: Author) -> tuple[bytes, str] | None:
    """Return a table that somebody gave, and the fingerprint of what it would do; None if it is gone."""
    values = {"number": number, "user": by.user, "since": by.now - DRAFT_LASTS}
    row = connection.execute(_IMPORT["draft"], values).fetchone()
    return None if row is None else (bytes(row[0]), str(row[1]))


def forget_drafts(connection: Connection, number: int, now: datetime) -> None:
    """Forget a table, and those that wait for too long."""
    connection.execute(_IMPORT["forget_drafts"], {"number": number, "since": now - DRAFT_LASTS})


def _add_homes(connection: Connection, plan: ImportPlan, time_zone: str, by: Author) -> dict[str, int]:
    names, areas = list(plan.new_homes), list(plan.new_homes.values())
    rows = connection.execute(
        _IMPORT["add_homes"], {"names": names, "areas": areas, "time_zone": time_zone}
    ).fetchall()
    made: dict[str, int] = {row[1]: row[0] for row in rows}
    _note(
        connection,
        [
            (Concerned(home=made[name]), Watched.HOME, HomeDetails(name=name, area=area, time_zone=time_zone))
            for name, area in plan.new_homes.items()
        ],
        by,
    )
    return made


def _add_residents(
    connection: Connection, new: Sequence[PersonPlan], homes: Mapping[str, int], by: Author
) -> dict[tuple[int, str], int]:
    values = {
        "homes": [homes[one.home] for one in new],
        "offices": [one.office for one in new],
        "names": [one.name for one in new],
        "kanas": [one.kana for one in new],
        "born": [one.born_on for one in new],
        "phones": [one.phone for one in new],
        "now": by.now,
    }
    rows = connection.execute(_IMPORT["add_residents"], values).fetchall()
    made: dict[tuple[int, str], int] = {(row[1], row[2]): row[0] for row in rows}
    noted = [
        (
            Concerned(resident=made[homes[one.home], one.name], home=homes[one.home]),
            Watched.RESIDENT,
            ResidentDetails(one.name, one.kana, one.born_on, one.phone, one.office),
        )
        for one in new
    ]
    _note(connection, noted, by)
    return made


def _add_contacts(connection: Connection, contacts: Sequence[tuple[int, ContactPlan]], by: Author) -> None:
    usual = quiet_hours.DEFAULT
    values = {
        "residents": [resident for resident, _ in contacts],
        "names": [one.name for _, one in contacts],
        "relations": [one.relation for _, one in contacts],
        "steps": [one.step for _, one in contacts],
        "quiet_from": usual.begins,
        "quiet_until": usual.ends,
    }
    cursor = connection.cursor(row_factory=dict_row).execute(_IMPORT["add_contacts"], values)
    made = {(row["resident_id"], row["name"]): row["contact_id"] for row in cursor}
    placed = [
        (made[resident, one.name], place, channel)
        for resident, one in contacts
        for place, channel in enumerate(one.channels, 1)
    ]
    connection.execute(
        _IMPORT["add_channels"],
        {
            "contacts": [contact for contact, _, _ in placed],
            "places": [place for _, place, _ in placed],
            "kinds": [channel.kind.value for _, _, channel in placed],
            "addresses": [channel.address for _, _, channel in placed],
        },
    )
    noted = [
        (
            Concerned(resident=resident, contact=made[resident, one.name]),
            Watched.CONTACT,
            ContactDetails(
                name=one.name,
                relation=one.relation,
                calls_resident="",
                step=one.step,
                language=Language.JA,
                quiet_from=usual.begins,
                quiet_until=usual.ends,
            ),
        )
        for resident, one in contacts
    ]
    _note(connection, noted, by)


def _change(
    connection: Connection, plan: PersonPlan, resident: int, by: Author
) -> list[tuple[int, ContactPlan]]:
    """Change a resident and the contacts that are there, and return those to add."""
    if plan.fields and plan.known is not None:
        changes = {one.name: getattr(plan, one.name) for one in plan.fields}
        concerned = Concerned(home=plan.known.home)
        stored_records.change(
            connection,
            RESIDENT,
            resident,
            changes,
            version=plan.known.version,
            concerned=concerned,
            by=by,
        )
    new: list[tuple[int, ContactPlan]] = []
    for contact in plan.contacts:
        if contact.known is None:
            new.append((resident, contact))
            continue
        concerned = Concerned(resident=resident, contact=contact.known.number)
        if contact.fields:
            changes = {one.name: getattr(contact, one.name) for one in contact.fields}
            stored_records.change(
                connection,
                CONTACT,
                contact.known.number,
                changes,
                version=contact.known.version,
                concerned=concerned,
                by=by,
            )
        change_channels(connection, contact.channels, concerned, by)
    return new


def change_channels(
    connection: Connection, channels: Sequence[ChannelPlan], concerned: Concerned, by: Author
) -> None:
    """Add and correct the addresses of a contact; what is corrected is not confirmed any more, and a test of the other proves nothing of it."""
    assert concerned.contact is not None  # noqa: S101 - a contact that is there
    for channel in channels:
        if channel.corrects is None:
            contact_channels.add(connection, concerned.contact, channel.kind, channel.address, sealer=None)
        else:
            values = {
                "channel": channel.corrects.number,
                "kind": channel.kind,
                "address": channel.address,
            }
            contact_channels.require_contact(connection, concerned.contact)
            connection.execute(_IMPORT["correct_channel"], values)
            notices.withdraw_test(connection, concerned.contact, channel.corrects.number, by.now)
    before = [f"{one.corrects.kind.value} {one.corrects.address}" for one in channels if one.corrects]
    after = [f"{one.kind.value} {one.address}" for one in channels]
    stored_records.note_channels(connection, concerned, by, before=before, after=after)


def _note(connection: Connection, made: Sequence[tuple[Concerned, Watched, object]], by: Author) -> None:
    whom = [asdict(concerned) for concerned, _, _ in made]
    connection.execute(
        _IMPORT["note"],
        {
            "residents": [one["resident"] for one in whom],
            "homes": [one["home"] for one in whom],
            "contacts": [one["contact"] for one in whom],
            "whats": [what.value for _, what, _ in made],
            "afters": [Jsonb(msgspec.to_builtins(details)) for _, _, details in made],
            "now": by.now,
            "user": by.user or None,
        },
    )


def _channel(*, kind: str, **columns: Any) -> KnownChannel:
    return KnownChannel(kind=Channel(kind), **columns)
