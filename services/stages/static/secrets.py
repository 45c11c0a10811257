"""Keys and passwords that stand in a source, in any language."""

import re
from collections.abc import Iterator
from itertools import islice

from assay.stage import Finding

from services.stages.source import Source
from services.stages.static.security_rules import CREDENTIAL, HARD_CODED

MAX_SECRETS = 20
"""Secrets of one file that are reported."""

_KEY_BODY = r"(?:\\[rn]|[\s\"'+])*+(?:[A-Za-z0-9+/=]{40,}(?:\\[rn]|[\s\"'+])*+){2,}"

SHAPES: dict[str, tuple[str, str]] = {
    "AWS access key": ("AKIA ASIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": ("ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "GitHub fine-grained token": ("github_pat_", r"\bgithub_pat_[A-Za-z0-9_]{82}\b"),
    "GitLab token": ("glpat-", r"\bglpat-[A-Za-z0-9_-]{20}\b"),
    "Slack token": ("xox", r"\bxox[abprs]-[0-9]{8,}-[0-9A-Za-z-]{16,}"),
    "Stripe key": ("k_live_", r"\b[rs]k_live_[0-9A-Za-z]{24,}\b"),
    "Google API key": ("AIza", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "Anthropic key": ("sk-ant-", r"\bsk-ant-[a-z0-9]{2,8}-[A-Za-z0-9_-]{60,}"),
    "OpenAI key": ("sk-", r"\bsk-proj-[A-Za-z0-9_-]{40,}|\bsk-[A-Za-z0-9]{48}\b"),
    "npm token": ("npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    "PyPI token": ("pypi-AgEIcHlwaS5vcmc", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    "private key": ("PRIVATE", r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY-----" + _KEY_BODY),
}
"""By what it is: texts of which it holds one, and the shape that its provider documents."""

_SHAPED = tuple(
    (
        name,
        tuple(mark.encode() for mark in marks.split()),
        re.compile(shape.encode(), re.ASCII),
    )
    for name, (marks, shape) in SHAPES.items()
)
_EXAMPLE = re.compile(rb"example|x{4}|0{5}|(?:1234|abcd){2}|123456789|(.)\1{5}", re.IGNORECASE)
MIN_DISTINCT = 12
"""Different characters that a random key of these lengths always has, and one that was typed for show has not."""

_NAMED = re.compile(
    rb"\b[\w-]{0,30}(?:password|passwd|secret|api_?key|auth_?token|access_?token)[\"']?\s{0,3}(?::=|=>|=|:)\s{0,3}"
    rb"(?P<quote>[\"'])(?P<value>[^\"'\s<>${}%]{8,100})(?P=quote)",
    re.IGNORECASE | re.ASCII,
)
_NO_SECRET = re.compile(
    rb"pass|secret|token|key|your|change|example|test|dummy|fake|sample|none|null|redact|env|x{3}|\*{3}|\.{3}|/|\[",
    re.IGNORECASE,
)


def secrets(source: Source, language: str) -> Iterator[Finding]:
    """Yield a finding for each; it names what it is, never the secret."""
    yield from islice(_shaped(source), MAX_SECRETS)
    if language != "python":
        # For Python ruff says it, and knows what is a default and what an argument.
        yield from islice(_named(source), MAX_SECRETS)


def _shaped(source: Source) -> Iterator[Finding]:
    for name, marks, shape in _SHAPED:
        # Looking for a fixed text costs a hundredth of looking for a shape.
        if not any(mark in source.data for mark in marks):
            continue
        for match in shape.finditer(source.data):
            if _EXAMPLE.search(match[0]) or len(set(match[0])) < MIN_DISTINCT:
                continue
            place = source.location(match.start(), match.end())
            article = "An" if name[0] in "AEIO" else "A"
            yield CREDENTIAL.finding(f"{article} {name} stands in the source.", place, evidence={"kind": name})


def _named(source: Source) -> Iterator[Finding]:
    for match in _NAMED.finditer(source.data):
        if not _NO_SECRET.search(match["value"]) and len(set(match["value"])) > 4:
            place = source.location(*match.span("value"))
            yield HARD_CODED.finding("A password or key stands in the source as text.", place)
