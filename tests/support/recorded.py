"""Recorded homes and walks, read as `mimamori evaluate` reads them."""

from pathlib import Path

from detectors.features.window import Track
from simulator.evaluation.homes import EvaluatedRecording, homes_of
from simulator.evaluation.walks import read_track_file
from simulator.replay.files import read_recording


def read_recordings(path: Path) -> list[EvaluatedRecording]:
    """Return the homes of a file of events in order of their names."""
    return list(homes_of(read_recording(path).checked(str(path), skip_bad=False), str(path)).homes)


def read_tracks(path: Path) -> dict[str, Track]:
    """Return the tracks of a file by who walked them."""
    return read_track_file(path).tracks
