"""The harness, translated."""

import time
from dataclasses import replace

import grpc.aio
import pytest
from assay.stage import SourceFile
from assay.v1.sandbox_pb2_grpc import SandboxServiceStub

from services.stages.execution.python.prepared import CORE, HARNESS, Prepared, sources_of_all
from services.stages.execution.sandbox import execute


class Program:
    """A run of the harness without a job, which fails where it reads it."""

    entry_point = "main.py"
    stdin = b"None"

    def __init__(self, files: tuple[SourceFile, ...]) -> None:
        self.files = files


def test_every_module_is_there() -> None:
    """The core is part of what is in the folder."""
    assert set(sources_of_all()) == {file.stem for file in HARNESS.glob("*.py")}
    assert set(sources_of_all()) >= CORE


@pytest.mark.docker
async def test_modules_are_translated_once_by_the_sandboxs_own_python(sandbox: grpc.aio.Channel) -> None:
    """They run in place of their text; of another Python, or damaged, they are passed over."""
    prepared, stub = Prepared(), SandboxServiceStub(sandbox)
    assert not any(file.path.endswith(".pyc") for file in prepared.files(CORE))
    await prepared.prepare(stub, time.monotonic() + 60)
    files = prepared.files(CORE)
    translated = [file for file in files if file.path.endswith(".pyc")]
    assert len(translated) == len(CORE)
    empty = [replace(file, content=b"") if file.path == "harness/run.py" else file for file in files]
    other = [replace(file, content=b"\0" * 64) if file.path.endswith(".pyc") else file for file in files]
    for made in (files, tuple(empty), tuple(other)):
        result = await execute(stub, "python", Program(made), 10.0, time.monotonic() + 60)
        assert b"'NoneType' object has no attribute 'pop'" in result.stderr.content


async def test_without_time_nothing_is_done() -> None:
    """A caller who is in a hurry gets the text."""
    prepared = Prepared()
    async with grpc.aio.insecure_channel("unix:/nowhere") as channel:
        await prepared.prepare(SandboxServiceStub(channel), time.monotonic() + 5)
    assert len(prepared.files(CORE)) == len(CORE) + 1
