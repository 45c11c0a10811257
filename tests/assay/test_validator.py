"""The contract for validators: what one may say of itself."""

from dataclasses import dataclass, replace

import pytest
from assay.languages import SUFFIXES
from assay.stage import Candidate, Category, Finding, RuleInfo, Severity, SourceFile
from assay.validator import RESERVED, identity_problems

RULE = RuleInfo("words/word", Category.ARTIFACT, Severity.LOW, "The word stands there.")


@dataclass(frozen=True)
class Words:
    """A validator that finds nothing."""

    name: str = "words"
    version: str = "1"
    languages: frozenset[str] = frozenset()
    rules: tuple[RuleInfo, ...] = (RULE,)

    def check(self, file: SourceFile, candidate: Candidate) -> list[Finding]:
        """Find nothing."""
        return []


@pytest.mark.parametrize("words", [Words(), Words(languages=frozenset(SUFFIXES.values()))])
def test_allowed(words: Words) -> None:
    """A validator that says who it is in the contract's terms is nothing to speak of, under its own name or any."""
    assert list(identity_problems(words)) == []
    assert list(identity_problems(words, "words")) == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (Words(name="Two Words", rules=(RULE,)), "not lower-case words"),
        (Words(version=""), "no version"),
        (Words(languages=frozenset({"Python"})), "'Python' is no language"),
        (Words(rules=()), "no rules"),
        (Words(rules=(RULE, RULE)), "is there twice"),
        (Words(rules=(replace(RULE, rule_id="static/word"),)), "'static/word' is not named words/"),
        (Words(rules=(replace(RULE, explanation=" "),)), "has no explanation"),
    ],
)
def test_not_allowed(words: Words, text: str) -> None:
    """What is against the contract is told."""
    assert text in " ".join(identity_problems(words))


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved(name: str) -> None:
    """No name of the suite's own can be taken."""
    words = Words(name=name, rules=(replace(RULE, rule_id=f"{name}/word"),))
    assert list(identity_problems(words)) == [f"the name {name!r} is the suite's own"]


def test_another_name() -> None:
    """A validator that is registered by another name is told so."""
    assert list(identity_problems(Words(), "other")) == ["it is registered as 'other' and calls itself 'words'"]
