"""Keys of known shapes are told from examples of them, and never quoted."""

import random
import string

import pytest
from assay.stage import Category, Severity

from tests.services.stages.static.judging import found

_random = random.Random(7)


def text(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return what no provider ever gave out."""
    return "".join(_random.choice(alphabet) for _ in range(length))


BODY = "\n".join(text(64) for _ in range(4))

KEYS = {
    "AWS access key": "AKIA" + text(16, string.ascii_uppercase + string.digits),
    "GitHub token": "ghp_" + text(36),
    "GitHub fine-grained token": "github_pat_" + text(82),
    "GitLab token": "glpat-" + text(20),
    "Slack token": "xoxb-" + text(12, string.digits) + "-" + text(24),
    "Stripe key": "sk_live_" + text(28),
    "Google API key": "AIza" + text(35),
    "Anthropic key": "sk-ant-api03-" + text(90),
    "OpenAI key": "sk-proj-" + text(60),
    "npm token": "npm_" + text(36),
    "PyPI token": "pypi-AgEIcHlwaS5vcmc" + text(80),
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("language", ["python", "javascript", "sql"])
def test_shapes(kind: str, language: str) -> None:
    """Each shape is one finding of security that names its kind and quotes nothing of it."""
    quote = '"""' if language == "python" else "`" if language == "javascript" else "'"
    start = "SELECT " if language == "sql" else "x = "
    told = [item for item in found(f"{start}{quote}{KEYS[kind]}{quote};\n", language) if item.severity >= Severity.HIGH]
    assert [(item.category, item.evidence) for item in told] == [(Category.SECURITY, {"kind": kind})]
    assert KEYS[kind][10:20] not in told[0].message


@pytest.mark.parametrize(
    "example",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "x" * 36,
        "sk-" + "0" * 48,
        "AIza" + "1234567890" * 3 + "12345",
        "npm_" + "ab" * 18,
    ],
)
def test_examples_of_documentation(example: str) -> None:
    """What was typed for show is no key."""
    assert not [item for item in found(f'KEY = "{example}"\n') if item.rule_id == "static/exposed-credential"]
