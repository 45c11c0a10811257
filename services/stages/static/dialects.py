"""
What tells the languages apart, as far as a scan of brackets, strings and comments and a judge of errors must know.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    One language.

    :param title: As a person writes it.
    :param grammar: The name of its grammar.
    :param words: Matches comments, whole strings, texts that are opened and not closed, and brackets, each by the group
        "comment", "string", "open" or "bracket"; what it does not match is code.
    :param exact: Whether the grammar knows the language so well that an error of the tree is one of the source.
    :param macros: Whether a preprocessor may make anything of the text.
    :param block_end: The word that ends a block, where brackets do not.
    :param opener: Begins a text that ends by what it began with; many that never end cost its parser their square.
    :param unfinished: Matches code that cannot end where it does.
    """

    title: str
    grammar: str
    words: re.Pattern[bytes]
    exact: bool = True
    macros: bool = False
    block_end: str = ""
    opener: bytes = b""
    unfinished: re.Pattern[bytes] = re.compile(rb"[=+*/%&|^~!?:,.(\[{\\-]\Z")


_BRACKET = rb"(?P<bracket>[()\[\]{}])"
_LINE = rb'"[^"\\\r\n]*+(?:\\(?s:.)[^"\\\r\n]*+)*+"'
_LINE_1 = rb"'[^'\\\r\n]*+(?:\\(?s:.)[^'\\\r\n]*+)*+'"
_LONG = rb'"[^"\\]*+(?:\\(?s:.)[^"\\]*+)*+"'
_LONG_1 = rb"'[^'\\]*+(?:\\(?s:.)[^'\\]*+)*+'"
_TICK = rb"`[^`\\]*+(?:\\(?s:.)[^`\\]*+)*+`"
_SLASHES = rb"//[^\r\n]*+|/\*(?s:.)*?\*/"
_HASH = rb"#[^\r\n]*+"
_REST = rb"(?s:.)*+"
_TO_LINE_END = rb"[^\r\n]*+"


def _words(comments: bytes, strings: bytes, opened: bytes) -> re.Pattern[bytes]:
    return re.compile(
        b"(?P<comment>" + comments + b")|(?P<string>" + strings + b")|(?P<open>" + opened + b")|" + _BRACKET
    )


_NO_COMMENT_END = rb"/\*" + _REST
_C = _words(
    _SLASHES,
    rb'R"(?P<d>[^()\\\s]{0,16})\((?s:.)*?\)(?P=d)"|(?<![\w])\d[\w\'.]*+|' + _LINE + b"|" + _LINE_1,
    _NO_COMMENT_END + rb'|R"[^()\\\s]{0,16}\(' + _REST + rb"|[\"']" + _TO_LINE_END,
)
_JS = _words(
    _SLASHES,
    _LINE
    + b"|"
    + _LINE_1
    + b"|"
    + _TICK
    # A slash begins a regular expression where no value can stand before it.
    + rb"|(?<=[=(,:;!&|?{}\[+\n])[ \t]*+/(?![*/])(?:[^/\\\[\r\n]|\\.|\[(?:[^\]\\\r\n]|\\.){0,500}+\]){1,1000}+/",
    _NO_COMMENT_END + b"|`" + _REST + rb"|[\"']" + _TO_LINE_END,
)
_GO = _words(
    _SLASHES, _LINE + b"|" + _LINE_1 + b"|`[^`]*+`", _NO_COMMENT_END + b"|`" + _REST + rb"|[\"']" + _TO_LINE_END
)
_JAVA = _words(
    _SLASHES,
    rb'"""(?:\\(?s:.)|(?s:.))*?"""|' + _LINE + b"|" + _LINE_1,
    _NO_COMMENT_END + rb'|"""' + _REST + rb"|[\"']" + _TO_LINE_END,
)
_RUST = _words(
    _SLASHES,
    rb'\bb?r(?P<h>#*+)"(?s:.)*?"(?P=h)|' + _LONG + rb"|'(?:\\[^\r\n]{1,10}?|[^'\\\r\n]{1,4})'",
    _NO_COMMENT_END + rb'|(?:\bb?r#*+)?"' + _REST,
)
_PHP = _words(
    rb"\A[^<]*+(?:<(?!\?)[^<]*+)*+<\?(?:php\b|=)?|" + _SLASHES + rb"|#(?!\[)[^\r\n]*+|\?>(?s:.)*?(?:<\?(?:php|=)|\Z)",
    rb'<<<[ \t]*+["\']?(?P<n>[A-Za-z_]\w*+)["\']?\r?\n(?s:.)*?\n[ \t]*+(?P=n)\b|' + _LONG + b"|" + _LONG_1,
    _NO_COMMENT_END + rb"|[\"']" + _REST + rb'|<<<[ \t]*+["\']?[A-Za-z_]\w*["\']?\r?\n' + _REST,
)
_RUBY = _words(
    rb"(?m:^=begin\b)(?s:.)*?\n=end\b|" + _HASH,
    rb"<<[~-]?[\"'`]?(?P<n>[A-Z_]\w*+)[\"'`]?(?s:.)*?\n[ \t]*+(?P=n)\b|" + _LONG + b"|" + _LONG_1,
    rb"[\"']" + _REST + rb"|(?m:^=begin\b)" + _REST + rb"|<<[~-][A-Z_]\w*+" + _REST,
)
_SHELL = _words(
    rb"(?<![^\s;(])" + _HASH,
    rb"<<-?[ \t]*+[\"'\\]?(?P<n>[A-Za-z_]\w*+)[\"']?(?s:.)*?\n[ \t]*+(?P=n)\b|\\(?s:.)|'[^']*+'|" + _LONG,
    rb"[\"']" + _REST + rb"|<<-?[ \t]*+[\"'\\]?[A-Za-z_]\w*+" + _REST,
)
_SQL = _words(
    rb"--[^\r\n]*+|/\*(?s:.)*?\*/",
    rb"\$(?P<n>\w*)\$(?s:.)*?\$(?P=n)\$|'[^']*+(?:''[^']*+)*+'|\"[^\"]*+\"",
    _NO_COMMENT_END + rb"|\$(?:[A-Za-z_]\w*)?\$" + _REST + b"|['\"]" + _REST,
)

_SQL_UNFINISHED = re.compile(
    rb"(?:[=,(+*/<|-]|\b(?:select|from|where|and|or|join|on|by|set|values|into|insert|update|as|like|in|between|not|"
    rb"table|create|alter|union|having))\Z",
    re.IGNORECASE,
)

DIALECTS = {
    "javascript": Dialect("JavaScript", "javascript", _JS),
    "typescript": Dialect("TypeScript", "typescript", _JS),
    "go": Dialect("Go", "go", _GO),
    "java": Dialect("Java", "java", _JAVA),
    "c": Dialect("C", "c", _C, exact=False, macros=True),
    "cpp": Dialect("C++", "cpp", _C, exact=False, macros=True),
    "rust": Dialect("Rust", "rust", _RUST, opener=b'r#"'),
    "ruby": Dialect("Ruby", "ruby", _RUBY, block_end="end"),
    "php": Dialect("PHP", "php", _PHP),
    "bash": Dialect("shell", "bash", _SHELL, exact=False, opener=b"<<", unfinished=re.compile(rb"(?:\|\||&&|\||\\)\Z")),
    "sql": Dialect("SQL", "sql", _SQL, exact=False, unfinished=_SQL_UNFINISHED),
}


def dialect_of(language: str, path: str) -> tuple[Dialect, str]:
    """Return a language's dialect, and the grammar for a file of this name."""
    dialect = DIALECTS[language]
    if language == "typescript" and PurePosixPath(path).suffix.lower() == ".tsx":
        return dialect, "tsx"
    return dialect, dialect.grammar


_DECLARATIONS = re.compile(r"\.d\.[cm]?ts\Z")

_RESERVED = (
    rb"(?:null|void|catch|default|function|enum|class|delete|in|typeof|new|true|false|if|for|with|import|export)"
)

_GAPS = {
    "javascript": re.compile(rb"[{,]\s*\w+\s+as\s+" + _RESERVED + rb"\b|^\s*\[|\b(?:await\s+using|accessor)\s"),
    "typescript": re.compile(
        rb"[{,]\s*\w+\s+as\s+" + _RESERVED + rb"\b|(?:^|[<,])\s*(?:const\s+)?(?:in|out)\s+\w|^\s*\[|\b(?:await\s+using|"
        rb"accessor)\s|\bimport\("
    ),
    "rust": re.compile(
        rb"\bbox\b|~|\bconst\b.{0,80}\bfor\b|\bauto\s+trait\b|\bmacro\b|#\[|\$|^\s*\(\)\s*:|\btype\s+\w+;"
    ),
    "ruby": re.compile(rb":\$"),
    "php": re.compile(rb"\breadonly\b|\|>|\b(?:get|set)\s*(?:\{|=>)"),
}
"""What lines hold that the language has and the grammar does not know, or not everywhere: there no fault is certain."""


def is_exact(language: str, path: str, line: bytes) -> bool:
    """
    Say whether a fault of the tree is one of the source.

    :param path: Of declaration files of TypeScript the grammar knows too little.
    :param line: The line at fault.
    """
    gap = _GAPS.get(language)
    known = gap is None or not gap.search(line)
    return known and DIALECTS[language].exact and not _DECLARATIONS.search(path)
