"""What tests of pages raise and claim while somebody looks."""

from datetime import timedelta

from core.domain.alert import Finding, Handling, Severity, Subject
from core.store.alerts import alerts, episodes, handling
from tests.browser.conftest import Site
from tests.browser.four_weeks import NOW


def raise_alert(
    site: Site,
    resident: int,
    severity: Severity = Severity.CHECK_SOON,
    *,
    rule: str = "inactivity",
    after: timedelta = timedelta(),
) -> int:
    """Open an alert about a resident, or call again of one that is open, `after` now; return its number."""
    at = NOW + after
    found = Finding(
        rule=rule,
        subject=Subject.of_resident(resident),
        severity=severity,
        began_at=at,
        raised_at=at,
        cleared_at=None,
        reason={"rule_version": 1},
    )
    with site.to_change() as database, database.transaction() as connection:
        number = episodes.open_or_update(connection, found, resident, None, at)
    assert number is not None
    return number


def claim(site: Site, number: int) -> None:
    """Let the care user take an alert."""
    with site.to_change() as database, database.transaction() as connection:
        handling.claim(connection, number, user=2, now=NOW)


def claim_all(site: Site) -> None:
    """Let the care user take everything that nobody has taken."""
    with site.to_change() as database, database.transaction() as connection:
        for one in alerts.open_alerts(connection, NOW):
            if one.handling is Handling.OPEN:
                handling.claim(connection, one.number, user=2, version=one.version, now=NOW)
