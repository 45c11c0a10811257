"""What is public: nothing that does not stand here can be called from outside."""

from collections.abc import Mapping

from assay.v1 import event_pb2, sandbox_pb2, system_pb2, validation_pb2
from google.protobuf.descriptor import ServiceDescriptor


def _service(file: object, name: str) -> ServiceDescriptor:
    found: ServiceDescriptor = file.DESCRIPTOR.services_by_name[name]  # type: ignore[attr-defined]
    return found


PUBLIC: Mapping[str, ServiceDescriptor] = {
    "validation": _service(validation_pb2, "ValidationService"),
    "sandbox": _service(sandbox_pb2, "SandboxService"),
    "events": _service(event_pb2, "EventService"),
    "system": _service(system_pb2, "SystemService"),
}
"""The public services, by the name in the catalog of the peer that serves each."""
