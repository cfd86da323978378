"""Which residents are asked before anybody else is notified of a silence, and each question with its answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import class_row, kwargs_row

from core.domain.agreed.prompt import (
    ASKED_ON,
    PROMPT_LASTS,
    AskedFirst,
    OwnContact,
    Prompt,
    PromptAnswer,
    PromptSetting,
)
from core.domain.people import Channel
from core.domain.rules import HELP_ASKED
from core.errors import NotFoundError
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.queries import load

_PROMPTS = load("people/prompts")
WEEK = timedelta(days=7)


def setting(connection: Connection, resident: int) -> PromptSetting:
    """Return what was agreed with a resident; nobody is asked unless it was."""
    cursor = connection.cursor(row_factory=class_row(PromptSetting))
    return cursor.execute(_PROMPTS["setting"], {"resident": resident}).fetchone() or PromptSetting()


def put_setting(connection: Connection, resident: int, wanted: PromptSetting, now: datetime) -> None:
    """Keep what was agreed with a resident, from now on."""
    values = {
        "resident": resident,
        "is_on": wanted.is_on,
        "most_in_a_week": wanted.most_in_a_week,
        "agreed": wanted.agreed,
        "now": now,
    }
    connection.execute(_PROMPTS["put_setting"], values)
    evaluation_queue.evaluate_again(connection, resident)


def own_contact(connection: Connection, resident: int) -> OwnContact | None:
    """Return the contact that is a resident, who may be asked; None if nobody registered one."""
    values = {"resident": resident, "kinds": _kinds()}
    cursor = connection.cursor(row_factory=class_row(OwnContact))
    return cursor.execute(_PROMPTS["own_contact"], values).fetchone()


def asked_first(connection: Connection, residents: Sequence[int], now: datetime) -> dict[int, AskedFirst]:
    """Return those of some residents who are asked first and can be reached."""
    values = {"residents": list(residents), "since": now - WEEK, "kinds": _kinds()}
    cursor = connection.cursor(row_factory=class_row(AskedFirst))
    return {one.resident: one for one in cursor.execute(_PROMPTS["asked_first"], values)}


def add(
    connection: Connection, asked: AskedFirst, rule: str, began_at: datetime, line_at: datetime, now: datetime
) -> int | None:
    """Note that a resident is asked about what began when, and return the number; None if they were asked about it already."""
    values = {
        "resident": asked.resident,
        "contact": asked.contact,
        "rule": rule,
        "began_at": began_at,
        "line_at": line_at,
        "now": now,
    }
    row = connection.execute(_PROMPTS["add_prompt"], values).fetchone()
    return None if row is None else row[0]


def carry(
    connection: Connection, resident: int, rule: str, began_at: datetime, line_at: datetime
) -> int | None:
    """Let the question that was put since a silence began follow it, and return its number; None: nobody was asked about it.

    Late readings move the beginning of a silence; what the resident reads, and whom others are notified of when, moves with it until they answer.
    """
    values = {"resident": resident, "rule": rule, "began_at": began_at, "line_at": line_at}
    row = connection.execute(_PROMPTS["carry"], values).fetchone()
    return None if row is None else row[0]


def get(connection: Connection, number: int) -> Prompt:
    """Return one question.

    Raises
    ------
    NotFoundError
        There is none.
    """
    found = _prompts(connection, number=number)
    if not found:
        raise NotFoundError(f"there is no question {number}")
    return found[0]


def of_resident(connection: Connection, resident: int, limit: int) -> list[Prompt]:
    """Return the latest questions to a resident, the newest first."""
    return _prompts(connection, resident=resident, limit=limit)


def recent(connection: Connection, residents: Sequence[int], now: datetime) -> dict[int, Prompt]:
    """Return the latest question of the last hours to each of some residents who were asked, by resident."""
    values = {"residents": list(residents), "since": now - PROMPT_LASTS}
    cursor = connection.cursor(row_factory=kwargs_row(_prompt))
    return {one.resident: one for one in cursor.execute(_PROMPTS["recent"], values)}


def outcomes(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how many questions since a moment had which answer: that all is well in time or too late, help, none, or the message never left."""
    counted = dict.fromkeys(("safe", "late", "help", "none", "not_sent"), 0)
    return counted | dict(connection.execute(_PROMPTS["outcomes"], {"since": since}).fetchall())


def about(
    connection: Connection, resident: int, rule: str, began_at: datetime, raised_at: datetime
) -> Prompt | None:
    """Return the last question of a rule from when a silence began until it was raised; None if there was none."""
    found = _prompts(connection, resident=resident, rule=rule, began_at=began_at, raised_at=raised_at)
    return found[0] if found else None


def on_line(
    connection: Connection, key: str, user: str, pressed: PromptAnswer, now: datetime
) -> tuple[Prompt, int] | None:
    """Return the question that a message on LINE put to its user, with the channel; None if it was none, or is too old.

    No question is too old to call for help.
    """
    since = None if pressed is PromptAnswer.HELP else now - PROMPT_LASTS
    values = {"key": key, "user": user, "since": since}
    row = connection.execute(_PROMPTS["prompt_on_line"], values).fetchone()
    return None if row is None else (get(connection, row[0]), row[1])


def note_sent(connection: Connection, prompt: int, channel: Channel, now: datetime) -> None:
    """Note on which channel a question left."""
    connection.execute(_PROMPTS["note_sent"], {"prompt": prompt, "channel": channel, "now": now})


def answer(connection: Connection, asked: Prompt, pressed: PromptAnswer, now: datetime) -> bool:
    """Note what was pressed; return False if it says nothing new.

    That all is well ends the count of the silence, and begins it anew, if no alert has been raised since; every call for help is new.
    """
    values = {"prompt": asked.number, "answer": pressed, "now": now}
    row = connection.execute(_PROMPTS["answer"], values).fetchone()
    if row is None:
        return False
    if row[0]:
        evaluation_queue.evaluate_again(connection, asked.resident)
    return True


def is_awaited(connection: Connection, prompt: int, now: datetime) -> bool:
    """Return whether a question still says something: nobody at home has moved since, and an answer would come before the alert."""
    row = connection.execute(_PROMPTS["is_awaited"], {"prompt": prompt, "now": now}).fetchone()
    return row is not None and bool(row[0])


def is_help_called(connection: Connection, resident: int) -> bool:
    """Return whether a resident has called for help, and nobody has closed it."""
    values = {"rule": HELP_ASKED.name, "resident": resident}
    row = connection.execute(_PROMPTS["is_help_called"], values).fetchone()
    return row is not None and row[0]


def raised_about(connection: Connection, prompt: int) -> int | None:
    """Return the alert that was raised about what a question asked; None if there was none."""
    row = connection.execute(_PROMPTS["raised_about"], {"prompt": prompt}).fetchone()
    return None if row is None else row[0]


def _prompts(connection: Connection, *, limit: int = 1, **wanted: object) -> list[Prompt]:
    values = {
        "number": None,
        "resident": None,
        "rule": None,
        "began_at": None,
        "raised_at": None,
        "limit": limit,
        **wanted,
    }
    return connection.cursor(row_factory=kwargs_row(_prompt)).execute(_PROMPTS["prompts"], values).fetchall()


def _prompt(*, channel: str | None, answer: str | None, **columns: Any) -> Prompt:
    return Prompt(
        channel=None if channel is None else Channel(channel),
        answer=None if answer is None else PromptAnswer(answer),
        **columns,
    )


def _kinds() -> list[str]:
    return [one.value for one in ASKED_ON]
