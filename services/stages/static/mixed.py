"""Files that go on in another language."""

from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.rules import Example, Rule
from services.stages.source import Source
from services.stages.static.trees import parse

MIXED = Rule(
    "static/mixed-languages",
    Category.ARTIFACT,
    Severity.CRITICAL,
    "From some line on the file is whole code of another language: several files of an answer were written into one. "
    "Only a file that does not parse is looked at, and only a rest that does parse, by itself, elsewhere.",
    fires=(
        "def total(xs):\n    return sum(xs)\n\n\nfunction show(total) {\n  console.log(total);\n}\n\nshow(3);\n",
        Example("const n = 3;\n\ndef f(n):\n    for i in range(n):\n        print(i)\n\n\nf(3)\n", "javascript"),
    ),
    passes=(
        'SCRIPT = """\nfunction show(total) {\n  console.log(total);\n}\n"""\n',
        Example("const script = `\ndef f(n):\n    return n\n`;\n", "javascript"),
    ),
)

_TELLING = {
    "python": "function_definition class_definition import_statement import_from_statement",
    "javascript": "function_declaration lexical_declaration class_declaration import_statement variable_declaration",
    "go": "function_declaration method_declaration import_declaration package_clause",
    "java": "class_declaration import_declaration package_declaration",
    "rust": "function_item use_declaration struct_item impl_item",
    "ruby": "method class module",
    "sql": "create_table",
}
"""By language, what stands at the top of a file and in no other language looks so."""

MIN_LINES = 3
MAX_BYTES = 50_000
"""Of a rest shorter in lines, or longer in bytes, nothing is said."""


def mixed(source: Source, language: str, line: int) -> Iterator[Finding]:
    """
    Yield the finding for a file that goes on in another language.

    :param line: The first line at fault, from 1.
    """
    start = source.starts[min(line, len(source.starts)) - 1]
    rest = source.data[start:].strip(b"\r\n") + b"\n"
    if rest.count(b"\n") < MIN_LINES or len(rest) > MAX_BYTES or not parse(rest, language).has_error:
        return
    other = next((name for name in _TELLING if name != language and _is(rest, name)), None)
    if other is not None:
        place = source.location(start, source.line_end(start))
        yield MIXED.finding(f"From here on the file is written in {other}.", place, evidence={"language": other})


def _is(rest: bytes, language: str) -> bool:
    root = parse(rest, language)
    telling = _TELLING[language].split()
    children = root.named_children if not root.has_error else []
    # A statement of SQL is told by what is in it.
    return any(child.type in telling or (child.children and child.children[0].type in telling) for child in children)
