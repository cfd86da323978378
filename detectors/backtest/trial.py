"""What one setting has found on the past so far, brought in line day by day as alerts are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.alert import Finding, Subject

Episode = tuple[str, Subject, datetime]


class TrialRun:
    """What one setting has found so far; an episode that is found again is the same one."""

    def __init__(self) -> None:
        self._found: dict[Episode, Finding] = {}

    def open_since(self) -> dict[str, datetime]:
        """Return by rule when the first of what is still open began."""
        began: dict[str, datetime] = {}
        for one in self._found.values():
            if one.cleared_at is None:
                began[one.rule] = min(one.began_at, began.get(one.rule, one.began_at))
        return began

    def take(self, findings: Sequence[Finding], until: datetime) -> None:
        """Bring it in line with what all rules found in a span, as alerts are: what is open and not found again has ended."""
        fresh = {_episode(one): one for one in sorted(findings, key=lambda one: one.raised_at)}
        for episode, one in list(self._found.items()):
            if one.cleared_at is not None or episode in fresh:
                continue
            if any(new[:2] == episode[:2] and new not in self._found for new in fresh):
                # The same episode, which is now known to have begun at another time.
                del self._found[episode]
            else:
                self._found[episode] = replace(one, cleared_at=until)
        self._found.update(fresh)

    def add(self, findings: Sequence[Finding]) -> None:
        """Add what was found in the whole past at once."""
        self._found.update({_episode(one): one for one in findings})

    def raised_after(self, since: datetime) -> tuple[Finding, ...]:
        """Return what was raised after a moment, in order of time."""
        raised = [one for one in self._found.values() if one.raised_at > since]
        return tuple(sorted(raised, key=lambda one: (one.raised_at, one.rule, one.subject)))


def _episode(finding: Finding) -> Episode:
    return finding.rule, finding.subject, finding.began_at
