"""Signing in."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.common import Input, Output
from core.domain.people import Language, Role


class SignInIn(Input):
    """A login and its password."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        examples=["hanako@example.jp"]
    )
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)] = Field(
        examples=["correct horse battery"]
    )
    code: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Of the second factor where it is on: six digits, or a recovery code."
    )


class UserOut(Output):
    """Who is signed in."""

    number: int
    login: str
    name: str
    role: Role
    office: int | None
    language: Language


class SessionOut(Output):
    """A session; its token is in the cookie."""

    user: UserOut
    expires_at: datetime = Field(description="When it ends at the latest; it ends earlier if it is not used.")
