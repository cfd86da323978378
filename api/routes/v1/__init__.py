"""Version 1 of the JSON interface."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from api.dependencies import NOBODY_ASKED, refuse_unknown_query
from api.routes.v1 import (
    absences,
    alerts,
    backtests,
    devices,
    duty,
    escalation,
    geofences,
    live,
    measurements,
    quarantine,
    quiet_limits,
    residents,
    session,
    simulation,
    tonight,
    unwatched,
)
from api.routes.v1.offices import response_times, webhook_events
from api.routes.v1.people import (
    accounts,
    api_tokens,
    imports,
    own_account,
    personal_data,
    prompts,
    records,
    statistics,
)
from api.schemas.common import ProblemOut

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
    }
    for status, text in {
        401: "Nobody is signed in.",
        403: "Known, but not allowed; or the request comes from another site.",
        404: "There is none, or you may not know of it.",
        422: "The input cannot be used; `errors` says where.",
        503: "The database cannot be reached just now.",
    }.items()
}

router = APIRouter(prefix="/api/v1", dependencies=[Depends(refuse_unknown_query)], responses=_PROBLEMS)
for part in (
    session,
    own_account,
    api_tokens,
    residents,
    records,
    personal_data,
    imports,
    accounts,
    measurements,
    devices,
    geofences,
    absences,
    quiet_limits,
    prompts,
    escalation,
    duty,
    tonight,
    unwatched,
    response_times,
    alerts,
    webhook_events,
    backtests,
    live,
    quarantine,
    statistics,
    simulation,
):
    router.include_router(part.router)


@router.get("/openapi.json", include_in_schema=False, dependencies=[NOBODY_ASKED])
def describe(request: Request) -> JSONResponse:
    """Return the description of this interface (OpenAPI)."""
    return JSONResponse(description(request.app))


def description(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description: the JSON interface without the pages."""
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    found["paths"] = {
        path: item
        for path, item in found["paths"].items()
        if path.startswith(("/api/", "/healthz", "/readyz"))
    }
    schemas = found["components"]["schemas"]
    schemas["ProblemOut"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["ProblemOut"].pop("$defs"))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return found
