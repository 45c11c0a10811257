"""What a chat or a merge left in files of every language, and the edit that takes it out."""

import pytest
from assay.stage import Category, Finding

from services.stages.source import decode_plain
from tests.services.stages.static.judging import found, rules
from tests.services.stages.static.test_structure import WHOLE

CODE = {
    "javascript": "const x = 1;\nexport { x };\n",
    "typescript": "const x: number = 1;\nexport { x };\n",
    "go": "package a\n\nvar x = 1\n",
    "java": "class A {\n    int x = 1;\n}\n",
    "c": "int x = 1;\nint y = 2;\n",
    "cpp": "namespace a {\nint x = 1;\n}\n",
    "rust": "pub fn x() -> u32 {\n    1\n}\n",
    "ruby": "x = 1\nputs x\n",
    "php": "<?php\n$x = 1;\n",
    "bash": 'x=1\necho "$x"\n',
    "sql": "SELECT 1;\n",
    "html": "<p>One</p>\n",
    "json": '{"x": 1}\n',
    "yaml": "x: 1\n",
}


def mended(code: str, finding: Finding) -> str:
    """Return code after a finding's only fix, which is safe."""
    (fix,) = finding.fixes
    assert fix.safe
    source = decode_plain(code.encode(), "a")
    data = source.data
    for edit in sorted(fix.edits, key=lambda edit: -edit.range.start_line):
        start = source.offset(edit.range.start_line, edit.range.start_column)
        end = source.offset(edit.range.end_line, edit.range.end_column)
        data = data[:start] + edit.new_text.encode() + data[end:]
    return data.decode()


@pytest.mark.parametrize("language", CODE)
@pytest.mark.parametrize("mark", ["```", "~~~~"])
def test_fences(language: str, mark: str) -> None:
    """Fences around a file are one finding, whose edit leaves the file without them."""
    code = f"{mark}{language}\n{CODE[language]}{mark}\n"
    (finding,) = [item for item in found(code, language) if item.category is Category.ARTIFACT]
    assert finding.rule_id == "static/markdown-fence"
    assert finding.location is not None
    assert (finding.location.start_line, finding.location.end_line) == (1, 2)
    assert mended(code, finding) == CODE[language]
    assert rules(mended(code, finding), language) == set()


@pytest.mark.parametrize("language", [language for language in CODE if language not in {"html", "json", "yaml"}])
def test_talk_above(language: str) -> None:
    """A chat's sentence above a file is taken out by the edit."""
    code = f"Here is the code you asked for:\n\n{CODE[language]}"
    (finding,) = [item for item in found(code, language) if item.category is Category.ARTIFACT]
    assert finding.rule_id == "static/conversation"
    assert mended(code, finding).strip() == CODE[language].strip()


@pytest.mark.parametrize("language", CODE)
def test_merge(language: str) -> None:
    """Both sides of a merge are one finding without an edit: which is meant is not guessed."""
    code = f"<<<<<<< HEAD\n{CODE[language]}=======\n{CODE[language]}>>>>>>> other\n"
    merges = [item for item in found(code, language) if item.rule_id == "static/merge-marker"]
    assert [item.fixes for item in merges] == [()]


@pytest.mark.parametrize("language", ["javascript", "java", "c", "rust", "php"])
def test_comments_may_show_fences(language: str) -> None:
    """A fence in a comment is documentation, even where the file begins with it."""
    start = "<?php\n" if language == "php" else ""
    assert rules(f"{start}/*\n```\nx\n```\n*/\n" + CODE[language].removeprefix(start), language) == set()


@pytest.mark.parametrize("language", WHOLE)
def test_whole_files_have_nothing_left_in(language: str) -> None:
    """Code that is full of marks has nothing left in."""
    assert not {item.category for item in found(WHOLE[language], language)} & {Category.ARTIFACT, Category.TRUNCATION}
