"""JavaScript and TypeScript."""

import re
from dataclasses import replace

from services.stages.placeholder.grammar import Grammar, kinds, words

_BINDERS = {"variable_declarator": "name", "pair": "key", "assignment_expression": "left"}
_CASTS = "as_expression non_null_expression satisfies_expression"

JAVASCRIPT = Grammar(
    parser="javascript",
    scopes={
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "function_expression": "function",
        "generator_function": "function",
        "arrow_function": "function",
        "method_definition": "function",
        "class_declaration": "class",
        "class": "class",
    },
    members=words("method_definition"),
    blocks=words("statement_block class_body"),
    binders=_BINDERS | {"field_definition": "property"},
    marks=words("decorator"),
    branches=words("if_statement catch_clause try_statement ternary_expression"),
    comments=words("comment html_comment"),
    strings=words("string template_string"),
    statements=kinds(
        nothing="empty_statement import_statement",
        wraps="expression_statement await_expression parenthesized_expression",
        bind="lexical_declaration variable_declaration assignment_expression",
        **{"return": "return_statement", "try": "try_statement catch_clause finally_clause"},
        throw="throw_statement",
        call="call_expression new_expression",
        holds="if_statement for_statement for_in_statement while_statement",
    ),
    values=words("number true false null undefined string_fragment escape_sequence regex property_identifier"),
    collections=words(
        "array object pair string template_string template_substitution unary_expression parenthesized_expression"
    ),
    names=words("identifier shorthand_property_identifier shorthand_property_identifier_pattern"),
    makers=re.compile(r"(?:Promise\.resolve|Object\.freeze|Array|Map|Set|Object|String|Number|Observable\.of|of)"),
    keys={"pair": "key", "jsx_attribute": "", "field_definition": "property"},
    talk=re.compile(r"(?:console|\w*[lL]ogger|log)\.(?:log|info|warn|error|debug|trace)|alert|window\.alert|print"),
    sleep=re.compile(r"sleep|delay|setTimeout"),
    stops=re.compile(r"process\.(?:exit|abort)"),
    refuses=re.compile(r"(?:\w+\.)*(?:NotImplemented|Unimplemented)(?:Error|Exception)?"),
    errors=re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)|Promise\.reject"),
    aborts=re.compile(r"console\.assert|assert|invariant|assert\.fail"),
    static=re.compile(r"\bstatic\b"),
    handlers={"catch_clause": re.compile(r"catch\s*(?:\(.*\))?\s*$", re.DOTALL)},
)

TYPESCRIPT = replace(
    JAVASCRIPT,
    parser="typescript",
    scopes={
        **JAVASCRIPT.scopes,
        "abstract_class_declaration": "interface",
        "interface_declaration": "interface",
    },
    binders=_BINDERS | {"public_field_definition": "name"},
    statements={**JAVASCRIPT.statements, **kinds(wraps=_CASTS)},
    collections=JAVASCRIPT.collections | words(_CASTS),
    types=words(
        "type_annotation type_arguments predefined_type type_identifier generic_type array_type union_type "
        "literal_type object_type nested_type_identifier tuple_type"
    ),
    keys={"pair": "key", "public_field_definition": "name"},
)

TSX = replace(TYPESCRIPT, parser="tsx", keys={**TYPESCRIPT.keys, "jsx_attribute": ""})
