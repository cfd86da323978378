"""Trying rules and settings on a resident's past, and what came of it, for a person or as JSON."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import InputError
from deploy.cli.connection import work

if TYPE_CHECKING:
    from core.store.database import Connection
    from detectors.backtest.run import Backtest, Question
    from detectors.backtest.statistics import Label
    from detectors.features.silence_threshold import Sensitivity

_COLUMNS = ["home_or_resident", "began_at", "what"]


@dataclass(frozen=True)
class Noted:
    """A line of a file with what really happened: to whom, when, what. A time without offset is on the home's clock."""

    whose: str
    began_at: datetime
    what: str

    def moment(self, zone: ZoneInfo) -> datetime:
        """Return when it began, in UTC."""
        aware = self.began_at if self.began_at.tzinfo is not None else self.began_at.replace(tzinfo=zone)
        return aware.astimezone(UTC)


def backtest(
    resident: Annotated[int, typer.Argument(min=1, help="The resident's number.")],
    *,
    weeks: Annotated[int, typer.Option(min=1, max=26, help="How far back.")] = 8,
    rule: Annotated[
        list[str] | None, typer.Option(help="Only this rule, such as inactivity; may be given several times.")
    ] = None,
    sensitivity: Annotated[
        str | None, typer.Option(help="A setting to try beside the one in force: family, standard or quiet.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(min=0, help="At most so many alerts in 30 days: try every setting and propose one."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="CSV with home_or_resident,began_at,what of what really happened; by default what was closed as real.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try rules and settings on a resident's stored past: how often they would have raised something, when and why.

    Nothing is written and nobody is notified. Each day is evaluated by what was known from the days before it.

    Example: [bold]mimamori backtest 12 --weeks 8 --budget 2[/bold]
    """
    from deploy.cli import backtest_report
    from detectors.backtest.run import Question

    tried = settings_to_try(sensitivity, everything=budget is not None)
    noted = None if labels is None else read_labels(labels)
    with work() as at:
        asked = Question(resident, at.now, weeks, frozenset(rule or ()), tried)
        tested, known = _run(at.connection, asked, noted)
    if as_json:
        print(json.dumps(backtest_report.as_body(tested, known, budget), indent=2, ensure_ascii=False))
    else:
        backtest_report.show(tested, known, budget)


def settings_to_try(named: str | None, *, everything: bool) -> tuple["Sensitivity", ...]:
    """Return the settings to try beside the one in force: the one that is named, or everything there is.

    Raises
    ------
    InputError
        There is no setting of that name.
    """
    from detectors.features.silence_threshold import Sensitivity

    if named is not None and named not in set(Sensitivity):
        raise InputError(f"--sensitivity {named}: there are {', '.join(Sensitivity)}")
    if everything:
        return tuple(Sensitivity)
    return () if named is None else (Sensitivity(named),)


def _run(
    connection: "Connection", asked: "Question", noted: list[Noted] | None
) -> tuple["Backtest", list["Label"]]:
    from core.store.detection import backtest_history
    from detectors.backtest import run
    from detectors.backtest.statistics import Label, labels_of

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("evaluating the past", total=1.0)
        tested = run.run(connection, asked, lambda share: bar.update(task, completed=share))
    if noted is None:
        known = list(tested.real_alerts)
    else:
        names = {str(tested.resident), backtest_history.subject_of(connection, tested.resident).home_name}
        known = [Label(one.moment(tested.zone), one.what) for one in noted if one.whose in names]
    return tested, labels_of(tested, known)


def read_labels(path: Path) -> list[Noted]:
    """Read what really happened from a CSV file.

    Raises
    ------
    InputError
        The file cannot be read; the message says in which line and what is wrong.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path.name}: this is no CSV in UTF-8 ({error})") from error
    if not rows or [one.strip() for one in rows[0]] != _COLUMNS:
        raise InputError(f"{path.name}, line 1: the first line must be {','.join(_COLUMNS)}")
    found: list[Noted] = []
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        if len(row) != len(_COLUMNS):
            raise InputError(f"{path.name}, line {number}: {len(row)} values; there must be {len(_COLUMNS)}")
        whose, text, what = (one.strip() for one in row)
        try:
            began_at = datetime.fromisoformat(text)
        except ValueError as error:
            raise InputError(
                f"{path.name}, line {number}: {text!r} is no time; write 2026-11-23T07:30+09:00"
            ) from error
        found.append(Noted(whose, began_at, what))
    return found
