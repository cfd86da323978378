"""Backtests: what is to be tried on a resident's past, and what it would have meant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from api.schemas.common import Input, Line, Moment, Output
from core.domain.backtest import (
    LONGEST_WEEKS,
    MOST_LABELS,
    NOT_TRIED,
    TRIED_RULES,
    BacktestProblem,
    BacktestSettings,
    BacktestState,
    Label,
)
from core.domain.rules import INACTIVITY
from core.domain.sensitivity import Sensitivity
from core.store.detection.backtest_requests import BacktestRequest

LARGEST_BUDGET = 1000


def _tried(rule: str) -> str:
    if rule in NOT_TRIED:
        raise ValueError(f"it cannot be tried: {NOT_TRIED[rule]}")
    if rule not in TRIED_RULES:
        raise ValueError(f"no rule of this name can be tried; there are {', '.join(TRIED_RULES)}")
    return rule


TriedRule = Annotated[str, AfterValidator(_tried)]


class LabelIO(Input):
    """Something that really happened."""

    began_at: Moment
    what: Line = Field(examples=["did not get up"])


class BacktestIn(Input):
    """What is to be tried."""

    weeks: int = Field(default=8, ge=1, le=LONGEST_WEEKS, description="How far back.")
    rules: list[TriedRule] = Field(
        default_factory=list[TriedRule],
        max_length=len(TRIED_RULES),
        description="Only these rules; all that are about the person if it is empty.",
        examples=[[INACTIVITY.name]],
    )
    sensitivities: list[Sensitivity] = Field(
        default_factory=list[Sensitivity],
        max_length=len(Sensitivity),
        description="Settings to try beside the one in force.",
    )
    budget: float | None = Field(
        default=None,
        ge=0,
        le=LARGEST_BUDGET,
        description="At most so many alerts in 30 days: every setting is tried, and the most watchful that keeps to it proposed.",
    )
    labels: list[LabelIO] = Field(
        default_factory=list[LabelIO],
        max_length=MOST_LABELS,
        description="What really happened; if it is empty, the alerts that people closed as real.",
    )

    def to_settings(self) -> BacktestSettings:
        """Return it as the domain has it."""
        return BacktestSettings(
            weeks=self.weeks,
            rules=tuple(dict.fromkeys(self.rules)),
            sensitivities=tuple(dict.fromkeys(self.sensitivities)),
            budget=self.budget,
            labels=tuple(Label(one.began_at, one.what) for one in self.labels),
        )


class BacktestFindingOut(Output):
    """An alert that would have been raised."""

    rule: str
    subject: str
    severity: int
    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None
    reason: Mapping[str, Any] = Field(description="Positions only behind the open location gate.")


class TriedSettingOut(Output):
    """What one setting would have meant."""

    sensitivity: Sensitivity
    alerts: int
    alerts_per_30_days: float
    alerts_by_week: list[int] = Field(description="From the beginning of the span; the last may be short.")
    labels_found: int
    median_delay_h: float | None
    delays_h: list[float | None] = Field(
        description="For each label the hours to the first alert about it, from 15 minutes before to 6 hours after."
    )
    findings: list[BacktestFindingOut] = Field(
        description="In order of time; the newest, if there are too many."
    )


class BudgetOut(Output):
    """The proposal."""

    alerts_per_30_days: float
    proposed: Sensitivity | None = Field(description="Null: no setting keeps to it.")
    events_lost: int | None = Field(
        default=None,
        description="How many real events it would raise nothing about although another setting does; null where that was not counted.",
    )


class BacktestResultOut(Output):
    """What was found."""

    since: datetime
    until: datetime
    days: float
    watched_from: datetime | None = Field(
        default=None,
        description="Before this nothing was evaluated live: what is found there is only tried. Null: all was evaluated.",
    )
    learning_until: datetime | None = Field(
        default=None,
        description="Before this less than four weeks were known to learn from, so more time was given. Null: never less.",
    )
    places_from: datetime | None = Field(
        default=None,
        description="Before this positions are kept no more, so rules about places found nothing. Null: kept, or not asked.",
    )
    time_zone: str
    rules: list[str] = Field(description="The rules that were asked.")
    in_force: Sensitivity
    labels: list[LabelIO]
    settings: list[TriedSettingOut] = Field(description="The one in force first.")
    budget: BudgetOut | None = None


class BacktestOut(Output):
    """A backtest, and how far it is."""

    number: int
    resident: int
    asked_by: str
    asked_at: datetime
    weeks: int
    rules: list[str]
    sensitivities: list[Sensitivity]
    budget: float | None
    state: BacktestState
    progress: float = Field(description="The share that is done, 0 to 1.")
    problem: BacktestProblem | None = Field(
        description="no_past: less than a whole day is stored; stopped: begun several times and never ended; fault: ours, see the log."
    )
    finished_at: datetime | None

    @staticmethod
    def of(one: BacktestRequest) -> "BacktestOut":
        """Return a request as it goes out."""
        return BacktestOut.model_validate(_given(one))


class BacktestDetailOut(BacktestOut):
    """A backtest with what it found."""

    result: BacktestResultOut | None
    is_precise: bool = Field(description="Whether the reasons hold precise positions.")

    @staticmethod
    def build(
        one: BacktestRequest, result: Mapping[str, Any] | None, *, is_precise: bool
    ) -> "BacktestDetailOut":
        """Return a request with a result that is already coarse where it has to be."""
        return BacktestDetailOut.model_validate(_given(one) | {"result": result, "is_precise": is_precise})


class SensitivityIO(Input):
    """How soon a silence is raised."""

    sensitivity: Sensitivity = Field(description="family: early; standard; quiet: late.")


def _given(one: BacktestRequest) -> dict[str, object]:
    wished: tuple[Literal["weeks", "rules", "sensitivities", "budget"], ...] = (
        "weeks",
        "rules",
        "sensitivities",
        "budget",
    )
    own = ("number", "resident", "asked_by", "asked_at", "state", "progress", "problem", "finished_at")
    return {name: getattr(one, name) for name in own} | {name: getattr(one.settings, name) for name in wished}
