"""Made-up telephones that lie somewhere and drift: their errors are larger than they claim, as between high buildings and indoors.

Each lies for three hours. Errors keep for some time (`keeps_s`), and a fifth of them is new with each fix; the accuracy that is claimed is
right for half of the error at most. How large such errors are is our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.geodesy import METRES_PER_DEGREE
from detectors.features.window import Track
from simulator.evaluation.wandering_trials import FLAGGED_FROM, trip_scores, trips

LASTS_S = 3 * 3600.0
_HOME = (35.7, 139.7)
_BEGAN = float(np.datetime64("2024-01-01T13:00", "s").astype(np.int64))
_NEW_SHARE = 0.2


@dataclass(frozen=True)
class Drift:
    """How a telephone drifts: the standard deviation of its error on one axis, what it claims, and for how long an error keeps."""

    sigma_m: float
    claims_m: float
    keeps_s: float


KINDS = (Drift(30.0, 20.0, 120.0), Drift(45.0, 20.0, 400.0), Drift(25.0, 15.0, 60.0))


def lying(drift: Drift, fix_s: float, seed: int) -> Track:
    """Return the track of a telephone that lies somewhere for three hours."""
    random = np.random.default_rng(seed)
    count = int(LASTS_S / fix_s)
    keeps = float(np.exp(-fix_s / drift.keeps_s))
    slow, fresh = random.normal(0, 1, (2, count)), random.normal(0, 1, (2, count))
    for fix in range(1, count):
        slow[:, fix] = keeps * slow[:, fix - 1] + np.sqrt(1 - keeps**2) * slow[:, fix]
    # What is new with each fix is a few metres only where fixes follow each other within seconds.
    new_m = drift.sigma_m * np.sqrt(_NEW_SHARE) if fix_s >= 30 else 3.0
    east, north = drift.sigma_m * np.sqrt(1 - _NEW_SHARE) * slow + new_m * fresh
    lat = _HOME[0] + north / METRES_PER_DEGREE
    lon = _HOME[1] + east / (METRES_PER_DEGREE * np.cos(np.radians(_HOME[0])))
    claims = drift.claims_m * np.exp(random.normal(0, 0.3, count))
    return Track(_BEGAN + np.arange(count, dtype=np.float64) * fix_s, lat, lon, claims)


def flagged(fix_s: float, seeds: Sequence[int], kinds: Sequence[Drift] = KINDS) -> float:
    """Return the share of trips of 40 minutes of such telephones that are taken for losing the way."""
    cut = trips([lying(kind, fix_s, seed) for kind in kinds for seed in seeds])
    return float(np.mean(trip_scores(cut, ()).plain >= FLAGGED_FROM))
