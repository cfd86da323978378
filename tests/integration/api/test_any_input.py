"""The JSON interface under random input, and its description: whatever comes in, the answer is a clear one."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from api.routes.v1 import description
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward

_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        ["circle", "polygon", "\x00", "2026-08-01T00:00:00Z", "9999-12-31T23:59:59-12:00", 2**63, -1, 1e308]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
_WORDS = (
    st.text(max_size=20)
    | st.integers().map(str)
    | st.sampled_from(
        ["WzFd", "W10", "bnVsbA==", "0001-01-01T00:00:00Z", "2026-08-01T00:00:00+23:59", "1e5", "NaN", "%00"]
    )
)
_PATHS = (
    "/api/v1/residents",
    "/api/v1/residents/{number}",
    "/api/v1/residents/{number}/contacts",
    "/api/v1/residents/{number}/looks",
    "/api/v1/residents/{number}/week",
    "/api/v1/residents/{number}/readings",
    "/api/v1/residents/{number}/fixes",
    "/api/v1/residents/{number}/blind-times",
    "/api/v1/residents/{number}/geofences",
    "/api/v1/geofences/{number}",
    "/api/v1/residents/{number}/absences",
    "/api/v1/residents/{number}/quiet-limits",
    "/api/v1/residents/{number}/usual",
    "/api/v1/devices",
    "/api/v1/devices/{number}",
    "/api/v1/alerts",
    "/api/v1/alerts/history",
    "/api/v1/alerts/{number}",
    "/api/v1/quarantine",
    "/api/v1/quarantine/{number}",
)
_FIELDS = (
    "before",
    "q",
    "state",
    "hours",
    "show",
    "handling",
    "said",
    "next",
    "action",
    "outcome",
    "note",
    "version",
    "name",
    "kind",
    "lat",
    "lon",
    "radius_m",
    "corners",
    "start",
    "end",
    "days",
    "target",
    "hours_long",
    "reason",
    "language",
)
_QUERY = ("limit", "cursor", "from", "to", "metric", "handling", "reason")
_CIRCLE: dict[str, Any] = {"kind": "circle", "lat": 35.65, "lon": 139.79, "radius_m": 400}
_POLYGON: dict[str, Any] = {"kind": "polygon", "corners": [[35.65, 139.79], [35.65, 139.80], [35.66, 139.80]]}
_HOURS: dict[str, Any] = {"days": [1], "start": "22:00", "end": "06:00"}
_BODIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/api/v1/residents/{number}/reveal", {"reason": "other", "note": "late"}),
    ("POST", "/api/v1/residents/{number}/geofences", {"name": "park", "shape": _CIRCLE, "hours": _HOURS}),
    ("POST", "/api/v1/residents/{number}/geofences", {"name": "park", "shape": _POLYGON}),
    ("PATCH", "/api/v1/geofences/{number}", {"name": "park", "shape": _POLYGON, "hours": _HOURS}),
    (
        "POST",
        "/api/v1/residents/{number}/absences",
        {
            "kind": "travel",
            "began_at": "2026-08-01T00:00:00Z",
            "ended_at": "2026-08-03T00:00:00Z",
            "note": "well",
        },
    ),
    (
        "POST",
        "/api/v1/residents/{number}/absences",
        {"kind": "other", "began_at": "2026-08-01T00:00:00Z", "hours": _HOURS},
    ),
    ("POST", "/api/v1/residents/{number}/quiet-limits", {"place": "", "quiet_min": 60, "hours": _HOURS}),
    ("POST", "/api/v1/alerts/{number}/claim", {"version": 1, "take_over": True}),
    ("POST", "/api/v1/alerts/{number}/release", {"version": 2}),
    ("POST", "/api/v1/alerts/{number}/close", {"version": 1, "outcome": "other", "note": "well"}),
    ("POST", "/api/v1/alerts/{number}/notes", {"note": "well"}),
)
_MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def test_no_query_and_no_path_makes_the_service_fail(ward: ApiWard) -> None:
    ward.open_alert()
    client = ward.client("admin")

    @_MANY
    @given(
        path=st.sampled_from(_PATHS),
        number=st.just("1") | _WORDS,
        query=st.dictionaries(st.sampled_from(_QUERY) | st.text(max_size=8), _WORDS, max_size=3),
    )
    def ask(path: str, number: str, query: dict[str, str]) -> None:
        answer = client.get(path.replace("{number}", quote(number, safe="")), params=query)
        _check(answer.status_code, answer.headers, answer.text)

    ask()


def test_no_body_makes_the_service_fail(ward: ApiWard) -> None:
    number = ward.open_alert()
    client = ward.client("care_a")
    assert number == RESIDENT_A == 1

    @_MANY
    @given(data=st.data())
    def send(data: st.DataObject) -> None:
        method, path, body = data.draw(st.sampled_from(_BODIES))
        mutant = data.draw(st.just(_mutated(data, body)) | _ANYTHING)
        # Written by hand, since NaN and lone surrogates are what a careless client sends.
        content = json.dumps(mutant).encode()
        answer = client.request(
            method,
            path.replace("{number}", "1"),
            content=content,
            headers={"Content-Type": "application/json"},
        )
        _check(answer.status_code, answer.headers, answer.text)

    send()


def test_no_input_makes_a_page_fail(ward: ApiWard) -> None:
    ward.open_alert()
    client = ward.client("admin")
    own = [
        (method, route.path or "")
        for route in iter_route_contexts(ward.app.routes)
        for method in sorted(route.methods or ())
        if not (route.path or "").startswith(("/api/", "/static", "/sign-out", "/login"))
    ]
    names = st.sampled_from(_FIELDS) | st.text(st.characters(codec="utf-8"), max_size=8)
    values = _WORDS.filter(lambda word: word.isprintable()) | st.sampled_from(
        ["claim", "polygon", "other", "22:00"]
    )

    @_MANY
    @given(
        route=st.sampled_from(own),
        number=st.just("1") | _WORDS,
        fields=st.dictionaries(names, values, max_size=5),
    )
    def ask(route: tuple[str, str], number: str, fields: dict[str, str]) -> None:
        method, path = route
        address = re.sub(r"\{\w+\}", quote(number, safe=""), path)
        answer = client.get(address, params=fields) if method == "GET" else client.post(address, data=fields)
        assert answer.status_code < 500 or path == "/readyz", (route, number, fields)
        assert "Traceback" not in answer.text

    ask()


def test_bytes_that_are_no_json_are_refused_with_a_reason(ward: ApiWard) -> None:
    client = ward.client("care_a")
    for content in (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b'{"version": 1e999}',
        b'{"version": ' + b"9" * 5000 + b"}",
    ):
        answer = client.post(
            "/api/v1/alerts/1/claim", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 422}, (content[:20], answer.text)
        _check(answer.status_code, answer.headers, answer.text)


def test_the_description_is_whole_and_says_what_everything_means(ward: ApiWard) -> None:
    result: dict[str, Any] = ward.client().get("/api/v1/openapi.json").json()

    assert result == json.loads(json.dumps(description(ward.app)))
    assert result["openapi"].startswith("3.1")
    for schema in result["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
        assert schema.get("description") or "enum" in schema or schema["title"].startswith("ResultPage"), (
            schema["title"]
        )
    for reference in _references(result):
        part: Any = result
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]
    operations = [
        operation
        for item in result["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    for operation in operations:
        assert operation["summary"], operation["operationId"]
        assert operation["description"], operation["operationId"]
        assert operation["tags"], operation["operationId"]


def _mutated(data: st.DataObject, body: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(body))
    name = data.draw(st.sampled_from([*changed, "another"]))
    shape: dict[str, Any] | None = changed.get("shape")
    if name == "shape" and shape is not None and data.draw(st.booleans()):
        shape[data.draw(st.sampled_from([*shape, "another"]))] = data.draw(_ANYTHING)
    else:
        changed[name] = data.draw(_ANYTHING)
    return changed


def _check(status: int, headers: Mapping[str, str], text: str) -> None:
    assert status < 500, text
    if status >= 400 and text:
        problem = json.loads(text)
        assert headers["content-type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["detail"]
        assert problem["next"]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        named = cast("dict[str, Any]", part)
        if "$ref" in named:
            yield named["$ref"]
        for value in named.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in cast("list[Any]", part):
            yield from _references(value)
