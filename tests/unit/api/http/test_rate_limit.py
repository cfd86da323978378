"""Limits on how often somebody may knock."""

from datetime import UTC, datetime, timedelta

import pytest

from api.access.refusals import TooManyAttemptsError
from api.http.rate_limit import RateLimit

NOW = datetime(2026, 8, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_key_is_let_through_so_many_times_and_again_when_the_span_has_passed() -> None:
    limit = RateLimit(3, 60 * SECOND, "too often")
    for second in range(3):
        limit.count("a", NOW + second * SECOND)

    with pytest.raises(TooManyAttemptsError, match="too often") as refused:
        limit.count("a", NOW + 10 * SECOND)

    assert refused.value.retry_after_s == 50
    limit.count("b", NOW + 10 * SECOND)
    limit.count("a", NOW + 60 * SECOND)


def test_being_refused_does_not_prolong_the_wait() -> None:
    limit = RateLimit(1, 60 * SECOND, "too often")
    limit.count("a", NOW)
    for second in range(1, 60):
        with pytest.raises(TooManyAttemptsError):
            limit.count("a", NOW + second * SECOND)

    limit.count("a", NOW + 60 * SECOND)


def test_very_many_keys_take_no_more_memory_than_some() -> None:
    limit = RateLimit(1, 60 * SECOND, "too often")
    for number in range(12_000):
        limit.count(f"key-{number}", NOW)

    # The last ones are remembered, the first are not.
    with pytest.raises(TooManyAttemptsError):
        limit.check("key-11999", NOW)
    limit.check("key-0", NOW)
