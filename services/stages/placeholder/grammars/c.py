"""C and C++."""

import re
from dataclasses import replace

from services.stages.placeholder.grammar import Grammar, kinds, words

C = Grammar(
    parser="c",
    scopes={"function_definition": "function"},
    blocks=words("compound_statement declaration_list preproc_if preproc_ifdef preproc_else preproc_elif"),
    branches=words("preproc_if preproc_ifdef preproc_else preproc_elif"),
    declared=words("function_definition"),
    strings=words("string_literal"),
    statements=kinds(
        nothing="preproc_include preproc_def preproc_call attributed_statement",
        wraps="expression_statement parenthesized_expression",
        bind="declaration assignment_expression",
        **{"return": "return_statement"},
        call="call_expression",
        void="cast_expression",
        holds="if_statement for_statement while_statement do_statement",
    ),
    values=words("number_literal true false null char_literal string_content escape_sequence field_identifier"),
    collections=words(
        "string_literal concatenated_string initializer_list initializer_pair field_designator unary_expression "
        "parenthesized_expression cast_expression compound_literal_expression"
    ),
    types=words("type_descriptor primitive_type type_identifier sized_type_specifier struct_specifier"),
    keys={"initializer_pair": "designator"},
    talk=re.compile(r"f?printf|f?puts|perror|printk|pr_\w+|LOG\w*|log_\w+|syslog|warnx?"),
    sleep=re.compile(r"u?sleep|nanosleep"),
    stops=re.compile(r"abort|_?exit|std::(?:abort|exit|terminate)|__builtin_(?:trap|unreachable)"),
    aborts=re.compile(r"assert|errx?|die|fatal|panic|error|BUG|UNIMPLEMENTED|NOT_IMPLEMENTED"),
    refuses=re.compile(r"UNIMPLEMENTED|NOT_IMPLEMENTED|NotImplemented"),
    typed=True,
    loose=True,
)

CPP = replace(
    C,
    parser="cpp",
    scopes={
        "function_definition": "function",
        "lambda_expression": "function",
        "class_specifier": "class",
        "struct_specifier": "class",
    },
    blocks=C.blocks | words("field_declaration_list"),
    binders={"init_declarator": "declarator"},
    strings=words("string_literal raw_string_literal"),
    statements={
        **C.statements,
        **kinds(
            throw="throw_statement",
            stream="binary_expression",
            **{"try": "try_statement catch_clause"},
            holds="for_range_loop",
            nothing="using_declaration static_assert_declaration access_specifier",
        ),
    },
    values=C.values | words("auto raw_string_content raw_string_delimiter"),
    collections=C.collections | words("raw_string_literal"),
    types=C.types | words("qualified_identifier template_type placeholder_type_specifier template_argument_list"),
    makers=re.compile(
        r"(?:std::)?(?:vector|string|map|set|unordered_map|unordered_set|optional|nullopt|make_pair|pair|make_unique|"
        r"make_shared|unique_ptr|shared_ptr|array|list|deque)(?:<.*>)?|std::nullopt"
    ),
    constants=words("nullopt"),
    refuses=re.compile(r"(?:\w+::)*(?:[nN]ot_?[iI]mplemented|UNIMPLEMENTED|NOT_IMPLEMENTED|not_supported_yet)\w*"),
    errors=re.compile(r"(?:\w+::)*\w*(?:error|exception|Error|Exception|logic_error)"),
    handlers={"catch_clause": re.compile(r"catch\s*\(\s*(?:\.\.\.|(?:const\s+)?std::exception\b[^)]*)\s*\)\s*$")},
)
