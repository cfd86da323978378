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

    proof: _Password = Field(description="The password; a code where a second factor is on.")


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


class SecondFactorOut(Output):
    """How a second factor stands."""

    is_on: bool = Field(description="Whether a code is asked for at each sign-in.")
    codes_left: int = Field(description="How many recovery codes can still be used.")


class AppSecretOut(Output):
    """What an authenticator app is given."""

    secret: str = Field(description="To be typed.")
    address: str = Field(description="What a QR code for the app says.")


class CodeIn(Input):
    """A code that an authenticator app shows."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["123456"])


class RecoveryCodesOut(Output):
    """Codes for the day the phone is lost, shown only now; each is good once."""

    recovery_codes: list[str]
