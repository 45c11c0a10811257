"""Comments that say that the code beside them was not written or stands in for the real thing, and notes of tasks."""

from collections.abc import Iterator

from assay.stage import Category, Finding, Severity

from services.stages.placeholder import phrases
from services.stages.placeholder.design import (
    is_by_design,
    is_declared,
    is_double,
    is_fallback,
    is_hook,
    is_interface,
    overrides,
    says_subclass,
)
from services.stages.placeholder.promises import is_predicate
from services.stages.placeholder.scopes import Comment, Scope
from services.stages.placeholder.tree import Module
from services.stages.placeholder.work import Does, all_do, body_does
from services.stages.rules import Example, Rule

UNWRITTEN = Rule(
    "placeholder/unwritten-code",
    Category.PLACEHOLDER,
    Severity.HIGH,
    "A comment says that the code belongs here, and no code is there: nothing follows that works, only `pass`, a "
    "refusal, or a value written into the source.",
    fires=(
        "class Jobs:\n    def process(self, rows):\n        # TODO: Implement the processing\n        pass\n",
        "def save(rows):\n    # Implementation needed here\n    raise NotImplementedError('not implemented')\n",
        "def score(order, history):\n    # Add your scoring logic here\n    score = 0.0\n    return score\n",
        "def mean(xs):\n    # stub\n    return {}\n",
        "def mean(xs):\n    return 0  # TODO\n",
        "def shortest(stops):\n    # For simplicity, we'll just return the stops unchanged for now\n    return stops\n",
        'def weather(city):\n    # Replace with an actual API call.\n    return {"city": city, "celsius": 21.0}\n',
        'import logging\n\n\ndef bill(order):\n    logging.info("billing %s", order)\n'
        "    # In a real implementation, this would call the bank\n    return True\n",
        "def names(path):\n    text = open(path).read()\n    # ... parsing logic goes here ...\n"
        '    return {"names": []}\n',
        "class Cache:\n    # TODO: implement\n    pass\n",
        "def f(x):\n#TODO: implement this\n    return False\n",
        "def total(rows):\n    # your code here\n    pass\n",
        Example("const parse = (line) => {\n  // implement me\n};\n", "javascript"),
        Example("package a\n\nfunc Find(key string) *int {\n\treturn nil // TODO: look it up\n}\n", "go"),
        Example("int parse(const char *text) {\n    abort(); // TODO\n}\n", "c"),
        Example("-- TODO: implement the migration\n", "sql"),
    ),
    passes=(
        "def mean(xs):\n    # Your code here\n    return sum(xs) / len(xs)\n",
        "def mean(xs):\n    # TODO: could be faster\n    return sum(xs) / len(xs)\n",
        "def root(n, k):\n    # TODO: implement for k > 2\n    if k > 2:\n        raise NotImplementedError\n"
        "    return n ** (1 / k)\n",
        "def base(a):\n    b = a.base()\n    if b is None:\n        # TODO: look into sparse arrays too\n"
        "        return None\n    return b\n",
        "TODOS = []\n\n\ndef add(todo):\n    # add the todo to the list of todos\n    TODOS.append(todo)\n",
        "def f(x):\n    # HACK: the driver reports NaN on start-up\n    return 0 if x != x else x\n",
        "from abc import ABC, abstractmethod\n\n\nclass A(ABC):\n    @abstractmethod\n    def f(self):\n"
        "        # TODO: say what f returns\n        ...\n",
        "class FakeBank:\n    def pay(self, order):\n        # mock response\n        return {'paid': True}\n",
        Example("abstract class A {\n    // TODO: say what it returns\n    abstract int f();\n}\n", "java"),
        Example("pub fn f(x: i32) -> i32 {\n    // TODO: could be faster\n    x * 2\n}\n", "rust"),
    ),
)

EMPTY_BRANCH = Rule(
    "placeholder/empty-branch",
    Category.PLACEHOLDER,
    Severity.MEDIUM,
    "A branch holds a note of what it should do, and does nothing.",
    fires=(
        "def f(x):\n    if x > 1:\n        # TODO: handle large values\n        pass\n    return x + 1\n",
        Example(
            "export function f(x) {\n  if (x > 1) {\n    // TODO: handle large values\n  }\n  return x + 1;\n}\n",
            "javascript",
        ),
    ),
    passes=(
        "def f(x):\n    try:\n        x.close()\n    except OSError:\n        pass  # it is gone already\n"
        "    return x\n",
        Example(
            "package a\n\nfunc f(x int) int {\n\tif x > 1 {\n\t\t// large values are right already\n\t}\n"
            "\treturn x + 1\n}\n",
            "go",
        ),
    ),
    confidence=0.8,
)

PRETENDED = Rule(
    "placeholder/pretended-work",
    Category.PLACEHOLDER,
    Severity.MEDIUM,
    "A comment says that what stands here stands in for what a real program would do.",
    fires=(
        "import time\n\n\ndef pay(order):\n    # Simulate the network call\n    time.sleep(1)\n"
        "    return order.total()\n",
        "def find(name, rows):\n    # In a real application, this would query a database\n"
        "    return [row for row in rows if row.name == name]\n",
        Example(
            "export function find(name: string, rows: string[]): string[] {\n"
            "  // In a real application, this would query a database\n"
            "  return rows.filter((row) => row === name);\n}\n",
            "typescript",
        ),
    ),
    passes=(
        "def f(x):\n    # in practice the value is small\n    return x + 1\n",
        Example("def f(x)\n  # in practice the value is small\n  x + 1\nend\n", "ruby"),
    ),
    confidence=0.8,
)

LEFTOVER = Rule(
    "placeholder/leftover-comment",
    Category.PLACEHOLDER,
    Severity.LOW,
    "A comment asks for code that has been written meanwhile, and was left behind.",
    fires=(
        "def mean(xs):\n    # Write your code here\n    return sum(xs) / len(xs)\n",
        Example(
            "<?php\nfunction mean(array $xs): float\n{\n    // Write your code here\n"
            "    return array_sum($xs) / count($xs);\n}\n",
            "php",
        ),
    ),
    passes=(
        "def mean(xs):\n    # the implementation is that of Welford\n    return sum(xs) / len(xs)\n",
        Example(
            "class A {\n    // the implementation is that of Welford\n    int f(int x) { return x + 1; }\n}\n",
            "java",
        ),
    ),
    confidence=0.8,
)

TODO = Rule(
    "placeholder/todo-comment",
    Category.PLACEHOLDER,
    Severity.INFO,
    "A note of something left to do, in code that works. Complete code carries many of them.",
    fires=(
        "def mean(xs):\n    # TODO: could be faster\n    return sum(xs) / len(xs)\n",
        "x = 1 + 1  # FIXME\n",
        Example("# TODO: two replicas\nreplicas: 1\n", "yaml"),
        Example("<p>Hello</p>\n<!-- FIXME: the font -->\n", "html"),
        Example('# TODO: quote the name\nls "$1"\n', "bash"),
    ),
    passes=(
        "# todos are kept by title\nx = {}\n",
        'x = "# TODO: not a comment"\n',
        "# a list of todo items\nx = []\n",
        Example("-- todos are kept by title\nSELECT title FROM todos;\n", "sql"),
    ),
)

RULES = (UNWRITTEN, EMPTY_BRANCH, PRETENDED, LEFTOVER, TODO)


def find(module: Module) -> Iterator[Finding]:
    """Yield what comments say about the code beside them."""
    for comment in module.telling:
        if phrases.has_one_of(phrases.UNWRITTEN, comment.bare):
            yield _unwritten(comment, module)
        elif phrases.has_one_of(phrases.PRETENDED, comment.bare):
            yield from _pretended(comment, module)
        elif phrases.TASK.search(comment.words):
            yield _task(comment, module)
    for function in module.functions if module.grammar.inner_docs else ():
        if function.docstring and _is_announced(function, module):
            yield UNWRITTEN.finding(_MESSAGES[UNWRITTEN.id], module.place(function.name_node))


def _unwritten(comment: Comment, module: Module) -> Finding:
    task = phrases.TASK.search(comment.words) is not None
    if _may_be_idle(comment, module) or says_subclass(comment.words):
        return _of(TODO if task else LEFTOVER, comment, module)
    if (
        _is_all_idle(comment.scope)
        or _is_over_idle(comment, module)
        or (_is_idle(comment) and _in_own_body(comment) and not task)
    ):
        return _of(UNWRITTEN, comment, module)
    if _is_whole_file(comment, module):
        return _of(UNWRITTEN, comment, module)
    if comment.alone and module.grammar.parser == "sql":
        # The body of a procedure, of which the grammar knows no more than that.
        return _of(UNWRITTEN, comment, module)
    if comment.alone or (comment.following and _does(comment) <= {Does.NOTHING, Does.REFUSES}):
        return _of(EMPTY_BRANCH, comment, module)
    return _of(TODO if task else LEFTOVER, comment, module)


def _pretended(comment: Comment, module: Module) -> Iterator[Finding]:
    if _may_be_idle(comment, module):
        return
    yield _of(UNWRITTEN if _is_all_idle(comment.scope) else PRETENDED, comment, module)


def _task(comment: Comment, module: Module) -> Finding:
    scope = comment.scope
    idle = scope.kind == "function" and _is_all_idle(scope) and not _may_be_idle(comment, module)
    empty = idle and body_does(scope) <= {Does.NOTHING} and not is_hook(scope)
    asks_for_code = not phrases.NO_TASK_OF_CODE.search(comment.words)
    if (
        asks_for_code
        and not is_by_design(scope, module)
        and (empty or (idle and scope.parameters and _should_work(scope, module)))
    ):
        return _of(UNWRITTEN, comment, module)
    if (comment.alone or (comment.following and _does(comment) == {Does.NOTHING})) and not idle:
        return _of(EMPTY_BRANCH, comment, module)
    return _of(TODO, comment, module)


def _should_work(function: Scope, module: Module) -> bool:
    """Say whether a function that takes arguments and answers with a constant was asked for more than that."""
    if not function.is_method:
        return True
    settled = overrides(function) or is_interface(function.parent, module) or is_predicate(function)
    return not (settled or is_hook(function))


_MESSAGES = {
    UNWRITTEN.id: "A comment stands where the code should.",
    EMPTY_BRANCH.id: "A branch says what is to be done, and does nothing.",
    PRETENDED.id: "A comment says that this stands in for the real thing.",
    LEFTOVER.id: "A comment asks for code that stands below it.",
    TODO.id: "A note of something left to do.",
}


def _of(rule: Rule, comment: Comment, module: Module) -> Finding:
    return rule.finding(_MESSAGES[rule.id], module.place(comment.node))


def _is_announced(function: Scope, module: Module) -> bool:
    """Say whether a docstring announces the code, and nothing in the function is that code."""
    first = phrases.bare(function.docstring[:300].split("\n\n")[0])
    if not phrases.has_one_of(phrases.UNWRITTEN, first) or Does.WORKS in body_does(function):
        return False
    return not is_by_design(function, module) and not says_subclass(first)


def _is_over_idle(comment: Comment, module: Module) -> bool:
    """Say whether a comment stands above a function that does nothing, and which should do something."""
    over = comment.over
    if over is None or over.kind != "function" or not over.blocks or is_by_design(over, module):
        return False
    return not body_does(over) & {Does.WORKS, Does.TALKS}


def _is_whole_file(comment: Comment, module: Module) -> bool:
    """Say whether a file has nothing but comments, as an answer that was never written."""
    return comment.scope.kind == "module" and not module.root.statements and module.grammar.parser not in _NO_CODE


_NO_CODE = frozenset({"html", "json", "yaml"})


def _may_be_idle(comment: Comment, module: Module) -> bool:
    """Say whether a comment belongs to what need not work: a declaration, or a stand-in of a test."""
    scope = comment.scope
    quiet = scope.kind != "module" and (is_fallback(scope) or is_double(scope, module))
    return module.is_stub_file or is_declared(scope) or quiet


def _is_all_idle(scope: Scope) -> bool:
    """Say whether a function does no work at all, or a class has no members."""
    if scope.kind == "function":
        return bool(scope.blocks) and Does.WORKS not in body_does(scope)
    return scope.kind == "class" and bool(scope.blocks) and all_do(scope.statements, scope.grammar) <= {Does.NOTHING}


def _is_idle(comment: Comment) -> bool:
    """Say whether nothing that a comment stands over works, and something is there."""
    return bool(comment.following) and Does.WORKS not in _does(comment)


def _does(comment: Comment) -> frozenset[Does]:
    return all_do(comment.following, comment.scope.grammar, comment.scope.parameters)


def _in_own_body(comment: Comment) -> bool:
    """Say whether what a comment stands over is the end of its function's own body, not of a branch."""
    own = comment.scope.blocks[0].statements if comment.scope.blocks else []
    return comment.scope.kind == "function" and bool(own) and own[-1] == comment.following[-1]
