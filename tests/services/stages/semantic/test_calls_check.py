"""Functions that are called and never defined: what is told, and what is left alone because it may be elsewhere."""

import pytest
from assay.stage import Candidate, SourceFile

from services.stages.rules import Example, example
from services.stages.semantic.calls_check import check
from services.stages.semantic.calls_rules import UNDEFINED_FUNCTION

SUFFIX = {"go": ".go", "java": ".java"}


def found(shown: Example, *beside: SourceFile) -> list[str]:
    """Return the messages for an example."""
    assert isinstance(shown.text, str)
    files = (SourceFile(f"main{SUFFIX[shown.language]}", shown.text.encode()), *beside)
    return [one.message for one in check(Candidate(files, shown.language, specification=shown.specification)).findings]


@pytest.mark.parametrize("shown", UNDEFINED_FUNCTION.fires)
def test_rule_finds_its_example(shown: Example) -> None:
    """The rule fires once in each program that it names as an example."""
    assert found(example(shown)) == ["'isPrime' is called, and nothing defines it."]


@pytest.mark.parametrize("shown", UNDEFINED_FUNCTION.passes)
def test_rule_leaves_its_counter_example_alone(shown: Example) -> None:
    """It does not fire in those that only look like them."""
    assert found(example(shown)) == []


def test_another_file_may_define_it() -> None:
    """Go code with another file beside it is not judged: that file is of the same package."""
    shown = example(UNDEFINED_FUNCTION.fires[1])
    assert found(shown, SourceFile("prime.go", b"package main\n\nfunc isPrime(n int) bool { return n == 2 }\n")) == []


@pytest.mark.parametrize(
    "code",
    [
        "class A {\n    Runnable f() {\n        return new Thread() {\n            public void run() {\n"
        "                interrupt();\n            }\n        };\n    }\n}\n",
        "@Data\nclass A {\n    int x;\n\n    int twice() {\n        return getX() * 2;\n    }\n}\n",
        "interface A extends B {\n    default int f() {\n        return g();\n    }\n}\n",
        "class A {\n    int f( {\n        return g();\n    }\n}\n",
        "class A {\n    class B {\n        int f() {\n            return g();\n        }\n    }\n\n"
        "    int g() {\n        return 1;\n    }\n}\n",
    ],
)
def test_java_that_may_have_more_methods(code: str) -> None:
    """Anonymous classes, annotations, interfaces, outer classes and broken files leave room for a definition."""
    assert found(Example(code, "java")) == []


@pytest.mark.slow
def test_deep_nesting_ends() -> None:
    """Calls within calls ten thousand deep are walked without a stack."""
    code = "class A {\n    int f() {\n        return " + "(" * 10_000 + "g()" + ")" * 10_000 + ";\n    }\n}\n"
    assert found(Example(code, "java")) in ([], ["'g' is called, and nothing defines it."])
