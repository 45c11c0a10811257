"""What the placeholder stage says of one file, and where; whole programs that look like placeholders pass."""

import pytest
from assay.stage import Finding, Location, Severity

from services.stages.placeholder.analysis import check

GENERATED = '''
class DataProcessor:
    """Processes data and keeps it."""

    def __init__(self, path):
        self.path = path
        self.rows = []

    def read(self):
        with open(self.path) as file:
            self.rows = file.read().splitlines()
        return self.rows

    def process_data(self, data):
        """Process the data."""
        # TODO: Implement data processing logic
        pass

    def save_to_database(self, data):
        """Save the data."""
        # Implementation needed here
        raise NotImplementedError("Database saving not implemented")
'''


def found(code: str, path: str = "a.py") -> list[Finding]:
    """Judge a file given as text."""
    return list(check(code.encode(), path))


def grave(code: str, path: str = "a.py") -> list[Finding]:
    """Return the findings that reject a file given as text."""
    return [finding for finding in found(code, path) if finding.severity >= Severity.HIGH]


@pytest.mark.parametrize(
    "code", [GENERATED, GENERATED[GENERATED.index("    def process_data") :].replace("\n    ", "\n")]
)
def test_functions_that_only_announce_their_work(code: str) -> None:
    """Two functions whose bodies are a comment over nothing are found each, as methods and as functions."""
    code = code.replace("    def process_data", "def process_data") if "class" not in code else code
    lines = {finding.location.start_line for finding in grave(code) if finding.location}
    at = [number for number, line in enumerate(code.splitlines(), 1) if "TODO" in line or "needed" in line]
    assert set(at) <= lines
    assert len(grave(code)) >= 2


@pytest.mark.parametrize(
    "code",
    [
        # A todo list is a domain, not a note.
        'class TodoList:\n    """Keeps TODO items."""\n\n    def __init__(self):\n        self.todos = []\n\n'
        "    def add_todo(self, title):\n        # todo items are kept in order\n        self.todos.append(title)\n\n"
        '    def show(self):\n        print("TODO")\n        for todo in self.todos:\n'
        '            print("TODO:", todo)\n',
        # Markup, templates and search patterns stand in strings.
        'PAGE = "<p>{{ name }}</p>{# TODO #}"\nMARKS = ("TODO", "FIXME", "# rest of the code")\n\n\n'
        "def page(name):\n    return PAGE.replace('{{ name }}', name)\n",
        # Hooks of a visitor, and a base that says it is one.
        'class Visitor:\n    """Base class for walks over a tree."""\n\n    def visit(self, node):\n'
        "        return self.generic(node)\n\n    def generic(self, node):\n        raise NotImplementedError\n\n"
        "    def visit_name(self, node):\n        pass\n",
        # A logging handler, a context manager, an event handler that does nothing on purpose.
        "import logging\n\n\nclass Silent(logging.Handler):\n    def emit(self, record):\n        pass\n\n"
        "    def __exit__(self, *exc):\n        return None\n",
        # Ellipsis as a value, in annotations, defaults and slices.
        "from collections.abc import Callable\n\nMISSING = ...\n\n\ndef f(x, y: Callable[..., int] = ..., z=MISSING):\n"
        "    return x[..., 0] if y is ... else z\n",
        # Constants of a protocol.
        "class Frame:\n    def opcode(self, _payload):\n        return 3\n\n    def final(self):\n"
        "        return True\n",
        # Comments that mention hacks and placeholders.
        "def bind(sql, values):\n    # placeholders are counted first; a hack with split would miss quoted ones\n"
        "    return sql.count('?') == len(values)\n",
        # Fallbacks for what may be missing.
        "try:\n    from tqdm import tqdm\nexcept ImportError:\n    def tqdm(rows, **options):\n"
        "        return rows\n\n\n"
        "for row in tqdm([1]):\n    print(row)\n",
        # A main guard and a stub left over by a prompt, written below.
        'def area(r):\n    """Return the area of a circle."""\n\n\ndef area(r):\n    return 3.14159 * r * r\n',
    ],
)
def test_whole_code_passes(code: str) -> None:
    """Code that only looks like a placeholder has no finding that rejects it."""
    assert grave(code) == []


def test_stub_files_declare() -> None:
    """Bodies of a .pyi file are never written."""
    assert found("def f(x: int) -> int: ...\nclass A:\n    def g(self) -> str: ...\n", "a.pyi") == []


def test_tests_and_doubles_may_pretend() -> None:
    """What a test file stubs is no placeholder of the program."""
    code = (
        "def fake_get(url):\n    return {'id': 1}\n\n\ndef test_get():\n    mock_data = {}\n    assert not mock_data\n"
    )
    assert grave(code, "tests/test_api.py") == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ranges_are_exact(end: str) -> None:
    """Ranges count lines by any line end, and columns in code points."""
    code = f"def f(x):{end}    '''Return é😀.'''; pass  # TODO: implement{end}"
    places = {finding.rule_id: finding.location for finding in found(code)}
    assert places["placeholder/empty-body"] == Location("a.py", 2, 23, 2, 27)
    assert places["placeholder/unwritten-code"] == Location("a.py", 2, 29, 2, 46)


def test_broken_code_is_read_as_far_as_it_goes() -> None:
    """A file that does not parse still has its comments read, and bytes that are no text have none."""
    code = "def f(x):\n    # your code here\n    pass\n\n\ndef g(:\n"
    assert "placeholder/unwritten-code" in {finding.rule_id for finding in found(code)}
    assert list(check(b"\xff\xfe\x00", "a.py")) == []
    assert found("") == []


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "(" * 5_000,
        "x = " + "-" * 50_000 + "1",
        "".join(" " * level + "if x:\n" for level in range(1_000)),
        "def f(): pass\n" * 20_000,
        "# TODO: implement\n" * 20_000,
        "class A(A):\n    def f(self): raise NotImplementedError\n" * 5_000,
    ],
)
def test_nonsense_ends(code: str) -> None:
    """Generated nonsense is judged in bounded time."""
    assert isinstance(found(code), list)
