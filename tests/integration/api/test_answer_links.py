"""Answer links: looking changes nothing, acting is for the one contact and alert, and an ended link is kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.refusals import TooManyAttemptsError
from api.actions import answer_links as answers
from api.actions.answer_links import Action, AnswerLimits, AnswerPage, LinkState, LinkVisit
from core.domain.alert import EventKind, Outcome, Severity, Subject
from core.store.alerts import alerts, answer_links
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward

FAMILY, COUSIN = "contact A", "cousin A"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _contact(ward: ApiWard, name: str) -> int:
    return int(ward.execute("SELECT contact_id FROM contact WHERE name = %s", name)[0][0])


def _link(ward: ApiWard, alert: int, name: str = FAMILY) -> str:
    with ward.database.transaction() as connection:
        return answer_links.issue(connection, alert, _contact(ward, name), ward.clock.now())


def _visit(ward: ApiWard, peer: str = "10.0.0.1") -> LinkVisit:
    return LinkVisit(peer, ward.clock.now(), ward.machine.now())


def _look(ward: ApiWard, token: str) -> AnswerPage:
    with ward.database.transaction() as connection:
        return answers.open_link(connection, AnswerLimits(), token, _visit(ward))


def _answer(ward: ApiWard, token: str, action: Action) -> AnswerPage:
    with ward.database.transaction() as connection:
        return answers.answer(connection, AnswerLimits(), token, action, _visit(ward))


def _kinds(ward: ApiWard, alert: int) -> list[EventKind]:
    with ward.database.transaction() as connection:
        return [event.kind for event in alerts.events(connection, alert)]


def test_looking_a_hundred_times_changes_nothing(ward: ApiWard) -> None:
    number = ward.open_alert(reason={"near": "35.6, 139.7", "silent_min": 90})
    token = _link(ward, number)
    before = ward.execute("SELECT * FROM alert"), ward.execute("SELECT * FROM alert_event")

    pages = [_look(ward, token) for _ in range(100)]

    assert (ward.execute("SELECT * FROM alert"), ward.execute("SELECT * FROM alert_event")) == before
    assert ward.execute("SELECT count(*) FROM access_log") == [(0,)]
    page = pages[-1]
    assert page.state is LinkState.OPEN
    assert page.contact is not None
    assert page.person is not None
    assert (page.contact.name, page.contact.calls_resident) == (FAMILY, "お母さん")
    assert (page.person.name, page.person.phone) == ("田中 花子", "03-1111-000A")
    # What is known of the place stays behind the sign-in.
    assert page.alert is not None
    assert page.alert.reason == {"silent_min": 90}


def test_the_first_who_claims_is_the_one_and_the_others_are_notified(ward: ApiWard) -> None:
    number = ward.open_alert()
    mine, theirs = _link(ward, number), _link(ward, number, COUSIN)

    assert _answer(ward, mine, Action.CLAIM).state is LinkState.YOURS
    late = _answer(ward, theirs, Action.CLAIM)

    assert late.state is LinkState.TAKEN
    assert late.alert is not None
    assert late.alert.claimed_by == FAMILY
    assert Action.TAKE_OVER in late.actions
    assert _answer(ward, theirs, Action.TAKE_OVER).state is LinkState.YOURS
    assert _look(ward, mine).state is LinkState.TAKEN


def test_pressing_a_button_twice_does_it_once(ward: ApiWard) -> None:
    number = ward.open_alert()
    token = _link(ward, number)

    for action in (Action.CLAIM, Action.CLAIM, Action.SAFE, Action.SAFE, Action.CLAIM):
        page = _answer(ward, token, action)

    assert page.state is LinkState.CLOSED
    assert page.actions == ()
    assert _kinds(ward, number) == [EventKind.OPENED, EventKind.CLAIMED, EventKind.CLOSED]


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Action.SAFE, Outcome.SAFE_CONTACTED),
        (Action.AMBULANCE, Outcome.AMBULANCE_CALLED),
        (Action.POLICE, Outcome.POLICE_NOTIFIED),
        (Action.MISTAKE, Outcome.PRESSED_BY_MISTAKE),
    ],
)
def test_one_tap_says_how_it_ended(ward: ApiWard, action: Action, outcome: Outcome) -> None:
    number = ward.open_alert(rule="sos", severity=Severity.EMERGENCY)

    page = _answer(ward, _link(ward, number), action)

    assert page.alert is not None
    assert (page.state, page.alert.outcome) == (LinkState.CLOSED, outcome)


def test_who_cannot_go_gives_it_back_and_who_reached_nobody_says_so(ward: ApiWard) -> None:
    number = ward.open_alert()
    token = _link(ward, number)

    _answer(ward, token, Action.CLAIM)
    assert _answer(ward, token, Action.CANNOT).state is LinkState.OPEN
    _answer(ward, token, Action.CLAIM)
    assert _answer(ward, token, Action.UNREACHABLE).state is LinkState.OPEN

    assert _kinds(ward, number)[1:] == [
        EventKind.CLAIMED,
        EventKind.RELEASED,
        EventKind.DECLINED,
        EventKind.CLAIMED,
        EventKind.NOTED,
        EventKind.RELEASED,
        EventKind.DECLINED,
    ]


def test_an_ended_link_shows_nothing_and_does_nothing(ward: ApiWard) -> None:
    number = ward.open_alert()
    expired, revoked, dropped = (
        _link(ward, number),
        _link(ward, number, COUSIN),
        _link(ward, number, "centre A"),
    )
    ward.execute("UPDATE contact SET is_active = false WHERE name = 'centre A'")
    with ward.database.transaction() as connection:
        answer_links.revoke(connection, _contact(ward, COUSIN), ward.clock.now())
    assert _look(ward, expired).state is LinkState.OPEN
    ward.clock.advance(hours=48)

    for token in (expired, revoked, dropped, "", "no-such-link", "x" * 10_000, "\x00", "\ud800"):
        assert _look(ward, token) == AnswerPage(LinkState.ENDED)
        assert _answer(ward, token, Action.CLAIM) == AnswerPage(LinkState.ENDED)
    assert _kinds(ward, number) == [EventKind.OPENED]


def test_somebody_who_signed_in_and_claimed_is_the_same_person_on_the_link(ward: ApiWard) -> None:
    number = ward.open_alert()
    ward.client("family_a").post(f"/api/v1/alerts/{number}/claim", json={"version": 1})

    assert _look(ward, _link(ward, number)).state is LinkState.YOURS
    assert _look(ward, _link(ward, number, COUSIN)).state is LinkState.TAKEN


def test_an_alert_about_a_home_has_a_page_without_a_person(ward: ApiWard) -> None:
    number = ward.open_alert(None, rule="home_silent", subject=Subject.of_home(1), office=1)

    page = _look(ward, _link(ward, number))

    assert (page.state, page.person) == (LinkState.OPEN, None)
    assert ward.execute("SELECT resident_id FROM resident WHERE resident_id = %s", RESIDENT_A)


def test_guessing_links_is_stopped_but_a_real_one_opens_and_acts_and_one_that_ended_is_no_guess(
    ward: ApiWard,
) -> None:
    limits, token = AnswerLimits(), _link(ward, ward.open_alert())
    ended = _link(ward, ward.open_alert(rule="sos"), COUSIN)
    ward.execute(
        "UPDATE answer_link SET revoked_at = created_at WHERE contact_id = %s", _contact(ward, COUSIN)
    )
    with ward.database.transaction() as connection:
        for _ in range(100):
            assert answers.open_link(connection, limits, token, _visit(ward)).state is LinkState.OPEN
        for number in range(20):
            answers.open_link(connection, limits, f"guess-{number}", _visit(ward, "10.0.0.2"))
        with pytest.raises(TooManyAttemptsError) as stopped:
            answers.open_link(connection, limits, "guess-20", _visit(ward, "10.0.0.2"))
        with pytest.raises(TooManyAttemptsError):
            answers.answer(connection, limits, "guess-21", Action.CLAIM, _visit(ward, "10.0.0.2"))
        for _ in range(30):
            page = answers.open_link(connection, limits, ended, _visit(ward, "10.0.0.3"))
            assert page.state is LinkState.ENDED
        answers.open_link(connection, limits, "guess-22", _visit(ward, "10.0.0.3"))
        page = answers.answer(connection, limits, token, Action.CLAIM, _visit(ward, "10.0.0.2"))
        assert page.state is LinkState.YOURS

    assert 0 < stopped.value.retry_after_s <= 60
