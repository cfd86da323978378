"""From the rows of a query to dataclasses."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")
# The driver's own type of a row of unknown columns.
Row = tuple[Any, ...]


def build(record: type[T], row: Row, /, **convert: Callable[[Any], Any]) -> T:
    """Return the dataclass whose fields are the columns of a row, in order.

    Fields named in `convert` are converted; NULL stays None.
    """
    values = list(row)
    # The number of columns is checked here, because a wrong query must not shift values into wrong fields.
    for place, (field, value) in enumerate(zip(fields(record), row, strict=True)):  # pyright: ignore[reportArgumentType] - T is a dataclass
        if value is not None and field.name in convert:
            values[place] = convert[field.name](value)
    return record(*values)
