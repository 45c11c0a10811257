"""The sizes that wait ready."""

from dataclasses import replace

import pytest
from assay.errors import InvalidArgument

from host.settings import SandboxSettings
from sandbox.classes import class_size, sizes
from sandbox.language import Compile, load_all
from sandbox.limits import MIB, Limits
from sandbox.sizing import Size, fits

DEFAULTS = Limits(**SandboxSettings().default_limits.model_dump())
MAXIMA = Limits(**SandboxSettings().max_limits.model_dump())
PYTHON = load_all()["python"]
READY = Size(DEFAULTS.memory_bytes, DEFAULTS.processes, DEFAULTS.disk_bytes)


def test_default_class() -> None:
    """What waits is what a run gets that asks for nothing."""
    assert sizes(PYTHON, DEFAULTS, MAXIMA, {}) == {"default": READY}


def test_language_that_needs_more() -> None:
    """A language's least memory raises its default class, up to the service's maximum, and no other class."""
    hungry = replace(PYTHON, least_memory_bytes=512 * MIB)
    small = class_size({"memory_bytes": 64 * MIB}, DEFAULTS, MAXIMA)
    assert sizes(hungry, DEFAULTS, MAXIMA, {"small": small}) == {
        "default": replace(READY, memory_bytes=512 * MIB),
        "small": small,
    }
    insatiable = replace(PYTHON, least_memory_bytes=2 * MAXIMA.memory_bytes)
    assert sizes(insatiable, DEFAULTS, MAXIMA, {})["default"].memory_bytes == MAXIMA.memory_bytes


def test_compiled_language() -> None:
    """What waits for a compiled language can compile; classes that come to the same are one."""
    compiled = replace(PYTHON, compile=Compile(("/usr/bin/true",), {}, 1024 * MIB, 100))
    roomy = class_size({"memory_bytes": 512 * MIB}, DEFAULTS, MAXIMA)
    assert sizes(compiled, DEFAULTS, MAXIMA, {"roomy": roomy}) == {
        "default": replace(READY, memory_bytes=1024 * MIB, processes=100)
    }


def test_files_give_way_to_memory() -> None:
    """A class of little memory has room for fewer files, unless it names both; then they have to fit."""
    small = class_size({"memory_bytes": 64 * MIB}, DEFAULTS, MAXIMA)
    assert small.disk_bytes < DEFAULTS.disk_bytes
    assert fits(small.disk_bytes, small.memory_bytes)
    with pytest.raises(InvalidArgument):
        class_size({"memory_bytes": 64 * MIB, "disk_bytes": 64 * MIB}, DEFAULTS, MAXIMA)
    with pytest.raises(InvalidArgument):
        class_size({"memory_bytes": 2 * MAXIMA.memory_bytes}, DEFAULTS, MAXIMA)


def test_one_process() -> None:
    """A class of a single process waits with those that its container starts with."""
    single = class_size({"processes": 1}, DEFAULTS, MAXIMA)
    assert sizes(PYTHON, DEFAULTS, MAXIMA, {"single": single})["single"].processes == 2
