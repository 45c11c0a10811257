"""
Asks a process of the suite whether it is well: ``python -P -m host.probe [HOST:PORT]``, for a container's health check.

Without an address that of ASSAY_SERVER__PROBE_LISTEN is asked, from inside. The exit status is 0 where it serves.
"""

import os
import sys
from collections.abc import Sequence

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

SECONDS = 3.0
"""How long an answer may take."""

ANYWHERE = {"0.0.0.0", "[::]"}  # noqa: S104  # an address that is listened on, not one that is opened here


def reachable(listen: str) -> str:
    """Return the address at which what listens at "host:port" is reached from the same machine."""
    host, _, port = listen.rpartition(":")
    return f"127.0.0.1:{port}" if host in ANYWHERE else listen


def status(address: str) -> str:
    """Return what the process at an address says of itself, "SERVING" where it is well, or why nothing was heard."""
    # A container's proxy is for what lies outside.
    with grpc.insecure_channel(address, options=(("grpc.enable_http_proxy", 0),)) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        except grpc.RpcError as error:
            return f"{error.code().name}: {error.details()}"
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def main(arguments: Sequence[str]) -> int:
    """Print the status and return 0 where it is SERVING, else 1; 2: there is no address to ask."""
    address = arguments[0] if arguments else reachable(os.environ.get("ASSAY_SERVER__PROBE_LISTEN", ""))
    if not address:
        sys.stderr.write("probe: name an address, or set ASSAY_SERVER__PROBE_LISTEN to that of the process\n")
        return 2
    said = status(address)
    sys.stdout.write(f"{said}\n")
    return 0 if said == "SERVING" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
