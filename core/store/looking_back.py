"""How far back the newest of something is looked for: step by step, so that years of chunks are opened only for what is years old."""

from datetime import UTC, datetime, timedelta

# Five chunks of a week; as far as a device's time is believed; and all there is.
LOOKED_BACK: tuple[timedelta | None, ...] = (timedelta(days=35), timedelta(days=400), None)


def since(newest: datetime, back: timedelta | None) -> datetime:
    """Return the moment `back` before `newest`; for None a moment before all others."""
    return datetime.min.replace(tzinfo=UTC) if back is None else newest - back


def until(oldest: datetime, ahead: timedelta | None) -> datetime:
    """Return the moment `ahead` after `oldest`; for None a moment after all others."""
    return datetime.max.replace(tzinfo=UTC) if ahead is None else oldest + ahead
