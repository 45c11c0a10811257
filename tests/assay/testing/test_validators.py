"""The conformance suite of validators: it passes one that keeps the contract, and finds what is wrong with others."""

import pytest
from assay.stage import Candidate, SourceFile
from assay.testing import candidates, check_validator
from assay.validator import ValidatorFactory

from tests.assay.testing import breaking

CODE = b"first_line_of_the_code = 1\nsecond_line_of_the_code = 'TODO'\n"
SOME = (
    Candidate((SourceFile("a.py", CODE),), "python", entry_point="a.py"),
    Candidate((SourceFile("b.py", b""),), "python", entry_point="b.py"),
)


async def test_fine() -> None:
    """A validator that keeps the contract passes, with every candidate of its language."""
    assert await check_validator(breaking.Fine, candidates=candidates("python"), name="words") == []


@pytest.mark.parametrize(
    ("factory", "text"),
    [
        (breaking.Raises, "candidate 0: the validator 'words' raised ValueError"),
        (breaking.Dies, "died (exit status 3)"),
        (breaking.Quotes, "quotes more than 1 lines"),
        (breaking.Changes, "two different results"),
        (breaking.Blind, "the rule 'words/word' is not found in its example 0"),
        (breaking.Eager, "the rule 'words/word' is found in its counterexample 0"),
        (breaking.Elsewhere, "none of the candidates is in its languages"),
    ],
)
async def test_broken(factory: ValidatorFactory, text: str) -> None:
    """What is against the contract is told."""
    said = await check_validator(factory, candidates=SOME)
    assert any(text in problem for problem in said), said
    assert not any("first_line_of_the_code" in problem for problem in said)


async def test_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A validator that does not end is stopped and told of."""
    monkeypatch.setattr("assay.testing.validators.START_SECONDS", 2.0)
    said = await check_validator(breaking.Hangs, candidates=SOME, seconds=0.5)
    assert any("took longer than 2.5 s and was stopped" in problem for problem in said)


async def test_another_name() -> None:
    """A validator that is registered by another name is told so."""
    said = await check_validator(breaking.Fine, candidates=SOME, name="other")
    assert said == ["it is registered as 'other' and calls itself 'words'"]
