"""What became of a question to a resident, in words."""

from api.wording.times import LocalTimes
from core.domain.agreed.prompt import Prompt, PromptAnswer


def prompt_text(prompt: Prompt, times: LocalTimes) -> str:
    """Return whether a question left, and what was pressed; nobody knows by whom."""
    words, clock = times.words, times.clock_text
    asked = clock(prompt.asked_at)
    if prompt.answer is not None and prompt.answered_at is not None:
        entry = "help" if prompt.answer is PromptAnswer.HELP else "safe" if prompt.is_in_time else "late"
        return words(f"prompt.answered_{entry}", asked=asked, answered=clock(prompt.answered_at))
    if prompt.sent_at is None or prompt.channel is None:
        return words("prompt.not_sent", asked=asked)
    how = words(f"channel.{prompt.channel.value}")
    entry = "waiting" if times.now < prompt.line_at else "no_answer"
    return words(f"prompt.{entry}", asked=asked, how=how)
