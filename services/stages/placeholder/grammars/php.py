"""PHP."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

PHP = Grammar(
    parser="php",
    scopes={
        "function_definition": "function",
        "method_declaration": "function",
        "anonymous_function": "function",
        "arrow_function": "function",
        "class_declaration": "class",
        "enum_declaration": "class",
        "anonymous_class": "class",
        "interface_declaration": "interface",
        "trait_declaration": "interface",
    },
    members=words("method_declaration"),
    blocks=words("compound_statement declaration_list enum_declaration_list"),
    binders={"assignment_expression": "left"},
    marks=words("attribute_list"),
    branches=words("if_statement"),
    strings=words("string encapsed_string heredoc nowdoc"),
    statements=kinds(
        nothing="empty_statement namespace_use_declaration php_tag text_interpolation text",
        wraps="expression_statement parenthesized_expression",
        bind="assignment_expression",
        **{"return": "return_statement", "try": "try_statement catch_clause finally_clause"},
        throw="throw_expression",
        call="function_call_expression member_call_expression scoped_call_expression object_creation_expression "
        "echo_statement print_intrinsic exit_statement",
        holds="if_statement for_statement foreach_statement while_statement",
    ),
    values=words("integer float boolean null string_content escape_sequence"),
    collections=words(
        "string encapsed_string array_creation_expression array_element_initializer unary_op_expression argument "
        "parenthesized_expression cast_expression"
    ),
    types=words("cast_type named_type"),
    names=words("variable_name"),
    makers=re.compile(r"\\?(?:array|collect|ArrayObject|Collection|stdClass)"),
    keys={"array_element_initializer": ""},
    talk=re.compile(
        r"echo|print|printf|print_r|var_dump|error_log|trigger_error|(?:\w+(?:::|->))*\$?\w*[lL]og\w*(?:->|::)\w+"
    ),
    sleep=re.compile(r"u?sleep"),
    stops=re.compile(r"exit|die"),
    refuses=re.compile(
        r"(?:\\?\w+\\)*\\?(?:NotImplemented|NotYetImplemented|MethodNotImplemented)(?:Exception|Error)?"
    ),
    errors=re.compile(r"(?:\\?\w+\\)*\\?\w*(?:Exception|Error)"),
    aborts=re.compile(r"die|exit|abort|trigger_error|assert"),
    static=re.compile(r"\bstatic\b"),
    handlers={"catch_clause": re.compile(r"catch\s*\(\s*\\?(?:Exception|Throwable)\b[^)]*\)\s*$")},
)
