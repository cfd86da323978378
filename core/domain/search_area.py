"""Where to look first for somebody with dementia who is missing: how far from where they were last seen others were found."""

from dataclasses import dataclass
from datetime import timedelta

# Of 279 missing people with dementia, half were found within 1.2 km and four in five within 5 km of where they were last seen
# (a study in the United Kingdom).
HALF_WITHIN_M, MOST_WITHIN_M = 1200.0, 5000.0
# And since the last position they may have walked on; longer than this nobody walks at a stretch (our choice).
WALKS_M_S = 1.1
WALKS_FOR = timedelta(hours=3)
# The study is about people of whom nobody knew where they were. A position of the last minutes says it; trackers report every few.
KNOWN_FOR = timedelta(minutes=10)


@dataclass(frozen=True)
class SearchArea:
    """Two circles around a last position: within them about half, and four in five, were found."""

    half_m: float
    most_m: float


def search_area(since_seen: timedelta) -> SearchArea | None:
    """Return how far from the last position to look, some time after it; None while it says where somebody is.

    Examples
    --------
    >>> search_area(timedelta(minutes=2)) is None
    True
    >>> search_area(timedelta(minutes=30))
    SearchArea(half_m=3180.0, most_m=6980.0)
    """
    if since_seen <= KNOWN_FOR:
        return None
    walked_m = WALKS_M_S * min(max(since_seen, timedelta()), WALKS_FOR).total_seconds()
    return SearchArea(HALF_WITHIN_M + walked_m, MOST_WITHIN_M + walked_m)
