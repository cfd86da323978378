"""Map tiles: off by default; the one other site that pages may load pictures from, and only if it is named."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ValidationError

from api.http.headers import HeadersMiddleware
from core.settings import Settings

_TILES = "https://tiles.example.jp/pale/{z}/{x}/{y}.png"


def _policy(tiles: str) -> str:
    app = FastAPI()
    app.add_middleware(HeadersMiddleware, is_https=True, tiles=tiles)
    return TestClient(app).get("/").headers["Content-Security-Policy"]


def test_pages_load_from_nowhere_else_without_tiles() -> None:
    assert "img-src 'self' data:" in _policy("")
    assert "http" not in _policy("")


def test_only_pictures_come_from_the_tile_server() -> None:
    assert "img-src 'self' data: https://tiles.example.jp" in _policy("https://tiles.example.jp")
    assert _policy("https://tiles.example.jp").count("tiles.example.jp") == 1


@pytest.mark.parametrize(
    "address", ["tiles.example.jp/{z}/{x}/{y}", "https://tiles.example.jp/{z}/{x}", "file:///{z}{x}{y}"]
)
def test_address_that_is_no_tile_server_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="web address with"):
        Settings.model_validate({"database_url": "postgresql:///x", "map_tiles": address})


def test_tile_address_is_taken() -> None:
    assert (
        Settings.model_validate({"database_url": "postgresql:///x", "map_tiles": _TILES}).map_tiles == _TILES
    )
