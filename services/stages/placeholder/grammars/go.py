"""Go."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

GO = Grammar(
    parser="go",
    scopes={"function_declaration": "function", "method_declaration": "function", "func_literal": "function"},
    members=words("method_declaration"),
    blocks=words("block"),
    flat=words("statement_list"),
    binders={"var_spec": "name", "short_var_declaration": "left", "assignment_statement": "left"},
    branches=words("if_statement"),
    strings=words("interpreted_string_literal raw_string_literal"),
    statements=kinds(
        nothing="empty_statement",
        wraps="expression_statement parenthesized_expression",
        bind="short_var_declaration var_declaration assignment_statement const_declaration",
        **{"return": "return_statement"},
        call="call_expression",
        holds="if_statement for_statement",
    ),
    values=words(
        "int_literal float_literal true false nil rune_literal interpreted_string_literal_content "
        "raw_string_literal_content escape_sequence field_identifier"
    ),
    collections=words(
        "expression_list interpreted_string_literal raw_string_literal unary_expression composite_literal "
        "literal_value keyed_element literal_element parenthesized_expression"
    ),
    types=words(
        "type_identifier slice_type map_type array_type pointer_type qualified_type struct_type generic_type "
        "type_arguments interface_type implicit_length_array_type"
    ),
    makers=re.compile(r"make|new|\[\]byte|string|int|int64|float64|error"),
    keys={"keyed_element": "key"},
    talk=re.compile(
        r"(?:fmt|log|logger|slog|s?logger|l\.log|s\.log)\.(?:Fp|P|p|S)?(?:rint(?:ln|f)?|Info|Warn|Debug|Error)f?"
    ),
    sleep=re.compile(r"time\.Sleep"),
    stops=re.compile(r"os\.Exit"),
    errors=re.compile(r"errors\.(?:New|Errorf|Wrap)|fmt\.Errorf|status\.Errorf?|xerrors\.(?:New|Errorf)"),
    aborts=re.compile(r"panic|log\.(?:Fatal|Panic)(?:f|ln)?"),
    handlers={"if_statement": re.compile(r"if\s+(?:.*;\s*)?err\s*!=\s*nil\s*$", re.DOTALL)},
    typed=True,
)
