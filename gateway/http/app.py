"""The application: every route of the contract, by the descriptors alone, and those of the gateway itself."""

from collections.abc import Iterator

from assay.errors import UnknownMethod
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gateway.contract import Route as PublicRoute
from gateway.contract import public_methods
from gateway.http import problems
from gateway.http.door import TIMEOUT_HEADER, Door
from gateway.http.guards import Guard
from gateway.http.page import page_routes
from gateway.http.probes import Probes
from gateway.http.streaming import LAST_ID, StreamEndpoint
from gateway.http.unary import UnaryEndpoint
from gateway.http.websocket import WebSocketEndpoint

ASKED_HEADERS = ("authorization", "content-type", LAST_ID, TIMEOUT_HEADER, "traceparent", "tracestate")
"""What pages of other origins may send."""

TOLD_HEADERS = ("location", "retry-after", "x-assay-used-sandbox-seconds", "x-assay-used-bytes", "x-assay-used-calls")
"""What pages of other origins may read."""


def application(door: Door) -> Starlette:
    """Return the ASGI application of a gateway."""
    probes = Probes(door)
    settings = door.settings
    made = Starlette(
        routes=[
            *contract_routes(door),
            Route("/healthz", probes.alive, methods=["GET"]),
            Route("/readyz", probes.ready, methods=["GET"]),
            Route("/metrics", probes.metrics, methods=["GET"]),
            *page_routes(),
        ],
        middleware=[
            Middleware(Guard, origins=settings.cors_origins, is_open=settings.open),
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=ASKED_HEADERS,
                expose_headers=TOLD_HEADERS,
            ),
        ],
        exception_handlers={HTTPException: _nowhere, Exception: _broken},
    )
    # A path has one form; the other ones are not there.
    made.router.redirect_slashes = False
    return made


def contract_routes(door: Door) -> Iterator[BaseRoute]:
    """Yield the routes of the public methods; a stream is also a WebSocket."""
    for method in public_methods().values():
        for route in method.routes:
            if method.response_streaming:
                yield _route(route, StreamEndpoint(door, method, route))
                yield WebSocketRoute(route.path, WebSocketEndpoint(door, method, route))
            else:
                yield _route(route, UnaryEndpoint(door, method, route, _resource(route)))


def _route(route: PublicRoute, endpoint: StreamEndpoint | UnaryEndpoint) -> Route:
    made = Route(route.path, endpoint, methods=[route.method])
    # HEAD would make the whole call for nothing; of a stream, for ever.
    made.methods = {route.method}
    return made


def _resource(route: PublicRoute) -> str:
    """Return where what a route creates can be read afterwards, by the contract; empty: nowhere."""
    path = f"{route.path}/{{id}}"
    readable = {(each.method, each.path) for method in public_methods().values() for each in method.routes}
    return path if route.status == 201 and ("GET", path) in readable else ""


async def _nowhere(request: Request, error: Exception) -> Response:
    """Answer where there is no route, or none of this method."""
    assert isinstance(error, HTTPException)
    failure = problems.HttpFailure(
        error.status_code, UnknownMethod(_WORDS.get(error.status_code, error.detail)), error.headers
    )
    return (await problems.told(failure)).response()


async def _broken(request: Request, error: Exception) -> Response:
    """Answer where something broke that nobody had thought of."""
    return (await problems.told(error)).response()


_WORDS = {404: "there is nothing at this path", 405: "this path has no such method"}
