"""Asking a resident first: what was agreed, and each question with its answer."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.common import Input, Output
from core.domain.agreed.prompt import (
    LEAST_CHOICE,
    MOST_CHOICE,
    MOST_IN_A_WEEK,
    Prompt,
    PromptAnswer,
    PromptSetting,
)
from core.domain.people import Channel


class PromptsIn(Input):
    """Whether a resident is asked before anybody else is notified of a silence, and who agreed to it."""

    is_on: bool
    most_in_a_week: int = Field(default=MOST_IN_A_WEEK, ge=LEAST_CHOICE, le=MOST_CHOICE)
    agreed: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class PromptOut(Output):
    """One question; an answer shows that somebody who holds the telephone pressed it."""

    asked_at: datetime
    began_at: datetime = Field(description="Since when no sure sign of life had been noticed.")
    line_at: datetime = Field(description="When the alert would come, as it was known then.")
    channel: Channel | None
    sent_at: datetime | None
    answer: PromptAnswer | None
    answered_at: datetime | None
    is_in_time: bool | None = Field(
        description="Whether “safe” came before the alert: the silence is counted anew."
    )

    @staticmethod
    def of(one: Prompt) -> "PromptOut":
        """Return a question as it goes out."""
        return PromptOut.model_validate({name: getattr(one, name) for name in PromptOut.model_fields})


class PromptsOut(Output):
    """What was agreed, whether the resident can be reached, and the latest questions, the newest first."""

    is_on: bool
    most_in_a_week: int
    agreed: str
    changed_at: datetime | None
    is_reachable: bool
    prompts: list[PromptOut]

    @staticmethod
    def of(setting: PromptSetting, *, is_reachable: bool, prompts: list[Prompt]) -> "PromptsOut":
        """Return it as it goes out."""
        return PromptsOut(
            **vars(setting), is_reachable=is_reachable, prompts=[PromptOut.of(one) for one in prompts]
        )
