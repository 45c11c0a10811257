"""The conformance suite of validators."""

from collections.abc import Iterable, Iterator, Sequence

from assay.errors import PluginFailed
from assay.languages import SUFFIXES
from assay.stage import Candidate, RuleInfo, SourceFile
from assay.testing.quoting import quoted
from assay.testing.workers import LocalWorkers
from assay.validator import Validator, ValidatorFactory, findings_about, identity_problems

CHECK_SECONDS = 5.0
"""How long a validator may take over one candidate."""

START_SECONDS = 10.0
"""How long it may take to be imported."""


async def check_validator(
    factory: ValidatorFactory, *, candidates: Iterable[Candidate], name: str = "", seconds: float = CHECK_SECONDS
) -> list[str]:
    """
    Take candidates through a validator and return what it does against the contract; empty where nothing.

    Its own examples are tried too: in ``fires`` the rule must be found, in ``passes`` not.

    :param factory: By which it is built; of a module that can be imported, as an entry point names it.
    :param candidates: In its languages, for example :func:`assay.testing.candidates`.
    :param name: The name that it is registered by; empty: whichever it has.
    :param seconds: How long it may take over one candidate.
    """
    workers = LocalWorkers(START_SECONDS + seconds)
    tried = list(candidates)
    try:
        problems = await workers.run(judge_itself, factory, name, [candidate.language for candidate in tried])
    except PluginFailed as error:
        return [error.message]
    for number, candidate in enumerate(tried):
        try:
            said = await workers.run(judge, factory, candidate)
        except PluginFailed as error:
            # What ends its process once will do so again, and each time costs the whole time.
            return [*problems, f"candidate {number}: {error.message}"]
        problems += [f"candidate {number}: {problem}" for problem in said]
    return problems


def judge_itself(factory: ValidatorFactory, name: str, tried: Sequence[str]) -> list[str]:
    """Return what a validator says of itself against the contract, its examples included; runs in its own process."""
    validator = factory()
    problems = list(identity_problems(validator, name))
    if validator.languages and not validator.languages & set(tried):
        problems.append("none of the candidates is in its languages")
    for rule in validator.rules:
        problems += _examples(validator, rule)
    return problems


def judge(factory: ValidatorFactory, candidate: Candidate) -> list[str]:
    """Return what a validator does with one candidate against the contract; runs in its own process."""
    validator = factory()
    if validator.languages and candidate.language not in validator.languages:
        return []
    return [problem for file in candidate.files for problem in _about(validator, candidate, file)]


def _about(validator: Validator, candidate: Candidate, file: SourceFile) -> Iterator[str]:
    try:
        found = findings_about(validator, file, candidate)
        again = findings_about(validator, file, candidate)
    except PluginFailed as error:
        yield error.message
        return
    if found != again:
        yield "the same file had two different results"
    for finding in found:
        yield from quoted([finding.message, finding.suggestion], candidate, most=1)


def _examples(validator: Validator, rule: RuleInfo) -> Iterator[str]:
    languages = sorted(validator.languages) or [*SUFFIXES.values()]
    for number, text in enumerate(rule.fires):
        if not any(_fires(validator, rule, text, language) for language in languages):
            yield f"the rule {rule.rule_id!r} is not found in its example {number}"
    for number, text in enumerate(rule.passes):
        if any(_fires(validator, rule, text, language) for language in languages):
            yield f"the rule {rule.rule_id!r} is found in its counterexample {number}"


def _fires(validator: Validator, rule: RuleInfo, text: str, language: str) -> bool:
    suffix = next(suffix for suffix, named in SUFFIXES.items() if named == language)
    file = SourceFile(f"main{suffix}", text.encode())
    try:
        found = findings_about(validator, file, Candidate((file,), language, entry_point=file.path))
    except PluginFailed:
        return False
    return any(finding.rule_id == rule.rule_id for finding in found)
