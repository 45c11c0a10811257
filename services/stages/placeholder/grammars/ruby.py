"""Ruby."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

RUBY = Grammar(
    parser="ruby",
    scopes={"method": "function", "singleton_method": "function", "class": "class", "module": "class"},
    blocks=words("body_statement then else do block_body begin ensure"),
    bodies=words("method singleton_method class module rescue"),
    branches=words("if unless"),
    strings=words("string"),
    statements=kinds(
        nothing="empty_statement",
        wraps="parenthesized_statements",
        bind="assignment",
        **{"return": "return", "try": "begin rescue ensure else then"},
        call="call",
        holds="if unless for while",
    ),
    values=words("integer float true false nil simple_symbol string_content escape_sequence hash_key_symbol"),
    collections=words("array hash pair string unary argument_list string_array symbol_array bare_string bare_symbol"),
    names=words("identifier constant"),
    makers=re.compile(r"(?:Array|Hash|Set|String)(?:\.new)?"),
    keys={"pair": "key"},
    talk=re.compile(r"(?:puts|print|p|warn|(?:\w+\.)*logger\.\w+|Rails\.logger\.\w+)"),
    sleep=re.compile(r"sleep"),
    stops=re.compile(r"exit|abort|exit!"),
    refuses=re.compile(r"(?:::)?NotImplementedError(?:\.new)?"),
    errors=re.compile(r"(?:\w+::)*\w*(?:Error|Exception)(?:\.new)?"),
    aborts=re.compile(r"raise|fail|abort|Kernel\.(?:raise|fail)"),
    static=re.compile(r"\Adef\s+self\."),
    handlers={"rescue": re.compile(r"rescue\s*(?:(?:StandardError|Exception)\s*)?(?:=>\s*\w+\s*)?(?:then|;)?\s*$")},
    implicit=True,
)
