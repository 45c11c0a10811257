"""Reflection (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md) of what is public, and no more."""

from collections.abc import Iterable

import grpc.aio
from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection


def reflect(server: grpc.aio.Server, services: Iterable[ServiceDescriptor]) -> None:
    """Let a server tell what these services are, and the health service; of others it does not know."""
    told = [*services, health_pb2.DESCRIPTOR.services_by_name["Health"]]
    pool = DescriptorPool()
    names = {service.full_name for service in told}
    for service in told:
        _add(pool, service.file, names, set())
    reflection.enable_server_reflection((*names, health.SERVICE_NAME, reflection.SERVICE_NAME), server, pool=pool)


def _add(pool: DescriptorPool, file: FileDescriptor, names: set[str], seen: set[str]) -> None:
    """Add a file and what it needs, less the services in them that are not public."""
    if file.name in seen:
        return
    seen.add(file.name)
    for needed in file.dependencies:
        _add(pool, needed, names, seen)
    proto = FileDescriptorProto()
    file.CopyToProto(proto)
    kept = [service for service in proto.service if f"{proto.package}.{service.name}" in names]
    del proto.service[:]
    proto.service.extend(kept)
    pool.Add(proto)
