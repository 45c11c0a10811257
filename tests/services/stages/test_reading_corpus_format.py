"""The corpus of sources is broad enough: all rules, all languages, and in each what must pass beside what must not."""

from collections import Counter
from pathlib import Path

from assay.client import connect
from assay.languages import SUFFIXES
from assay.v1 import validation_pb2

from host.embedded import embedded
from host.settings import Settings
from tests.corpus.reading_cases import load

CASES = load()
LANGUAGES = sorted(set(SUFFIXES.values()))
LEAST = 300
PASSING_EACH = 2
READING = ("static", "placeholder", "semantic")

ELSEWHERE = {"semantic/unknown-submodule"}
"""Rules that speak only of packages that are installed, and so have their cases beside an environment of their own."""


async def rules(folder: Path) -> set[str]:
    """Return the identifiers of all rules that the reading stages of a suite list."""
    found: set[str] = set()
    async with (
        embedded(Settings(state_dir=folder, sandbox_enabled=False)) as address,
        connect(address) as suite,
    ):
        for stage in READING:
            request = validation_pb2.ListRulesRequest(stage=stage, page_size=1000)
            answer = await suite.validation.ListRules(request, timeout=60)
            assert answer.rules
            assert not answer.next_page_token
            found |= {rule.rule_id for rule in answer.rules}
    return found


def expected() -> set[str]:
    """Return the identifiers of the rules that some case expects."""
    return {rule.partition("@")[0] for case in CASES for rule in case.expect}


def test_size() -> None:
    """There are enough cases, and of those that must pass nearly as many as a third."""
    passing = sum(not case.expect for case in CASES)
    assert len(CASES) >= LEAST
    assert passing >= 0.3 * len(CASES)


def test_languages() -> None:
    """In every language something must be found and something that looks like it must pass."""
    found = Counter(case.language for case in CASES if case.expect)
    passing = Counter(case.language for case in CASES if not case.expect)
    assert [language for language in LANGUAGES if not found[language]] == []
    assert [language for language in LANGUAGES if passing[language] < PASSING_EACH] == []


async def test_rules(tmp_path: Path) -> None:
    """Every rule of the reading stages is expected by a case, and no case names a rule that is none."""
    listed = await rules(tmp_path)
    named = expected() | {rule for case in CASES for rule in case.absent}
    assert sorted(listed - expected() - ELSEWHERE) == []
    assert listed >= ELSEWHERE
    assert sorted(named - listed) == []


def test_sources() -> None:
    """No two cases are of the same source in the same language under the same name, version and neighbours."""
    keys = Counter(
        (c.language, c.path, c.language_version, c.code, c.code_base64, c.specification, str(c.beside)) for c in CASES
    )
    assert [key[0] for key, times in keys.items() if times > 1] == []
