"""The rule that runs live, as a detector of protocol P."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from detectors.rules.patience import Usual
from detectors.rules.silences import DOOR_CONTEXT_S, learn_line, silences
from simulator.scoring.crossing import first_passing_min
from simulator.scoring.protocol import Floats, Home, Moments

# Times of recordings are those of the wall clock.
_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True)
class OurRule:
    """The rule `inactivity`; settings are the margin in minutes."""

    settings: Sequence[float] = (
        30,
        45,
        60,
        75,
        90,
        105,
        120,
        135,
        150,
        165,
        180,
        210,
        240,
        270,
        300,
        340,
        380,
        420,
        480,
        560,
    )
    name: str = "Mimamori"

    def learn(self, home: Home) -> "_LearnedRule":
        """Learn what is usual at each midnight, as the runner does every night."""
        gaps = silences(home.signs, np.ones(len(home.signs.time), np.bool_))
        usual: list[Usual] = []
        for until in home.learned_at:
            line, days = learn_line(gaps, _ZONE, home.outages, float(until))
            usual.append(Usual(days, line))
        return _LearnedRule(tuple(usual), home.signs.places, {})


@dataclass(frozen=True)
class _LearnedRule:
    usual: tuple[Usual, ...]
    places: tuple[str, ...]
    # By setting: shape (weeks, places + 1, 288); the last row is for silences after the door.
    tables: dict[float, Floats]

    def patience_min(self, setting: float, moments: Moments) -> Floats:
        """Return when the rule raises an alarm."""
        if setting not in self.tables:
            allowed = np.stack([self._allowed(one, setting) for one in self.usual])
            self.tables[setting] = first_passing_min(allowed)
        row = np.where(moments.after_door_s <= DOOR_CONTEXT_S, len(self.places), moments.place)
        return self.tables[setting][moments.week, row, moments.bin]

    def _allowed(self, usual: Usual, setting: float) -> Floats:
        limits = [usual.limit(setting, place, after_door=False) for place in self.places]
        limits.append(usual.limit(setting, None, after_door=True))
        return np.stack([limit.allowed_min for limit in limits])
