"""Valid requests of every method, and what can become of them on the way."""

import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

from assay.v1 import event_pb2, sandbox_pb2, system_pb2, validation_pb2
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

CANDIDATE: dict[str, Any] = {
    "files": [{"path": "pkg/a.py", "content": b"def double(number):\n    return 2 * number\n"}],
    "language": "python",
    "specification": {"text": "Doubles."},
    "labels": {"project": "p"},
}
POLICY: dict[str, Any] = {"stages": ["static", "placeholder"], "reject_below": 0.5, "repair": {"max_rounds": 1}}
PROGRAM: dict[str, Any] = {"language": "python", "files": [{"path": "main.py", "content": b"print(1)"}], "stdin": b"x"}

VALID: dict[str, Message] = {
    "ValidationService/ListValidationStages": validation_pb2.ListValidationStagesRequest(),
    "ValidationService/Validate": validation_pb2.ValidateRequest(candidate=CANDIDATE, policy=POLICY, request_id="r-1"),
    "ValidationService/ValidateBatch": validation_pb2.ValidateBatchRequest(
        requests=[{"candidate": CANDIDATE}, {"candidate": CANDIDATE, "policy": POLICY}]
    ),
    "ValidationService/CreateValidation": validation_pb2.CreateValidationRequest(candidate=CANDIDATE, policy=POLICY),
    "ValidationService/CancelValidation": validation_pb2.CancelValidationRequest(id="val_AAAAAAAAAAAAAAAAAAAAAA"),
    "ValidationService/WatchValidation": validation_pb2.WatchValidationRequest(
        id="val_AAAAAAAAAAAAAAAAAAAAAA", after_sequence=3
    ),
    "ValidationService/GetValidation": validation_pb2.GetValidationRequest(id="val_AAAAAAAAAAAAAAAAAAAAAA"),
    "ValidationService/ListValidations": validation_pb2.ListValidationsRequest(
        page_size=5, page_token="MTIz", verdict="VERDICT_AUTHENTIC", state="STATE_SUCCEEDED"
    ),
    "ValidationService/ListRules": validation_pb2.ListRulesRequest(page_size=3, stage="static", page_token="MTI"),
    "SandboxService/Execute": sandbox_pb2.ExecuteRequest(**PROGRAM),
    "SandboxService/ExecuteStream": sandbox_pb2.ExecuteStreamRequest(start=sandbox_pb2.ExecuteRequest(**PROGRAM)),
    "SandboxService/ExecuteBatch": sandbox_pb2.ExecuteBatchRequest(
        program=sandbox_pb2.ExecuteRequest(**PROGRAM), cases=[{"name": "one", "stdin": b"1"}]
    ),
    "SandboxService/ListLanguages": sandbox_pb2.ListLanguagesRequest(),
    "EventService/Subscribe": event_pb2.SubscribeRequest(kinds=["validation.*"], project="p", after_sequence=-1),
    "SystemService/GetHealthReport": system_pb2.GetHealthReportRequest(checks=["database"]),
    "SystemService/GetSystemMetrics": system_pb2.GetSystemMetricsRequest(),
}
"""A request of each method of the contract, with most of its fields set."""

NUMBERS = (0, 1, 127, 128, 255, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)

TOKENS = (
    b"", b"\0", b"..", b"/", b"\xff\xfe", b"%s%n", b"\xed\xa0\x80", "\u202e".encode(), b"\r\n\r\n", b"-1", b"1e999",
    b"NaN", b"null", b"true", b"[]", b"{}", b'"', b"\\", b"\\u0000", b"'", b"a" * 300, b"\xf4\x8f\xbf\xbf",
)  # fmt: skip
"""What programs trip over."""

Mutation = Callable[[random.Random, bytearray], None]


def _flip(chance: random.Random, content: bytearray) -> None:
    index = chance.randrange(len(content))
    content[index] ^= 1 << chance.randrange(8)


def _set(chance: random.Random, content: bytearray) -> None:
    content[chance.randrange(len(content))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _remove(chance: random.Random, content: bytearray) -> None:
    start = chance.randrange(len(content))
    del content[start : start + chance.randint(1, 12)]


def _repeat(chance: random.Random, content: bytearray) -> None:
    start = chance.randrange(len(content))
    piece = content[start : start + chance.randint(1, 40)]
    content[start:start] = piece * chance.choice((1, 2, 50))


def _insert(chance: random.Random, content: bytearray) -> None:
    at = chance.randrange(len(content) + 1)
    content[at:at] = chance.choice(TOKENS)


def _number(chance: random.Random, content: bytearray) -> None:
    at = chance.randrange(len(content) + 1)
    number = chance.choice(NUMBERS)
    content[at:at] = chance.choice((_varint(number), str(number).encode(), struct.pack("<Q", number)))


def _cut(chance: random.Random, content: bytearray) -> None:
    del content[chance.randrange(len(content)) :]


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number % 128 + 128)
        number //= 128
    return bytes((*made, number))


MUTATIONS: Sequence[Mutation] = (_flip, _set, _remove, _repeat, _insert, _number, _cut)


def mutated(chance: random.Random, content: bytes) -> bytes:
    """Return bytes that are some changes away from others."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        if changed:
            chance.choice(MUTATIONS)(chance, changed)
    return bytes(changed) or chance.choice(TOKENS)


def as_json(message: Message) -> bytes:
    """Return a message as a body over HTTP."""
    return MessageToJson(message).encode()
