"""Erasures as they are asked for and shown."""

from datetime import datetime

from pydantic import Field

from api.schemas.common import Input, Line, Output
from core.domain.records.erasure import Erasure, ErasureState


class ErasureIn(Input):
    """The name of whom is to be erased, so that a slip of a number erases nobody."""

    name: Line = Field(examples=["田中 花子"])


class LeftTextOut(Output):
    """A column in which a name or address of theirs was found, and in how many rows."""

    table: str
    column: str
    rows: int


class ErasureReportOut(Output):
    """What an erasure did and proves; it names nobody."""

    deleted: dict[str, int] = Field(description="Rows by table.")
    blanked: dict[str, int]
    kept: dict[str, int] = Field(description="What stays by number alone, by table.")
    mended: dict[str, int] = Field(description="Rows of others in whose notes a name was blotted out.")
    left_rows: dict[str, int] = Field(description="Empty, or it is not proven.")
    left_texts: list[LeftTextOut] = Field(description="Empty, or it is not proven.")
    searched: int = Field(description="How many columns were searched.")
    identifiers: int = Field(description="For how many names and addresses.")
    shared: int = Field(description="How many of these somebody else has too.")
    others_at_home: int
    retained_cleared: int
    retained_left: int
    is_broker_asked: bool
    sha256: str


class ErasureOut(Output):
    """One erasure: of whom by number, and how it goes."""

    number: int
    resident: int
    asked_at: datetime
    asked_by: str | None = Field(description="Null: somebody at the machine.")
    state: ErasureState
    removed: dict[str, int] = Field(description="Rows deleted so far, by table.")
    report: ErasureReportOut | None
    done_at: datetime | None

    @staticmethod
    def of(one: Erasure) -> "ErasureOut":
        """Return one as it goes out."""
        return ErasureOut.model_validate(one)
