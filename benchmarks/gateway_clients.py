"""One client, over gRPC or HTTP: blocking, so that its own share of a call is small and always alike."""

import http.client
import json
import queue
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import grpc
from assay.client import CHANNEL_OPTIONS
from assay.v1 import sandbox_pb2, sandbox_pb2_grpc
from google.protobuf.json_format import MessageToDict
from websockets.sync.client import connect

CALL_SECONDS = 60.0
BATCH = 200
"""Messages in a batch."""

EXECUTE = sandbox_pb2.ExecuteRequest(language="python", files=[{"path": "main.py", "content": b"print(1)"}])
CASES = sandbox_pb2.ExecuteBatchRequest(program=EXECUTE, cases=[{"name": str(number)} for number in range(BATCH)])
PIECE = b"x" * 100


class Client(Protocol):
    """Calls one service in one way."""

    def call(self) -> None:
        """Make one call with one answer."""

    def echo(self) -> None:
        """Send one message of an open stream, and wait until it comes back."""

    def batch(self) -> None:
        """Make one call with a stream of BATCH answers and an end, and read them all."""

    def close(self) -> None:
        """Close the connections."""


def credentials(authority: Path) -> grpc.ChannelCredentials:
    """Return what takes a server that an authority stands for."""
    return grpc.ssl_channel_credentials(authority.read_bytes())


class GrpcClient:
    """
    Calls over gRPC.

    :param key: Empty: none is sent.
    :param authority: The file of the certificate that the server is known by; None: there is no encryption.
    """

    def __init__(self, address: str, key: str = "", authority: Path | None = None) -> None:
        if authority is None:
            self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        else:
            self._channel = grpc.secure_channel(address, credentials(authority), options=CHANNEL_OPTIONS)
        self._stub = sandbox_pb2_grpc.SandboxServiceStub(self._channel)
        self._metadata = (("authorization", f"Bearer {key}"),) if key else ()
        self._pieces: queue.SimpleQueue[sandbox_pb2.ExecuteStreamRequest] = queue.SimpleQueue()
        self._stream: Any = None

    def call(self) -> None:
        """See :class:`Client`."""
        self._stub.Execute(EXECUTE, metadata=self._metadata, timeout=CALL_SECONDS)

    def echo(self) -> None:
        """See :class:`Client`."""
        if self._stream is None:
            self._pieces.put(sandbox_pb2.ExecuteStreamRequest(start=EXECUTE))
            self._stream = self._stub.ExecuteStream(iter(self._pieces.get, None), metadata=self._metadata)
            next(self._stream)
        self._pieces.put(sandbox_pb2.ExecuteStreamRequest(stdin=PIECE))
        assert next(self._stream).stdout == PIECE

    def batch(self) -> None:
        """See :class:`Client`."""
        answers = self._stub.ExecuteBatch(CASES, metadata=self._metadata, timeout=CALL_SECONDS)
        assert sum(1 for _ in answers) == BATCH + 1

    def close(self) -> None:
        """See :class:`Client`."""
        if self._stream is not None:
            self._pieces.put(sandbox_pb2.ExecuteStreamRequest(end_of_input=sandbox_pb2.EndOfInput()))
            assert [answer.WhichOneof("event") for answer in self._stream] == ["result"]
        self._channel.close()


class HttpClient:
    """Calls over HTTP, by one connection that is kept, and over a WebSocket."""

    def __init__(self, address: str, key: str, authority: Path | None = None) -> None:
        self._tls = None if authority is None else ssl.create_default_context(cafile=authority)
        self._address = address
        host, _, port = address.rpartition(":")
        self._connection = (
            http.client.HTTPConnection(host, int(port), timeout=CALL_SECONDS)
            if self._tls is None
            else http.client.HTTPSConnection(host, int(port), timeout=CALL_SECONDS, context=self._tls)
        )
        self._headers = {"authorization": f"Bearer {key}"}
        self._execute = json.dumps(MessageToDict(EXECUTE))
        self._cases = json.dumps(MessageToDict(CASES))
        self._piece = json.dumps(MessageToDict(sandbox_pb2.ExecuteStreamRequest(stdin=PIECE)))
        self._stack = ExitStack()
        self._socket: Any = None

    def call(self) -> None:
        """See :class:`Client`."""
        answer = json.loads(self._post("/v1/executions", self._execute, "application/json").read())
        assert answer["outcome"] == "OUTCOME_OK"

    def echo(self) -> None:
        """See :class:`Client`."""
        if self._socket is None:
            scheme = "ws" if self._tls is None else "wss"
            address = f"{scheme}://{self._address}/v1/executions:stream"
            opened = connect(address, ssl=self._tls, additional_headers=self._headers, open_timeout=CALL_SECONDS)
            self._socket = self._stack.enter_context(opened)
            self._socket.send(json.dumps({"start": json.loads(self._execute)}))
            self._socket.recv(CALL_SECONDS)
        self._socket.send(self._piece)
        assert "stdout" in json.loads(self._socket.recv(CALL_SECONDS))

    def batch(self) -> None:
        """See :class:`Client`."""
        # The last line tells how the stream ended.
        assert sum(1 for _ in self._lines()) == BATCH + 2

    def close(self) -> None:
        """See :class:`Client`."""
        self._stack.close()
        self._connection.close()

    def _lines(self) -> Iterator[Any]:
        for line in self._post("/v1/executions:batch", self._cases, "application/x-ndjson"):
            if line.strip():
                yield json.loads(line)

    def _post(self, path: str, body: str, accept: str) -> http.client.HTTPResponse:
        headers = self._headers | {"content-type": "application/json", "accept": accept}
        self._connection.request("POST", path, body, headers)
        answer = self._connection.getresponse()
        assert answer.status == http.client.OK, (answer.status, answer.read()[:500])
        return answer
