"""Options that more than one command has, or that are many."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

MOST = 2**31 - 1
"""The largest count that the contract can carry; the service's own bounds are far below."""

Gateway = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="A running suite, as host:port, tls:host:port or unix:/path. Without it one is started for this call.",
    ),
]
Key = Annotated[
    str,
    typer.Option(
        metavar="KEY",
        envvar="ASSAY_KEY",
        show_envvar=True,
        help="What the gateway asks for; ASSAY_CA names a file of the authorities that its certificate may come from.",
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


class CheckFormat(StrEnum):
    """How the results of `assay check` are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


Spec = Annotated[str, typer.Option(metavar="TEXT|@FILE", help="What the code was asked to do, as text or in a file.")]
Tests = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Tests that belong to the code; may be given more than once. One PATH only."),
]
Cases = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="Inputs of the code as a program, with what it should print, as for `assay batch`. One PATH only.",
    ),
]
Stages = Annotated[str, typer.Option(metavar="A,B", help="The stages to run, by name. Without it: all.")]
Sandbox = Annotated[
    bool, typer.Option("--sandbox/--no-sandbox", help="Whether code is run, each time in a container used once.")
]
ReportFile = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Where the report is written, instead of the output.")
]
LanguageVersion = Annotated[
    str, typer.Option(metavar="VERSION", help="The version of the language that the code is written for.")
]
FileSeconds = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=3600, help="The longest time for one file.")
]
Diff = Annotated[
    str,
    typer.Option(
        metavar="[BASE]",
        help="Check what was changed since BASE: files that differ from its last commit in common with HEAD are read "
        "whole, findings on changed lines count. Without BASE: HEAD. Without PATH: the folder and all below.",
    ),
]
BaselineFile = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="Known findings, which do not count.")
]
WriteBaseline = Annotated[
    bool, typer.Option("--write-baseline", help="Write all findings that count to the baseline, and pass.")
]
InlineIgnores = Annotated[
    bool, typer.Option("--inline-ignores", help='Let comments suppress findings: "assay: ignore[RULE, …] reason".')
]
FailOn = Annotated[
    Severity | None,
    typer.Option(metavar="SEVERITY", help="Exit with 1 for a finding of this severity or worse, whatever the verdict."),
]
PythonEnvironment = Annotated[
    Path | None,
    typer.Option(
        "--python",
        metavar="PATH",
        help="The environment whose packages the code may use. Without it: the active one, or .venv.",
    ),
]
NoConfig = Annotated[
    bool, typer.Option("--config/--no-config", help="Whether [tool.assay] of the nearest pyproject.toml holds.")
]
ForceExclude = Annotated[
    bool, typer.Option("--force-exclude", help="Leave out what the settings exclude even where it is named.")
]
UseCache = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Whether files that were read before are not read again.")
]
Fix = Annotated[
    bool,
    typer.Option("--fix", help="Show what can be mended without anybody's judgement, and ask whether to write it."),
]
Yes = Annotated[bool, typer.Option("--yes", help="With --fix: write without asking.")]
DiffOnly = Annotated[
    bool, typer.Option("--diff-only", help="With --fix: print the difference, as git apply takes it, and nothing else.")
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
