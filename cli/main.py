"""
Where the `assay` command begins and ends.

Worker processes import this module anew, as Python's spawned processes do with the program they come from: so it
imports next to nothing, and the commands only when it is called.
"""

import os
import sys


def main() -> None:
    """Run the command line and exit."""
    # Names and output of any origin must not break on a terminal that is not UTF-8.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    status = _status(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        status = _quiet_pipe()
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
        from cli.failures import status_of

        return status_of(error, running=arguments[:1] == ["run"])


def _called(arguments: list[str]) -> int:
    import typer

    from cli.commands import app

    # Not by calling the app: that makes a broken pipe an exit with 1, which would say that code is inauthentic.
    command = typer.main.get_command(app)
    try:
        with command.make_context("assay", arguments) as context:
            status = command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return status if isinstance(status, int) else 0


def _quiet_pipe() -> int:
    from cli.exits import BROKEN_PIPE

    # What is still buffered cannot be delivered: it goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return BROKEN_PIPE
