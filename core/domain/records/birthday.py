"""Days on which somebody who is watched may be born."""

from datetime import date

# Nobody is known to have lived for longer than 122 years.
MOST_YEARS = 125


def birthday_mistake(day: date | None, today: date) -> str | None:
    """Return why nobody who lives was born on a day: `born_in_future` or `born_long_ago`; None if somebody may be, or no day is given."""
    if day is None:
        return None
    if day > today:
        return "born_in_future"
    return "born_long_ago" if day.year < today.year - MOST_YEARS else None
