"""Every language is described in names that its grammar has."""

import pytest
from tree_sitter_language_pack import SupportedLanguage, get_language

from services.stages.placeholder.analysis import check
from services.stages.placeholder.grammar import Grammar, parser, structure_query
from services.stages.placeholder.grammars import LANGUAGES, grammar_of
from services.stages.placeholder.nodes import call_of
from services.stages.placeholder.tree import Module, parse
from services.stages.source import Source

SETS = [
    "scopes",
    "members",
    "blocks",
    "flat",
    "declared",
    "bodies",
    "binders",
    "marks",
    "branches",
    "comments",
    "strings",
    "statements",
    "values",
    "collections",
    "types",
    "keys",
    "handlers",
]


def grammars() -> list[Grammar]:
    """Return the grammar of every language, and that of TypeScript with markup."""
    return [grammar_of(language, "a") for language in sorted(LANGUAGES)] + [grammar_of("typescript", "a.tsx")]


def module(code: str, language: str) -> Module:
    """Parse a text."""
    return parse(Source("a", code, code.encode()), grammar_of(language, "a"))


@pytest.mark.parametrize("grammar", grammars(), ids=lambda grammar: grammar.parser)
def test_names_are_the_grammars_own(grammar: Grammar) -> None:
    """A node type that the grammar does not have would never be seen, and nobody would know."""
    name: SupportedLanguage = grammar.parser  # type: ignore[assignment]
    language = get_language(name)
    told = {node for name in SETS for node in getattr(grammar, name)}
    assert {node for node in told if language.id_for_node_kind(node, True) is None} == set()
    assert structure_query(grammar).pattern_count >= 1


@pytest.mark.parametrize("grammar", grammars(), ids=lambda grammar: grammar.parser)
def test_nothing_is_found_in_nothing(grammar: Grammar) -> None:
    """An empty file is parsed, and has a root without statements."""
    empty = parse(Source("a", "", b""), grammar)
    assert (empty.root.statements, empty.comments, empty.functions) == ([], [], [])
    assert parser(grammar) is parser(grammar)


@pytest.mark.parametrize(
    ("language", "code", "names", "parameters"),
    [
        ("python", "def f(a, *b, c: int = 1): pass", ["f"], ("a", "b", "c")),
        ("javascript", "const f = async (a, { b }, ...c) => a;", ["f"], ("a", "b", "c")),
        ("typescript", "class A { f(a: string, b?: number) { return a; } }", ["f"], ("a", "b")),
        ("go", "package a\nfunc (s *S) F(a, b int, c string) int { return a }", ["F"], ("a", "b", "c")),
        ("java", "class A { int f(int a, String b) { return a; } }", ["f"], ("a", "b")),
        ("c", "char *f(int a, const char *b) { return 0; }", ["f"], ("a", "b")),
        ("cpp", "int A::f(int a, T const& b) const { return a; }", ["f"], ("a", "b")),
        ("rust", "impl S { fn f(&self, a: u8, b: &str) -> u8 { a } }", ["f"], ("a", "b")),
        ("ruby", "def f(a, b = 1, *c, d: 2)\n  a\nend", ["f"], ("a", "b", "c", "d")),
        ("php", "<?php function f(int $a, ?string $b = null) { return $a; }", ["f"], ("$a", "$b")),
        ("bash", "f() { echo; }", ["f"], ()),
        ("sql", "CREATE FUNCTION f(a int) RETURNS int AS $$ BEGIN RETURN 1; END; $$ LANGUAGE plpgsql;", ["f"], ("a",)),
    ],
)
def test_functions(language: str, code: str, names: list[str], parameters: tuple[str, ...]) -> None:
    """A function is found by its name, or by what it is bound to, with the names of its parameters."""
    functions = module(code, language).functions
    assert [function.name for function in functions] == names
    assert functions[0].parameters == parameters


@pytest.mark.parametrize(
    ("language", "code", "callee"),
    [
        ("python", "time.sleep(1)", "time.sleep"),
        ("javascript", "new Error('a')", "Error"),
        ("go", 'package a\nvar x = fmt.Errorf("a")', "fmt.Errorf"),
        ("java", "class A { int x = System.out.println(1); }", "System.out.println"),
        ("rust", "fn f() { todo!() }", "todo!"),
        ("ruby", "raise 'a'", "raise"),
        ("php", "<?php die('a');", "die"),
        ("bash", "echo a", "echo"),
    ],
)
def test_calls(language: str, code: str, callee: str) -> None:
    """What is called is told by its source, whatever the grammar calls the call."""
    parsed = module(code, language)
    calls = [node for node, kind in parsed.grammar.statements.items() if kind.name == "CALL"]
    found = [node for name in calls for node in parsed.captures(f"({name}) @it")]
    assert callee in {call_of(node).callee for node in found}


@pytest.mark.parametrize(
    ("language", "code", "docs"),
    [
        ("python", 'def f():\n    """Says."""\n    return 1\n', "Says."),
        ("javascript", "/**\n * Says.\n */\nexport function f() {}\n", "Says."),
        ("go", "package a\n\n// F says.\n// More.\nfunc F() {}\n", "says.\nMore."),
        ("java", "class A {\n  /** Says. */\n  @Deprecated\n  void f() {}\n}\n", "Says."),
        ("rust", "/// Says.\n#[inline]\nfn f() {}\n", "Says."),
        ("ruby", "# Says.\ndef f; end\n", "Says."),
        ("c", "/* Says. */\nvoid f(void) {}\n", "Says."),
        ("php", "<?php\n/** Says. */\nfunction f() {}\n", "Says."),
    ],
)
def test_documentation(language: str, code: str, docs: str) -> None:
    """What a function says of itself stands in it or above it, decorators or none between."""
    assert module(code, language).functions[-1].docstring == docs


def test_a_header_of_cpp_is_read_as_such() -> None:
    """Headers have one suffix in two languages; what only one of them has tells them apart."""
    code = b"class Cache {\npublic:\n  Cache() {}\n  void put(int key) { /* implement this */ }\n};\n"
    assert "placeholder/unwritten-code" in {finding.rule_id for finding in check(code, "cache.h", "", "c")}


def test_scripts_of_a_page_have_its_positions() -> None:
    """A script in a page is read as one, and its findings stand where they stand in the page."""
    code = b"<p>\xc3\xa9</p>\n<script>\nfunction total(rows) { throw new Error('not implemented'); }\n</script>\n"
    (found,) = check(code, "a.html", "", "html")
    assert found.location is not None
    assert (found.rule_id, found.location.start_line) == ("placeholder/not-implemented", 3)
