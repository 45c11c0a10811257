"""What is empty by design: interfaces, hooks, overloads, test doubles, fallbacks, and what says it does nothing."""

import re
from functools import lru_cache

from services.stages.placeholder.tree import Module, Scope
from services.stages.placeholder.work import Does, body_does

_DECORATORS = re.compile(
    r"(?:\w+\.)*(?:abstract\w*|overload|type_check_only|singledispatch|singledispatchmethod|hookspec|hookimpl|"
    r"\w*group|\w*callback|\w*fixture|final_stub|extern|def_extern|\w+\.(?:setter|deleter|register)|"
    r"implements_specialization|override|overrides|no_type_check)\b(?:\(.*)?",
    re.DOTALL,
)
"""Decorators whose function may be empty: its signature or its name is what counts."""

_HARMLESS = re.compile(
    r"(?:\w+\.)*(?:staticmethod|classmethod|property|cached_property|cache|lru_cache|wraps|contextmanager|"
    r"asynccontextmanager|timer|retry|route|get|post|put|delete|patch|task|command|tool|jit|njit)\b(?:\(.*)?",
    re.DOTALL,
)
"""Decorators that leave the work to the function."""

_ABSTRACT_BASE = re.compile(r"(?:\w+\.)*(?:Protocol|ABC|Interface)\b|metaclass\s*=\s*[\w.]*ABC\w*|zope\.|\bABCMeta\b")

_ABSTRACT_NAME = re.compile(
    r"(?i:base|abstract|interface|mixin|protocol|template|skeleton)|^I[A-Z][a-z]|(?:ABC|Spec|Hooks?|Policy|Visitor|"
    r"Listener|Observer|Handler|Plugin|Backend|Adapter|Driver|Strategy|Callbacks?|Delegate|Middleware|Transport)$"
)

_DOUBLE_NAME = re.compile(
    r"^_*No[A-Z]|^_*(?i:test|mock|fake|stub|dummy|null|noop|no_op|spy|sentinel|example|demo|sample|empty|silent|disabled)|"
    r"(?:Test|Tests|TestCase|Mock|Fake|Stub|Dummy|Null|Noop|NoOp)$"
)

_EXCEPTION = re.compile(r"(?:Error|Exception|Warning|Exit|Interrupt)$")

_BASE_WORDS = re.compile(
    r"\b(?:abstract|interface|base[ -]?class|base implementation|common base|subclass\w*|sub-class\w*|derived class\w*|"
    r"mix-?in|protocol|overrid\w+|overload\w*|super-?class|inherit\w*|descend\w*|implementors?|"
    r"implementations? (?:must|should|of)|"
    r"(?:must|should|to|may|can) be (?:overridden|implemented|provided|subclassed)|by (?:sub|derived))",
    re.IGNORECASE,
)
"""Words with which a class, a docstring, a comment or a message says that others fill it in."""

_NOTHING_WORDS = re.compile(
    r"\b(?:no[ -]?op|no operation|do(?:es)?(?: absolutely)? nothing|nothing to (?:do|be done)|not needed|not required|"
    r"unneeded|unnecessary|intentional\w*|deliberate\w*|on purpose|by design|by default|default (?:implementation|"
    r"behaviou?r|action|handler)|hook|stub for|null (?:object|implementation)|ignore[ds]?|"
    r"compatib\w+|deprecated|(?:un|not )support\w*|cannot be|no longer|obsolete|"
    r"for (?:typing|documentation)|unavailable|not available|disabled|marker|sentinel)\b",
    re.IGNORECASE,
)
"""Words with which a function says that it is empty or constant on purpose."""

_INSTEAD = re.compile(r"\bonly\b|\brequires?\b|\buse\b|\binstead\b|\bat this time\b", re.IGNORECASE)
"""Words with which the message of a refusal points elsewhere."""

_NOTHING_NAME = re.compile(
    r"pytest_\w+|\w+_no_?op|_*(?:no_?op|nop|null|dummy|stub|nothing|do_nothing|ignore|skip|pass_?|empty|placeholder|unused|fake|mock|"
    r"sentinel|marker|disabled|silent|swallow|always|never|unsupported|not_\w+)(?:_\w+|\d*)?",
    re.IGNORECASE,
)

_HOOK_NAME = re.compile(
    r"_*(?:on|pre|post|before|after|setup|set_up|setUp|teardown|tear_down|tearDown|visit|depart|leave|enter|exit|"
    r"start|begin|stop|end|finish|init\w*|close|shutdown|cleanup|clean_up|reset|flush|notify|finali[sz]e|prepare|"
    r"configure|register|ready|hook|callback|acquire|release|lock|unlock|wait|handle|connection|eof|pause|resume|"
    r"log|debug|trace|check|validate|unknown|error|warn|default|emit|write|writelines|feed|dispose|update|add|process|"
    r"run|execute)(?:_\w+|[A-Z]\w*|$)"
)
"""Names of methods that a class may leave empty without a word: somebody calls them and expects nothing back."""


def is_by_design(function: Scope, module: Module) -> bool:
    """Say whether a function or method may be empty, or refuse, without a promise being broken."""
    return (
        module.is_stub_file
        or is_declared(function)
        or _NOTHING_NAME.fullmatch(function.name) is not None
        or (function.name.startswith("__") and function.name.endswith("__"))
        or (function.is_method and _BASE_WORDS.search(_prose(function, module)) is not None)
        or _NOTHING_WORDS.search(_prose(function, module)) is not None
        or _says_nothing(module.specification)
        or is_fallback(function)
        or is_double(function, module)
        or (function.is_method and is_interface(function.parent, module))
        or is_overridden(function, module)
        or is_redefined(function)
    )


def _says_nothing(specification: str) -> bool:
    """Say whether what was asked for, in so many words, is something that does nothing or is filled in by others."""
    asked = specification[:500]
    return re.search(r"\bno-?op\b|\b(?:do|does|should do) nothing\b", asked, re.IGNORECASE) is not None


def is_declared(scope: Scope) -> bool:
    """Say whether what decorates a function makes it a declaration, as of an abstract method or an overload."""
    return any(_DECORATORS.match(decorator) for decorator in scope.decorators)


def is_fallback(function: Scope) -> bool:
    """Say whether it is defined in a branch, as what stands in where something is missing."""
    if function.conditional:
        return True
    return any(scope.conditional for scope in function.around() if scope.kind == "class")


def is_double(function: Scope, module: Module) -> bool:
    """Say whether it belongs to a test, or to a class that stands in for another."""
    names = [scope.name for scope in (function, *function.around()) if scope.kind != "module"]
    path = module.source.path.rsplit("/", 1)[-1]
    in_tests = path.startswith(("test_", "conftest")) or path.endswith("_test.py") or "tests/" in module.source.path
    return in_tests or any(_DOUBLE_NAME.search(name) for name in names)


@lru_cache(maxsize=16)
def is_interface(scope: Scope | None, module: Module) -> bool:
    """Say whether a class exists to be derived from."""
    if scope is None or scope.kind != "class":
        return False
    return (
        any(_ABSTRACT_BASE.match(base) for base in scope.bases)
        or _ABSTRACT_NAME.search(scope.name) is not None
        or _EXCEPTION.search(scope.name) is not None
        or _BASE_WORDS.search(_prose(scope, module)) is not None
        or any(_DECORATORS.match(mark) for child in scope.children for mark in child.decorators if "abstract" in mark)
        or bool(module.heirs.get(scope.name))
    )


def is_overridden(function: Scope, module: Module) -> bool:
    """Say whether a class of the same file derives from the method's and defines it anew."""
    if not function.is_method or function.parent is None:
        return False
    return any(function.name in heir.defined for heir in module.heirs.get(function.parent.name, ()))


def is_redefined(function: Scope) -> bool:
    """Say whether a later definition of the same name, in the same place, takes over and does something."""
    if function.parent is None:
        return False
    others = function.parent.defined[function.name]
    last = others[-1]
    return last is not function and bool(body_does(last) - {Does.NOTHING})


def is_template_step(function: Scope) -> bool:
    """Say whether a method is called by another of its class, which leaves the step to classes derived from it."""
    return function.is_method and function.parent is not None and function.name in function.parent.own_uses


@lru_cache(maxsize=16)
def is_full_of_refusals(scope: Scope | None) -> bool:
    """Say whether every method of a class refuses, or several do, as those of an interface written by hand do."""
    methods = [child for child in scope.children if child.kind == "function"] if scope is not None else []
    named = [method for method in methods if not method.name.startswith("__")]
    refusing = [method for method in named if Does.REFUSES in body_does(method)]
    return bool(refusing) and (len(refusing) > 1 or len(refusing) == len(named))


def is_hook(function: Scope) -> bool:
    """Say whether a name is that of a hook."""
    return _HOOK_NAME.match(function.name) is not None


def is_plainly_decorated(function: Scope) -> bool:
    """Say whether what decorates a function, if anything, leaves the work to it."""
    return all(_HARMLESS.fullmatch(decorator) for decorator in function.decorators)


def says_subclass(message: str) -> bool:
    """Say whether the message of a refusal leaves the work to a subclass."""
    return _BASE_WORDS.search(message) is not None


def says_unsupported(message: str) -> bool:
    """Say whether the message of a refusal means an operation that is not meant to exist."""
    return _NOTHING_WORDS.search(message) is not None or _INSTEAD.search(message) is not None


def _prose(scope: Scope, module: Module) -> str:
    """Return what a scope says of itself: the beginning of its docstring, and the comments of its own."""
    length = 1000 if scope.kind == "class" else 200
    return f"{scope.docstring[:length]} {module.comments_of(scope)}"
