"""Recorded homes and walks, read as `mimamori evaluate` reads them."""

from pathlib import Path

from detectors.features.window import Track
from simulator.evaluation.homes import EvaluatedRecording, read_events
from simulator.evaluation.walks import read_track_file


def read_recordings(path: Path) -> list[EvaluatedRecording]:
    """Return the homes of a file of events in order of their names."""
    return list(read_events(path).recordings)


def read_tracks(path: Path) -> dict[str, Track]:
    """Return the tracks of a file by who walked them."""
    return read_track_file(path).tracks
