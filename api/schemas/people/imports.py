"""The import of residents from a table: what it would do, and what was done."""

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.schemas.common import Output


class TableIn(BaseModel):
    """A table of residents as an office has it: CSV or Excel (.xlsx), up to 8 MB."""

    model_config = ConfigDict(extra="forbid")

    file: UploadFile = Field(description="The file as it is.")


class TableProblemOut(Output):
    """What is wrong in one cell of a table."""

    row: int = Field(description="Of the file, from 1.")
    column: str = Field(examples=["born_on", "contact1_phone"])
    code: str = Field(examples=["date", "lost_zero"])
    shown: str


class ImportOut(Output):
    """What an import does: with one problem nothing."""

    number: int | None = Field(description="By which it is applied, within an hour; null with problems.")
    added: int
    changed: int
    same: int
    homes: int = Field(description="How many homes are new.")
    problems: list[TableProblemOut]
