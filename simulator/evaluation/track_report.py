"""What `mimamori evaluate` says about files of positions: the safe area, and how well losing the way is distinguished from ordinary trips."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from core.domain.geofence import Circle, Polygon
from core.domain.rules import WANDERING
from core.errors import InputError
from detectors.features.window import Track, moment
from simulator.evaluation.fence_trial import FenceTrial, read_excursions, try_fence
from simulator.evaluation.walks import read_track_file
from simulator.evaluation.wandering_trials import FLAGGED_FROM, LoopScore, TripScores, trip_scores, trips
from simulator.replay.parsing.text_file import FileChoices

# Each way of losing the way is put into each trip once for each of these.
SEEDS = (0, 1, 2)
_DEFAULTS = FileChoices()


@dataclass(frozen=True)
class WalkerReport:
    """What was found on one person's track; `flagged_at` is when trips began that were flagged as they are."""

    who: str
    fixes: int
    every_s: float
    trips: int
    fence: FenceTrial | None
    flagged_at: Sequence[str]


@dataclass(frozen=True)
class TrackReport:
    """What was found in one file; `wandering` is None where no trip of 40 minutes is recorded."""

    name: str
    walkers: Sequence[WalkerReport]
    wandering: LoopScore | None
    notes: Sequence[str]
    scores: TripScores = field(repr=False)

    def to_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "name": self.name,
            "walkers": [asdict(one) for one in self.walkers],
            WANDERING.name: None if self.wandering is None else asdict(self.wandering),
            "notes": list(self.notes),
        }


def evaluate_tracks(
    path: Path,
    fence: Circle | Polygon | None,
    ground_truth: Path | None,
    seeds: Sequence[int] = SEEDS,
    choices: FileChoices = _DEFAULTS,
) -> TrackReport:
    """Evaluate the tracks of a file.

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
    choices : FileChoices
        What a person says about the file.

    Raises
    ------
    InputError
        A file cannot be used; the message names its line.
    """
    file = read_track_file(path, choices)
    tracks = {who: track for who, track in file.tracks.items() if len(track.time) > 1}
    if not tracks:
        why = "".join(f"; {note}" for note in file.notes)
        raise InputError(f"{path}: holds no track with two positions and their times{why}")
    known = None if ground_truth is None else read_excursions(ground_truth, tracks, choices)
    own = {who: trips([track]) for who, track in tracks.items()}
    scores = trip_scores([trip for some in own.values() for trip in some], seeds)
    walkers: list[WalkerReport] = []
    first = 0
    for who, track in tracks.items():
        excursions = None if known is None else [one for one in known if one.who == who]
        trial = None if fence is None else try_fence(track, fence, excursions)
        plain = scores.plain[first : first + len(own[who])]
        flagged = _flagged(own[who], plain.tolist())
        every_s = float(np.median(np.diff(track.time)))
        walkers.append(WalkerReport(who, len(track.time), every_s, len(plain), trial, flagged))
        first += len(plain)
    found = scores.compared() if len(scores.plain) else None
    return TrackReport(path.name, walkers, found, file.notes, scores)


def _flagged(own: Sequence[Track], scores: Sequence[float]) -> list[str]:
    """Return when the trips began on which somebody seems to have lost the way."""
    return [
        moment(float(trip.time[0])).isoformat()
        for trip, score in zip(own, scores, strict=True)
        if score >= FLAGGED_FROM
    ]


def together(reports: Sequence[TrackReport]) -> LoopScore | None:
    """Return how well losing the way is found over all files; None where no trip is recorded."""
    all_of = TripScores(
        np.concatenate([one.scores.plain for one in reports]),
        np.concatenate([one.scores.lost for one in reports]),
    )
    return all_of.compared() if len(all_of.plain) else None


def write_tracks(reports: Sequence[TrackReport], folder: Path) -> Path:
    """Write `tracks.json` into a folder. It holds times, and no positions."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tracks.json"
    found = together(reports)
    body = {
        "seeds": list(SEEDS),
        WANDERING.name: None if found is None else asdict(found),
        "files": [report.to_json() for report in reports],
    }
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def fence_rows(report: TrackReport) -> Iterator[list[str]]:
    """Yield a row of the table for each walker: how often a fix, days in contact, exits, and what they are worth where the truth is known."""
    for one in report.walkers:
        trial = one.fence
        if trial is None:
            continue
        yield [
            one.who,
            f"{one.every_s:.0f} s",
            f"{trial.days:.2f}",
            f"{len(trial.exits)}",
            _number(trial.false_exits_30d, "{:.2f}"),
            _number(trial.found, "{:.3f}")
            + (f" of {trial.excursions}" if trial.excursions is not None else ""),
            f"{_number(trial.median_s, '{:.0f}')} / {_number(trial.p95_s, '{:.0f}')}",
        ]


def wandering_line(found: LoopScore | None) -> str:
    """Say how trips and trips with somebody losing the way are distinguished."""
    if found is None:
        return "Losing the way: no trip of 40 minutes with twelve positions and no gap of ten minutes is recorded, so nothing can be said."
    return (
        f"Losing the way: {found.trips} trips, {found.flagged:.1%} of them flagged as they are; of {found.loops} with a made-up loop"
        f" {found.found:.1%} found, AUC {found.auc:.3f}."
    )


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
