"""What came out of a replay, for people and as JSON lines."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from core.errors import InputError
from core.store.telemetry.replay_progress import ReplayedAlert
from deploy.playback.recording_run import Difference, ReplayPlan, ReplayResult

_MOST_SHOWN = 5
_WIDEST_REASON = 600


def show(console: Console, plan: ReplayPlan, result: ReplayResult) -> None:
    """Print what came out of a replay."""
    days = sum(
        (plan.end - max(plan.begin, first)) / timedelta(days=1) for first in plan.part.firsts().values()
    )
    console.print(
        f"{len(plan.part.homes)} homes, {days:.0f} home-days, {result.messages} messages in {result.seconds:.0f} s"
    )
    _show_difference(console, result.difference)
    counts = Counter(alert.rule for alert in result.alerts)
    console.print(
        f"{len(result.alerts)} alerts: "
        + (", ".join(f"{count} {rule}" for rule, count in sorted(counts.items())) or "none")
    )
    for alert in result.alerts:
        over = "still holds" if alert.cleared_at is None else f"cleared {alert.cleared_at:%m-%d %H:%M}"
        console.print(
            f"\n{alert.raised_at:%Y-%m-%d %H:%M} UTC  [bold]{alert.rule}[/]  {alert.home or alert.subject.to_text()}"
            f"  [dim]began {alert.began_at:%m-%d %H:%M}, {over}[/]",
            highlight=False,
        )
        console.print(f"    {reason_line(alert)}", highlight=False, markup=False)


def reason_line(alert: ReplayedAlert) -> str:
    """Return the reason card on one line, cut where it gets long."""
    text = ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in alert.reason.items()
    )
    return text if len(text) <= _WIDEST_REASON else text[: _WIDEST_REASON - 1] + "…"


def _show_difference(console: Console, difference: Difference) -> None:
    if difference.is_none:
        console.print(
            f"[green]✓[/] the database holds the {difference.expected} rows of the file, row for row"
        )
        return
    console.print(
        f"[red]✗[/] file {difference.expected} rows, database {difference.stored}:"
        f" {len(difference.missing)} missing, {len(difference.surplus)} too many"
    )
    for what, rows in (("missing", difference.missing), ("too many", difference.surplus)):
        for row in rows[:_MOST_SHOWN]:
            console.print(f"  {what}: {', '.join(str(value) for value in row)}", highlight=False)


def write_alerts(alerts: Sequence[ReplayedAlert], out: Path) -> None:
    """Write the alerts with their whole reasons, one JSON object per line.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    lines = [
        json.dumps(
            {
                "rule": alert.rule,
                "subject": alert.subject.to_text(),
                "home": alert.home,
                "severity": int(alert.severity),
                "began_at": alert.began_at.isoformat(),
                "raised_at": alert.raised_at.isoformat(),
                "cleared_at": None if alert.cleared_at is None else alert.cleared_at.isoformat(),
                "reason": dict(alert.reason),
            },
            ensure_ascii=False,
        )
        for alert in alerts
    ]
    try:
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot write the alerts: {error.strerror}") from error
