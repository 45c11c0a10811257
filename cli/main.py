"""
Where the `assay` command begins and ends.

Worker processes import this module anew, as Python's spawned processes do with the program they come from: so it
imports next to nothing, and the commands only when it is called.
"""

import os
import sys
from contextlib import suppress


def main() -> None:
    """Run the command line and exit."""
    _open_what_is_closed()
    # gRPC's core would write of a connection that fails; the command's own output says it. It reads this when imported.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    # Names and output of any origin must not break on a terminal that is not UTF-8.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:]
    status = _status(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _quiet_pipe()
    except OSError as error:
        status = _failed(error, arguments)
        _drop_output()
    with suppress(OSError):
        sys.stderr.flush()
    # Everything that was opened is closed by now. Taking a thousand modules apart would cost a fifth of a second more.
    os._exit(status)


def _status(arguments: list[str]) -> int:
    from cli import exits

    try:
        return _called(arguments)
    except BrokenPipeError:
        return _quiet_pipe()
    except (Exception, KeyboardInterrupt, exits.Stopped) as error:
        if os.environ.get("ASSAY_TRACEBACK"):
            raise
        return _failed(error, arguments)


def _called(arguments: list[str]) -> int:
    import typer

    from cli.arguments import completed
    from cli.commands import app

    # Not by calling the app: that makes a broken pipe an exit with 1, which would say that code is inauthentic.
    command = typer.main.get_command(app)
    try:
        with command.make_context("assay", completed(arguments)) as context:
            status = command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return status if isinstance(status, int) else 0


def _failed(error: BaseException, arguments: list[str]) -> int:
    from cli.failures import status_of

    return status_of(error, running=arguments[:1] == ["run"])


def _quiet_pipe() -> int:
    from cli.exits import BROKEN_PIPE

    _drop_output()
    return BROKEN_PIPE


def _drop_output() -> None:
    """What is still buffered cannot be delivered: it goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _open_what_is_closed() -> None:
    """
    Put the null device where a standard stream is closed.

    Else what is opened next would get its number, and a program's output; and Python prints errors to standard output.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 they stay open
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 they stay open
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 they stay open
