"""The type checkers: each in its default configuration, or what comes nearest where it has none without a project."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.linters import run_ruff
from benchmarks.peers.peer import DONE, TARGET, Bench, Peer, PeerFailed, Reports, collected, output, run

TASTE = ("no-redef", "var-annotated", "import-untyped")
"""Codes of mypy that ask for annotations and stubs, or dislike a name bound twice: nothing against code that runs."""


def run_ty(bench: Bench) -> Reports:
    """Run ``ty check``; in its GitLab format errors are "major"."""
    arguments = ["ty", "check", "--python-version", TARGET, "--python", str(_environment(bench))]
    arguments += ["--output-format", "gitlab"]
    rows = json.loads(output(bench, [*arguments, str(bench.files)]))
    return collected([(row["location"]["path"], row["check_name"]) for row in rows if row["severity"] == "major"])


def run_pyrefly(bench: Bench) -> Reports:
    """Run ``pyrefly check`` with the preset that a project's configuration has by default."""
    arguments = ["pyrefly", "check", "--preset", "default", "--python-version", TARGET, "--output-format", "json"]
    arguments += ["--skip-interpreter-query", "--relative-to", str(bench.files)]
    if bench.packages:
        arguments += ["--site-package-path", str(bench.packages)]
    rows = json.loads(output(bench, [*arguments, str(bench.files)]))["errors"]
    return collected([(row["path"], row["name"]) for row in rows if row["severity"] == "error"])


def run_basedpyright(bench: Bench) -> Reports:
    """Run ``basedpyright`` in its mode "basic": its own default is far stricter."""
    project = bench.scratch / "pyrightconfig.json"
    told: dict[str, object] = {
        "include": [str(bench.files)],
        "typeCheckingMode": "basic",
        "pythonVersion": TARGET,
        "extraPaths": [str(bench.packages)] if bench.packages else [],
    }
    project.write_text(json.dumps(told), encoding="utf-8")
    rows = json.loads(output(bench, ["basedpyright", "--project", str(project), "--outputjson"]))["generalDiagnostics"]
    return collected([(row["file"], row.get("rule", "syntax")) for row in rows if row["severity"] == "error"])


def run_mypy(bench: Bench) -> Reports:
    """
    Run ``mypy`` over the bodies of all functions, those without annotations too, less what asks for annotations.

    Where it meets a file that it cannot read it says so, ends with 2 and judges nothing: such files count as reported
    and are left out of the next try. Its parser is ruff's, so what ruff cannot parse is left out from the first.
    """
    refused = {name for name, rules in run_ruff(bench, "E9").items() if "invalid-syntax" in rules}
    rows = [(name, "syntax") for name in refused]
    files = {path.name: str(path) for path in sorted(bench.files.iterdir()) if path.name not in refused}
    arguments = ["mypy", "--config-file=", "--check-untyped-defs", "--python-version", TARGET, "--output", "json"]
    arguments += [f"--disable-error-code={code}" for code in TASTE]
    arguments += ["--python-executable", str(_environment(bench) / "bin/python")]
    arguments += ["--cache-dir", str(bench.scratch / "mypy-cache")]
    while files:
        done = run(bench, [*arguments, *files.values()])
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        errors = [(Path(row["file"]).name, row["code"] or "blocking") for row in found if row["severity"] == "error"]
        rows += [error for error in errors if error[0] in files]
        if done.returncode in DONE:
            break
        if not any(files.pop(name, None) for name, _ in errors):
            raise PeerFailed(f"mypy ended with {done.returncode}: {done.stderr[-300:]}")
    return collected(rows)


def _environment(bench: Bench) -> Path:
    """Make an environment that holds the packages alone, for tools that take nothing less than one."""
    folder = bench.scratch / "environment"
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        raise PeerFailed(f"no environment for a peer: {type(error).__name__}") from None
    if bench.packages:
        (site,) = folder.glob("lib/python*/site-packages")
        (site / "reference.pth").write_text(f"{bench.packages}\n", encoding="utf-8")
    return folder


PEERS = (
    Peer("ty", "errors", run_ty, imports="import-not-found"),
    Peer("pyrefly", "errors of the preset default", run_pyrefly, imports="missing-import"),
    Peer("basedpyright", "errors of the mode basic", run_basedpyright, imports="reportMissingImports"),
    Peer("mypy", "errors in all functions, less " + ", ".join(TASTE), run_mypy, imports="import-not-found"),
)
