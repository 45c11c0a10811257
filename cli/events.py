"""`assay events`: what happens in a suite, a line each."""

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assay.client import connect, error_from_rpc
from assay.errors import AssayError
from assay.v1 import event_pb2

from cli.printable import printable
from cli.running_suite import RunningSuite
from cli.suite import own_settings, run

if TYPE_CHECKING:
    from assay.client import Suite


@dataclass(frozen=True, slots=True)
class Wish:
    """
    What is to be followed.

    :param after: The number of the last event that is known; 0: none; -1: all that were there until now.
    """

    kinds: tuple[str, ...]
    project: str
    resource: str
    after: int


def follow(gateway: RunningSuite | None, wish: Wish, *, as_json: bool) -> int:
    """
    Print what happens, until a signal comes.

    :raises assay.errors.AssayError: The suite cannot be reached, or ended it.
    """
    return run(_follow(gateway, wish, as_json=as_json))


async def _follow(gateway: RunningSuite | None, wish: Wish, *, as_json: bool) -> int:
    import grpc.aio

    wanted = event_pb2.SubscribeRequest(
        kinds=wish.kinds, project=wish.project, resource=wish.resource, after_sequence=wish.after
    )
    async with _suite(gateway) as client:
        try:
            async for response in client.events.Subscribe(wanted):
                print(_json(response.event) if as_json else _line(response.event), flush=True)  # noqa: T201 this is the command's output
        except grpc.aio.AioRpcError as error:
            _raise_with_place(error_from_rpc(error))
            raise
    return 0


@asynccontextmanager
async def _suite(gateway: RunningSuite | None) -> "AsyncIterator[Suite]":
    """Yield a client of a running suite, or of a service of our own that reads the database which suites here share."""
    if gateway is not None:
        async with gateway.connected() as client:
            yield client
        return
    from host.server import serving

    with tempfile.TemporaryDirectory(prefix="assay-") as folder:
        own = serving(["events"], f"unix:{folder}/s", own_settings(sandbox=False))
        async with own as address, connect(address) as client:
            yield client


def _raise_with_place(error: AssayError) -> None:
    """Raise an error that says from where to go on, with how."""
    if place := error.metadata.get("sequence"):
        raise type(error)(f"{error.message} (--after {place})") from None


def _json(event: event_pb2.Event) -> str:
    from google.protobuf.json_format import MessageToDict

    return json.dumps(MessageToDict(event, preserving_proto_field_name=True))


def _line(event: event_pb2.Event) -> str:
    from google.protobuf.json_format import MessageToDict

    when = event.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%S")
    said = [f"{name}={_value(value)}" for name, value in sorted(MessageToDict(event.data).items())]
    project = [f"project={event.project}"] if event.project else []
    line = "  ".join([when, str(event.sequence), event.kind, event.resource or "-", " ".join(project + said)])
    return printable(line.rstrip())


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False).strip('"')
