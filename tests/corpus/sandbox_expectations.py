"""What a run of a corpus program must be like, and in what a run differs from it."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from assay.v1 import sandbox_pb2
from pydantic import BaseModel, ConfigDict, model_validator

from sandbox.outcome import Outcome

OUTCOMES = frozenset(outcome.name for outcome in Outcome)


class Part(BaseModel):
    """A part of a case: nothing but the keys that it knows, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def given(self, *names: str) -> list[str]:
        """Return which of these keys were given."""
        return [name for name in names if getattr(self, name) is not None]

    def at_most_one(self, *names: str) -> None:
        """Raise ValueError where more than one of these keys was given."""
        if len(self.given(*names)) > 1:
            raise ValueError(f"only one of {', '.join(names)} can be given")


class Artifact(Part):
    """An artifact that is expected, where its text alone does not tell."""

    content: str | None = None
    base64: str | None = None
    size: int | None = None
    executable: bool | None = None

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        self.at_most_one("content", "base64", "size")
        return self


class Expectation(Part):
    """What a run must be like. What is left out is not looked at."""

    outcome: str | list[str]
    exit_code: int | None = None
    signal: int | None = None
    stdout: str | None = None
    stdout_base64: str | None = None
    stdout_contains: list[str] = []
    stdout_lacks: list[str] = []
    stdout_bytes: int | None = None
    stdout_truncated: bool | None = None
    stderr: str | None = None
    stderr_base64: str | None = None
    stderr_contains: list[str] = []
    stderr_lacks: list[str] = []
    stderr_bytes: int | None = None
    stderr_truncated: bool | None = None
    compiler_contains: list[str] = []
    evidence: dict[str, str] = {}
    artifacts: dict[str, str | Artifact | None] | None = None
    artifacts_omitted: dict[str, str] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for outcome in self.outcomes:
            if outcome not in OUTCOMES:
                raise ValueError(f"there is no outcome {outcome}")
        if not self.outcomes:
            raise ValueError("a case has an outcome")
        self.at_most_one("stdout", "stdout_base64")
        self.at_most_one("stderr", "stderr_base64")
        return self

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that are right."""
        return (self.outcome,) if isinstance(self.outcome, str) else tuple(self.outcome)


def as_bytes(text: str | None, encoded: str | None) -> bytes:
    """Return the bytes of a text, or those that base64 encodes; neither: none."""
    if encoded is not None:
        return base64.b64decode("".join(encoded.split()), validate=True)
    return (text or "").encode()


@dataclass(frozen=True, slots=True)
class Stream:
    """An output stream: the bytes that were kept, how many were written, and whether some are left out."""

    content: bytes
    total_bytes: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """
    What a run was like, whatever ran it.

    :param compiler: What the compiler wrote on either stream; nothing where there is none.
    :param artifacts: Bytes and the executable bit by path.
    """

    outcome: str
    exit_code: int | None
    signal: int | None
    stdout: Stream
    stderr: Stream
    compiler: bytes
    evidence: Mapping[str, str]
    artifacts: Mapping[str, tuple[bytes, bool]]
    artifacts_omitted: Mapping[str, str]


def observed(result: sandbox_pb2.ExecutionResult) -> Observed:
    """Return what the service tells of a run."""
    return Observed(
        outcome=sandbox_pb2.Outcome.Name(result.outcome).removeprefix("OUTCOME_"),
        exit_code=result.exit_code if result.HasField("exit_code") else None,
        signal=result.signal if result.HasField("signal") else None,
        stdout=Stream(result.stdout.content, result.stdout.total_bytes, result.stdout.truncated),
        stderr=Stream(result.stderr.content, result.stderr.total_bytes, result.stderr.truncated),
        compiler=result.compilation.stdout.content + result.compilation.stderr.content,
        evidence=dict(result.evidence),
        artifacts={artifact.path: (artifact.content, artifact.executable) for artifact in result.artifacts},
        artifacts_omitted=dict(result.artifacts_omitted),
    )


def differences(expect: Expectation, run: Observed) -> list[str]:
    """Return in what a run is not what was expected, a line each; nothing where it is."""
    found = []
    if run.outcome not in expect.outcomes:
        found.append(f"outcome: {run.outcome}, not {' or '.join(expect.outcomes)}")
    found += [
        f"{name}: {getattr(run, name)}, not {getattr(expect, name)}"
        for name in ("exit_code", "signal")
        if getattr(expect, name) not in {None, getattr(run, name)}
    ]
    for name in ("stdout", "stderr"):
        found += [f"{name}: {line}" for line in _stream_differences(expect, name, getattr(run, name))]
    found += [
        f"compiler: {_shown(run.compiler)} lacks {part!r}"
        for part in expect.compiler_contains
        if part.encode() not in run.compiler
    ]
    for key, value in expect.evidence.items():
        if run.evidence.get(key) != value:
            found.append(f"evidence: {key} is {run.evidence.get(key)!r}, not {value!r}")
    return found + _artifact_differences(expect, run)


def _stream_differences(expect: Expectation, name: str, stream: Stream) -> list[str]:
    text, encoded, contains, lacks, size, truncated = (
        getattr(expect, name + key) for key in ("", "_base64", "_contains", "_lacks", "_bytes", "_truncated")
    )
    found = []
    if (text is not None or encoded is not None) and stream.content != as_bytes(text, encoded):
        found.append(f"{_shown(stream.content)}, not {_shown(as_bytes(text, encoded))}")
    found += [f"{_shown(stream.content)} lacks {part!r}" for part in contains if part.encode() not in stream.content]
    found += [f"{_shown(stream.content)} has {part!r}" for part in lacks if part.encode() in stream.content]
    if size is not None and stream.total_bytes != size:
        found.append(f"{stream.total_bytes} bytes, not {size}")
    if truncated is not None and stream.truncated != truncated:
        found.append(f"truncated is {stream.truncated}")
    return found


def _artifact_differences(expect: Expectation, run: Observed) -> list[str]:
    found = []
    if expect.artifacts is not None:
        if set(run.artifacts) != set(expect.artifacts):
            found.append(f"artifacts: {sorted(run.artifacts)}, not {sorted(expect.artifacts)}")
        for path in sorted(run.artifacts.keys() & expect.artifacts.keys()):
            wanted = expect.artifacts[path]
            wanted = Artifact(content=wanted) if isinstance(wanted, str) else wanted or Artifact()
            content, executable = run.artifacts[path]
            right = not wanted.given("content", "base64") or content == as_bytes(wanted.content, wanted.base64)
            if not right or wanted.size not in {None, len(content)} or wanted.executable not in {None, executable}:
                found.append(f"artifact {path}: {_shown(content)}, {len(content)} bytes, executable: {executable}")
    if expect.artifacts_omitted is not None:
        if set(run.artifacts_omitted) != set(expect.artifacts_omitted):
            found.append(f"artifacts_omitted: {dict(run.artifacts_omitted)}")
        for path, reason in expect.artifacts_omitted.items():
            if reason not in run.artifacts_omitted.get(path, reason):
                found.append(f"artifacts_omitted {path}: {run.artifacts_omitted[path]!r}, not {reason!r}")
    return found


def _shown(content: bytes) -> str:
    return repr(content) if len(content) <= 600 else f"{content[:300]!r}...{content[-300:]!r} ({len(content)} bytes)"
