"""Recorded homes and walks, read as `mimamori evaluate` reads them."""

from functools import cache
from pathlib import Path

from detectors.features.window import Track
from simulator.evaluation.homes import EvaluatedRecording, homes_of
from simulator.evaluation.walks import read_track_file
from simulator.replay.files import read_recording
from tests.support.paths import TEST_DATA


def read_recordings(path: Path) -> list[EvaluatedRecording]:
    """Return the homes of a file of events in order of their names."""
    return list(homes_of(read_recording(path).checked(str(path), skip_bad=False), str(path)).homes)


@cache
def tihm_homes() -> tuple[EvaluatedRecording, ...]:
    """Return the homes of TIHM, read once for all tests of a process: none of them changes a recording."""
    return tuple(read_recordings(TEST_DATA / "tihm" / "activity.csv.gz"))


def read_tracks(path: Path) -> dict[str, Track]:
    """Return the tracks of a file by who walked them."""
    return read_track_file(path).tracks
