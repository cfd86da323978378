"""The command `mimamori evaluate`."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from core.errors import InputError
from simulator.scoring.curve import RATES
from simulator.scoring.evaluation import NOISE_PER_HOUR, TIHM_OUTAGES, evaluate
from simulator.scoring.events import Recording, read_recordings
from simulator.scoring.fence_trial import read_fence
from simulator.scoring.protocol import LEAST_DAYS, Spans
from simulator.scoring.recorded_life import LifeReport, score_life
from simulator.scoring.report import SetReport, bathroom_lines, life_table, table, write
from simulator.scoring.synthetic import DAYS, HOMES, syn40
from simulator.scoring.track_report import (
    evaluate_tracks,
    fence_rows,
    is_track_file,
    wandering_line,
    write_tracks,
)

app = typer.Typer(
    name="evaluate",
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def evaluate_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="CSV files (or .csv.gz) of events: home,time,metric,place,value; or patient_id,location_name,date. "
            "Or of positions: GPX, or user_id;tracked_at;latitude;longitude. Without any, made-up homes (SYN-40) are judged.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option(help="The folder for evaluation.json and the pictures.")] = Path(
        "var/evaluation"
    ),
    outage: Annotated[
        list[str] | None,
        typer.Option(
            help="A time in which no home could be heard, as START/END (2019-06-15T04:04/2019-06-17T14:16); "
            "may be given several times. Those of the TIHM recording are known.",
            show_default=False,
        ),
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Also run what our rule is compared with.")] = True,
    noise_hours: Annotated[
        float, typer.Option(min=0.05, help="Hours between events that are nobody's after a collapse.")
    ] = 1 / NOISE_PER_HOUR,
    made_up: Annotated[
        bool, typer.Option("--made-up", help="Judge the made-up homes besides the files.")
    ] = False,
    homes: Annotated[int, typer.Option(min=2, help="How many made-up homes.")] = HOMES,
    fence: Annotated[
        str | None,
        typer.Option(
            help="For files of positions: a safe area as LAT,LON,RADIUS in degrees and metres, or a JSON file.",
            show_default=False,
        ),
    ] = None,
    excursions: Annotated[
        Path | None,
        typer.Option(
            help="For files of positions: a CSV file with who,left_at,returned_at, when somebody really was outside.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Measure how soon a collapse would be noticed, and how many false alarms that costs.

    Protocol P (docs/evaluation.md): hours from collapse to alarm, median / mean / 95th percentile, at equal rates of false alarms in
    30 days per home. Of files also how often every rule about life at home speaks up. The same input always gives the same figures.

    Files of positions (GPX, or CSV with semicolons) are judged by the rules about the way: with --fence how often leaving the safe area is
    told, and with --excursions how often wrongly, and how soon; and how well losing the way is told from the trips that are recorded.

    Example: mimamori evaluate homes.csv --out var/evaluation
    """
    console = Console()
    given = _outages(outage or [])
    began = time.monotonic()
    tracks, files = _tracks_and_events(files or [], fence, excursions)
    if tracks:
        console.print(f"Written: {_judge_tracks(console, tracks, fence, excursions, out)}")
    reports: list[SetReport] = []
    for one in _sets(files, given, homes if made_up or not (files or tracks) else 0):
        with console.status(one.name) as status:
            report = evaluate(
                one.name,
                one.recordings,
                one.outages,
                baselines=baselines,
                noise_per_hour=1 / noise_hours,
                tell=status.update,
            )
            life = score_life(one.recordings, one.outages, tell=status.update) if one.is_recorded else None
        _show(console, report)
        if life is not None:
            _show_life(console, one.name, life)
        reports.append(replace(report, life=life))
    for path in write(reports, out) if reports else ():
        console.print(f"Written: {path}")
    console.print(f"{time.monotonic() - began:.0f} s")


@dataclass(frozen=True)
class _Set:
    name: str
    recordings: list[Recording]
    outages: Spans
    is_recorded: bool


def _tracks_and_events(
    files: list[Path], fence: str | None, excursions: Path | None
) -> tuple[list[Path], list[Path]]:
    tracks = [path for path in files if is_track_file(path)]
    if excursions is not None and fence is None:
        raise InputError("--excursions says when somebody was outside of a safe area; give it with --fence")
    if (fence is not None or excursions is not None) and not tracks:
        raise InputError("--fence is for files of positions, and none was given")
    if excursions is not None and len(tracks) > 1:
        raise InputError("--excursions belongs to one file of positions; give one at a time")
    return tracks, [path for path in files if path not in tracks]


def _judge_tracks(
    console: Console, paths: list[Path], fence: str | None, excursions: Path | None, out: Path
) -> Path:
    shape = None if fence is None else read_fence(fence)
    reports = [evaluate_tracks(path, shape, excursions) for path in paths]
    for report in reports:
        if shape is not None:
            shown = Table(title=f"{report.name}: leaving the safe area")
            for column in ("who", "days heard", "told", "false in 30 days", "found", "seconds, median / p95"):
                shown.add_column(column, justify="left" if column == "who" else "right")
            for row in fence_rows(report):
                shown.add_row(*row)
            console.print(shown)
        console.print(f"{report.name}: {wandering_line(report)}")
    return write_tracks(reports, out)


def _show(console: Console, report: SetReport) -> None:
    shown = Table(
        title=f"{report.name}: {report.homes} homes, {report.test_days:.0f} days, {report.collapses} collapses"
    )
    shown.add_column("hours to alarm, median / mean / p95")
    for rate in RATES:
        shown.add_column(f"at {rate:g} false alarms in 30 days", justify="right")
    for row in table(report, RATES):
        shown.add_row(*row)
    console.print(shown)


def _show_life(console: Console, name: str, life: LifeReport) -> None:
    shown = Table(title=f"{name}: rules about life at home, {life.homes} homes, {life.days:.0f} days")
    for column in ("rule", "alerts", "in 30 home-days", "of these after 4 weeks", "in 30 home-days"):
        shown.add_column(column, justify="left" if column == "rule" else "right")
    for row in life_table(life):
        shown.add_row(*row)
    console.print(shown)
    for line in bathroom_lines(life):
        console.print(line)


def _sets(files: list[Path], given: Spans, homes: int) -> list[_Set]:
    sets: list[_Set] = []
    if homes:
        sets.append(_Set(f"syn{homes}", syn40(homes, DAYS), (), is_recorded=False))
    for path in files:
        recordings = read_recordings(path)
        if not any(one.signs.time[-1] - one.signs.time[0] >= LEAST_DAYS * 86_400 for one in recordings):
            raise InputError(
                f"{path}: no home is recorded for {LEAST_DAYS} days; four weeks teach and two at least are judged"
            )
        name = path.name.removesuffix(".gz").removesuffix(".csv")
        outages = given or (TIHM_OUTAGES if _is_tihm(recordings) else ())
        sets.append(_Set(name, recordings, outages, is_recorded=True))
    return sets


def _is_tihm(recordings: list[Recording]) -> bool:
    """Tell the TIHM recording by its time: nobody else's homes were heard in just these months."""
    first = min(one.signs.time[0] for one in recordings)
    last = max(one.signs.time[-1] for one in recordings)
    begins, ends = TIHM_OUTAGES[0][0], TIHM_OUTAGES[-1][1]
    return begins - 86_400 <= first <= last <= ends + 21 * 86_400


def _outages(texts: list[str]) -> Spans:
    spans: list[tuple[float, float]] = []
    for text in texts:
        try:
            began, ended = (float(np.datetime64(one, "s").astype(np.int64)) for one in text.split("/"))
        except ValueError:
            raise InputError(
                f"--outage {text}: write it like 2019-06-15T04:04/2019-06-17T14:16, as the wall clock shows it"
            ) from None
        spans.append((began, ended))
    return tuple(spans)
