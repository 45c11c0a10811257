"""SQL, and the bodies of its functions and procedures as far as the grammar reads them."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

SQL = Grammar(
    parser="sql",
    scopes={"create_function": "function"},
    blocks=words("block"),
    block_query="(function_body (dollar_quote)) @block",
    comments=words("comment marginalia"),
    strings=words("literal"),
    statements=kinds(nothing="dollar_quote", wraps="statement"),
    silent=re.compile(r"keyword_\w+|dollar_quote"),
    values=words("literal"),
    implicit=True,
    typed=True,
    loose=True,
)
