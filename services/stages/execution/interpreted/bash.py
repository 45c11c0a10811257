"""Bash: scripts whose exit status tells."""

import re
from typing import TYPE_CHECKING

from assay.stage import Candidate, StageContext, StageResult, TestFramework, Workers
from assay.v1.sandbox_pb2 import ExecutionResult

from services.stages.execution.report import Report

from .session import Interpreter, Session

if TYPE_CHECKING:
    from assay.v1.sandbox_pb2_grpc import SandboxServiceAsyncStub

BATS = re.compile(r"^@test\s|^#!.*\bbats\b", re.MULTILINE)
ABSENT = re.compile(r"^(\S+): line (\d+): (\S{1,100}): command not found$", re.MULTILINE)
TESTS = "/dev/fd/"
TOOLS = re.compile(
    "apt|apt-get|aws|az|brew|cargo|cmake|convert|crontab|curl|dig|dnf|docker|docker-compose|ffmpeg|gcc|gcloud|gh|git|go|gpg"
    "|helm|host|htop|ifconfig|ip|iptables|java|javac|journalctl|kubectl|less|lsof|make|mongo|mysql|mysqldump|nc|netstat|nginx"
    "|node|npm|npx|nslookup|openssl|pandoc|php|ping|pip3?|psql|python|redis-cli|rsync|ruby|rustc|scp|screen|sftp|snap|sqlite3"
    "|ss|ssh|ssh-keygen|strace|sudo|svn|systemctl|tcpdump|telnet|terraform|tmux|traceroute|tree|vim|wget|yarn|yum|zsh"
)
"""Programs that scripts rest on and the sandbox lacks; any other command that is not found is the script's fault."""

OPENING = re.compile(r"^\s*(?:function\s+[\w:.-]+\s*(?:\(\s*\))?|[\w:.-]+\s*\(\s*\))\s*(?P<body>[{(].*)?$")
HARMLESS = re.compile(
    r"^\s*(?:#.*|(?:set|shopt)\s+[-+\w\s]*|.*\bBASH_SOURCE\b.*|"
    r"(?:(?:readonly|declare|export|typeset)\s+(?:-\w+\s+)*)?"
    r"[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\([^()]*\)|[^\s\"'();&|]*)\s*(?:#.*)?)?$"
)
RUNS = re.compile(r"\$\((?!\()|`|<\(")


async def judge_bash(
    candidate: Candidate, context: StageContext, stub: "SandboxServiceAsyncStub", workers: Workers
) -> StageResult:
    """Run a candidate in bash; see :class:`services.stages.execution.language.Language`."""
    return await Session(BASH, candidate, context, stub, workers).run()


def is_library(text: str) -> bool:
    """
    Return whether sourcing a script does nothing but define: its top level has functions, settings and plain values.

    A main part that asks ``BASH_SOURCE`` whether it is run itself does nothing then either.
    """
    closing = ""
    defines = False
    for line in text.splitlines():
        if closing:
            closing = "" if line.rstrip().rstrip(";") == closing else closing
        elif found := OPENING.match(line):
            defines = True
            closing = _closing(found["body"] or "{")
        elif "BASH_SOURCE" in line and line.startswith("if "):
            closing = "" if re.search(r"\bfi\s*$", line) else "fi"
        elif not HARMLESS.match(line) or ("BASH_SOURCE" not in line and RUNS.search(line.partition("#")[0])):
            return False
    return defines and not closing


def _closing(body: str) -> str:
    """Return the line that ends a function whose body begins so; empty where it has ended on its first line."""
    end = "}" if body.startswith("{") else ")"
    return "" if len(body) > 1 and body.rstrip().endswith(end) else end


def _lacking(text: str, framework: TestFramework) -> str:
    if framework is TestFramework.UNITTEST or BATS.search(text):
        return "they need Bats, which is not in this environment"
    return "pytest is for Python" if framework is TestFramework.PYTEST else ""


def _explain(candidate: Candidate, result: ExecutionResult, report: Report) -> None:
    """Say which command was not found where a test failed: one that the sandbox lacks, or one that nobody defined."""
    said = ABSENT.findall(result.stderr.content.decode(errors="replace"))
    paths = {file.path for file in candidate.files}
    folder = f"{report.plan.work}/" if report.plan else ""
    for test, end in report.results.items():
        if end.error is not None and said:
            source, line, name = next((each for each in said if TOOLS.fullmatch(each[2])), said[0])
            facts: dict[str, object] = {"name": name, "exit": False, "assertion": False}
            is_tool = TOOLS.fullmatch(name) is not None
            if is_tool:
                facts["environment"] = "module"
            if source.startswith(TESTS):
                facts |= {"missing_from_candidate": not is_tool, "test_line": int(line)}
            elif (path := source.removeprefix(folder)) in paths:
                facts |= {"candidate_raised": True, "path": path, "line": int(line)}
                facts |= {"type": "an error", "message": f"{name}: command not found"}
            report.results[test] = end.model_copy(update={"error": end.error.model_copy(update=facts)})


BASH = Interpreter(
    lacking=_lacking,
    is_loaded=lambda candidate: is_library(candidate.entry().content.decode(errors="replace")),
    explain=_explain,
)
