"""The command `mimamori evaluate`."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import typer
from rich.console import Console

from core.errors import InputError
from simulator.evaluation.fence_trial import read_fence
from simulator.evaluation.homes import EvaluatedHomes, EvaluatedRecording, homes_of
from simulator.evaluation.outages import Outages, outages_of
from simulator.evaluation.printed_tables import show_fence, show_people, show_set
from simulator.evaluation.protocol import DAY_S, LEAST_DAYS, Spans
from simulator.evaluation.report import SetReport, write
from simulator.evaluation.run import NOISE_PER_HOUR, evaluate, evaluate_people
from simulator.evaluation.synthetic import DAYS, HOMES, syn40
from simulator.evaluation.track_report import (
    TrackReport,
    evaluate_tracks,
    together,
    wandering_line,
    write_tracks,
)
from simulator.replay.files import TRACK_FORMS, form_of, read_recording
from simulator.replay.parsing.text_file import UTC_ZONE, FileChoices, encoding_of
from simulator.replay.parsing.times import DateOrder
from simulator.replay.recording import Recording

_WIDTH = 120
# Of more files than this only the sum is printed; all are in tracks.json.
_MOST_FILES = 20

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
            help="CSV files (or .csv.gz) of events: home,time,metric,place,value; or patient_id,location_name,date; text of CASAS; a history of Home Assistant. "
            "Or of positions: GPX, PLT of Geolife, or user_id;tracked_at;latitude;longitude. Without any, made-up homes (SYN-40) are judged.",
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
            "may be given several times. Else those of the TIHM recording are known, and of other files they are found.",
            show_default=False,
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help="Where the homes are, like Asia/Tokyo: times with an offset become those of the wall clock there. "
            "Without it the offset is dropped. Tracks: the zone of times without an offset; UTC if nothing is said.",
            show_default=False,
        ),
    ] = None,
    encoding: Annotated[
        str,
        typer.Option(
            help="Of the files, for example cp932 or utf-16. Default: find it out.", show_default=False
        ),
    ] = "",
    home_column: Annotated[
        str,
        typer.Option(
            help="The column that separates homes or people; none if all is of one. Default: home, uid and the like.",
            show_default=False,
        ),
    ] = "",
    dates: Annotated[
        DateOrder | None,
        typer.Option(help="The order of dates such as 01/08/2026. Default: find it out.", show_default=False),
    ] = None,
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave lines of events out that cannot be read, and say how many."),
    ] = False,
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
    30 days per home. Of files also how often every rule about life at home speaks up, and how far the door says who is at home. The same input always gives the same figures.

    Files of positions (GPX, PLT or CSV) are evaluated by the rules about the way: with --fence how often leaving the safe area is
    raised, and with --excursions how often wrongly, and how soon; and how well losing the way is distinguished from the trips that are recorded.

    Example: mimamori evaluate homes.csv --out var/evaluation
    """
    console = _console()
    given, zone = _outages(outage or []), _zone(time_zone)
    choices = FileChoices(zone or UTC_ZONE, encoding, home_column, dates)
    began = time.monotonic()
    tracks, files = _tracks_and_events(files or [], encoding, fence, excursions)
    if tracks:
        console.print(f"Written: {_evaluate_tracks(console, tracks, fence, excursions, choices, out)}")
    reports: list[SetReport] = []
    sets = _made_up(homes) if made_up or not (files or tracks) else []
    sets += [_recorded(path, zone, choices, given, skip_bad=skip_bad) for path in files]
    for number, one in enumerate(sets):
        name = _own_name(one.name, [other.name for other in sets[:number]])
        for line in one.notes:
            console.print(line, soft_wrap=True, highlight=False)
        with console.status(name) as status:
            report = evaluate(
                name,
                one.recordings,
                one.outages.spans,
                baselines=baselines,
                noise_per_hour=1 / noise_hours,
                on_progress=status.update,
            )
            of_people = (
                evaluate_people(one.recordings, one.outages.spans, status.update) if one.is_recorded else None
            )
        show_set(console, report)
        if of_people is not None:
            show_people(console, name, of_people)
            report = replace(report, life=of_people.life, at_home=of_people.at_home)
        reports.append(replace(report, outages=one.outages, left_out=one.left_out))
    for path in write(reports, out) if reports else ():
        console.print(f"Written: {path}")
    console.print(f"{time.monotonic() - began:.0f} s")


@dataclass(frozen=True)
class _Set:
    """Homes to evaluate together: `notes` is what a person should know about their file, `left_out` the homes that are too short."""

    name: str
    recordings: Sequence[EvaluatedRecording]
    outages: Outages
    is_recorded: bool
    notes: Sequence[str] = ()
    left_out: Sequence[str] = ()


def _tracks_and_events(
    files: list[Path], encoding: str, fence: str | None, excursions: Path | None
) -> tuple[list[Path], list[Path]]:
    tracks = [path for path in files if form_of(path, encoding_of(path, encoding)) in TRACK_FORMS]
    if excursions is not None and fence is None:
        raise InputError("--excursions says when somebody was outside of a safe area; give it with --fence")
    if (fence is not None or excursions is not None) and not tracks:
        raise InputError("--fence is for files of positions, and none was given")
    if excursions is not None and len(tracks) > 1:
        raise InputError("--excursions belongs to one file of positions; give one at a time")
    return tracks, [path for path in files if path not in tracks]


def _evaluate_tracks(
    console: Console,
    paths: list[Path],
    fence: str | None,
    excursions: Path | None,
    choices: FileChoices,
    out: Path,
) -> Path:
    shape = None if fence is None else read_fence(fence)
    reports: list[TrackReport] = []
    with console.status("tracks") as status:
        for number, path in enumerate(paths, 1):
            status.update(f"{path.name}: {number} of {len(paths)}")
            reports.append(evaluate_tracks(path, shape, excursions, choices=choices))
    if shape is not None:
        show_fence(console, reports)
    for report in reports[:_MOST_FILES]:
        for note in report.notes:
            console.print(f"{report.name}: {note}", soft_wrap=True, highlight=False)
        console.print(f"{report.name}: {wandering_line(report.wandering)}", soft_wrap=True, highlight=False)
    if len(reports) > 1:
        console.print(
            f"All {len(reports)} files: {wandering_line(together(reports))}", soft_wrap=True, highlight=False
        )
    return write_tracks(reports, out)


def _console() -> Console:
    """Return a console that is wide enough for the tables where nobody set a width: in a pipe or a file."""
    console = Console()
    return console if console.is_terminal else Console(width=max(console.width, _WIDTH))


def _made_up(homes: int) -> list[_Set]:
    return [_Set(f"syn{homes}", syn40(homes, DAYS), Outages((), "none"), is_recorded=False)]


def _recorded(
    path: Path, zone: ZoneInfo | None, choices: FileChoices, given: Spans, *, skip_bad: bool
) -> _Set:
    recording = read_recording(path, choices=choices).checked(str(path), skip_bad=skip_bad)
    found = homes_of(recording, str(path), zone)
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    days = {one.home: float(one.signs.time[-1] - one.signs.time[0]) / DAY_S for one in found.homes}
    left_out = [home for home, recorded in days.items() if recorded < LEAST_DAYS]
    if len(left_out) == len(days):
        raise InputError(
            f"{path}: no home is recorded for {LEAST_DAYS} days; four weeks teach and two at least are judged"
        )
    outages = outages_of(found.homes, given)
    notes = (*_notes_of_file(path, recording, found), *_notes_of_homes(outages, left_out))
    return _Set(name, found.homes, outages, is_recorded=True, notes=notes, left_out=left_out)


def _notes_of_file(path: Path, recording: Recording, found: EvaluatedHomes) -> Iterator[str]:
    signs = sum(len(one.signs.time) for one in found.homes)
    yield f"{path}: {recording.lines} lines, {signs} signs of life in {len(found.homes)} homes"
    if found.repeated:
        yield f"{found.repeated} lines say again what others say, and count once"
    if found.unchanged:
        yield f"{found.unchanged} states are the first of their sensor or say the same again, and show nobody's act"
    yield from recording.notes
    for row in recording.bad:
        yield f"{path}, {row}"
    if recording.bad_count:
        yield f"{recording.bad_count} lines cannot be used and were left out"
    if recording.without_offset:
        where = "that the wall clock in the homes showed" if found.zone is None else f"of {found.zone}"
        yield f"{recording.without_offset} times say no zone and are taken as those {where}"
    if found.in_utc:
        yield "times are in UTC: if the homes' clocks show another time, give --time-zone, since day and night matter"


def _notes_of_homes(outages: Outages, left_out: list[str]) -> Iterator[str]:
    if left_out:
        yield f"recorded for less than {LEAST_DAYS} days, so only the rules about life at home judge them: {', '.join(left_out)}"
    words = {
        "given": "as was said",
        "known": "known of the TIHM recording",
        "found": "found: all homes were silent, which chance does not explain",
    }
    for span in outages.in_words():
        yield f"outage of the platform {span} ({words[outages.origin]}); neither judged nor learned from"


def _own_name(name: str, others: Sequence[str]) -> str:
    """Return the name, with a number if another set is called the same: each has a picture of its own."""
    before = others.count(name)
    return f"{name}-{before + 1}" if before else name


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(f"--time-zone {name}: no such time zone; write it like Asia/Tokyo") from None


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
