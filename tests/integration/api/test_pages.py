"""Who may open which page, and pages under bad input: every page route for every role, on one's own things and on another office's."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from starlette.routing import Mount

from api.http.errors import JSON_PREFIXES
from core.domain.alert import Severity, Subject
from core.domain.backtest import BacktestSettings
from core.domain.device_proposal import Proposed
from core.domain.evidence.profile_trial import TrialTarget
from core.domain.metrics import METRICS
from core.formats.profile_file import library
from core.store.alerts import alerts, answer_links
from core.store.detection import backtest_requests
from core.store.devices import profile_trials, profiles, proposals, registry
from core.store.ledger import sealing
from core.store.operation import connection_loops
from core.store.operation.connection_loops import ConnectionLoop
from core.store.people.links import contact_links
from core.store.people.links.contact_links import LinkPurpose
from core.store.people.personal import erasures
from detectors.alerting import planner
from tests.support.asked import Asked
from tests.support.wards.api_ward import HOME_A, RESIDENT_A, RESIDENT_B, ApiWard, api_ward

_CLOSE = {"outcome": "safe_contacted"}
_REVEAL = {"reason": "no_contact"}
_ZONE = {
    "name": "公園",
    "lat": "35.65",
    "lon": "139.79",
    "radius_m": "400",
    "start": "00:00",
    "end": "00:00",
    "days": "0",
}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Case(Asked):
    """A request with a form; 303 for nobody leads to the sign-in."""

    nobody: int = 303
    form: Mapping[str, str] | None = None


_LIMIT = {"hours_long": "4", "start": "06:00", "end": "11:00", "days": "0"}
_ABSENCE = {
    "kind": "day_service",
    "how": "weekly",
    "began": "2026-08-01T00:00",
    "start": "09:00",
    "end": "16:00",
    "days": "1",
}

_REGISTRATION = {"device_id": "radar-1", "home": "home A", "kind": "motion", "place": "hall"}

_TRY = {"rule": "inactivity", "weeks": "4", "budget": "2"}


_BROWSER = {
    "endpoint": "https://push.example/abc",
    "p256dh": "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "auth": "AAAAAAAAAAAAAAAAAAAAAA",
}

_RESIDENT = {"name": "佐々木 ミヨ", "home": "home A2", "area": "area A", "office": "1"}
_CONTACT = {
    "name": "次女",
    "step": "1",
    "language": "ja",
    "kind": "mail",
    "address": "second@example.jp",
}

_BRANCH = {"severity": "1", "asked": "office", "wait": "2"}
_NO_SHIFT = {"person": "0", "began": "2026-08-02T22:00", "ended": "2026-08-03T07:00"}
_TAKEN = {"is_substituted": "true"}

_CASES = (
    Case("GET", "/", 303, 303, 303, 303, 303, technician_a=303, technician_b=303, official=303, tester=303),
    Case(
        "GET",
        "/login",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        nobody=200,
        official=303,
        tester=303,
    ),
    Case(
        "POST",
        "/login",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        nobody=422,
        official=422,
        tester=422,
        form={},
    ),
    Case(
        "POST",
        "/sign-out",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={},
    ),
    Case(
        "POST",
        "/language",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={"language": "en"},
    ),
    Case("GET", "/alarm", 200, 200, 200, 403, 403),
    Case("GET", "/notifications", 200, 200, 200, 403, 403),
    Case("POST", "/notifications", 303, 303, 303, 403, 403, form=_BROWSER),
    Case("POST", "/notifications/{browser}/remove", 404, 404, 404, 403, 403, form={}),
    Case(
        "GET",
        "/push-worker.js",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case("GET", "/board", 200, 200, 200, 403, 403),
    Case("GET", "/board/queue", 200, 200, 200, 403, 403),
    Case("POST", "/board/search", 200, 200, 200, 403, 403, form={"q": "花子"}),
    Case("GET", "/board/groups", 200, 200, 200, 403, 403),
    Case(
        "POST",
        "/session/extend",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={},
    ),
    Case("GET", "/residents", 200, 200, 200, 403, 403),
    Case("POST", "/residents", 200, 200, 200, 403, 403, form={"q": "花子", "state": "cannot_tell"}),
    Case("GET", "/residents/new", 200, 200, 200, 403, 403),
    Case("POST", "/residents/new", 303, 303, 422, 403, 403, form=_RESIDENT),
    Case("GET", "/residents/{resident}/data", 200, 403, 403, 403, 403),
    Case("POST", "/residents/{resident}/export", 200, 403, 403, 403, 403, form={}),
    Case("POST", "/residents/{resident}/erasure", 422, 403, 403, 403, 403, form={"name": "x"}),
    Case("GET", "/erasures", 200, 403, 403, 403, 403),
    Case("GET", "/ledger", 200, 403, 403, 403, 403),
    Case("POST", "/ledger.csv", 200, 403, 403, 403, 403, form={}),
    Case("GET", "/erasures/{erasure}", 200, 403, 403, 403, 403),
    Case("GET", "/residents/{resident}/record", 200, 200, 404, 403, 403),
    Case("POST", "/residents/{resident}/record", 422, 422, 404, 403, 403, form={"version": "1"}),
    Case("POST", "/residents/{resident}/record/undo", 404, 404, 404, 403, 403, form={"change": "999"}),
    Case("POST", "/residents/{resident}/end", 422, 422, 404, 403, 403, form={}),
    Case("POST", "/residents/{resident}/resume", 303, 303, 404, 403, 403, form={}),
    Case("GET", "/residents/{resident}/contacts/new", 200, 200, 404, 403, 403),
    Case("POST", "/residents/{resident}/contacts/new", 303, 303, 404, 403, 403, form=_CONTACT),
    Case("GET", "/residents/{resident}/escalation", 200, 200, 404, 200, 404),
    Case("POST", "/residents/{resident}/escalation", 303, 303, 404, 403, 404, form=_BRANCH),
    Case("GET", "/offices", 200, 200, 200, 403, 403),
    Case("GET", "/offices/{office}", 200, 200, 404, 403, 403),
    Case("POST", "/offices/{office}/escalation", 303, 303, 404, 403, 403, form=_BRANCH),
    Case("POST", "/offices/{office}/cover", 303, 303, 404, 403, 403, form={"next_office": "2"}),
    Case("GET", "/offices/{office}/tonight", 200, 200, 404, 403, 403),
    Case("GET", "/offices/{office}/unwatched", 200, 200, 404, 403, 403),
    Case("GET", "/offices/{office}/response-times", 200, 200, 404, 403, 403),
    Case("GET", "/alerts/{alert}/deliveries", 200, 200, 404, 403, 403),
    Case("GET", "/webhook-events", 200, 200, 200, 403, 403),
    # None has failed.
    Case("POST", "/webhook-events/{event}/redelivery", 404, 404, 404, 403, 403, form={}),
    Case("GET", "/offices/{office}/duty", 200, 200, 404, 403, 403),
    Case("POST", "/offices/{office}/duty", 422, 422, 404, 403, 403, form=_NO_SHIFT),
    # There is none of that number.
    Case("POST", "/offices/{office}/duty/{shift}/substitution", 404, 404, 404, 403, 403, form=_TAKEN),
    Case("POST", "/offices/{office}/duty/{shift}/remove", 404, 404, 404, 403, 403, form={}),
    Case("GET", "/offices/new", 200, 403, 403, 403, 403),
    Case("POST", "/offices/new", 422, 403, 403, 403, 403, form={"phone": "1"}),
    Case("GET", "/offices/{office}/record", 200, 200, 404, 403, 403),
    Case("POST", "/offices/{office}/record", 422, 403, 403, 403, 403, form={"version": "1"}),
    Case("POST", "/offices/{office}/record/undo", 404, 403, 403, 403, 403, form={"change": "999"}),
    Case("GET", "/offices/{office}/contacts/new", 200, 200, 404, 403, 403),
    Case("POST", "/offices/{office}/contacts/new", 303, 303, 404, 403, 403, form=_CONTACT),
    Case("POST", "/admin/users", 200, 403, 403, 403, 403, form={"q": "a"}),
    Case("GET", "/accounts/new", 200, 200, 200, 403, 403),
    Case("POST", "/accounts/new", 422, 422, 422, 403, 403, form={"login": "a b"}),
    Case("GET", "/accounts/{account}", 200, 200, 404, 403, 403),
    Case("POST", "/accounts/{account}", 422, 422, 404, 403, 403, form={"login": "a b"}),
    Case("POST", "/accounts/{account}/undo", 404, 404, 404, 403, 403, form={"change": "999"}),
    Case("POST", "/accounts/{account}/residents", 422, 422, 404, 403, 403, form={"residents": "1"}),
    Case("POST", "/accounts/{account}/invitation", 200, 200, 404, 403, 403, form={}),
    Case(
        "GET",
        "/invitation",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/invitation",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        nobody=422,
        official=422,
        tester=422,
        form={"code": "K7QM"},
    ),
    Case("GET", "/import", 200, 200, 200, 403, 403),
    Case("GET", "/import/template.csv", 200, 200, 200, 403, 403),
    Case("POST", "/import", 422, 422, 422, 403, 403, form={}),
    Case("POST", "/import/{import}", 404, 404, 404, 403, 403, form={}),
    Case("GET", "/homes", 200, 200, 200, 403, 403),
    Case("POST", "/homes", 200, 200, 200, 403, 403, form={"q": "home"}),
    Case("GET", "/homes/{home}", 200, 200, 404, 403, 403),
    Case("POST", "/homes/{home}", 422, 422, 404, 403, 403, form={"version": "1"}),
    Case("POST", "/homes/{home}/undo", 404, 404, 404, 403, 403, form={"change": "999"}),
    Case("GET", "/contacts/{contact}", 200, 200, 404, 403, 403),
    Case("POST", "/contacts/{contact}", 422, 422, 404, 403, 403, form={"version": "1"}),
    Case("POST", "/contacts/{contact}/undo", 404, 404, 404, 403, 403, form={"change": "999"}),
    Case("POST", "/contacts/{contact}/channels", 422, 422, 404, 403, 403, form={"kind": "mail"}),
    Case("POST", "/contacts/{contact}/channels/{channel}/first", 303, 303, 404, 403, 403, form={}),
    Case("POST", "/contacts/{contact}/channels/{channel}/test", 303, 303, 404, 403, 403, form={}),
    # No channel of theirs is confirmed.
    Case("POST", "/contacts/{contact}/preferences-link", 303, 303, 404, 403, 403, form={}),
    Case("POST", "/contacts/{contact}/preferences-link/end", 303, 303, 404, 403, 403, form={}),
    Case("POST", "/contacts/{contact}/channels/{channel}/confirm", 303, 303, 404, 403, 403, form={}),
    # The only one stays.
    Case("POST", "/contacts/{contact}/channels/{channel}/remove", 409, 409, 404, 403, 403, form={}),
    Case("GET", "/residents/{resident}", 200, 200, 404, 200, 404),
    Case("GET", "/residents/{resident}/head", 200, 200, 404, 200, 404),
    Case("POST", "/residents/{resident}/reveal", 303, 303, 404, 303, 404, form=_REVEAL),
    Case("GET", "/residents/{resident}/zones", 200, 200, 404, 200, 404),
    Case("POST", "/residents/{resident}/zones", 303, 303, 404, 403, 404, form=_ZONE),
    Case("POST", "/residents/{resident}/zones/{zone}", 303, 303, 404, 403, 404, form=_ZONE),
    Case("POST", "/residents/{resident}/zones/{zone}/restore", 404, 404, 404, 403, 404, form={}),
    Case("POST", "/residents/{resident}/zones/{zone}/remove", 303, 303, 404, 403, 404, form={}),
    Case("GET", "/residents/{resident}/quiet-limits", 200, 200, 404, 200, 404),
    Case("POST", "/residents/{resident}/quiet-limits", 303, 303, 404, 403, 404, form=_LIMIT),
    Case("POST", "/residents/{resident}/quiet-limits/{limit}/remove", 303, 303, 404, 403, 404, form={}),
    Case("GET", "/residents/{resident}/prompts", 200, 200, 404, 200, 404),
    Case("POST", "/residents/{resident}/prompts", 303, 303, 404, 403, 404, form={"most_in_a_week": "3"}),
    Case("GET", "/residents/{resident}/absences", 200, 200, 404, 200, 404),
    Case("POST", "/residents/{resident}/absences", 303, 303, 404, 303, 404, form=_ABSENCE),
    Case("POST", "/residents/{resident}/absences/{absence}/end", 303, 303, 404, 303, 404, form={}),
    Case("POST", "/residents/{resident}/absences/{absence}/still", 303, 303, 404, 303, 404, form={}),
    Case("POST", "/residents/{resident}/absences/{absence}/confirm", 303, 303, 404, 303, 404, form={}),
    Case("GET", "/residents/{resident}/backtests", 200, 200, 404, 403, 403),
    Case("POST", "/residents/{resident}/backtests", 303, 303, 404, 403, 403, form=_TRY),
    Case("GET", "/backtests/{backtest}", 200, 200, 404, 403, 403),
    # It proposes nothing as long as it waits.
    Case("POST", "/backtests/{backtest}/application", 409, 409, 404, 403, 403, form={"sensitivity": "quiet"}),
    Case("GET", "/alerts", 200, 200, 200, 200, 200),
    Case("GET", "/alerts/{alert}", 200, 200, 404, 200, 404),
    Case("POST", "/alerts/{alert}/claim", 303, 303, 404, 303, 404, form={}),
    Case("POST", "/alerts/{alert}/progress", 303, 303, 404, 303, 404, form={"progress": "on_site"}),
    Case("POST", "/alerts/{alert}/assign", 303, 303, 404, 403, 403, form={"user": "2"}),
    Case("POST", "/alerts/{alert}/outcome", 303, 303, 404, 403, 403, form=_CLOSE),
    Case("POST", "/alerts/{alert}/reopen", 422, 422, 404, 403, 403, form={"note": "また出ない"}),
    Case("POST", "/alerts/{alert}/release", 303, 303, 404, 303, 404, form={}),
    Case("POST", "/alerts/{alert}/close", 303, 303, 404, 303, 404, form=_CLOSE),
    Case("POST", "/alerts/{alert}/note", 303, 303, 404, 303, 404, form={"note": "電話中"}),
    Case("GET", "/devices", 200, 200, 200, 403, 403, technician_a=200, technician_b=200),
    Case("GET", "/devices/{device}", 200, 200, 404, 403, 403, technician_a=200, technician_b=404),
    Case("GET", "/devices/{device}/walk-test", 200, 200, 404, 403, 403, technician_a=200, technician_b=404),
    Case("GET", "/register-device", 200, 403, 403, 403, 403, technician_a=200, technician_b=200),
    Case(
        "POST",
        "/register-device",
        422,
        403,
        403,
        403,
        403,
        technician_a=422,
        technician_b=422,
        form={"device_id": "A B"},
    ),
    Case("GET", "/devices/{device}/placement", 200, 403, 403, 403, 403, technician_a=200, technician_b=404),
    Case(
        "POST",
        "/devices/{device}/placement",
        422,
        403,
        403,
        403,
        403,
        technician_a=422,
        technician_b=404,
        form={"home": "no such home"},
    ),
    Case(
        "POST",
        "/devices/{device}/replacement",
        422,
        403,
        403,
        403,
        403,
        technician_a=422,
        technician_b=404,
        form={"successor": "A B"},
    ),
    Case("GET", "/devices/{device}/connection", 200, 200, 404, 403, 403, technician_a=200, technician_b=404),
    Case(
        "POST",
        "/devices/{device}/connection/label",
        200,
        200,
        404,
        403,
        403,
        technician_a=200,
        technician_b=404,
        form={},
    ),
    Case(
        "POST",
        "/devices/{device}/connection/password",
        200,
        200,
        404,
        403,
        403,
        technician_a=200,
        technician_b=404,
        form={"sure": "on"},
    ),
    Case("POST", "/devices/{device}/connection/revocation", 303, 403, 403, 403, 403, form={}),
    Case(
        "POST",
        "/devices/{gone}/retirement",
        404,
        403,
        403,
        403,
        403,
        technician_a=404,
        technician_b=404,
        form={},
    ),
    Case("POST", "/devices/{device}/profile", 303, 403, 403, 403, 403, form={"profile": "pulse"}),
    Case("GET", "/proposals", 200, 403, 403, 403, 403, technician_a=200, technician_b=200),
    Case(
        "POST",
        "/proposals",
        422,
        403,
        403,
        403,
        403,
        technician_a=422,
        technician_b=422,
        form={"sender": "nothing"},
    ),
    Case("GET", "/proposals/{proposal}", 200, 403, 403, 403, 403, technician_a=200, technician_b=200),
    Case(
        "POST",
        "/proposals/{proposal}/accept",
        303,
        403,
        403,
        403,
        403,
        technician_a=404,
        technician_b=404,
        form=_REGISTRATION,
    ),
    Case("POST", "/proposals/{proposal}/dismiss", 404, 403, 403, 403, 403, form={}),
    Case("POST", "/profiles/trials", 303, 403, 403, 403, 403, form={"profile": "pulse", "device": "hall-a"}),
    Case("GET", "/profiles/trials/{trial}", 200, 403, 403, 403, 403),
    Case("GET", "/profiles", 200, 403, 403, 403, 403),
    Case("POST", "/profiles", 303, 403, 403, 403, 403, form={"toml": 'name = "b"\n[fields]\nAlarm = "sos"'}),
    Case("GET", "/admin/users", 200, 403, 403, 403, 403),
    Case("GET", "/sim", 200, 403, 403, 403, 403, tester=200),
    Case("POST", "/sim/wanted", 404, 403, 403, 403, 403, tester=404, form={"wanted": "no"}),
    Case("POST", "/sim/wishes", 404, 403, 403, 403, 403, tester=404, form={"kind": "sos", "home": "1"}),
    Case("GET", "/statistics", 200, 403, 403, 403, 403, official=200),
    Case("GET", "/statistics/table.csv", 200, 403, 403, 403, 403, official=200),
    Case("GET", "/family", 403, 403, 403, 200, 200),
    Case(
        "GET",
        "/a/{token}",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/a/{token}",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={"action": "cannot"},
    ),
    Case(
        "GET",
        "/c/{contact_token}",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/c/{contact_token}",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={"action": "confirm"},
    ),
    # A link for something else opens no page of choices, whoever follows it.
    Case(
        "GET",
        "/c/{contact_token}/settings",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/c/{contact_token}/settings",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={"language": "ja"},
    ),
    Case(
        "POST",
        "/c/{contact_token}/settings/first",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
        form={"channel": "1"},
    ),
    Case(
        "POST",
        "/c/{contact_token}/settings/now",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/c/{contact_token}/settings/end",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        official=303,
        tester=303,
    ),
    Case(
        "GET",
        "/enrol",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/enrol",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        nobody=422,
        official=422,
        tester=422,
        form={"code": "K7QM"},
    ),
    # What is not signed by the provider is refused, whoever sends it.
    Case("POST", "/provider/line", 403, 403, 403, 403, 403, nobody=403, form={}),
    Case("POST", "/provider/twilio/receipt/{token}", 403, 403, 403, 403, 403, nobody=403, form={}),
    Case("POST", "/provider/twilio/key/{token}", 403, 403, 403, 403, 403, nobody=403, form={}),
    Case(
        "GET",
        "/account",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=303,
        official=200,
        tester=200,
    ),
    # Wrong, and so nothing is changed.
    Case(
        "POST",
        "/account/password",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        nobody=303,
        official=422,
        tester=422,
        form={"current": "x", "password": "y"},
    ),
    Case(
        "POST",
        "/account/sessions/{session}/end",
        404,
        404,
        404,
        404,
        404,
        technician_a=404,
        technician_b=404,
        nobody=303,
        official=404,
        tester=404,
        form={},
    ),
    Case(
        "POST",
        "/account/sessions/end-others",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        nobody=303,
        official=303,
        tester=303,
        form={},
    ),
    Case("GET", "/account/tokens", 200, 200, 200, 403, 403),
    Case("POST", "/account/tokens", 200, 200, 200, 403, 403, form={"name": "figures"}),
    Case("POST", "/account/tokens/{session}/revocation", 404, 404, 404, 403, 403, form={}),
    Case(
        "GET",
        "/account/second-factor",
        200,
        200,
        200,
        403,
        403,
        technician_a=200,
        technician_b=200,
        official=200,
        tester=200,
    ),
    # The service has no key to keep a secret.
    Case(
        "POST",
        "/account/second-factor",
        422,
        422,
        422,
        403,
        403,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
        form={},
    ),
    Case(
        "POST",
        "/account/second-factor/confirmation",
        422,
        422,
        422,
        403,
        403,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
        form={"code": "123456"},
    ),
    Case(
        "POST",
        "/account/second-factor/removal",
        422,
        422,
        422,
        403,
        403,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
        form={},
    ),
    Case("POST", "/accounts/{account}/second-factor/removal", 422, 403, 403, 403, 403, form={}),
    Case(
        "GET",
        "/login/code",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        nobody=303,
        official=303,
        tester=303,
    ),
    Case(
        "POST",
        "/login/code",
        303,
        303,
        303,
        303,
        303,
        technician_a=303,
        technician_b=303,
        nobody=303,
        official=303,
        tester=303,
        form={"code": "123456"},
    ),
    Case(
        "GET",
        "/proof",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=303,
        official=200,
        tester=200,
    ),
    Case(
        "POST",
        "/proof",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        nobody=303,
        official=422,
        tester=422,
        form={},
    ),
    Case(
        "GET",
        "/help",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
    Case(
        "GET",
        "/accessibility",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        nobody=200,
        official=200,
        tester=200,
    ),
)


def test_every_page_answers_each_role_as_it_may(ward: ApiWard) -> None:
    zone = ward.execute("SELECT min(geofence_id) FROM geofence WHERE resident_id = %s", RESIDENT_A)[0][0]
    always = {"resident": RESIDENT_A, "zone": zone, "device": "hall-a", "browser": 9999}
    names: dict[str, object] = {}
    has_changed = True
    wrong: list[str] = []
    for case in _CASES:
        for login, expected in case.expected.items():
            # What a request only looked at, or was refused, is as it was.
            if has_changed:
                names = _fresh_things(ward) | always | _proposal(ward) | _people(ward)
            answer = ward.client(login).request(
                case.method, case.path.format(**names), data=dict(case.form or {}) or None
            )
            has_changed = case.method != "GET" and answer.status_code < 400
            if answer.status_code != expected:
                wrong.append(f"{case.method} {case.path} as {login}: {answer.status_code}")
            if (
                login is None
                and expected == 303
                and case.path not in {"/", "/language"}
                and not case.path.startswith(("/a/{token}", "/c/{contact_token}"))
            ):
                assert answer.headers["location"].startswith("/login"), case.path
    assert not wrong, "\n".join(wrong)


def _proposal(ward: ApiWard) -> dict[str, object]:
    """Let a gateway describe a device, and return its number; that of one that was accepted is gone."""
    said = Proposed("zigbee2mqtt:g1/radar", "radar", "", frozenset({"motion"}))
    with ward.database.transaction() as connection:
        proposals.keep(connection, [said], ward.clock.now())
    (number,) = ward.execute("SELECT coalesce(max(proposal_id), 9999) FROM device_proposal")[0]
    return {"proposal": number}


def _people(ward: ApiWard) -> dict[str, object]:
    """Let nobody have the new resident's name, and return A's home, and a contact of A's with one channel."""
    ward.execute("UPDATE resident SET name = name || resident_id WHERE name = %s", _RESIDENT["name"])
    with ward.database.transaction() as connection:
        # Changes of theirs stand in the ledger, and go as those of people who were made up.
        sealing.say_simulation(connection)
        connection.execute("DELETE FROM contact WHERE name IN ('case', %s)", (_CONTACT["name"],))
    (contact, channel) = ward.execute(
        "WITH made AS (INSERT INTO contact (resident_id, name, step) VALUES (%s, 'case', 1) RETURNING contact_id)"
        " INSERT INTO contact_channel (contact_id, place, kind, address)"
        " SELECT contact_id, 1, 'mail', 'case@example.jp' FROM made RETURNING contact_id, contact_channel_id",
        RESIDENT_A,
    )[0]
    (account,) = ward.execute("SELECT user_id FROM user_account WHERE login = 'family_a'")[0]
    known: dict[str, object] = {
        "home": 1,
        "contact": contact,
        "channel": channel,
        "office": 1,
        "account": account,
    }
    return known | {"import": 999, "shift": 999, "gone": "nothing"}


def _fresh_things(ward: ApiWard) -> dict[str, object]:
    """Undo what the request before did, and return an open alert and a link to it."""
    ward.execute("UPDATE geofence SET deleted_at = NULL")
    ward.execute("UPDATE alert SET handling = 'closed', outcome = 'drill', closed_at = now()")
    # Another hour, or it would be the episode that is closed.
    ward.clock.advance(hours=1)
    number = ward.open_alert()
    with ward.database.transaction() as connection:
        token = answer_links.issue(connection, number, 1, ward.clock.now())
    (absence,) = ward.execute(
        "INSERT INTO absence (resident_id, kind, began_at, ended_at, created_at, needs_second)"
        " VALUES (%s, 'travel', %s, %s, %s, true) RETURNING absence_id",
        RESIDENT_A,
        ward.clock.now(),
        ward.clock.now() + timedelta(minutes=30),
        ward.clock.now(),
    )
    with ward.database.transaction() as connection:
        purpose, ends = LinkPurpose.CONFIRM_ABSENCE, ward.clock.now() + timedelta(minutes=30)
        contact_token = contact_links.issue(
            connection, 1, purpose, absence=absence[0], expires_at=ends, now=ward.clock.now()
        )
    ward.execute("DELETE FROM backtest")
    # The forms are as they were before anybody made a password.
    ward.execute("UPDATE broker_account SET version = 0")
    ward.execute("DELETE FROM quiet_limit")
    (limit,) = ward.execute(
        "INSERT INTO quiet_limit (resident_id, quiet_min, hours, created_at) VALUES (%s, 60, %s, %s) RETURNING quiet_limit_id",
        RESIDENT_A,
        json.dumps({"days": [0], "start": "01:00", "end": "03:00"}),
        ward.clock.now(),
    )
    with ward.database.transaction() as connection:
        tried = backtest_requests.add(
            connection, RESIDENT_A, BacktestSettings(), user=1, now=ward.clock.now()
        )
        profile = profiles.add(connection, library()["pulse"], ward.clock.now()).number
        device = registry.device_in_use(connection, "hall-a").number
        connection.execute("DELETE FROM profile_trial")
        trial = profile_trials.add(connection, profile, TrialTarget(device), user=1, now=ward.machine.now())
        erasure = erasures.ask(connection, 999, user=1, now=ward.clock.now())
    found: dict[str, object] = {
        "alert": number,
        "token": token,
        "contact_token": contact_token,
        "absence": absence[0],
        "backtest": tried,
        "limit": limit[0],
        "event": 999_999,
    }
    return found | {"trial": trial, "erasure": erasure, "session": 999_999}


def test_every_page_that_staff_may_open_shows_and_rings_for_emergencies(ward: ApiWard) -> None:
    zone = ward.execute("SELECT min(geofence_id) FROM geofence WHERE resident_id = %s", RESIDENT_A)[0][0]
    names = _fresh_things(ward) | {"resident": RESIDENT_A, "zone": zone, "device": "hall-a"}
    names |= _proposal(ward) | _people(ward)
    # Those that are for people who are not signed in.
    apart = ("/a/{token}", "/c/{contact_token}", "/c/{contact_token}/settings", "/enrol", "/invitation")
    paths = [case.path for case in _CASES if case.method == "GET" and case.path not in apart]
    client = ward.client("admin")
    for path in (*paths, "/no-such-page"):
        text = client.get(path.format(**names)).text
        if "<html" in text:
            assert 'src="/static/js/alarm.js"' in text, path
            assert 'id="alarm"' in text, path
            assert 'id="sound-start"' in text, path
    assert 'id="alarm"' not in ward.client("family_a").get("/family").text


def test_every_page_route_is_tried(ward: ApiWard) -> None:
    routes: set[tuple[str, str]] = set()
    for route in iter_route_contexts(ward.app.routes):
        path = str(route.path)
        if isinstance(route.original_route, Mount) or path.startswith(JSON_PREFIXES):
            continue
        routes |= {(method, _shape(path)) for method in route.methods or ()}
    assert routes == {(case.method, _shape(case.path)) for case in _CASES}


def _shape(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_staff_of_another_office_and_other_families_see_nobody(ward: ApiWard) -> None:
    ward.open_alert()
    for login in ("care_b", "family_b"):
        client = ward.client(login)
        for path in ("/board", "/residents", "/alerts", "/devices", "/family"):
            assert "田中 花子" not in client.get(path).text


def test_equipment_is_for_staff(ward: ApiWard) -> None:
    number = ward.open_alert(rule="device_silent", severity=Severity.EQUIPMENT, subject=Subject.of_device(1))
    assert ward.client("family_a").get(f"/alerts/{number}").status_code == 404
    assert f"/alerts/{number}" not in ward.client("family_a").get("/alerts").text
    assert f"/alerts/{number}" in ward.client("care_a").get("/board").text


def test_a_device_that_is_cut_off_again_and_again_is_shown_to_those_who_look_after_it(ward: ApiWard) -> None:
    loop = ConnectionLoop("native:hall-a", 9, ward.clock.now(), ward.clock.now())
    with ward.database.transaction() as connection:
        connection_loops.keep(connection, [loop], loop.began_at)
    assert "接続が切れ続けています" in ward.client("care_a").get("/devices").text
    assert "接続が切れ続けています" not in ward.client("care_b").get("/devices").text
    with ward.database.transaction() as connection:
        connection_loops.keep(connection, [], loop.began_at + timedelta(seconds=1))


def test_precise_place_stays_hidden_until_a_reason_or_a_claim(ward: ApiWard) -> None:
    lat, lon = HOME_A[0] + 0.0123, HOME_A[1] + 0.0123
    ward.fix("tracker-a", lat, lon, ward.clock.now())
    reason: dict[str, object] = {"position": {"lat": lat, "lon": lon, "accuracy_m": 12.0}}
    number = ward.open_alert(rule="geofence_exit", subject=Subject.of_geofence(1), reason=reason)
    care, family = ward.client("care_a"), ward.client("family_a")
    pages = [f"/residents/{RESIDENT_A}", f"/residents/{RESIDENT_A}/zones", f"/alerts/{number}", "/board"]
    for client in (care, family):
        for path in pages:
            assert "35.66" not in client.get(path).text
            assert "35.65" not in client.get(path).text

    # Whoever takes an urgent alert about the place sees it; the others still do not.
    assert care.post(f"/alerts/{number}/claim").status_code == 303
    assert str(round(lat, 4)) in care.get(f"/residents/{RESIDENT_A}").text
    assert str(round(lat, 4)) not in family.get(f"/residents/{RESIDENT_A}").text
    assert "支援 甲" in family.get(f"/residents/{RESIDENT_A}").text


def test_an_empty_map_of_usual_areas_says_why(ward: ApiWard) -> None:
    care, path = ward.client("care_a"), f"/residents/{RESIDENT_A}/zones"
    assert 'id="map-closed"' in care.get(path).text

    care.post(f"/residents/{RESIDENT_A}/reveal", data=_REVEAL)

    assert 'id="map-closed"' not in care.get(path).text


def test_where_no_thermometer_reports_pages_say_that_heat_cannot_be_known(ward: ApiWard) -> None:
    number = ward.open_alert(rule="heat", severity=Severity.CHECK_SOON)
    care, family = ward.client("care_a"), ward.client("family_a")
    paths = ((care, f"/residents/{RESIDENT_A}"), (family, "/family"), (care, f"/alerts/{number}"))
    ward.execute(
        "INSERT INTO device_latest (device_number, metric, time, value)"
        " SELECT device_number, metric, %s, value FROM device, (VALUES (%s, 29.4), (%s, 61.6)) AS given (metric, value)"
        " WHERE device_id = 'hall-a'",
        ward.clock.now() - timedelta(minutes=80),
        METRICS["temperature_c"].number,
        METRICS["humidity_pct"].number,
    )
    for client, path in paths:
        assert "暑さ・寒さは 確認できません" not in client.get(path).text
    assert "29.4℃" in family.get("/family").text
    assert "湿度 62%" in care.get(f"/residents/{RESIDENT_A}").text

    ward.clock.advance(minutes=20)

    for client, path in paths:
        assert "暑さ・寒さは 確認できません" in client.get(path).text
    # An old figure does not pass for the present one.
    assert "29.4℃" not in family.get("/family").text
    assert "最後は 29.4℃" in care.get(f"/residents/{RESIDENT_A}").text
    assert "湿度" not in care.get(f"/residents/{RESIDENT_A}").text


def said(client: TestClient, path: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]*>", "", client.get(path).text).split())


def test_a_life_sign_of_which_only_the_stretch_of_time_is_known_is_shown_as_that(ward: ApiWard) -> None:
    """The door stood otherwise after its bridge was away from 6:40 to 8:40: somebody used it, and nobody knows when."""
    ward.open_alert()
    away_from, back_at = ward.clock.now() - timedelta(hours=3), ward.clock.now() - timedelta(hours=1)
    ward.read("hall-a", "motion", 1, back_at, life_sign=True)
    ward.execute(
        "INSERT INTO home_latest (home_id, life_sign_at, device_number)"
        " SELECT home_id, %s, device_number FROM device_assignment JOIN device USING (device_number)"
        " WHERE device_id = 'hall-a'",
        back_at,
    )
    care, family = ward.client("care_a"), ward.client("family_a")
    pages = ((care, f"/residents/{RESIDENT_A}"), (care, "/board"), (family, "/family"))
    for client, path in pages:
        assert "のあいだ" not in client.get(path).text

    ward.execute("UPDATE reading SET acted_from = %s", away_from)
    ward.execute("UPDATE home_latest SET life_sign_at = %s", away_from)

    for client, path in (pages[0], pages[2]):
        assert "6:40から8:40のあいだ" in said(client, path)
    assert "最後の反応 3時間前から1時間前のあいだ" in said(care, "/board")
    for client, _ in pages:
        client.cookies.set("mimamori_language", "en")
    for client, path in (pages[0], pages[2]):
        assert "between 6:40 and 8:40" in said(client, path)
    assert "between 3 h ago and 1 h ago" in said(care, "/board")


def test_an_alert_about_a_silence_says_what_its_last_sign_was_and_what_came_since(ward: ApiWard) -> None:
    away_from, back_at = ward.clock.now() - timedelta(hours=3), ward.clock.now() - timedelta(hours=1)
    ward.read("hall-a", "motion", 1, back_at, life_sign=True)
    # Beside the sign itself; what came later, in two messages; and what the broker had kept.
    ward.read("hall-a", "battery_pct", 80, back_at)
    ward.read("hall-a", "motion", 1, back_at + timedelta(minutes=10))
    ward.read("hall-a", "battery_pct", 80, back_at + timedelta(minutes=20))
    ward.execute("UPDATE device SET sender = 'zigbee2mqtt:g1/hall' WHERE device_id = 'hall-a'")
    ward.execute(
        "INSERT INTO home_latest (home_id, life_sign_at, device_number)"
        " SELECT home_id, %s, device_number FROM device_assignment JOIN device USING (device_number)"
        " WHERE device_id = 'hall-a'",
        back_at,
    )
    number = ward.open_alert()

    def named(at: datetime) -> None:
        ward.execute(
            "UPDATE alert SET rule = 'inactivity', raised_at = %s, reason = %s",
            ward.clock.now(),
            Jsonb({"last_life_sign": {"time": at.isoformat(), "place": "hall", "kind": "motion"}}),
        )

    care, family = ward.client("care_a"), ward.client("family_a")
    named(back_at)
    page = said(care, f"/alerts/{number}")
    assert "最後の動きは 8:40、廊下です。" in page
    assert "その知らせ(人感センサー)は、前の状態から変わったことを表すものでした。" in page
    assert "そのあと、人が動いたことを示さない知らせが 2件届いています(最後は 9:00)。" in page

    ward.execute("UPDATE reading SET acted_from = %s WHERE is_life_sign(flags)", away_from)
    ward.execute("UPDATE home_latest SET life_sign_at = %s", away_from)
    named(away_from)
    assert "最後の動きは 6:40から8:40のあいだ、廊下です。" in said(care, f"/alerts/{number}")
    assert "最後の動きは 6:40から8:40のあいだ、廊下です。" in said(family, "/family")
    assert "最後の動き 6:40から8:40のあいだ" in said(care, "/board")
    assert "最後の反応 6:40から8:40のあいだ" in said(care, f"/residents/{RESIDENT_A}")
    with ward.database.transaction() as connection:
        token = answer_links.issue(connection, number, 1, ward.clock.now())
    assert "最後の動きは 6:40から8:40のあいだ、廊下です。" in said(family, f"/a/{token}")

    ward.execute("DELETE FROM reading WHERE time > %s", back_at)
    # Nothing is said where nothing of that kind came: signs that are not sure may have.
    assert "そのあと" not in said(care, f"/alerts/{number}")
    # What is not stored any more is not made up.
    ward.execute("DELETE FROM reading")
    page = said(care, f"/alerts/{number}")
    assert "最後の動きは 6:40、廊下です。" in page
    assert "そのあと住まいの機器" not in page


def test_a_reaction_that_may_be_nobodys_is_never_called_the_last_movement(ward: ApiWard) -> None:
    sure, single = ward.clock.now() - timedelta(hours=8), ward.clock.now() - timedelta(hours=3)
    ward.execute(
        "INSERT INTO home_latest (home_id, life_sign_at, device_number)"
        " SELECT home_id, %s, device_number FROM device_assignment JOIN device USING (device_number)"
        " WHERE device_id = 'hall-a'",
        single,
    )
    ward.open_alert()
    ward.execute(
        "UPDATE alert SET rule = 'inactivity', raised_at = %s, reason = %s",
        ward.clock.now(),
        Jsonb(
            {
                "last_life_sign": {"time": sure.isoformat(), "place": "hall", "kind": "motion"},
                "uncertain_signs": {"count": 3, "last": {"time": single.isoformat(), "place": "hall"}},
            }
        ),
    )

    care, family = ward.client("care_a"), ward.client("family_a")
    unsure = "(本人の動きかどうかは分かりません。最後の確かな動き 1:40)"
    for client, path in ((care, f"/residents/{RESIDENT_A}"), (family, "/family")):
        page = said(client, path)
        assert "最後の反応 6:40" in page
        assert unsure in page
        assert "最後の動き 6:40" not in page
    board = said(care, "/board")
    assert "最後の確かな動き 1:40" in board
    assert "最後の反応 3時間前" in board
    # Once a sure sign has come nothing is in doubt.
    ward.execute("UPDATE alert SET condition = 'cleared', cleared_at = %s", ward.clock.now())
    assert unsure not in said(care, f"/residents/{RESIDENT_A}")


def test_an_alert_of_the_night_says_who_is_notified_later(ward: ApiWard) -> None:
    ward.clock.advance(hours=14)
    number = ward.open_alert()
    planner.plan_all(ward.database, ward.clock.now())

    shown = ward.client("care_a").get(f"/alerts/{number}").text
    assert "おやすみの時間の方" in shown
    # The centre is notified at once, in their place.
    assert "連絡 1/1 段" in ward.client("care_a").get("/board").text


def test_two_who_press_at_once_get_one_holder_and_no_error(ward: ApiWard) -> None:
    number = ward.open_alert()
    assert ward.client("care_a").post(f"/alerts/{number}/claim").headers["location"].endswith("said=claimed")
    second = ward.client("admin").post(f"/alerts/{number}/claim")
    assert second.headers["location"] == f"/alerts/{number}"
    assert "支援 甲さんが対応しています" in ward.client("admin").get(f"/alerts/{number}").text


def test_old_page_does_not_close_what_changed(ward: ApiWard) -> None:
    number = ward.open_alert()
    care = ward.client("care_a")
    care.post(f"/alerts/{number}/claim")
    answer = care.post(f"/alerts/{number}/close", data=_CLOSE | {"version": "1", "note": "電話に出ました"})
    assert answer.status_code == 422
    assert "電話に出ました" in answer.text
    with ward.database.transaction() as connection:
        assert alerts.get(connection, number).closed_at is None


def test_quiet_board_does_not_look_calm_while_nothing_is_received(ward: ApiWard) -> None:
    assert "無事という意味ではありません" in ward.client("care_a").get("/board").text


def test_quiet_board_claims_no_more_than_what_devices_show(ward: ApiWard) -> None:
    """One device of two in contact: its home is as usual, of the other nothing is known."""
    now, admin = ward.clock.now(), ward.client("admin")
    admin.cookies.set("mimamori_language", "en")
    ward.execute(
        "INSERT INTO ingest_progress (worker, watermark, reported_at) VALUES ('ingest', %s, %s)", now, now
    )
    ward.execute(
        "INSERT INTO evaluation (evaluated_through, due_at) VALUES (%s, %s)",
        now,
        now + timedelta(hours=1),
    )

    def contact(device_id: str, resident: int) -> str:
        ward.execute(
            "INSERT INTO device_contact (device_number, last_received_at, last_time)"
            " SELECT device_number, %s, %s FROM device WHERE device_id = %s",
            now,
            now,
            device_id,
        )
        ward.execute(
            "INSERT INTO evaluation (resident_id, evaluated_through, due_at, state, state_since)"
            " VALUES (%s, %s, %s, 'as_usual', %s)",
            resident,
            now,
            now + timedelta(hours=1),
            now,
        )
        return admin.get("/board/queue").text

    one_of_two = contact("hall-a", RESIDENT_A)
    assert "1 of 2 devices are in contact." in one_of_two
    assert "Nothing is known of 1 resident." in one_of_two
    assert "mark--ok" not in one_of_two
    both = contact("hall-b", RESIDENT_B)
    assert "2 of 2 devices are in contact." in both
    assert "Nothing is known" not in both
    assert "mark--ok" in both


def test_error_pages_speak_the_chosen_language_and_lead_on(ward: ApiWard) -> None:
    client = ward.client("care_a")
    client.cookies.set("mimamori_language", "en")
    page = client.get("/no-such-page")
    assert page.status_code == 404
    assert "There is no such page" in page.text
    assert 'href="/board"' in page.text


def test_names_and_notes_are_shown_as_text(ward: ApiWard) -> None:
    ward.execute("UPDATE resident SET name = %s WHERE resident_id = %s", "<b>花子</b>", RESIDENT_A)
    number = ward.open_alert()
    care = ward.client("care_a")
    care.post(f"/alerts/{number}/note", data={"note": "</script><script>alert(1)</script>"})
    care.post(f"/residents/{RESIDENT_A}/zones", data=_ZONE | {"name": "</script><script>alert(2)</script>"})
    care.post(f"/residents/{RESIDENT_A}/reveal", data=_REVEAL)
    for path in ("/board", f"/alerts/{number}", f"/residents/{RESIDENT_A}", f"/residents/{RESIDENT_A}/zones"):
        text = care.get(path).text
        assert "<b>花子</b>" not in text
        assert "<script>alert" not in text


_TEXT = st.text(max_size=60)
_FORMS = st.dictionaries(
    st.sampled_from(
        [
            *("name", "kind", "lat", "lon", "radius_m", "corners", "start", "end", "days"),
            *(
                "reason",
                "note",
                "outcome",
                "version",
                "action",
                "language",
                "next",
                "take_over",
                "login",
                "password",
            ),
        ]
    ),
    st.one_of(
        _TEXT, st.sampled_from(["polygon", "circle", "other", "nan", "1e400", "99999999999999999999", "ja"])
    ),
    max_size=8,
)
_POSTS = (
    "/residents",
    "/residents/1/zones",
    "/residents/1/reveal",
    "/alerts/1/close",
    "/alerts/1/note",
    "/a/x",
    "/c/x",
    "/c/x/settings",
    "/language",
)
_GETS = (
    "/board?show=",
    "/residents?state=",
    "/alerts?handling=",
    "/alerts?before=",
    "/devices?q=",
    "/a/",
    "/c/",
)


def test_a_search_finds_people_and_keeps_their_names_out_of_addresses(ward: ApiWard) -> None:
    admin = ward.client("admin")
    everybody = admin.get("/residents").text
    assert 'method="post" action="/residents"' in everybody
    assert "田中 花子" in everybody
    assert "鈴木 一郎" in everybody

    found = admin.post("/residents", data={"q": "たなか"}).text
    assert "田中 花子" in found
    assert "鈴木 一郎" not in found
    # An old address finds nobody by name.
    assert "鈴木 一郎" in admin.get("/residents?q=%E8%8A%B1%E5%AD%90").text


def test_no_input_makes_a_page_fail(ward: ApiWard) -> None:
    ward.open_alert()
    care = ward.client("care_a")

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(path=st.sampled_from(_POSTS), form=_FORMS, asked=st.sampled_from(_GETS), text=_TEXT)
    def try_it(path: str, form: dict[str, str], asked: str, text: str) -> None:
        assert care.post(path, data=form).status_code < 500
        assert care.get(asked + quote(text, safe="")).status_code < 500

    try_it()
    assert care.get(f"/residents/{RESIDENT_B}").status_code == 404
