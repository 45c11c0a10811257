"""
The commands and their options.

Nothing heavy is imported here: what a command needs is imported when it is called, so that `assay --help` is quick.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="assay",
    help="Decides whether generated code is the real thing: reads it, checks that what it names exists, and runs it.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help needs no rich, and is quicker to print and to read
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


Gateway = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS", help="A running suite, as host:port or unix:/path. Without it one is started for this call."
    ),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"assay {version('assay-suite')}")
        raise typer.Exit


@app.callback()
def assay(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def check(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Files; directories, which mean their source files; - for standard input."),
    ],
    *,
    spec: Annotated[
        str, typer.Option(metavar="TEXT|@FILE", help="What the code was asked to do, as text or in a file.")
    ] = "",
    tests: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Tests that belong to the code; may be given more than once. One PATH only."),
    ] = None,
    stages: Annotated[str, typer.Option(metavar="A,B", help="The stages to run, by name. Without it: all.")] = "",
    sandbox: Annotated[
        bool, typer.Option("--sandbox/--no-sandbox", help="Whether code is run, each time in a container used once.")
    ] = True,
    format: Annotated[Format, typer.Option(help="How the report is written.")] = Format.TEXT,  # noqa: A002 the option's name
    gateway: Gateway = "",
    language: Annotated[
        str, typer.Option(metavar="NAME", help="The language, where file names do not tell; needed with -.")
    ] = "",
    language_version: Annotated[
        str, typer.Option(metavar="VERSION", help="The version of the language that the code is written for.")
    ] = "",
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, max=3600, help="The longest time for one file.")
    ] = 300,
) -> int:
    """
    Say whether code is authentic, and why.

    A directory means its source files, each judged by itself; what Git ignores is left out. The modules that a file
    imports from its own project are sent along, and are not judged with it.

    Exit status: 0 authentic, 1 inauthentic, 2 could not be determined. Of several files the worst counts: 1 before 2
    before 0.
    """
    from cli.check import CheckOptions
    from cli.check import check as run_check

    return run_check(
        CheckOptions(
            paths=paths,
            specification=spec,
            tests=tests or (),
            stages=_names(stages),
            sandbox=sandbox,
            json=format is Format.JSON,
            gateway=gateway,
            language=language.lower(),
            language_version=language_version,
            timeout_seconds=timeout,
        )
    )


@app.command(context_settings={"allow_interspersed_args": False})
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The program.", show_default=False)],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS", help="Its arguments; everything after FILE is the program's."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON instead of the output.")] = False,
    wall: Annotated[float | None, typer.Option(metavar="SECONDS", help="Limit: time on the clock.")] = None,
    cpu: Annotated[float | None, typer.Option(metavar="SECONDS", help="Limit: CPU time of all processes.")] = None,
    memory: Annotated[str, typer.Option(metavar="SIZE", help="Limit: memory, such as 256M.")] = "",
    processes: Annotated[
        int | None, typer.Option(metavar="N", help="Limit: processes and threads at one time.")
    ] = None,
    disk: Annotated[str, typer.Option(metavar="SIZE", help="Limit: bytes in the work directory.")] = "",
    output: Annotated[str, typer.Option(metavar="SIZE", help="How much is kept of each output stream.")] = "",
    env: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An environment variable; may be given more than once."),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="FILE", help="A file to put beside the program; may be given more than once."),
    ] = None,
    artifacts: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Files to bring back from the work directory; may be given more than once."),
    ] = None,
    artifacts_dir: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Where to put what --artifacts brings back.")
    ] = None,
    gateway: Gateway = "",
    language: Annotated[
        str, typer.Option(metavar="NAME", help="The language, where the file name does not tell.")
    ] = "",
) -> int:
    """
    Run a program in a sandbox that is used once.

    Standard input (where it is no terminal), output, error and the exit status are the program's. The modules that it
    imports from beside it are there too.

    Exit status: the program's; 128+N if signal N ended it; 124 if it went over a limit of time, 123 over another limit;
    126 if it did not compile; 125 if the sandbox or this command failed.
    """
    from cli.run import RunOptions
    from cli.run import run as run_program

    return run_program(
        RunOptions(
            file=file,
            arguments=arguments or (),
            json=json,
            wall_seconds=wall,
            cpu_seconds=cpu,
            memory=memory,
            processes=processes,
            disk=disk,
            output=output,
            environment=env or (),
            beside=beside or (),
            artifacts=artifacts or (),
            artifacts_dir=artifacts_dir,
            gateway=gateway,
            language=language.lower(),
        )
    )


@app.command()
def serve(
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen: host:port or unix:/path.")
    ] = "127.0.0.1:50051",
) -> int:
    """Serve the whole suite until SIGINT or SIGTERM, then stop gracefully."""
    from cli.serve import serve as run_server

    return run_server(listen)


@app.command()
def stages(
    gateway: Gateway = "",
    format: Annotated[Format, typer.Option(help="How the list is written.")] = Format.TEXT,  # noqa: A002 the option's name
) -> int:
    """List the validation stages, and whether each can be reached."""
    from cli.stages import stages as list_stages

    return list_stages(gateway, as_json=format is Format.JSON)


@app.command()
def doctor() -> int:
    """Say what is missing on this machine, and what to do about it. Exit status 0 if all is well, else 1."""
    from cli.doctor import doctor as examine

    return examine()


def _names(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))
