"""`assay doctor`: what is missing on this machine, and what to do about it."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from subprocess import run as run_process
from typing import TYPE_CHECKING

from assay.v1 import candidate_pb2, sandbox_pb2, stage_pb2, validation_pb2

from cli.failures import message_of
from cli.printable import printable
from cli.suite import own_settings, run, suite

if TYPE_CHECKING:
    from docker import DockerClient

OLDEST_PYTHON = (3, 11)
BASE_IMAGE = "debian:trixie-slim"
READING_STAGES = ("static", "placeholder", "semantic")

_DOCKER_SECONDS = 10
_CANARY_SECONDS = 60.0
_CANARY = b'def double(number: int) -> int:\n    """Return twice the number."""\n    return 2 * number\n'


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """
    What one examination showed.

    :param good: None where it could not be made, because something before it is missing.
    :param remedy: What to do; empty where all is well.
    """

    subject: str
    good: bool | None
    shown: str
    remedy: str = ""


class Ill(Exception):
    """An examination showed something that must be put right."""

    def __init__(self, shown: str, remedy: str) -> None:
        super().__init__(shown)
        self.shown = shown
        self.remedy = remedy


def doctor() -> int:
    """Examine everything, print what was seen, and return 0 if all is well, else 1."""
    diagnoses = []
    for diagnosis in _examine_all():
        diagnoses.append(diagnosis)
        _print(diagnosis)
    bad = sum(diagnosis.good is not True for diagnosis in diagnoses)
    print("all is well" if not bad else f"{bad} of {len(diagnoses)} want attention")  # noqa: T201 the command's output
    return 1 if bad else 0


def _examine_all() -> Iterator[Diagnosis]:
    yield _examined("Python", _python)
    yield _examined("settings", _settings)
    yield _examined("state directory", _state_directory)
    yield _examined("ruff", _ruff)
    yield (daemon := _examined("Docker daemon", _daemon))
    image = Diagnosis("sandbox image", None, "not looked for: there is no Docker daemon")
    if daemon.good:
        image = _examined("sandbox image", _sandbox_image)
    yield image
    yield _examined("a validation", lambda: run(_validate()))
    if image.good:
        yield _examined("a run in the sandbox", lambda: run(_execute()))
    else:
        yield Diagnosis("a run in the sandbox", None, "not tried: there is no sandbox image")


def _examined(subject: str, examine: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(subject, True, examine())
    except Ill as ill:
        return Diagnosis(subject, False, ill.shown, ill.remedy)
    except Exception as error:  # noqa: BLE001 whatever an examination meets is what it shows
        return Diagnosis(subject, False, message_of(error), "see the message; `ASSAY_LOG_LEVEL=debug` says more")


def _print(diagnosis: Diagnosis) -> None:
    mark = {True: "✓", False: "✗", None: "-"}[diagnosis.good]
    print(f"{mark} {diagnosis.subject}: {printable(diagnosis.shown)}")  # noqa: T201 the command's output
    if diagnosis.remedy:
        print(f"    {printable(diagnosis.remedy)}")  # noqa: T201 the command's output
    sys.stdout.flush()


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


def _sandbox_image() -> str:
    from docker.errors import ImageNotFound

    client = _client()
    missing = []
    tags = _tags()
    for tag in tags:
        try:
            client.images.get(tag)
        except ImageNotFound:
            missing.append(tag)
    if not missing:
        return ", ".join(tags)
    try:
        client.images.get(BASE_IMAGE)
        base = f"its base {BASE_IMAGE} is there"
    except ImageNotFound:
        base = f"its base {BASE_IMAGE} is missing too, and is pulled or made first"
    raise Ill(f"{', '.join(missing)} is missing; {base}", "run `make images`")


def _tags() -> list[str]:
    """Return the images that the code here belongs to, as the sandbox itself names them."""
    return [_ask_sandbox("tag", language) for language in _ask_sandbox("languages").split()]


def _ask_sandbox(*question: str) -> str:
    command = [sys.executable, "-P", "-m", "sandbox.image", *question]
    return run_process(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()


async def _validate() -> str:
    candidate = candidate_pb2.Candidate(
        files=[candidate_pb2.SourceFile(path="canary.py", content=_CANARY)], language="python"
    )
    policy = validation_pb2.ValidationPolicy(stages=READING_STAGES)
    async with suite("", sandbox=False) as client:
        request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
        answer = await client.validation.Validate(request, timeout=_CANARY_SECONDS)
    for result in answer.validation.stage_results:
        if result.status != stage_pb2.STAGE_STATUS_COMPLETED:
            raise Ill(f"the stage {result.stage} did not complete: {result.reason}", "see the reason")
    if answer.validation.verdict != validation_pb2.VERDICT_AUTHENTIC:
        raise Ill("a correct function was not found authentic", "this is a defect of the suite; please report it")
    return f"{', '.join(READING_STAGES)} work"


async def _execute() -> str:
    file = candidate_pb2.SourceFile(path="main.py", content=b"print(6 * 7)\n")
    async with suite("") as client:
        request = sandbox_pb2.ExecuteRequest(language="python", files=[file])
        result = (await client.sandbox.Execute(request, timeout=_CANARY_SECONDS)).result
    if result.outcome != sandbox_pb2.OUTCOME_OK or result.stdout.content != b"42\n":
        outcome = sandbox_pb2.Outcome.Name(result.outcome).removeprefix("OUTCOME_")
        raise Ill(f"a program of one line ended with {outcome}", "this is a defect of the suite; please report it")
    return f"python {result.language_version}, {result.usage.wall_time.ToMilliseconds()} ms"
