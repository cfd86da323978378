"""What an evaluation leaves behind: JSON for machines, a table for people, and a picture of the trade-off."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from math import log
from pathlib import Path

from simulator.evaluation.curve import Curve, Reading
from simulator.evaluation.error_list import ErrorList
from simulator.evaluation.outages import Outages
from simulator.evaluation.presence_trial import PresenceReport
from simulator.evaluation.prompt_trial import PromptReport
from simulator.evaluation.recorded_life import LifeReport
from simulator.evaluation.shipped import OtherHalf, ShippedSetting

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 30, 40, 60
_RATES = (0.5, 1, 2.7, 5, 10, 20)
_MOST_HOURS = 12
PROMPT_COLUMNS = (
    "before the line",
    "asked a week",
    "busiest home",
    "no line reached",
    "not asked",
    "false in 30 days, nobody answers",
    "all at home answer",
    "fell after an answer",
    "raised later by",
)
_COLOURS = ("#1f5fa8", "#c2571a", "#7a7a7a", "#3d7f4d", "#8a4fa3", "#b08a00")


@dataclass(frozen=True)
class SetReport:
    """All curves of one set of homes.

    `long_silences` are those of more than a day in the test days, which no detector is held against, and how many days they are together.
    `shipped` is about the settings as they are shipped, `other_half` about margins on homes that they were not chosen on,
    `errors` what is wrong one by one, `prompts` about residents who are asked first. `life` is about the other rules and `at_home` about whether somebody is at home, both for recorded homes, and `left_out` names the homes that are too short.
    """

    name: str
    homes: int
    test_days: float
    collapses: int
    curves: Sequence[Curve]
    long_silences: int = 0
    long_silence_days: float = 0.0
    life: LifeReport | None = None
    at_home: PresenceReport | None = None
    outages: Outages | None = None
    left_out: Sequence[str] = ()
    shipped: Sequence[ShippedSetting] = ()
    other_half: Sequence[OtherHalf] = ()
    errors: Sequence[ErrorList] = ()
    prompts: Sequence[PromptReport] = ()

    def to_json(self) -> Mapping[str, object]:
        """Return it as JSON values."""
        body = asdict(self)
        if self.outages is not None:
            body["outages"] = {"origin": self.outages.origin, "times": self.outages.in_words()}
        return body


def write(reports: Sequence[SetReport], folder: Path) -> list[Path]:
    """Write `evaluation.json` and one picture per set into a folder, and return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "evaluation.json"]
    body = {"protocol": "P", "seed": 0, "sets": [report.to_json() for report in reports]}
    written[0].write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for report in reports:
        path = folder / f"{report.name}.svg"
        path.write_text(picture(report), encoding="utf-8")
        written.append(path)
    return written


def table(report: SetReport, rates: Sequence[float]) -> list[list[str]]:
    """Return the rows of a table: the detector, and hours to alarm `median / mean / p95` at each rate."""
    return [[one.detector, *(_hours(one.at(rate)) for rate in rates)] for one in report.curves]


def shipped_table(report: SetReport) -> list[list[str]]:
    """Return the rows of a table: what each setting that is shipped gives, and then what a margin gives that was chosen on other homes."""
    rows = [
        [
            one.label,
            f"{one.budget_30d:g}",
            f"{one.false_alarms_30d:.2f} ({_between(one.between_30d)})",
            f"{one.worst_30d:.1f}",
            f"{one.over_twice}",
            f"{one.at_night:.0%}",
            f"{one.night_of_40:.2f}",
            _three(one.median_h, one.mean_h, one.p95_h),
        ]
        for one in report.shipped
    ]
    rows += [
        [
            "margin of the other half",
            f"{one.rate:g}",
            f"{one.got_30d:.2f} ({_between(one.between_30d)})",
            *(4 * ["-"]),
            _three(one.median_h, one.mean_h, one.p95_h),
        ]
        for one in report.other_half
    ]
    return rows


def prompt_table(report: SetReport) -> list[list[str]]:
    """Return the rows of a table: how long before the line is asked, how often that is, and what the answers spare and cost."""
    return [
        [
            f"{one.lead_min:g} min",
            f"{one.asked_a_week:.2f}",
            f"{one.busiest_home:.2f}",
            f"{one.asked_for_nothing:.0%}",
            f"{one.not_asked:.0%}",
            f"{one.false_30d:.2f}",
            f"{one.false_answered_30d:.2f}",
            f"{one.later_share:.2%}",
            f"{one.later_mean_min:.0f} min",
        ]
        for one in report.prompts
    ]


def hours_table(report: SetReport) -> list[list[str]]:
    """Return the rows of a table: of each shipped setting how many false alarms ring in which hours of the clock, three hours a column."""
    return [
        [one.label, *(f"{sum(one.by_hour[first : first + 3])}" for first in range(0, 24, 3))]
        for one in report.shipped
    ]


def false_rows(errors: ErrorList) -> list[list[str]]:
    """Return the rows of a table: each class of false alarms, how many there are, and how many of them were over within an hour."""
    return [[why, f"{count}", f"{soon}"] for why, (count, soon) in errors.false_by_class().items()]


def slow_rows(errors: ErrorList) -> list[list[str]]:
    """Return the rows of a table: each class of collapses that are noticed last, their share, in how many silences, and the slowest."""
    every = sum(one.collapses for one in errors.slow)
    return [
        [why, f"{count / every:.0%}", f"{silences}", f"{longest_h:.1f}"]
        for why, (count, silences, longest_h) in errors.slow_by_class().items()
    ]


def _between(limits: tuple[float, float]) -> str:
    return f"{limits[0]:.2f} to {limits[1]:.2f}"


def _three(median_h: float, mean_h: float, p95_h: float) -> str:
    return f"{median_h:.2f} / {mean_h:.2f} / {p95_h:.2f}"


def life_table(life: LifeReport) -> list[list[str]]:
    """Return the rows of a table: the rule, its alerts and their rate in 30 home-days, in all and after the first four weeks."""
    return [
        [
            one.rule,
            f"{one.alerts}",
            f"{one.per_30_days:.2f}",
            f"{one.alerts_later}",
            f"{one.per_30_days_later:.2f}",
        ]
        for one in life.rules
    ]


def presence_lines(found: PresenceReport | None) -> list[str]:
    """Return in words how much of the time presence is known, and how often what followed agrees; nothing where no home has a door."""
    if found is None:
        return []
    doubts = ", ".join(f"{reason} {share:.1%}" for reason, share in found.doubts.items())
    return [
        f"at home or out, {found.homes} homes with a door, {found.half_hours / 48:.0f} days after 4 weeks:"
        f" in {found.share['in']:.1%}, out {found.share['out']:.1%}, cannot tell {found.share['cannot_tell']:.1%} ({doubts})",
        f"out: {found.out_agrees:.0%} of these half hours ended at the door, and {found.out_found:.0%} of those from door to door"
        f" were called out; in: {found.in_differs:.1%} ended with the door alone",
    ]


def bathroom_lines(life: LifeReport) -> list[str]:
    """Return what became of the collapses in bathrooms, in words; nothing where there was no bathroom."""
    found = life.bathroom
    if found is None:
        return []
    alone, both = (
        " / ".join(f"{one:.2f}" for one in hours) for hours in (found.silence_alone_h, found.both_h)
    )
    return [
        f"{found.collapses} collapses in the bathroom: {found.raised_first_by_stay:.0%} raised first by bathroom_stay"
        f" (of those it raises {found.stay_median_min:.0f} min in the median)",
        f"hours to the first alarm, median / mean / p95: {both}; by inactivity alone {alone}",
    ]


def _hours(reading: Reading | None) -> str:
    if reading is None:
        return "-"
    return _three(reading.median_h, reading.mean_h, reading.p95_h)


def picture(report: SetReport) -> str:
    """Return the trade-off curves as an SVG: mean hours to alarm over false alarms in 30 days, on a logarithmic scale."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(report.name)}: {report.homes} homes, '
        f"{report.test_days:.0f} days, {report.collapses} collapses</text>",
        *_axes(),
    ]
    for number, curve in enumerate(report.curves):
        colour = _COLOURS[number % len(_COLOURS)]
        points = sorted(
            (one.false_alarms_30d, one.mean_h)
            for one in curve.points
            if _RATES[0] <= one.false_alarms_30d <= _RATES[-1] and one.mean_h <= _MOST_HOURS
        )
        line = " ".join(f"{_x(rate):.1f},{_y(hours):.1f}" for rate, hours in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _TOP + 14 + 20 * number
        parts.append(
            f'<line x1="{_WIDTH - 290}" x2="{_WIDTH - 265}" y1="{y - 4}" y2="{y - 4}" stroke="{colour}" stroke-width="3"/>'
        )
        parts.append(f'<text x="{_WIDTH - 258}" y="{y}">{escape(curve.detector)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes() -> list[str]:
    parts: list[str] = []
    for rate in _RATES:
        x = _x(rate)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#e3e3e3"/>'
            f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{rate:g}</text>'
        )
    for hours in range(0, _MOST_HOURS + 1, 2):
        y = _y(hours)
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e3e3"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{hours}</text>'
        )
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 14}" text-anchor="middle">false alarms in 30 days</text>'
        f'<text transform="rotate(-90 18 {_HEIGHT / 2})" x="18" y="{_HEIGHT / 2}" text-anchor="middle">'
        "hours from collapse to alarm (mean)</text>"
    )
    return parts


def _x(rate: float) -> float:
    share = (log(rate) - log(_RATES[0])) / (log(_RATES[-1]) - log(_RATES[0]))
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(hours: float) -> float:
    return _HEIGHT - _BOTTOM - hours / _MOST_HOURS * (_HEIGHT - _TOP - _BOTTOM)
