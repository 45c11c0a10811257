"""What a function promises by its docstring, its annotations and its name."""

import re

from services.stages.placeholder.design import is_hook
from services.stages.placeholder.scopes import Scope
from services.stages.placeholder.tree import Module

_VALUE_DOC = re.compile(
    r"^\s*(?:return|returns|yield|yields|compute|computes|calculate|calculates|check whether|check if|checks if|"
    r"convert|converts|create|creates|parse|parses|find|finds|get|gets|fetch|fetches|load|loads|build|builds|generate|"
    r"generates|determine|determines|given|write a|test if|test whether|transform|transforms|encode|decode|extract|"
    r"extracts|read|reads|look up|count|counts|sort|sorts|merge|merges|validate|validates|retrieve|retrieves|true if|"
    r"verify|score|estimate|predict|invert|translate|search|download|upload|send|save|store|delete|insert|dump)\b|"
    r":returns?:|^\s*Returns:?\s*$|\bReturns\s*\n\s*-{3,}|>>> |\breturns? (?:a|an|the|true|false|none|whether|list)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Docstrings that speak of work or of a value."""

_VALUE_NAME = re.compile(
    r"_*(?:get|from|to|compute|calc|calculate|parse|load|fetch|create|build|make|convert|is|has|find|count|sum|sort|"
    r"merge|extract|generate|encode|decode|encrypt|decrypt|read|search|query|select|filter|transform|translate|predict|"
    r"estimate|train|solve|invert|reverse|render|format|serialize|deserialize|dump|list|lookup|retrieve|download|upload|"
    r"save|store|delete|insert|send|analy[sz]e|detect|classify|match|normali[sz]e|optimi[sz]e|evaluate|authenticate|"
    r"authori[sz]e|connect|export|import|backup|restore|resolve|split|join|remove)(?:_\w+|[A-Z]\w*|$)"
)
"""Names that begin with a verb of work; those of hooks are not among them."""

_MACRO = re.compile(r"_*[A-Z0-9]+(?:_[A-Z0-9]+)+")
"""What stands before a function's name in C and is no type."""

_MARKER = re.compile(r"is(?:_\w+|[A-Z]\w*|$)")
_PREDICATE = re.compile(r"_*(?:is|has|can|should|supports?|needs|allow|S_IS|are|was|must|use|want)", re.IGNORECASE)

_NO_VALUE = frozenset(
    {"", "None", "NoReturn", "Never", "typing.NoReturn", "'None'", "void", "never", "Promise<void>", "()", "!", "any"}
    | {"unknown", "static", "self", "Void", "auto"}
)


def promises_value(function: Scope, *, by_type: bool = True) -> bool:
    """
    Say whether a function says that it does something or gives something back.

    :param by_type: Whether a type that it returns says so.
    """
    if by_type and function.returns not in _NO_VALUE and not _MACRO.fullmatch(function.returns):
        return True
    if function.docstring:
        return _VALUE_DOC.search(function.docstring[:4000]) is not None
    return promises_by_name(function)


def promises_by_name(function: Scope) -> bool:
    """Say whether a name begins with a verb of work, and is not that of a hook."""
    marks = function.grammar.typed and function.returns in _NO_VALUE and _MARKER.match(function.plain_name)
    if function.grammar.loose or marks:
        # A predicate of a language with types that returns nothing marks its class.
        return False
    named = _VALUE_NAME.match(function.plain_name) is not None
    return named and (not is_hook(function) or function.name.startswith("to"))


def is_predicate(function: Scope) -> bool:
    """Say whether a name asks a question, to which the answer may well be the same for all."""
    return _PREDICATE.match(function.plain_name) is not None


def is_whole_file(function: Scope, module: Module) -> bool:
    """Say whether a function is all that there is to a file, imports and constants aside."""
    if function.grammar.loose and not function.docstring and not module.specification:
        return False
    owned = function.is_method or function.is_static
    own = (module.root, function, function.parent if owned else None)
    return all(scope in own or not scope.name for scope in module.scopes)
