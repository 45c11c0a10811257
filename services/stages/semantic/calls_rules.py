"""The rule on functions that are called and never defined, in languages whose names nothing else resolves here."""

from assay.stage import Category, Severity

from services.stages.rules import Example, Rule

_JAVA_CALL = 'class Solution {\n    String answer(int n) {\n        return isPrime(n) ? "YES" : "NO";\n    }\n'
_SPECIFICATION = "Write a function CountUpTo(n) that returns the primes below n."

UNDEFINED_FUNCTION = Rule(
    "semantic/undefined-function",
    Category.HALLUCINATION,
    Severity.HIGH,
    "A function is called by its bare name, and nothing defines it: the compiler refuses the file. In Java that holds "
    "where no enclosing class can inherit it: without a superclass, an interface, annotations that make methods, or "
    "static imports. In Go another file of the package may define it, so only a candidate of one file that has a "
    "specification, and so has to be whole, is judged.",
    fires=(
        Example(f"{_JAVA_CALL}}}\n", "java"),
        Example(
            "package main\n\nfunc CountUpTo(n int) []int {\n\tvar found []int\n\tfor i := 2; i < n; i++ {\n"
            "\t\tif isPrime(i) {\n\t\t\tfound = append(found, i)\n\t\t}\n\t}\n\treturn found\n}\n",
            "go",
            specification=_SPECIFICATION,
        ),
    ),
    passes=(
        Example(f"{_JAVA_CALL}\n    boolean isPrime(int n) {{\n        return n == 2;\n    }}\n}}\n", "java"),
        Example("class Panel extends Base {\n    void paint() {\n        repaintAll(1);\n    }\n}\n", "java"),
        Example(
            "import static java.lang.Math.*;\n\nclass A {\n    int f(int n) {\n        return abs(n);\n    }\n}\n",
            "java",
        ),
        Example("record P(int x) {\n    int twice() {\n        return x() * 2 + hashCode();\n    }\n}\n", "java"),
        Example("enum E {\n    A, B;\n\n    static int count() {\n        return values().length;\n    }\n}\n", "java"),
        Example(
            "package main\n\nfunc CountUpTo(n int) int {\n\tdouble := func(k int) int { return 2 * k }\n"
            "\treturn double(int(float64(n))) + len(string(rune(n)))\n}\n",
            "go",
            specification=_SPECIFICATION,
        ),
        Example("package shop\n\nfunc Total(n int) int {\n\treturn rounded(n)\n}\n", "go"),
    ),
    confidence=0.95,
)

RULES = (UNDEFINED_FUNCTION,)
