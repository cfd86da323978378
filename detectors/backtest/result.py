"""What a backtest found, as JSON values: for those who asked over the interface, and for the command line."""

import json
from collections.abc import Sequence

from core.domain.alert import Finding
from detectors.backtest.run import Backtest
from detectors.backtest.statistics import Figures, Label, figures, lost, proposed

# Of findings with their reasons; the figures count all.
_MOST_FINDINGS = 300
_MOST_CHARACTERS = 1_000_000


def as_body(tested: Backtest, labels: Sequence[Label], budget: float | None) -> dict[str, object]:
    """Return it with every finding; all times are UTC, and reasons hold places."""
    return _body(tested, labels, budget, None)


def as_bounded_body(tested: Backtest, labels: Sequence[Label], budget: float | None) -> dict[str, object]:
    """Return it with as many of the newest findings of each setting as may be kept."""
    most = _MOST_FINDINGS
    body = _body(tested, labels, budget, most)
    while most and len(json.dumps(body)) > _MOST_CHARACTERS:
        most //= 2
        body = _body(tested, labels, budget, most)
    return body


def _body(
    tested: Backtest, labels: Sequence[Label], budget: float | None, most: int | None
) -> dict[str, object]:
    by_setting = figures(tested, labels)
    body: dict[str, object] = {
        "resident": tested.resident,
        "since": tested.since.isoformat(),
        "until": tested.until.isoformat(),
        "days": round(tested.days, 2),
        "watched_from": None if tested.watched_from is None else tested.watched_from.isoformat(),
        "learning_until": None if tested.learning_until is None else tested.learning_until.isoformat(),
        "places_from": None if tested.places_from is None else tested.places_from.isoformat(),
        "time_zone": tested.zone.key,
        "rules": list(tested.rules),
        "in_force": tested.in_force.value,
        "labels": [{"began_at": one.began_at.isoformat(), "what": one.what} for one in labels],
        "settings": [
            {
                "sensitivity": name.value,
                **_figures_body(by_setting[name]),
                "findings": [_finding_body(one) for one in (found if most is None else _newest(found, most))],
            }
            for name, found in tested.trials.items()
        ],
    }
    if budget is not None:
        best = proposed(by_setting, budget)
        body["budget"] = {
            "alerts_per_30_days": budget,
            "proposed": None if best is None else best.value,
            "events_lost": None if best is None else lost(by_setting, best),
        }
    return body


def _newest(found: Sequence[Finding], most: int) -> Sequence[Finding]:
    return found[max(0, len(found) - most) :]


def _figures_body(one_setting: Figures) -> dict[str, object]:
    delay = one_setting.median_delay_h
    return {
        "alerts": one_setting.alerts,
        "alerts_per_30_days": round(one_setting.per_30_days, 2),
        "alerts_by_week": list(one_setting.weeks),
        "labels_found": one_setting.found,
        "median_delay_h": None if delay is None else round(delay, 2),
        "delays_h": [None if delay_h is None else round(delay_h, 2) for delay_h in one_setting.delays_h],
    }


def _finding_body(one: Finding) -> dict[str, object]:
    return {
        "rule": one.rule,
        "subject": one.subject.to_text(),
        "severity": int(one.severity),
        "began_at": one.began_at.isoformat(),
        "raised_at": one.raised_at.isoformat(),
        "cleared_at": None if one.cleared_at is None else one.cleared_at.isoformat(),
        "reason": dict(one.reason),
    }
