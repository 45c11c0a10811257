"""A headless browser, spoken to by its DevTools protocol."""

import asyncio
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

START_SECONDS = 30.0

PORT_FILE = "DevToolsActivePort"
"""Where the browser writes on which port it listens."""


class Browser:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.asked: list[str] = []
        self.complaints: list[str] = []

    async def listen(self) -> None:
        """Keep what the browser says, until cancelled."""
        async for text in self._socket:
            message = json.loads(text)
            if "id" in message:
                self._waiting.pop(message["id"]).set_result(message)
            else:
                self._note(message["method"], message.get("params", {}))

    def _note(self, method: str, said: Any) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.asked.append(said["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(said["exceptionDetails"]))
            case "Log.entryAdded" if said["entry"]["level"] == "error":
                self.complaints.append(said["entry"]["text"])

    async def send(self, method: str, **params: Any) -> Any:
        """Ask the browser for something, and return what it says."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return await asyncio.wait_for(self._waiting[number], START_SECONDS)

    async def visit(self, url: str) -> None:
        """Open an address."""
        await self.send("Page.navigate", url=url)
        await self.until(f"document.readyState === 'complete' && location.href === {url!r}")

    async def run(self, script: str) -> Any:
        """Evaluate an expression in the page."""
        answer = await self.send("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"]["result"].get("value")

    async def until(self, script: str) -> Any:
        """Evaluate an expression until it is true, and return what it is then."""
        async with asyncio.timeout(START_SECONDS):
            while not (found := await self.run(script)):
                await asyncio.sleep(0.1)
        return found


@asynccontextmanager
async def browser(program: str, folder: Path) -> AsyncIterator[Browser]:
    """Run a browser without a window, and give its page."""
    profile = folder / "profile"
    process = await asyncio.create_subprocess_exec(
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        port = await _port(profile / PORT_FILE)
        async with httpx.AsyncClient(trust_env=False) as client:
            pages = (await client.get(f"http://127.0.0.1:{port}/json")).json()
        (url,) = [page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"]
        async with connect(url, max_size=None, proxy=None) as socket:
            page = Browser(socket)
            listening = asyncio.create_task(page.listen())
            for domain in ("Network", "Runtime", "Log", "Page"):
                await page.send(f"{domain}.enable")
            yield page
            listening.cancel()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _port(file: Path) -> int:
    async with asyncio.timeout(START_SECONDS):
        while not (file.exists() and file.read_text().strip()):
            await asyncio.sleep(0.1)
    return int(file.read_text().splitlines()[0])
