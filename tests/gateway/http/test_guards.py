"""The guard: under which name an open gateway answers, and from which pages."""

from pathlib import Path

import pytest

from gateway.http.guards import OWN_NAMES
from tests.gateway.http.sides import side_of, web_of

PAGE = "http://evil.example"


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", "["])
async def test_a_name_of_a_strangers(folder: Path, name: str) -> None:
    """An open gateway answers under its own machine's names alone: another name may lead here by a stranger's will."""
    async with side_of(folder, {}, open=True) as side, web_of(side).client() as client:
        answer = await client.get("/healthz", headers={"host": name})
        as_one = await client.get("/healthz", headers={"host": name, "origin": f"http://{name}"})
    assert (answer.status_code, as_one.status_code) == (421, 421)


@pytest.mark.parametrize("name", [*sorted(OWN_NAMES - {"::1"}), "[::1]"])
async def test_own_names(folder: Path, name: str) -> None:
    """With its own names, and any port, it is spoken to."""
    async with side_of(folder, {}, open=True) as side, web_of(side).client() as client:
        answers = [await client.get("/healthz", headers={"host": host}) for host in (name, f"{name}:8080")]
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_any_name_with_keys(folder: Path) -> None:
    """Where keys are needed the name does not matter: a page has none."""
    async with side_of(folder, {}) as side, web_of(side).client() as client:
        assert (await client.get("/healthz", headers={"host": "assay.example"})).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
async def test_a_page_that_asks_nobody(folder: Path, kind: str) -> None:
    """A page of another origin cannot post to an open gateway, in whatever way its browser lets it."""
    async with side_of(folder, {}, open=True) as side, web_of(side).client() as client:
        answer = await client.post("/v1/executions", content=b"{}", headers={"origin": PAGE, "content-type": kind})
    assert answer.status_code == 403


async def test_all_pages(folder: Path) -> None:
    """Where the settings say so, pages of all origins may call."""
    async with side_of(folder, {}, cors_origins=["*"]) as side, web_of(side).client() as client:
        answer = await client.get("/healthz", headers={"origin": PAGE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
