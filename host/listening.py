"""Where a server listens: checked before gRPC sees it, which mends bad addresses silently and takes sockets over."""

import errno
import os
import socket

import grpc
import grpc.aio

MAX_PORT = 65_535


class CannotListen(Exception):
    """The server's address is none, taken, or not ours."""


def bind(server: grpc.aio.Server, listen: str, credentials: grpc.ServerCredentials | None = None) -> str:
    """
    Bind a server and return the address as bound.

    :param listen: "host:port" (port 0: any) or "unix:/path"; a socket is readable by its owner only.
    :param credentials: What a port encrypts with; None: nothing. A socket never does.
    :raises CannotListen: The address is none, taken, or not ours.
    """
    try:
        if listen.startswith("unix:"):
            _check_socket(listen.removeprefix("unix:"))
        else:
            _check_port(listen)
        return _add(server, listen, None if listen.startswith("unix:") else credentials)
    except OSError as error:
        raise CannotListen(f"cannot listen on {listen!r}: {error.strerror or error}") from None


def _check_socket(path: str) -> None:
    if not path or "\0" in path:
        raise OSError(errno.EINVAL, "an address is host:port or unix:/path")
    if os.path.lexists(path) and not _is_left_over(path):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _is_left_over(path: str) -> bool:
    """Tell whether a socket belongs to a process that is gone: gRPC would also take over that of a live one."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
        except BlockingIOError:
            pass
    return False


def _check_port(listen: str) -> None:
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > MAX_PORT:
        raise OSError(errno.EINVAL, f"an address is host:port, with a port from 0 to {MAX_PORT}, or unix:/path")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    refusals = [error for family, *_, address in found if (error := _refusal(family, address)) is not None]
    taken = [error for error in refusals if error.errno == errno.EADDRINUSE]
    # A name may stand for an address that this machine does not have, as long as it has another of them.
    if taken or len(refusals) == len(found):
        raise (taken or refusals)[0]


def _refusal(family: int, address: tuple[object, ...]) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def _add(server: grpc.aio.Server, listen: str, credentials: grpc.ServerCredentials | None) -> str:
    # A Unix socket is made with the rights that the mask leaves: 0600, from its first moment.
    mask = os.umask(0o177)
    try:
        port = server.add_secure_port(listen, credentials) if credentials else server.add_insecure_port(listen)
    except RuntimeError as error:
        raise OSError(errno.EADDRNOTAVAIL, str(error)) from None
    finally:
        os.umask(mask)
    if listen.startswith("unix:"):
        return listen
    host, _, asked = listen.rpartition(":")
    return f"{host}:{port}" if asked == "0" else listen
