"""What the contract says of the methods that can be called from outside: its own words, read from the descriptors."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from assay.v1 import access_pb2
from google.protobuf.descriptor import Descriptor, MethodDescriptor

from gateway.table import PUBLIC


class BrokenContract(Exception):
    """The contract does not say what the gateway needs to know of a method."""


@dataclass(frozen=True, slots=True)
class Route:
    """
    One way of a method over HTTP; see ``access.proto``.

    :param method: "GET", "POST" or "DELETE".
    :param path: With the request's fields in braces.
    :param status: Of success.
    :param response: The field of the response that is the answer; empty: all of it.
    """

    method: str
    path: str
    status: int
    response: str


@dataclass(frozen=True, slots=True)
class PublicMethod:
    """
    A method that can be called from outside.

    :param path: Its name on the wire, for example "/assay.v1.ValidationService/Validate".
    :param peer: The name in the catalog of the service that serves it.
    :param scope: What a key must allow.
    :param runs: Whether a call counts against a tenant's concurrent runs.
    :param queues: Whether it leaves something behind that will run code.
    """

    path: str
    peer: str
    scope: str
    runs: bool
    queues: bool
    routes: tuple[Route, ...]
    request_streaming: bool
    response_streaming: bool
    request: Descriptor
    response: Descriptor


@cache
def public_methods() -> Mapping[str, PublicMethod]:
    """
    Return the public methods by their paths.

    :raises BrokenContract: One of them has no scope.
    """
    methods = [_method(peer, method) for peer, service in PUBLIC.items() for method in service.methods]
    return {method.path: method for method in methods}


def scopes() -> tuple[str, ...]:
    """Return all scopes that the contract knows, in order."""
    return tuple(sorted({method.scope for method in public_methods().values()}))


def _method(peer: str, method: MethodDescriptor) -> PublicMethod:
    access: Any = method.GetOptions().Extensions[access_pb2.access]  # type: ignore[index]  # its types know no extension
    path = f"/{method.containing_service.full_name}/{method.name}"
    if not access.scope:
        raise BrokenContract(f"{path} is public and has no scope")
    return PublicMethod(
        path=path,
        peer=peer,
        scope=access.scope,
        runs=access.runs,
        queues=access.queues,
        routes=tuple(Route(route.method, route.path, route.status or 200, route.response) for route in access.routes),
        request_streaming=method.client_streaming,
        response_streaming=method.server_streaming,
        request=method.input_type,
        response=method.output_type,
    )
