"""What values of alarms say besides that there is one: how it sounds, how a house is guarded, that a function is switched on, how bad it is."""

from ingest.codecs.parsing import call_words
from ingest.codecs.parsing.json_fields import number_of
from ingest.codecs.parsing.word_parts import word_parts

# How wet a probe is goes to 255 (ELSYS), how bad a leak is to 4 (Quandify).
_LARGEST_GRADE = 255


def is_sound(value: object) -> bool:
    """Return whether a value says how an alarm makes itself noticed, and nothing else."""
    parts = frozenset(word_parts(value)) if isinstance(value, str) else frozenset[str]()
    return bool(parts & call_words.SOUNDS) and parts <= call_words.SOUNDS | call_words.ALARM


def is_guarded(value: object) -> bool:
    """Return whether a value says how a house is guarded."""
    return isinstance(value, str) and bool(call_words.GUARDED.intersection(word_parts(value)))


def is_switched(value: object) -> bool | None:
    """Return whether a word says that a function is on or off; None for other words and values."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return word not in call_words.SWITCHED_OFF if word in call_words.SWITCHED else None


def is_grade(value: object) -> bool | None:
    """Return that a number says how much there is of a hazard, as the sensors that give one byte do; None for what is no such number."""
    number = number_of(value)
    return True if number is not None and number.is_integer() and 2 <= number <= _LARGEST_GRADE else None
