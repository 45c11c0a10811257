"""From a program and its limits to the steps that a sandbox is given."""

import fnmatch
from collections.abc import Iterable

from sandbox.language import Language
from sandbox.limits import Limits
from sandbox.program import Program
from sandbox.record import Task
from sandbox.runner.orders import Step

BUILD_FOLDER = ".build"
"""Below the work directory; there before a program is compiled."""

LEAST_COMPILE_OUTPUT_BYTES = 64 * 1024
MOST_COMPILE_OUTPUT_BYTES = 1024 * 1024
LEAST_COMPILE_HARD_BYTES = 4 * 1024 * 1024


def compiling(language: Language, program: Program, limits: Limits, open_files: int) -> Task:
    """
    Return the step that compiles a program.

    Its limits are its own: a run that may write or open little still gets what its compiler says.

    :param open_files: That the compiler may have open.
    """
    assert language.compile is not None
    step = Step(
        command=language.compile_command(program.entry_point, _paths(program)),
        arguments=[],
        environment=dict(language.compile.environment),
        cpu_seconds=limits.compile_seconds,
        output_bytes=min(max(limits.output_bytes, LEAST_COMPILE_OUTPUT_BYTES), MOST_COMPILE_OUTPUT_BYTES),
        output_hard_bytes=max(limits.output_hard_bytes, LEAST_COMPILE_HARD_BYTES),
        open_files=open_files,
    )
    return Task(step, limits.compile_seconds)


def running(
    language: Language,
    program: Program,
    limits: Limits,
    default_open_files: int,
    *,
    live: bool = False,
    stdin_open: bool = False,
) -> Task:
    """Return the step that runs a program."""
    waits = suits(language, program, limits.open_files == default_open_files)
    step = Step(
        command=language.run_command(program.entry_point, _paths(program)),
        arguments=list(program.arguments),
        environment=dict(program.environment),
        cpu_seconds=limits.cpu_seconds,
        output_bytes=limits.output_bytes,
        output_hard_bytes=limits.output_hard_bytes,
        open_files=limits.open_files,
        entry=program.entry_point if waits else "",
        live=live,
        stdin_open=stdin_open,
    )
    return Task(step, limits.wall_seconds, program.stdin)


def suits(language: Language, program: Program, same_open_files: bool) -> bool:
    """Tell whether a program would find nothing different in an interpreter that was started before it came."""
    prestart = language.prestart
    return (
        prestart is not None
        and same_open_files
        and program.entry_point.endswith(prestart.suffix)
        and not _any(program.environment, prestart.environment)
        and not _any(_paths(program), prestart.files)
    )


def _paths(program: Program) -> list[str]:
    return [file.path for file in program.files]


def _any(names: Iterable[str], patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)
