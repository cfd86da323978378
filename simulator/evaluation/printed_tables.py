"""What an evaluation prints for people: tables on the console."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from simulator.evaluation.curve import RATES
from simulator.evaluation.error_list import ErrorList
from simulator.evaluation.report import (
    PROMPT_COLUMNS,
    SetReport,
    bathroom_lines,
    false_rows,
    hours_table,
    life_table,
    presence_lines,
    prompt_table,
    shipped_table,
    slow_rows,
    table,
)
from simulator.evaluation.run import PeopleReport
from simulator.evaluation.track_report import TrackReport, fence_rows


def show_fence(console: Console, reports: Sequence[TrackReport]) -> None:
    """Print how well leaving the safe area is noticed, a row for each tracker."""
    shown = Table(title="leaving the safe area")
    for column in (
        "file",
        "who",
        "a fix every",
        "days heard",
        "raised",
        "false in 30 days",
        "found",
        "seconds, median / p95",
    ):
        shown.add_column(column, justify="left" if column in ("file", "who") else "right")
    for report in reports:
        for row in fence_rows(report):
            shown.add_row(report.name, *row)
    console.print(shown)


def show_set(console: Console, report: SetReport) -> None:
    """Print what one set of homes says: hours to alarm at equal rates, the shipped settings, and what is wrong."""
    shown = Table(
        title=f"{report.name}: {report.homes} homes, {report.test_days:.0f} days, {report.collapses} collapses; hours from collapse "
        "to alarm, median / mean / p95, at so many false alarms in 30 days"
    )
    shown.add_column("detector")
    for rate in RATES:
        shown.add_column(f"{rate:g}", justify="right")
    for row in table(report, RATES):
        shown.add_row(*row)
    console.print(shown)
    if report.shipped:
        _show_shipped(console, report)
    for errors in report.errors:
        _show_errors(console, report.name, errors)
    if report.long_silences:
        console.print(
            f"{report.long_silences} silences of more than a day in these days, {report.long_silence_days:.0f} days together: no detector is "
            "held against them, but they count as days watched",
            soft_wrap=True,
            highlight=False,
        )


def _show_shipped(console: Console, report: SetReport) -> None:
    shown = Table(title=f"{report.name}: the settings as they are shipped, as they run live")
    for column in (
        "setting",
        "for",
        "false in 30 days (95 % over homes)",
        "worst home",
        "homes over twice",
        "0:00 to 6:00",
        "a night of 40 homes",
        "hours to alarm",
    ):
        shown.add_column(column, justify="left" if column == "setting" else "right")
    for row in shipped_table(report):
        shown.add_row(*row)
    console.print(shown)
    asked = Table(*PROMPT_COLUMNS, title=f"{report.name}: residents who are asked first, at `standard`")
    for row in prompt_table(report):
        asked.add_row(*row)
    console.print(asked)
    clock = Table(title=f"{report.name}: when these false alarms ring, by the homes' clock")
    clock.add_column("setting")
    for first in range(0, 24, 3):
        clock.add_column(f"{first}:00 to {first + 3}:00", justify="right")
    for row in hours_table(report):
        clock.add_row(*row)
    console.print(clock)


def show_people(console: Console, name: str, found: PeopleReport) -> None:
    """Print how often the rules about life at home speak up, and how far it is known who is at home."""
    life = found.life
    shown = Table(title=f"{name}: rules about life at home, {life.homes} homes, {life.days:.0f} days")
    for column in ("rule", "alerts", "in 30 home-days", "of these after 4 weeks", "in 30 home-days"):
        shown.add_column(column, justify="left" if column == "rule" else "right")
    for row in life_table(life):
        shown.add_row(*row)
    console.print(shown)
    for line in (*bathroom_lines(life), *presence_lines(found.at_home)):
        console.print(line)


def _show_errors(console: Console, name: str, errors: ErrorList) -> None:
    margin = f"{errors.rate:g} false alarms in 30 days (a margin of {errors.margin_min:.0f} min)"
    false = Table(
        title=f"{name}: the {len(errors.false_alarms)} false alarms at {margin}; one by one in evaluation.json"
    )
    for column in ("silence", "false alarms", "over within an hour"):
        false.add_column(column, justify="left" if column == "silence" else "right")
    for row in false_rows(errors):
        false.add_row(*row)
    console.print(false)
    slow = Table(
        title=f"{name}: the slowest twentieth of collapses there, {errors.slow_from_h:.1f} h and more"
    )
    for column in ("collapse", "of these", "silences", "slowest, h"):
        slow.add_column(column, justify="left" if column == "collapse" else "right")
    for row in slow_rows(errors):
        slow.add_row(*row)
    console.print(slow)
