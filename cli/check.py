"""`assay check`: whether files are authentic, each one candidate with the modules it imports as its context."""

import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from assay.errors import UnknownStage
from assay.v1 import finding_pb2, validation_pb2

from cli import cache, exits, outputs
from cli.baseline import DEFAULT_NAME, Baseline
from cli.candidates import Framing, specification_of, suites_of
from cli.cases import suite_of
from cli.checked import Checked, Tally
from cli.checking import Checker
from cli.diff import changed_sources, changes
from cli.environment import environment
from cli.fix import Mending
from cli.fix_options import NO_FIX, FixOptions, check_together
from cli.options import CheckFormat
from cli.outputs import DESCRIBING
from cli.policies import Policies
from cli.printable import printable
from cli.progress import Progress
from cli.project import Project, project
from cli.rules import rules_of
from cli.running_suite import RunningSuite
from cli.sources import STANDARD_INPUT, BadSource, Source, expand, read_standard_input
from cli.suite import cores, own_settings, run, suite

if TYPE_CHECKING:
    from assay.client import Suite

    from host.settings import Settings

AT_ONCE = min(2 * cores(), 16)
"""Files under way at one time. Results are printed in the order of the files all the same."""

RUNNING_STAGE = "execution"
"""The stage that runs code, and so the one that --no-sandbox does without."""

DEFAULT_TIMEOUT_SECONDS = 300.0
_ASK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """
    What the caller said on the command line, as it was said.

    :param diff: The base of a comparison, of which changed lines count; empty: all lines count.
    :param baseline: Known findings; None: those that the project's settings name.
    :param python: The environment whose packages may be used; None: see :mod:`cli.environment`.
    """

    paths: Sequence[str]
    specification: str = ""
    tests: Sequence[Path] = ()
    cases: Path | None = None
    stages: Sequence[str] = ()
    sandbox: bool = True
    form: CheckFormat = CheckFormat.TEXT
    output: Path | None = None
    gateway: RunningSuite | None = None
    language: str = ""
    language_version: str = ""
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    diff: str = ""
    baseline: Path | None = None
    write_baseline: bool = False
    inline_ignores: bool = False
    fail_on: str = ""
    python: Path | None = None
    config: bool = True
    force_exclude: bool = False
    cache: bool = True
    fix: FixOptions = NO_FIX


def check(options: CheckOptions) -> int:
    """
    Check files, write what was found, and return the exit status.

    :raises BadSource: The arguments do not go together, or a file of the specification, tests, settings or baseline
        cannot be read.
    :raises assay.errors.AssayError: The suite cannot be had at all. What fails for one file is that file's result.
    """
    begin = time.monotonic()
    settings = project(Path.cwd()) if options.config else Project(Path.cwd())
    options = replace(options, stages=options.stages or settings.stages, fail_on=options.fail_on or settings.fail_on)
    check_together(
        options.fix, options.paths, options.form, to_file=options.output is not None, baseline=options.write_baseline
    )
    policies, sources = _asked_for(options, settings)
    call = _Call(options, policies, _framing(options, sources), settings.python)
    with outputs.opened(options.output) as file, call.mending.report(file) as report:
        run(call.check(sources, report))
        call.tally.seconds = time.monotonic() - begin
        call.mending.end(file, call.tally)
        call.close()
    return call.status


def _asked_for(options: CheckOptions, settings: Project) -> tuple[Policies, list[Source]]:
    """Return what is checked, and by which policies."""
    named = options.paths or (["."] if options.diff else [])
    sources = [
        source
        for source in expand(named)
        if not ((options.force_exclude or source.roots) and settings.excludes(source))
    ]
    found = None
    if options.diff:
        if options.write_baseline:
            raise BadSource("--write-baseline: with --diff it would forget what is known of lines that did not change")
        if STANDARD_INPUT in named:
            raise BadSource("--diff: standard input is no file that Git could compare")
        found = changes(options.diff, Path.cwd())
        sources = changed_sources(sources, found)
    path = options.baseline or settings.baseline
    baseline = Baseline(path or settings.folder / DEFAULT_NAME) if path or options.write_baseline else None
    known = baseline.known() if baseline and not options.write_baseline else {}
    policies = Policies(
        settings,
        options.stages,
        baseline,
        known,
        found,
        options.inline_ignores,
        repair=options.fix.wanted,
        # A suite of our own runs again what is run; what reading decided is kept by the command itself.
        fresh=not (options.gateway and options.cache),
    )
    return policies, sources


def _framing(options: CheckOptions, sources: Sequence[Source]) -> Framing:
    if (options.tests or options.cases) and len(sources) > 1:
        name = "--tests" if options.tests else "--cases"
        raise BadSource(f"{name}: tests belong to one file, and the paths mean {len(sources)} files")
    if any(source.path is None for source in sources) and not options.language:
        raise BadSource("-: the language of standard input cannot be told; say it with --language")
    if options.python is not None and options.gateway:
        raise BadSource("--python: a running suite looks into the environment that its own settings name")
    return Framing(
        language=options.language,
        language_version=options.language_version,
        specification=specification_of(options.specification),
        tests=(*suites_of(options.tests), *([suite_of(options.cases)] if options.cases else ())),
        deep=options.sandbox and (not options.stages or RUNNING_STAGE in options.stages),
        standard_input=read_standard_input() if STANDARD_INPUT in options.paths else b"",
    )


class _Call:
    """One call of the command: its suite, its results and what they come to."""

    def __init__(self, options: CheckOptions, policies: Policies, framing: Framing, configured: Path | None) -> None:
        self._options = options
        self._policies = policies
        self._framing = framing
        self._configured = configured
        self._results: dict[str, Checked] = {}
        self._output: outputs.Output | None = None
        self.tally = Tally()
        given = framing.standard_input if STANDARD_INPUT in options.paths else None
        self.mending = Mending(options.fix, _say, options.form, given)

    @property
    def status(self) -> int:
        """The exit status; one that writes a baseline fails only where something could not be determined."""
        if self._options.write_baseline and self.tally.exit_status == exits.INAUTHENTIC:
            return exits.AUTHENTIC
        return self.tally.exit_status

    async def check(self, sources: Sequence[Source], file: TextIO) -> None:
        """Check the sources and write each result."""
        options, at_once = self._options, min(AT_ONCE, max(1, len(sources)))
        settings = None if options.gateway else self._settings(at_once)
        kept = settings if options.cache and not options.write_baseline else None
        async with AsyncExitStack() as stack:
            known = stack.enter_context(cache.opened(kept))
            client = _Opening(stack, options.gateway, settings)
            policies = replace(self._policies, stages=await self._stages(client))
            rules = await rules_of(await client()) if options.form in DESCRIBING else ()
            self._output = outputs.output(options.form, file, brief=len(sources) != 1, rules=rules)
            severity = finding_pb2.Severity.Value(f"SEVERITY_{options.fail_on.upper()}") if options.fail_on else 0
            checker = Checker(
                client, self._framing, policies, known,
                at_once=at_once, seconds=options.timeout_seconds, fail_on=severity,
            )  # fmt: skip
            progress = Progress(len(sources))
            async with aclosing(checker.results(sources)) as results:
                for source in sources:
                    progress.show(self.tally.files, source.name)
                    checked = await anext(results)
                    progress.clear()
                    self._take(source, checked)

    def close(self) -> None:
        """Write the sum, and the baseline where it was asked for."""
        assert self._output is not None
        self._output.close(self.tally)
        if self._options.write_baseline and self._policies.baseline is not None:
            count = self._policies.baseline.write(self._results)
            _say(f"{count} findings stand in the baseline")

    def _take(self, source: Source, checked: Checked) -> None:
        assert self._output is not None
        self.tally.add(checked)
        self._output.add(checked)
        self.mending.take(source, checked)
        if self._options.write_baseline and self._policies.baseline is not None:
            self._results[self._policies.baseline.name(source)] = replace(checked, files={})

    def _settings(self, at_once: int) -> "Settings":
        settings = own_settings(at_once, sandbox=self._options.sandbox)
        given = self._options.python
        semantic = settings.stage_options.setdefault("semantic", {})
        if given is not None or not {"python", "reference"} & semantic.keys():
            folder = environment(given, configured=self._configured)
            if folder is not None:
                semantic["python"] = str(folder)
        return settings

    async def _stages(self, client: "_Opening") -> Sequence[str]:
        """
        Return the stages to run; none: all.

        Where the options depend on it, a running suite is asked for its stages first, so that one that cannot be
        reached or a stage that it does not have is said once, not for every file.
        """
        options = self._options
        if not options.gateway:
            from host.catalog import stage_names

            wanted = _known(options.stages, stage_names())
            # Tests that are not run leave the verdict open, which only the stage that does not run them can say.
            skipped = {RUNNING_STAGE} if not (options.sandbox or options.tests or options.cases or wanted) else set()
            return [name for name in stage_names() if name not in skipped] if skipped else wanted
        answer = await (await client()).validation.ListValidationStages(
            validation_pb2.ListValidationStagesRequest(), timeout=min(options.timeout_seconds, _ASK_SECONDS)
        )
        known = [entry.stage.name for entry in answer.stages]
        wanted = _known(options.stages, known)
        if options.sandbox:
            return wanted
        # Whether a running suite has a sandbox is not ours to say; what it would run there is.
        return [name for name in wanted or known if name != RUNNING_STAGE]


def _known(names: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in known:
            raise UnknownStage("--stages", f"there is no stage {name!r}; there are {', '.join(known)}")
    return names


class _Opening:
    """The suite, opened when it is first asked for: what is known needs none."""

    def __init__(self, stack: AsyncExitStack, gateway: RunningSuite | None, settings: "Settings | None") -> None:
        self._stack = stack
        self._gateway = gateway
        self._settings = settings
        self._client: Suite | None = None

    async def __call__(self) -> "Suite":
        """Return the suite."""
        if self._client is None:
            self._client = await self._stack.enter_async_context(suite(self._gateway, self._settings))
        return self._client


def _say(text: str) -> None:
    print(f"assay: {printable(text)}", file=sys.stderr)  # noqa: T201 this is what the command says
