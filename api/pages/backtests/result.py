"""What a backtest found, in words and small charts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from api.charts.weeks import weeks
from api.pages.rendering import HtmlPage
from api.schemas.backtests import BacktestFindingOut, BacktestResultOut, BudgetOut, TriedSettingOut
from api.wording import alert_reason
from api.wording.times import LocalTimes
from core.domain.alert import Finding, Severity, Subject, unraised
from core.domain.sensitivity import Sensitivity
from core.texts.local_format import decimal, listed

_MOST = 100
Episode = tuple[str, str, datetime]


@dataclass(frozen=True)
class SettingRow:
    """What one setting would have meant."""

    name: str
    is_in_force: bool
    rate: str
    counts: str
    chart: Markup
    delay: str


@dataclass(frozen=True)
class LabelRow:
    """One thing that really happened: when, what, and by setting how long after it the first alert would have come."""

    began: str
    what: str
    delays: tuple[str, ...]


@dataclass(frozen=True)
class EpisodeRow:
    """One thing that would have been raised: when by which setting, and why."""

    title: str
    severity: Severity
    began: str
    raised: tuple[str, ...]
    why: tuple[str, ...]
    is_only_tried: bool


@dataclass(frozen=True)
class BacktestView:
    """The whole answer; `offered` is the setting that can be put in force, `notes` say which days count less."""

    span: str
    notes: list[str]
    settings: list[SettingRow]
    labels: list[LabelRow]
    proposal: str
    offered: str
    offered_name: str
    episodes: list[EpisodeRow]
    is_cut: bool


def account(page: HtmlPage, resident: int, result: BacktestResultOut, in_force: Sensitivity) -> BacktestView:
    """Return what a page shows of a result whose places are already left out where they have to be.

    `in_force` is the setting of now, which may have been changed since.
    """
    times, words = page.times, page.words
    rows, is_cut = _episodes(page, resident, result)
    proposal, offered = _proposal(page, result, in_force)
    most = max((count for one in result.settings for count in one.alerts_by_week), default=0)
    return BacktestView(
        words(
            "backtest.span",
            since=times.day(times.local(result.since).date()),
            until=times.day(times.local(result.until).date()),
            days=round(result.days),
        ),
        _notes(page, result),
        [_setting(page, one, result, most, in_force) for one in result.settings],
        [_label(page, result, number) for number in range(len(result.labels))],
        proposal,
        "" if offered is None else offered.value,
        "" if offered is None else _name(page, offered),
        rows,
        is_cut,
    )


def _notes(page: HtmlPage, result: BacktestResultOut) -> list[str]:
    times, words = page.times, page.words
    named = (
        ("backtest.before_watching", result.watched_from),
        ("backtest.learning", result.learning_until),
        ("backtest.places_gone", result.places_from),
    )
    return [words(key, day=times.day(times.local(until).date())) for key, until in named if until is not None]


def _setting(
    page: HtmlPage, one: TriedSettingOut, result: BacktestResultOut, most: int, in_force: Sensitivity
) -> SettingRow:
    words = page.words
    counts = listed(page.language, map(str, one.alerts_by_week))
    known = len(result.labels)
    delay = words("backtest.delay_none", known=known)
    if one.median_delay_h is not None:
        hours = decimal(page.language, one.median_delay_h, 1)
        delay = words("backtest.delay", known=known, found=one.labels_found, hours=hours)
    title = words("backtest.weeks_title", counts=counts)
    return SettingRow(
        _name(page, one.sensitivity),
        one.sensitivity is in_force,
        words("backtest.rate", n=decimal(page.language, one.alerts_per_30_days, 1)),
        counts,
        weeks(one.alerts_by_week, most, title, f"weeks-{one.sensitivity.value}"),
        delay,
    )


def _label(page: HtmlPage, result: BacktestResultOut, number: int) -> LabelRow:
    words, one = page.words, result.labels[number]
    delays: list[str] = []
    for setting in result.settings:
        hours = setting.delays_h[number]
        # To the minute as it is stored, and at once if it was raised before.
        minutes = 0 if hours is None else round(60 * hours)
        delay = words("backtest.delay_after", span=page.times.length(timedelta(minutes=minutes)))
        delays.append(
            words("backtest.delay_no")
            if hours is None
            else delay
            if minutes
            else words("backtest.delay_at_once")
        )
    # What people closed as real is named by the rule that raised it.
    what = words(f"rule.{one.what}") if words.has(f"rule.{one.what}") else one.what
    return LabelRow(page.times.clock_text(one.began_at), what, tuple(delays))


def _proposal(
    page: HtmlPage, result: BacktestResultOut, in_force: Sensitivity
) -> tuple[str, Sensitivity | None]:
    if result.budget is None:
        return "", None
    budget = decimal(page.language, result.budget.alerts_per_30_days)
    best = result.budget.proposed
    if best is None:
        return page.words("backtest.proposed_none", budget=budget), None
    if best is in_force:
        return _losses(page, result.budget) + page.words("backtest.proposed_same", budget=budget), None
    said = page.words("backtest.proposed", budget=budget, name=_name(page, best))
    return _losses(page, result.budget) + said, best


def _losses(page: HtmlPage, budget: BudgetOut) -> str:
    """Return what comes before all else that is said of a proposal: which real events would not be raised any more."""
    if not budget.events_lost or budget.proposed is None:
        return ""
    return page.words("backtest.proposed_loses", n=budget.events_lost, name=_name(page, budget.proposed))


def _episodes(page: HtmlPage, resident: int, result: BacktestResultOut) -> tuple[list[EpisodeRow], bool]:
    """Return what was found, the newest first, each once with when every setting would have raised it."""
    found: dict[Episode, dict[Sensitivity, BacktestFindingOut]] = {}
    for setting in result.settings:
        for one in setting.findings:
            found.setdefault((one.rule, one.subject, one.began_at), {})[setting.sensitivity] = one
    newest = sorted(found.items(), key=lambda entry: entry[0][2], reverse=True)
    tried = [one.sensitivity for one in result.settings]
    rows = [_episode(page, result, resident, by_setting, tried) for _, by_setting in newest[:_MOST]]
    return rows, len(newest) > _MOST


def _episode(
    page: HtmlPage,
    result: BacktestResultOut,
    resident: int,
    by_setting: dict[Sensitivity, BacktestFindingOut],
    tried: list[Sensitivity],
) -> EpisodeRow:
    one = next(iter(by_setting.values()))
    # As on the day when it was over: other days are named, that one is not.
    then = LocalTimes(one.cleared_at or result.until, page.times.zone, page.words)
    return EpisodeRow(
        alert_reason.title(one.rule, page.words),
        Severity(one.severity),
        page.times.clock_text(one.began_at),
        tuple(_raised(page, LocalTimes(one.began_at, then.zone, then.words), by_setting, tried)),
        tuple(alert_reason.why(unraised(_finding(one), resident), then)),
        is_only_tried=result.watched_from is not None and one.raised_at <= result.watched_from,
    )


def _raised(
    page: HtmlPage,
    that_day: LocalTimes,
    by_setting: dict[Sensitivity, BacktestFindingOut],
    tried: list[Sensitivity],
) -> list[str]:
    clocks = {name: that_day.clock_text(one.raised_at) for name, one in by_setting.items()}
    if len(clocks) == len(tried) and len(set(clocks.values())) == 1:
        return [page.words("backtest.always", clock=next(iter(clocks.values())))]
    return [
        page.words("backtest.raised_by", name=_name(page, name), clock=clocks[name])
        if name in clocks
        else page.words("backtest.not_raised", name=_name(page, name))
        for name in tried
    ]


def _name(page: HtmlPage, sensitivity: Sensitivity) -> str:
    return page.words(f"sensitivity.{sensitivity.value}")


def _finding(one: BacktestFindingOut) -> Finding:
    return Finding(
        rule=one.rule,
        subject=Subject.from_text(one.subject),
        severity=Severity(one.severity),
        began_at=one.began_at,
        raised_at=one.raised_at,
        cleared_at=one.cleared_at,
        reason=one.reason,
    )
