"""The server: its address, health, reflection, bounds, stop, and what keeps it from starting."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from assay.client import connect, error_from_rpc
from assay.v1 import candidate_pb2, source_pb2, stage_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from host import catalog
from host.embedded import embedded
from host.listening import CannotListen
from host.server import serving
from host.service import Registration, ServiceContext
from host.settings import ServerSettings, Settings
from tests import toys
from tests.host import echo

Catalog = Callable[..., None]

happened: list[str] = []


@asynccontextmanager
async def waiting_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Serve a method that waits for half a second, and write down what happens."""

    async def wait(request: bytes, _: object) -> bytes:
        happened.append("begun")
        try:
            await asyncio.sleep(float(request))
        finally:
            happened.append("handler ended")
        return b"done"

    def add(server: grpc.aio.Server) -> None:
        server.add_registered_method_handlers("test.Echo", echo.methods(wait))

    yield [Registration("test.Echo", add)]
    happened.append("service closed")


@asynccontextmanager
async def peer_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Serve a method that says over which connection it was called, after the seconds that it is asked for."""

    async def tell(request: bytes, call: Any) -> bytes:
        await asyncio.sleep(float(request))
        return str(call.peer()).encode()

    def add(server: grpc.aio.Server) -> None:
        server.add_registered_method_handlers("test.Echo", echo.methods(tell))

    yield [Registration("test.Echo", add)]


@asynccontextmanager
async def second_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Open after the other one, and close before it."""
    yield []
    happened.append("second closed")


@asynccontextmanager
async def doubled_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Register one name twice."""
    twice = Registration("test.Echo", lambda server: None)
    yield [twice, twice]


@asynccontextmanager
async def closing_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Write down that it was closed."""
    try:
        yield []
    finally:
        happened.append("closed")


@asynccontextmanager
async def door_service(context: ServiceContext) -> AsyncIterator[Sequence[Registration]]:
    """Have a door that is closed before the server stops."""

    async def close() -> None:
        happened.append(f"door closed, stopping {context.stopping.is_set()}")

    context.before_stop.append(close)
    yield []
    happened.append("door's service closed")


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put two services of the tests' own into the catalog."""
    happened.clear()
    here = "tests.host.test_server"
    names = ("waiting", "peer", "second", "doubled", "closing", "door")
    monkeypatch.setattr(catalog, "BUILT_IN", tuple(catalog.Entry(n, f"{here}:{n}_service") for n in names))


def plug_in(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    """Let the machine have plug-ins installed."""
    monkeypatch.setattr(catalog, "entry_points", lambda group: [point for point in points if point.group == group])


async def health(channel: grpc.aio.Channel, service: str = "") -> int:
    """Ask for a service's health."""
    request = health_pb2.HealthCheckRequest(service=service)
    return int((await health_pb2_grpc.HealthStub(channel).Check(request, timeout=5)).status)


async def test_health(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """The server as a whole and each of its services are SERVING; one that is not there is NOT_FOUND."""
    toy_catalog(first="tests.toys:first")
    async with serving(["first"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        assert await health(suite.channel) == health_pb2.HealthCheckResponse.SERVING
        assert await health(suite.channel, "assay.v1.StageService") == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health(suite.channel, "assay.v1.ValidationService")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_reflection(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """Reflection lists the services that are there."""
    toy_catalog(first="tests.toys:first")

    async def ask() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    async with serving(["first", "validation"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        stub = reflection_pb2_grpc.ServerReflectionStub(suite.channel)
        (answer,) = [answer async for answer in stub.ServerReflectionInfo(ask(), timeout=5)]
    assert {service.name for service in answer.list_services_response.service} == {
        "assay.v1.StageService",
        "assay.v1.StatisticsService",
        "assay.v1.ValidationService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


@pytest.mark.usefixtures("waiting")
async def test_graceful_stop(folder: Path, settings: Settings) -> None:
    """Stopping says NOT_SERVING, lets the call under way end, and only then closes the services, last opened first."""
    async with asyncio.timeout(20), grpc.aio.insecure_channel(f"unix:{folder}/s") as channel:
        async with serving(["waiting", "second"], f"unix:{folder}/s", settings):
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="test.Echo"))
            assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
            call = asyncio.create_task(echo.call(channel, "UnaryUnary", b"0.5"))
            while not happened:
                await asyncio.sleep(0.01)
            seen = asyncio.create_task(watch.read())
        assert (await seen).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert await call == b"done"
    assert happened == ["begun", "handler ended", "second closed", "service closed"]


@pytest.mark.usefixtures("waiting")
async def test_doors_close_while_services_answer(folder: Path, settings: Settings) -> None:
    """All are told that the server is about to stop, then its doors are closed, then it takes no new calls."""
    async with asyncio.timeout(20), serving(["waiting", "door"], f"unix:{folder}/s", settings):
        pass
    assert happened == ["door closed, stopping True", "door's service closed", "service closed"]


@pytest.mark.usefixtures("waiting")
async def test_a_watcher_of_health_does_not_delay_the_stop(folder: Path, settings: Settings) -> None:
    """A server stops although a client still watches its health."""
    async with grpc.aio.insecure_channel(f"unix:{folder}/s") as channel:
        async with asyncio.timeout(10), serving(["second"], f"unix:{folder}/s", settings):
            watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
            await watch.read()
        watch.cancel()


@pytest.mark.usefixtures("waiting")
async def test_drain_is_bounded(folder: Path, settings: Settings) -> None:
    """A call that is still under way when the time for draining is over is cancelled."""
    hurried = settings.model_copy(update={"server": ServerSettings(drain_seconds=0.2)})
    async with asyncio.timeout(20), grpc.aio.insecure_channel(f"unix:{folder}/s") as channel:
        async with serving(["waiting"], f"unix:{folder}/s", hurried):
            call = asyncio.create_task(echo.call(channel, "UnaryUnary", b"60", timeout=None))
            while not happened:
                await asyncio.sleep(0.01)
        with pytest.raises(grpc.aio.AioRpcError):
            await call
    assert happened == ["begun", "handler ended", "service closed"]


async def test_message_limit(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A message over the limit is refused as RESOURCE_EXHAUSTED, with the sizes."""
    toy_catalog(first="tests.toys:first")
    small = settings.model_copy(update={"server": ServerSettings(max_message_bytes=1000)})
    source = source_pb2.SourceFile(path="a.py", content=b"#" * 2000)
    request = stage_pb2.RunStageRequest(stage="first", candidate=candidate_pb2.Candidate(files=[source]))
    async with serving(["first"], f"unix:{folder}/s", small) as address, connect(address) as suite:
        with pytest.raises(grpc.aio.AioRpcError, match="1000") as caught:
            [event async for event in suite.stages.RunStage(request, timeout=5)]
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "1000" in error_from_rpc(caught.value).message


@pytest.mark.usefixtures("waiting")
async def test_connections_of_age(settings: Settings) -> None:
    """A connection of age takes no further calls, which go over a new one; those on it go on to their end."""
    own = settings.model_copy(update={"server": ServerSettings(connection_age_seconds=0.2)})
    async with serving(["peer"], "127.0.0.1:0", own) as address, grpc.aio.insecure_channel(address) as channel:
        first = await echo.call(channel, "UnaryUnary", b"0")
        long = asyncio.ensure_future(echo.call(channel, "UnaryUnary", b"2"))
        while await echo.call(channel, "UnaryUnary", b"0.05") == first:
            assert not long.done()
        assert len(await long) > 0


@pytest.mark.usefixtures("waiting")
async def test_too_many_calls(folder: Path, settings: Settings) -> None:
    """A call beyond those that may be under way is refused at once as RESOURCE_EXHAUSTED."""
    narrow = settings.model_copy(update={"server": ServerSettings(max_concurrent_calls=1, drain_seconds=0.1)})
    address = f"unix:{folder}/s"
    async with serving(["waiting"], address, narrow), grpc.aio.insecure_channel(address) as channel:
        call = asyncio.create_task(echo.call(channel, "UnaryUnary", b"60", timeout=None))
        while not happened:
            await asyncio.sleep(0.01)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await echo.call(channel, "UnaryUnary", b"0")
        call.cancel()
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.usefixtures("waiting")
async def test_doubled_registration(folder: Path, settings: Settings) -> None:
    """Two registrations of one name stop the start, and what was opened before is closed."""
    with pytest.raises(catalog.BrokenCatalog, match=r"test\.Echo would be registered twice"):
        async with serving(["closing", "doubled"], f"unix:{folder}/s", settings):
            pass
    assert happened == ["closed"]


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("listen", ["unix:{folder}/s", "127.0.0.1:0"])
async def test_address_taken(folder: Path, settings: Settings, listen: str) -> None:
    """A second server on an address is refused, and the first one serves on."""
    listen = listen.format(folder=folder)
    async with serving(["waiting"], listen, settings) as address, grpc.aio.insecure_channel(address) as channel:
        with pytest.raises(CannotListen, match="cannot listen on"):
            async with serving(["second"], address, settings):
                pass
        assert await echo.call(channel, "UnaryUnary", b"0") == b"done"
    async with grpc.aio.insecure_channel(address) as channel, serving(["waiting"], address, settings):
        assert await echo.call(channel, "UnaryUnary", b"0") == b"done"


@pytest.mark.usefixtures("waiting")
async def test_address_is_free_after_a_failed_start(folder: Path, settings: Settings) -> None:
    """A start that failed leaves its address to the next one."""
    for listen in (f"unix:{folder}/s", "127.0.0.1:50957"):
        with pytest.raises(catalog.BrokenCatalog):
            async with serving(["doubled"], listen, settings):
                pass
        async with serving(["waiting"], listen, settings), grpc.aio.insecure_channel(listen) as channel:
            assert await echo.call(channel, "UnaryUnary", b"0") == b"done"


@pytest.mark.usefixtures("waiting")
async def test_socket_of_a_dead_server(folder: Path, settings: Settings) -> None:
    """A socket that a killed server left behind is taken over."""
    import socket

    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{folder}/s")
    async with serving(["second"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        assert await health(suite.channel) == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(
    "listen",
    ["127.0.0.1:70000", "203.0.113.7:50051", "no port", "", "unix:", "unix:{folder}/no/folder", "unix:{folder}/file",
     "unix:{folder}/" + "x" * 200],
)  # fmt: skip
async def test_bad_address(folder: Path, settings: Settings, listen: str) -> None:
    """An address that is none, or not ours, or another thing's, is CannotListen."""
    (folder / "file").write_text("precious")
    with pytest.raises(CannotListen):
        async with serving(["second"], listen.format(folder=folder), settings):
            pass
    assert (folder / "file").read_text() == "precious"


async def test_socket_is_private(settings: Settings, toy_catalog: Catalog) -> None:
    """The embedded suite's socket has mode 0600 in a folder of mode 0700, and the folder goes with it."""
    toy_catalog(first="tests.toys:first")
    async with embedded(settings) as address:
        path = Path(address.removeprefix("unix:"))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.parent.exists()


async def test_embedded_cleans_up_after_a_failed_start(
    folder: Path, settings: Settings, toy_catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An embedded suite that cannot start leaves no folder behind."""
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    toy_catalog(bad="tests.toys:unbuildable")
    with pytest.raises(catalog.BrokenCatalog, match="the stage 'bad' cannot be built: OSError"):
        async with embedded(settings):
            pass
    assert list(folder.glob("assay-*")) == []


@pytest.mark.parametrize(
    ("name", "factory", "text"),
    [
        ("gone", "no.such.module:stage", "no.such.module:stage cannot be loaded: ModuleNotFoundError"),
        ("none", "tests.toys:no_such_name", "cannot be loaded: AttributeError"),
        ("misnamed", "tests.toys:misnamed", "named 'misnamed' in the catalog calls itself 'another'"),
        ("odd", "tests.toys:finding", "the stage 'odd' cannot be built"),
    ],
)
async def test_broken_stage(
    folder: Path, settings: Settings, toy_catalog: Catalog, name: str, factory: str, text: str
) -> None:
    """A stage that cannot be loaded or built, or has another name, stops the start."""
    toy_catalog(**{name: factory})
    with pytest.raises(catalog.BrokenCatalog, match=text):
        async with serving([name], f"unix:{folder}/s", settings):
            pass


async def test_unknown_name(folder: Path, settings: Settings, toy_catalog: Catalog) -> None:
    """A name that the catalog does not have stops the start, with the names that it has."""
    toy_catalog(first="tests.toys:first")
    with pytest.raises(catalog.BrokenCatalog, match="no service 'frist'; there are first, validation"):
        async with serving(["frist"], f"unix:{folder}/s", settings):
            pass


async def test_plug_in(folder: Path, settings: Settings, toy_catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage from an entry point is served beside the built-in ones, by the same servicer."""
    toy_catalog(first="tests.toys:first")
    plug_in(monkeypatch, EntryPoint("second", "tests.toys:second", catalog.STAGE_GROUP))
    assert catalog.stage_names() == ("first", "second")
    async with serving(["first", "second"], f"unix:{folder}/s", settings) as address, connect(address) as suite:
        answer = await suite.stages.ListStages(stage_pb2.ListStagesRequest(), timeout=5)
    assert [stage.name for stage in answer.stages] == ["first", "second"]


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([("second", "no.such.module:stage")], "cannot be loaded"),
        ([("first", "tests.toys:first")], "takes the name 'first', which is taken"),
        ([("validation", "tests.toys:first")], "takes the name 'validation', which is taken"),
        ([("second", "tests.toys:second"), ("second", "tests.toys:first")], "takes the name 'second'"),
        ([("second", "tests.toys")], "cannot be loaded"),
    ],
)
async def test_broken_plug_in(
    settings: Settings,
    toy_catalog: Catalog,
    monkeypatch: pytest.MonkeyPatch,
    points: list[tuple[str, str]],
    text: str,
) -> None:
    """A plug-in that is broken, or takes a name that is taken, stops the start."""
    toy_catalog(first="tests.toys:first")
    plug_in(monkeypatch, *(EntryPoint(name, value, catalog.STAGE_GROUP) for name, value in points))
    with pytest.raises(catalog.BrokenCatalog, match=text):
        async with embedded(settings):
            pass


def test_no_toy_is_shipped() -> None:
    """The catalog's own names are those of the suite."""
    assert {entry.target.split(".")[0] for entry in catalog.BUILT_IN} == {"sandbox", "services", "gateway"}
    assert [entry.name for entry in catalog.BUILT_IN if entry.factory] == [
        "static", "placeholder", "semantic", "execution", "scoring",
    ]  # fmt: skip
    assert toys.first is not None
