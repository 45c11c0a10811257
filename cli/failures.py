"""What a command prints when it cannot do its work: one line that says what is wrong, never a traceback."""

import errno
import sys

import typer

from cli import exits
from cli.printable import printable


def status_of(error: BaseException, *, running: bool) -> int:
    """
    Print why a command failed and return its exit status.

    :param running: Whether the command is `assay run`, whose statuses up to 123 belong to the program.
    """
    failed = exits.RUN_FAILED if running else exits.UNDETERMINED
    if isinstance(error, exits.Stopped):
        return error.status
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return exits.INTERRUPTED
    if isinstance(error, typer.TyperException):
        return _misused(error, failed)
    print(f"assay: {printable(message_of(error))}", file=sys.stderr)  # noqa: T201 this is what the command says
    return failed


def message_of(error: BaseException) -> str:
    """Return one line about a failure. An error that is no known one is a defect; its text may hold anything."""
    from assay.client import error_from_rpc
    from assay.errors import AssayError
    from grpc.aio import AioRpcError

    from cli.sources import BadSource

    match error:
        case AssayError():
            return error.message
        case AioRpcError():
            return error_from_rpc(error).message
        case BadSource():
            return str(error)
        case OSError() if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO} and not error.filename:
            return f"the output cannot be written: {(error.strerror or 'it failed').lower()}"
    return _of_the_host(error) or (
        f"a defect of the suite: {type(error).__name__}; run it again with ASSAY_TRACEBACK=1 to see where"
    )


def _of_the_host(error: BaseException) -> str:
    """Return the message of a failure to start the suite; empty for others."""
    from host.catalog import BrokenCatalog
    from host.listening import CannotListen
    from host.settings import BadSettings

    return str(error) if isinstance(error, (BadSettings, BrokenCatalog, CannotListen)) else ""


def _misused(error: typer.TyperException, failed: int) -> int:
    show = getattr(error, "show", None)
    if show is not None:
        show()
    else:
        print(f"assay: {printable(error.format_message())}", file=sys.stderr)  # noqa: T201 this is what the command says
    return failed
