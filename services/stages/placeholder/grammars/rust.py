"""Rust."""

import re

from services.stages.placeholder.grammar import Grammar, kinds, words

RUST = Grammar(
    parser="rust",
    scopes={
        "function_item": "function",
        "closure_expression": "function",
        "impl_item": "class",
        "trait_item": "interface",
        "mod_item": "namespace",
    },
    blocks=words("block declaration_list"),
    binders={"let_declaration": "pattern"},
    marks=words("attribute_item"),
    branches=frozenset(),
    comments=words("line_comment block_comment"),
    strings=words("string_literal raw_string_literal"),
    statements=kinds(
        nothing="empty_statement use_declaration attribute_item unit_expression",
        wraps="expression_statement parenthesized_expression await_expression unsafe_block",
        bind="let_declaration assignment_expression",
        **{"return": "return_expression"},
        call="call_expression macro_invocation",
        holds="if_expression for_expression while_expression loop_expression",
    ),
    values=words(
        "integer_literal float_literal boolean_literal char_literal string_content escape_sequence unit_expression "
        "field_identifier"
    ),
    collections=words(
        "string_literal raw_string_literal array_expression tuple_expression unary_expression reference_expression "
        "parenthesized_expression negative_literal"
    ),
    types=words("primitive_type type_identifier generic_type type_arguments scoped_type_identifier"),
    constants=words("None"),
    makers=re.compile(
        r"Ok|Some|Box::new|Rc::new|Arc::new|vec!|(?:Vec|String|(?:std::collections::)?(?:Hash|BTree)(?:Map|Set)|"
        r"Default|Self|VecDeque|PathBuf)(?:::<.*>)?::(?:new|default)|String::from"
    ),
    keys={"field_initializer": "field"},
    talk=re.compile(r"(?:e?print(?:ln)?|dbg|(?:log::|tracing::)?(?:info|warn|error|debug|trace))!"),
    sleep=re.compile(r"(?:std::)?(?:thread::|tokio::time::)?sleep"),
    stops=re.compile(r"(?:std::)?process::(?:exit|abort)"),
    refuses=re.compile(r"(?:\w+::)*(?:todo|unimplemented)!"),
    errors=re.compile(r"Err|anyhow!|(?:anyhow::)?bail!|\w+(?:::\w+)*Error(?:::\w+)*"),
    aborts=re.compile(r"(?:std::)?panic!|unreachable!|(?:anyhow::)?bail!"),
    static=re.compile(r"\A(?!.*\bself\b)", re.DOTALL),
    handlers={
        "if_expression": re.compile(r"if\s+let\s+Err\s*\(\s*\w+\s*\)\s*=", re.DOTALL),
        "match_arm": re.compile(r"Err\s*\(\s*_\w*\s*\)\s*=>\s*$"),
    },
    braces="(block . (expression_statement (block . (identifier) .)) .) @it",
    unfinished="(macro_invocation) @it",
    implicit=True,
    typed=True,
)
