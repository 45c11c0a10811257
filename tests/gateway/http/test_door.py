"""What goes along with a request, and how much of requests is held."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from assay.errors import QueueFull
from assay.v1 import validation_pb2

from gateway.http.door import Room
from tests.gateway.http.sides import side_of, web_of

GET = "/assay.v1.ValidationService/GetValidation"

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def taken_along(folder: Path, headers: Mapping[str, str]) -> tuple[dict[str, str], float]:
    """Return the metadata of the call that a request with some headers becomes, and its time."""
    found: dict[str, str] = {}
    left: list[float] = []

    async def note(request: Any, context: Any) -> Any:
        found.update({key: value for key, value in context.invocation_metadata() if key != "user-agent"})
        left.append(context.time_remaining())
        return validation_pb2.GetValidationResponse()

    async with side_of(folder, {GET: note}, max_http_seconds=100) as side, web_of(side).client() as client:
        answer = await client.get("/v1/validations/x", headers=headers)
    assert answer.status_code == 200
    return found, left[0]


async def test_what_goes_along(folder: Path) -> None:
    """The key, the trace and the client's address go along, as the gateway sees it; nothing that a client makes up."""
    found, _ = await taken_along(
        folder,
        {
            "authorization": "Bearer k", "traceparent": TRACE, "tracestate": "a=b", "cookie": "c=d",
            "x-assay-tenant": "x", "x-assay-scopes": "*", "x-forwarded-for": "6.6.6.6", "forwarded": "for=6.6.6.6",
            "grpc-timeout": "1S", "x-real-ip": "6.6.6.6", "te": "trailers",
        },
    )  # fmt: skip
    assert found == {
        "authorization": "Bearer k",
        "traceparent": TRACE,
        "tracestate": "a=b",
        "x-forwarded-for": "127.0.0.1",
    }


async def test_a_trace_that_is_none(folder: Path) -> None:
    """A trace that is too long to be one is left out."""
    found, _ = await taken_along(folder, {"traceparent": "0" * 600})
    assert "traceparent" not in found


@pytest.mark.parametrize(("said", "at_most"), [("5", 5.0), ("1e9", 100.0), ("inf", 100.0), (None, 100.0)])
async def test_time(folder: Path, said: str | None, at_most: float) -> None:
    """A request has the time that it says, within the bound."""
    _, left = await taken_along(folder, {} if said is None else {"x-timeout-seconds": said})
    # gRPC rounds what is left.
    assert at_most - 5 < left <= at_most + 0.1


def test_room() -> None:
    """What is held has a bound, one tenant has half of it, and what is given back can be taken again."""
    room = Room(100)
    room.take("a", 50)
    with pytest.raises(QueueFull) as caught:
        room.take("a", 1)
    assert caught.value.retry_after
    room.take("b", 50)
    with pytest.raises(QueueFull):
        room.take("c", 1)
    room.give("a", 50)
    room.take("c", 50)
