"""`docs/rules.md`, `docs/metrics.md` and `docs/monitoring.md`, made from the registries: `python -m tests.checks.registry_docs --write`."""

import sys
from collections.abc import Iterator, Sequence

from api.locale import words_of
from core.domain.alert import Severity, SubjectKind
from core.domain.metrics import METRICS, CallPriority, Metric, StuckCheck
from core.domain.people import Language
from core.domain.rule_spec import Audience, Ends, Family, RuleSpec
from core.domain.rules import RULES
from tests.checks.monitoring_page import monitoring_page
from tests.support.paths import REPOSITORY

_MADE = "<!-- Made by `python -m tests.checks.registry_docs --write` from {source}; change that file, not this one. -->"
_SEVERITY = {
    Severity.EMERGENCY: "emergency (1)",
    Severity.CHECK_SOON: "check soon (2)",
    Severity.KEEP_AN_EYE: "keep an eye (3)",
    Severity.EQUIPMENT: "equipment (4)",
}
_ABOUT = {
    SubjectKind.RESIDENT: "one resident",
    SubjectKind.GEOFENCE: "one resident and one of their areas",
    SubjectKind.HOME: "everybody in a home",
    SubjectKind.DEVICE: "one device",
    SubjectKind.AREA: "a neighbourhood",
    SubjectKind.WARD: "the whole ward",
}
_FAMILIES = {
    Family.EMERGENCY: "Calls for help",
    Family.ACTIVITY: "Life at home",
    Family.CLIMATE: "Heat and cold",
    Family.OUTDOORS: "Outdoors",
    Family.TREND: "Slow change",
    Family.COVERAGE: "What cannot be seen",
    Family.EQUIPMENT: "Equipment",
}
_CALLS = {
    CallPriority.NONE: "",
    CallPriority.P1: "a call for help: emergency",
    CallPriority.P2: "a call for help: check soon",
}
_STUCK = {
    StuckCheck.CHATTER: "chatter",
    StuckCheck.LASTING: "a state that does not end",
    StuckCheck.FROZEN: "a value that never changes",
    StuckCheck.MUTE: "no reports any more",
}
_RULES_HEAD = """# Rules: what raises an alert, and who is notified

For the care official who answers alerts, and for the technician who fits sensors so that they can be raised. How often each rule is right, and
on which data that was measured, is in [evaluation](evaluation.md); the words are in the [glossary](glossary.md). An alert says what was seen,
never what happened to somebody: look at its reason card.

Severities decide how fast others are asked: *emergency* after 2 minutes without an answer, *check soon* after 10; *keep an eye* and *equipment*
notify one step only. Quiet hours of a contact hold back everything but emergencies, unless nobody else is left."""
_METRICS_HEAD = """# Metrics: what sensors may report

For the technician who connects a sender, and for whoever reads measurements through the interface. Names and units are the same in messages, in the
database and in `/api/v1`. A value outside the range is refused: no sensor that we accept can measure it. Units are UCUM codes; `1` stands for counts and yes (1) or no (0).

What a reading proves about a person, it proves by its class. A *pulse* is an event each time it is new. Of a *state* only an edge proves anything: a value that differs from the one before; the
same value again says that the device is in contact. A *level* is a quantity, *health* is about the device: neither proves anything by itself. The profile of a device may say otherwise of
its fields: a motion sensor that never says "clear" gives pulses. Which readings show that a person acted also depends on the kind of the device: a power above 30 W counts for a plug only (`core/domain/reading.py`)."""


def rules_page() -> str:
    """Return the page about rules."""
    parts = [_MADE.format(source="`core/domain/rules.py`"), _RULES_HEAD, _overview()]
    for family, title in _FAMILIES.items():
        parts.append(f"## {title}")
        parts += [_rule(rule) for rule in RULES.values() if rule.family is family]
    return "\n\n".join(parts) + "\n"


def metrics_page() -> str:
    """Return the page about metrics."""
    head = ("metric", "what it is", "unit", "range or words", "shows", "proves by", "what is done with it")
    rows = [_metric(metric) for metric in METRICS.values()]
    made = _MADE.format(source="`core/domain/metrics.py`")
    return f"{made}\n\n{_METRICS_HEAD}\n\n{_table(head, rows)}\n"


def findings() -> Iterator[str]:
    """Give the pages that are not as the registries make them."""
    for name, page in _pages():
        path = REPOSITORY / "docs" / name
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            yield f"docs/{name} is not what its registry says; run `python -m tests.checks.registry_docs --write`"


def _pages() -> Sequence[tuple[str, str]]:
    made = _MADE.format(source="`core/monitoring/figures.py` and `deploy/prometheus/alerts.yml`")
    return (
        ("rules.md", rules_page()),
        ("metrics.md", metrics_page()),
        ("monitoring.md", f"{made}\n\n{monitoring_page()}\n"),
    )


def _overview() -> str:
    rows = [
        (f"[{rule.name}](#{rule.name})", _title(rule, Language.JA), _severities(rule), _notified(rule))
        for family in _FAMILIES
        for rule in RULES.values()
        if rule.family is family
    ]
    return _table(("rule", "名前", "severity", "who is notified"), rows)


def _rule(rule: RuleSpec) -> str:
    tried = f"no: {rule.not_in_backtest}" if rule.not_in_backtest else "yes"
    facts = [
        ("Finds", rule.finds),
        ("Raised", rule.raised),
        ("Ends", rule.clears),
        ("Needs", rule.sensors),
        ("Severity", _severities(rule)),
        ("Notified", _notified(rule)),
        ("About", _ABOUT[rule.subject]),
        ("Tried on the stored past", tried),
    ]
    if rule.shows_location:
        facts.append(
            ("Place", "whoever claims an alert that is urgent sees the precise place; it is recorded")
        )
    if rule.ends is Ends.PERSON:
        facts.append(("Closed by", "people only"))
    names = f"{_title(rule, Language.JA)} · {_title(rule, Language.EN)} (version {rule.version})"
    return f"### {rule.name}\n\n{names}\n\n" + "\n".join(f"- **{name}**: {text}." for name, text in facts)


def _title(rule: RuleSpec, language: Language) -> str:
    return words_of(language)(f"rule.{rule.texts}")


def _severities(rule: RuleSpec) -> str:
    if rule.lowest is rule.highest:
        return _SEVERITY[rule.highest]
    return f"{_SEVERITY[rule.lowest]} to {_SEVERITY[rule.highest]}"


def _notified(rule: RuleSpec) -> str:
    if rule.audience is Audience.FAMILY_FIRST:
        # What is only worth an eye goes to one step.
        is_one_step = rule.highest is Severity.KEEP_AN_EYE
        return "the family, or the centre if there is none" if is_one_step else "the family, then the centre"
    is_about_somebody = rule.subject in {SubjectKind.RESIDENT, SubjectKind.GEOFENCE, SubjectKind.HOME}
    if is_about_somebody and rule.highest < Severity.KEEP_AN_EYE:
        return "the centre; the family too when it is more than keep an eye"
    if rule.at_once is None:
        return "the centre"
    kinds = " or ".join(sorted(rule.at_once))
    return "the centre, once a day" + (f"; at once about a {kinds}" if kinds else "")


def _metric(metric: Metric) -> tuple[str, ...]:
    limits = " · ".join(metric.words) if metric.words else f"{metric.low:g} to {metric.high:g}"
    connection = "says whether something is connected" if metric.is_connection else ""
    checked = ", ".join(text for check, text in _STUCK.items() if check in metric.stuck_check)
    stuck = f"checked for {checked}" if checked else ""
    said = "; ".join(note for note in (connection, _CALLS[metric.call], stuck) if note)
    proves = metric.evidence.value
    if metric.unnumbered is not None and metric.unnumbered is not metric.evidence:
        proves += f"; {metric.unnumbered.value} where messages have no number"
    return f"`{metric.name}`", metric.label, f"`{metric.unit}`", limits, metric.kind.value, proves, said


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for name, page in _pages():
            (REPOSITORY / "docs" / name).write_text(page, encoding="utf-8")
    sys.stderr.writelines(f"{finding}\n" for finding in findings())
