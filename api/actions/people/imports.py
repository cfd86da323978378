"""The import of residents with their contacts: check a table and say what it would do, then do it, all or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from api.access import visibility
from api.access.refusals import RefusedError
from api.actions.context import ActionContext
from core.domain.people import Role
from core.domain.records.birthday import birthday_mistake
from core.domain.records.import_plan import (
    ContactPlan,
    FieldPlan,
    ImportPlan,
    KnownContact,
    KnownPeople,
    KnownResident,
    PersonPlan,
    channel_plans,
)
from core.domain.records.name_key import by_name, name_key, of_name
from core.errors import ConflictError, NotFoundError
from core.formats.people_table import ContactRow, PersonRow, TableProblem, read_people
from core.formats.sheet_file import UnreadableSheetError, read_sheet
from core.store.people.records import people_import, record_lists
from core.store.people.records.stored_records import Author

_FIELDS = ("name", "kana", "born_on", "phone")


@dataclass(frozen=True)
class CheckedTable:
    """What a table would do; with one problem it does nothing. `number` is what it is applied by."""

    number: int | None
    plan: ImportPlan
    problems: tuple[TableProblem, ...] = ()


def check(context: ActionContext, body: bytes) -> CheckedTable:
    """Return what a table would do, with every problem by row and column; nothing is changed.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    RefusedError
        The file is no table, or too large.
    """
    visibility.require_staff(context.viewer, "import residents")
    plan, problems, _ = _planned(context, body)
    if problems:
        return CheckedTable(None, plan, problems)
    by = Author(context.viewer.number, context.now)
    return CheckedTable(people_import.keep_draft(context.connection, body, plan.fingerprint, by), plan)


def apply(context: ActionContext, number: int, time_zone: str) -> ImportPlan:
    """Do what a checked table would do, all or nothing, and return what was done.

    Raises
    ------
    ForbiddenError
        The viewer is not staff.
    NotFoundError
        The viewer checked no such table within an hour.
    ConflictError
        Something that it is about was changed since it was checked: it would do something else now.
    """
    visibility.require_staff(context.viewer, "import residents")
    by = Author(context.viewer.number, context.now)
    people_import.lock(context.connection)
    found = people_import.draft(context.connection, number, by)
    if found is None:
        raise NotFoundError("there is no checked table of this number; give it again")
    plan, problems, known = _planned(context, found[0])
    if problems or plan.fingerprint != found[1]:
        raise ConflictError("something was changed since the table was checked; check it again")
    people_import.apply(context.connection, plan, known, time_zone, by)
    people_import.forget_drafts(context.connection, number, context.now)
    return plan


def _planned(context: ActionContext, body: bytes) -> tuple[ImportPlan, tuple[TableProblem, ...], KnownPeople]:
    try:
        table = read_people(read_sheet(body))
    except UnreadableSheetError as error:
        raise RefusedError("file", f"file_{error.code}") from error
    known = people_import.known_people(context.connection, context.viewer.scope)
    planner = _Planner(context, known)
    plan = planner.plan(table.rows)
    problems = sorted((*table.problems, *planner.problems), key=lambda one: one.row)
    return plan, tuple(problems), known


@dataclass
class _Planner:
    """Compares a table with what is there."""

    context: ActionContext
    known: KnownPeople
    problems: list[TableProblem] = field(default_factory=list[TableProblem])

    def __post_init__(self) -> None:
        offices = [
            one for one in record_lists.offices(self.context.connection) if one.is_care and one.is_active
        ]
        self._offices = by_name((one.name, one.number) for one in offices)
        own = self.context.viewer.user.office
        is_admin = self.context.viewer.role is Role.ADMIN
        self._may_office = set(self._offices.values()) if is_admin else {own}
        # Where there is one office, a table need not name it.
        self._usual = own if not is_admin else (offices[0].number if len(offices) == 1 else None)
        self._living = self.known.living_at()
        self._homes = {one.number: one for one in self.known.homes.values()}

    def plan(self, rows: list[PersonRow]) -> ImportPlan:
        new_homes: dict[str, str] = {}
        # Two rows may spell a new home in two ways; it is called as in the first.
        spelled: dict[str, str] = {}
        areas: dict[str, str] = {}
        people: list[PersonPlan] = []
        for row in rows:
            home = of_name(self.known.homes, row.home)
            if home is None:
                name = spelled.setdefault(name_key(row.home), row.home)
                new_homes[name] = new_homes.get(name) or row.area
            else:
                name = home.name
                if not home.is_open:
                    self._wrong(row, "home", "home_of_others")
                elif row.area and row.area != home.area:
                    areas[name] = row.area
            people.append(self._person(replace(row, home=name)))
        return ImportPlan(tuple(people), new_homes, areas)

    def _person(self, row: PersonRow) -> PersonPlan:
        there = self._there(row)
        office = self._office(row, there)
        if mistake := birthday_mistake(row.born_on, self.context.now.date()):
            self._wrong(row, "born_on", mistake, _said(row.born_on))
        if there is None:
            contacts = tuple(
                ContactPlan(one.name, one.relation, one.step, tuple(channel_plans(one.channels, ())))
                for one in row.contacts
            )
            return PersonPlan(
                row.row,
                row.name,
                row.kana,
                row.born_on,
                row.phone,
                office,
                row.home,
                row.area,
                contacts=contacts,
            )
        # What is empty in the table stays as it is.
        wanted: dict[str, Any] = {name: getattr(row, name) or getattr(there, name) for name in _FIELDS}
        wanted["office"] = office
        if row.number is None:
            # They were found by it: another spelling is no other name.
            wanted["name"] = there.name
        fields = tuple(
            FieldPlan(name, _said(getattr(there, name)), _said(value))
            for name, value in wanted.items()
            if value != getattr(there, name)
        )
        return PersonPlan(
            row=row.row,
            **wanted,
            home=row.home,
            area=row.area,
            fields=fields,
            contacts=tuple(self._contacts(row, there.number)),
            known=there,
        )

    def _contacts(self, person: PersonRow, resident: int) -> Iterator[ContactPlan]:
        for row in person.contacts:
            there = self._contact(person, row, resident)
            if there is None:
                yield ContactPlan(row.name, row.relation, row.step, tuple(channel_plans(row.channels, ())))
                continue
            relation = row.relation or there.relation
            wanted = {"relation": relation, "step": row.step}
            fields = tuple(
                FieldPlan(name, _said(getattr(there, name)), _said(value))
                for name, value in wanted.items()
                if value != getattr(there, name)
            )
            channels = tuple(channel_plans(row.channels, self.known.channels.get(there.number, ())))
            if fields or channels:
                yield ContactPlan(row.name, relation, row.step, channels, fields, there)

    def _contact(self, person: PersonRow, row: ContactRow, resident: int) -> KnownContact | None:
        """Return who is notified under that name; of one that ended, or of two, somebody decides by page."""
        known = self.known.contacts.get((resident, name_key(row.name)), ())
        active = [one for one in known if one.is_active]
        if len(active) > 1:
            self._wrong(person, f"contact{row.place}_name", "contact_ambiguous", row.name)
        elif known and not active:
            self._wrong(person, f"contact{row.place}_name", "contact_ended", row.name)
        return active[0] if active else None

    def _there(self, row: PersonRow) -> KnownResident | None:
        home = self.known.homes.get(row.home)
        if row.number is None:
            return None if home is None else self._living.get((home.number, name_key(row.name)))
        found = self.known.residents.get(row.number)
        if found is None or found.has_ended:
            self._wrong(row, "number", "no_such_number", str(row.number))
        elif home is None or home.number != found.home:
            self._wrong(row, "home", "home_moved", self._homes[found.home].name)
        return found

    def _office(self, row: PersonRow, there: KnownResident | None) -> int:
        if not row.office:
            office = there.office if there is not None else self._usual
            if office is None:
                self._wrong(row, "office", "missing")
            return office or 0
        office = of_name(self._offices, row.office)
        if office is None:
            self._wrong(row, "office", "no_such_office", row.office)
        elif office not in self._may_office:
            self._wrong(row, "office", "office_of_others", row.office)
        return office or 0

    def _wrong(self, row: PersonRow, column: str, code: str, shown: str = "") -> None:
        self.problems.append(TableProblem(row.row, column, code, shown))


def _said(value: object) -> str:
    return "" if value is None else str(value)
