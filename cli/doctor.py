"""`assay doctor`: what is missing on this machine, and what to do about it."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from subprocess import run as run_process
from typing import TYPE_CHECKING

from assay.v1 import candidate_pb2, sandbox_pb2, source_pb2, stage_pb2, validation_pb2

from cli.diagnosis import Diagnosis, Ill, examined, tell
from cli.languages import known_to
from cli.suite import own_settings, run, suite

if TYPE_CHECKING:
    from docker import DockerClient

OLDEST_PYTHON = (3, 11)
BASE_IMAGE = "debian:trixie-slim"
CHECKED_LANGUAGE = "python"
"""What the execution stage runs."""

READING_STAGES = ("static", "placeholder", "semantic")

_DOCKER_SECONDS = 10
_CANARY_SECONDS = 60.0
_CANARY = b'def double(number: int) -> int:\n    """Return twice the number."""\n    return 2 * number\n'


def doctor() -> int:
    """Examine everything on this machine, print what was seen, and return 0 if all is well, else 1."""
    return tell(_examine_all())


def _examine_all() -> Iterator[Diagnosis]:
    yield examined("Python", _python)
    yield examined("settings", _settings)
    yield examined("state directory", _state_directory)
    yield examined("ruff", _ruff)
    yield (daemon := examined("Docker daemon", _daemon))
    yield examined("pools", _pools)
    runtime = Diagnosis("container runtime", None, "not looked for: there is no Docker daemon")
    images = Diagnosis("sandbox images", None, "not looked for: there is no Docker daemon")
    if daemon.good:
        runtime = examined("container runtime", _runtime)
        images = examined("sandbox images", _images)
    yield runtime
    yield images
    yield examined("a validation", lambda: run(_validate()))
    yield examined("names in JavaScript", lambda: run(_scripts()))
    if runtime.good and images.good:
        yield examined("a run in the sandbox", lambda: run(_execute()))
    else:
        yield Diagnosis("a run in the sandbox", None, "not tried: what it needs is missing")


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        raise Ill(version, "install Python 3.11 or later, remove .venv and run `make venv`")
    return f"{version} at {sys.executable}"


def _settings() -> str:
    given = sorted(own_settings().model_fields_set)
    return "from the environment: " + ", ".join(f"ASSAY_{name.upper()}" for name in given) if given else "the defaults"


def _state_directory() -> str:
    folder = own_settings().state_dir.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = (error.strerror or "it failed").lower()
        raise Ill(f"{folder}: {why}", "make it writable, or name another with ASSAY_STATE_DIR") from None
    return f"{folder} is writable"


def _ruff() -> str:
    import ruff

    remedy = "run `make venv` again; the distribution `ruff` is incomplete"
    try:
        binary = ruff.find_ruff_bin()
        done = run_process([binary, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except OSError as error:
        raise Ill((error.strerror or str(error)).lower(), remedy) from None
    if done.returncode != 0:
        raise Ill(f"{binary} does not start", remedy)
    return done.stdout.strip()


def _client() -> "DockerClient":
    import docker

    url = own_settings().sandbox.docker_url
    return (
        docker.DockerClient(base_url=url, timeout=_DOCKER_SECONDS) if url else docker.from_env(timeout=_DOCKER_SECONDS)
    )


def _daemon() -> str:
    try:
        version = _client().version()
    except Exception as error:
        raise Ill(
            f"it does not answer ({type(error).__name__})",
            "run `scripts/docker-up`, which starts or installs Docker or says what to do; without it nothing is run",
        ) from error
    return f"{version['Version']} (API {version['ApiVersion']}, {version['Os']}/{version['Arch']})"


def _runtime() -> str:
    name = own_settings().sandbox.runtime
    there = sorted(_client().info().get("Runtimes") or {})
    if name not in there:
        raise Ill(
            f"the daemon has no {name!r}; it has {', '.join(there)}",
            "make it known to the daemon, or name another by ASSAY_SANDBOX__RUNTIME",
        )
    return f"{name} (of {', '.join(there)})"


def _pools() -> str:
    from host.settings import read

    sandbox = read().sandbox
    floor, ceiling = sandbox.pool.floor, sandbox.pool.ceiling
    bounds = ((name, *sandbox.bounds(name)) for name in sorted(sandbox.pools))
    others = "".join(f", of {name} {least} to {most}" for name, least, most in bounds)
    ready = f"`assay serve` keeps {floor} to {ceiling} containers of a language ready{others}"
    return f"{ready}; {sandbox.max_idle} in all"


def _images() -> str | tuple[str, str]:
    """Show which languages have images; only those that are needed must have one."""
    if not own_settings().sandbox_enabled:
        raise Ill("the sandbox is switched off by ASSAY_SANDBOX_ENABLED", "unset it to have code run")
    known = run(_languages())
    there = ", ".join(language.name for language in known if language.available)
    missing = [language.name for language in known if not language.available]
    if not missing:
        return there
    if ill := [language for language in known if not language.available and language.name in _needed()]:
        raise Ill(f"{ill[0].name}: {ill[0].unavailable_reason}; {_base()}", f"run `{_command(missing)}`")
    return f"{there}; not built: {', '.join(missing)}", f"only to run these too: `{_command(missing)}`"


def _needed() -> Sequence[str]:
    """Return the languages that must be there: those that the settings name, else the one that checks run."""
    return own_settings().sandbox.languages or (CHECKED_LANGUAGE,)


def _command(missing: Sequence[str]) -> str:
    return f"scripts/sandbox-image {' '.join(missing)}"


def _base() -> str:
    from docker.errors import ImageNotFound

    try:
        _client().images.get(BASE_IMAGE)
    except ImageNotFound:
        return f"its base {BASE_IMAGE} is missing too, and is pulled or made first"
    return f"its base {BASE_IMAGE} is there"


async def _languages() -> list[sandbox_pb2.Language]:
    async with suite(None) as client:
        return await known_to(client)


async def _validate() -> str:
    validation = await _validated("canary.py", _CANARY, READING_STAGES)
    for result in validation.stage_results:
        if result.status != stage_pb2.STAGE_STATUS_COMPLETED:
            raise Ill(f"the stage {result.stage} did not complete: {result.reason}", "see the reason")
    if validation.verdict != validation_pb2.VERDICT_AUTHENTIC:
        raise Ill("a correct function was not found authentic", "this is a defect of the suite; please report it")
    return f"{', '.join(READING_STAGES)} work"


async def _scripts() -> str | tuple[str, str]:
    """Show whether TypeScript's compiler is there; who has no such code needs none."""
    (result,) = (await _validated("canary.js", b"console.log(1);\n", ("semantic",))).stage_results
    if result.status == stage_pb2.STAGE_STATUS_FAILED:
        raise Ill(result.reason, "see the reason")
    if result.status != stage_pb2.STAGE_STATUS_COMPLETED:
        return "not checked, which only JavaScript and TypeScript want", result.reason
    return "checked by TypeScript's compiler"


async def _validated(path: str, content: bytes, stages: Sequence[str]) -> validation_pb2.Validation:
    candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path=path, content=content)])
    policy = validation_pb2.ValidationPolicy(stages=stages, fresh=True)
    async with suite(None, own_settings(sandbox=False)) as client:
        request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
        return (await client.validation.Validate(request, timeout=_CANARY_SECONDS)).validation


async def _execute() -> str:
    file = source_pb2.SourceFile(path="main.py", content=b"print(6 * 7)\n")
    async with suite(None) as client:
        if CHECKED_LANGUAGE not in (names := [language.name for language in await known_to(client)]):
            return f"not tried: the settings have {', '.join(names)}, and no {CHECKED_LANGUAGE}"
        request = sandbox_pb2.ExecuteRequest(language=CHECKED_LANGUAGE, files=[file])
        result = (await client.sandbox.Execute(request, timeout=_CANARY_SECONDS)).result
    if result.outcome != sandbox_pb2.OUTCOME_OK or result.stdout.content != b"42\n":
        outcome = sandbox_pb2.Outcome.Name(result.outcome).removeprefix("OUTCOME_")
        raise Ill(f"a program of one line ended with {outcome}", "this is a defect of the suite; please report it")
    limits = ", limits not enforced" if result.evidence.get("limits") else ""
    return f"{CHECKED_LANGUAGE} {result.language_version}, {result.usage.wall_time.ToMilliseconds()} ms{limits}"
