"""What a backtest found, as tables for a person and as JSON; precise places are left out of both."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.access.location_gate import findings_without_places
from api.locale import words_of
from api.wording import alert_reason
from api.wording.times import LocalTimes
from core.domain.alert import Finding, unraised
from core.domain.people import Language
from detectors.backtest import result
from detectors.backtest.run import Backtest
from detectors.backtest.statistics import Figures, Label, figures, lost, proposed
from detectors.backtest.trial import Episode
from detectors.features.local_time import local_date
from detectors.features.silence_threshold import Sensitivity


def as_body(tested: Backtest, labels: Sequence[Label], budget: float | None) -> dict[str, object]:
    """Return it as JSON values without places; all times are UTC."""
    return findings_without_places(result.as_body(tested, labels, budget))


def show(tested: Backtest, labels: Sequence[Label], budget: float | None) -> None:
    """Print it."""
    console = Console()
    results = figures(tested, labels)
    first, last = (one.astimezone(tested.zone) for one in (tested.since, tested.until))
    console.print(
        f"Resident {tested.resident}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({tested.zone.key}),"
        f" {tested.days:.1f} days; rules: {', '.join(tested.rules) or 'none'}",
        highlight=False,
    )
    for note in _notes(tested):
        console.print(note, highlight=False)
    console.print(_by_week(tested, results, labels))
    if labels:
        console.print(_by_label(tested, results, labels))
    if any(tested.trials.values()):
        console.print(_by_episode(tested))
    if budget is not None:
        console.print(_proposal(tested, results, budget), highlight=False)


def _notes(tested: Backtest) -> list[str]:
    """Say which days count less: nobody was watched yet, or little was known to learn from."""
    found: list[str] = []
    if tested.watched_from is not None:
        found.append(
            f"Watched since {_clock(tested.watched_from, tested.zone)}: what is raised before was only tried now,"
            " nobody was notified."
        )
    if tested.learning_until is not None:
        found.append(
            f"Learning until {_clock(tested.learning_until, tested.zone)}: with less than four weeks to learn"
            " from, more time was given."
        )
    if tested.places_from is not None:
        found.append(
            f"Positions are kept from {_clock(tested.places_from, tested.zone)} on: rules about places see"
            " nothing before."
        )
    return found


def _by_week(tested: Backtest, results: dict[Sensitivity, Figures], labels: Sequence[Label]) -> Table:
    table = Table("alerts in the week from", *(_heading(tested, name) for name in results))
    first: date = local_date(tested.zone, tested.since)
    for number, counts in enumerate(zip(*(one.weeks for one in results.values()), strict=True)):
        day = first + timedelta(weeks=number)
        table.add_row(day.isoformat(), *map(str, counts))
    table.add_section()
    table.add_row("in 30 days", *(f"{one.per_30_days:.1f}" for one in results.values()))
    if labels:
        known = len(labels)
        table.add_row("real events raised", *(f"{one.found} of {known}" for one in results.values()))
        table.add_row(
            "hours to the alert (median)",
            *(_hours(one.median_delay_h) for one in results.values()),
        )
    return table


def _by_label(tested: Backtest, results: dict[Sensitivity, Figures], labels: Sequence[Label]) -> Table:
    table = Table("what really happened", "began", *(f"hours to the alert: {name.value}" for name in results))
    for number, one in enumerate(labels):
        delays = (_hours(figures_of.delays_h[number]) for figures_of in results.values())
        # Somebody's own words: text only.
        table.add_row(Text(one.what), _clock(one.began_at, tested.zone), *delays)
    return table


def _by_episode(tested: Backtest) -> Table:
    table = Table("began", "what", *(f"raised: {name.value}" for name in tested.trials), "ended", "why")
    episodes: dict[Episode, dict[Sensitivity, Finding]] = {}
    for name, found in tested.trials.items():
        for one in found:
            episodes.setdefault((one.rule, one.subject, one.began_at), {})[name] = one
    words = words_of(Language.EN)
    for (rule, _, began_at), by_setting in sorted(episodes.items(), key=lambda entry: entry[0][2]):
        findings = [by_setting.get(name) for name in tested.trials]
        one = next(iter(by_setting.values()))
        table.add_row(
            _clock(began_at, tested.zone),
            alert_reason.title(rule, words),
            *("-" if it is None else _clock(it.raised_at, tested.zone) for it in findings),
            "still" if one.cleared_at is None else _clock(one.cleared_at, tested.zone),
            # Names of rooms and of safe areas are people's own words: text only, never commands for the terminal.
            Text(
                " ".join(
                    alert_reason.why(
                        unraised(one, tested.resident), LocalTimes(tested.until, tested.zone, words)
                    )
                )
            ),
        )
    return table


def _proposal(tested: Backtest, results: dict[Sensitivity, Figures], budget: float) -> str:
    best = proposed(results, budget)
    if best is None:
        fewest = min(results, key=lambda name: results[name].per_30_days)
        rate = results[fewest].per_30_days
        return (
            f"No setting keeps to {budget:g} alerts in 30 days; the fewest are {rate:.1f} with {fewest.value}."
            " See above which rules they come from."
        )
    state = "which is in force" if best is tested.in_force else f"in place of {tested.in_force.value}"
    losses = lost(results, best)
    careful = (
        f"Careful: it raises nothing about {losses} real event(s) that another setting raises. "
        if losses
        else ""
    )
    return (
        f"{careful}Proposed: {best.value}, {state}: the most watchful setting with at most {budget:g} alerts in 30 days"
        f" ({results[best].per_30_days:.1f} in this past)."
    )


def _heading(tested: Backtest, name: Sensitivity) -> str:
    return f"{name.value} (in force)" if name is tested.in_force else name.value


def _hours(hours: float | None) -> str:
    return "-" if hours is None else f"{hours:.1f}"


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%m-%d %H:%M")
