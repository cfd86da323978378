"""What `mimamori evaluate` says about files of positions: the safe area, and how well losing the way is told from ordinary trips."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.domain.geofence import Circle, Polygon
from core.errors import InputError
from detectors.rules.judgement import Track
from simulator.replay.tracks import POSITION_COLUMNS
from simulator.scoring.fence_trial import FenceTrial, read_excursions, try_fence
from simulator.scoring.loops import LoopScore, score_loops, trips
from simulator.scoring.tracks import tracks_of

# Each way of losing the way is put into each trip once for each of these.
SEEDS = (0, 1, 2)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class WalkerReport:
    """What was found on one person's track."""

    who: str
    fixes: int
    trips: int
    fence: FenceTrial | None


@dataclass(frozen=True)
class TrackReport:
    """What was found in one file; `wandering` is None where no trip of 40 minutes is recorded."""

    name: str
    walkers: Sequence[WalkerReport]
    wandering: LoopScore | None


def is_track_file(path: Path) -> bool:
    """Tell whether a file holds positions: GPX, or CSV with semicolons as docs/replay.md describes it."""
    try:
        with path.open("rb") as file:
            begins = file.read(2)
        with gzip.open(path) if begins == _GZIP else path.open("rb") as file:
            first = file.readline(4096).decode("utf-8-sig", errors="replace").strip()
    except (OSError, EOFError):
        return False
    return first.startswith("<") or set(POSITION_COLUMNS) <= {name.strip() for name in first.split(";")}


def evaluate_tracks(
    path: Path, fence: Circle | Polygon | None, truth: Path | None, seeds: Sequence[int] = SEEDS
) -> TrackReport:
    """Judge the tracks of a file.

    Parameters
    ----------
    path : Path
        GPX or CSV of positions.
    fence : Circle, Polygon or None
        The safe area; None for no geofence.
    truth : Path or None
        When people really were outside (see `read_excursions`).
    seeds : sequence of int
        For what is put into the trips.

    Raises
    ------
    InputError
        A file cannot be used; the message names its line.
    """
    tracks = {who: track for who, track in tracks_of(path).items() if len(track.time) > 1}
    if not tracks:
        raise InputError(f"{path}: holds no track with two positions and their times")
    known = None if truth is None else read_excursions(truth, tracks)
    walkers: list[WalkerReport] = []
    normal: list[Track] = []
    for who, track in tracks.items():
        own = trips([track])
        normal += own
        excursions = None if known is None else [one for one in known if one.who == who]
        trial = None if fence is None else try_fence(track, fence, excursions)
        walkers.append(WalkerReport(who, len(track.time), len(own), trial))
    return TrackReport(path.name, walkers, score_loops(normal, seeds) if normal else None)


def write_tracks(reports: Sequence[TrackReport], folder: Path) -> Path:
    """Write `tracks.json` into a folder. It holds times, and no positions."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tracks.json"
    body = {"seeds": list(SEEDS), "files": [asdict(report) for report in reports]}
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def fence_rows(report: TrackReport) -> Iterator[list[str]]:
    """Yield a row of the table for each walker: days heard, exits, and what they are worth where the truth is known."""
    for one in report.walkers:
        trial = one.fence
        if trial is None:
            continue
        yield [
            one.who,
            f"{trial.days:.2f}",
            f"{len(trial.exits)}",
            _number(trial.false_exits_30d, "{:.2f}"),
            _number(trial.found, "{:.3f}")
            + (f" of {trial.excursions}" if trial.excursions is not None else ""),
            f"{_number(trial.median_s, '{:.0f}')} / {_number(trial.p95_s, '{:.0f}')}",
        ]


def wandering_line(report: TrackReport) -> str:
    """Say how trips and trips with somebody losing the way are told apart."""
    found = report.wandering
    if found is None:
        return (
            "Losing the way: no trip of 40 minutes without a gap of ten is recorded, so nothing can be said."
        )
    return (
        f"Losing the way: {found.trips} trips, {found.flagged:.1%} of them flagged as they are; of {found.loops} with a made-up loop"
        f" {found.found:.1%} found, AUC {found.auc:.3f}."
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
