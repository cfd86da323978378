"""Asking a resident before anybody else is notified of a silence: what was agreed, and each question with its answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.people import Channel

# So many questions in seven days, unless staff chose another number; measured: docs/evaluation.md.
MOST_IN_A_WEEK = 3
LEAST_CHOICE, MOST_CHOICE = 1, 7
# How a question can be answered: by a link. A call reads no link aloud, and a program presses none.
ASKED_ON = (Channel.LINE, Channel.SMS, Channel.MAIL)


# So long a question may be answered: also after others were notified, so that these see it.
PROMPT_LASTS = timedelta(hours=12)


class PromptAnswer(StrEnum):
    """What was pressed in a question."""

    SAFE = "safe"
    HELP = "help"


@dataclass(frozen=True)
class PromptSetting:
    """What was agreed with a resident: whether they are asked, at most how often in seven days, and who agreed to it when."""

    is_on: bool = False
    most_in_a_week: int = MOST_IN_A_WEEK
    agreed: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True)
class OwnContact:
    """The contact that is a resident; `is_reachable` if somebody confirmed a channel on which a question can be answered."""

    number: int
    is_reachable: bool


@dataclass(frozen=True)
class AskedFirst:
    """A resident who is asked first, and can be reached: as which contact, and how often they were asked in the last seven days."""

    resident: int
    most_in_a_week: int
    contact: int
    asked_lately: int


@dataclass(frozen=True)
class Prompt:
    """One question to a resident.

    Attributes
    ----------
    rule, began_at
        What it asks about: what this rule counts from when on.
    asked_at, line_at : datetime
        When it was put, and when the alert would come, as it was known then.
    channel, sent_at
        How and when it left; None: it has not.
    answer, answered_at
        What was pressed, and when. Nobody knows by whom: whoever holds the telephone can press.
    is_in_time : bool or None
        Whether that all is well was pressed before the alert was raised: then the silence is counted anew from the answer.
    """

    number: int
    resident: int
    contact: int | None
    rule: str
    began_at: datetime
    asked_at: datetime
    line_at: datetime
    channel: Channel | None
    sent_at: datetime | None
    answer: PromptAnswer | None
    answered_at: datetime | None
    is_in_time: bool | None
