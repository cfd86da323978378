"""Reads recorded tracks for measuring: GPX files, CSV files of positions, and PLT files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import InputError
from detectors.features.window import Track
from simulator.replay.files import read_recording
from simulator.replay.parsing.text_file import FileChoices
from simulator.replay.recording import RecordedFix

_DEFAULTS = FileChoices()


@dataclass(frozen=True)
class TrackFile:
    """The tracks of a file by who walked them, as the file calls them, and what a person should know about it."""

    tracks: dict[str, Track]
    notes: tuple[str, ...] = ()


def read_track_file(path: Path, choices: FileChoices = _DEFAULTS) -> TrackFile:
    """Read a file as `mimamori replay` would: plain or gzip, recognised by what is in it. A second fix of the same moment is left out.

    Raises
    ------
    InputError
        The file cannot be read, or holds something that is no position.
    """
    recording = read_recording(path, choices=choices)
    for bad in recording.bad[:1]:
        raise InputError(f"{path}, {bad}")
    walkers = sorted({fix.home for fix in recording.fixes})
    tracks = {
        recording.names.get(who, who): _track([fix for fix in recording.fixes if fix.home == who])
        for who in walkers
    }
    assumed = (
        (
            f"{recording.without_offset} times say no zone and are taken as {choices.zone}; --time-zone says another",
        )
        if recording.without_offset
        else ()
    )
    return TrackFile(tracks, (*recording.notes, *assumed))


def _track(fixes: list[RecordedFix]) -> Track:
    rows = np.array(
        [
            (fix.time.timestamp(), fix.lat, fix.lon, np.nan if fix.accuracy_m is None else fix.accuracy_m)
            for fix in fixes
        ],
        np.float64,
    ).reshape(-1, 4)
    _, first = np.unique(rows[:, 0], return_index=True)
    rows = rows[first]
    return Track(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])
