"""Options that more than one command has."""

from pathlib import Path
from typing import Annotated

import typer

MOST = 2**31 - 1
"""The largest count that the contract can carry; the service's own bounds are far below."""

Gateway = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="A running suite, as host:port or unix:/path. Without it one is started for this call."
    ),
]
Program = Annotated[Path, typer.Argument(metavar="FILE", help="The program.", show_default=False)]
Language = Annotated[str, typer.Option(metavar="NAME", help="The language, where the file name does not tell.")]
Environment = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="An environment variable; may be given more than once.")
]
Beside = Annotated[
    list[Path] | None,
    typer.Option("--file", metavar="FILE", help="A file to put beside the program; may be given more than once."),
]

Wall = Annotated[float | None, typer.Option(metavar="SECONDS", help="Limit: time on the clock.")]
Cpu = Annotated[float | None, typer.Option(metavar="SECONDS", help="Limit: CPU time of all processes.")]
CompileTime = Annotated[float | None, typer.Option(metavar="SECONDS", help="Limit: time for compiling.")]
Memory = Annotated[str, typer.Option(metavar="SIZE", help="Limit: memory, such as 256M.")]
Processes = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=MOST, help="Limit: processes and threads at one time.")
]
OpenFiles = Annotated[int | None, typer.Option(metavar="N", min=1, max=MOST, help="Limit: open files of each process.")]
Disk = Annotated[str, typer.Option(metavar="SIZE", help="Limit: bytes in the work directory.")]
Output = Annotated[
    str, typer.Option(metavar="SIZE", help="How much is kept of each output stream, where it is not shown as it comes.")
]
OutputHard = Annotated[
    str, typer.Option(metavar="SIZE", help="Limit: what each output stream may carry before the program is ended.")
]
