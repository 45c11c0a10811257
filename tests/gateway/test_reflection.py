"""What the door tells of the contract."""

from collections.abc import AsyncIterator

import grpc.aio
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest as Request

from gateway.reflection import reflect
from gateway.table import PUBLIC


@pytest.fixture(scope="module")
async def stub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[reflection_pb2_grpc.ServerReflectionStub]:
    """Give a client of a server that reflects what is public."""
    address = f"unix:{tmp_path_factory.mktemp('r')}/s"
    server = grpc.aio.server()
    reflect(server, PUBLIC.values())
    server.add_insecure_port(address)
    await server.start()
    async with grpc.aio.insecure_channel(address) as channel:
        yield reflection_pb2_grpc.ServerReflectionStub(channel)
    await server.stop(None)


async def asked(
    stub: reflection_pb2_grpc.ServerReflectionStub, request: Request
) -> reflection_pb2.ServerReflectionResponse:
    """Return the answer to one question."""

    async def once() -> AsyncIterator[Request]:
        yield request

    (answer,) = [answer async for answer in stub.ServerReflectionInfo(once(), timeout=10)]
    return answer


async def test_listed(stub: reflection_pb2_grpc.ServerReflectionStub) -> None:
    """Listed are the public services, health and reflection itself."""
    answer = await asked(stub, Request(list_services=""))
    listed = {service.name for service in answer.list_services_response.service}
    own = {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert listed == {service.full_name for service in PUBLIC.values()} | own


@pytest.mark.parametrize("service", [service.full_name for service in PUBLIC.values()])
async def test_described(stub: reflection_pb2_grpc.ServerReflectionStub, service: str) -> None:
    """A public service is described with every file that it needs, and with its options."""
    answer = await asked(stub, Request(file_containing_symbol=service))
    files = [FileDescriptorProto.FromString(one) for one in answer.file_descriptor_response.file_descriptor_proto]
    names = {file.name for file in files}
    assert {needed for file in files for needed in file.dependency} <= names
    assert "assay/v1/access.proto" in names
    assert service in {f"{file.package}.{one.name}" for file in files for one in file.service}


@pytest.mark.parametrize(
    "request_",
    [
        Request(file_containing_symbol="assay.v1.StageService"),
        Request(file_containing_symbol="assay.v1.StageService.RunStage"),
        Request(file_containing_symbol="assay.v1.RunStageRequest.nothing"),
        Request(file_by_filename="grpc/channelz/v1/channelz.proto"),
        Request(file_by_filename="../../etc/passwd"),
    ],
)
async def test_not_described(stub: reflection_pb2_grpc.ServerReflectionStub, request_: Request) -> None:
    """What is not public is not known."""
    assert (await asked(stub, request_)).HasField("error_response")


async def test_no_service_on_the_side(stub: reflection_pb2_grpc.ServerReflectionStub) -> None:
    """A file that holds messages of a public service does not tell of another service in it."""
    for service in PUBLIC.values():
        answer = await asked(stub, Request(file_containing_symbol=service.full_name))
        files = [FileDescriptorProto.FromString(one) for one in answer.file_descriptor_response.file_descriptor_proto]
        assert not any(one.name == "StageService" for file in files for one in file.service)
