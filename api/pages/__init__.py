"""The HTML pages: rendered on the server, usable without scripts, live with them."""

from fastapi import APIRouter

from api.pages import (
    absences,
    alerts,
    answer,
    backtests,
    board,
    enrolment,
    equipment,
    family,
    guide,
    residents,
    sign_in,
    simulation,
    zones,
)
from api.pages.errors import error_page

router = APIRouter(include_in_schema=False)
for _part in (
    sign_in,
    board,
    residents,
    absences,
    backtests,
    zones,
    alerts,
    equipment,
    family,
    answer,
    guide,
    enrolment,
    simulation,
):
    router.include_router(_part.router)

__all__ = ["error_page", "router"]
