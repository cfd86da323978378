"""One's own sign-in."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.common import Input, Output

_Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class NewPasswordIn(Input):
    """The password until now, and the new one."""

    current: _Password
    password: _Password


class ProofIn(Input):
    """What proves who asks."""

    password: _Password


class OwnSessionOut(Output):
    """A browser in which one is signed in."""

    number: int
    browser: str = Field(
        description="What it said it is; empty where that is not known.", examples=["Firefox, Linux"]
    )
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_this: bool = Field(description="Whether it is the one that asks.")
