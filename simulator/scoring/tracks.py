"""Reads recorded tracks for measuring: GPX files, and CSV files of positions."""

from datetime import UTC
from pathlib import Path

import numpy as np

from core.errors import InputError
from detectors.rules.judgement import Track
from simulator.replay.files import read_recording
from simulator.replay.recording import RecordedFix, Recording
from simulator.replay.tracks import read_gpx, read_positions


def read_tracks(path: Path) -> dict[str, Track]:
    """Return the tracks of a file by who walked them; a GPX file holds one.

    Raises
    ------
    InputError
        The file cannot be read, or holds something that is no position.
    """
    try:
        if path.suffix.lower() == ".gpx":
            recording = read_gpx(path.read_bytes(), path.stem, UTC)
        else:
            recording = read_positions(iter(path.read_text(encoding="utf-8").splitlines()), UTC)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    return _by_walker(path, recording)


def tracks_of(path: Path) -> dict[str, Track]:
    """Return the tracks of a file as `mimamori replay` would read it: plain or gzip, recognised by what is in it.

    Raises
    ------
    InputError
        The file cannot be read, or holds something that is no position.
    """
    return _by_walker(path, read_recording(path))


def _by_walker(path: Path, recording: Recording) -> dict[str, Track]:
    for bad in recording.bad[:1]:
        raise InputError(f"{path}, line {bad.line}: {bad.problem}")
    walkers = sorted({fix.home for fix in recording.fixes})
    return {who: _track([fix for fix in recording.fixes if fix.home == who]) for who in walkers}


def _track(fixes: list[RecordedFix]) -> Track:
    rows = np.array(
        [
            (fix.time.timestamp(), fix.lat, fix.lon, np.nan if fix.accuracy_m is None else fix.accuracy_m)
            for fix in fixes
        ],
        np.float64,
    ).reshape(-1, 4)
    return Track(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])
