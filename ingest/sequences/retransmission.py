"""Retransmission: when a device is asked to send missing messages again, and when that is given up."""

from dataclasses import dataclass, field, replace

from core.store.telemetry.sequence_gaps import SequenceGap

# Messages that were only overtaken come within seconds. Then the device is asked, ever more rarely, for a day.
_REQUEST_AFTER_S = (3.0, 30.0, 300.0, *(3600.0,) * 24)
# Unanswered the first time: what is missing counts as blind time until it comes.
_BLIND_AFTER_REQUESTS = 2
# As long as that takes. A device that sends all but this is not waited for any longer.
_BLIND_AFTER_S = 60.0
_GIVEN_UP_AFTER_S = sum(_REQUEST_AFTER_S)
_SPANS_IN_ONE_COMMAND = 100


@dataclass(slots=True)
class _RequestedSpan:
    """Since when a span is asked for, and how often it was in vain."""

    first_at: float
    unanswered: int = 0
    is_blind: bool = False

    def note_request(self, moment: float, *, is_answering: bool) -> bool:
        """Take note that it is asked for; True if it is blind time from now on."""
        self.unanswered += not is_answering
        was_blind = self.is_blind
        self.is_blind |= self.unanswered >= _BLIND_AFTER_REQUESTS or moment - self.first_at >= _BLIND_AFTER_S
        return self.is_blind and not was_blind

    def is_given_up(self, moment: float) -> bool:
        """Return whether it was asked for often enough, or for a day."""
        return self.unanswered >= len(_REQUEST_AFTER_S) - 1 or moment - self.first_at >= _GIVEN_UP_AFTER_S


@dataclass(slots=True)
class RetransmissionPolicy:
    """How often a device was asked for all that is missing, and when it is next.

    `place` is how far we have got in asking for all of it, a part in each command; `spans` what was asked for, by the
    first number.
    """

    requests: int
    next_at: float
    place: int = 0
    is_answering: bool = False
    spans: dict[int, _RequestedSpan] = field(default_factory=dict[int, _RequestedSpan])

    @classmethod
    def started(cls, moment: float) -> "RetransmissionPolicy":
        """Return how a device is asked of which something is missing since just now."""
        return cls(0, moment + _REQUEST_AFTER_S[0])

    def restart(self, moment: float) -> None:
        """Ask soon again: more is missing since just now."""
        self.requests, self.next_at = 0, min(self.next_at, moment + _REQUEST_AFTER_S[0])

    def next_request(
        self, spans: list[SequenceGap], moment: float
    ) -> tuple[list[SequenceGap], list[SequenceGap]]:
        """Return what to ask for now, and what of it is blind time from now on."""
        is_answering = self.is_answering
        part = self._next_part(spans)
        is_soon = is_answering or self.place > 0
        self.next_at = (
            moment + _REQUEST_AFTER_S[0 if is_soon else min(self.requests, len(_REQUEST_AFTER_S) - 1)]
        )
        blind = [
            span
            for span in part
            if self.spans.setdefault(span.first_seq, _RequestedSpan(moment)).note_request(
                moment, is_answering=is_answering
            )
        ]
        return part, blind

    def _next_part(self, spans: list[SequenceGap]) -> list[SequenceGap]:
        start = self.place if self.place < len(spans) else 0
        part = spans[start : start + _SPANS_IN_ONE_COMMAND]
        self.place = start + len(part)
        if self.place < len(spans):
            return part
        self.place = 0
        # A device that sends what it is asked for is asked on; one that does not, ever more rarely.
        self.requests = 1 if self.is_answering else self.requests + 1
        self.is_answering = False
        return part

    def split(self, span: SequenceGap, parts: list[SequenceGap]) -> None:
        """Remember of the parts of a span that are left how long it was asked for: what came says nothing about them."""
        requested = self.spans.pop(span.first_seq, None)
        if requested is not None:
            self.spans |= {part.first_seq: replace(requested) for part in parts}

    def given_up(self, spans: list[SequenceGap], moment: float) -> list[SequenceGap]:
        """Return the spans that need not be asked for again."""
        return [
            span
            for span in spans
            if (requested := self.spans.get(span.first_seq)) is not None and requested.is_given_up(moment)
        ]
