"""Validators of others inside the static stage: they judge, they are told of, and a broken one is no pass."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from assay.client import connect
from assay.errors import PluginFailed
from assay.stage import Candidate, Finding, SourceFile, Stage, StageResult, StageStatus
from assay.testing import Context
from assay.v1 import candidate_pb2, source_pb2, validation_pb2
from assay.validator import RESERVED

from host import catalog
from host.embedded import embedded
from host.settings import Settings
from services.stages.service import Resources
from services.stages.static.stage import stage
from services.stages.workers import ProcessWorkers
from tests.distributions import install, validator

FINDS_WORD = """
    if b"word" in file.content:
        yield found(file)
"""
SECRET = "hunter2_in_the_code"
SOURCE = f"word = '{SECRET}'\nprint(word)\n".encode()


@pytest.fixture
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder on the path of this process and of those that it starts."""
    monkeypatch.syspath_prepend(folder)
    return folder


@asynccontextmanager
async def built(**options: str) -> AsyncIterator[Stage]:
    """Build the static stage over workers that see what is installed now."""
    workers = ProcessWorkers(count=2, memory_bytes=2**30, task_seconds=30, tasks_per_worker=100)

    def no_channel(service: str) -> Any:
        raise AssertionError(service)

    async with AsyncExitStack() as stack:
        stack.callback(workers.close)
        yield await stack.enter_async_context(stage(Resources(workers, no_channel, options)))


async def judged(*files: SourceFile, language: str = "python", **options: str) -> StageResult:
    """Return what the stage says of some files."""
    async with built(**options) as static:
        return await static.run(Candidate(files or (SourceFile("main.py", SOURCE),), language), Context())


def of_validators(result: StageResult) -> list[tuple[str, str]]:
    """Return rule and path of the findings that are not the stage's own."""
    return [
        (finding.rule_id, finding.location.path if finding.location else "")
        for finding in result.findings
        if not finding.rule_id.startswith("static/")
    ]


async def test_none() -> None:
    """Where none is installed the stage is what it is alone, and nothing is said of validators."""
    result = await judged()
    assert result.status is StageStatus.COMPLETED
    assert "validators" not in result.details


async def test_judges(installed: Path) -> None:
    """A validator's findings stand beside the stage's, for each file in its languages, and details say that it ran."""
    install(installed, "words", validator(FINDS_WORD), validators={"words": "Words"})
    files = (
        SourceFile("main.py", b"import beside\nprint(word)\n"),
        SourceFile("beside.py", b"word = 1\n"),
        SourceFile("notes.md", b"word\n"),
        SourceFile("script.js", b"word();\n"),
    )
    async with built() as static:
        context = Context()
        result = await static.run(Candidate(files, "python"), context)
    assert (result.status, result.reason) == (StageStatus.COMPLETED, "")
    assert of_validators(result) == [("words/word", "main.py"), ("words/word", "beside.py")]
    assert "static/undefined-name" in {finding.rule_id for finding in result.findings}
    assert [finding for finding in context.findings if finding not in result.findings] == []
    assert {finding.rule_id for finding in context.findings} >= {"words/word"}
    assert result.details["validators"] == "words-7"


async def test_is_told_of(installed: Path) -> None:
    """The stage lists a validator's rules after its own, and its version changes with the validator's."""
    async with built() as alone:
        version, count = alone.version, len(alone.rules)
    install(installed, "words", validator(FINDS_WORD), validators={"words": "Words"})
    async with built() as static:
        assert static.version == f"{version} words-7"
        assert [rule.rule_id for rule in static.rules[count:]] == ["words/word"]
        assert (static.name, static.requires, static.languages) == (alone.name, alone.requires, alone.languages)


async def test_all_languages(installed: Path) -> None:
    """A validator that names no languages reads files of every language, and no others."""
    install(installed, "words", validator(FINDS_WORD, languages="()"), validators={"words": "Words"})
    result = await judged(
        SourceFile("main.py", b"word = 1\n"), SourceFile("a.go", b"word"), SourceFile("a.md", b"word")
    )
    assert of_validators(result) == [("words/word", "main.py"), ("words/word", "a.go")]


async def test_another_language(installed: Path) -> None:
    """A validator that reads none of a candidate's files is not asked, and not told of as one that ran."""
    install(installed, "words", validator("raise ValueError", languages='{"go"}'), validators={"words": "Words"})
    result = await judged()
    assert result.status is StageStatus.COMPLETED
    assert result.details["validators"] == ""


BROKEN = {
    "raises": ("raise ValueError(file.content)", "raised ValueError"),
    "raises late": ("yield found(file)\nraise KeyError", "raised KeyError"),
    "hangs": ("while True: pass", "took longer than 1 s"),
    "leaves": ("raise SystemExit(0)", "raised SystemExit"),
    "dies": ("import os\nos._exit(3)", "exit status 3"),
    "takes all memory": ("return [bytearray(2**31)]", "more memory"),
    "returns nothing": ("return None", "raised TypeError"),
    "returns no finding": ("return ['word']", "no assay.stage.Finding"),
    "never stops finding": ("while True: yield found(file)", "more than 10000 findings"),
    "another stage's rule": ("return [found(file, rule_id='placeholder/todo-comment')]", "is not named words/"),
    "the stage's own rule": ("return [found(file, rule_id='static/syntax-error')]", "is not named words/"),
    "an unlisted rule": ("return [found(file, rule_id='words/other')]", "none of those that it lists"),
    "outside the file": ("return [found(file, location=Location(file.path, 90, 1, 90, 2))]", "leaves the file"),
    "another file": ("return [found(file, location=Location('b.py', 1, 1, 1, 2))]", "not one of the files"),
    "a wrong severity": ("return [found(file, severity=4)]", "severity is of another type"),
    "a wrong place": ("return [found(file, location=(1, 1))]", "location is of another type"),
    "no message": ("return [found(file, message=' ')]", "no message"),
    "half a character": ("return [found(file, message='\\ud800')]", "half a character"),
    "overlapping edits": (
        "from assay.stage import Fix, TextEdit\n"
        "edit = TextEdit(Location(file.path, 1, 1, 1, 3), 'x')\n"
        "return [found(file, fixes=(Fix('Twice.', (edit, edit)),))]",
        "edits overlap",
    ),
}


@pytest.mark.parametrize("way", BROKEN)
async def test_broken(installed: Path, way: str) -> None:
    """A validator that breaks fails the stage by its name; what others found is kept, and no code is in the reason."""
    check, text = BROKEN[way]
    install(installed, "words", validator(check), validators={"words": "Words"})
    install(installed, "fine", validator(FINDS_WORD, name="fine"), validators={"fine": "Words"})
    result = await judged(validator_seconds="1")
    assert result.status is StageStatus.FAILED
    assert result.reason.startswith("the validator 'words' ")
    assert text in result.reason
    assert SECRET not in result.reason
    assert of_validators(result) == [("fine/word", "main.py")]


async def test_verdict(installed: Path, folder: Path) -> None:
    """Behind the engine, a broken validator makes no verdict AUTHENTIC, and one that works decides with the rest."""
    check = "assert b'odd' not in file.content\nif b'word' in file.content: yield found(file, severity=Severity.HIGH)"
    install(installed, "words", validator(check), validators={"words": "Words"})
    settings = Settings(state_dir=folder / "state", sandbox_enabled=False)
    verdicts = {}
    async with embedded(settings) as address, connect(address) as suite:
        for code in (b"print('odd')\n", b"print('fine')\n", b"print('word')\n"):
            candidate = candidate_pb2.Candidate(files=[source_pb2.SourceFile(path="a.py", content=code)])
            policy = validation_pb2.ValidationPolicy(stages=["static"])
            request = validation_pb2.ValidateRequest(candidate=candidate, policy=policy)
            verdicts[code] = (await suite.validation.Validate(request, timeout=60)).validation
    odd, fine, word = verdicts.values()
    assert odd.verdict == validation_pb2.VERDICT_INCONCLUSIVE
    assert "the validator 'words' raised AssertionError" in odd.explanation
    assert fine.verdict == validation_pb2.VERDICT_AUTHENTIC
    assert [finding.rule_id for finding in word.deciding_findings] == ["words/word"]


UNLOADABLE = {
    "import error": ("import module_of_nobody", {"words": "Words"}, "cannot be loaded: ModuleNotFoundError"),
    "no such attribute": ("", {"words": "Words"}, "cannot be loaded: AttributeError"),
    "cannot be built": ("def Words(): raise OSError('no model')", {"words": "Words"}, "OSError: no model"),
    "leaves": ("raise SystemExit(0)", {"words": "Words"}, "cannot be loaded: SystemExit"),
    "no validator": ("Words = dict", {"words": "Words"}, "cannot be loaded: AttributeError"),
    "another name": (validator(FINDS_WORD, name="other"), {"words": "Words"}, "calls itself 'other'"),
    "a reserved name": (validator(FINDS_WORD, name="semantic"), {"semantic": "Words"}, "is the suite's own"),
    "an unknown language": (validator(FINDS_WORD, languages='{"klingon"}'), {"words": "Words"}, "'klingon'"),
    "no rules": (validator(FINDS_WORD).replace("(RULE,)", "()"), {"words": "Words"}, "has no rules"),
    "another's rule": (validator(FINDS_WORD).replace('"words/word"', '"a/word"'), {"words": "Words"}, "'a/word'"),
}  # fmt: skip


@pytest.mark.parametrize("way", UNLOADABLE)
async def test_unloadable(installed: Path, way: str) -> None:
    """A validator that cannot be loaded, or says of itself what it may not, stops the start by its name."""
    code, points, text = UNLOADABLE[way]
    install(installed, "words", code, validators=points)
    with pytest.raises(PluginFailed, match=f"the validator {next(iter(points))!r}") as caught:
        async with built():
            pass
    assert text in caught.value.message


async def test_doubled(installed: Path) -> None:
    """One name taken by two distributions stops the start, and so does the name of a stage."""
    install(installed, "words", validator(FINDS_WORD), validators={"words": "Words"})
    install(installed, "others", validator(FINDS_WORD), validators={"words": "Words"})
    with pytest.raises(PluginFailed, match="there are 2 validators of the name 'words'"):
        async with built():
            pass


async def test_name_of_a_stage(installed: Path) -> None:
    """A validator cannot take the name of another's stage."""
    install(installed, "words", validator(FINDS_WORD), validators={"words": "Words"}, stages={"words": "stage"})
    with pytest.raises(PluginFailed, match="the validator 'words' takes the name of a stage"):
        async with built():
            pass


async def test_start_up(installed: Path, folder: Path) -> None:
    """A suite with a validator that cannot be loaded does not start, and says which one."""
    install(installed, "words", "import module_of_nobody", validators={"words": "Words"})
    settings = Settings(state_dir=folder / "state", sandbox_enabled=False)
    with pytest.raises(catalog.BrokenCatalog, match="the validator 'words' cannot be loaded"):
        async with embedded(settings):
            pass


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "inf", "nan"])
async def test_bad_option(installed: Path, seconds: str) -> None:
    """A time that is none stops the start by the option's name."""
    install(installed, "words", validator(FINDS_WORD), validators={"words": "Words"})
    with pytest.raises(PluginFailed, match="'validator_seconds'"):
        async with built(validator_seconds=seconds):
            pass


async def test_out_of_the_server(installed: Path) -> None:
    """A validator is imported and run in a worker alone, and what it prints does not reach the server's output."""
    code = "import os\nprint('loading')\n" + validator(
        "import os\nprint('checking')\nyield found(file, message=f'Process {os.getpid()} found it.')"
    )
    install(installed, "words", code, validators={"words": "Words"})
    result = await judged()
    (finding,) = [finding for finding in result.findings if finding.rule_id == "words/word"]
    assert f"Process {os.getpid()} " not in finding.message


async def test_quiet(installed: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a validator prints does not come between the lines of the program that asked."""
    code = "print('loading')\n" + validator("print('checking')\nreturn [found(file)]")
    install(installed, "words", code, validators={"words": "Words"})
    assert of_validators(await judged()) == [("words/word", "main.py")]
    said = capfd.readouterr().out
    # Servers that other tests left serving may say something too.
    assert "loading" not in said
    assert "checking" not in said


def test_reserved() -> None:
    """Every name of the suite's own catalog is reserved."""
    assert {entry.name for entry in catalog.BUILT_IN} <= RESERVED


def test_finding_type() -> None:
    """What the toy validator of these tests returns is what the contract asks for."""
    namespace: dict[str, Any] = {}
    exec(validator(FINDS_WORD), namespace)
    file = SourceFile("a.py", b"word\n")
    assert [type(found) for found in namespace["Words"]().check(file, None)] == [Finding]
