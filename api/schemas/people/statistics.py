"""The ward's figures of a month."""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field

from api.schemas.common import Output
from core.domain.statistics.small_cells import PublishedTable
from core.store.operation.ward_statistics import MonthStatistics, MonthTotals

MonthAsked = Annotated[
    str | None,
    Query(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        description="A whole month that is over; the last one, if left out.",
        examples=["2026-10"],
    ),
]


class CellOut(Output):
    """A line of a table."""

    labels: list[str] = Field(
        description="Names of offices, rules or outcomes; of several only the sum is known."
    )
    count: int


class TableOut(Output):
    """A table; `total` is null where it would be about 1 to 9 people, and without lines only the total is published."""

    total: int | None
    cells: list[CellOut]

    @staticmethod
    def of(table: PublishedTable) -> "TableOut":
        """Return a table as it goes out."""
        return TableOut(
            total=table.total,
            cells=[CellOut(labels=list(one.labels), count=one.count) for one in table.cells],
        )


class MonthTotalsOut(Output):
    """The sums of one month; null where one would be about 1 to 9 people."""

    month: date
    watched: int | None
    alerts: int | None

    @staticmethod
    def of(one: MonthTotals) -> "MonthTotalsOut":
        """Return the sums as they go out."""
        return MonthTotalsOut(month=one.month, watched=one.watched, alerts=one.alerts)


class StatisticsOut(Output):
    """The figures of one month, and the sums of the months before it; `month` is null where no month is over yet."""

    month: date | None
    watched: TableOut | None = Field(description="People watched over at any time of the month, by office.")
    by_office: TableOut | None = Field(description="Alerts about people, by office.")
    by_rule: TableOut | None = Field(description="The same alerts by rule.")
    by_outcome: TableOut | None = Field(description="The same alerts by how they ended.")
    months: list[MonthTotalsOut]

    @staticmethod
    def of(found: MonthStatistics | None, months: list[MonthTotals]) -> "StatisticsOut":
        """Return the figures as they go out."""
        rows = [MonthTotalsOut.of(one) for one in months]
        if found is None:
            return StatisticsOut(
                month=None, watched=None, by_office=None, by_rule=None, by_outcome=None, months=rows
            )
        return StatisticsOut(
            month=found.month,
            watched=TableOut.of(found.watched),
            by_office=TableOut.of(found.by_office),
            by_rule=TableOut.of(found.by_rule),
            by_outcome=TableOut.of(found.by_outcome),
            months=rows,
        )
