"""How long beyond the usual a silence may last."""

from enum import StrEnum


class Sensitivity(StrEnum):
    """How much patience there is with a silence, in words a family can choose from; the most watchful first."""

    FAMILY = "family"
    STANDARD = "standard"
    QUIET = "quiet"
