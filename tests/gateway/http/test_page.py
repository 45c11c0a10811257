"""The pages: what they are made of, and what a browser makes of them."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.http.openapi import document
from gateway.http.page import BUNDLED, HERE, OWN
from tests.gateway.http.browser import Browser, browser
from tests.gateway.http.sides import Web, candidate

CHROMIUM = shutil.which("chromium")


@pytest.mark.parametrize("path", [*OWN, *BUNDLED])
async def test_files(client: httpx.AsyncClient, path: str) -> None:
    """Every file of the pages is there, with its type and a policy by which scripts come from here alone."""
    answer = await client.get(path, headers={"authorization": ""})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == (OWN | BUNDLED)[path][1]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src" in policy
    assert "http" not in policy


def test_what_the_pages_refer_to() -> None:
    """The pages refer to files of this gateway alone, and hold no script."""
    for path, (name, _) in OWN.items():
        text = (HERE / name).read_text()
        assert "://" not in text, path
        for found in re.findall(r'(?:src|href)="([^"]*)"', text):
            assert found in {*OWN, *BUNDLED, "/openapi.json"}, path
        assert "<script>" not in text
        assert "innerHTML" not in text


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Browser]:
    """Start the browser."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed: apt-get install chromium")
    async with browser(CHROMIUM, folder) as found:
        yield found


@pytest.mark.slow
async def test_the_page_of_the_api(web: Web, folder: Path) -> None:
    """A browser renders every operation of the API, asks nobody but this gateway, and has nothing to complain of."""
    async with opened(folder) as page:
        await page.visit(f"http://{web.address}/docs")
        count = await page.until("document.querySelectorAll('.opblock').length")
        assert count == sum(len(methods) for methods in document()["paths"].values())
        assert all(url.startswith((f"http://{web.address}/", "data:")) for url in page.asked)
        assert page.complaints == []


@pytest.mark.slow
async def test_the_page_of_live_events(web: Web, folder: Path) -> None:
    """A browser follows events with a key that is typed in, shows one that happens, and keeps the key nowhere."""
    async with opened(folder) as page, web.client("acme") as client:
        await page.visit(f"http://{web.address}/live")
        await page.run(f"document.getElementById('key').value = {web.keys['acme']!r}")
        await page.run("document.getElementById('kinds').value = 'validation.completed'")
        await page.run("document.getElementById('begin').click()")
        await page.until("document.getElementById('state').textContent === 'Following.'")
        made = await client.post("/v1/validations:validate", json={"candidate": candidate(b"live = 1\n")})
        text = await page.until("document.querySelector('#events tr') && document.querySelector('#events').innerText")
        assert made.json()["id"] in text
        assert "validation.completed" in text
        kept = await page.run(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        )
        assert web.keys["acme"] not in kept
        assert page.complaints == []


@pytest.mark.slow
async def test_a_wrong_key_on_the_page(web: Web, folder: Path) -> None:
    """A key that is not valid is told as that, and not tried again."""
    async with opened(folder) as page:
        await page.visit(f"http://{web.address}/live")
        await page.run("document.getElementById('key').value = 'assay_wrong'")
        await page.run("document.getElementById('begin').click()")
        await page.until("document.getElementById('state').className === 'failed'")
        assert "UNAUTHENTICATED" in await page.run("document.getElementById('state').textContent")
        await asyncio.sleep(1.5)
        assert await page.run("document.getElementById('begin').disabled") is False
