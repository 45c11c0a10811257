"""Sources for fuzzing: seeds in every language, and what chance makes of them."""

from collections.abc import Iterator
from functools import cache

from assay.testing import candidates
from hypothesis import strategies as st

from services.stages.rules import Rule, example
from tests.corpus import reading_cases

MAX_SEED_BYTES = 3_000

SNIPPETS = (
    b"(", b")", b"[", b"]", b"{", b"}", b"'", b'"', b"`", b'"""', b"\\", b"/*", b"*/", b"//", b"#", b"--", b"<!--",
    b"-->", b"<?php", b"?>", b"<<EOF", b"${", b"#{", b"{{", b"}}", b"<", b">", b";", b":", b",", b".", b"...", b"=",
    b"\n", b"\r\n", b"\r", b"\t", b" ", b"\x00", b"\x0c", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xe2\x80\xa8",
    b"\xf0\x9f\x92\xa9", b"e\xcc\x81", b"```\n", b"<<<<<<< a\n", b"=======\n", b">>>>>>> b\n", b"TODO", b"pass",
    b"return", b"raise NotImplementedError", b"import ", b"# -*- coding: utf-16 -*-\n", b"0", b"implementation",
)  # fmt: skip


def _rules() -> Iterator[Rule]:
    from services.stages.placeholder.catalog import RULES as PLACEHOLDER
    from services.stages.semantic.rules import RULES as SEMANTIC
    from services.stages.static.catalog import RULES as STATIC

    yield from (*STATIC, *PLACEHOLDER, *SEMANTIC)


def _known() -> Iterator[tuple[str, bytes]]:
    for rule in _rules():
        for shown in map(example, (*rule.fires, *rule.passes)):
            yield shown.language, shown.text.encode() if isinstance(shown.text, str) else shown.text
    for case in reading_cases.load():
        yield case.language, case.candidate().files[0].content


@cache
def seeds(language: str) -> tuple[bytes, ...]:
    """Return sources of a language: the examples of all rules, the project's own corpus, and ordinary ones."""
    known = [content for named, content in _known() if named == language]
    ordinary = [candidate.files[0].content for candidate in candidates(language)[:2]]
    short = {content for content in (*ordinary, *known) if len(content) <= MAX_SEED_BYTES}
    return tuple(sorted(short))


@st.composite
def mutated(draw: st.DrawFn, language: str) -> bytes:
    """Return a source of a language in which slices were deleted, repeated, swapped, or something was put in."""
    source = draw(st.sampled_from(seeds(language)))
    for _ in range(draw(st.integers(1, 4))):
        source = draw(_mutation(source))
    return source


def _mutation(source: bytes) -> st.SearchStrategy[bytes]:
    cut = st.integers(0, len(source))
    cuts = st.lists(cut, min_size=3, max_size=3).map(sorted)
    return st.one_of(
        cuts.map(lambda at: source[: at[0]] + source[at[1] :]),
        cuts.map(lambda at: source[: at[1]] + source[at[0] : at[1]] * 2 + source[at[1] :]),
        cuts.map(lambda at: source[: at[0]] + source[at[1] : at[2]] + source[at[0] : at[1]] + source[at[2] :]),
        cut.map(lambda at: source[:at]),
        st.tuples(cut, st.sampled_from(SNIPPETS)).map(lambda put: source[: put[0]] + put[1] + source[put[0] :]),
        st.tuples(cut, st.binary(max_size=4)).map(lambda put: source[: put[0]] + put[1] + source[put[0] :]),
    )


TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("()[]{}'\"`\\/*#<>-=.:;\n\r\t ")))
"""Any text, rich in what languages take for more than a character."""
