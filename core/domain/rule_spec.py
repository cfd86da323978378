"""What is known about each rule beside how it is computed: the fields of a row of `core.domain.rules`."""

from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.alert import Severity, SubjectKind
from core.domain.device import DeviceKind
from core.domain.reason_card import ReasonCard


class Family(StrEnum):
    """Which part of the watch a rule belongs to."""

    ACTIVITY = "activity"
    CLIMATE = "climate"
    OUTDOORS = "outdoors"
    EMERGENCY = "emergency"
    EQUIPMENT = "equipment"
    COVERAGE = "coverage"
    TREND = "trend"


class Audience(StrEnum):
    """Who is notified."""

    FAMILY_FIRST = "family_first"
    """The resident's contacts step by step, then the centre; alerts about no resident have no family."""
    STAFF = "staff"
    """The centre only, unless the alert is more urgent than "keep an eye": then the family too."""


class Ends(StrEnum):
    """What ends an alert."""

    CONDITION = "condition"
    """It clears when what was found is over."""
    CLOCK = "clock"
    """The same, looked for at times of its own and not with each message: it lasts for days, and not for what somebody does."""
    PERSON = "person"
    """Somebody asked for help: only a person may say that it is over."""


class BaselineKind(StrEnum):
    """What is learned about a resident."""

    HOME = "home"
    """Silences and the rhythm of the days at home."""
    PLACES = "places"
    """Where the resident usually goes."""


class Need(StrEnum):
    """Without which a rule is not asked about a resident."""

    TRACKER = "tracker"
    DOOR = "door"
    NIGHT_EXIT_AGREED = "night_exit_agreed"
    QUIET_LIMIT = "quiet_limit"


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """One rule: one row of the registry.

    Attributes
    ----------
    name : str
        What alerts, interfaces and texts call it; never changed.
    version : int
        Raised when what it finds, or what its reason card says, changes.
    subject : SubjectKind
        What its alerts are about.
    lowest, highest : Severity
        Between which severities its alerts lie.
    audience : Audience
        Who is notified.
    family : Family
        Which part of the watch it belongs to.
    finds, raised, clears : str
        For `docs/rules.md`: what it claims, when an alert is raised, when it ends.
    sensors : str
        For `docs/rules.md`: what it needs to say anything.
    ends : Ends
        What ends its alerts.
    shows_location : bool
        Whoever has claimed an urgent alert of it sees the precise place.
    search_from_last_fix : bool
        The resident may have to be looked for: pages show how far from the last position.
    not_in_backtest : str
        Why it cannot be tried on the stored past; empty if it can.
    excludes_from : frozenset of Baseline
        What learns nothing from the time of an alert that turned out to be real.
    needs : frozenset of Need
        Without which it is not asked about a resident.
    is_ordinary : bool
        It happens in ordinary life of a simulated ward too, without an event of a scenario.
    no_scenario : str
        Why no scenario of the library raises it; empty if one does.
    at_once : frozenset of DeviceKind, optional
        Kinds of devices about which people are notified at once; all others stand in the day's one message about equipment. None: every alert
        is notified at once.
    reason : type of ReasonCard
        Struct of its reason card.
    todo : str
        Key of the page text that says what to do.
    """

    name: str
    version: int
    subject: SubjectKind
    lowest: Severity
    highest: Severity
    audience: Audience
    family: Family
    finds: str
    raised: str
    clears: str
    sensors: str
    reason: type[ReasonCard]
    todo: str
    ends: Ends = Ends.CONDITION
    shows_location: bool = False
    search_from_last_fix: bool = False
    not_in_backtest: str = ""
    excludes_from: frozenset[BaselineKind] = field(default_factory=frozenset[BaselineKind])
    needs: frozenset[Need] = field(default_factory=frozenset[Need])
    is_ordinary: bool = False
    no_scenario: str = ""
    at_once: frozenset[DeviceKind] | None = None

    @property
    def texts(self) -> str:
        """The stem of the keys of its texts: `rule.STEM` on pages, `opening.STEM` and `cleared.STEM` in messages."""
        return self.name

    @property
    def doc(self) -> str:
        """Where `docs/rules.md` describes it."""
        return f"docs/rules.md#{self.name}"
