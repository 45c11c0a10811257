"""
The commands and their options.

Nothing heavy is imported here: what a command needs is imported when it is called, so that `assay --help` is quick.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import event_commands, job_commands, key_commands, migrate_commands, options, secret_commands
from cli.deploy import commands as deploy_commands
from cli.options import Gateway, Key
from cli.running_suite import running_suite

app = typer.Typer(
    name="assay",
    help="Decides whether generated code is the real thing: reads it, checks that what it names exists, and runs it.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help needs no rich, and is quicker to print and to read
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(key_commands.app)
app.add_typer(job_commands.app)
app.add_typer(deploy_commands.app)
app.command()(event_commands.events)
app.command()(migrate_commands.migrate)
app.command()(secret_commands.secrets)


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


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
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files; directories, which mean their source files; - for standard input."),
    ] = None,
    *,
    spec: options.Spec = "",
    tests: options.Tests = None,
    cases: options.Cases = None,
    stages: options.Stages = "",
    sandbox: options.Sandbox = True,
    format: options.CheckFormat = options.CheckFormat.TEXT,  # noqa: A002 the option's name
    output: options.ReportFile = None,
    gateway: Gateway = "",
    key: Key = "",
    language: options.Language = "",
    language_version: options.LanguageVersion = "",
    timeout: options.FileSeconds = 300,
    diff: options.Diff = "",
    baseline: options.BaselineFile = None,
    write_baseline: options.WriteBaseline = False,
    inline_ignores: options.InlineIgnores = False,
    fail_on: options.FailOn = None,
    python: options.PythonEnvironment = None,
    config: options.NoConfig = True,
    force_exclude: options.ForceExclude = False,
    cache: options.UseCache = True,
    fix: options.Fix = False,
    yes: options.Yes = False,
    diff_only: options.DiffOnly = False,
) -> int:
    """
    Say whether code is authentic, and why.

    A directory means its source files, each judged by itself; what Git ignores is left out, and what [tool.assay]
    excludes. The modules that a file imports from its own project are sent along, and are not judged with it.

    Exit status: 0 authentic, 1 inauthentic, 2 could not be determined. Of several files the worst counts: 1 before 2
    before 0. A file that --fix wrote counts as what it is now.
    """
    from cli.check import CheckOptions
    from cli.check import check as run_check
    from cli.fix_options import FixOptions

    if not (paths or diff):
        context.fail("Missing argument 'PATH...'.")
    return run_check(
        CheckOptions(
            paths=paths or (),
            specification=spec,
            tests=tests or (),
            cases=cases,
            stages=_names(stages),
            sandbox=sandbox,
            form=format,
            output=output,
            gateway=running_suite(gateway, key),
            language=language.lower(),
            language_version=language_version,
            timeout_seconds=timeout,
            diff=diff,
            baseline=baseline,
            write_baseline=write_baseline,
            inline_ignores=inline_ignores,
            fail_on=fail_on or "",
            python=python,
            config=config,
            force_exclude=force_exclude,
            cache=cache,
            fix=FixOptions(wanted=fix, yes=yes, diff_only=diff_only),
        )
    )


@app.command()
def explain(
    rule: Annotated[
        str, typer.Argument(metavar="[RULE]", help="A rule, as in a finding. Without it: all are listed.")
    ] = "",
    *,
    gateway: Gateway = "",
    key: Key = "",
    format: Annotated[Format, typer.Option(help="How it is written.")] = Format.TEXT,  # noqa: A002 the option's name
) -> int:
    """
    Say what a rule means: what is wrong where it fires, why that matters, with examples.

    Exit status: 0, or 2 if there is no such rule.
    """
    from cli.explain import explain as explain_rule

    return explain_rule(rule, running_suite(gateway, key), as_json=format is Format.JSON)


@app.command(context_settings={"allow_interspersed_args": False})
def run(
    file: options.Program,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGS", help="Its arguments; everything after FILE is the program's."),
    ] = None,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print the whole result as JSON at the end, instead of the output.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show what the compiler says of a program that compiles too.")
    ] = False,
    wall: options.Wall = None,
    cpu: options.Cpu = None,
    compile_time: options.CompileTime = None,
    memory: options.Memory = "",
    processes: options.Processes = None,
    open_files: options.OpenFiles = None,
    disk: options.Disk = "",
    output: options.Output = "",
    output_hard: options.OutputHard = "",
    artifact_bytes: Annotated[str, typer.Option(metavar="SIZE", help="Limit: all files brought back.")] = "",
    artifact_count: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=options.MOST, help="Limit: files brought back.")
    ] = None,
    env: options.Environment = None,
    beside: options.Beside = None,
    artifacts: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Files to bring back from the work directory; may be given more than once."),
    ] = None,
    artifacts_dir: Annotated[
        Path | None, typer.Option(metavar="DIRECTORY", help="Where to put what --artifacts brings back.")
    ] = None,
    gateway: Gateway = "",
    key: Key = "",
    language: options.Language = "",
) -> int:
    """
    Run a program in a sandbox that is used once.

    Standard input, output, error and the exit status are the program's, while it runs. `assay languages` lists the
    languages; the suffix of FILE tells which. The modules that a Python program imports from beside it are there too.

    Exit status: the program's; 128+N if signal N ended it; 124 if it went over a limit of time, 123 over another limit;
    126 if it did not compile; 125 if the sandbox or this command failed; 130 after Ctrl-C.
    """
    from cli.limits import LimitOptions
    from cli.run import RunOptions
    from cli.run import run as run_program

    return run_program(
        RunOptions(
            file=file,
            arguments=arguments or (),
            json=json,
            verbose=verbose,
            limits=LimitOptions(
                wall=wall,
                cpu=cpu,
                compile_time=compile_time,
                memory=memory,
                processes=processes,
                open_files=open_files,
                output=output,
                output_hard=output_hard,
                disk=disk,
                artifact_bytes=artifact_bytes,
                artifact_count=artifact_count,
            ),
            environment=env or (),
            beside=beside or (),
            artifacts=artifacts or (),
            artifacts_dir=artifacts_dir,
            gateway=running_suite(gateway, key),
            language=language.lower(),
        )
    )


@app.command()
def batch(
    file: options.Program,
    *,
    cases: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="A folder of NAME.in with NAME.out or NAME.ans; or a file of JSON objects, one a line, with name, "
            "stdin, expected_stdout, expected_exit_code and arguments.",
        ),
    ],
    checker: Annotated[
        str,
        typer.Option(
            metavar="HOW",
            help="How outputs are compared: exact; space (not at the ends of lines); tokens; "
            "floats[:ABSOLUTE[,RELATIVE]]; or the file of a program, which gets the paths of input, output and answer.",
        ),
    ] = "exact",
    stop: Annotated[bool, typer.Option("--stop", help="Run no more cases after the first that did not pass.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
    wall: options.Wall = None,
    cpu: options.Cpu = None,
    compile_time: options.CompileTime = None,
    memory: options.Memory = "",
    processes: options.Processes = None,
    open_files: options.OpenFiles = None,
    disk: options.Disk = "",
    output: options.Output = "",
    output_hard: options.OutputHard = "",
    env: options.Environment = None,
    beside: options.Beside = None,
    gateway: Gateway = "",
    key: Key = "",
    language: options.Language = "",
) -> int:
    """
    Run a program on many inputs, compiled once, and compare what it writes.

    Exit status: 0 if every case passed, or had nothing to compare with; 1 if one failed, or the program did not
    compile; 2 if one could not be decided, or this command failed.
    """
    from cli.batch import BatchOptions
    from cli.batch import batch as run_batch
    from cli.limits import LimitOptions

    return run_batch(
        BatchOptions(
            file=file,
            cases=cases,
            checker=checker,
            stop=stop,
            json=json,
            limits=LimitOptions(
                wall=wall,
                cpu=cpu,
                compile_time=compile_time,
                memory=memory,
                processes=processes,
                open_files=open_files,
                output=output,
                output_hard=output_hard,
                disk=disk,
            ),
            environment=env or (),
            beside=beside or (),
            gateway=running_suite(gateway, key),
            language=language.lower(),
        )
    )


@app.command()
def languages(
    gateway: Gateway = "",
    key: Key = "",
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON, limits included.")] = False,
) -> int:
    """List the languages that programs can be written in, and whether each can be run."""
    from cli.languages import languages as list_languages

    return list_languages(running_suite(gateway, key), as_json=json)


@app.command()
def serve(
    listen: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Where gRPC clients call: host:port or unix:/path. Without it: 127.0.0.1:50051."
        ),
    ] = "",
    http: Annotated[str, typer.Option(metavar="ADDRESS", help="Where HTTP clients call: host:port.")] = "",
    is_open: Annotated[
        bool, typer.Option("--open", help="Take calls without a key. Not on an address that other machines can reach.")
    ] = False,
) -> int:
    """
    Serve the whole suite behind its gateway until SIGINT or SIGTERM, then stop gracefully.

    Calls need a key: `assay keys create` makes one.
    """
    from cli.serve import serve as run_server

    return run_server(listen, http, is_open=is_open)


@app.command()
def stages(
    gateway: Gateway = "",
    key: Key = "",
    format: Annotated[Format, typer.Option(help="How the list is written.")] = Format.TEXT,  # noqa: A002 the option's name
) -> int:
    """List the validation stages, and whether each can be reached."""
    from cli.stages import stages as list_stages

    return list_stages(running_suite(gateway, key), as_json=format is Format.JSON)


@app.command()
def usage(
    *,
    tenant: Annotated[str, typer.Option(metavar="NAME", help="Only what this tenant used.")] = "",
    days: Annotated[int, typer.Option(metavar="N", min=1, max=400, help="How many days, today included.")] = 7,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> int:
    """Tell what was used, by day and tenant, as the suite's database has it."""
    from cli.usage import usage as tell_usage

    return tell_usage(tenant=tenant, days=days, as_json=json)


@app.command()
def doctor(gateway: Gateway = "", key: Key = "") -> int:
    """
    Say what is missing on this machine, and what to do about it; with --gateway, how a running suite is.

    Exit status: 0 if all is well, else 1.
    """
    from cli import doctor as machine
    from cli import doctor_gateway

    running = running_suite(gateway, key)
    return machine.doctor() if running is None else doctor_gateway.doctor(running)


def _names(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in listed.split(",") if name.strip()))
