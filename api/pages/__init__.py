"""The HTML pages: rendered on the server, usable without scripts, live with them."""

from fastapi import APIRouter

from api.pages import help as guide
from api.pages import notifications, sign_in, simulation
from api.pages.alerts import answer_link as answer
from api.pages.alerts import history as alerts
from api.pages.backtests import form as backtests
from api.pages.devices import detail as one_device
from api.pages.devices import enrolment, profiles, proposals
from api.pages.devices import index as equipment
from api.pages.errors import error_page
from api.pages.overview import alarm, board, family
from api.pages.residents import absences
from api.pages.residents import geofences as zones
from api.pages.residents import index as residents

router = APIRouter(include_in_schema=False)
for _part in (
    sign_in,
    alarm,
    notifications,
    board,
    residents,
    absences,
    backtests,
    zones,
    alerts,
    equipment,
    one_device,
    profiles,
    proposals,
    family,
    answer,
    guide,
    enrolment,
    simulation,
):
    router.include_router(_part.router)

__all__ = ["error_page", "router"]
