"""Shell scripts, as Bash reads them."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

BASH = Grammar(
    parser="bash",
    scopes={"function_definition": "function"},
    blocks=words("compound_statement do_group else_clause"),
    branches=words("if_statement elif_clause else_clause"),
    strings=words("string raw_string word ansi_c_string"),
    statements=kinds(
        wraps="redirected_statement",
        bind="variable_assignment declaration_command",
        call="command",
        holds="if_statement for_statement while_statement",
    ),
    values=words("number word raw_string string_content ansi_c_string variable_name"),
    collections=words("string array concatenation"),
    names=words("simple_expansion"),
    talk=re.compile(r"echo|printf|log|info|warn|error|msg"),
    sleep=re.compile(r"sleep"),
    idle=re.compile(r":|true|local|shift"),
    stops=re.compile(r"exit"),
    aborts=re.compile(r"die|fatal|fail|error|abort"),
    makers=re.compile(r"return"),
    implicit=True,
    typed=True,
    loose=True,
)
