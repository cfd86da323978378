"""Who may do what, route by route: each route of the JSON interface for each role, on one's own things and on another office's."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api.http.permissions import declared_permission, refuse_undeclared
from core.domain.alert import WARD, Severity, Subject
from core.domain.backtest import BacktestSettings
from core.domain.device_proposal import Proposed
from core.domain.evidence.profile_trial import TrialTarget
from core.formats.profile_file import library
from core.store.alerts import handling
from core.store.detection import backtest_requests
from core.store.devices import profile_trials, profiles, proposals, registry
from core.store.people.personal import erasures
from tests.support.asked import Asked
from tests.support.wards.api_ward import OFFICE_A, RESIDENT_A, RESIDENT_B, ApiWard, api_ward

CIRCLE = {"kind": "circle", "lat": 35.65, "lon": 139.79, "radius_m": 400}
PROFILE = 'name = "my-button"\n[fields]\nAlarm = "sos"\n'
STILL = {"version": 1, "progress": "still"}
OUTCOME = {"version": 1, "outcome": "drill"}
REVEAL = {"reason": "no_contact"}
# The first contact of office A is its centre.
SHIFT = {"person": 1, "began_at": "2026-08-02T12:00:00Z", "ended_at": "2026-08-02T22:00:00Z"}
POLICY = {
    "branches": [
        {"severity": severity, "steps": [{"asked": "contacts", "wait_min": 5}]} for severity in (1, 2)
    ]
}
ABSENCE = {
    "kind": "day_service",
    "began_at": "2026-08-01T00:00:00Z",
    "hours": {"days": [0, 3], "start": "09:00", "end": "16:00"},
}

NEW_RESIDENT = {"name": "佐々木 ミヨ", "home": "home A2", "area": "area A", "office": 1}
UNCHANGED = {"version": 1}
END = {"version": 999, "reason": "moved"}
CHANNEL = {"kind": "mail", "address": "another@example.jp"}
NEW_CONTACT = {"name": "次女", "channel": {"kind": "mail", "address": "second@example.jp"}}

NEW_STAFF = {"login": "new", "name": "新人", "role": "admin"}
WRONG_PASSWORD = {"current": "wrong", "password": "long enough for us"}
WRONG_INVITATION = {"code": "K7QM", "password": "long enough for us"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Case(Asked):
    """A request with a JSON body."""

    body: Mapping[str, object] | None = None


CASES = (
    Case(
        "GET",
        "/healthz",
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
    Case("GET", "/api/v1/alerts/{alert}/deliveries", 200, 200, 404, 403, 403),
    Case(
        "GET",
        "/readyz",
        503,
        503,
        503,
        503,
        503,
        technician_a=503,
        technician_b=503,
        nobody=503,
        official=503,
        tester=503,
    ),
    Case(
        "GET",
        "/api/v1/openapi.json",
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
        "/api/v1/session",
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
        body={},
    ),
    Case(
        "GET",
        "/api/v1/session",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        official=200,
        tester=200,
    ),
    Case(
        "DELETE",
        "/api/v1/session",
        204,
        204,
        204,
        204,
        204,
        technician_a=204,
        technician_b=204,
        nobody=204,
        official=204,
        tester=204,
    ),
    Case(
        "GET",
        "/api/v1/account/sessions",
        200,
        200,
        200,
        200,
        200,
        technician_a=200,
        technician_b=200,
        official=200,
        tester=200,
    ),
    Case(
        "DELETE",
        "/api/v1/account/sessions/{session}",
        404,
        404,
        404,
        404,
        404,
        technician_a=404,
        technician_b=404,
        official=404,
        tester=404,
    ),
    Case(
        "PUT",
        "/api/v1/account/password",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
        body=WRONG_PASSWORD,
    ),
    Case("GET", "/api/v1/account/tokens", 200, 200, 200, 403, 403),
    Case("POST", "/api/v1/account/tokens", 201, 201, 201, 403, 403, body={"name": "figures"}),
    Case("DELETE", "/api/v1/account/tokens/{token}", 404, 404, 404, 403, 403),
    Case(
        "GET",
        "/api/v1/account/second-factor",
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
        "/api/v1/account/second-factor",
        422,
        422,
        422,
        403,
        403,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
    ),
    Case(
        "POST",
        "/api/v1/account/second-factor/confirmation",
        422,
        422,
        422,
        403,
        403,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
        body={"code": "1"},
    ),
    Case(
        "DELETE",
        "/api/v1/account/second-factor",
        422,
        422,
        422,
        403,
        403,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
    ),
    Case(
        "POST",
        "/api/v1/account/proof",
        422,
        422,
        422,
        422,
        422,
        technician_a=422,
        technician_b=422,
        official=422,
        tester=422,
        body={"proof": "wrong"},
    ),
    Case("GET", "/api/v1/residents", 200, 200, 200, 200, 200),
    Case("GET", "/api/v1/residents/{resident}", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/contacts", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/looks", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/location", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/week", 200, 200, 404, 200, 404),
    Case("POST", "/api/v1/residents/{resident}/reveal", 201, 201, 404, 201, 404, body=REVEAL),
    Case("POST", "/api/v1/residents", 201, 201, 422, 403, 403, body=NEW_RESIDENT),
    Case("GET", "/api/v1/residents/{resident}/record", 200, 200, 404, 403, 403),
    Case("PATCH", "/api/v1/residents/{resident}/record", 200, 200, 404, 403, 403, body=UNCHANGED),
    Case("GET", "/api/v1/residents/{resident}/changes", 200, 200, 404, 403, 403),
    Case("POST", "/api/v1/residents/{resident}/end", 409, 409, 404, 403, 403, body=END),
    Case("POST", "/api/v1/residents/{resident}/resumption", 204, 204, 404, 403, 403),
    Case("GET", "/api/v1/residents/{resident}/export", 200, 403, 403, 403, 403),
    Case("POST", "/api/v1/residents/{resident}/erasure", 422, 403, 403, 403, 403, body={"name": "x"}),
    Case("GET", "/api/v1/erasures", 200, 403, 403, 403, 403),
    Case("GET", "/api/v1/erasures/{erasure}", 200, 403, 403, 403, 403),
    Case("POST", "/api/v1/residents/{resident}/contacts", 201, 201, 404, 403, 403, body=NEW_CONTACT),
    Case("POST", "/api/v1/offices", 201, 403, 403, 403, 403, body={"name": "office C"}),
    Case("GET", "/api/v1/offices/{office}", 200, 200, 404, 403, 403),
    Case("PATCH", "/api/v1/offices/{office}", 200, 403, 403, 403, 403, body=UNCHANGED),
    Case("POST", "/api/v1/offices/{office}/contacts", 201, 201, 404, 403, 403, body=NEW_CONTACT),
    Case("GET", "/api/v1/accounts", 200, 403, 403, 403, 403),
    Case("POST", "/api/v1/accounts", 201, 403, 403, 403, 403, body=NEW_STAFF),
    Case("GET", "/api/v1/accounts/{account}", 200, 200, 404, 403, 403),
    Case("PATCH", "/api/v1/accounts/{account}", 200, 200, 404, 403, 403, body=UNCHANGED),
    Case("GET", "/api/v1/accounts/{account}/residents", 200, 200, 404, 403, 403),
    Case("PUT", "/api/v1/accounts/{account}/residents", 204, 204, 404, 403, 403, body={"residents": [1]}),
    Case("POST", "/api/v1/accounts/{account}/invitation", 201, 201, 404, 403, 403),
    Case("DELETE", "/api/v1/accounts/{account}/second-factor", 422, 403, 403, 403, 403),
    Case(
        "POST",
        "/api/v1/invitations",
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
        body=WRONG_INVITATION,
    ),
    Case("POST", "/api/v1/imports", 422, 422, 422, 403, 403),
    Case("POST", "/api/v1/imports/{import}/application", 404, 404, 404, 403, 403),
    Case("GET", "/api/v1/homes", 200, 200, 200, 403, 403),
    Case("GET", "/api/v1/homes/{home}", 200, 200, 404, 403, 403),
    Case("PATCH", "/api/v1/homes/{home}", 200, 200, 404, 403, 403, body=UNCHANGED),
    Case("GET", "/api/v1/contacts/{contact}", 200, 200, 404, 403, 403),
    Case("PATCH", "/api/v1/contacts/{contact}", 409, 409, 404, 403, 403, body={"version": 999, "step": 5}),
    Case("GET", "/api/v1/contacts/{contact}/channels", 200, 200, 404, 403, 403),
    Case("POST", "/api/v1/contacts/{contact}/channels", 204, 204, 404, 403, 403, body=CHANNEL),
    Case("POST", "/api/v1/contacts/{contact}/channels/{channel}/first", 204, 204, 404, 403, 403),
    Case("POST", "/api/v1/contacts/{contact}/channels/{channel}/test", 202, 202, 404, 403, 403),
    # No channel of theirs is confirmed.
    Case("POST", "/api/v1/contacts/{contact}/preferences-link", 422, 422, 404, 403, 403),
    Case("DELETE", "/api/v1/contacts/{contact}/preferences-link", 204, 204, 404, 403, 403),
    Case("POST", "/api/v1/contacts/{contact}/channels/{channel}/confirmation", 204, 204, 404, 403, 403),
    # The only one stays.
    Case("DELETE", "/api/v1/contacts/{contact}/channels/{channel}", 409, 409, 404, 403, 403),
    Case("GET", "/api/v1/residents/{resident}/readings", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/blind-times", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/fixes", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/geofences", 200, 200, 404, 200, 404),
    Case(
        "POST",
        "/api/v1/residents/{resident}/geofences",
        201,
        201,
        404,
        403,
        404,
        body={"name": "park", "shape": CIRCLE},
    ),
    Case("GET", "/api/v1/geofences/{geofence}", 200, 200, 404, 200, 404),
    Case("PATCH", "/api/v1/geofences/{geofence}", 200, 200, 404, 403, 404, body={"name": "near home"}),
    Case("DELETE", "/api/v1/geofences/{geofence}", 204, 204, 404, 403, 404),
    Case("GET", "/api/v1/residents/{resident}/quiet-limits", 200, 200, 404, 200, 404),
    Case(
        "POST", "/api/v1/residents/{resident}/quiet-limits", 201, 201, 404, 403, 404, body={"quiet_min": 60}
    ),
    Case("DELETE", "/api/v1/quiet-limits/{limit}", 204, 204, 404, 403, 404),
    Case("GET", "/api/v1/residents/{resident}/prompts", 200, 200, 404, 200, 404),
    Case("PUT", "/api/v1/residents/{resident}/prompts", 200, 200, 404, 403, 404, body={"is_on": False}),
    Case("GET", "/api/v1/residents/{resident}/absences", 200, 200, 404, 200, 404),
    Case("POST", "/api/v1/residents/{resident}/absences", 201, 201, 404, 201, 404, body=ABSENCE),
    Case("DELETE", "/api/v1/absences/{absence}", 204, 204, 404, 204, 404),
    # Of an absence with an end nobody is asked.
    Case("POST", "/api/v1/absences/{absence}/still", 422, 422, 404, 422, 404, body={}),
    Case("POST", "/api/v1/absences/{absence}/confirm", 200, 200, 404, 200, 404, body={}),
    Case("GET", "/api/v1/offices", 200, 200, 200, 403, 403),
    Case("PUT", "/api/v1/offices/{office}/cover", 200, 200, 404, 403, 403, body={"next_office": 2}),
    Case("GET", "/api/v1/offices/{office}/escalation-policy", 200, 200, 404, 403, 403),
    Case("PUT", "/api/v1/offices/{office}/escalation-policy", 200, 200, 404, 403, 403, body=POLICY),
    Case("DELETE", "/api/v1/offices/{office}/escalation-policy", 204, 204, 404, 403, 403),
    Case("GET", "/api/v1/offices/{office}/tonight", 200, 200, 404, 403, 403),
    Case("GET", "/api/v1/offices/{office}/unwatched", 200, 200, 404, 403, 403),
    Case("GET", "/api/v1/offices/{office}/response-times", 200, 200, 404, 403, 403),
    Case("GET", "/api/v1/webhook-events", 200, 200, 200, 403, 403),
    # None has failed.
    Case("POST", "/api/v1/webhook-events/{event}/redelivery", 404, 404, 404, 403, 403),
    Case("GET", "/api/v1/offices/{office}/duty", 200, 200, 404, 403, 403),
    Case("POST", "/api/v1/offices/{office}/duty", 201, 201, 404, 403, 403, body=SHIFT),
    Case(
        "PUT",
        "/api/v1/offices/{office}/duty/{shift}/substitution",
        422,
        422,
        404,
        403,
        403,
        body={"is_substituted": True},
    ),
    Case("DELETE", "/api/v1/offices/{office}/duty/{shift}", 204, 204, 404, 403, 403),
    Case("GET", "/api/v1/residents/{resident}/escalation-policy", 200, 200, 404, 200, 404),
    Case("PUT", "/api/v1/residents/{resident}/escalation-policy", 200, 200, 404, 403, 404, body=POLICY),
    Case("DELETE", "/api/v1/residents/{resident}/escalation-policy", 204, 204, 404, 403, 404),
    Case("GET", "/api/v1/residents/{resident}/escalation-preview", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/usual", 200, 200, 404, 200, 404),
    Case("GET", "/api/v1/residents/{resident}/backtests", 200, 200, 404, 403, 403),
    Case("POST", "/api/v1/residents/{resident}/backtests", 202, 202, 404, 403, 403, body={"weeks": 4}),
    Case("GET", "/api/v1/backtests/{backtest}", 200, 200, 404, 403, 403),
    Case("GET", "/api/v1/residents/{resident}/sensitivity", 200, 200, 404, 403, 403),
    Case(
        "PUT",
        "/api/v1/residents/{resident}/sensitivity",
        200,
        200,
        404,
        403,
        403,
        body={"sensitivity": "quiet"},
    ),
    Case("GET", "/api/v1/devices", 200, 200, 200, 200, 200, technician_a=200, technician_b=200),
    Case("GET", "/api/v1/devices/{device}", 200, 200, 404, 200, 404, technician_a=200, technician_b=404),
    Case(
        "POST",
        "/api/v1/devices",
        201,
        403,
        403,
        403,
        403,
        technician_a=409,
        technician_b=404,
        body={"device_id": "bed-1", "kind": "bed", "place": "bedroom", "home": 1},
    ),
    Case(
        "POST",
        "/api/v1/devices/{own_device}/moves",
        201,
        403,
        403,
        403,
        403,
        technician_b=404,
        body={"resident": RESIDENT_B},
    ),
    Case(
        "POST",
        "/api/v1/devices/{own_device}/replacement",
        201,
        403,
        403,
        403,
        403,
        technician_a=409,
        technician_b=404,
        body={"device_id": "new-1"},
    ),
    Case(
        "DELETE", "/api/v1/devices/{own_device}", 204, 403, 403, 403, 403, technician_a=204, technician_b=404
    ),
    Case("GET", "/api/v1/devices/{device}/evidence", 200, 200, 404, 403, 403),
    Case("GET", "/api/v1/devices/{device}/profile", 200, 200, 404, 403, 403),
    Case("PUT", "/api/v1/devices/{own_device}/profile", 200, 403, 403, 403, 403, body={"profile": "pulse"}),
    Case(
        "POST",
        "/api/v1/devices/{own_device}/profile-trials",
        202,
        403,
        403,
        403,
        403,
        body={"profile": "pulse"},
    ),
    Case(
        "POST",
        "/api/v1/profile-trials",
        202,
        403,
        403,
        403,
        403,
        body={"profile": "pulse", "sender": "zigbee2mqtt:g1/attic"},
    ),
    Case("GET", "/api/v1/profile-trials/{trial}", 200, 403, 403, 403, 403),
    Case("GET", "/api/v1/profiles", 200, 403, 403, 403, 403),
    Case("POST", "/api/v1/profiles", 201, 403, 403, 403, 403, body={"toml": PROFILE}),
    Case(
        "GET",
        "/api/v1/devices/{device}/credential",
        200,
        200,
        404,
        403,
        403,
        technician_a=200,
        technician_b=404,
    ),
    Case("DELETE", "/api/v1/devices/{own_device}/credential", 404, 403, 403, 403, 403),
    Case(
        "POST", "/api/v1/devices/{device}/codes", 201, 201, 404, 403, 403, technician_a=201, technician_b=404
    ),
    Case("GET", "/api/v1/proposals", 200, 403, 403, 403, 403, technician_a=200, technician_b=200),
    Case(
        "POST",
        "/api/v1/proposals/{proposal}/acceptance",
        201,
        403,
        403,
        403,
        403,
        technician_a=201,
        technician_b=404,
        body={"home": 1},
    ),
    Case("DELETE", "/api/v1/proposals/{proposal}", 204, 403, 403, 403, 403),
    Case(
        "POST",
        "/api/v1/enrolments",
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
        body={"code": "K7QM"},
    ),
    Case("GET", "/api/v1/alerts", 200, 200, 200, 200, 200),
    Case("GET", "/api/v1/alerts/history", 200, 200, 200, 200, 200),
    Case("GET", "/api/v1/alerts/{alert}", 200, 200, 404, 200, 404),
    Case("POST", "/api/v1/alerts/{alert}/claim", 200, 200, 404, 200, 404, body={"version": 1}),
    Case("POST", "/api/v1/alerts/{alert}/progress", 200, 200, 404, 200, 404, body=STILL),
    Case("POST", "/api/v1/alerts/{alert}/assign", 200, 200, 404, 403, 403, body={"version": 1, "user": 2}),
    Case("POST", "/api/v1/alerts/{alert}/outcome", 409, 409, 404, 403, 403, body=OUTCOME),
    Case(
        "POST", "/api/v1/alerts/{alert}/reopen", 409, 409, 404, 403, 403, body={"version": 1, "note": "again"}
    ),
    Case("POST", "/api/v1/alerts/{alert}/release", 200, 200, 404, 200, 404, body={"version": 1}),
    Case(
        "POST",
        "/api/v1/alerts/{alert}/close",
        200,
        200,
        404,
        200,
        404,
        body={"version": 1, "outcome": "safe_contacted"},
    ),
    Case("POST", "/api/v1/alerts/{alert}/notes", 201, 201, 404, 201, 404, body={"note": "on the way"}),
    Case("GET", "/api/v1/simulation", 404, 403, 403, 403, 403, tester=404),
    Case("PATCH", "/api/v1/simulation", 404, 403, 403, 403, 403, tester=404, body={"wanted": False}),
    Case(
        "POST",
        "/api/v1/simulation/wishes",
        404,
        403,
        403,
        403,
        403,
        tester=404,
        body={"kind": "sos", "home": 1},
    ),
    Case("GET", "/api/v1/statistics", 200, 403, 403, 403, 403, official=200),
    Case("GET", "/api/v1/quarantine", 200, 403, 403, 403, 403),
    Case("GET", "/api/v1/quarantine/state", 200, 403, 403, 403, 403),
    # There is none of that number; who may not look is not raised so.
    Case("GET", "/api/v1/quarantine/{message}", 404, 403, 403, 403, 403),
    # Its answer does not end, so the roles that get it are tried in the tests of the stream.
    Case("GET", "/api/v1/live", 0, 0, 0, 0, 0),
)


_device_numbers = itertools.count(1)


def _new_device(ward: ApiWard) -> str:
    """Register a device in A's home a day ago, so that it can be moved now."""
    device_id = f"own-{next(_device_numbers)}"
    ward.execute(
        "WITH made AS (INSERT INTO device (device_id, sender, kind, registered_at)"
        " VALUES (%s, %s, 'motion', now()) RETURNING device_number)"
        " INSERT INTO device_assignment (device_number, home_id, during)"
        " SELECT device_number, 1, tstzrange(%s, NULL) FROM made",
        device_id,
        f"native:{device_id}",
        ward.clock.now() - timedelta(days=1),
    )
    return device_id


def _new_shift(ward: ApiWard) -> int:
    """Put the centre of office A on its roster, without a substitute."""
    ((number,),) = ward.execute(
        "INSERT INTO duty_shift (office_id, began_at, ended_at, contact_id)"
        " SELECT %s, %s, %s, min(contact_id) FROM contact WHERE office_id = %s RETURNING duty_shift_id",
        OFFICE_A,
        ward.clock.now(),
        ward.clock.now() + timedelta(hours=8),
        OFFICE_A,
    )
    return int(number)


def _new_proposal(ward: ApiWard) -> int:
    """Let a gateway describe a device."""
    name = f"said-{next(_device_numbers)}"
    said = Proposed(f"zigbee2mqtt:g1/{name}", name, "", frozenset({"motion"}))
    with ward.database.transaction() as connection:
        proposals.keep(connection, [said], ward.clock.now())
        return next(one.number for one in proposals.waiting(connection) if one.name == name)


def test_each_role_gets_what_it_may_and_nothing_else(ward: ApiWard) -> None:
    wrong: list[str] = []
    clients = {login: ward.client(login) for login in CASES[0].expected}
    has_changed = False
    for case in CASES:
        for login, expected in case.expected.items():
            if expected == 0:
                continue
            if has_changed:
                _forget_what_was_added(ward)
            # Each on a fresh thing of A's, so that no asker sees what another changed.
            path = case.path.format(
                resident=RESIDENT_A,
                office=OFFICE_A,
                shift=_new_shift(ward) if "{shift}" in case.path else 0,
                alert=_new_alert(ward) if "{alert}" in case.path else 0,
                geofence=_new_geofence(ward) if "{geofence}" in case.path else 0,
                limit=_new_limit(ward) if "{limit}" in case.path else 0,
                absence=_new_absence(ward) if "{absence}" in case.path else 0,
                device="hall-a",
                own_device=_new_device(ward) if "{own_device}" in case.path else "",
                message=1,
                session=999_999,
                event=999_999,
                token=999_999,
                erasure=_an_erasure(ward) if "{erasure}" in case.path else 0,
                home=1,
                **{"import": 999},
                account=_family_account(ward) if "{account}" in case.path else 0,
                contact=_new_contact(ward) if "{contact}" in case.path else 0,
                channel=_channel(ward) if "{channel}" in case.path else 0,
                backtest=_new_backtest(ward) if "backtest" in case.path else 0,
                trial=_new_trial(ward) if "{trial}" in case.path else 0,
                proposal=_new_proposal(ward) if "{proposal}" in case.path else 0,
            )
            ends_session = case.method == "DELETE" and path.endswith("/session")
            client = ward.client(login) if ends_session else clients[login]
            answer = client.request(case.method, path, json=case.body)
            has_changed = case.method != "GET" and answer.status_code < 400
            if answer.status_code != expected:
                wrong.append(f"{case.method} {case.path} as {login}: {answer.status_code} {answer.text}")

    assert not wrong, "\n".join(wrong)


def test_the_table_names_every_route_of_the_json_interface(ward: ApiWard) -> None:
    tried = {(case.method, case.path.replace("{own_device}", "{device}")) for case in CASES}
    routes: set[tuple[str, str]] = set()
    for route in iter_route_contexts(ward.app.routes):
        path = route.path or ""
        if path.startswith(("/api/", "/healthz", "/readyz")):
            kind = (
                "alert"
                if "/alerts/" in path
                else "geofence"
                if path.startswith("/api/v1/geofences")
                else "limit"
                if path.startswith("/api/v1/quiet-limits")
                else "event"
                if path.startswith("/api/v1/webhook-events")
                else "absence"
                if path.startswith("/api/v1/absences")
                else "backtest"
                if path.startswith("/api/v1/backtests")
                else "trial"
                if path.startswith("/api/v1/profile-trials")
                else "proposal"
                if path.startswith("/api/v1/proposals")
                else "home"
                if path.startswith("/api/v1/homes")
                else "erasure"
                if path.startswith("/api/v1/erasures")
                else "contact"
                if path.startswith("/api/v1/contacts")
                else "import"
                if path.startswith("/api/v1/imports")
                else "office"
                if path.startswith("/api/v1/offices")
                else "account"
                if path.startswith("/api/v1/accounts")
                else "token"
                if path.startswith("/api/v1/account/tokens")
                else "session"
                if path.startswith("/api/v1/account/sessions")
                else "resident"
            )
            path = path.replace("{number}", "{" + kind + "}").replace("{device_id}", "{device}")
            routes |= {(method, path) for method in route.methods or ()}

    assert routes == tried


def test_every_route_names_its_permission(ward: ApiWard) -> None:
    for route in iter_route_contexts(ward.app.routes):
        if not isinstance(route.original_route, Mount):
            assert declared_permission(route) is not None, f"{route.path} names no permission"


def test_a_route_without_a_permission_stops_the_start(ward: ApiWard) -> None:
    @ward.app.get("/forgotten")
    def forgotten() -> None: ...

    with pytest.raises(RuntimeError, match="/forgotten"):
        refuse_undeclared(ward.app.routes)


@pytest.mark.parametrize(
    ("login", "seen"),
    [("admin", {1, 2}), ("care_a", {1}), ("care_b", {2}), ("family_a", {1}), ("family_b", {2})],
)
def test_lists_hold_only_whom_the_asker_may_know_of(ward: ApiWard, login: str, seen: set[int]) -> None:
    by_resident = {ward.open_alert(number): number for number in (RESIDENT_A, RESIDENT_B)}
    client = ward.client(login)

    residents = {one["number"] for one in client.get("/api/v1/residents").json()["items"]}
    devices = {one["device_id"] for one in client.get("/api/v1/devices").json()["items"]}
    alerts = {by_resident[one["number"]] for one in client.get("/api/v1/alerts").json()}
    history = {by_resident[one["number"]] for one in client.get("/api/v1/alerts/history").json()["items"]}

    assert residents == alerts == history == seen
    assert devices == {f"{kind}-{'ab'[number - 1]}" for kind in ("hall", "tracker") for number in seen}


def test_equipment_and_ward_alerts_are_for_staff(ward: ApiWard) -> None:
    device = ward.open_alert(
        RESIDENT_A, rule="device_silent", severity=Severity.EQUIPMENT, subject=Subject.of_device(1)
    )
    area = ward.open_alert(None, rule="ward_silent", subject=WARD)
    home = ward.open_alert(None, rule="home_silent", subject=Subject.of_home(1), office=OFFICE_A)

    assert _alerts(ward, "admin") == {device, area, home}
    assert _alerts(ward, "care_a") == {device, area, home}
    assert _alerts(ward, "care_b") == {area}
    assert _alerts(ward, "family_a") == set()
    for number in (device, area, home):
        assert ward.client("family_a").get(f"/api/v1/alerts/{number}").status_code == 404


def test_a_family_never_sees_how_others_are_reached(ward: ApiWard) -> None:
    def addresses(login: str) -> list[str | None]:
        found = ward.client(login).get(f"/api/v1/residents/{RESIDENT_A}/contacts").json()
        shown = [one["address"] for one in found]
        assert shown == [channel["address"] for one in found for channel in one["channels"]]
        return shown

    assert addresses("care_a") == ["family-a@example.jp", "cousin-a@example.jp", "centre-A@example.jp"]
    assert addresses("family_a") == ["family-a@example.jp", None, None]


def test_while_somebody_else_is_checking_a_family_user_can_only_take_over(ward: ApiWard) -> None:
    number = ward.open_alert()
    family, address = ward.client("family_a"), f"/api/v1/alerts/{number}"
    closing = {"outcome": "safe_contacted"}
    ward.client("care_a").post(f"{address}/claim", json={"version": 1})

    assert family.post(f"{address}/release", json={"version": 2}).status_code == 403
    assert family.post(f"{address}/close", json={"version": 2} | closing).status_code == 403
    assert family.post(f"{address}/claim", json={"version": 2}).status_code == 409
    taken = family.post(f"{address}/claim", json={"version": 2, "take_over": True})
    assert taken.status_code == 200
    assert (
        family.post(f"{address}/close", json={"version": taken.json()["version"]} | closing).status_code
        == 200
    )


def test_who_answered_from_a_message_is_the_same_person_when_signed_in(ward: ApiWard) -> None:
    number = ward.open_alert(rule="geofence_exit")
    rows = ward.execute("SELECT contact_id FROM contact WHERE name = 'contact A'")
    with ward.database.transaction() as connection:
        handling.claim(connection, number, contact=rows[0][0], now=ward.clock.now())
    family = ward.client("family_a")

    assert family.get(f"/api/v1/residents/{RESIDENT_A}/location").json()["is_precise"] is True
    assert family.post(f"/api/v1/alerts/{number}/release", json={"version": 2}).json()["handling"] == "open"


def test_a_user_moved_to_another_office_sees_the_other_residents_at_once(ward: ApiWard) -> None:
    client = ward.client("care_a")
    ward.execute("UPDATE user_account SET office_id = 2 WHERE login = 'care_a'")

    answer: httpx2.Response = client.get("/api/v1/residents")

    assert [one["number"] for one in answer.json()["items"]] == [RESIDENT_B]


def _alerts(ward: ApiWard, login: str) -> set[int]:
    return {one["number"] for one in ward.client(login).get("/api/v1/alerts").json()}


def _forget_what_was_added(ward: ApiWard) -> None:
    """Let what one asker added be not there already for the next."""
    ward.execute("UPDATE resident SET name = name || resident_id WHERE name = %s", NEW_RESIDENT["name"])
    ward.execute("UPDATE contact SET name = name || contact_id WHERE name = %s", NEW_CONTACT["name"])
    ward.execute("UPDATE absence SET cancelled_at = began_at WHERE hours IS NOT NULL")
    ward.execute("DELETE FROM duty_shift WHERE began_at = %s", SHIFT["began_at"])
    ward.execute("UPDATE quiet_limit SET deleted_at = created_at WHERE deleted_at IS NULL")
    ward.execute("UPDATE geofence SET deleted_at = created_at WHERE name <> 'around A'")


def _new_alert(ward: ApiWard) -> int:
    ward.execute("UPDATE alert SET handling = 'closed', closed_at = opened_at, outcome = 'drill'")
    ward.clock.advance(seconds=1)
    return ward.open_alert(RESIDENT_A)


def _an_erasure(ward: ApiWard) -> int:
    with ward.database.transaction() as connection:
        return erasures.ask(connection, 999, user=1, now=ward.clock.now())


def _new_absence(ward: ApiWard) -> int:
    rows = ward.execute(
        "INSERT INTO absence (resident_id, kind, began_at, ended_at, created_at, needs_second)"
        " VALUES (%s, 'travel', %s, %s, %s, true) RETURNING absence_id",
        RESIDENT_A,
        ward.clock.now(),
        ward.clock.now() + timedelta(days=2),
        ward.clock.now(),
    )
    return int(rows[0][0])


def _new_limit(ward: ApiWard) -> int:
    """Set a quiet limit."""
    hours = json.dumps({"days": [0], "start": "01:00", "end": "03:00"})
    rows = ward.execute(
        "INSERT INTO quiet_limit (resident_id, place, quiet_min, hours, created_at)"
        " VALUES (%s, 'kitchen', 60, %s, %s) RETURNING quiet_limit_id",
        RESIDENT_A,
        hours,
        ward.clock.now(),
    )
    return int(rows[0][0])


def _new_backtest(ward: ApiWard) -> int:
    ward.execute("DELETE FROM backtest")
    with ward.database.transaction() as connection:
        return backtest_requests.add(connection, RESIDENT_A, BacktestSettings(), user=1, now=ward.clock.now())


def _new_trial(ward: ApiWard) -> int:
    ward.execute("DELETE FROM profile_trial")
    with ward.database.transaction() as connection:
        profile = profiles.add(connection, library()["pulse"], ward.clock.now()).number
        device = registry.device_in_use(connection, "hall-a").number
        return profile_trials.add(connection, profile, TrialTarget(device), user=1, now=ward.machine.now())


def _family_account(ward: ApiWard) -> int:
    """Return the account of A's family."""
    return int(ward.execute("SELECT user_id FROM user_account WHERE login = 'family_a'")[0][0])


def _new_contact(ward: ApiWard) -> int:
    """Register a contact of A's with one channel."""
    rows = ward.execute(
        "WITH made AS (INSERT INTO contact (resident_id, name, step) VALUES (%s, 'case', 1) RETURNING contact_id)"
        " INSERT INTO contact_channel (contact_id, place, kind, address)"
        " SELECT contact_id, 1, 'mail', 'case@example.jp' FROM made RETURNING contact_id",
        RESIDENT_A,
    )
    return int(rows[0][0])


def _channel(ward: ApiWard) -> int:
    """Return the channel of the contact that was registered last."""
    return int(ward.execute("SELECT max(contact_channel_id) FROM contact_channel")[0][0])


def _new_geofence(ward: ApiWard) -> int:
    rows = ward.execute(
        "INSERT INTO geofence (resident_id, name, shape, hours, created_at)"
        " SELECT resident_id, 'case', shape, hours, created_at FROM geofence WHERE resident_id = %s LIMIT 1"
        " RETURNING geofence_id",
        RESIDENT_A,
    )
    return int(rows[0][0])
