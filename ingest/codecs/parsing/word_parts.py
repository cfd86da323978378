"""Takes names and texts of senders apart into words, in any case, style and script."""

import re
from itertools import pairwise
from unicodedata import normalize

from core.text_cache import TextCache
from ingest.codecs.parsing import call_words

# What is in another script and has no known meaning stays a part, so that nothing is understood of which a part is not.
_RUN = re.compile(r"[A-Za-z]+|\d+|[\u3040-\u30ff\u4e00-\u9fff]+", re.ASCII)
_OTHER_SCRIPT = re.compile("|".join(sorted(call_words.OTHER_SCRIPTS, key=len, reverse=True)))
# `fallDown`, `FireAlarm`, `SOS event.`, `gas_alarm_1`: a run of capitals, a word, or digits.
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u3040-\u30ff\u4e00-\u9fff]+", re.ASCII)
_LONGEST_JOINED = 40


def word_parts(text: str) -> tuple[str, ...]:
    """Return the parts of a name or a text in small letters, without endpoint numbers.

    Examples
    --------
    >>> word_parts("fallDown"), word_parts("SOS event."), word_parts("gas_alarm_1"), word_parts("CO2")
    (('fall', 'down'), ('sos', 'event'), ('gas', 'alarm'), ('co2',))
    >>> word_parts("SOSalarm"), word_parts("falldetected_2"), word_parts("waterfall")
    (('sos', 'alarm'), ('fall', 'detected'), ('waterfall',))
    >>> word_parts("転倒検知"), word_parts("ＳＯＳボタン"), word_parts("転倒していません")
    (('fall', 'detected'), ('sos', 'button'), ('fall', 'していません'))
    """
    if not text.isascii():
        text = _OTHER_SCRIPT.sub(_in_english, normalize("NFKC", text))
    parts = [part for run in _RUN.findall(text) for part in _PARTS[run]]
    # Carbon dioxide is the one word here to which the number belongs.
    joined = ["co2" if pair == ("co", "2") else pair[0] for pair in pairwise([*parts, ""])]
    return tuple(part for part in joined if not part.isdigit())


def _in_english(found: re.Match[str]) -> str:
    return f" {call_words.OTHER_SCRIPTS[found[0]]} "


def _parts_of(run: str) -> tuple[str, ...]:
    """Return the words of a run of letters, also where nothing but their meaning shows where one ends."""
    parts = tuple(part.lower() for part in _PART.findall(run))
    if call_words.JOINED.issuperset(parts) or len(run) > _LONGEST_JOINED:
        return parts
    joined = _split(run.lower()) if run.lower() not in call_words.NOT_JOINED else ()
    return joined if call_words.SURE_SUBJECTS.intersection(joined) else parts


_PARTS = TextCache(_parts_of)


def _split(text: str) -> tuple[str, ...]:
    """Return the words of the vocabulary that a text consists of, as few as possible; none where something is left."""
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(text) + 1):
        ways = [
            (*before, text[start:end])
            for start in range(end)
            if (before := best[start]) is not None and text[start:end] in call_words.JOINED
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or ()
