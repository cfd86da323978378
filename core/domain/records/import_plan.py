"""What an import will do, decided before it does anything: each row is new, a change or the same."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.domain.people import Channel
from core.domain.records.name_key import name_key

_PHONES = frozenset({Channel.SMS, Channel.VOICE})


@dataclass(frozen=True)
class KnownHome:
    """A home that is there; `is_open` says that whoever imports may put somebody into it."""

    number: int
    version: int
    name: str
    area: str
    is_open: bool


@dataclass(frozen=True)
class KnownResident:
    """A resident who is there."""

    number: int
    version: int
    home: int
    name: str
    kana: str
    born_on: date | None
    phone: str
    office: int
    has_ended: bool


@dataclass(frozen=True)
class KnownChannel:
    """A channel of a contact who is there."""

    number: int
    contact: int
    kind: Channel
    address: str


@dataclass(frozen=True)
class KnownContact:
    """A contact who is there."""

    number: int
    version: int
    resident: int
    name: str
    relation: str
    step: int
    is_active: bool


@dataclass(frozen=True)
class KnownPeople:
    """Everything that is there and that whoever imports may change; homes as `of_name` looks them up, contacts by resident and `name_key`."""

    homes: Mapping[str, KnownHome]
    residents: Mapping[int, KnownResident]
    contacts: Mapping[tuple[int, str], Sequence[KnownContact]]
    channels: Mapping[int, Sequence[KnownChannel]]

    def living_at(self) -> dict[tuple[int, str], KnownResident]:
        """Return those who are watched, by home and `name_key`."""
        return {(one.home, name_key(one.name)): one for one in self.residents.values() if not one.has_ended}


@dataclass(frozen=True)
class FieldPlan:
    """One field that will change."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class ChannelPlan:
    """An address to add, or to put in the place of `corrects`."""

    kind: Channel
    address: str
    corrects: KnownChannel | None = None


@dataclass(frozen=True)
class ContactPlan:
    """A contact to add (`known` None) or to change."""

    name: str
    relation: str
    step: int
    channels: tuple[ChannelPlan, ...]
    fields: tuple[FieldPlan, ...] = ()
    known: KnownContact | None = None


@dataclass(frozen=True)
class PersonPlan:
    """A resident to add (`known` None) or to change, with the contacts that change."""

    row: int
    name: str
    kana: str
    born_on: date | None
    phone: str
    office: int
    home: str
    area: str
    fields: tuple[FieldPlan, ...] = ()
    contacts: tuple[ContactPlan, ...] = ()
    known: KnownResident | None = None

    @property
    def is_same(self) -> bool:
        """Whether nothing changes."""
        return self.known is not None and not self.fields and not self.contacts


@dataclass(frozen=True)
class ImportPlan:
    """All that an import will do, home by home and row by row; homes are new ones by name, or changes of the area."""

    people: tuple[PersonPlan, ...] = ()
    new_homes: Mapping[str, str] = field(default_factory=dict[str, str])
    moved_areas: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def added(self) -> int:
        """How many residents are new."""
        return sum(one.known is None for one in self.people)

    @property
    def changed(self) -> int:
        """How many residents change, or their contacts."""
        return sum(one.known is not None and not one.is_same for one in self.people)

    @property
    def same(self) -> int:
        """How many residents stay as they are."""
        return sum(one.is_same for one in self.people)

    @property
    def fingerprint(self) -> str:
        """What two plans that do the same have in common."""
        said = repr((self.people, sorted(self.new_homes.items()), sorted(self.moved_areas.items())))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def channel_plans(
    wanted: Sequence[tuple[Channel, str]], there: Sequence[KnownChannel]
) -> Iterator[ChannelPlan]:
    """Give the addresses to add or correct: a number is corrected where one is there, a mail address likewise."""
    for kind, address in wanted:
        family = _PHONES if kind in _PHONES else frozenset({kind})
        present = [one for one in there if one.kind in family]
        if any(one.address == address for one in present):
            continue
        yield ChannelPlan(kind, address, present[0] if len(present) == 1 else None)
