"""Python."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

PYTHON = Grammar(
    parser="python",
    scopes={"function_definition": "function", "class_definition": "class"},
    blocks=words("block"),
    marks=words("decorator"),
    branches=words("if_statement else_clause elif_clause try_statement except_clause case_clause"),
    strings=words("string concatenated_string"),
    statements=kinds(
        nothing="pass_statement string concatenated_string import_statement import_from_statement",
        dots="ellipsis",
        wraps="await expression_statement",
        bind="assignment",
        **{"return": "return_statement", "assert": "assert_statement", "try": "try_statement"},
        throw="raise_statement",
        call="call",
        holds="for_statement if_statement",
    ),
    values=words("integer float true false none string_start string_content string_end escape_sequence"),
    collections=words(
        "list tuple set dictionary pair string concatenated_string unary_operator parenthesized_expression "
        "expression_list interpolation"
    ),
    makers=re.compile(r"dict|list|set|tuple|str|int|float|bytes|frozenset"),
    keys={"keyword_argument": "name", "pair": "key"},
    talk=re.compile(
        r"print|(?:\w+\.)*(?:log|logger|logging|_log|_logger|LOG|LOGGER|warnings|console)"
        r"\.(?:debug|info|warning|warn|error|log|print|exception|critical)"
    ),
    sleep=re.compile(r"(?:time\.|asyncio\.|trio\.)?sleep"),
    refuses=re.compile(r"(?:builtins\.)?NotImplemented(?:Error)?"),
    errors=re.compile(r"Exception|RuntimeError|BaseException|AssertionError|ValueError"),
    refusal_values=words("NotImplemented"),
    handlers={"except_clause": re.compile(r"except\s*(?:\(?\s*(?:Base)?Exception\s*\)?(?:\s+as\s+\w+)?)?\s*:")},
    braces="(set . (set . (_) .) .) @it",
    inner_docs=True,
    indented=True,
)
