"""Tokens of programs."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from api.schemas.common import Input, Output
from core.domain.people import TokenScope
from core.store.people.signing_in.api_tokens import ApiToken

_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00]*$")
]


class TokenIn(Input):
    """A token to make."""

    name: _Name = Field(
        description="What it is for; one's tokens have different names.", examples=["figures"]
    )
    scope: TokenScope = TokenScope.READ
    days: int = Field(
        default=90, ge=0, le=10_000, description="For how many days it can be used, 366 at most."
    )
    office: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None,
        description="Of an administrator: the office whose residents it may know of; null: all. Of others: their own.",
    )


class MadeTokenOut(Output):
    """A token, shown only now: programs send it as `Authorization: Bearer TOKEN`."""

    number: int
    token: str
    expires_at: datetime


class TokenOut(Output):
    """A token that can be used; the token itself nobody keeps."""

    number: int
    name: str
    scope: TokenScope
    office: int | None
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, one: ApiToken) -> Self:
        """Return it as it is answered."""
        return cls.model_validate(one)
