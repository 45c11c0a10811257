"""Java."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

JAVA = Grammar(
    parser="java",
    scopes={
        "method_declaration": "function",
        "constructor_declaration": "function",
        "compact_constructor_declaration": "function",
        "lambda_expression": "function",
        "class_declaration": "class",
        "record_declaration": "class",
        "enum_declaration": "class",
        "interface_declaration": "interface",
        "annotation_type_declaration": "interface",
    },
    blocks=words("block constructor_body class_body interface_body enum_body_declarations annotation_type_body"),
    binders={"variable_declarator": "name", "assignment_expression": "left"},
    marks=words("marker_annotation annotation"),
    comments=words("line_comment block_comment"),
    strings=words("string_literal"),
    statements=kinds(
        wraps="expression_statement parenthesized_expression",
        bind="local_variable_declaration assignment_expression field_declaration",
        **{"return": "return_statement", "assert": "assert_statement"},
        **{"try": "try_statement try_with_resources_statement catch_clause finally_clause"},
        throw="throw_statement",
        call="method_invocation object_creation_expression",
        holds="if_statement for_statement enhanced_for_statement while_statement",
    ),
    values=words(
        "decimal_integer_literal decimal_floating_point_literal hex_integer_literal octal_integer_literal "
        "binary_integer_literal true false null_literal character_literal string_fragment escape_sequence"
    ),
    collections=words(
        "string_literal array_initializer array_creation_expression unary_expression parenthesized_expression "
        "cast_expression dimensions_expr"
    ),
    types=words(
        "integral_type floating_point_type boolean_type type_identifier generic_type type_arguments array_type "
        "scoped_type_identifier dimensions void_type"
    ),
    makers=re.compile(
        r"(?:Collections\.empty\w+|(?:List|Set|Map|Optional|OptionalInt|Stream|Mono|Flux)\.(?:of|empty|just)|"
        r"Arrays\.asList|CompletableFuture\.completedFuture|(?:java\.util\.)?(?:Array|Linked|Hash|Tree|LinkedHash)?"
        r"(?:List|Map|Set|Deque)(?:<.*>)?|StringBuilder|String|Object)"
    ),
    talk=re.compile(r"System\.(?:out|err)\.print(?:ln|f)?|(?:\w+\.)*(?:log|logger|LOG|LOGGER)\.(?:\w+)"),
    sleep=re.compile(r"Thread\.sleep"),
    stops=re.compile(r"System\.exit"),
    refuses=re.compile(r"(?:\w+\.)*(?:UnsupportedOperation|NotImplemented|NotYetImplemented)(?:Exception|Error)"),
    errors=re.compile(r"(?:\w+\.)*\w*(?:Exception|Error|Throwable)"),
    static=re.compile(r"\bstatic\b"),
    handlers={
        "catch_clause": re.compile(r"catch\s*\(\s*(?:final\s+)?(?:java\.lang\.)?(?:Exception|Throwable)\s+\w+\s*\)\s*$")
    },
    typed=True,
)
