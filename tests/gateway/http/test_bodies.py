"""Bodies: what is read of them, and what is refused before it is."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from assay.errors import Unauthenticated
from assay.v1 import validation_pb2

from tests.gateway.http.sides import VALIDATE, side_of, web_of

PATH = "/v1/validations:validate"
MOST = 200_000


async def answer(request: Any, context: Any) -> Any:
    """Tell how large the one file of a request is."""
    size = len(request.candidate.files[0].content) if request.candidate.files else 0
    return validation_pb2.ValidateResponse(validation=validation_pb2.Validation(id=str(size)))


@pytest.fixture
async def side(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a side that takes little."""
    async with side_of(folder, {VALIDATE: answer}, max_message_bytes=MOST) as found, web_of(found).client() as client:
        yield client


def body(size: int) -> bytes:
    """Return a request with a file of some size."""
    return b'{"candidate": {"files": [{"content": "' + b"A" * (size // 3 * 4) + b'"}]}}'


async def test_a_large_one(side: httpx.AsyncClient) -> None:
    """A body that is read in a thread makes the same message."""
    got = await side.post(PATH, content=body(99_999), headers={"content-type": "application/json; charset=utf-8"})
    assert got.json()["id"] == "99999"


async def parts(whole: bytes) -> AsyncIterator[bytes]:
    """Yield a body in parts, whose length nobody says before."""
    for start in range(0, len(whole), 50_000):
        yield whole[start : start + 50_000]


async def test_too_large(side: httpx.AsyncClient) -> None:
    """A body above the bound is refused."""
    got = await side.post(PATH, content=body(MOST), headers={"content-type": "application/json"})
    assert (got.status_code, got.json()["reason"]) == (413, "INVALID_ARGUMENT")


async def test_in_parts(side: httpx.AsyncClient) -> None:
    """A body whose length is not said before is refused: it may be of any number of parts, each as small as can be."""
    got = await side.post(PATH, content=parts(body(60_000)), headers={"content-type": "application/json"})
    assert (got.status_code, got.json()["reason"]) == (411, "INVALID_ARGUMENT")


async def test_compressed(side: httpx.AsyncClient) -> None:
    """A compressed body is refused before it is read: what is small may be huge when it is unpacked."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    got = await side.post(PATH, content=gzip.compress(body(30)), headers=headers)
    assert (got.status_code, got.headers["accept-encoding"]) == (415, "identity")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/x-ndjson", ""])
async def test_another_type(side: httpx.AsyncClient, kind: str) -> None:
    """A body has to say that it is JSON: a page of another origin may send text without asking first."""
    headers = {"content-type": kind} if kind else {}
    got = await side.post(PATH, content=body(30), headers=headers)
    assert (got.status_code, got.json()["reason"]) == (415, "INVALID_ARGUMENT")


async def test_what_stands_in_the_path_stands_there_alone(side: httpx.AsyncClient) -> None:
    """A field of the path cannot be said otherwise in the body, and a POST has no parameters."""
    twice = await side.post("/v1/validations/a:cancel", json={"id": "b"})
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (400, "id")
    in_query = await side.post(PATH, params={"request_id": "a"}, json={})
    assert in_query.status_code == 400


async def test_memory_of_all_bodies_together(folder: Path) -> None:
    """Bodies beyond what is held together are told to come back; what was held is given back."""

    async def wait(request: Any, context: Any) -> Any:
        await released.wait()
        return await answer(request, context)

    released = asyncio.Event()
    async with (
        side_of(folder, {VALIDATE: wait}, max_message_bytes=MOST) as found,
        web_of(found).client() as client,
        asyncio.TaskGroup() as group,
    ):
        tasks = [
            group.create_task(client.post(PATH, content=body(120_000), headers={"content-type": "application/json"}))
            for _ in range(12)
        ]
        refused, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        released.set()
        got = await asyncio.gather(*tasks)
        again = await client.post(PATH, content=body(120_000), headers={"content-type": "application/json"})
    assert {each.result().json()["reason"] for each in refused} == {"QUEUE_FULL"}
    assert {each.status_code for each in got} == {200, 429}
    assert again.status_code == 200


async def test_who_is_not_admitted_sends_nothing(folder: Path) -> None:
    """Without a valid key no body is read, however large it would be, and no call is made."""

    async def admit(shown: Sequence[str], scope: str, method: str, address: str) -> str:
        assert (shown, scope, method, address) == ([], "validations:write", VALIDATE, "127.0.0.1")
        raise Unauthenticated("a valid key is needed")

    async with side_of(folder, {}, admit) as found:
        host, _, port = found.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {PATH} HTTP/1.1\r\nhost: {found.address}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: 30000000\r\nexpect: 100-continue\r\n\r\n".encode())
        line = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
    assert line.startswith(b"HTTP/1.1 401")
