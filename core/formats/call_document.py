"""What a call says and which keys it waits for, in the markup of telephone providers (TwiML)."""

from xml.sax.saxutils import escape, quoteattr

from core.domain.people import Language

_VOICES = {Language.JA: "ja-JP", Language.EN: "en-US"}
_KEY_WAIT_S = 8
# No key after the second time: whoever picked up is a machine, or did not understand.
_TIMES = 2


def question_document(said: str, language: Language, action: str) -> str:
    """Return a document that says something twice and sends the key that is pressed to an address."""
    gather = (
        f'<Gather input="dtmf" numDigits="1" timeout="{_KEY_WAIT_S}" method="POST" action={quoteattr(action)}>'
        f"{_say(said, language)}</Gather>"
    )
    return _document(gather * _TIMES)


def last_document(said: str, language: Language) -> str:
    """Return a document that says something and hangs up."""
    return _document(_say(said, language))


def _say(said: str, language: Language) -> str:
    return f'<Say language="{_VOICES[language]}">{escape(said)}</Say>'


def _document(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}<Hangup/></Response>'
