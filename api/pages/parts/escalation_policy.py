"""Escalation policies on the pages: each branch in words and as a form that needs no script, and what happens at a moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import Depends, Form, Query

from api.access.refusals import RefusedError
from api.pages.rendering import HtmlPage
from api.views.escalation_preview import EscalationPreview
from core.domain import quiet_hours
from core.domain.alert import Severity
from core.domain.escalation.policy import (
    MOST_STEPS,
    EscalationPolicy,
    HoursOfDay,
    KindOfDay,
    PolicyBranch,
    PolicyStep,
    Recipients,
)
from core.store.people.escalation_policies import from_json

_SEVERITIES = (Severity.EMERGENCY, Severity.CHECK_SOON)
_SPARE_ROWS = 2
_LEAST_ROWS = 4
_SUNDAY = 6
_FARTHEST = timedelta(days=3660)
_USUAL_WAIT = {Severity.EMERGENCY: 2, Severity.CHECK_SOON: 10}


@dataclass(frozen=True)
class BranchForm:
    """What was sent: a branch as typed, or what else shall become of the policy (`what`: branch, remove, night, reset)."""

    what: str
    severity: str
    hours: str
    days: str
    asked: tuple[str, ...]
    wait: tuple[str, ...]
    again: str
    night_from: str
    night_until: str

    def applied(self, policy: EscalationPolicy) -> EscalationPolicy | None:
        """Return the policy with what was sent; None to have what comes from above.

        Raises
        ------
        RefusedError
            Something typed is no number, or no time.
        """
        if self.what == "reset":
            return None
        if self.what == "night":
            try:
                night = quiet_hours.read(f"{self.night_from}-{self.night_until}")
            except ValueError:
                night = None
            if night is None:
                raise RefusedError("night", "escalation_hours")
            return replace(policy, night=night)
        return policy.with_branch(self._branch())

    def _branch(self) -> PolicyBranch:
        try:
            severity = Severity(int(self.severity))
            hours, days = HoursOfDay(self.hours), KindOfDay(self.days)
        except ValueError as error:
            raise RefusedError("branches", "escalation_severity", step=None) from error
        if self.what == "remove":
            return PolicyBranch(severity, (), hours, days)
        rows = [(asked, wait) for asked, wait in zip(self.asked, self.wait, strict=False) if asked]
        steps = tuple(
            PolicyStep(self._recipients(asked), _whole(wait, "escalation_wait", place))
            for place, (asked, wait) in enumerate(rows, 1)
        )
        if not steps:
            raise RefusedError("branches", "escalation_steps", step=None)
        again = _whole(self.again, "escalation_again", None) if self.again else None
        return PolicyBranch(severity, steps, hours, days, again)

    def _recipients(self, text: str) -> Recipients:
        try:
            return Recipients(text)
        except ValueError as error:
            raise RefusedError("branches", "escalation_steps", step=None) from error


def _whole(text: str, code: str, step: int | None) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise RefusedError("branches", code, step=step)
    return int(text)


def _typed(
    *,
    what: Annotated[str, Form()] = "branch",
    severity: Annotated[str, Form()] = "",
    hours: Annotated[str, Form()] = "any",
    days: Annotated[str, Form()] = "any",
    asked: Annotated[list[str] | None, Form()] = None,
    wait: Annotated[list[str] | None, Form()] = None,
    again: Annotated[str, Form()] = "",
    night_from: Annotated[str, Form()] = "",
    night_until: Annotated[str, Form()] = "",
) -> BranchForm:
    waits = tuple(one.strip() for one in wait or ())
    given = (tuple(asked or ()), waits, again.strip(), night_from.strip(), night_until.strip())
    return BranchForm(what, severity, hours, days, *given)


TypedBranch = Annotated[BranchForm, Depends(_typed)]


@dataclass(frozen=True)
class PreviewQuestion:
    """Which moment the preview is for, as typed; empty: next Sunday at three in the morning."""

    severity: str
    day: str
    clock: str

    def moment(self, page: HtmlPage) -> tuple[Severity, datetime]:
        """Return severity and moment; what cannot be read is as if nothing was typed."""
        here = page.times.local(page.now)
        sunday = here.date() + timedelta(days=(_SUNDAY - here.weekday()) % 7 or 7)
        severity = Severity.CHECK_SOON if self.severity == "2" else Severity.EMERGENCY
        usual = datetime.combine(sunday, time(3), page.times.zone)
        return severity, self._typed(page) or usual

    def is_refused(self, page: HtmlPage) -> bool:
        """Return whether something was typed that is no moment, or one too far away."""
        return bool(self.day or self.clock) and self._typed(page) is None

    def _typed(self, page: HtmlPage) -> datetime | None:
        try:
            at = datetime.fromisoformat(f"{self.day}T{self.clock}").replace(tzinfo=page.times.zone)
        except ValueError:
            return None
        return at if abs(at - page.now) < _FARTHEST else None


def _asked_for(
    severity: Annotated[str, Query()] = "",
    day: Annotated[str, Query()] = "",
    clock: Annotated[str, Query()] = "",
) -> PreviewQuestion:
    return PreviewQuestion(severity, day, clock)


AskedPreview = Annotated[PreviewQuestion, Depends(_asked_for)]


@dataclass(frozen=True)
class BranchView:
    """One branch: in words, and as the rows of its form."""

    severity: int
    hours: str
    days: str
    title: str
    lines: tuple[str, ...]
    again: str
    again_min: str
    rows: tuple[tuple[str, str], ...]
    may_be_removed: bool


@dataclass(frozen=True)
class PreviewLine:
    """One step of the preview, in words."""

    when: str
    asked: str
    people: tuple[tuple[str, str], ...]


def branch_views(policy: EscalationPolicy, page: HtmlPage) -> dict[int, list[BranchView]]:
    """Return the branches of a policy by severity, those for any hour first."""
    found: dict[int, list[BranchView]] = {int(severity): [] for severity in _SEVERITIES}
    order = sorted(
        policy.branches, key=lambda one: (list(HoursOfDay).index(one.hours), list(KindOfDay).index(one.days))
    )
    for branch in order:
        if branch.severity in found:
            found[branch.severity].append(_view(branch, page))
    return found


def _view(branch: PolicyBranch, page: HtmlPage) -> BranchView:
    words = page.words
    lines = tuple(
        f"{words(f'asked.{step.asked}')} · {words('escalation.waits', n=step.wait_min)}"
        for step in branch.steps
    )
    again = (
        words("escalation.again_itself")
        if branch.again_min is None
        else words("escalation.again", n=branch.again_min)
    )
    rows = [(step.asked.value, str(step.wait_min)) for step in branch.steps]
    wanted = min(MOST_STEPS, max(_LEAST_ROWS, len(rows) + _SPARE_ROWS))
    rows += [("", str(_USUAL_WAIT[branch.severity]))] * (wanted - len(rows))
    is_usual = (branch.hours, branch.days) == (HoursOfDay.ANY, KindOfDay.ANY)
    return BranchView(
        int(branch.severity),
        branch.hours.value,
        branch.days.value,
        words(f"escalation.{branch.hours}_{branch.days}"),
        lines,
        again,
        "" if branch.again_min is None else str(branch.again_min),
        tuple(rows),
        not is_usual,
    )


def form_context(
    policy: EscalationPolicy, page: HtmlPage, recipients: Iterable[Recipients]
) -> dict[str, object]:
    """Return what the template needs for the branches and their forms; `recipients` are those who can be asked."""
    return {
        "branches": branch_views(policy, page),
        "recipients": [one.value for one in recipients],
        "hours_of_day": [one.value for one in HoursOfDay],
        "kinds_of_day": [one.value for one in KindOfDay],
        "night_from": f"{policy.night.begins:%H:%M}",
        "night_until": f"{policy.night.ends:%H:%M}",
        "new_rows": [("", "2")] * _LEAST_ROWS,
    }


def preview_context(question: PreviewQuestion, shown: EscalationPreview, page: HtmlPage) -> dict[str, object]:
    """Return the preview in words, with what was asked."""
    severity, at = question.moment(page)
    words = page.words
    here = page.times.local(at)
    lines = [
        PreviewLine(
            words("escalation.preview_after", n=step.after_min, clock=f"{page.times.local(step.at):%H:%M}")
            if step.after_min
            else words("escalation.preview_at_once", clock=f"{here:%H:%M}"),
            words(f"asked.{step.asked}"),
            tuple(
                (person.name, _channel(person.number, person.channel, page, is_confirmed=person.is_confirmed))
                for person in step.people
            ),
        )
        for step in shown.steps
    ]
    return {
        "preview": lines,
        "preview_of": words(
            "escalation.preview_of",
            day=page.times.day(here.date()),
            clock=f"{here:%H:%M}",
            level=words(f"level.p{int(severity)}"),
        ),
        "preview_again": words("escalation.again_itself")
        if shown.again_min is None
        else words("escalation.again", n=shown.again_min),
        "preview_problem": words("escalation.preview_problem") if question.is_refused(page) else "",
        "preview_quiet": words("escalation.preview_quiet", who="・".join(shown.quiet)) if shown.quiet else "",
        "preview_severity": int(severity),
        "preview_day": here.date().isoformat(),
        "preview_clock": f"{here:%H:%M}",
    }


def _channel(number: int, channel: str | None, page: HtmlPage, *, is_confirmed: bool) -> str:
    if number == 0:
        # Nobody in particular: any family.
        return ""
    if channel is None:
        return page.words("escalation.preview_no_channel")
    key = "preview_by" if is_confirmed else "preview_unconfirmed"
    return page.words(f"escalation.{key}", channel=page.words(f"channel.{channel}"))


def problem_text(error: RefusedError, page: HtmlPage) -> str:
    """Return why a policy, or who stands in, is refused."""
    name = {
        "no_such_cover": "cover",
        "household_policy_would_end_unstaffed": "household",
    }.get(error.code, error.code.removeprefix("escalation_"))
    return page.words(f"escalation.problem_{name}", **{"step": error.values.get("step") or ""})


def policy_text(kept: Mapping[str, Any], page: HtmlPage) -> str:
    """Return a policy in a line, for the record of changes."""
    policy = from_json(kept)
    parts = [
        f"{page.words(f'level.p{int(one.severity)}')}: "
        + " → ".join(
            page.words("escalation.summary_step", who=page.words(f"asked.{step.asked}"), n=step.wait_min)
            for step in one.steps
        )
        for one in policy.branches
        if (one.hours, one.days) == (HoursOfDay.ANY, KindOfDay.ANY)
    ]
    others = len(policy.branches) - len(parts)
    if others:
        parts.append(page.words("escalation.summary_more", n=others))
    return " · ".join(parts)
