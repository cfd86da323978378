"""How warm and humid a room is: the season outside, the day's curve, and what people do against it."""

from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from simulator.randomness import generator
from simulator.town.streets import FloatArray

_YEAR_S = 365.25 * 86_400.0
_DAY_S = 86_400.0
# Normals of a city on Tokyo Bay: mean 16.5, coldest about 26 January, warmest hour about 14:30.
_MEAN_C, _SEASON_C, _DAY_CURVE_C = 16.5, 11.0, 3.5
_COLDEST_S = 25.0 * _DAY_S
_WARMEST_HOUR_S = 14.5 * 3600.0
# How slowly a room follows when heating or cooling fails.
_ROOM_TAKES_S = 2700.0
# How much of the difference to a pleasant temperature heating and cooling take away.
_EFFORT = {"living_room": 0.75, "bedroom": 0.5}


def outdoor_c(at_s: FloatArray, local_s: FloatArray, seed: int) -> FloatArray:
    """Return the temperature outside, shape (n,), degrees Celsius.

    Parameters
    ----------
    at_s : array of float, shape (n,)
        Unix times in seconds.
    local_s : array of float, shape (n,)
        Seconds after local midnight of the same moments.
    seed : int
        Chooses the weather, which drifts from day to day and is the same for the whole ward.
    """
    january = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    season = -np.cos(2 * np.pi * (at_s - january - _COLDEST_S) / _YEAR_S)
    curve = np.cos(2 * np.pi * (local_s - _WARMEST_HOUR_S) / _DAY_S)
    return _MEAN_C + _SEASON_C * season + _DAY_CURVE_C * curve + _weather(at_s, seed, "warmth", 2.2)


def room_climate(
    room: str, home: str, at_s: FloatArray, local_s: FloatArray, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return temperature in degrees Celsius and relative humidity in percent of a room, both shape (n,)."""
    outside = outdoor_c(at_s, local_s, seed)
    likes_c, effort = _habits(seed, home, room)
    pleasant = likes_c + np.clip((outside - 16.0) * 0.25, -2.0, 4.5)
    hour = local_s % _DAY_S / 3600.0
    # Heating and cooling rest at night.
    awake = np.where((hour > 6.0) & (hour < 22.0), 1.0, 0.6)
    # A room never gets as cold or hot as outside.
    bare = outside + 0.45 * (pleasant - outside)
    warm = bare + effort * awake * (pleasant - bare) + _weather(at_s, seed, f"{home}/{room}", 0.4)
    damp = 52.0 + 0.5 * (outside - _MEAN_C) - 1.2 * (warm - pleasant) + _weather(at_s, seed, "damp", 6.0)
    return np.round(warm, 2), np.round(np.clip(damp, 18.0, 92.0), 1)


@lru_cache(maxsize=20_000)
def _habits(seed: int, home: str, room: str) -> tuple[float, float]:
    """Return which temperature somebody likes, and how much is done for it."""
    draw = generator(seed, "climate", home, room)
    return float(draw.uniform(20.5, 23.0)), _EFFORT.get(room, 0.5) * float(draw.uniform(0.8, 1.1))


def drawn_to(warm: FloatArray, at_s: FloatArray, from_s: float, until_s: float, to_c: float) -> FloatArray:
    """Return temperatures, shape (n,), that go to `to_c` from one moment to another and then back to what they were."""
    risen = 1.0 - np.exp(-np.clip(at_s - from_s, 0.0, until_s - from_s) / _ROOM_TAKES_S)
    strength = risen * np.exp(-np.clip(at_s - until_s, 0.0, None) / _ROOM_TAKES_S)
    return np.round(warm + np.where(at_s >= from_s, strength, 0.0) * (to_c - warm), 2)


def _weather(at_s: FloatArray, seed: int, what: str, spread: float) -> FloatArray:
    """Return a smooth wandering value: one draw per day, joined by straight lines."""
    if at_s.size == 0:
        return at_s
    first, last = int(at_s[0] // _DAY_S), int(at_s[-1] // _DAY_S) + 1
    days = np.arange(first, last + 1)
    draws = np.array([_draw(seed, what, int(day), spread) for day in days])
    return np.interp(at_s / _DAY_S, days, draws)


@lru_cache(maxsize=4096)
def _draw(seed: int, what: str, day: int, spread: float) -> float:
    # The weather of a day is the same for all homes.
    return float(generator(seed, "weather", what, day).normal(0.0, spread))
