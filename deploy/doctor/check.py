"""How a look at one thing came out."""

from dataclasses import dataclass
from enum import StrEnum


class CheckResult(StrEnum):
    """How a check came out."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and what to do about it."""

    name: str
    verdict: CheckResult
    found: str
    advice: str = ""
