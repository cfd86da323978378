"""Reports of scenario checks, for people and as JSON."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.domain.simulation import Expectation, RaisedAlert, Verdict
from core.errors import InputError
from deploy.playback.scenario_run import ScenarioCheck

_COLOURS = {Verdict.RAISED: "green", Verdict.LATE: "yellow", Verdict.MISSED: "red", Verdict.WAITING: "dim"}
_WRONG = (Verdict.LATE, Verdict.MISSED)
_MONTH_DAYS = 30.0
_WIDE = 200


def is_as_expected(check: ScenarioCheck) -> bool:
    """Return whether everything was raised in time, and nothing else was."""
    found = check.comparison
    return not found.false_alerts and all(one.verdict not in _WRONG for one in found.expectations)


def false_rate(checks: Sequence[ScenarioCheck]) -> float:
    """Return the false alerts in 30 home-days."""
    days = sum(check.run.home_days for check in checks)
    return _MONTH_DAYS * sum(len(check.comparison.false_alerts) for check in checks) / days


def table(checks: Sequence[ScenarioCheck]) -> Table:
    """Return expected against got, a line for each event about which somebody should be notified, and for each false alert."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (
        "scenario",
        "what happens",
        "home",
        "expected",
        "within",
        "verdict",
        "raised by",
        "after",
    ):
        made.add_column(heading, overflow="fold")
    for check in checks:
        name = check.run.name
        for row in _rows(check):
            made.add_row(name, *row)
            name = ""
    return made


def _rows(check: ScenarioCheck) -> Iterator[tuple[str, ...]]:
    due = [one for one in check.comparison.expectations if one.verdict is not Verdict.NOT_DUE]
    for one in due:
        event = one.event
        verdict = f"[{_COLOURS[one.verdict]}]{one.verdict}[/]"
        answer = ("", "") if one.alert is None else (one.alert.rule, _span(one.delay))
        within = "" if event.due_at is None else _span(event.due_at - event.began_at)
        yield event.kind, _home(check, event.home), ", ".join(event.raises), within, verdict, *answer
    kinds = {one.event.kind for one in check.comparison.expectations if one.verdict is Verdict.NOT_DUE}
    if kinds or not due:
        wrong = "[red]false alert[/]" if check.comparison.false_alerts else "[green]quiet[/]"
        yield ", ".join(sorted(kinds)) or "nothing", "", "nobody", "", "" if due else wrong, "", ""
    for alert in check.comparison.false_alerts:
        at = alert.raised_at.astimezone(check.run.homes[0].zone)
        yield (
            "",
            _home(check, alert.home),
            "nobody",
            "",
            "[red]false alert[/]",
            alert.rule,
            f"{at:%m-%d %H:%M}",
        )


def summary(checks: Sequence[ScenarioCheck]) -> str:
    """Return the result in a sentence."""
    verdicts = [one.verdict for check in checks for one in check.comparison.expectations]
    count = {verdict: verdicts.count(verdict) for verdict in Verdict}
    due = sum(count[verdict] for verdict in Verdict if verdict is not Verdict.NOT_DUE)
    days = sum(check.run.home_days for check in checks)
    false = sum(len(check.comparison.false_alerts) for check in checks)
    return (
        f"{len(checks)} scenarios: {count[Verdict.RAISED]} of {due} events raised in time, {count[Verdict.LATE]} late,"
        f" {count[Verdict.MISSED]} missed; {false} false alerts in {days:.0f} home-days"
        f" ({false_rate(checks):.1f} in 30)"
    )


def show(console: Console, checks: Sequence[ScenarioCheck]) -> None:
    """Print the table and the result; in a file nothing is cut."""
    console.print(table(checks), width=None if console.is_terminal else _WIDE)
    console.print(summary(checks), highlight=False, soft_wrap=True)


def verdicts(check: ScenarioCheck) -> dict[str, object]:
    """Return what came of a scenario as JSON values; homes by name, times in UTC."""
    run = check.run
    return {
        "scenario": run.name,
        "title": run.title,
        "from": _text(run.begin),
        "to": _text(run.end),
        "home_days": round(run.home_days, 2),
        "events": [_event(check, one) for one in check.comparison.expectations],
        "false_alerts": [_alert(check, one) for one in check.comparison.false_alerts],
    }


def write(checks: Sequence[ScenarioCheck], out: Path) -> None:
    """Write the results of all scenarios as JSON.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    body = {
        "summary": summary(checks),
        "false_alerts_in_30_home_days": round(false_rate(checks), 2),
        "scenarios": [verdicts(check) for check in checks],
    }
    try:
        out.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot write the results: {error.strerror}") from error


def _event(check: ScenarioCheck, one: Expectation) -> dict[str, object]:
    event, alert = one.event, one.alert
    return {
        "event": event.kind,
        "home": _home(check, event.home) or None,
        "from": _text(event.began_at),
        "to": _text(event.ended_at),
        "raise": list(event.raises),
        "by": None if event.due_at is None else _text(event.due_at),
        "verdict": one.verdict.value,
        "rule": None if alert is None else alert.rule,
        "raised_at": None if alert is None else _text(alert.raised_at),
        "delay_s": None if one.delay is None else round(one.delay.total_seconds()),
    }


def _alert(check: ScenarioCheck, alert: RaisedAlert) -> dict[str, object]:
    return {
        "rule": alert.rule,
        "home": _home(check, alert.home) or None,
        "raised_at": _text(alert.raised_at),
    }


def _home(check: ScenarioCheck, number: int | None) -> str:
    return "" if number is None else check.homes[number]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _span(span: timedelta | None) -> str:
    """Return a span in words that are short.

    Examples
    --------
    >>> [_span(timedelta(seconds=seconds)) for seconds in (0, 72, 390, 5400, 1209600)]
    ['0 s', '72 s', '7 min', '1 h 30', '14 d']
    """
    seconds = 0 if span is None else round(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes >= 48 * 60:
        return f"{minutes / 1440:.0f} d"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02}" if rest else f"{hours} h"
