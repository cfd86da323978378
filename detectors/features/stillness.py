"""Stillness: somebody is seen somewhere, and nobody in the home acts. It is a fact with a length, and never a sign of life."""

import numpy as np
from numpy.typing import NDArray

from detectors.features.window import LifeSigns, Occupancy


def stretches(one: Occupancy, signs: LifeSigns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return from when to when somebody was seen somewhere without acting (infinity for what lasts), Unix seconds.

    A stretch begins when they are seen, and anew with each life sign in that room while they are. It ends with the next life sign,
    wherever it is, or when they are seen no more. After a life sign elsewhere what is seen may be a curtain, or somebody else, until there is
    a life sign in that room.

    Examples
    --------
    >>> from core.domain.device import DeviceKind
    >>> from detectors.features.window import life_signs
    >>> bathroom = Occupancy("7", "bathroom", np.array([0.0, 900.0]), np.array([600.0, np.inf]))
    >>> moved = [(0.0, "bathroom"), (120.0, "bathroom"), (300.0, "kitchen"), (900.0, "bathroom")]
    >>> signs = life_signs([(time, DeviceKind.MOTION, place) for time, place in moved])
    >>> [found.tolist() for found in stretches(bathroom, signs)]
    [[0.0, 120.0, 900.0], [120.0, 300.0, inf]]
    """
    here = [number for number, place in enumerate(signs.places) if place == one.place]
    begins = np.unique(np.concatenate([one.began, signs.time[np.isin(signs.place, here)]]))
    seen = np.searchsorted(one.began, begins, side="right") - 1
    ends = np.where(seen >= 0, one.ended[np.maximum(seen, 0)], -np.inf) if len(one.ended) else begins
    begins, ends = begins[ends > begins], ends[ends > begins]
    following = np.append(signs.time, np.inf)[np.searchsorted(signs.time, begins, side="right")]
    return begins, np.minimum(ends, following)
