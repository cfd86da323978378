"""Offices, accounts and invitations as they are registered and changed."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from api.schemas.common import Input, Line, Output
from api.schemas.people.records import Phone, RecordChange
from core.domain.people import Language, OfficeRole, Role
from core.domain.records.details import AccountDetails, OfficeDetails
from core.store.people.records.stored_records import Record

_Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


def _one_word(login: str) -> str:
    if any(letter.isspace() or not letter.isprintable() for letter in login):
        raise ValueError("a login holds no spaces")
    return login


Login = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(_one_word),
]


class OfficeIn(Input):
    """What is filled in about an office."""

    name: Line
    phone: Phone = ""
    is_active: bool = Field(default=True, description="False ends it; nobody may be left there.")
    is_tested_monthly: bool = Field(
        default=True,
        description="Whether the channels of its contacts and its residents' are tested once a month.",
    )
    role: OfficeRole = Field(
        default=OfficeRole.CARE,
        description="Of the ward's duty line and of the operator's emergency plan there is at most one; it stays as it is.",
    )

    def to_details(self) -> OfficeDetails:
        """Return the domain's fields."""
        return OfficeDetails(**self.model_dump(include=set(OfficeIn.model_fields)))


class OfficeFieldsChange(RecordChange):
    """What changes of an office."""

    name: Line = ""
    phone: Phone = ""
    is_active: bool = True
    is_tested_monthly: bool = True


class OfficeRecordOut(Output):
    """An office's fields, with the version for a change of them."""

    number: int
    version: int
    name: str
    phone: str
    is_active: bool
    role: OfficeRole
    is_tested_monthly: bool

    @staticmethod
    def of(record: Record[OfficeDetails]) -> "OfficeRecordOut":
        """Return a record as it goes out."""
        return OfficeRecordOut(number=record.number, version=record.version, **vars(record.details))


class AccountIn(Input):
    """What is filled in about somebody who signs in. A password is never part of it."""

    login: Login
    name: Line
    role: Role = Role.FAMILY
    office: _Number | None = Field(default=None, description="Of care staff and technicians.")
    language: Language = Language.JA
    is_active: bool = Field(default=True, description="False keeps them out and signs them out everywhere.")

    @model_validator(mode="after")
    def _office_of_care(self) -> "AccountIn":
        if self.role.has_office != (self.office is not None):
            raise ValueError("care staff and technicians belong to an office, others do not")
        return self

    def to_details(self) -> AccountDetails:
        """Return the domain's fields."""
        return AccountDetails(**self.model_dump(include=set(AccountIn.model_fields)))


class AccountNew(AccountIn):
    """A new account; a family's is linked to residents."""

    residents: Annotated[frozenset[_Number], Field(max_length=30)] = frozenset()


class AccountChange(RecordChange):
    """What changes of an account."""

    login: Login = ""
    name: Line = ""
    role: Role = Role.FAMILY
    office: _Number | None = None
    language: Language = Language.JA
    is_active: bool = True


class LinksIn(Input):
    """The residents of a family's account."""

    residents: Annotated[frozenset[_Number], Field(min_length=1, max_length=30)]


class LinkedResidentOut(Output):
    """A resident of a family's account."""

    number: int
    name: str
    office: int


class AccountOut(Output):
    """An account's fields, with the version for a change of them."""

    number: int
    version: int
    login: str
    name: str
    role: Role
    office: int | None
    language: Language
    is_active: bool

    @staticmethod
    def of(record: Record[AccountDetails]) -> "AccountOut":
        """Return a record as it goes out."""
        return AccountOut(number=record.number, version=record.version, **vars(record.details))


class InvitationOut(Output):
    """A one-time link, shown now and never again."""

    address: str = Field(description="Opens the page that asks for a password; the code is behind the #.")
    expires_at: datetime


class PasswordIn(Input):
    """The code of an invitation, and the password that was chosen."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    password: Annotated[str, StringConstraints(max_length=256)]
