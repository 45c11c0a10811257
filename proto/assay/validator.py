"""
What a validator is: rules of one's own inside the static stage.

A third party names a :data:`ValidatorFactory` under the entry point group ``assay.validators``, by the validator's
name. The static stage has it read every file of a candidate that is in one of its languages, in a killable worker
process, within a time of its own. A validator that breaks is no pass: the stage's result says FAILED and names it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from assay.errors import PluginFailed
from assay.findings import RULE, Contract
from assay.languages import SUFFIXES
from assay.stage import Candidate, Finding, RuleInfo, SourceFile

GROUP = "assay.validators"
"""The group of entry points."""

RESERVED = frozenset(
    {
        *("static", "placeholder", "semantic", "execution", "review", "scoring"),
        *("validation", "sandbox", "events", "system", "gateway"),
    }
)
"""Names that a validator cannot take: the suite's own services and stages."""

MAX_FINDINGS = 10_000
"""Findings about one file; a validator that goes on after so many is broken."""

NAME = re.compile(r"[a-z][a-z0-9-]*")


class Validator(Protocol):
    """
    Rules that read one file at a time, without waiting for anything. One instance reads many files, one after another.

    What is wrong with the code is a finding. An exception means that the validator is broken.
    """

    @property
    def name(self) -> str:
        """The name by which it is registered: lower-case words joined by hyphens, the first part of its rule ids."""

    @property
    def version(self) -> str:
        """The version of its rules; results found by another version are not used again."""

    @property
    def languages(self) -> frozenset[str]:
        """The languages that it reads, of :mod:`assay.languages`; empty: all."""

    @property
    def rules(self) -> tuple[RuleInfo, ...]:
        """Its rules, "name/rule" each. It finds by no other."""

    def check(self, file: SourceFile, candidate: Candidate) -> Iterable[Finding]:
        """
        Return what is wrong with one file.

        :param file: The file to judge; a finding's place is in it, or nowhere.
        :param candidate: The whole of what the file belongs to.
        """


ValidatorFactory = Callable[[], Validator]
"""Builds a validator, in the worker process that it runs in; a class without arguments is one."""


def identity_problems(validator: Validator, name: str = "") -> Iterator[str]:
    """
    Yield a sentence for each thing that a validator says of itself against the contract.

    :param name: The name that it is registered by; empty: whichever it has.
    """
    if not NAME.fullmatch(validator.name):
        yield f"the name {validator.name!r} is not lower-case words joined by hyphens"
    if name and validator.name != name:
        yield f"it is registered as {name!r} and calls itself {validator.name!r}"
    if validator.name in RESERVED:
        yield f"the name {validator.name!r} is the suite's own"
    if not validator.version:
        yield "it has no version"
    known = set(SUFFIXES.values())
    yield from (f"{language!r} is no language of the suite" for language in sorted(validator.languages - known))
    if not validator.rules:
        yield "it has no rules"
    yield from _rule_problems(validator)


def _rule_problems(validator: Validator) -> Iterator[str]:
    names = [rule.rule_id for rule in validator.rules]
    for rule in validator.rules:
        if not RULE.fullmatch(rule.rule_id) or rule.rule_id.split("/")[0] != validator.name:
            yield f"the rule {rule.rule_id!r} is not named {validator.name}/words-joined-by-hyphens"
        if not rule.explanation.strip():
            yield f"the rule {rule.rule_id!r} has no explanation"
    yield from (
        f"the rule {rule!r} is there twice" for rule in sorted({rule for rule in names if names.count(rule) > 1})
    )


def findings_about(validator: Validator, file: SourceFile, candidate: Candidate) -> tuple[Finding, ...]:
    """
    Return what a validator finds in one file, as far as it keeps the contract.

    :raises PluginFailed: It raised, or returned what the contract does not allow; names the validator.
    """
    try:
        found = tuple(islice(validator.check(file, candidate), MAX_FINDINGS + 1))
        problem = next(_finding_problems(validator, file, found), "")
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001  # told by its type's name
        # The text of a foreign exception may quote the code under test: it stays out of the error. One that would end
        # the process, as of sys.exit, ends the validator alone.
        raise PluginFailed(f"the validator {validator.name!r} raised {type(error).__name__}") from None
    if problem:
        raise PluginFailed(f"the validator {validator.name!r} answered outside the contract: {problem}")
    return found


def _finding_problems(validator: Validator, file: SourceFile, found: tuple[Finding, ...]) -> Iterator[str]:
    if len(found) > MAX_FINDINGS:
        yield f"it has more than {MAX_FINDINGS} findings about one file"
    contract = Contract(validator.name, (file,))
    listed = {rule.rule_id for rule in validator.rules}
    for finding in found:
        yield from contract.problems(finding)
        if finding.rule_id not in listed:
            yield "a finding's rule is none of those that it lists"
